//! Which texts are JSON: the shape that takes everything, and one that takes little, against rows of texts.

#![cfg(test)]

use enaction_core::shape::{Mode, Shape, ShapeLimits, Unsuitable};
use serde_json::{Value, json};

/// The verdict of two shapes, one of which takes nothing: what is not JSON is not JSON whatever is expected.
fn not_json(bytes: &[u8]) -> Option<usize> {
    let verdicts =
        [json!(true), json!(false), json!({ "type": "object", "properties": { "a": { "type": "integer" } } })].map(
            |schema| match Shape::compile(&schema).unwrap().check(bytes, Mode::Full, &ShapeLimits::default()) {
                Err(Unsuitable::NotJson { offset, .. }) => Some(offset),
                _ => None,
            },
        );
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{:?}", String::from_utf8_lossy(bytes));
    verdicts[0]
}

#[test]
fn json_is_taken() {
    for text in [
        "[]",
        "{}",
        " [ ] ",
        "\t\r\n{\n}\n",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "\"\"",
        "[[],[[]]]",
        r#"{"":0}"#,
        r#"{"a":{},"b":[]}"#,
        r#"[0e1,0e+1,0E-1,1E22,-0.0,123.456e78,1.0,-1]"#,
        "1e-999",
        "[100000000000000000000000]",
        "0.1234567890123456789012345678901234567890",
        r#"["\u0060\u012a\u12AB\uD801\udc37\ud83d\ude39"]"#,
        r#"["\"\\\/\b\f\n\r\t"]"#,
        r#""\u0000""#,
        r#""\uFFFF\u2028""#,
        "\"\u{7f}\u{2028}\u{10FFFF}\"",
        r#""\\u0000""#,
        r#"["a/*b*/c"]"#,
        r#"{"a":1,"A":2}"#,
        r#"{"min":-1e28,"max":1e28}"#,
        "  7  ",
        r#"{"x":{"x":{"x":1}},"y":[{"x":1},{"x":1}]}"#,
    ] {
        assert_eq!(not_json(text.as_bytes()), None, "{text}");
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[,]",
        "[1 2]",
        "[1:2]",
        "[1}",
        "{]",
        "[]]",
        "[]1",
        "{}{}",
        "1 2",
        "[1]x",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{,"a":1}"#,
        r#"{"a" 1}"#,
        r#"{"a",1}"#,
        r#"{a:1}"#,
        r#"{'a':1}"#,
        r#"{1:1}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":1,,"b":2}"#,
        r#"{"a":1"#,
        r#"{"a"#,
        r#"{"a":"#,
        r#"{"a":1]"#,
        r#"{null:1}"#,
        r#"{"a":1}#"#,
        r#"{"a":1}//"#,
        "/**/[]",
        "[1/**/]",
        "nul",
        "nulll",
        "True",
        "TRUE",
        "tru",
        "truf",
        "fals",
        "NaN",
        "Infinity",
        "-Infinity",
        "undefined",
        "n",
        "t",
        "f",
        "nan",
        "01",
        "-01",
        "00",
        "+1",
        "-",
        "--1",
        "1.",
        ".5",
        "-.5",
        "1.e1",
        "1e",
        "1e+",
        "1E-",
        "1eE2",
        "1e1.5",
        "0x1",
        "1a",
        "1_000",
        "1,5",
        "- 1",
        "2.e3",
        "0e",
        "0e+",
        "0.",
        "-2.",
        "1 000",
        "１",
        "\"",
        "\"a",
        "\"\\\"",
        r#""\x""#,
        r#""\u""#,
        r#""\u12""#,
        r#""\u123g""#,
        r#""\U0041""#,
        r#""\'""#,
        r#""\0""#,
        r#""\a""#,
        "\"\\",
        "'a'",
        "a",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\u{0}\"",
        "\"1234567890\u{1f}\"",
        "\"\\\u{1F600}\"",
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\ud800""#,
        r#""\ud800a""#,
        r#""\ud800\n""#,
        r#""\ud800\u0061""#,
        r#""\uDC00\uD800""#,
        r#""\ud83d\u""#,
        r#"{"\ud800":1}"#,
        "\u{feff}[]",
        "\u{a0}1",
        "[\u{c}]",
        "[1]\u{0}",
        "\u{b}1",
        "*",
        "&",
        "<a>",
        "[\"a\",\n4\n,1,",
        "[1\n,1\n,1",
        "{\"a\":\"b\"}}",
    ] {
        assert!(not_json(text.as_bytes()).is_some(), "{text:?}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_wherever_they_stand() {
    for bytes in [
        b"\"\xff\"".as_slice(),
        b"\"\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xe2\x82\"",
        b"\xff",
        b"[]\xff",
        b"{\"\xe9\":1}",
        b"[\xe5]",
        b"\"\x80\"",
        b"\"\xfc\x80\x80\x80\x80\x80\"",
        b"\xff\xfe[\0]\0",
        b"\0[\0]",
    ] {
        assert!(not_json(bytes).is_some(), "{bytes:?}");
    }
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    let many: String = (0..300).map(|at| format!("\"m{at}\":{at},")).collect();
    for text in [
        r#"{"a":1,"a":2}"#.to_owned(),
        r#"{"a":1,"a":1}"#.to_owned(),
        r#"{"a":1,"\u0061":2}"#.to_owned(),
        r#"{"b":1,"c":2,"\u0062":2}"#.to_owned(),
        r#"{"\u0062":1,"b":2}"#.to_owned(),
        r#"{"x":{"b":1,"b":2}}"#.to_owned(),
        r#"[{"a":{"x":1}},{"y":[],"y":[]}]"#.to_owned(),
        r#"{"":1,"":2}"#.to_owned(),
        format!("{{{many}\"m7\":0}}"),
    ] {
        assert!(not_json(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(not_json(format!("{{{many}\"m\":{{{many}\"n\":0}}}}").as_bytes()), None);
}

#[test]
fn a_mistake_of_json_comes_before_every_violation() {
    let shape =
        Shape::compile(&json!({ "type": "object", "properties": { "a": { "type": "string", "maxLength": 1 } } }))
            .unwrap();
    for text in [
        r#"{"a":1,"b":2"#,
        r#"{"a":"xx"} x"#,
        r#"{"x":[1,]}"#,
        r#"{"a":{"b":1,"b":1}}"#,
        r#"[{"a":01}]"#,
        r#"{"a":"too long","z":"\ud800"}"#,
    ] {
        let verdict = shape.check(text.as_bytes(), Mode::Full, &ShapeLimits { violations_max: 1, depth_max: 64 });
        assert!(matches!(verdict, Err(Unsuitable::NotJson { .. })), "{text}: {verdict:?}");
    }
}

#[test]
fn the_place_of_a_mistake_is_told_in_bytes() {
    for (text, offset) in [
        ("[1,]", 3),
        (r#"{"a" 1}"#, 5),
        ("[1] x", 4),
        ("", 0),
        (r#"["ä",x]"#, 6),
        (r#"{"b":1,"b":2}"#, 7),
        (r#"{"a":1,"a":2}"#, 7),
    ] {
        assert_eq!(not_json(text.as_bytes()), Some(offset), "{text}");
    }
    assert_eq!(not_json(b"\"a\xff\""), Some(2));
}

#[test]
fn numbers_at_the_border_of_f64_are_as_serde_json_reads_them() {
    let shape = Shape::compile(&json!(true)).unwrap();
    let long = "9".repeat(400);
    for text in [
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.8e308",
        "17976931348623157e292",
        "-1.7976931348623158e308",
        "0e999999999999",
        "0.0e400",
        "1e-400",
        "1e309",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        &long,
        &format!("0.{long}"),
        &format!("{long}e-350"),
        &format!("{long}.0"),
        &format!("0.{}1e400", "0".repeat(390)),
        &format!("1{}", "0".repeat(307)),
        &format!("1{}", "0".repeat(309)),
        &format!("-{long}"),
    ] {
        let ours = shape.check(text.as_bytes(), Mode::Full, &ShapeLimits::default());
        assert_eq!(ours.is_ok(), serde_json::from_str::<Value>(text).is_ok(), "{text}");
        assert!(matches!(&ours, Ok(()) | Err(Unsuitable::Violations(_))), "{text}");
    }
}
