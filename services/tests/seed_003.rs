//! Seed 003, line by line, for baskets. Each test is a sentence of the seed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use enaction::testkit::{Answer, Running, TestCaller, TestService};
use enaction_services::{baskets, catalogue};
use serde_json::{Value, json};

/// Baskets and the catalogue behind a real socket, and a cashier with one product to sell.
struct Shop {
    service: Running,
    cashier: TestCaller,
}

impl Shop {
    fn open() -> Self {
        let service = TestService::new().module(baskets::module()).module(catalogue::module()).start();
        let cashier = service.caller("acme").at("0001", "EUR").on("till-1").may(["baskets.*", "products.*"]);
        let shop = Self { service, cashier };
        let milk = json!({"id": "1001", "description": "Whole milk 1 l", "unitPrice": 129});
        assert_eq!(shop.send("POST", "/products", &milk.to_string()).status, 201);
        shop
    }

    fn send(&self, method: &str, target: &str, body: &str) -> Answer {
        let request = self.service.request(method, target).from(&self.cashier);
        if body.is_empty() { request.send() } else { request.json(body).send() }
    }

    /// Opens a basket and gives its path.
    fn basket(&self, body: &str) -> String {
        let made = self.send("POST", "/baskets", body);
        assert_eq!(made.status, 201, "{}", made.json());
        made.header("location").unwrap().to_owned()
    }
}

fn without_times(answer: &Answer) -> Value {
    let mut json = answer.json();
    for member in ["created", "modified"] {
        json.as_object_mut().unwrap().remove(member);
    }
    json
}

#[test]
fn post_to_a_collection_creates_a_record_and_location_refers_to_it() {
    let shop = Shop::open();
    let made = shop.send("POST", "/baskets", r#"{"basketType":"BASKET","description":"lunch"}"#);
    assert_eq!(made.status, 201);
    let location = made.header("location").unwrap();
    assert_eq!(location, format!("/baskets/{}", made.json()["id"].as_str().unwrap()));
    let read = shop.send("GET", location, "");
    assert_eq!((read.status, read.json()), (200, made.json()));
}

#[test]
fn the_request_body_can_be_empty_which_creates_a_new_empty_record() {
    let shop = Shop::open();
    let made = shop.send("POST", "/baskets", "");
    assert_eq!(made.status, 201);
    let json = made.json();
    assert_eq!(json["id"].as_str().unwrap().len(), 26);
    assert!(json["basketName"].as_str().unwrap().starts_with("Wish list "), "a name is drawn: {json}");
    assert_eq!(
        (&json["basketType"], &json["items"], &json["total"], &json["basketStatus"]),
        (&json!("WISHLIST"), &json!([]), &json!(0), &json!("NEW"))
    );
    assert_eq!(
        (&json["currency"], &json["siteId"], &json["deviceId"]),
        (&json!("EUR"), &json!("0001"), &json!("till-1"))
    );
}

#[test]
fn attempts_to_post_a_resource_that_already_exists_fail() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"id":"MINE"}"#);
    assert_eq!(basket, "/baskets/MINE");
    for (target, body, status, code) in [
        ("/baskets", r#"{"id":"MINE"}"#, 409, "already_exists"),
        ("/baskets/MINE", "", 409, "already_exists"),
        ("/baskets/UNKNOWN", "", 404, "not_found"),
    ] {
        let answer = shop.send("POST", target, body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "POST {target}");
    }
    assert!(!shop.send("OPTIONS", "/baskets/MINE", "").header("allow").unwrap().contains("POST"));
}

#[test]
fn get_reads_and_never_modifies() {
    let shop = Shop::open();
    let basket = shop.basket("");
    let first = shop.send("GET", &basket, "");
    assert_eq!(shop.send("GET", "/baskets", "").json()["items"], json!([first.json()]));
    let again = shop.send("GET", &basket, "");
    assert_eq!((again.status, again.header("etag"), again.json()), (200, first.header("etag"), first.json()));
    assert_eq!(shop.send("GET", "/baskets/UNKNOWN", "").status, 404);
}

#[test]
fn a_request_body_is_not_supplied_with_a_get_or_a_delete_request() {
    let shop = Shop::open();
    let basket = shop.basket("");
    for method in ["GET", "DELETE"] {
        let answer = shop.send(method, &basket, "{}");
        assert_eq!((answer.status, answer.code().as_str()), (400, "body_not_allowed"), "{method}");
    }
    assert_eq!(shop.send("GET", &basket, "").status, 200, "nothing was deleted");
}

#[test]
fn put_replaces_what_exists_and_fails_for_what_does_not() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"description":"lunch","customerId":"c-1"}"#);
    let replaced = shop.send("PUT", &basket, r#"{"basketType":"BASKET","items":[{"itemId":"1001","quantity":2}]}"#);
    assert_eq!(replaced.status, 200);
    let json = replaced.json();
    assert_eq!((&json["description"], json.get("customerId"), &json["total"]), (&json!(""), None, &json!(258)));
    assert_eq!(shop.send("PUT", "/baskets/UNKNOWN", "{}").status, 404);
    assert_eq!(shop.send("GET", "/baskets/UNKNOWN", "").status, 404, "PUT never creates");
}

