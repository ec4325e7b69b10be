//! Parts of a shape by path, its members, its type, and texts of paths and queries made into JSON.

#![cfg(test)]

use enaction_core::shape::{Mode::*, Shape, ShapeKind, ShapeLimits, Unsuitable};
use serde_json::{Value, json};

fn shape() -> Shape {
    Shape::compile(&json!({
        "$defs": { "Line": {
            "type": "object",
            "properties": { "sku": { "type": "string", "maxLength": 4 }, "total": { "type": "integer" } },
            "required": ["sku"],
        } },
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 5 },
            "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } },
            "pair": { "type": "array", "prefixItems": [{ "type": "integer" }, { "type": "string" }], "maxItems": 2 },
            "main": { "anyOf": [{ "$ref": "#/$defs/Line" }, { "type": "null" }] },
            "sums": { "$ref": "#/$defs/Line", "readOnly": true },
            "labels": { "type": "object", "additionalProperties": { "type": "integer" } },
            "any": true,
            "pay": { "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "cash" }, "amount": { "type": "integer" } }, "required": ["kind", "amount"] },
                { "type": "object", "properties": { "kind": { "const": "card" }, "number": { "type": "string" } }, "required": ["kind", "number"] },
            ] },
        },
        "required": ["name"],
    }))
    .unwrap()
}

#[test]
fn a_path_leads_to_a_part_or_nowhere() {
    let shape = shape();
    for (path, required, read_only, kind) in [
        (&[][..], true, false, ShapeKind::Object),
        (&["name"], true, false, ShapeKind::String),
        (&["lines"], false, false, ShapeKind::Array),
        (&["lines", "0"], false, false, ShapeKind::Object),
        (&["lines", "12", "sku"], true, false, ShapeKind::String),
        (&["pair", "0"], false, false, ShapeKind::Integer),
        (&["pair", "1"], false, false, ShapeKind::String),
        (&["main", "sku"], true, false, ShapeKind::String),
        (&["sums"], false, true, ShapeKind::Object),
        (&["sums", "sku"], true, true, ShapeKind::String),
        (&["labels", "whatever"], false, false, ShapeKind::Integer),
        (&["any", "a", "b", "0"], false, false, ShapeKind::Any),
        (&["pay", "kind"], true, false, ShapeKind::String),
        (&["pay", "amount"], false, false, ShapeKind::Integer),
    ] {
        let part = shape.at(path).unwrap_or_else(|| panic!("{path:?}"));
        assert_eq!((part.required, part.read_only, part.shape.kind()), (required, read_only, kind), "{path:?}");
    }
    for path in [
        &["x"][..],
        &["name", "x"],
        &["lines", "x"],
        &["lines", "01"],
        &["lines", "+1"],
        &["lines", ""],
        &["lines", "0", "x"],
        &["pair", "2"],
        &["pay", "x"],
        &["labels", "a", "b"],
    ] {
        assert!(shape.at(path).is_none(), "{path:?}");
    }
}

#[test]
fn a_bare_value_is_checked_at_its_place() {
    let limits = ShapeLimits::default();
    let shape = shape();
    let pointers = |path: &[&str], prefix: &str, mode, value: &str| match shape.at(path).unwrap().check_at(
        prefix,
        value.as_bytes(),
        mode,
        &limits,
    ) {
        Ok(()) => Vec::new(),
        Err(Unsuitable::Violations(found)) => {
            found.into_iter().map(|one| format!("{} {}", one.pointer, one.code)).collect()
        }
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(pointers(&["name"], "", Full, r#""till""#), Vec::<String>::new());
    assert_eq!(pointers(&["name"], "", Full, r#""too long""#), [" length"]);
    assert_eq!(pointers(&["name"], "/name", Full, r#""too long""#), ["/name length"]);
    assert_eq!(
        pointers(&["lines", "3"], "/lines/3", Full, r#"{"x":1}"#),
        ["/lines/3/x unknown", "/lines/3/sku required"]
    );
    assert_eq!(pointers(&["main"], "/main", Patch, r#"{"total":null}"#), Vec::<String>::new());
    assert_eq!(pointers(&["name"], "/name", Patch, " null "), ["/name required"]);
    assert_eq!(pointers(&["labels"], "/labels", Patch, "null"), Vec::<String>::new());
    assert_eq!(pointers(&["labels"], "/labels", Full, "null"), ["/labels type"]);
}

#[test]
fn members_are_listed() {
    let shape = shape();
    let names: Vec<_> = shape.members().map(|member| (member.name, member.required, member.read_only)).collect();
    let plain = |name| (name, false, false);
    assert_eq!(
        names,
        [
            plain("any"),
            plain("labels"),
            plain("lines"),
            plain("main"),
            ("name", true, false),
            plain("pair"),
            plain("pay"),
            ("sums", false, true)
        ]
    );
    let pay = shape.at(&["pay"]).unwrap().shape;
    assert_eq!(pay.members().map(|member| member.name).collect::<Vec<_>>(), ["amount", "kind", "number"]);
    assert_eq!(shape.at(&["name"]).unwrap().shape.members().count(), 0);
}

#[test]
fn a_text_becomes_json_of_the_type() {
    fn check(schema: Value, rows: &[(&str, Option<&str>)]) {
        let shape = Shape::compile(&schema).unwrap();
        for (text, json) in rows {
            assert_eq!(shape.text_to_json(text).as_deref(), *json, "{text} as {schema}");
        }
    }
    check(
        json!({ "type": "string" }),
        &[("a\"b", Some(r#""a\"b""#)), ("", Some("\"\"")), ("1", Some("\"1\"")), ("null", Some("\"null\""))],
    );
    check(json!({ "type": ["string", "null"] }), &[("null", Some("\"null\""))]);
    check(
        json!({ "type": "integer" }),
        &[
            ("0", Some("0")),
            ("-7", Some("-7")),
            ("01", None),
            ("+1", None),
            ("1.0", None),
            ("1e1", None),
            ("-0", None),
            ("", None),
            (" 1", None),
            ("1 ", None),
            ("x", None),
            ("null", None),
            ("true", None),
        ],
    );
    check(
        json!({ "type": "number" }),
        &[("1.50", Some("1.50")), ("-1e3", Some("-1e3")), (".5", None), ("1e999", None), ("NaN", None)],
    );
    check(
        json!({ "type": "boolean" }),
        &[("true", Some("true")), ("false", Some("false")), ("True", None), ("1", None)],
    );
    check(json!({ "type": ["boolean", "integer"] }), &[("true", Some("true")), ("1", Some("1")), ("x", None)]);
    check(json!({ "enum": ["a", "b"] }), &[("a", Some("\"a\"")), ("c", Some("\"c\""))]);
    check(json!({ "oneOf": [{ "const": "a" }, { "type": "null" }] }), &[("a", Some("\"a\""))]);
    check(json!({ "type": "object" }), &[("{}", None)]);
    check(json!({ "type": "array" }), &[("[]", None)]);
}

#[test]
fn a_shape_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    shared(&shape());
    assert!(shape().at(&["main"]).unwrap().shape.is_nullable());
    assert!(!shape().is_nullable());
}
