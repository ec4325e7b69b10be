//! A patch as a process takes it: the changes that a client wants, whatever it wrote them in.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{Result, Violation, catalogue, limits::Limits};

use super::{Change, apply};

/// What a client wants to be different in a `T`. A process that is bound to PATCH may take it instead of the patched
/// entity: where it matters whether a member was sent at all, or sent as `null`.
///
/// ```
/// use enaction_core::Patch;
/// use serde_json::{Value, json};
/// let patch: Patch<Value> = Patch::merge(json!({"note": null, "name": "tea"}));
/// assert_eq!(patch.apply(&json!({"name": "", "note": "hot", "open": true}))?, json!({"name": "tea", "open": true}));
/// # Ok::<_, enaction_core::Fault>(())
/// ```
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

impl<T: Serialize + DeserializeOwned> Patch<T> {
    /// The same with the changes made; what was given stays as it is. Where the framework hands a patch of a stored
    /// entity to a process, it tried it on that before, so that applying it there does not fail for what the entity knows.
    ///
    /// # Errors
    /// `test_failed` when a `test` of a JSON Patch does not hold; `invalid` when an operation names what is not there,
    /// or the result can not be read as its type; `not_found` when a change is about a place that is not there.
    pub fn apply(&self, to: &T) -> Result<T> {
        let document = serde_json::to_value(to);
        let mut document = document.map_err(|_| catalogue::INTERNAL.because("a value can not be written as JSON"))?;
        apply(&mut document, &self.changes, &Limits::default())?;
        serde_json::from_value(document)
            .map_err(|_| Violation::new("", "type", "the patched value can not be read as its type").into())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::patch::{Operations, Step};

    #[test]
    fn every_kind_of_change_is_made_also_after_it_was_written_down() {
        let name = || vec![Step::Member("name".into())];
        let second = || vec![Step::Member("lines".into()), Step::Keyed("number".into(), 2.into())];
        let operations =
            |document: Value| Operations::read(document.to_string().as_bytes(), &Limits::default()).unwrap();
        let changed = |change| -> Result<Value> {
            let patch: Patch<Value> = Patch::new(vec![change]);
            let patch: Patch<Value> = serde_json::from_value(serde_json::to_value(&patch).unwrap()).unwrap();
            patch.apply(&json!({"name": "a", "lines": [{"number": 1}, {"number": 2}]}))
        };
        let lines = json!([{"number": 1}, {"number": 2}]);
        for (change, result) in [
            (Change::Merge(Vec::new(), json!({"name": null})), json!({"lines": lines})),
            (Change::Merge(name(), json!("b")), json!({"name": "b", "lines": lines})),
            (Change::Set(name(), json!("b")), json!({"name": "b", "lines": lines})),
            (Change::Remove(second()), json!({"name": "a", "lines": [{"number": 1}]})),
            (
                Change::Operations(Vec::new(), operations(json!([{"op": "remove", "path": "/lines/0"}]))),
                json!({"name": "a", "lines": [{"number": 2}]}),
            ),
            (
                Change::Operations(second(), operations(json!([{"op": "add", "path": "/count", "value": 3}]))),
                json!({"name": "a", "lines": [{"number": 1}, {"number": 2, "count": 3}]}),
            ),
        ] {
            assert_eq!(changed(change.clone()).unwrap(), result, "{change:?}");
        }
    }

    #[test]
    fn a_result_that_is_none_of_the_type_is_invalid() {
        let patch: Patch<u32> = Patch::merge(json!("many"));
        assert_eq!(patch.apply(&1).map_err(|fault| fault.code()), Err("invalid"));
    }
}