#[test]
fn put_with_an_empty_body_resets_the_entity_to_an_empty_state() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"basketType":"BASKET","description":"lunch","items":[{"itemId":"1001"}]}"#);
    let reset = shop.send("PUT", &basket, "");
    assert_eq!(reset.status, 200);
    let id = basket.strip_prefix("/baskets/").unwrap();
    let empty = json!({
        "id": id, "basketName": "", "basketType": "WISHLIST", "description": "", "currency": "EUR", "items": [],
        "basketStatus": "NEW", "siteId": "0001", "deviceId": "till-1", "total": 0, "lastLineNumber": 1,
    });
    assert_eq!(without_times(&reset), empty, "what only the server writes survives");
    // A line number is never used again, also not after a reset.
    let line = shop.send("POST", &format!("{basket}/items"), r#"{"itemId":"1001"}"#);
    assert_eq!((line.status, &line.json()["lineNumber"]), (201, &json!(2)));
}

#[test]
fn patch_modifies_the_entity_or_the_part_that_its_url_identifies() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"description":"lunch","items":[{"itemId":"1001"}]}"#);
    let patched = shop.send("PATCH", &basket, r#"{"basketType":"BASKET"}"#);
    assert_eq!((patched.status, &patched.json()["description"]), (200, &json!("lunch")));
    let part = shop.send("PATCH", &format!("{basket}/description"), r#""dinner""#);
    assert_eq!((part.status, part.json()), (200, json!("dinner")));
    for body in ["3", r#"{"quantity": 3}"#] {
        let line = shop.send("PATCH", &format!("{basket}/items/1/quantity"), body);
        assert_eq!((line.status, &line.json()["value"]), (200, &json!(387)), "{body}");
    }
    assert_eq!(shop.send("PATCH", &format!("{basket}/items/1/quantity"), "0").status, 204, "0 takes the line away");
    for target in ["/baskets/UNKNOWN", "/baskets/UNKNOWN/description"] {
        assert_eq!(shop.send("PATCH", target, if target.ends_with('N') { "{}" } else { r#""x""# }).status, 404);
    }
    assert_eq!(shop.send("PATCH", &format!("{basket}/items/9/quantity"), "1").status, 404);
}

#[test]
fn delete_returns_the_deleted_item_and_fails_for_what_does_not_exist() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"items":[{"itemId":"1001"}]}"#);
    let line = shop.send("DELETE", &format!("{basket}/items/1"), "");
    assert_eq!((line.status, &line.json()["itemId"]), (200, &json!("1001")));
    let before = shop.send("GET", &basket, "").json();
    let deleted = shop.send("DELETE", &basket, "");
    assert_eq!((deleted.status, deleted.json()), (200, before));
    for method in ["GET", "DELETE"] {
        assert_eq!(shop.send(method, &basket, "").status, 404, "{method}");
    }
}

#[test]
fn put_patch_and_delete_of_a_collection_are_405_unless_the_service_supports_them() {
    let shop = Shop::open();
    for (method, body) in [("PUT", "{}"), ("PATCH", "{}"), ("DELETE", "")] {
        let answer = shop.send(method, "/baskets", body);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, POST, QUERY, OPTIONS")), "{method}");
    }
    // The lines of a basket support being emptied.
    let basket = shop.basket(r#"{"items":[{"itemId":"1001"},{"itemId":"1001"}]}"#);
    assert_eq!(shop.send("DELETE", &format!("{basket}/items"), "").status, 204);
    let left = shop.send("GET", &basket, "").json();
    assert_eq!((&left["items"], &left["total"]), (&json!([]), &json!(0)));
}

#[test]
fn request_parameters_are_flags_and_hold_no_data_of_the_entity() {
    let shop = Shop::open();
    for target in ["/baskets?basketType=BASKET", "/baskets?returnBasket=true"] {
        let answer = shop.send("POST", target, "{}");
        assert_eq!((answer.status, answer.code().as_str()), (400, "query_invalid"), "{target}");
    }
    assert_eq!(shop.send("GET", "/baskets", "").json()["items"], json!([]), "nothing was created");
}

#[test]
fn the_request_body_holds_the_data_of_the_entity_and_no_flags() {
    let shop = Shop::open();
    let answer = shop.send("POST", "/baskets", r#"{"returnBasket":true,"validateOnly":true,"limit":5}"#);
    assert_eq!(
        (answer.status, answer.pointers()),
        (422, vec!["/limit".into(), "/returnBasket".into(), "/validateOnly".into()])
    );
}

#[test]
fn processes_get_parameters_and_are_reused_without_their_requests() {
    let shop = Shop::open();
    let basket = shop.basket("");
    // Over HTTP the body is unwrapped; by name the same process takes the same parameters, without any request.
    let line = shop.send("POST", &format!("{basket}/items"), r#"{"itemId":"1001","quantity":2,"itemUnitPrice":100}"#);
    assert_eq!((line.status, &line.json()["value"]), (201, &json!(200)));
    assert_eq!(line.header("location").unwrap(), format!("{basket}/items/1"));
    let process = shop.service.application().process("baskets.items.create").unwrap();
    let parameters: Vec<&str> = process.parameters().map(|(name, ..)| name).collect();
    assert_eq!(parameters, ["id", "itemId", "quantity", "itemUnitPrice"]);
    // The price of the line came from a process that has no URL at all.
    let price = shop.service.application().process("products.price").unwrap();
    assert_eq!(price.parameters().map(|(name, ..)| name).collect::<Vec<_>>(), ["itemId"]);
    assert!(shop.service.application().operations().iter().all(|one| one.process.name != "products.price"));
}

#[test]
fn the_request_headers_must_include_both_tokens() {
    let shop = Shop::open();
    let (id_token, site_token) = shop.service.tokens(&shop.cashier);
    for (headers, status, code) in [
        (vec![], 401, "tokens_missing"),
        (vec![("id_token", &id_token)], 401, "site_token_missing"),
        (vec![("site_token", &site_token)], 401, "id_token_missing"),
        (vec![("id_token", &site_token), ("site_token", &id_token)], 401, "invalid_token"),
        (vec![("id_token", &id_token), ("site_token", &site_token)], 200, ""),
        (vec![("Id-Token", &id_token), ("Site-Token", &site_token)], 200, ""),
        (vec![("id_token", &id_token), ("Id-Token", &id_token), ("site_token", &site_token)], 400, "invalid_request"),
    ] {
        let request =
            headers.iter().fold(shop.service.get("/baskets"), |request, (name, token)| request.header(name, token));
        let answer = request.send();
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{names:?}");
    }
}

#[test]
fn the_tokens_validate_that_the_api_is_available_to_the_caller() {
    let shop = Shop::open();
    let basket = shop.basket("");
    let (reader, stranger) =
        (shop.service.caller("acme").named("usr_r").may(["baskets.read"]), shop.service.caller("globex").may(["*"]));
    for (caller, method, status) in [(&reader, "GET", 200), (&reader, "DELETE", 403), (&stranger, "DELETE", 404)] {
        assert_eq!(shop.service.request(method, &basket).from(caller).send().status, status, "{method}");
    }
}

#[test]
fn a_submitted_basket_does_not_change_any_more() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"basketType":"BASKET"}"#);
    let submit = format!("{basket}/submit");
    assert_eq!(shop.send("POST", &submit, "").code(), "basket_empty");
    assert_eq!(shop.send("POST", &format!("{basket}/items"), r#"{"itemId":"1001","quantity":3}"#).status, 201);
    let submitted = shop.send("POST", &submit, "");
    assert_eq!((submitted.status, &submitted.json()["total"]), (200, &json!(387)));
    for (method, part, body) in [
        ("POST", "/submit", ""),
        ("POST", "/items", r#"{"itemId":"1001"}"#),
        ("PATCH", "/items/1/quantity", "1"),
        ("PATCH", "/items/1", r#"{"quantity":1}"#),
        ("PUT", "/items/1", r#"{"itemId":"1001"}"#),
        ("DELETE", "/items/1", ""),
        ("DELETE", "/items", ""),
        ("PUT", "/description", r#""x""#),
        ("DELETE", "/description", ""),
        ("PUT", "", ""),
        ("PATCH", "", "{}"),
        ("DELETE", "", ""),
    ] {
        let answer = shop.send(method, &format!("{basket}{part}"), body);
        assert_eq!((answer.status, answer.code().as_str()), (409, "basket_submitted"), "{method} {part}");
    }
    assert_eq!(shop.send("GET", &basket, "").json(), submitted.json());
}

#[test]
fn lines_may_be_written_with_the_basket_and_every_broken_rule_is_told_at_once() {
    let shop = Shop::open();
    let basket = shop.basket(r#"{"items":[{"itemId":"1001","quantity":2},{"itemId":"1001","unitPrice":50}]}"#);
    let read = shop.send("GET", &basket, "").json();
    assert_eq!((&read["total"], &read["lastLineNumber"]), (&json!(308), &json!(2)));
    // A known line keeps its number and its price; a new one gets the next number.
    let body = r#"{"items":[{"lineNumber":2,"itemId":"1001","quantity":4},{"itemId":"1001"}]}"#;
    let lines = shop.send("PATCH", &basket, body).json()["items"].clone();
    let short = |line: &Value| (line["lineNumber"].clone(), line["unitPrice"].clone(), line["value"].clone());
    assert_eq!(short(&lines[0]), (json!(2), json!(50), json!(200)));
    assert_eq!(short(&lines[1]), (json!(3), json!(129), json!(129)));
    let wrong = shop.send(
        "PATCH",
        &basket,
        r#"{"items":[{"lineNumber":9,"itemId":"1001"},{"lineNumber":2,"itemId":"NONE"},{"lineNumber":2,"itemId":"1001"}]}"#,
    );
    assert_eq!(
        (wrong.status, wrong.pointers()),
        (422, vec!["/items/0/lineNumber".into(), "/items/1/itemId".into(), "/items/2/lineNumber".into()])
    );
    assert_eq!(shop.send("GET", &basket, "").json()["items"], lines, "nothing was written");
}
