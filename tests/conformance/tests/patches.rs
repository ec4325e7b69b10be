//! Patches over HTTP: what is taken where, what becomes of it, and what is told of every mistake.

use enaction::testkit::{Answer, Running, TestCaller};
use serde_json::{Value, json};

use crate::shop;

const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";

struct Shop {
    service: Running,
    anna: TestCaller,
}

impl Shop {
    /// With one plain, one thing and one strict in it.
    fn open() -> Self {
        let service = shop::start();
        let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
        let shop = Self { service, anna };
        shop.make("/plains", &plain());
        shop.make("/things", &json!({"id": "one", "name": "tea", "notes": [{"number": 1, "text": "hot"}]}));
        shop
    }

    fn make(&self, collection: &str, document: &Value) {
        let made = self.service.post(collection).json(document).from(&self.anna).send();
        assert_eq!(made.status, 201, "{}", made.json());
    }

    fn send(&self, media_type: &str, path: &str, body: &str) -> Answer {
        let request = self.service.patch(path).header("content-type", media_type).body(body);
        request.from(&self.anna).send()
    }

    fn patch(&self, path: &str, operations: &Value) -> Answer {
        self.send(JSON_PATCH, path, &operations.to_string())
    }

    fn get(&self, path: &str) -> Answer {
        self.service.get(path).from(&self.anna).send()
    }
}

fn plain() -> Value {
    json!({
        "id": "one", "code": "a", "name": "box", "level": 1, "tags": ["x", "y"],
        "address": {"city": "Bonn", "floor": 2}, "labels": {"a/b": "1"},
        "pieces": [{"number": 1, "what": "lid"}, {"number": 2, "what": "base"}],
    })
}

