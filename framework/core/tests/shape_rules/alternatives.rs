//! One of several: enumerations, null, alternatives, references.

use enaction_core::shape::Mode::*;
use serde_json::{Value, json};

use super::{FITS, check};

#[test]
fn enumerations() {
    check(
        json!({ "type": "string", "enum": ["A", "B"] }),
        &[
            ("one", Full, r#""A""#, FITS),
            ("one, escaped", Full, r#""\u0042""#, FITS),
            ("none", Full, r#""a""#, &[("", "enum")]),
            ("another type", Full, "1", &[("", "type")]),
        ],
    );
    check(
        json!({ "enum": [1, true, null, "x", { "a": [1] }] }),
        &[
            ("a number", Full, "1", FITS),
            ("null", Full, "null", FITS),
            ("an object", Full, r#"{ "a": [ 1 ] }"#, FITS),
            ("false", Full, "false", &[("", "enum")]),
            ("another object", Full, r#"{"a":[2]}"#, &[("", "enum")]),
            ("a type that none has", Full, "[]", &[("", "type")]),
        ],
    );
    check(json!({ "const": "x" }), &[("it", Full, r#""x""#, FITS), ("other", Full, r#""y""#, &[("", "enum")])]);
    check(json!({ "const": 1.5 }), &[("it", Full, "15e-1", FITS), ("other", Full, "1", &[("", "enum")])]);
    check(
        json!({ "oneOf": [{ "type": "string", "enum": ["C"] }, { "description": "a", "type": "string", "const": "A" }, { "type": "null" }] }),
        &[
            ("documented", Full, r#""A""#, FITS),
            ("not documented", Full, r#""C""#, FITS),
            ("null", Full, "null", FITS),
            ("none", Full, r#""B""#, &[("", "enum")]),
        ],
    );
}

#[test]
fn nullable() {
    for schema in [
        json!({ "anyOf": [{ "$ref": "#/$defs/S" }, { "type": "null" }], "$defs": { "S": { "type": "string", "maxLength": 1 } } }),
        json!({ "oneOf": [{ "type": "null" }, { "type": "string", "maxLength": 1 }] }),
        json!({ "type": "string", "maxLength": 1, "nullable": true }),
    ] {
        check(
            schema,
            &[
                ("null", Full, "null", FITS),
                ("a value", Full, r#""a""#, FITS),
                ("a value that breaks a rule", Full, r#""ab""#, &[("", "length")]),
                ("another type", Full, "1", &[("", "type")]),
            ],
        );
    }
    check(
        json!({ "type": ["string", "null"], "enum": ["a", null] }),
        &[("null", Full, "null", FITS), ("a value", Full, r#""a""#, FITS), ("none", Full, r#""b""#, &[("", "enum")])],
    );
}

#[test]
fn tagged_alternatives() {
    let payment = json!({
        "$defs": { "Card": { "type": "object", "properties": { "number": { "type": "string", "maxLength": 4 } }, "required": ["number"] } },
        "oneOf": [
            { "type": "object", "properties": { "kind": { "type": "string", "const": "cash" }, "amount": { "type": "integer" } }, "required": ["kind", "amount"] },
            { "type": "object", "properties": { "kind": { "type": "string", "const": "card" } }, "required": ["kind"], "$ref": "#/$defs/Card" },
        ],
    });
    check(
        payment.clone(),
        &[
            ("the tag first", Full, r#"{"kind":"cash","amount":1}"#, FITS),
            ("the tag last", Full, r#"{"number":"1234","kind":"card"}"#, FITS),
            (
                "the tag behind all sorts of values",
                Full,
                r#"{"x":{"kind":["}",{}]},"y":"\"}","number":"1","kind":"card"}"#,
                &[("/x", "unknown"), ("/y", "unknown")],
            ),
            (
                "the rules of the one that is meant",
                Full,
                r#"{"kind":"cash","amount":"1","number":"x"}"#,
                &[("/amount", "type"), ("/number", "unknown")],
            ),
            ("rules that a reference brings", Full, r#"{"kind":"card","number":"12345"}"#, &[("/number", "length")]),
            ("a tag that none has", Full, r#"{"amount":1,"kind":"cheque"}"#, &[("/kind", "enum")]),
            ("a tag of another type", Full, r#"{"kind":1}"#, &[("/kind", "enum")]),
            ("no tag", Full, r#"{"amount":1}"#, &[("/kind", "required")]),
            ("no object", Full, "1", &[("", "type")]),
            ("a patch may leave the tag out", Patch, r#"{"amount":2}"#, FITS),
            (
                "a patch knows the members of all",
                Patch,
                r#"{"number":null,"amount":"x","z":1}"#,
                &[("/amount", "type"), ("/z", "unknown")],
            ),
            ("a patch may change the tag", Patch, r#"{"kind":"cash","number":null,"amount":1}"#, FITS),
            ("but not to nothing", Patch, r#"{"kind":null}"#, &[("/kind", "required")]),
            ("or to what none has", Patch, r#"{"kind":"cheque"}"#, &[("/kind", "enum")]),
        ],
    );
    check(
        json!({ "type": "array", "items": payment["oneOf"][0] }),
        &[("inside a list a patch is whole", Patch, r#"[{"kind":"cash"}]"#, &[("/0/amount", "required")])],
    );
    check(
        json!({ "type": "object", "properties": { "y": { "type": "number" } }, "required": ["y"], "unevaluatedProperties": false, "oneOf": payment["oneOf"], "$defs": payment["$defs"] }),
        &[
            ("what stands beside holds for all", Full, r#"{"y":1,"kind":"cash","amount":1}"#, FITS),
            ("and is required", Full, r#"{"kind":"card","number":"1"}"#, &[("/y", "required")]),
        ],
    );
}

#[test]
fn alternatives_by_name() {
    let one = |name: &str, schema: Value| json!({ "type": "object", "properties": { name: schema }, "required": [name], "additionalProperties": false });
    check(
        json!({ "oneOf": [
            { "type": "string", "enum": ["None"] },
            one("Percent", json!({ "type": "integer", "maximum": 100 })),
            one("Amount", json!({ "type": "object", "properties": { "minor": { "type": "integer" } }, "required": ["minor"] })),
        ] }),
        &[
            ("a text", Full, r#""None""#, FITS),
            ("a text that none is", Full, r#""Nothing""#, &[("", "enum")]),
            ("a name", Full, r#"{"Percent":5}"#, FITS),
            ("its rules", Full, r#"{"Percent":500}"#, &[("/Percent", "range")]),
            ("what it requires", Full, r#"{"Amount":{}}"#, &[("/Amount/minor", "required")]),
            ("two names", Full, r#"{"Percent":5,"Amount":{}}"#, &[("/Amount", "unknown")]),
            ("no name", Full, "{}", &[("", "required")]),
            ("a name that none has", Full, r#"{"Gift":1}"#, &[("/Gift", "unknown")]),
            ("a patch from one to the other", Patch, r#"{"Percent":null,"Amount":{"minor":1}}"#, FITS),
        ],
    );
}

#[test]
fn alternatives_by_trying() {
    check(
        json!({ "anyOf": [
            { "type": "object", "properties": { "x": { "type": "integer" } }, "required": ["x"] },
            { "type": "object", "properties": { "s": { "type": "string" }, "n": { "type": "integer" } } },
            { "type": "string" },
            { "type": "integer" },
        ] }),
        &[
            ("the first", Full, r#"{"x":1}"#, FITS),
            ("the second", Full, r#"{"s":"a","n":1}"#, FITS),
            ("the second, empty", Full, "{}", FITS),
            ("by type", Full, r#""a""#, FITS),
            ("a type that none has", Full, "true", &[("", "type")]),
            ("the one that gets furthest tells", Full, r#"{"s":"a","n":"b"}"#, &[("/n", "type")]),
            ("a patch knows the members of all", Patch, r#"{"x":1,"s":null}"#, FITS),
        ],
    );
    let two = |keyword: &str| json!({ keyword: [{ "type": "string", "maxLength": 3 }, { "type": "string", "minLength": 2 }] });
    check(two("anyOf"), &[("both", Full, r#""abc""#, FITS), ("one", Full, r#""a""#, FITS)]);
    check(two("oneOf"), &[("both", Full, r#""abc""#, &[("", "type")]), ("one", Full, r#""a""#, FITS)]);
}

#[test]
fn references() {
    let tree = json!({
        "$defs": { "Tree": {
            "type": "object",
            "properties": { "value": { "type": "integer" }, "next": { "anyOf": [{ "$ref": "#/$defs/Tree" }, { "type": "null" }] }, "all": { "type": "array", "items": { "$ref": "#/$defs/Tree", "description": "more" } } },
            "required": ["value"],
        } },
        "$ref": "#/$defs/Tree",
    });
    check(
        tree,
        &[
            ("a type may hold itself", Full, r#"{"value":1,"next":{"value":2,"next":null,"all":[{"value":3}]}}"#, FITS),
            (
                "at every depth",
                Full,
                r#"{"value":1,"next":{"all":[{"next":{"value":"x"}}]}}"#,
                &[("/next/all/0/next/value", "type"), ("/next/all/0/value", "required"), ("/next/value", "required")],
            ),
        ],
    );
    check(
        json!({ "allOf": [{ "$ref": "#/$defs/A" }], "description": "described", "$defs": { "A": { "type": "string", "maxLength": 1 } } }),
        &[("all of one", Full, r#""a""#, FITS), ("all of one", Full, r#""ab""#, &[("", "length")])],
    );
    check(
        json!({ "$ref": "#/$defs/A", "minLength": 1, "$defs": { "A": { "type": "string", "maxLength": 1 } } }),
        &[("a sibling holds too", Full, r#""""#, &[("", "length")])],
    );
    check(
        json!({ "type": "object", "properties": { "again": { "$ref": "#" } } }),
        &[("the whole", Full, r#"{"again":{"again":{"x":1}}}"#, &[("/again/again/x", "unknown")])],
    );
}
