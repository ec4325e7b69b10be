//! Values: types, numbers, texts, lists.

use enaction_core::shape::Mode::*;
use serde_json::json;

use super::{FITS, check, shape, violations};

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
