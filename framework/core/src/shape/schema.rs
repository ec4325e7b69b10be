//! JSON Schema brought into a flat form: references followed, `allOf` merged, annotations dropped, unknown rules refused.

use std::fmt;

use serde_json::{Map, Value};

use super::merge::merge;

/// A schema that can not be compiled, because it is not valid or demands what would not be enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    place: String,
    reason: String,
}

impl ShapeError {
    pub(super) fn new(place: &str, reason: impl Into<String>) -> Self {
        Self { place: place.to_owned(), reason: reason.into() }
    }

    /// Where in the schema, as names of properties and keywords joined by `/`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "compile the schema at \"{}\": {}", self.place, self.reason)
    }
}

impl std::error::Error for ShapeError {}

/// A schema without `$ref`, `allOf` and annotations (other than `readOnly`).
pub(super) type Flat = Map<String, Value>;

/// The rules that are enforced. Everything else that is no annotation is refused.
const RULES: &[&str] = &[
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    crate::patch::LIST_MARK,
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "anyOf",
    "oneOf",
    "readOnly",
    "nullable",
];

/// What says nothing about which documents are valid.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$anchor",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "discriminator",
    "externalDocs",
    "xml",
];

/// A whole schema document.
pub(super) struct Document<'a>(pub(super) &'a Value);

impl Document<'_> {
    /// The flat form of a schema of this document.
    pub(super) fn flat(&self, schema: &Value, place: &str) -> Result<Flat, ShapeError> {
        const HOPS_MAX: usize = 64;
        self.flat_within(schema, place, HOPS_MAX)
    }

    fn flat_within(&self, schema: &Value, place: &str, hops: usize) -> Result<Flat, ShapeError> {
        let Some(hops) = hops.checked_sub(1) else {
            return Err(ShapeError::new(place, "a reference leads back to itself"));
        };
        let keywords = match schema {
            Value::Bool(true) => return Ok(Flat::new()),
            Value::Bool(false) => return Ok(never()),
            Value::Object(keywords) => keywords,
            _ => return Err(ShapeError::new(place, "expected an object or a boolean")),
        };
        let mut flat = Flat::new();
        let mut parts = Vec::new();
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("$ref", Value::String(reference)) => parts.push(self.resolve(reference, place)?),
                ("allOf", Value::Array(all)) => parts.extend(all),
                (rule, _) if RULES.contains(&rule) => {
                    flat.insert(keyword.clone(), value.clone());
                }
                (name, _) if ANNOTATIONS.contains(&name) || name.starts_with("x-") => {}
                _ => return Err(ShapeError::new(place, format!("the rule \"{keyword}\" is not supported"))),
            }
        }
        parts.into_iter().try_fold(flat, |flat, part| merge(flat, self.flat_within(part, place, hops)?, place))
    }

    fn resolve(&self, reference: &str, place: &str) -> Result<&Value, ShapeError> {
        let unknown = || ShapeError::new(place, format!("the reference \"{reference}\" leads nowhere"));
        let pointer = percent_decoded(reference.strip_prefix('#').ok_or_else(unknown)?).ok_or_else(unknown)?;
        self.0.pointer(&pointer).ok_or_else(unknown)
    }
}

/// The flat form of `false`.
pub(super) fn never() -> Flat {
    Flat::from_iter([("enum".to_owned(), Value::Array(Vec::new()))])
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (hex, tail) = rest.split_first_chunk::<2>()?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_followed_and_its_siblings_are_kept() {
        let document = json!({ "$defs": { "A<B>": { "type": "string", "minLength": 1 } } });
        let schema = json!({ "$ref": "#/$defs/A%3CB%3E", "description": "x", "maxLength": 3, "readOnly": true });
        let flat = Document(&document).flat(&schema, "").unwrap();
        assert_eq!(Value::Object(flat), json!({ "type": "string", "minLength": 1, "maxLength": 3, "readOnly": true }));
    }

    #[test]
    fn a_reference_to_itself_is_refused() {
        let document = json!({ "$defs": { "A": { "$ref": "#/$defs/A" } }, "$ref": "#/$defs/A" });
        assert!(Document(&document).flat(&document, "").is_err());
    }
}
