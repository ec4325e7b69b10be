//! What a process may give, and its form without types.

use std::{
    fmt,
    hash::{DefaultHasher, Hasher as _},
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Count, Entity, Page, Result, Stored, catalogue, entity::Raw, schema::Schematic, store::Record};

/// What a process gave, without types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing: 204.
    Nothing,
    /// A plain value: no tag.
    Value(Bytes),
    /// A stored entity, or a piece of one with the version of the whole: `Location` and `ETag` come from it.
    Entity(Raw),
    /// A page of a list.
    Page {
        /// The items.
        items: Vec<Raw>,
        /// The cursor of the next page.
        next: Option<String>,
        /// The version of the entity that holds the whole list; nothing where each item has a version of its own.
        version: Option<u64>,
        /// How many items the query has, where it was asked.
        count: Option<Count>,
    },
}

/// The state of what a process gave: another one after every change that a reader could see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The version of an entity.
    Version(u64),
    /// A hash of the ids and versions of a page.
    Content(u64),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Content(hash) => write!(f, "{hash:016x}"),
        }
    }
}

impl Output {
    /// Its state. A plain value has none, nor has an entity whose version is not known.
    ///
    /// The hash of a page is the standard library's with fixed keys: all servers of one build agree, and a new build
    /// costs its readers one answer. A cryptographic one would be two thirds of the cost of a page, and nobody gains by
    /// a tag that is wrong.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        match self {
            Self::Entity(raw) if raw.version != 0 => Some(State::Version(raw.version)),
            Self::Page { version: Some(version), .. } => (*version != 0).then_some(State::Version(*version)),
            // How many there are beside it is told, and no state of it.
            Self::Page { items, next, .. } if items.iter().all(|item| item.version != 0) => {
                let mut hash = DefaultHasher::new();
                for item in items {
                    hash.write_u64(item.version);
                    // No id holds this byte, so that no two lists of ids are the same bytes.
                    hash.write(item.id.as_bytes());
                    hash.write_u8(0);
                }
                hash.write_u8(next.is_some().into());
                Some(State::Content(hash.finish()))
            }
            _ => None,
        }
    }

    /// How long its bodies are together.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Value(body) | Self::Entity(Raw { body, .. }) => body.len(),
            Self::Page { items, .. } => items.iter().map(|item| item.body.len()).sum(),
        }
    }

    /// The representations in it.
    pub(crate) fn bodies_mut(&mut self) -> impl Iterator<Item = &mut Bytes> {
        let (one, page) = match self {
            Self::Entity(raw) => (Some(&mut raw.body), None),
            Self::Page { items, .. } => (None, Some(items)),
            _ => (None, None),
        };
        one.into_iter().chain(page.into_iter().flatten().map(|raw| &mut raw.body))
    }

    /// Puts the version of the commit where one is still pending.
    pub(crate) fn settle(&mut self, version: u64) {
        match self {
            Self::Entity(raw) if raw.version == 0 => raw.version = version,
            Self::Page { items, version: whole, .. } => {
                if let Some(0) = whole {
                    *whole = Some(version);
                }
                items.iter_mut().filter(|raw| raw.version == 0).for_each(|raw| raw.version = version);
            }
            _ => {}
        }
    }

    /// The JSON of it, as a body. `next` of a page is its bare cursor. An entity of which only id and version are known has
    /// none.
    #[must_use]
    pub fn json(&self) -> Option<Bytes> {
        match self {
            Self::Nothing => None,
            Self::Value(body) | Self::Entity(Raw { body, .. }) => Some(body.clone()).filter(|body| !body.is_empty()),
            Self::Page { items, next, count, .. } => Some(page_json(items, next.as_deref(), *count)),
        }
    }

    /// The same, with this in the place of the cursor of a page that has one: a link, where the page has a URL.
    #[must_use]
    pub fn json_with_next(&self, link: &str) -> Option<Bytes> {
        match self {
            Self::Page { items, next: Some(_), count, .. } => Some(page_json(items, Some(link), *count)),
            _ => self.json(),
        }
    }
}

fn page_json(items: &[Raw], next: Option<&str>, count: Option<Count>) -> Bytes {
    let length = items.iter().map(|item| item.body.len() + 1).sum::<usize>();
    let mut body = Vec::with_capacity(length + 32 + next.map_or(0, str::len));
    body.extend_from_slice(b"{\"items\":[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&item.body);
    }
    body.push(b']');
    if let Some(next) = next {
        body.extend_from_slice(b",\"next\":");
        body.extend_from_slice(&serde_json::to_vec(next).unwrap_or_default());
    }
    if let Some(count) = count {
        body.extend_from_slice(b",\"count\":");
        body.extend_from_slice(&serde_json::to_vec(&count).unwrap_or_default());
    }
    body.push(b'}');
    body.into()
}

/// What a process may give: an entity, a stored one, a page, a `#[value]`, a plain JSON type, or nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be the answer of a process",
    note = "a process gives an entity, `Stored<E>`, `Page<E>`, a `#[value]` type, a number, a text, a list of those, or `()`"
)]
pub trait Answer: Sized + Send + 'static {
    /// Its schema; `None` for nothing.
    fn schema() -> Option<Value>;
    /// Takes its type away.
    ///
    /// # Errors
    /// `internal` when it can not be written as JSON.
    fn into_output(self) -> Result<Output>;
    /// Gives its type back.
    ///
    /// # Errors
    /// `internal` when the output is not of this type.
    fn from_output(output: Output) -> Result<Self>;
}

