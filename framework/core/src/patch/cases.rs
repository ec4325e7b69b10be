//! The JSON Patch as a table of cases: RFC 6902 with its examples, and what is left to a careful reader.

use serde_json::{Value, json};

use super::{Change, Operations, apply};
use crate::{Fault, limits::Limits};

fn patched(document: &Value, patch: &Value, limits: &Limits) -> Result<Value, Fault> {
    let operations = Operations::read(patch.to_string().as_bytes(), limits)?;
    let mut document = document.clone();
    apply(&mut document, &[Change::Operations(Vec::new(), operations)], limits)?;
    Ok(document)
}

/// What is told: the code, the limit, and pointer and code of each violation.
fn told(fault: &Fault) -> String {
    let violations = fault.violations().iter().map(|one| format!(" {} {}", one.pointer, one.code));
    let limit = fault.limit().map(|limit| format!(" ({limit})")).unwrap_or_default();
    format!("{}{limit}{}", fault.code(), violations.collect::<String>())
}

/// A patch in short: `op path value`, or `op from path`; `.` is the whole document, `; ` stands between operations.
fn patch(short: &str) -> Value {
    let operations = short.split("; ").filter(|one| !one.is_empty()).map(|operation| {
        let mut parts = operation.splitn(3, ' ');
        let (op, first, second) = (parts.next().unwrap(), parts.next().unwrap(), parts.next());
        let pointer = |text: &str| if text == "." { "" } else { text }.to_owned();
        match second {
            None => json!({"op": op, "path": pointer(first)}),
            Some(path) if ["move", "copy"].contains(&op) => {
                json!({"op": op, "from": pointer(first), "path": pointer(path)})
            }
            Some(value) => json!({"op": op, "path": pointer(first), "value": json(value)}),
        }
    });
    operations.collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn makes(cases: &[(&str, &str, &str, &str)]) {
    for (sentence, document, short, result) in cases {
        let found = patched(&json(document), &patch(short), &Limits::default());
        assert_eq!(found, Ok(json(result)), "{sentence}");
    }
}

fn refuses(cases: &[(&str, &str, &str, &str)]) {
    for (sentence, document, short, expected) in cases {
        let fault = patched(&json(document), &patch(short), &Limits::default()).expect_err(sentence);
        assert_eq!(told(&fault), *expected, "{sentence}");
    }
}

#[test]
fn an_addition_puts_a_value_in() {
    makes(&[
        ("as a member", r#"{"tea":1}"#, "add /milk 2", r#"{"tea":1,"milk":2}"#),
        ("for a member that is there", r#"{"tea":1}"#, "add /tea [2]", r#"{"tea":[2]}"#),
        ("before an element", r#"["a","c"]"#, r#"add /1 "b""#, r#"["a","b","c"]"#),
        ("before the first", r#"["b"]"#, r#"add /0 "a""#, r#"["a","b"]"#),
        ("behind the last, by its number", r#"["a"]"#, r#"add /1 "b""#, r#"["a","b"]"#),
        ("behind the last, by a dash", r#"{"l":[]}"#, r#"add /l/- {"a":1}"#, r#"{"l":[{"a":1}]}"#),
        ("a list, as one element", "[1]", "add /- [2,3]", "[1,[2,3]]"),
        ("nothing, as a value", "{}", "add /a null", r#"{"a":null}"#),
        ("a truth", r#"{"a":1}"#, "add /b true", r#"{"a":1,"b":true}"#),
        ("in the place of the whole", r#"{"a":1}"#, "add . [1]", "[1]"),
        ("deep inside", r#"{"a":[{"b":{}}]}"#, "add /a/0/b/c 1", r#"{"a":[{"b":{"c":1}}]}"#),
        ("under a number as a name", r#"{"a":{}}"#, "add /a/0 1", r#"{"a":{"0":1}}"#),
        ("under a dash as a name", "{}", "add /- 1", r#"{"-":1}"#),
        ("under no name at all", "{}", "add / 1", r#"{"":1}"#),
        ("under no name twice", r#"{"":{}}"#, "add // 1", r#"{"":{"":1}}"#),
    ]);
    refuses(&[
        ("not in what is not there", r#"{"a":1}"#, "add /b/c 1", "invalid /0/path pointer"),
        ("not past the end", "[1]", "add /2 1", "invalid /0/path pointer"),
        ("not before the beginning", "[1]", "add /-1 1", "invalid /0/path pointer"),
        ("not under a name in a list", "[1]", "add /a 1", "invalid /0/path pointer"),
        ("not by a number with a sign", "[1]", "add /+1 1", "invalid /0/path pointer"),
        ("not by a number with an exponent", "[1,2]", "add /1e0 1", "invalid /0/path pointer"),
        ("not by a number that begins with zero", "[1,2]", "add /01 1", "invalid /0/path pointer"),
        ("not in a text", r#"{"a":"b"}"#, "add /a/0 1", "invalid /0/path pointer"),
        ("not behind a dash", "[[1]]", "add /-/0 1", "invalid /0/path pointer"),
    ]);
}

#[test]
fn a_removal_takes_a_value_away() {
    makes(&[
        ("a member", r#"{"a":1,"b":[2]}"#, "remove /b", r#"{"a":1}"#),
        ("an element", r#"["a","b","c"]"#, "remove /1", r#"["a","c"]"#),
        ("one after another", "[1,2,3,4]", "remove /1; remove /2", "[1,3]"),
        ("what is null", r#"{"a":null}"#, "remove /a", "{}"),
        ("deep inside", r#"{"a":[{"b":1}]}"#, "remove /a/0/b", r#"{"a":[{}]}"#),
    ]);
    refuses(&[
        ("not what is not there", r#"{"a":1}"#, "remove /b", "invalid /0/path pointer"),
        ("not past the end", "[1]", "remove /1", "invalid /0/path pointer"),
        ("not behind the end", "[1]", "remove /-", "invalid /0/path pointer"),
        ("not by a number that begins with zero", "[1,2]", "remove /00", "invalid /0/path pointer"),
        ("not the whole", "[1]", "remove .", "invalid /0/path pointer"),
        ("not twice", r#"{"a":1}"#, "remove /a; remove /a", "invalid /1/path pointer"),
    ]);
}

#[test]
fn a_replacement_puts_a_value_in_the_place_of_one_that_is_there() {
    makes(&[
        ("a member", r#"{"a":1,"b":2}"#, "replace /a [3]", r#"{"a":[3],"b":2}"#),
        ("an element", "[1,2]", r#"replace /1 "b""#, r#"[1,"b"]"#),
        ("by nothing", r#"{"a":1}"#, "replace /a null", r#"{"a":null}"#),
        ("nothing", r#"{"a":null}"#, "replace /a 1", r#"{"a":1}"#),
        ("the whole", r#"{"a":1}"#, r#"replace . {"b":1}"#, r#"{"b":1}"#),
    ]);
    refuses(&[
        ("not what is not there", "{}", "replace /a 1", "invalid /0/path pointer"),
        ("not behind the end", "[1]", "replace /- 1", "invalid /0/path pointer"),
        ("not past the end", "[1]", "replace /1 1", "invalid /0/path pointer"),
        ("not inside of what is none", r#"{"a":1}"#, "replace /a/b 1", "invalid /0/path pointer"),
    ]);
}

#[test]
fn a_move_takes_a_value_away_and_puts_it_in_elsewhere() {
    makes(&[
        ("to another name", r#"{"a":1,"b":2}"#, "move /a /c", r#"{"b":2,"c":1}"#),
        ("over another", r#"{"a":1,"b":2}"#, "move /a /b", r#"{"b":1}"#),
        ("within a list, where the place is that of the list without it", "[1,2,3]", "move /0 /2", "[2,3,1]"),
        ("to the end", "[1,2,3]", "move /0 /-", "[2,3,1]"),
        ("from a list to an object", r#"{"l":[1,2],"o":{}}"#, "move /l/1 /o/two", r#"{"l":[1],"o":{"two":2}}"#),
        ("to where it is", r#"{"a":1}"#, "move /a /a", r#"{"a":1}"#),
        ("nothing", r#"{"a":null}"#, "move /a /b", r#"{"b":null}"#),
        ("up", r#"{"a":{"b":1}}"#, "move /a/b /a", r#"{"a":1}"#),
        ("beside a name that begins alike", r#"{"a":1,"ab":{}}"#, "move /a /ab/c", r#"{"ab":{"c":1}}"#),
    ]);
    refuses(&[
        ("not into itself", r#"{"a":{"b":{}}}"#, "move /a /a/b/c", "invalid /0/path pointer"),
        ("not what is not there", r#"{"a":1}"#, "move /b /c", "invalid /0/from pointer"),
        ("not to what is not there", r#"{"a":1}"#, "move /a /b/c", "invalid /0/path pointer"),
        ("not past the end of the list without it", "[1,2]", "move /0 /2", "invalid /0/path pointer"),
    ]);
}

#[test]
fn a_copy_puts_in_what_is_elsewhere() {
    makes(&[
        ("to another name", r#"{"a":[1]}"#, "copy /a /b", r#"{"a":[1],"b":[1]}"#),
        ("into a list", "[1,2]", "copy /1 /0", "[2,1,2]"),
        ("over another", r#"{"a":1,"b":2}"#, "copy /a /b", r#"{"a":1,"b":1}"#),
        ("nothing", r#"{"a":null}"#, "copy /a /b", r#"{"a":null,"b":null}"#),
        ("into itself", r#"{"a":{"b":1}}"#, "copy /a /a/c", r#"{"a":{"b":1,"c":{"b":1}}}"#),
        ("the whole", r#"{"a":1}"#, "copy . /b", r#"{"a":1,"b":{"a":1}}"#),
    ]);
    makes(&[(
        "and both go their own ways",
        r#"{"a":{"n":1}}"#,
        "copy /a /b; replace /b/n 2",
        r#"{"a":{"n":1},"b":{"n":2}}"#,
    )]);
    refuses(&[
        ("not what is not there", "{}", "copy /a /b", "invalid /0/from pointer"),
        ("not to what is not there", r#"{"a":1}"#, "copy /a /b/c", "invalid /0/path pointer"),
    ]);
}

#[test]
fn a_test_holds_where_a_value_is_what_it_should_be() {
    let document = json!({"t": "1", "n": 1, "f": 1.5, "z": null, "l": [1, {"a": []}], "o": {"a": 1, "b": 2}, "": 0, "a/b": 1, "m~n": 2, "~1": 3});
    for (path, value) in [
        ("/t", json!("1")),
        ("/n", json!(1)),
        ("/n", json!(1.0)),
        ("/f", json!(1.5)),
        ("/z", json!(null)),
        ("/l", json!([1, {"a": []}])),
        ("/l", json!([1.0, {"a": []}])),
        ("/l/0", json!(1)),
        ("/o", json!({"b": 2, "a": 1})),
        ("/", json!(0)),
        ("/a~1b", json!(1)),
        ("/m~0n", json!(2)),
        ("/~01", json!(3)),
        ("", document.clone()),
    ] {
        let patch = json!([{"op": "test", "path": path, "value": value}]);
        assert_eq!(patched(&document, &patch, &Limits::default()), Ok(document.clone()), "{patch}");
    }
    for (path, value) in [
        ("/t", json!(1)),
        ("/t", json!("2")),
        ("/n", json!("1")),
        ("/n", json!(true)),
        ("/n", json!(1.5)),
        ("/f", json!(1)),
        ("/z", json!(0)),
        ("/z", json!({})),
        ("/l", json!([{"a": []}, 1])),
        ("/l", json!([1])),
        ("/o", json!({"a": 1})),
        ("/o", json!({"a": 1, "b": 2, "c": 3})),
        ("/o", json!([])),
        ("/none", json!(null)),
        ("/l/2", json!(null)),
        ("/l/00", json!(1)),
        ("/l/-", json!(null)),
        ("", json!({})),
    ] {
        let patch = json!([{"op": "test", "path": path, "value": value}]);
        let fault = patched(&document, &patch, &Limits::default()).expect_err(path);
        assert_eq!(told(&fault), "test_failed /0 test_failed", "{patch}");
    }
}

#[test]
fn members_that_an_operation_does_not_have_and_their_order_say_nothing() {
    for (document, patch, result) in [
        (json!({"a": 1}), json!([{"op": "remove", "path": "/a", "value": 5, "from": 7, "why": []}]), json!({})),
        (json!({}), json!([{"value": 1, "path": "/a", "op": "add"}]), json!({"a": 1})),
    ] {
        assert_eq!(patched(&document, &patch, &Limits::default()), Ok(result));
    }
}

#[test]
fn operations_are_done_in_order_and_the_first_that_fails_ends_them() {
    makes(&[
        ("none change nothing", r#"{"a":1}"#, "", r#"{"a":1}"#),
        ("what one put in, the next may name", "{}", "add /a {}; add /a/b 1", r#"{"a":{"b":1}}"#),
        ("a test looks at what was made of it", r#"{"a":1}"#, "replace /a 2; test /a 2", r#"{"a":2}"#),
    ]);
    refuses(&[
        ("a test that fails", r#"{"a":1}"#, "add /b 1; test /a 2; remove /none", "test_failed /1 test_failed"),
        ("a place that is not there any more", r#"{"a":1}"#, "move /a /b; test /a 1", "test_failed /1 test_failed"),
    ]);
}

#[test]
fn a_document_that_is_no_json_patch_is_told_everything_at_once() {
    for (sentence, document, expected) in [
        ("an object", r#"{"op":"remove","path":"/a"}"#, "invalid  type"),
        ("a text", r#""remove""#, "invalid  type"),
        ("nothing", "null", "invalid  type"),
        ("what is no object in it", "[[],1,null]", "invalid /0 type /1 type /2 type"),
        ("an empty operation", "[{}]", "invalid /0/op required /0/path required"),
        ("no operation", r#"[{"path":"/a"}]"#, "invalid /0/op required"),
        ("another operation", r#"[{"op":"spam","path":"/a"}]"#, "invalid /0/op enum"),
        ("an operation in capitals", r#"[{"op":"ADD","path":"/a","value":1}]"#, "invalid /0/op enum"),
        ("an operation that is no text", r#"[{"op":1,"path":"/a"}]"#, "invalid /0/op type"),
        ("no path", r#"[{"op":"add","value":1}]"#, "invalid /0/path required"),
        ("a path that is no text", r#"[{"op":"add","path":null,"value":1}]"#, "invalid /0/path type"),
        ("a path that is no pointer", r#"[{"op":"add","path":"a","value":1}]"#, "invalid /0/path pointer"),
        ("a path with a tilde alone", r#"[{"op":"add","path":"/~2","value":1}]"#, "invalid /0/path pointer"),
        ("no value to add", r#"[{"op":"add","path":"/a"}]"#, "invalid /0/value required"),
        ("no value to replace by", r#"[{"op":"replace","path":"/a"}]"#, "invalid /0/value required"),
        ("no value to test", r#"[{"op":"test","path":"/a"}]"#, "invalid /0/value required"),
        ("nowhere to copy from", r#"[{"op":"copy","path":"/a"}]"#, "invalid /0/from required"),
        ("nowhere to move from", r#"[{"op":"move","path":"/a","from":1}]"#, "invalid /0/from type"),
        (
            "mistakes of several",
            r#"[{"op":"move","path":7,"from":"x"},{"op":"remove","path":""},{"op":"add"}]"#,
            "invalid /0/path type /0/from pointer /2/path required /2/value required",
        ),
    ] {
        let fault = patched(&json!({}), &json(document), &Limits::default()).expect_err(sentence);
        assert_eq!(told(&fault), expected, "{sentence}");
    }
    assert_eq!(Operations::read(b"[", &Limits::default()).map_err(|fault| fault.code()), Err("not_json"));
}

#[test]
fn a_small_patch_can_not_make_a_huge_document() {
    let limits = |set: fn(&mut Limits)| {
        let mut limits = Limits::default();
        set(&mut limits);
        limits
    };
    let nothing: Vec<Value> = vec![json!({"op": "test", "path": "", "value": {}}); 3];
    let few = limits(|limits| limits.patch_operations_max = 2);
    let fault = patched(&json!({}), &nothing.into(), &few).unwrap_err();
    assert_eq!(told(&fault), "invalid (patch_operations_max)  items");

    let small = limits(|limits| limits.patch_growth_bytes_max = 100);
    let doubled: Vec<Value> = (0..30).map(|_| json!({"op": "copy", "from": "/l", "path": "/l/-"})).collect();
    let fault = patched(&json!({"l": ["0123456789"]}), &doubled.into(), &small).unwrap_err();
    assert_eq!(told(&fault), "invalid (patch_growth_bytes_max) /2 growth");
    let long = json!([{"op": "add", "path": "/a", "value": "x".repeat(98)}]);
    assert!(patched(&json!({}), &long, &small).is_ok(), "with its quotes it has 100 bytes");
    let moved: Vec<Value> = (0..30).map(|_| json!({"op": "move", "from": "/l", "path": "/l"})).collect();
    assert!(patched(&json!({"l": "0123456789"}), &moved.into(), &small).is_ok(), "what is moved was there before");
}

#[test]
fn a_small_patch_can_not_make_a_deep_document() {
    let mut place = String::new();
    let nested: Vec<Value> = (0..70)
        .map(|_| {
            let operation = json!({"op": "copy", "from": "", "path": format!("{place}/a")});
            place.push_str("/a");
            operation
        })
        .collect();
    let fault = patched(&json!({}), &nested.into(), &Limits::default()).unwrap_err();
    assert_eq!(told(&fault), "too_deep (depth_max)");
    let downward: Vec<Value> =
        (0..70).map(|at| json!({"op": "move", "from": format!("/{at}"), "path": format!("/{}/x", at + 1)})).collect();
    let steps: Value = (0..71).map(|at| (at.to_string(), json!({}))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(told(&patched(&steps, &downward.into(), &Limits::default()).unwrap_err()), "too_deep (depth_max)");
}

mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::patch::change::tests::document;

    proptest! {
        #[test]
        fn what_differs_is_the_patch_that_makes_it_so(from in document(), to in document()) {
            let difference = serde_json::to_value(json_patch::diff(&from, &to)).unwrap();
            prop_assert_eq!(patched(&from, &difference, &Limits::default()), Ok(to));
        }

        #[test]
        fn what_was_written_down_is_read_again(from in document(), to in document()) {
            let difference = serde_json::to_vec(&json_patch::diff(&from, &to)).unwrap();
            let operations = Operations::read(&difference, &Limits::default()).unwrap();
            let again: Operations = serde_json::from_slice(&serde_json::to_vec(&operations).unwrap()).unwrap();
            prop_assert_eq!(again, operations);
        }
    }
}
