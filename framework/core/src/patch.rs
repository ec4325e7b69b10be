//! Patches: what a client wants to be different, as a list of changes to a JSON document.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Fault, Result, catalogue};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The member of an object.
    Member(String),
    /// The element of a list whose member `.0` has the value `.1`.
    Keyed(String, Value),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Merges a document into what is there (RFC 7396).
    Merge(Vec<Step>, Value),
    /// Puts a value in the place of what is there.
    Set(Vec<Step>, Value),
    /// Takes it away.
    Remove(Vec<Step>),
}

/// What a client wants to be different in a `T`. A process that is bound to PATCH may take it instead of the patched entity.
pub struct Patch<T> {
    changes: Vec<Change>,
    of: PhantomData<fn() -> T>,
}

impl<T> Patch<T> {
    /// A patch of these changes.
    #[must_use]
    pub fn new(changes: Vec<Change>) -> Self {
        Self { changes, of: PhantomData }
    }

    /// A merge patch (RFC 7396).
    #[must_use]
    pub fn merge(document: Value) -> Self {
        Self::new(vec![Change::Merge(Vec::new(), document)])
    }

    /// Its changes, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl<T> std::fmt::Debug for Patch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patch({} changes)", self.changes.len())
    }
}

impl<T> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.changes.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}

/// The member of a schema that says that a list holds patches, each of the item that it names.
pub(crate) const LIST_MARK: &str = "x-patches";

/// The member of a schema that says that a parameter is a [`Patch`].
pub(crate) const PATCH_MARK: &str = "x-patch";

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Patch", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert(PATCH_MARK.into(), true.into());
        schema
    }
}

/// Merges a patch into a document (RFC 7396): objects member by member, `null` removes, anything else replaces.
///
/// ```
/// use serde_json::json;
/// let mut document = json!({"a": {"b": 1, "c": 2}});
/// enaction_core::patch::merge(&mut document, json!({"a": {"b": null, "d": 3}}));
/// assert_eq!(document, json!({"a": {"c": 2, "d": 3}}));
/// ```
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Map::new().into();
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Applies changes in order; all or nothing is up to the caller, who keeps the original. A place inside of an object that
/// is absent is not there: whoever means it sets or merges into the object itself.
///
/// # Errors
/// `not_found` when a change is about something that is not there.
pub fn apply(document: &mut Value, changes: &[Change]) -> Result<()> {
    for change in changes {
        match change {
            Change::Merge(path, value) => match (path.split_last(), value) {
                // A property that is absent can be merged into: its object begins empty.
                (Some((last, parents)), value) => {
                    let parent = descend(document, parents)?;
                    merge(place(parent, last, true)?, value.clone());
                }
                (None, value) => merge(document, value.clone()),
            },
            Change::Set(path, value) => match path.split_last() {
                Some((last, parents)) => *place(descend(document, parents)?, last, true)? = value.clone(),
                None => *document = value.clone(),
            },
            Change::Remove(path) => match path.split_last() {
                Some((last, parents)) => remove(descend(document, parents)?, last)?,
                None => *document = Map::new().into(),
            },
        }
    }
    Ok(())
}

/// What is at a place of a document.
#[must_use]
pub fn find<'a>(document: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Keyed(key, wanted) => value.as_array()?.iter().find(|one| one.get(key) == Some(wanted)),
    })
}

fn descend<'a>(document: &'a mut Value, path: &[Step]) -> Result<&'a mut Value> {
    path.iter().try_fold(document, |value, step| place(value, step, false))
}

fn place<'a>(value: &'a mut Value, step: &Step, make: bool) -> Result<&'a mut Value> {
    let found = match (step, value) {
        (Step::Member(name), Value::Object(object)) => {
            if make && !object.contains_key(name) {
                object.insert(name.clone(), Value::Null);
            }
            object.get_mut(name)
        }
        (Step::Keyed(key, wanted), Value::Array(list)) => list.iter_mut().find(|one| one.get(key) == Some(wanted)),
        _ => None,
    };
    found.ok_or_else(|| catalogue::NOT_FOUND.fault())
}

fn remove(value: &mut Value, step: &Step) -> Result<()> {
    let removed = match (step, value) {
        (Step::Member(name), Value::Object(object)) => object.remove(name).is_some(),
        (Step::Keyed(key, wanted), Value::Array(list)) => {
            let before = list.len();
            list.retain(|one| one.get(key) != Some(wanted));
            list.len() < before
        }
        _ => false,
    };
    if removed { Ok(()) } else { Err(Fault::from(catalogue::NOT_FOUND)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_of_rfc_7396_appendix_a_holds() {
        for (original, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut document = original.clone();
            merge(&mut document, patch.clone());
            assert_eq!(document, result, "{original} + {patch}");
        }
    }

    #[test]
    fn a_change_of_what_is_not_there_is_not_found() {
        let mut document = json!({"items": [{"n": 1}]});
        let second = Step::Keyed("n".into(), 2.into());
        let items = || Step::Member("items".into());
        for change in [
            Change::Remove(vec![items(), second.clone()]),
            Change::Set(vec![items(), second], json!({})),
            Change::Remove(vec![Step::Member("none".into())]),
        ] {
            assert_eq!(apply(&mut document, &[change]).map_err(|fault| fault.code()), Err("not_found"));
        }
        assert_eq!(apply(&mut document, &[Change::Remove(vec![items(), Step::Keyed("n".into(), 1.into())])]), Ok(()));
        assert_eq!(document, json!({"items": []}));
    }
}