fn wrong<T>() -> Result<T> {
    Err(catalogue::INTERNAL.because("a process gave an answer of another type"))
}

impl Answer for () {
    fn schema() -> Option<Value> {
        None
    }

    fn into_output(self) -> Result<Output> {
        Ok(Output::Nothing)
    }

    fn from_output(output: Output) -> Result<Self> {
        if output == Output::Nothing { Ok(()) } else { wrong() }
    }
}

impl<E: Entity> Answer for Stored<E> {
    fn schema() -> Option<Value> {
        Some(E::schema())
    }

    fn into_output(self) -> Result<Output> {
        Ok(Output::Entity(self.into_raw()))
    }

    fn from_output(output: Output) -> Result<Self> {
        match output {
            Output::Entity(raw) => read_raw(raw),
            _ => wrong(),
        }
    }
}

fn read_raw<E: Entity>(raw: Raw) -> Result<Stored<E>> {
    let Raw { id, body, version } = raw;
    Stored::read(id, &Record { schema_version: 0, version, at: Default::default(), by: Bytes::new(), body })
}

impl<E: Entity> Answer for Page<Stored<E>> {
    fn schema() -> Option<Value> {
        Some(page_schema(&E::schema()))
    }

    fn into_output(self) -> Result<Output> {
        let items = self.items.into_iter().map(Stored::into_raw).collect();
        Ok(Output::Page { items, next: self.next, version: None, count: self.count })
    }

    fn from_output(output: Output) -> Result<Self> {
        match output {
            Output::Page { items, next, count, .. } => {
                Ok(Self { items: items.into_iter().map(read_raw).collect::<Result<_>>()?, next, count })
            }
            _ => wrong(),
        }
    }
}

/// Where the schema of a page has that of an item.
pub(crate) const PAGE_ITEM: &str = "/properties/items/items";

/// The schema of a page of items.
pub(crate) fn page_schema(item: &Value) -> Value {
    let mut item = item.clone();
    let definitions = item.as_object_mut().and_then(|object| object.remove("$defs"));
    let mut page = json!({
        "type": "object",
        "properties": {
            "items": { "type": "array", "items": item },
            "next": { "type": "string" },
            "count": {
                "type": "object",
                "properties": { "value": { "type": "integer" }, "more": { "type": "boolean" } },
                "required": ["value", "more"],
            },
        },
        "required": ["items"],
    });
    if let (Some(definitions), Some(object)) = (definitions, page.as_object_mut()) {
        object.insert("$defs".into(), definitions);
    }
    page
}

impl<T: Answer> Answer for Option<T> {
    fn schema() -> Option<Value> {
        T::schema()
    }

    fn into_output(self) -> Result<Output> {
        self.map_or(Ok(Output::Nothing), T::into_output)
    }

    fn from_output(output: Output) -> Result<Self> {
        if output == Output::Nothing { Ok(None) } else { T::from_output(output).map(Some) }
    }
}

/// A plain JSON value as an answer; what `#[value]` and `#[entity]` build on.
#[doc(hidden)]
pub trait PlainAnswer: Serialize + DeserializeOwned + Schematic + Send + 'static {}

impl<T: PlainAnswer + schemars::JsonSchema> PlainAnswer for Vec<T> {}

macro_rules! plain {
    ($($Type:ty),*) => { $(impl PlainAnswer for $Type {} $crate::plain_answer!($Type);)* };
}

/// Makes a serialisable type an answer.
#[doc(hidden)]
#[macro_export]
macro_rules! plain_answer {
    ($Type:ty) => {
        impl $crate::process::Answer for $Type {
            fn schema() -> ::core::option::Option<$crate::__private::Value> {
                ::core::option::Option::Some(<$Type as $crate::schema::Schematic>::schema())
            }
            fn into_output(self) -> $crate::Result<$crate::process::Output> {
                $crate::__private::value_output(&self)
            }
            fn from_output(output: $crate::process::Output) -> $crate::Result<Self> {
                $crate::__private::value_from(&output)
            }
        }
    };
}

plain!(bool, u8, u16, u32, u64, i8, i16, i32, i64, f64, String, Value);

impl<T: PlainAnswer + schemars::JsonSchema> Answer for Vec<T> {
    fn schema() -> Option<Value> {
        Some(<Self as Schematic>::schema())
    }

    fn into_output(self) -> Result<Output> {
        value_output(&self)
    }

    fn from_output(output: Output) -> Result<Self> {
        value_from(&output)
    }
}

/// A value as output.
#[doc(hidden)]
pub fn value_output<T: Serialize>(value: &T) -> Result<Output> {
    let body =
        serde_json::to_vec(value).map_err(|_| catalogue::INTERNAL.because("an answer can not be written as JSON"))?;
    Ok(Output::Value(body.into()))
}

/// A value from output.
#[doc(hidden)]
pub fn value_from<T: DeserializeOwned>(output: &Output) -> Result<T> {
    let body = output.json().unwrap_or(Bytes::from_static(b"null"));
    serde_json::from_slice(&body).or_else(|_| wrong())
}
