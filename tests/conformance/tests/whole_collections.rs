//! Whole collections over HTTP: all or nothing, each item by the rules of its own operations.

use serde_json::{Value, json};

use crate::shop::Shop;

const ANY: &[(&str, &str)] = &[("if-match", "*")];

fn with_customers(ids: &[&str]) -> Shop {
    let shop = Shop::open();
    for id in ids {
        let body = json!({ "id": id, "code": id, "name": "Anna" }).to_string();
        assert_eq!(shop.ask("POST", "/customers", &body, &[]).status, 201);
    }
    shop
}

fn items(shop: &Shop, path: &str) -> Vec<Value> {
    shop.ask("GET", path, "", &[]).json()["items"].as_array().expect("a page").clone()
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[test]
fn what_get_gives_can_be_edited_and_put() {
    let shop = with_customers(&["a", "b", "c"]);
    for wrapped in [false, true] {
        let before = items(&shop, "/customers");
        let mut edited = before.clone();
        edited[1]["name"] = format!("Bea {wrapped}").into();
        let body = if wrapped { json!({ "items": edited }) } else { edited.into() };
        let answer = shop.ask("PUT", "/customers", &body.to_string(), &[("if-match", &shop.tag("/customers"))]);
        assert_eq!(answer.status, 200, "{}", answer.json());
        let after = items(&shop, "/customers");
        assert_eq!(answer.json()["items"], Value::from(after.clone()));
        assert_eq!(answer.header("etag"), Some(shop.tag("/customers").as_str()));
        assert_eq!((&before[0], &before[2]), (&after[0], &after[2]), "what is as it was is not written");
        assert_eq!(after[1]["name"], format!("Bea {wrapped}"));
    }
}

#[test]
fn put_replaces_creates_and_deletes() {
    let shop = with_customers(&["a", "b", "c"]);
    let body = json!([{ "id": "b" }, { "id": "d", "name": "Dora" }, { "code": "a" }]);
    let answer = shop.ask("PUT", "/customers", &body.to_string(), ANY);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let after = items(&shop, "/customers");
    assert_eq!(after.len(), 3);
    let of = |id: &str| after.iter().find(|item| item["id"] == id);
    assert_eq!((of("a"), of("c")), (None, None));
    assert_eq!(
        of("b").map(|item| (&item["name"], item.get("code"))),
        Some((&json!(""), None)),
        "absent is the default"
    );
    assert_eq!(of("d").map(|item| &item["name"]), Some(&json!("Dora")));
    assert!(after.iter().any(|item| item["code"] == "a"), "a value of what went is free");
}

#[test]
fn patch_changes_what_it_names() {
    let shop = with_customers(&["a", "b", "c"]);
    let before = items(&shop, "/customers");
    let body = json!({ "items": [{ "id": "c", "name": "Cora", "code": null }, { "id": "a" }] });
    let answer = shop.ask("PATCH", "/customers", &body.to_string(), ANY);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let after = items(&shop, "/customers");
    assert_eq!(before[..2], after[..2]);
    assert_eq!((&after[2]["name"], after[2].get("code")), (&json!("Cora"), None));
}

#[test]
fn delete_empties_and_minimal_says_nothing() {
    let shop = with_customers(&["a", "b"]);
    let minimal = [("if-match", "*"), ("prefer", "return=minimal")];
    for (method, body) in [("PATCH", r#"[{"id":"a","name":"x"}]"#), ("PUT", r#"[{"id":"a"}]"#), ("DELETE", "")] {
        let answer = shop.ask(method, "/customers", body, &minimal);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{method}");
    }
    assert_eq!(items(&shop, "/customers"), Vec::<Value>::new());
}

#[test]
fn every_violation_is_told_at_once_and_nothing_is_changed() {
    let shop = with_customers(&["a", "b"]);
    let long = "x".repeat(31);
    let point = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let before = shop.tag("/customers");
    for (method, items, status, expected) in [
        (
            "PUT",
            json!([{ "id": "a" }, { "name": long }, { "nothing": 1 }]),
            422,
            vec![point("/1/name", "length"), point("/2/nothing", "unknown")],
        ),
        (
            "PUT",
            json!([{ "id": "a", "points": 7 }, { "id": "c", "points": 0 }]),
            422,
            vec![point("/0/points", "read_only"), point("/1/points", "read_only")],
        ),
        ("PUT", json!([{ "id": "a" }, { "id": "b" }, { "id": "a" }]), 422, vec![point("/2/id", "repeated")]),
        ("PUT", json!([{ "id": "a", "code": "x" }, { "code": "x" }]), 409, vec![point("/1/code", "already_exists")]),
        (
            "PATCH",
            json!([{ "id": "a", "name": long }, { "id": "b", "points": 7 }]),
            422,
            vec![point("/0/name", "length")],
        ),
        (
            "PATCH",
            json!([{ "id": "a", "points": 7 }, { "id": "b", "points": 7 }]),
            422,
            vec![point("/0/points", "read_only"), point("/1/points", "read_only")],
        ),
        (
            "PATCH",
            json!([{ "id": "a" }, { "id": "z" }, {}]),
            422,
            vec![point("/1/id", "unknown_item"), point("/2/id", "required")],
        ),
        ("PATCH", json!([{ "id": "b", "code": "a" }]), 409, vec![point("/0/code", "already_exists")]),
    ] {
        for (at, body) in [("", items.clone()), ("/items", json!({ "items": items }))] {
            let answer = shop.ask(method, "/customers", &body.to_string(), ANY);
            let expected: Vec<_> =
                expected.iter().map(|(pointer, code)| (format!("{at}{pointer}"), code.clone())).collect();
            assert_eq!((answer.status, violations(&answer.json())), (status, expected), "{method} {body}");
            assert_eq!(before, shop.tag("/customers"), "{method} {body}");
        }
    }
}

fn violations(problem: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let all = problem["violations"].as_array().into_iter().flatten();
    let mut all: Vec<_> = all.map(|one| (text(one, "pointer"), text(one, "code"))).collect();
    all.sort();
    all
}

#[test]
fn a_collection_is_taken_as_a_whole_up_to_a_limit() {
    let shop = Shop::open();
    let list = |count: usize| Value::from(vec![json!({}); count]).to_string();
    let refused = |answer: enaction::testkit::Answer| {
        assert_eq!((answer.status, answer.code().as_str()), (422, "collection_too_large"));
        assert_eq!(answer.json()["limit"], "collection_items_max");
    };
    refused(shop.ask("PUT", "/customers", &list(501), ANY));
    assert_eq!(shop.ask("PUT", "/customers", &list(500), ANY).status, 200);
    let page = shop.ask("GET", "/customers?limit=500", "", &[]);
    let tag = page.header("etag").expect("a tag");
    assert_eq!(shop.ask("PATCH", "/customers", "[]", &[("if-match", tag)]).status, 200);
    assert_eq!(shop.ask("PATCH", "/customers", "[]", &[("if-match", &shop.tag("/customers"))]).status, 412, "a part");
    assert_eq!(shop.ask("POST", "/customers", "{}", &[]).status, 201);
    for (method, body) in [("PUT", "[]"), ("PATCH", "[]"), ("DELETE", "")] {
        refused(shop.ask(method, "/customers", body, ANY));
    }
}

#[test]
fn who_takes_a_whole_collection_says_which_state_he_knows() {
    let shop = with_customers(&["a"]);
    let stale = shop.tag("/customers");
    assert_eq!(shop.ask("POST", "/customers", r#"{"id":"b"}"#, &[]).status, 201);
    for (method, body) in [("PUT", "[]"), ("PATCH", "[]"), ("DELETE", "")] {
        for (fields, status) in [(vec![], 428), (vec![("if-match", stale.as_str())], 412)] {
            assert_eq!(shop.ask(method, "/customers", body, &fields).status, status, "{method}");
        }
        assert_eq!(shop.ask(method, "/plains", body, ANY).status, 405, "{method}");
    }
    assert_eq!(ids(&items(&shop, "/customers")), ["a", "b"]);
}

#[test]
fn no_byte_of_body_is_no_empty_list() {
    let shop = with_customers(&["a"]);
    let answer = shop.ask("PUT", "/customers", "", ANY);
    assert_eq!((answer.status, violations(&answer.json())), (422, vec![("/items".into(), "required".into())]));
}

#[test]
fn a_part_of_a_collection_and_a_patch_of_a_list_are_not_taken() {
    let shop = with_customers(&["a", "b"]);
    let page = shop.ask("GET", "/customers?limit=1", "", &[]).json();
    assert!(page["next"].is_string());
    let answer = shop.ask("PUT", "/customers", &page.to_string(), ANY);
    assert_eq!((answer.status, violations(&answer.json())), (422, vec![(String::new(), "type".into())]));
    let request = shop.service.request("PATCH", "/customers").from(&shop.anna).header("if-match", "*");
    let answer = request.header("content-type", "application/merge-patch+json").body("[]").send();
    assert_eq!((answer.status, answer.header("accept-patch")), (415, Some("application/json")));
}

#[test]
fn a_list_member_is_taken_as_a_whole_by_the_modify_process_of_its_item() {
    let shop = with_customers(&["a"]);
    let list = "/customers/a/orders/o/positions";
    assert_eq!(
        shop.ask("POST", "/customers/a/orders", r#"{"id":"o","positions":[{"line":1,"what":"tea"}]}"#, &[]).status,
        201
    );
    let put = shop.ask("PUT", list, r#"{"items":[{"line":2,"what":"milk"},{"line":1}]}"#, &[]);
    assert_eq!(put.status, 200, "{}", put.json());
    assert_eq!(
        put.json()["items"],
        json!([
            { "line": 2, "what": "milk", "packed": false },
            { "line": 1, "what": "", "packed": false },
        ])
    );
    assert_eq!(put.header("etag"), Some(shop.tag("/customers/a/orders/o").as_str()));
    let patch = shop.ask("PATCH", list, r#"[{"line":1,"what":"rum"}]"#, &[]);
    assert_eq!((patch.status, &patch.json()["items"][1]["what"]), (200, &json!("rum")));
    let long = "x".repeat(21);
    for (method, body, pointer, code) in [
        ("PUT", json!({ "items": [{ "line": 1, "packed": true }] }), "/items/0/packed", "read_only"),
        ("PUT", json!([{ "what": "tea" }]), "/0/line", "required"),
        ("PUT", json!([{ "line": 1 }, { "line": 1 }]), "/1/line", "repeated"),
        ("PATCH", json!([{ "line": 1, "what": long }]), "/0/what", "length"),
        ("PATCH", json!({ "items": [{ "line": 9 }] }), "/items/0/line", "unknown_item"),
    ] {
        let answer = shop.ask(method, list, &body.to_string(), &[]);
        assert_eq!(
            (answer.status, violations(&answer.json())),
            (422, vec![(pointer.into(), code.into())]),
            "{method} {body}"
        );
    }
    assert_eq!(shop.ask("DELETE", list, "", &[]).status, 204);
    assert_eq!(items(&shop, list), Vec::<Value>::new());
}
