//! Collections inside of items, stored by themselves, three deep.

use serde_json::{Value, json};

use crate::shop::Shop;

fn with_parcels() -> Shop {
    let shop = Shop::open();
    for (path, body) in [
        ("/customers", json!({ "id": "anna" })),
        ("/customers", json!({ "id": "ben" })),
        ("/customers/anna/orders", json!({ "id": "one", "number": "n", "total": 3 })),
        ("/customers/anna/orders", json!({ "id": "two", "total": 4 })),
        ("/customers/ben/orders", json!({ "id": "one", "number": "n", "total": 5 })),
        ("/customers/anna/orders/one/parcels", json!({ "id": "p", "label": "left" })),
        ("/customers/ben/orders/one/parcels", json!({ "id": "p", "label": "right" })),
    ] {
        let answer = shop.ask("POST", path, &body.to_string(), &[]);
        assert_eq!(answer.status, 201, "{path}: {}", answer.json());
        let location = format!("{path}/{}", body["id"].as_str().expect("an id"));
        assert_eq!(answer.header("location"), Some(location.as_str()));
    }
    shop
}

fn said(shop: &Shop, method: &str, path: &str, body: &str) -> (u16, String) {
    let answer = shop.ask(method, path, body, &[("if-match", "*")]);
    (answer.status, answer.code())
}

