//! The orders in which a collection can be listed, as they are declared.

use serde::Serialize;
use serde_json::Value;

use crate::{layout::Layout, schema, store::IndexKey};

/// An order in which a collection can be listed, and what can be selected on the way: one index, whose parts are the
/// members of `by` and then those of `sort`, as their JSON is.
///
/// `#[entity("baskets", list(by = "basketType, customerId", sort = "-created"))]` declares
/// `baskets:basketType,customerId:-created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// `<collection>:<by>:<sort>`.
    pub index: &'static str,
    /// The members that select, as serialised; they ascend.
    pub by: &'static [&'static str],
    /// The members that order, as serialised, each with whether it descends.
    pub sort: &'static [(&'static str, bool)],
}

impl Listing {
    /// All members, in the order of the index, each with whether it descends.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.by.iter().map(|name| (*name, false)).chain(self.sort.iter().copied())
    }
}

/// A part of the key of a listing; emitted by `#[entity]`.
#[doc(hidden)]
#[must_use]
pub fn list_part(key: IndexKey, member: &impl Serialize, descends: bool) -> IndexKey {
    if descends { key.descending(|key| key.scalar_of(member)) } else { key.scalar_of(member) }
}

/// The mistakes of the lists of a collection: what only its schema tells.
pub(crate) fn mistakes(collection: &str, lists: &[Listing], layout: &Layout) -> Vec<String> {
    let mut found = Vec::new();
    for (at, listing) in lists.iter().enumerate() {
        let names: Vec<_> = listing.members().map(|(name, _)| name).collect();
        for (position, name) in names.iter().enumerate() {
            match layout.member(name) {
                None => found.push(format!("{}: there is no member {name:?}", listing.index)),
                Some(member) if !is_scalar(&member.schema, &member.schema) => {
                    found.push(format!(
                        "{}: {name:?} has no order, for it is no text, number or truth value",
                        listing.index
                    ));
                }
                Some(_) if names.iter().take(position).any(|before| before == name) => {
                    found.push(format!("{}: {name:?} stands in it twice", listing.index));
                }
                Some(_) => {}
            }
        }
        if names.is_empty() || lists.iter().take(at).any(|before| before.index == listing.index) {
            found.push(format!("{collection}: the list {:?} has no members, or is declared twice", listing.index));
        }
    }
    found
}

/// Whether everything that a schema takes is a text, a number or a truth value.
fn is_scalar(root: &Value, part: &Value) -> bool {
    let part = schema::resolve(root, part);
    let scalar = |kind: &Value| ["string", "integer", "number", "boolean", "null"].iter().any(|one| kind == one);
    let all = |name: &str| part.get(name).and_then(Value::as_array);
    match part.get("type") {
        Some(Value::Array(types)) => types.iter().all(scalar),
        Some(kind) => scalar(kind),
        None if all("enum").is_some_and(|values| values.iter().all(|one| !one.is_object() && !one.is_array())) => true,
        None if part.get("const").is_some_and(|one| !one.is_object() && !one.is_array()) => true,
        None => ["oneOf", "anyOf"]
            .iter()
            .filter_map(|name| all(name))
            .any(|parts| parts.iter().all(|one| is_scalar(root, one))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys_of<T: Serialize + serde::de::DeserializeOwned>(text: &str) -> [Vec<u8>; 4] {
        let part = |member: &T| list_part(IndexKey::default(), member, false).into_bytes();
        let scalar = |text: &str| IndexKey::default().scalar(&serde_json::from_str(text).unwrap()).into_bytes();
        let given: T = serde_json::from_str(text).unwrap();
        let stored = serde_json::to_string(&given).unwrap();
        let read: T = serde_json::from_str(&stored).unwrap();
        let again: T = serde_json::from_value(serde_json::from_str(&stored).unwrap()).unwrap();
        [part(&given), part(&read), part(&again), scalar(&stored)]
    }

    #[test]
    fn the_key_of_what_is_written_is_the_key_of_what_is_read_and_asked_for() {
        for text in [
            "0.90741630066545186",
            "0.1",
            "0.3",
            "16777217",
            "-0.0",
            "0",
            "1e30",
            "1.7976931348623157e308",
            "5e-324",
            "9007199254740993",
            "18446744073709551615",
            "-9223372036854775808",
            "null",
        ] {
            let narrow = (!text.contains("e308")).then(|| keys_of::<Option<f32>>(text));
            for keys in [keys_of::<Option<f64>>(text), keys_of::<Value>(text)].into_iter().chain(narrow) {
                assert!(keys.iter().all(|key| *key == keys[0]), "{text}: {keys:?}");
            }
        }
    }

    #[derive(Serialize)]
    enum State {
        New,
        Sold(u8),
    }

    #[derive(Serialize)]
    struct Name(&'static str);

    #[test]
    fn the_key_of_a_member_is_the_key_of_its_json() {
        fn check(member: impl Serialize) {
            let value = serde_json::to_value(&member).unwrap();
            for descends in [false, true] {
                let from_json = list_part(IndexKey::default(), &value, descends);
                assert_eq!(list_part(IndexKey::default(), &member, descends), from_json, "{value}");
                let scalar = IndexKey::default();
                let scalar = if descends { scalar.descending(|key| key.scalar(&value)) } else { scalar.scalar(&value) };
                assert_eq!(from_json, scalar, "{value}");
            }
        }
        check(State::New);
        check(State::Sold(1));
        check(Name("a\0b"));
        check("é".repeat(200));
        check('\0');
        check((true, Some(false)));
        check([Some(true), None]);
        check(Some(Name("")));
        check(());
        check(f64::NAN);
        check(1.5_f64);
        check(i128::from(i64::MIN));
        check(u8::MAX);
        check(crate::Time::from_millis(1));
    }

    #[test]
    fn a_list_is_of_scalars_that_there_are_each_once() {
        let layout = Layout::of(&json!({
            "properties": {
                "name": { "type": ["string", "null"] },
                "state": { "$ref": "#/$defs/State" },
                "lines": { "type": "array", "items": { "type": "string" } },
                "home": { "$ref": "#/$defs/Home" },
            },
            "$defs": {
                "State": { "oneOf": [{ "type": "string", "enum": ["A"] }, { "const": "B" }] },
                "Home": { "properties": { "door": { "type": "string" } } },
            },
        }));
        let listing = |by, sort| Listing { index: "things", by, sort };
        for (lists, told) in [
            (vec![listing(&["name", "state"], &[])], vec![]),
            (vec![listing(&["name"], &[("what", true)])], vec!["there is no member \"what\""]),
            (vec![listing(&["lines"], &[("home", false)])], vec!["\"lines\" has no order", "\"home\" has no order"]),
            (vec![listing(&["name"], &[("name", true)])], vec!["\"name\" stands in it twice"]),
            (vec![listing(&["name"], &[]), listing(&["state"], &[])], vec!["declared twice"]),
            (vec![listing(&[], &[])], vec!["has no members"]),
        ] {
            let found = mistakes("things", &lists, &layout);
            assert_eq!(found.len(), told.len(), "{found:?}");
            assert!(found.iter().zip(&told).all(|(found, told)| found.contains(told)), "{found:?}");
        }
    }
}
