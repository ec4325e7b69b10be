//! A query as a document: what GET of the list gives, for who has no room for it in a URL.

use serde_json::{Value, json};

use crate::shop::Shop;

const WAYS: [(&str, &str); 2] = [("POST", "/products:search"), ("QUERY", "/products")];

fn shop() -> Shop {
    let shop = Shop::open();
    for id in ["a", "b", "c"] {
        assert_eq!(shop.ask("POST", "/products", &json!({ "id": id }).to_string(), &[]).status, 201);
    }
    shop
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str()).collect()
}

#[test]
fn a_search_goes_through_the_list_page_by_page() {
    let shop = shop();
    for (method, path) in WAYS {
        let first = shop.ask(method, path, r#"{"limit":2}"#, &[]);
        assert_eq!((first.status, first.header("link"), first.header("cache-control")), (200, None, Some("no-store")));
        assert_eq!(ids(&first.json()), ["a", "b"], "{method} {path}");
        let next = json!({ "limit": 2, "cursor": first.json()["next"] }).to_string();
        let last = shop.ask(method, path, &next, &[]).json();
        assert_eq!((ids(&last), last.get("next")), (vec!["c"], None));
        let all = shop.ask(method, path, "", &[]);
        assert_eq!(all.json(), shop.ask("GET", "/products", "", &[]).json());
        assert_eq!(all.header("etag").map(str::to_owned), Some(shop.tag("/products")));
        assert_eq!(shop.ask(method, path, "{}", &[("prefer", "return=minimal")]).json(), all.json());
    }
}

#[test]
fn what_is_no_query_is_refused() {
    let shop = shop();
    for (method, path) in WAYS {
        for (body, status, code, pointer) in [
            ("[", 400, "not_json", None),
            ("[]", 422, "invalid", Some("")),
            (r#"{"limit":0}"#, 422, "invalid", Some("/limit")),
            (r#"{"limit":501}"#, 400, "query_invalid", Some("/limit")),
            (r#"{"cursor":"nothing"}"#, 400, "cursor_invalid", None),
            (r#"{"offset":1}"#, 422, "invalid", Some("/offset")),
        ] {
            let answer = shop.ask(method, path, body, &[]);
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path} {body}");
            let told = answer.json();
            assert_eq!(told["violations"][0]["pointer"].as_str(), pointer, "{method} {path} {body}");
        }
        assert_eq!(shop.ask(method, &format!("{path}?limit=1"), "", &[]).code(), "query_invalid");
        assert_eq!(shop.ask(method, &format!("{path}?validateOnly=true"), "", &[]).code(), "query_invalid");
        let form =
            shop.service.request(method, path).from(&shop.anna).header("content-type", "text/plain").body("x").send();
        let taken = if method == "QUERY" { "accept-query" } else { "accept-post" };
        assert_eq!((form.status, form.header(taken)), (415, Some("application/json")));
    }
}

#[test]
fn a_search_needs_the_permission_of_the_list() {
    let shop = shop();
    for (method, path) in WAYS {
        let ask = |permission: &str| {
            let caller = shop.service.caller("acme").at("0001", "EUR").may([permission]);
            shop.service.request(method, path).from(&caller).json("{}").send().status
        };
        assert_eq!((ask("products.list"), ask("products.search")), (200, 403), "{method} {path}");
        let other = shop.service.caller("globex").at("0101", "EUR").may(["*"]);
        let theirs = shop.service.request(method, path).from(&other).json("{}").send();
        assert_eq!(ids(&theirs.json()), [""; 0]);
    }
}

#[test]
fn what_is_inside_of_an_item_is_searched_there() {
    let shop = Shop::open();
    for customer in ["anna", "berta"] {
        assert_eq!(shop.ask("POST", "/customers", &json!({ "id": customer }).to_string(), &[]).status, 201);
        let order = json!({ "id": format!("of-{customer}") }).to_string();
        assert_eq!(shop.ask("POST", &format!("/customers/{customer}/orders"), &order, &[]).status, 201);
    }
    for (method, path) in [("POST", "/customers/berta/orders:search"), ("QUERY", "/customers/berta/orders")] {
        assert_eq!(ids(&shop.ask(method, path, "{}", &[]).json()), ["of-berta"], "{method} {path}");
    }
    assert_eq!(shop.ask("POST", "/customers/nobody/orders:search", "{}", &[]).code(), "not_found");
    assert_eq!(shop.ask("QUERY", "/plains", "{}", &[]).code(), "method_not_allowed");
    assert_eq!(shop.ask("POST", "/plains:search", "{}", &[]).code(), "not_found");
}