#[test]
fn ids_and_unique_values_are_unique_inside_of_one_item() {
    let shop = with_parcels();
    let get = |path: &str| shop.ask("GET", path, "", &[]).json();
    assert_eq!(get("/customers/anna/orders/one/total"), 3);
    assert_eq!(get("/customers/ben/orders/one/total"), 5);
    assert_eq!(get("/customers/ben/orders/one/parcels/p")["label"], "right");
    let ids = |path: &str| {
        get(path)["items"].as_array().map(|all| all.iter().map(|one| one["id"].clone()).collect::<Vec<Value>>())
    };
    assert_eq!(ids("/customers/anna/orders"), Some(vec!["one".into(), "two".into()]));
    assert_eq!(ids("/customers/anna/orders?limit=1"), Some(vec!["one".into()]));
    assert_eq!(ids("/customers/anna/orders/two/parcels"), Some(vec![]));
    let next = get("/customers/anna/orders?limit=1")["next"].as_str().expect("a link").to_owned();
    assert_eq!(ids(&next), Some(vec!["two".into()]));
    assert_eq!(get("/customers/anna/orders/turnover"), 7);
    for body in [json!({ "id": "one" }), json!({ "number": "n" })] {
        assert_eq!(said(&shop, "POST", "/customers/anna/orders", &body.to_string()), (409, "already_exists".into()));
    }
    assert_eq!(said(&shop, "POST", "/customers/anna/orders", r#"{"id":"turnover"}"#), (422, "invalid".into()));
}

#[test]
fn what_is_inside_of_nothing_is_not_there() {
    let shop = with_parcels();
    let missing = (404, "not_found".to_owned());
    for (method, path, body) in [
        ("GET", "/customers/carl/orders", ""),
        ("POST", "/customers/carl/orders", "{}"),
        ("PUT", "/customers/carl/orders", "[]"),
        ("PATCH", "/customers/carl/orders", "[]"),
        ("DELETE", "/customers/carl/orders", ""),
        ("GET", "/customers/carl/orders/one", ""),
        ("GET", "/customers/carl/orders/turnover", ""),
        ("POST", "/customers/ben/orders/two", "{}"),
        ("POST", "/customers/ben/orders/two/double", ""),
        ("PUT", "/customers/ben/orders/two", "{}"),
        ("PATCH", "/customers/ben/orders/two", "{}"),
        ("DELETE", "/customers/ben/orders/two", ""),
        ("GET", "/customers/ben/orders/two/parcels", ""),
        ("POST", "/customers/ben/orders/two/parcels", r#"{"label":"x"}"#),
        ("POST", "/customers/carl/orders/one/parcels", r#"{"label":"x"}"#),
        ("PUT", "/customers/anna/orders/two/parcels/p", r#"{"label":"x"}"#),
        ("PUT", "/customers/ben/orders/two/total", "1"),
    ] {
        assert_eq!(said(&shop, method, path, body), missing, "{method} {path}");
    }
}

#[test]
fn what_holds_something_is_not_deleted() {
    let shop = with_parcels();
    let full = (409, "not_empty".to_owned());
    for (method, path, body) in [
        ("DELETE", "/customers/anna", ""),
        ("DELETE", "/customers/anna/orders/one", ""),
        ("DELETE", "/customers/anna/orders", ""),
        ("DELETE", "/customers", ""),
        ("PUT", "/customers", r#"[{"id":"anna"}]"#),
    ] {
        assert_eq!(said(&shop, method, path, body), full, "{method} {path}");
    }
    for (path, status) in [
        ("/customers/ben/orders/one/parcels/p", 200),
        ("/customers/ben/orders/one", 200),
        ("/customers/ben", 200),
        ("/customers/anna/orders/one/parcels", 204),
        ("/customers/anna/orders", 204),
        ("/customers", 204),
    ] {
        assert_eq!(said(&shop, "DELETE", path, "").0, status, "{path}");
    }
}

#[test]
fn a_collection_inside_of_an_item_is_taken_as_a_whole_where_it_says_so() {
    let shop = with_parcels();
    let put = shop.ask("PUT", "/customers/anna/orders", r#"[{"id":"one","total":9},{"total":1}]"#, &[]);
    assert_eq!((put.status, put.json()["items"].as_array().map(Vec::len)), (200, Some(2)));
    assert_eq!(shop.ask("GET", "/customers/anna/orders/turnover", "", &[]).json(), 10);
    assert_eq!(shop.ask("GET", "/customers/ben/orders/turnover", "", &[]).json(), 5, "others stay");
    for (method, body) in [("PUT", "[]"), ("PATCH", "[]"), ("DELETE", "")] {
        assert_eq!(shop.ask(method, "/customers/anna/orders/one/parcels", body, &[]).status, 428, "{method}");
    }
}

#[test]
fn another_company_has_another_parent_of_the_same_id() {
    let shop = with_parcels();
    let other = shop.service.caller("globex").at("0001", "EUR").may(["*"]);
    let ask = |method: &str, path: &str| shop.service.request(method, path).from(&other).json("{}").send().status;
    let get = |path: &str| shop.service.request("GET", path).from(&other).send().status;
    assert_eq!((get("/customers/anna/orders"), ask("POST", "/customers/anna/orders")), (404, 404));
    let made = shop.service.request("POST", "/customers").from(&other).json(r#"{"id":"anna"}"#).send();
    assert_eq!((made.status, get("/customers/anna/orders"), get("/customers/anna/orders/one")), (201, 200, 404));
}

#[test]
fn nothing_is_left_inside_of_what_was_deleted() {
    let shop = Shop::open();
    for round in 0..20 {
        let customer = format!("/customers/c{round}");
        let orders = format!("{customer}/orders");
        let body = json!({ "id": format!("c{round}") }).to_string();
        assert_eq!(shop.ask("POST", "/customers", &body, &[]).status, 201);
        let (made, deleted) = std::thread::scope(|scope| {
            let made = scope.spawn(|| shop.ask("POST", &orders, r#"{"id":"one"}"#, &[]).status);
            let deleted = scope.spawn(|| shop.ask("DELETE", &customer, "", &[]).status);
            (made.join().expect("an answer"), deleted.join().expect("an answer"))
        });
        assert!(matches!((made, deleted), (201, 409) | (404, 200)), "{made} {deleted}");
        assert_eq!(shop.ask("GET", &format!("{orders}/one"), "", &[]).status == 200, made == 201);
    }
}
