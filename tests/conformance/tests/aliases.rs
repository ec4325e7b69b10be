//! Words in the place of ids.

use serde_json::{Value, json};

use crate::shop::Shop;

fn with_orders() -> Shop {
    let shop = Shop::open();
    for (path, body) in [
        ("/customers", json!({ "id": "anna", "name": "Anna" })),
        ("/customers", json!({ "id": "ben" })),
        ("/customers/anna/orders", json!({ "id": "one", "total": 3 })),
        ("/customers/anna/orders", json!({ "id": "two", "total": 4 })),
    ] {
        assert_eq!(shop.ask("POST", path, &body.to_string(), &[]).status, 201, "{path}");
    }
    shop
}

#[test]
fn a_word_stands_for_an_item_and_for_all_that_is_in_it() {
    let shop = with_orders();
    for (path, pointer, found) in [
        ("/customers/BEST", "/id", json!("anna")),
        ("/customers/BEST/name", "", json!("Anna")),
        ("/customers/BEST/favourite", "/favourite", json!("Anna")),
        ("/customers/BEST/orders", "/items/1/id", json!("two")),
        ("/customers/BEST/orders/one", "/total", json!(3)),
        ("/customers/BEST/orders/turnover", "", json!(7)),
        ("/customers/BEST/orders/LATEST/total", "", json!(4)),
        ("/customers/anna/orders/LATEST/parcels", "/items", json!([])),
    ] {
        let answer = shop.ask("GET", path, "", &[]);
        assert_eq!((answer.status, answer.json().pointer(pointer)), (200, Some(&found)), "{path}");
    }
    for (method, path, body, status) in [
        ("PATCH", "/customers/BEST", r#"{"id":"anna","name":"Bea"}"#, 200),
        ("PUT", "/customers/BEST/name", r#""Cora""#, 200),
        ("POST", "/customers/BEST/orders", r#"{"id":"ten"}"#, 201),
        ("POST", "/customers/BEST/orders/LATEST/double", "", 200),
        ("PUT", "/customers/BEST/orders/LATEST/positions", r#"[{"line":1}]"#, 200),
        ("PATCH", "/customers/BEST/orders", r#"[{"id":"ten","total":1}]"#, 200),
        ("POST", "/customers/BEST", "{}", 409),
        ("DELETE", "/customers/BEST/orders/LATEST", "", 200),
    ] {
        let answer = shop.ask(method, path, body, &[]);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.json());
    }
    assert_eq!(shop.ask("GET", "/customers/anna/name", "", &[]).json(), "Cora");
}

#[test]
fn a_word_has_the_tag_of_what_it_stands_for() {
    let shop = with_orders();
    let tag = shop.tag("/customers/anna");
    assert_eq!(tag, shop.tag("/customers/BEST"));
    for (tag, status) in [("\"0\"", 412), (tag.as_str(), 200)] {
        assert_eq!(shop.ask("PATCH", "/customers/BEST", r#"{"name":"x"}"#, &[("if-match", tag)]).status, status);
    }
}

#[test]
fn a_word_that_stands_for_nothing_is_not_found_and_is_no_id() {
    let shop = Shop::open();
    for (method, path, body) in [
        ("GET", "/customers/BEST", ""),
        ("GET", "/customers/BEST/orders", ""),
        ("POST", "/customers/BEST/orders", "{}"),
        ("POST", "/customers/BEST", "{}"),
        ("DELETE", "/customers/BEST", ""),
    ] {
        assert_eq!(shop.ask(method, path, body, &[]).status, 404, "{method} {path}");
    }
    let reserved = |path: &str, word: &str| {
        let answer = shop.ask("POST", path, &json!({ "id": word }).to_string(), &[]);
        let code = answer.json().pointer("/violations/0/code").and_then(Value::as_str).map(str::to_owned);
        assert_eq!((answer.status, code.as_deref()), (422, Some("id_reserved")), "{path} {word}");
    };
    reserved("/customers", "BEST");
    assert_eq!(shop.ask("POST", "/customers", r#"{"id":"anna"}"#, &[]).status, 201);
    reserved("/customers/anna/orders", "LATEST");
    reserved("/customers/anna/orders", "turnover");
    assert_eq!(shop.ask("GET", "/customers/anna/orders/LATEST", "", &[]).status, 404);
}
