//! One entity in three schemas, as three versions of a program have it, and what a version of the program writes.

use serde_json::{Value, json};

pub(crate) mod first {
    use enaction::prelude::*;

    /// A flask.
    #[entity("flasks", unique = "code", list(by = "kind"), list(by = "kind", sort = "name"))]
    pub struct Flask {
        #[entity(given)]
        pub id: Id<Flask>,
        pub code: Option<String>,
        pub kind: String,
        pub name: String,
        pub litres: i64,
        #[validate(nested)]
        pub parts: Vec<Part>,
    }

    /// What a flask is made of.
    #[value]
    pub struct Part {
        #[value(key)]
        pub number: i64,
        pub price: i64,
    }

    pub(crate) fn module() -> Module {
        Module::new("").resource(Resource::<Flask>::stored().search().whole_collection())
    }
}

/// What was called `name` is called `title`.
fn title(flask: &mut enaction::Document) -> enaction::Result<()> {
    flask.rename("name", "title")
}

fn name(flask: &mut enaction::Document) -> enaction::Result<()> {
    flask.rename("title", "name")
}

pub(crate) mod second {
    use enaction::prelude::*;

    use super::{name, title};

    /// A flask.
    #[entity(
        "flasks",
        unique = "code",
        list(by = "kind"),
        list(by = "kind", sort = "title"),
        schema(2, changes = "name, title", up = title, down = name)
    )]
    pub struct Flask {
        #[entity(given)]
        pub id: Id<Flask>,
        pub code: Option<String>,
        pub kind: String,
        pub title: String,
        pub litres: i64,
        #[validate(nested)]
        pub parts: Vec<Part>,
    }

    /// What a flask is made of.
    #[value]
    pub struct Part {
        #[value(key)]
        pub number: i64,
        pub price: i64,
    }

    pub(crate) fn module() -> Module {
        Module::new("").resource(Resource::<Flask>::stored().search().whole_collection())
    }
}

pub(crate) mod third {
    use enaction::prelude::*;

    use super::{name, title};

    /// Whole litres become millilitres, whole prices minor units, and `kind` is written in upper case.
    fn smaller_units(flask: &mut Document) -> Result<()> {
        let litres: i64 = flask.take("litres")?.unwrap_or_default();
        flask.set("millilitres", litres * 1000)?;
        let kind: String = flask.take("kind")?.unwrap_or_default();
        flask.set("kind", kind.to_uppercase())?;
        let mut parts: Vec<Document> = flask.take("parts")?.unwrap_or_default();
        for part in &mut parts {
            let price: i64 = part.take("price")?.unwrap_or_default();
            part.set("priceMinor", price * 100)?;
        }
        flask.set("parts", parts)
    }

    /// A flask.
    #[entity(
        "flasks",
        unique = "code",
        list(by = "kind", sort = "title"),
        list(by = "kind"),
        list(sort = "-code"),
        schema(2, changes = "name, title", up = title, down = name),
        schema(3, changes = "kind, litres, millilitres, parts", up = smaller_units)
    )]
    pub struct Flask {
        #[entity(given)]
        pub id: Id<Flask>,
        pub code: Option<String>,
        pub kind: String,
        pub title: String,
        pub millilitres: i64,
        #[validate(nested)]
        pub parts: Vec<Part>,
        /// Came without a schema of its own.
        #[validate(length(max = 40))]
        pub note: String,
    }

    /// What a flask is made of.
    #[value]
    pub struct Part {
        #[value(key)]
        pub number: i64,
        pub price_minor: i64,
    }

    /// The one with this code.
    #[process]
    pub async fn by_code(cx: &ReadContext, code: String) -> Result<Option<Stored<Flask>>> {
        cx.find::<Flask>("code", &code).await
    }

    /// Tells how many there are of a kind.
    #[process]
    pub async fn litres(cx: &ReadContext, id: Id<Flask>) -> Result<i64> {
        Ok(cx.read(&id).await?.millilitres / 1000)
    }

    pub(crate) fn module() -> Module {
        let flasks = Resource::<Flask>::stored().search().whole_collection().view::<litres>("litres");
        Module::new("").resource(flasks).process::<by_code>("flasks.byCode")
    }
}

/// What a flask says, whatever it is written in.
#[derive(Clone, Debug)]
pub(crate) struct Says {
    pub(crate) id: String,
    pub(crate) code: Option<u8>,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) litres: i64,
    pub(crate) prices: Vec<i64>,
}

impl Says {
    /// As a client of the program of this schema writes it.
    pub(crate) fn in_schema(&self, version: u16) -> Value {
        let mut flask = json!({ "id": self.id });
        if let Some(code) = self.code {
            flask["code"] = json!(format!("code-{code}"));
        }
        flask[if version == 1 { "name" } else { "title" }] = json!(self.name);
        if version < 3 {
            flask["kind"] = json!(self.kind);
            flask["litres"] = json!(self.litres);
        } else {
            flask["kind"] = json!(self.kind.to_uppercase());
            flask["millilitres"] = json!(self.litres * 1000);
        }
        let part = |(number, price): (usize, &i64)| match version {
            3 => json!({ "number": number, "priceMinor": price * 100 }),
            _ => json!({ "number": number, "price": price }),
        };
        flask["parts"] = self.prices.iter().enumerate().map(part).collect();
        flask
    }
}
