//! Texts that must not be seen: client secrets, tokens, private keys.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the schema of a secret says of its form.
const FORMAT: &str = "password";

/// A text that `Debug` does not show and that has no `Display`, so that it can not reach a log by mistake. It is written
/// to JSON as it is: that is how it gets to whom it belongs.
///
/// ```
/// let secret = enaction_core::Secret::new("s3cret");
/// assert_eq!(format!("{secret:?}"), "[secret]");
/// assert_eq!(secret.reveal(), "s3cret");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": FORMAT })
    }
}

/// Whether a schema describes one, wherever it stands.
pub(crate) fn is_in(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members.get("format").is_some_and(|format| format == FORMAT) || members.values().any(is_in)
        }
        Value::Array(items) => items.iter().any(is_in),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Schematic as _;

    #[test]
    fn a_secret_is_found_wherever_it_stands_in_a_schema() {
        let secret = <Secret as JsonSchema>::json_schema(&mut SchemaGenerator::default()).to_value();
        for (schema, expected) in [
            (secret.clone(), true),
            (json!({ "properties": { "a": { "anyOf": [secret.clone(), { "type": "null" }] } } }), true),
            (json!({ "$defs": { "A": { "items": secret } } }), true),
            (json!({ "properties": { "format": { "enum": ["password"] } } }), false),
            (String::schema(), false),
        ] {
            assert_eq!(is_in(&schema), expected, "{schema}");
        }
    }
}