/// Status, code, and pointer and code of every violation.
fn told(answer: &Answer) -> String {
    if answer.status < 300 {
        return answer.status.to_string();
    }
    let problem = answer.json();
    let all = problem["violations"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let violations = all.iter().map(|one| format!(" {} {}", text(one, "pointer"), text(one, "code")));
    let limit = problem["limit"].as_str().map(|limit| format!(" ({limit})")).unwrap_or_default();
    format!("{} {}{limit}{}", answer.status, answer.code(), violations.collect::<String>())
}

#[test]
fn a_json_patch_changes_items_elements_and_properties() {
    for (path, operations, at, result) in [
        (
            "/plains/one",
            json!([{"op": "replace", "path": "/name", "value": "crate"}]),
            "/plains/one/name",
            json!("crate"),
        ),
        (
            "/plains/one",
            json!([{"op": "add", "path": "/tags/1", "value": "z"}]),
            "/plains/one/tags",
            json!(["x", "z", "y"]),
        ),
        (
            "/plains/one",
            json!([{"op": "move", "from": "/pieces/0", "path": "/pieces/1"}]),
            "/plains/one/pieces/1/what",
            json!("lid"),
        ),
        (
            "/plains/one",
            json!([{"op": "copy", "from": "/address", "path": "/second"}]),
            "/plains/one/second/city",
            json!("Bonn"),
        ),
        ("/plains/one", json!([{"op": "remove", "path": "/labels/a~1b"}]), "/plains/one/labels", json!({})),
        ("/plains/one", json!([{"op": "remove", "path": "/name"}]), "/plains/one/name", json!("")),
        (
            "/plains/one/name",
            json!([{"op": "replace", "path": "", "value": "crate"}]),
            "/plains/one/name",
            json!("crate"),
        ),
        (
            "/plains/one/tags",
            json!([{"op": "add", "path": "/-", "value": "z"}]),
            "/plains/one/tags",
            json!(["x", "y", "z"]),
        ),
        (
            "/plains/one/address",
            json!([{"op": "replace", "path": "/city", "value": "Ulm"}]),
            "/plains/one/address/city",
            json!("Ulm"),
        ),
        (
            "/plains/one/second",
            json!([{"op": "add", "path": "", "value": {"city": "Ulm"}}]),
            "/plains/one/second/city",
            json!("Ulm"),
        ),
        (
            "/plains/one/pieces/2",
            json!([{"op": "replace", "path": "/what", "value": "foot"}]),
            "/plains/one/pieces/2/what",
            json!("foot"),
        ),
        ("/plains/one/pieces/2", json!([{"op": "remove", "path": "/number"}]), "/plains/one/pieces/2/number", json!(2)),
        (
            "/plains/one/pieces/2/what",
            json!([{"op": "test", "path": "", "value": "base"}]),
            "/plains/one/pieces/2/what",
            json!("base"),
        ),
        (
            "/things/one",
            json!([{"op": "replace", "path": "/name", "value": "milk"}]),
            "/things/one/name",
            json!("milk"),
        ),
        (
            "/things/one/name",
            json!([{"op": "replace", "path": "", "value": "milk"}]),
            "/things/one/name",
            json!("milk"),
        ),
        (
            "/things/one/notes/1",
            json!([{"op": "replace", "path": "/text", "value": "cold"}]),
            "/things/one/notes/1/text",
            json!("cold"),
        ),
    ] {
        let shop = Shop::open();
        let answer = shop.patch(path, &operations);
        assert_eq!(answer.status, 200, "{path} {operations}: {}", told(&answer));
        assert_eq!(shop.get(at).json(), result, "{path} {operations}");
        assert_eq!(answer.json(), shop.get(path).json(), "{path} {operations} is answered with what it made");
    }
}

#[test]
fn what_a_json_patch_may_not_do_is_told_and_nothing_is_changed() {
    let shop = Shop::open();
    let cases = [
        // What was sent is no JSON Patch, or leads nowhere: pointers into what was sent.
        ("/plains/one", json!({"name": "crate"}), "422 invalid  type"),
        (
            "/plains/one",
            json!([{"op": "spam"}, {"op": "add", "path": "x"}]),
            "422 invalid /0/path required /0/op enum /1/path pointer /1/value required",
        ),
        ("/plains/one", json!([{"op": "replace", "path": "/none", "value": 1}]), "422 invalid /0/path pointer"),
        ("/plains/one", json!([{"op": "copy", "from": "/none", "path": "/name"}]), "422 invalid /0/from pointer"),
        ("/plains/one/address", json!([{"op": "remove", "path": "/street"}]), "422 invalid /0/path pointer"),
        ("/things/one", json!([{"op": "remove", "path": "/none"}]), "422 invalid /0/path pointer"),
        // A test does not hold: none of the others is done.
        (
            "/plains/one",
            json!([{"op": "replace", "path": "/name", "value": "crate"}, {"op": "test", "path": "/level", "value": 2}]),
            "409 test_failed /1 test_failed",
        ),
        ("/plains/one", json!([{"op": "test", "path": "/second", "value": null}]), "409 test_failed /0 test_failed"),
        ("/plains/one/tags", json!([{"op": "test", "path": "/0", "value": "y"}]), "409 test_failed /0 test_failed"),
        ("/things/one/name", json!([{"op": "test", "path": "", "value": "milk"}]), "409 test_failed /0 test_failed"),
        // What it makes breaks a rule: pointers into what it makes.
        (
            "/plains/one",
            json!([{"op": "replace", "path": "/level", "value": 6}, {"op": "add", "path": "/other", "value": 1}]),
            "422 invalid /level range /other unknown",
        ),
        ("/plains/one", json!([{"op": "replace", "path": "", "value": []}]), "422 invalid  type"),
        ("/plains/one", json!([{"op": "remove", "path": "/pieces/0/what"}]), "422 invalid /pieces/0/what required"),
        ("/plains/one", json!([{"op": "replace", "path": "/id", "value": "two"}]), "422 invalid /id id_mismatch"),
        (
            "/plains/one",
            json!([{"op": "replace", "path": "/serial", "value": 7}, {"op": "remove", "path": "/created"}]),
            "422 invalid /created read_only /serial read_only",
        ),
        (
            "/plains/one",
            json!([{"op": "replace", "path": "/pieces/0/weight", "value": 7}]),
            "422 invalid /pieces/0/weight read_only",
        ),
        ("/plains/one/name", json!([{"op": "replace", "path": "", "value": "x".repeat(21)}]), "422 invalid  length"),
        ("/plains/one/address", json!([{"op": "replace", "path": "/floor", "value": -1}]), "422 invalid /floor range"),
        (
            "/plains/one/pieces/2",
            json!([{"op": "replace", "path": "/number", "value": 3}]),
            "422 invalid /number id_mismatch",
        ),
        (
            "/plains/one/pieces/2",
            json!([{"op": "replace", "path": "/what", "value": "x".repeat(11)}]),
            "422 invalid /what length",
        ),
        // What is not there can not be patched.
        ("/plains/two", json!([]), "404 not_found"),
        ("/plains/one/pieces/3", json!([]), "404 not_found"),
    ];
    let before = shop.get("/plains/one");
    for (path, operations, expected) in cases {
        let answer = shop.patch(path, &operations);
        assert_eq!(told(&answer), expected, "{path} {operations}");
    }
    let after = shop.get("/plains/one");
    assert_eq!((before.json(), before.header("etag")), (after.json(), after.header("etag")));
}

#[test]
fn what_only_the_server_writes_may_be_touched_as_long_as_it_stays() {
    let shop = Shop::open();
    let tag = shop.get("/plains/one").header("etag").map(str::to_owned);
    for operations in [
        json!([]),
        json!([{"op": "replace", "path": "/serial", "value": 0}, {"op": "test", "path": "/serial", "value": 0}]),
        json!([{"op": "replace", "path": "/serial", "value": 1}, {"op": "replace", "path": "/serial", "value": 0}]),
        json!([{"op": "replace", "path": "/id", "value": "one"}]),
        json!([{"op": "remove", "path": "/id"}]),
        json!([{"op": "move", "from": "/created", "path": "/name"}, {"op": "move", "from": "/name", "path": "/created"}, {"op": "add", "path": "/name", "value": "box"}]),
    ] {
        let answer = shop.patch("/plains/one", &operations);
        assert_eq!(answer.status, 200, "{operations}: {}", told(&answer));
        assert_eq!(answer.header("etag"), tag.as_deref(), "{operations} changes nothing");
    }
}

#[test]
fn of_two_mistakes_the_earlier_is_told() {
    let shop = Shop::open();
    let operation = r#"[{"op":"test","path":"/name","value":"no"}]"#;
    for (media_type, path, body, expected) in [
        ("application/json-patch", "/plains/one?x=1", "[", "415 unsupported_media_type"),
        (JSON_PATCH, "/plains/one?x=1", "[", "400 query_invalid /x unknown"),
        (JSON_PATCH, "/plains/one", "", "400 body_required"),
        (JSON_PATCH, "/plains/two", "[", "400 not_json"),
        (JSON_PATCH, "/plains/two", r#"[{"op":"remove","op":"remove","path":""}]"#, "400 not_json"),
        (JSON_PATCH, "/plains/two", "[{}]", "422 invalid /0/op required /0/path required"),
        (JSON_PATCH, "/plains/two", operation, "404 not_found"),
        (JSON_PATCH, "/plains/one", operation, "409 test_failed /0 test_failed"),
        ("Application/JSON-Patch+JSON; charset=UTF-8", "/plains/one", operation, "409 test_failed /0 test_failed"),
        (MERGE_PATCH, "/plains/one", operation, "422 invalid  type"),
        ("application/json", "/plains/one", operation, "422 invalid  type"),
    ] {
        assert_eq!(told(&shop.send(media_type, path, body)), expected, "{media_type} {path} {body}");
    }
    let stale = |body: &str| {
        let request = shop.service.patch("/plains/one").header("content-type", JSON_PATCH);
        told(&request.header("if-match", "\"0\"").body(body).from(&shop.anna).send())
    };
    assert_eq!(stale(operation), "409 test_failed /0 test_failed");
    assert_eq!(stale("[]"), "412 precondition_failed");
}

#[test]
fn a_patch_is_taken_in_what_options_list_and_in_nothing_else() {
    let shop = Shop::open();
    let all = "application/merge-patch+json, application/json-patch+json, application/json";
    for (path, taken) in [
        ("/plains/one", all),
        ("/plains/one/name", all),
        ("/plains/one/pieces/1", all),
        ("/plains/one/pieces/1/what", all),
        ("/things/one", all),
        ("/things/one/notes/1", all),
        ("/settings", all),
        ("/things", "application/json"),
        ("/things/one/title", "application/json"),
    ] {
        let options = shop.service.request("OPTIONS", path).send();
        assert_eq!(options.header("accept-patch"), Some(taken), "{path}");
        let refused = shop.send("application/xml", path, "<a/>");
        assert_eq!((refused.status, refused.header("accept-patch")), (415, Some(taken)), "{path}");
        let refused = shop.send(JSON_PATCH, path, "[]").status == 415;
        assert_eq!(refused, !taken.contains(JSON_PATCH), "{path}");
    }
    for (method, path) in [("POST", "/plains"), ("PUT", "/plains/one"), ("PUT", "/plains/one/tags")] {
        let request = shop.service.request(method, path).header("content-type", JSON_PATCH).body("[]");
        assert_eq!(request.from(&shop.anna).send().status, 415, "{method} {path}");
    }
}

#[test]
fn a_small_patch_makes_no_huge_or_deep_document() {
    let shop = Shop::open();
    let many: Vec<Value> = (0..1_001).map(|_| json!({"op": "test", "path": "/name", "value": "box"})).collect();
    let doubled: Vec<Value> = (0..60).map(|_| json!({"op": "copy", "from": "/tags", "path": "/tags/-"})).collect();
    let nested: Vec<Value> =
        (1..100).map(|depth| json!({"op": "copy", "from": "", "path": "/a".repeat(depth)})).collect();
    for (operations, expected) in [
        (&many[..1_000], "200"),
        (&many[..], "422 invalid (patch_operations_max)  items"),
        (&doubled[..], "422 invalid (patch_growth_bytes_max) /16 growth"),
        (&nested[..], "400 too_deep (depth_max)"),
    ] {
        let answer = shop.patch("/plains/one", &operations.to_vec().into());
        assert_eq!(told(&answer), expected, "{} operations", operations.len());
    }
    assert_eq!(shop.get("/plains/one/tags").json(), json!(["x", "y"]));
}

#[test]
fn nothing_sent_is_another_thing_than_nothing_wanted() {
    let shop = Shop::open();
    for (media_type, body, code) in [
        (MERGE_PATCH, r#"{"name":"b"}"#, json!("a")),
        (MERGE_PATCH, r#"{"code":null}"#, Value::Null),
        (MERGE_PATCH, r#"{"code":"c"}"#, json!("c")),
        (JSON_PATCH, r#"[{"op":"replace","path":"/code","value":null}]"#, Value::Null),
        (JSON_PATCH, r#"[{"op":"add","path":"/code","value":"d"}]"#, json!("d")),
        (JSON_PATCH, r#"[{"op":"remove","path":"/code"}]"#, Value::Null),
    ] {
        let answer = shop.send(media_type, "/plains/one", body);
        assert_eq!(answer.status, 200, "{body}: {}", told(&answer));
        assert_eq!(answer.json()["code"], code, "{body}");
        assert_eq!(answer.json().as_object().unwrap().contains_key("code"), !code.is_null(), "{body}");
    }
}

#[test]
fn what_a_singleton_gives_is_patched() {
    let shop = Shop::open();
    for (media_type, body, expected, greeting) in [
        (MERGE_PATCH, r#"{"greeting":"hello"}"#, "200", "hello"),
        (MERGE_PATCH, "{}", "200", "hello"),
        (JSON_PATCH, "[]", "200", "hello"),
        (JSON_PATCH, r#"[{"op":"test","path":"/greeting","value":"hello"}]"#, "200", "hello"),
        (JSON_PATCH, r#"[{"op":"test","path":"/greeting","value":"bye"}]"#, "409 test_failed /0 test_failed", "hello"),
        (JSON_PATCH, r#"[{"op":"remove","path":"/farewell"}]"#, "422 invalid /0/path pointer", "hello"),
        (JSON_PATCH, r#"[{"op":"add","path":"/farewell","value":"bye"}]"#, "422 invalid /farewell unknown", "hello"),
        (JSON_PATCH, r#"[{"op":"replace","path":"/greeting","value":"hi"}]"#, "200", "hi"),
        (MERGE_PATCH, r#"{"greeting":null}"#, "200", ""),
    ] {
        assert_eq!(told(&shop.send(media_type, "/settings", body)), expected, "{body}");
        assert_eq!(shop.get("/settings").json(), json!({"greeting": greeting}), "{body}");
    }
}

#[test]
fn a_check_without_effect_says_what_a_json_patch_would_make() {
    let shop = Shop::open();
    let operations = json!([{"op": "replace", "path": "/name", "value": "crate"}]);
    let answer = shop.patch("/plains/one?validateOnly=true", &operations);
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("crate")));
    assert_eq!(shop.get("/plains/one/name").json(), "box");
}
