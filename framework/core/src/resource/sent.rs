//! A list of items as a client sent it: bare, or as GET gives it.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use crate::{Fault, Result, Violation, catalogue};

/// The name of the list in what GET gives, and so of the parameter.
pub(crate) const ITEMS: &str = "items";

/// The items that were sent.
pub(crate) struct Sent {
    pub(crate) items: Vec<Value>,
    /// Where they stand in what was sent.
    pub(crate) at: &'static str,
    /// The member that names an item.
    key: String,
}

impl Sent {
    /// Reads a list, bare or in an object.
    ///
    /// # Errors
    /// `collection_too_large`; `invalid` where an item is there twice.
    pub(crate) fn read(document: Option<&Bytes>, key: &str, most: usize) -> Result<Self> {
        let document = document.map_or(b"[]".as_slice(), |bytes| bytes);
        let (items, at) = match serde_json::from_slice(document).map_err(|_| catalogue::NOT_JSON.fault())? {
            Value::Array(items) => (items, ""),
            Value::Object(mut members) => match members.remove(ITEMS) {
                Some(Value::Array(items)) => (items, "/items"),
                _ => return Err(catalogue::NOT_JSON.fault()),
            },
            _ => return Err(catalogue::NOT_JSON.fault()),
        };
        if items.len() > most {
            return Err(too_large());
        }
        let sent = Self { items, at, key: key.to_owned() };
        sent.no_name_twice()?;
        Ok(sent)
    }

    /// What names the item at a position.
    pub(crate) fn name(&self, position: usize) -> Option<&Value> {
        self.items.get(position)?.get(&self.key)
    }

    /// A pointer to the item at a position.
    pub(crate) fn pointer(&self, position: usize) -> String {
        format!("{}/{position}", self.at)
    }

    /// A violation of what names the item at a position.
    pub(crate) fn unnamed(&self, position: usize, code: &'static str, detail: &'static str) -> Violation {
        Violation::new(format!("{}/{}", self.pointer(position), self.key), code, detail)
    }

    /// Every item has a name.
    pub(crate) fn all_named(&self) -> Result<()> {
        self.all(|name| if name.is_none() { Some(("required", "expected a value")) } else { None })
    }

    /// Every item has a name, of something that is there.
    pub(crate) fn all_known(&self, known: impl Fn(&Value) -> bool) -> Result<()> {
        self.all(|name| match name {
            None => Some(("required", "expected the name of the item that is changed")),
            Some(name) if !known(name) => Some(("unknown_item", "there is no such item in the collection")),
            Some(_) => None,
        })
    }

    fn all(&self, wrong: impl Fn(Option<&Value>) -> Option<(&'static str, &'static str)>) -> Result<()> {
        let found = (0..self.items.len()).filter_map(|position| {
            let (code, detail) = wrong(self.name(position))?;
            Some(self.unnamed(position, code, detail))
        });
        refuse(found.collect())
    }

    fn no_name_twice(&self) -> Result<()> {
        let mut seen = HashMap::new();
        let twice = (0..self.items.len()).filter(|position| {
            self.name(*position).is_some_and(|name| seen.insert(name.to_string(), *position).is_some())
        });
        refuse(twice.map(|position| self.unnamed(position, "repeated", "expected each item once")).collect())
    }
}

fn refuse(violations: Vec<Violation>) -> Result<()> {
    if violations.is_empty() { Ok(()) } else { Err(catalogue::INVALID.fault().with_violations(violations)) }
}

/// The collection, or the list, is larger than is taken at once.
pub(crate) fn too_large() -> Fault {
    catalogue::COLLECTION_TOO_LARGE.fault().with_limit("collection_items_max")
}
