//! Changes of places of a JSON document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Fault, Result, Violation, catalogue, fault::pointer, limits::Limits};

use super::{Operations, merge};

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
    /// Does the operations of a JSON Patch to what is there (RFC 6902); its pointers begin there.
    Operations(Vec<Step>, Operations),
}

/// Applies changes in order; all or nothing is up to the caller, who keeps the original. A place inside of an object that
/// is absent is not there: whoever means it sets or merges into the object itself.
///
/// # Errors
/// `not_found` when a change is about something that is not there; `test_failed` and `invalid` as the operations of a
/// JSON Patch have it.
pub fn apply(document: &mut Value, changes: &[Change], limits: &Limits) -> Result<()> {
    changes.iter().try_for_each(|change| match change {
        // A property that is absent can be merged into: its object begins empty.
        Change::Merge(path, value) => {
            merge(made(document, path)?, value.clone());
            Ok(())
        }
        Change::Set(path, value) => {
            *made(document, path)? = value.clone();
            Ok(())
        }
        Change::Remove(path) => match path.split_last() {
            Some((last, parents)) => remove(descend(document, parents)?, last),
            None => {
                *document = Map::new().into();
                Ok(())
            }
        },
        Change::Operations(path, operations) => {
            let place = made(document, path)?;
            operations.apply(place, limits)?;
            path.last().map_or(Ok(()), |last| keep_name(place, last))
        }
    })
}

/// An element keeps the name that its path has.
fn keep_name(element: &mut Value, step: &Step) -> Result<()> {
    let (Step::Keyed(key, named), Value::Object(members)) = (step, element) else { return Ok(()) };
    let given = members.entry(key).or_insert_with(|| named.clone());
    if given == named {
        return Ok(());
    }
    Err(Violation::new(pointer(key), "id_mismatch", "expected the key of the path").into())
}

/// What is at a place of a document.
#[must_use]
pub fn find<'a>(document: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Keyed(key, wanted) => value.as_array()?.iter().find(|one| one.get(key) == Some(wanted)),
    })
}

/// What is at a place; a member that is absent begins as `null`.
fn made<'a>(document: &'a mut Value, path: &[Step]) -> Result<&'a mut Value> {
    match path.split_last() {
        Some((last, parents)) => place(descend(document, parents)?, last, true),
        None => Ok(document),
    }
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
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Documents without `null`, with the names that pointers escape.
    pub(in crate::patch) fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (-3..3_i64).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c/~01-]{0,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
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
            assert_eq!(
                apply(&mut document, &[change], &Limits::default()).map_err(|fault| fault.code()),
                Err("not_found")
            );
        }
        let first = Change::Remove(vec![items(), Step::Keyed("n".into(), 1.into())]);
        assert_eq!(apply(&mut document, &[first], &Limits::default()), Ok(()));
        assert_eq!(document, json!({"items": []}));
    }
}
