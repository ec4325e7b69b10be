//! The merge patch (RFC 7396).

use serde_json::{Map, Value};

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::patch::change::tests::document;

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

    /// The merge patch that makes one document of another; there is one where the other has no `null`.
    fn difference(from: &Value, to: &Value) -> Value {
        let (Value::Object(from), Value::Object(to)) = (from, to) else { return to.clone() };
        let gone = from.keys().filter(|name| !to.contains_key(*name)).map(|name| (name.clone(), Value::Null));
        let other = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
        let other =
            other.map(|(name, value)| (name.clone(), difference(from.get(name).unwrap_or(&Value::Null), value)));
        gone.chain(other).collect::<Map<_, _>>().into()
    }

    proptest! {
        #[test]
        fn what_differs_is_the_patch_that_makes_it_so(from in document(), to in document()) {
            let mut patched = from.clone();
            merge(&mut patched, difference(&from, &to));
            prop_assert_eq!(patched, to);
        }
    }
}
