//! Types as services declare them, and what must hold between a shape, serde_json and a type.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use enaction_core::shape::{Mode, Shape, ShapeLimits, Unsuitable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A struct with rules, nested and listed structs, maps, sets, tuples and every sort of enumeration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Basket {
    /// Shown to the customer.
    #[validate(length(max = 20))]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) items: Vec<Line>,
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<Box<Address>>,
    pub(crate) state: State,
    pub(crate) channel: Option<Channel>,
    pub(crate) payment: Payment,
    pub(crate) discount: Vec<Discount>,
    pub(crate) note: Note,
    pub(crate) labels: BTreeMap<String, i64>,
    pub(crate) sets: BTreeSet<String>,
    pub(crate) pair: (u8, String),
    pub(crate) letter: char,
    pub(crate) bytes: [u8; 3],
    #[validate(range(min = -5, max = 5))]
    pub(crate) level: i32,
    pub(crate) free: Value,
    pub(crate) nothing: (),
    pub(crate) open: Open,
    pub(crate) envelope: Envelope,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    #[validate(length(min = 1, max = 8))]
    pub(crate) sku: String,
    pub(crate) quantity: u8,
    pub(crate) price: i64,
    pub(crate) total: u64,
    pub(crate) weight: f64,
    pub(crate) ratio: f32,
    pub(crate) flag: Option<bool>,
    #[serde(default)]
    pub(crate) parts: Vec<Line>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Address {
    pub(crate) city: Option<String>,
    #[validate(email)]
    pub(crate) mail: String,
    pub(crate) site: Option<uuid_text::UuidText>,
}

/// A text with a form.
pub(crate) mod uuid_text {
    use super::*;

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(transparent)]
    pub(crate) struct UuidText(#[schemars(extend("format" = "uuid"))] pub(crate) String);
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum State {
    Open,
    Closed,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Channel {
    /// At a till.
    Till,
    /// On the web.
    Web,
    Phone,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Payment {
    Cash { amount: i64 },
    Address(Address),
    Free,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Discount {
    None,
    Percent(u8),
    Both(i64, String),
    Amount { minor: i64, why: Option<String> },
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Note {
    Number(i64),
    Text(String),
    Named { name: String },
    Listed(Vec<Note>),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Open {
    pub(crate) first: i16,
    #[serde(flatten)]
    pub(crate) rest: BTreeMap<String, bool>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Envelope {
    Letter(Line),
    Card { words: Vec<String> },
    Empty,
}

/// A type, its shape, and whether serde_json reads a document as it.
pub(crate) struct Typed {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) reads: fn(&[u8]) -> Result<(), serde_json::Error>,
}

fn typed<T: JsonSchema + DeserializeOwned>(name: &'static str) -> Typed {
    let schema = schemars::schema_for!(T);
    Typed {
        name,
        shape: Shape::compile(schema.as_value()).unwrap(),
        reads: |bytes| serde_json::from_slice::<T>(bytes).map(drop),
    }
}

/// All types, from the whole to single values.
pub(crate) static ALL: LazyLock<Vec<Typed>> = LazyLock::new(|| {
    vec![
        typed::<Basket>("Basket"),
        typed::<Value>("Value"),
        typed::<Line>("Line"),
        typed::<Address>("Address"),
        typed::<State>("State"),
        typed::<Option<Channel>>("Option<Channel>"),
        typed::<Payment>("Payment"),
        typed::<Option<Payment>>("Option<Payment>"),
        typed::<Discount>("Discount"),
        typed::<Note>("Note"),
        typed::<Open>("Open"),
        typed::<Envelope>("Envelope"),
        typed::<BTreeMap<String, Vec<Option<u8>>>>("BTreeMap"),
        typed::<Vec<f64>>("Vec<f64>"),
        typed::<f32>("f32"),
        typed::<i8>("i8"),
        typed::<u64>("u64"),
        typed::<i64>("i64"),
        typed::<bool>("bool"),
        typed::<char>("char"),
        typed::<String>("String"),
    ]
});

/// What must hold for any bytes whatever.
pub(crate) fn agree(bytes: &[u8]) -> Result<(), String> {
    let limits = ShapeLimits::default();
    let told = || String::from_utf8_lossy(bytes).into_owned();
    let json = serde_json::from_slice::<Value>(bytes);
    for typed in &*ALL {
        for mode in [Mode::Create, Mode::Full, Mode::Patch] {
            let verdict = typed.shape.check(bytes, mode, &limits);
            match (&verdict, &json) {
                (Ok(()) | Err(Unsuitable::Violations(_)), Err(error))
                    if !error.to_string().contains("out of range") =>
                {
                    return Err(format!(
                        "{} {mode:?} takes as JSON what serde_json does not: {error}: {}",
                        typed.name,
                        told()
                    ));
                }
                (Ok(()), Err(error)) => {
                    return Err(format!("{} {mode:?} accepts a number beyond range: {error}: {}", typed.name, told()));
                }
                (Err(Unsuitable::NotJson { reason, .. }), Ok(_)) if !reason.contains("came before") => {
                    return Err(format!("{} {mode:?} refuses JSON as \"{reason}\": {}", typed.name, told()));
                }
                _ => {}
            }
            if verdict.is_ok()
                && mode != Mode::Patch
                && let Err(error) = (typed.reads)(bytes)
            {
                return Err(format!("{} {mode:?} accepts what serde does not read: {error}: {}", typed.name, told()));
            }
        }
    }
    Ok(())
}
