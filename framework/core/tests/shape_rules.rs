//! Every keyword of a schema in every mode, as sentences: which documents break which rules, and where.

#![cfg(test)]

use enaction_core::shape::{Mode, Mode::*, Shape, ShapeLimits, Unsuitable};
use serde_json::{Value, json};

type Row = (&'static str, Mode, &'static str, &'static [(&'static str, &'static str)]);

const FITS: &[(&str, &str)] = &[];

fn shape(schema: &Value) -> Shape {
    Shape::compile(schema).unwrap_or_else(|error| panic!("{error}"))
}

fn violations(shape: &Shape, mode: Mode, document: &str) -> Vec<(String, String)> {
    match shape.check(document.as_bytes(), mode, &ShapeLimits::default()) {
        Ok(()) => Vec::new(),
        Err(Unsuitable::Violations(violations)) => {
            violations.into_iter().map(|violation| (violation.pointer, violation.code.into_owned())).collect()
        }
        Err(other) => panic!("{document}: {other:?}"),
    }
}

fn check(schema: Value, rows: &[Row]) {
    let shape = shape(&schema);
    for (sentence, mode, document, expected) in rows {
        let found = violations(&shape, *mode, document);
        let found: Vec<(&str, &str)> = found.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
        assert_eq!(found, *expected, "{sentence}: {document} for {schema}");
    }
}

#[test]
fn types() {
    let value = |kind: &str| json!({ "type": kind });
    check(
        value("string"),
        &[
            ("a string is a string", Full, r#""x""#, FITS),
            ("a number is no string", Full, "1", &[("", "type")]),
            ("null is no string", Full, "null", &[("", "type")]),
            ("an object is no string", Full, r#"{"a":[1]}"#, &[("", "type")]),
        ],
    );
    check(
        value("integer"),
        &[
            ("an integer is an integer", Full, "-12", FITS),
            ("a fraction is no integer, even of zero", Full, "1.0", &[("", "type")]),
            ("an exponent is no integer", Full, "1e2", &[("", "type")]),
            ("minus zero is no integer, as serde has it", Full, "-0", &[("", "type")]),
            ("an integer that 64 bits hold is one", Full, "18446744073709551615", FITS),
            ("an integer beyond 64 bits is out of range", Full, "18446744073709551616", &[("", "range")]),
            ("an integer below 64 bits is out of range", Full, "-9223372036854775809", &[("", "range")]),
        ],
    );
    check(
        value("number"),
        &[
            ("a number may have all parts", Full, "-1.5e-3", FITS),
            ("an integer is a number", Full, "7", FITS),
            ("minus zero is a number", Full, "-0", FITS),
            ("a number beyond f64 is out of range", Full, "1e400", &[("", "range")]),
            ("a number too small for f64 is zero", Full, "1e-400", FITS),
            ("a string is no number", Full, r#""1""#, &[("", "type")]),
        ],
    );
    check(
        value("boolean"),
        &[("true", Full, "true", FITS), ("false", Full, "false", FITS), ("0", Full, "0", &[("", "type")])],
    );
    check(value("null"), &[("null", Full, "null", FITS), ("false", Full, "false", &[("", "type")])]);
    check(
        value("array"),
        &[("a list of anything", Full, r#"[1,"a",null,{"b":[]}]"#, FITS), ("an object", Full, "{}", &[("", "type")])],
    );
    check(
        value("object"),
        &[("an open map", Full, r#"{"a":1,"b":{"c":[]}}"#, FITS), ("a list", Full, "[]", &[("", "type")])],
    );
    check(
        json!({ "type": ["integer", "null"], "format": "int32" }),
        &[
            ("null where it is allowed", Full, "null", FITS),
            ("an integer", Full, "5", FITS),
            ("beyond the format", Full, "2147483648", &[("", "range")]),
            ("another type", Full, "true", &[("", "type")]),
        ],
    );
}

#[test]
fn boolean_and_empty_schemas() {
    check(
        json!(true),
        &[("anything", Full, r#"[1,{"a":null}]"#, FITS), ("an infinite number", Full, "[1e999]", &[("/0", "range")])],
    );
    check(json!({}), &[("anything", Full, "null", FITS)]);
    check(json!(false), &[("nothing", Full, "null", &[("", "type")]), ("nothing", Full, "{}", &[("", "type")])]);
    check(
        json!({ "type": "object", "properties": { "a": true, "b": false } }),
        &[("a member that never is", Full, r#"{"a":1,"b":1}"#, &[("/b", "type")])],
    );
}

#[test]
fn integer_formats() {
    for (format, least, greatest) in [
        ("int8", "-128", "127"),
        ("int16", "-32768", "32767"),
        ("int32", "-2147483648", "2147483647"),
        ("int64", "-9223372036854775808", "9223372036854775807"),
        ("uint8", "0", "255"),
        ("uint16", "0", "65535"),
        ("uint32", "0", "4294967295"),
        ("uint64", "0", "18446744073709551615"),
    ] {
        let shape = shape(&json!({ "type": "integer", "format": format }));
        for fits in [least, greatest] {
            assert_eq!(violations(&shape, Full, fits), [], "{format} {fits}");
        }
        let below = (least.parse::<i128>().unwrap() - 1).to_string();
        let above = (greatest.parse::<i128>().unwrap() + 1).to_string();
        for out in [below, above] {
            assert_eq!(violations(&shape, Full, &out), [(String::new(), "range".to_owned())], "{format} {out}");
        }
    }
}

#[test]
fn ranges() {
    check(
        json!({ "type": "integer", "minimum": -1, "maximum": 3 }),
        &[
            ("the least", Full, "-1", FITS),
            ("the greatest", Full, "3", FITS),
            ("below", Full, "-2", &[("", "range")]),
            ("above", Full, "4", &[("", "range")]),
        ],
    );
    check(
        json!({ "type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 2.5 }),
        &[
            ("between", Full, "1", FITS),
            ("below", Full, "2", FITS),
            ("the bound", Full, "0", &[("", "range")]),
            ("above", Full, "3", &[("", "range")]),
        ],
    );
    check(
        json!({ "type": "integer", "exclusiveMaximum": 2.0, "minimum": 0.5 }),
        &[
            ("inside", Full, "1", FITS),
            ("the bound", Full, "2", &[("", "range")]),
            ("under", Full, "0", &[("", "range")]),
        ],
    );
    check(
        json!({ "type": "number", "minimum": 0.5, "exclusiveMaximum": 1 }),
        &[
            ("the least", Full, "0.5", FITS),
            ("the same in another notation", Full, "5e-1", FITS),
            ("under", Full, "0.49", &[("", "range")]),
            ("the excluded", Full, "1", &[("", "range")]),
        ],
    );
    check(
        json!({ "type": "number", "format": "float" }),
        &[
            ("a float", Full, "3.4e38", FITS),
            ("the greatest as it is written", Full, "3.4028235e38", FITS),
            ("beyond a float", Full, "-3.5e38", &[("", "range")]),
        ],
    );
    check(
        json!({ "minimum": 1 }),
        &[("only numbers have a range", Full, r#""x""#, FITS), ("a number", Full, "0", &[("", "range")])],
    );
}

#[test]
fn texts() {
    check(
        json!({ "type": "string", "minLength": 2, "maxLength": 3 }),
        &[
            ("the least", Full, r#""ab""#, FITS),
            ("characters count, not bytes", Full, r#""äöü""#, FITS),
            ("an escaped character is one", Full, r#""\ud83d\ude00\n\u0061""#, FITS),
            ("too short", Full, r#""a""#, &[("", "length")]),
            ("too short with many bytes", Full, r#""😀""#, &[("", "length")]),
            ("too short, escaped", Full, r#""\u0061""#, &[("", "length")]),
            ("too long", Full, r#""abcd""#, &[("", "length")]),
        ],
    );
    check(
        json!({ "type": "string", "pattern": "b+" }),
        &[
            ("a pattern is searched", Full, r#""abbc""#, FITS),
            ("in what the text says", Full, r#""a\u0062c""#, FITS),
            ("not found", Full, r#""ac""#, &[("", "pattern")]),
        ],
    );
    check(
        json!({ "type": "string", "pattern": "^[a-z]$" }),
        &[("anchored", Full, r#""a""#, FITS), ("a line end is no end", Full, r#""a\n""#, &[("", "pattern")])],
    );
    check(
        json!({ "type": "string", "pattern": "^x", "maxLength": 1, "format": "email" }),
        &[("every broken rule is told", Full, r#""ab""#, &[("", "length"), ("", "pattern"), ("", "format")])],
    );
    for (format, fits, breaks) in [
        ("date-time", "2026-11-22T12:00:00Z", "2026-11-22"),
        ("date", "2026-11-22", "22.11.2026"),
        ("time", "12:00:00Z", "noon"),
        ("email", "a@example.com", "a"),
        ("uri", "https://example.com", "example"),
        ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8", "67e55044"),
        ("ipv4", "127.0.0.1", "::1"),
    ] {
        let shape = shape(&json!({ "type": "string", "format": format }));
        assert_eq!(violations(&shape, Full, &format!("\"{fits}\"")), [], "{format}");
        let broken = [(String::new(), "format".to_owned())];
        assert_eq!(violations(&shape, Full, &format!("\"{breaks}\"")), broken, "{format}");
    }
}

#[test]
fn lists() {
    check(
        json!({ "type": "array", "items": { "type": "integer" }, "minItems": 1, "maxItems": 2 }),
        &[
            ("enough", Full, "[1]", FITS),
            ("too few", Full, "[]", &[("", "items")]),
            ("too many", Full, "[1,2,3]", &[("", "items")]),
            (
                "each item is checked, after the count",
                Full,
                r#"[1,"a",2.5]"#,
                &[("", "items"), ("/1", "type"), ("/2", "type")],
            ),
        ],
    );
    check(
        json!({ "type": "array", "prefixItems": [{ "type": "integer" }, { "type": "string" }], "minItems": 2, "maxItems": 2 }),
        &[
            ("a tuple", Full, r#"[1,"a"]"#, FITS),
            ("a tuple of other types", Full, r#"["a",1]"#, &[("/0", "type"), ("/1", "type")]),
            ("a tuple too short", Full, "[1]", &[("", "items")]),
        ],
    );
    check(
        json!({ "type": "array", "prefixItems": [true], "items": false }),
        &[("no more", Full, "[1]", FITS), ("one more", Full, "[1,2]", &[("", "items")])],
    );
    check(
        json!({ "type": "array", "prefixItems": [true], "items": { "type": "string" } }),
        &[("the rest", Full, r#"[1,"a"]"#, FITS), ("the rest of another type", Full, "[1,2]", &[("/1", "type")])],
    );
    check(
        json!({ "type": "array", "uniqueItems": true }),
        &[
            ("different", Full, r#"[1,"1",true,null,[1],{"a":1},{"a":2}]"#, FITS),
            ("the same", Full, r#"["a","b","a"]"#, &[("/2", "items")]),
            (
                "the same in another notation",
                Full,
                r#"["a","\u0061",1,1.0,{"a":1,"b":2},{"b":2,"a":1}]"#,
                &[("/1", "items"), ("/3", "items"), ("/5", "items")],
            ),
        ],
    );
}

fn basket() -> Value {
    json!({
        "$defs": {
            "Line": {
                "type": "object",
                "properties": {
                    "sku": { "type": "string", "maxLength": 4 },
                    "quantity": { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 },
                    "total": { "type": "integer", "readOnly": true },
                },
                "required": ["sku"],
            },
            "Address": {
                "type": "object",
                "properties": { "city": { "type": "string" }, "zip": { "type": ["string", "null"] } },
                "required": ["city"],
            },
        },
        "type": "object",
        "properties": {
            "id": { "type": "string" },
            "name": { "type": "string", "maxLength": 5 },
            "note": { "type": ["string", "null"] },
            "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" }, "maxItems": 2 },
            "address": { "$ref": "#/$defs/Address", "description": "Where to." },
            "labels": { "type": "object", "additionalProperties": { "type": "string", "maxLength": 2 } },
            "total": { "type": "integer", "readOnly": true },
            "seal": { "$ref": "#/$defs/Address", "readOnly": true },
            "a/b~c": { "type": "integer" },
        },
        "required": ["id", "name"],
    })
}

#[test]
fn objects() {
    check(
        basket(),
        &[
            ("what is required is enough", Create, r#"{"id":"1","name":"a"}"#, FITS),
            (
                "all that is missing is told, at the end",
                Full,
                r#"{"note":1}"#,
                &[("/note", "type"), ("/id", "required"), ("/name", "required")],
            ),
            (
                "unknown members are told where they stand",
                Full,
                r#"{"x":[1],"id":"1","name":"a","y":2}"#,
                &[("/x", "unknown"), ("/y", "unknown")],
            ),
            ("a name says what its escapes say", Full, r#"{"\u0069d":"1","nam\u0065":"a"}"#, FITS),
            (
                "pointers are escaped",
                Full,
                r#"{"id":"1","name":"a","a/b~c":"x","d~/":1}"#,
                &[("/a~1b~0c", "type"), ("/d~0~1", "unknown")],
            ),
            ("names are told as they read", Full, r#"{"id":"1","name":"a","\u00e4\"":1}"#, &[("/ä\"", "unknown")]),
            (
                "all violations come at once, in the order of the document",
                Full,
                r#"{"lines":[{"sku":"12345","quantity":256},{"quantity":-1,"z":0},{"sku":1}],"name":"too long","address":{"zip":7},"labels":{"a":"abc","b":1}}"#,
                &[
                    ("/lines", "items"),
                    ("/lines/0/sku", "length"),
                    ("/lines/0/quantity", "range"),
                    ("/lines/1/quantity", "range"),
                    ("/lines/1/z", "unknown"),
                    ("/lines/1/sku", "required"),
                    ("/lines/2/sku", "type"),
                    ("/name", "length"),
                    ("/address/zip", "type"),
                    ("/address/city", "required"),
                    ("/labels/a", "length"),
                    ("/labels/b", "type"),
                    ("/id", "required"),
                ],
            ),
        ],
    );
    check(
        json!({ "type": "object", "properties": { "a": { "type": "integer" } }, "additionalProperties": true }),
        &[("an open object", Full, r#"{"a":1,"b":[{}]}"#, FITS)],
    );
    check(
        json!({ "type": "object", "properties": { "a": true }, "additionalProperties": false }),
        &[("a closed object", Full, r#"{"b":1}"#, &[("/b", "unknown")])],
    );
    check(
        json!({ "type": "object", "additionalProperties": { "type": "integer" }, "required": ["a"], "minProperties": 2, "maxProperties": 2 }),
        &[
            ("a map", Full, r#"{"a":1,"b":2}"#, FITS),
            ("a map with a rule for what is required", Full, r#"{"a":"1","b":2}"#, &[("/a", "type")]),
            ("a map too small", Full, r#"{"b":1}"#, &[("", "items"), ("/a", "required")]),
            ("a map too large", Full, r#"{"a":1,"b":2,"c":3}"#, &[("", "items")]),
            ("a patch of a map may be small", Patch, r#"{"b":1}"#, FITS),
        ],
    );
}

#[test]
fn modes() {
    check(
        basket(),
        &[
            (
                "a client does not create what the server writes",
                Create,
                r#"{"id":"1","name":"a","total":1}"#,
                &[("/total", "read_only")],
            ),
            ("whatever it is", Create, r#"{"id":"1","name":"a","seal":{"x":[]}}"#, &[("/seal", "read_only")]),
            (
                "also not in lists",
                Create,
                r#"{"id":"1","name":"a","lines":[{"sku":"1","total":1}]}"#,
                &[("/lines/0/total", "read_only")],
            ),
            ("it may be sent back", Full, r#"{"id":"1","name":"a","total":1}"#, FITS),
            ("in its own form", Full, r#"{"id":"1","name":"a","total":"1"}"#, &[("/total", "type")]),
            ("a patch may be empty", Patch, "{}", FITS),
            ("a patch has known members", Patch, r#"{"x":null}"#, &[("/x", "unknown")]),
            ("a patch keeps to the rules", Patch, r#"{"name":"too long"}"#, &[("/name", "length")]),
            ("null removes what is not required", Patch, r#"{"note":null,"lines":null,"address":null}"#, FITS),
            ("null does not remove what is required", Patch, r#"{"id":null}"#, &[("/id", "required")]),
            ("null is no value elsewhere", Full, r#"{"id":"1","name":"a","lines":null}"#, &[("/lines", "type")]),
            ("a patch goes into objects", Patch, r#"{"address":{"zip":"1"}}"#, FITS),
            ("also for what they require", Patch, r#"{"address":{"city":null}}"#, &[("/address/city", "required")]),
            ("null removes from a map", Patch, r#"{"labels":{"a":null,"b":"xyz"}}"#, &[("/labels/b", "length")]),
            (
                "lists are whole values",
                Patch,
                r#"{"lines":[{"quantity":null}]}"#,
                &[("/lines/0/quantity", "type"), ("/lines/0/sku", "required")],
            ),
            ("a patch of an object is one", Patch, "[]", &[("", "type")]),
        ],
    );
    check(
        json!({ "type": "object", "properties": { "at": { "type": "integer", "readOnly": true } }, "required": ["at"] }),
        &[
            ("a client is not asked for what the server writes", Create, "{}", FITS),
            ("a whole thing has it", Full, "{}", &[("/at", "required")]),
        ],
    );
}

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
