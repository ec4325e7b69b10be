//! Objects, in every mode.

use enaction_core::shape::Mode::*;
use serde_json::{Value, json};

use super::{FITS, check};

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
