//! What a schema or a document is refused for, how that is told, and within which limits.

use enaction_core::shape::{Mode::*, Shape, ShapeLimits, Unsuitable};
use serde_json::{Value, json};

use super::{shape, violations};

#[test]
fn a_schema_that_would_not_be_enforced_is_refused() {
    for schema in [
        json!(1),
        json!({ "not": { "type": "string" } }),
        json!({ "if": true }),
        json!({ "dependentRequired": {} }),
        json!({ "patternProperties": {} }),
        json!({ "propertyNames": {} }),
        json!({ "contains": {} }),
        json!({ "multipleOf": 2 }),
        json!({ "$dynamicRef": "#x" }),
        json!({ "tpye": "string" }),
        json!({ "type": "text" }),
        json!({ "type": 1 }),
        json!({ "type": "string", "pattern": "(" }),
        json!({ "type": "string", "pattern": 1 }),
        json!({ "type": "string", "format": "iban" }),
        json!({ "type": "string", "format": "int32" }),
        json!({ "type": "string", "maxLength": -1 }),
        json!({ "type": "integer", "minimum": "1" }),
        json!({ "type": "array", "prefixItems": {} }),
        json!({ "type": "object", "properties": [] }),
        json!({ "type": "object", "properties": { "a": { "not": {} } } }),
        json!({ "type": "object", "properties": {}, "required": ["a"] }),
        json!({ "type": "object", "properties": {}, "required": [1] }),
        json!({ "$ref": "#/$defs/none" }),
        json!({ "$ref": "https://example.com/schema" }),
        json!({ "enum": 1 }),
        json!({ "anyOf": {} }),
        json!({ "anyOf": [true], "oneOf": [true] }),
        json!({ "$defs": { "A": { "$ref": "#/$defs/A" } }, "$ref": "#/$defs/A" }),
        json!({ "anyOf": [{ "type": "string" }, { "$ref": "#" }] }),
        json!({ "$defs": { "A": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/B" }] }, "B": { "anyOf": [{ "type": "integer" }, { "$ref": "#/$defs/A" }] } }, "$ref": "#/$defs/A" }),
    ] {
        assert!(Shape::compile(&schema).is_err(), "{schema}");
    }
    let error = Shape::compile(
        &json!({ "type": "object", "properties": { "a": { "type": "array", "items": { "not": {} } } } }),
    );
    assert_eq!(error.unwrap_err().to_string(), "compile the schema at \"/a/items\": the rule \"not\" is not supported");
}

#[test]
fn details_say_what_was_expected_and_nothing_of_the_document() {
    let shape = shape(&json!({
        "type": "object",
        "properties": {
            "a": { "type": "string", "maxLength": 20 },
            "b": { "type": "integer", "format": "uint8" },
            "c": { "type": "number", "minimum": 0.5 },
            "d": { "type": ["string", "null"], "enum": ["x", "y", null] },
            "e": { "type": "array", "minItems": 1 },
            "f": { "type": "string", "pattern": "^x$" },
            "g": { "type": ["array", "object", "null"] },
        },
    }));
    let document = r#"{"a":"secretsecretsecretsecret","b":999,"c":0,"d":"secret","e":[],"f":"secret","g":"secret"}"#;
    let Err(Unsuitable::Violations(found)) = shape.check(document.as_bytes(), Full, &ShapeLimits::default()) else {
        panic!("expected violations")
    };
    let details: Vec<_> = found.iter().map(|violation| &*violation.detail).collect();
    assert_eq!(
        details,
        [
            "expected at most 20 characters",
            "expected an integer from 0 to 255",
            "expected a number at least 0.5",
            r#"expected one of "x", "y", null"#,
            "expected at least 1 item",
            "expected text that matches ^x$",
            "expected an object, an array or null",
        ]
    );
}

#[test]
fn limits_hold() {
    let shape = shape(&json!({ "type": "array", "items": { "type": "string" } }));
    let limits = ShapeLimits { depth_max: 3, violations_max: 2 };
    let told = |limits: &ShapeLimits| match shape.check(b"[1,2,3]", Full, limits) {
        Err(Unsuitable::Violations(violations)) => violations.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&limits), 2);
    assert_eq!(told(&ShapeLimits { violations_max: 0, ..limits }), 1, "a document that breaks a rule is never taken");
    let any = Shape::compile(&json!(true)).unwrap();
    assert_eq!(any.check(b"[[[1]]]", Full, &limits), Ok(()));
    assert_eq!(any.check(br#"[{"a":[[1]]}]"#, Full, &limits), Err(Unsuitable::TooDeep));
    assert_eq!(shape.check(b"[1,[[[[]]]]]", Full, &limits), Err(Unsuitable::TooDeep), "depth comes before violations");
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    let unlimited = ShapeLimits { depth_max: usize::MAX, ..limits };
    assert_eq!(any.check(&nested(127), Full, &unlimited), Ok(()));
    assert!(serde_json::from_slice::<Value>(&nested(127)).is_ok());
    assert_eq!(any.check(&nested(128), Full, &unlimited), Err(Unsuitable::TooDeep), "serde_json reads no deeper");
    assert!(serde_json::from_slice::<Value>(&nested(128)).is_err());
}

#[test]
fn trying_does_not_take_exponential_time() {
    let shape = shape(&json!({
        "$defs": { "T": { "anyOf": [
            { "type": "object", "properties": { "t": { "$ref": "#/$defs/T" }, "a": { "type": "integer" } }, "required": ["a"] },
            { "type": "object", "properties": { "t": { "$ref": "#/$defs/T" }, "b": { "type": "integer" } }, "required": ["b"] },
        ] } },
        "$ref": "#/$defs/T",
    }));
    let document = format!("{}{}{}", r#"{"t":"#.repeat(60), r#"{"c":1}"#, "}".repeat(60));
    let pointer = format!("{}/c", "/t".repeat(60));
    assert!(violations(&shape, Full, &document).contains(&(pointer, "unknown".to_owned())));
    let document = format!("{}{}{}", r#"{"t":"#.repeat(60), r#"{"b":1}"#, r#","b":1}"#.repeat(60));
    assert_eq!(violations(&shape, Full, &document), []);
}
