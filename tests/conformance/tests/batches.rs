//! Several requests in one: each is answered as it would be alone.

use enaction::{
    limits::Limits,
    testkit::{Answer, TestCaller},
};
use serde_json::{Value, json};

use crate::shop::{Shop, start};

/// A request, and what it is answered with: status and code.
type Row = (&'static str, &'static str, Option<Value>, u16, &'static str);

/// What a batch and the same requests one by one are answered with.
fn rows() -> Vec<Row> {
    vec![
        ("POST", "/products", Some(json!({"id": "a", "description": "A", "barcode": "10000000"})), 201, ""),
        ("POST", "/products", Some(json!({"id": "b", "unitPrice": 100})), 201, ""),
        ("POST", "/products", Some(json!({"id": "a"})), 409, "already_exists"),
        ("POST", "/products", Some(json!({"barcode": "10000000"})), 409, "already_exists"),
        ("POST", "/products", Some(json!({"id": "c", "unitPrice": -1, "colour": 1})), 422, "invalid"),
        ("GET", "/products/a", None, 200, ""),
        ("GET", "/products/a/description", None, 200, ""),
        ("PATCH", "/products/b", Some(json!({"description": "B"})), 200, ""),
        ("PUT", "/products/b/description", Some(json!("C")), 200, ""),
        ("PUT", "/products/b/description", Some(json!(null)), 422, "invalid"),
        ("PUT", "/products/b/description", None, 400, "body_required"),
        ("PUT", "/products/b", None, 200, ""),
        ("GET", "/products/b", Some(json!({})), 400, "body_not_allowed"),
        ("GET", "/products?limit=1", None, 200, ""),
        ("GET", "/products?limit=0", None, 400, "query_invalid"),
        ("POST", "/products?validateOnly=true", Some(json!({"id": "d"})), 200, ""),
        ("GET", "/products/d", None, 404, "not_found"),
        ("GET", "/products/a/nothing", None, 404, "not_found"),
        ("POST", "/products/a", None, 409, "already_exists"),
        ("PUT", "/products", None, 405, "method_not_allowed"),
        ("DELETE", "/products/a", None, 200, ""),
        ("DELETE", "/products/a", None, 404, "not_found"),
    ]
}

fn operation((method, path, body, ..): &Row) -> Value {
    let mut operation = json!({ "method": method, "path": path });
    if let Some(body) = body {
        operation["body"] = body.clone();
    }
    operation
}

/// The same of both: what an answer says, but for what is of one request alone.
fn said(status: u64, headers: &[(String, String)], body: &Value) -> Value {
    let about = ["etag", "location", "link", "allow", "preference-applied", "content-type", "retry-after"];
    let kept = headers.iter().filter(|(name, _)| about.contains(&name.as_str()));
    let headers: serde_json::Map<_, _> = kept.map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut body = body.clone();
    without(&mut body, &["created", "modified", "traceId"]);
    json!({ "status": status, "headers": headers, "body": body })
}

fn without(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| !names.contains(&name.as_str()));
            object.values_mut().for_each(|value| without(value, names));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| without(value, names)),
        _ => {}
    }
}

fn results(answer: &Answer) -> Vec<Value> {
    let results = answer.json()["results"].as_array().expect("results").clone();
    let strings = |headers: &Value| -> Vec<(String, String)> {
        let headers = headers.as_object().expect("headers");
        headers.iter().map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
    };
    results
        .iter()
        .map(|one| said(one["status"].as_u64().expect("a status"), &strings(&one["headers"]), &one["body"]))
        .collect()
}

fn batch(shop: &Shop, operations: &[Value]) -> Answer {
    shop.ask("POST", "/products:batch", &json!({ "operations": operations }).to_string(), &[])
}

#[test]
fn each_operation_is_answered_as_it_would_be_alone() {
    let (together, alone) = (Shop::open(), Shop::open());
    let answer = batch(&together, &rows().iter().map(operation).collect::<Vec<_>>());
    assert_eq!(answer.status, 200, "{}", answer.json());
    for (row, result) in rows().iter().zip(results(&answer)) {
        let (method, path, body, status, code) = row;
        let body = body.as_ref().map(ToString::to_string).unwrap_or_default();
        let answer = alone.ask(method, path, &body, &[]);
        assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "{method} {path}");
        let json = serde_json::from_slice(&answer.body).unwrap_or_default();
        assert_eq!(result, said(answer.status.into(), &answer.headers, &json), "{method} {path}");
    }
}

#[test]
fn an_operation_may_say_what_it_knows_and_what_it_wants() {
    let shop = Shop::open();
    let made = shop.ask("POST", "/products", r#"{"id":"a"}"#, &[]);
    let tag = made.header("etag").expect("a tag");
    for (fields, status) in [
        (json!({"If-Match": "\"0\""}), 412),
        (json!({"if-match": "no tag"}), 400),
        (json!({"if-match": tag, "Prefer": "return=minimal"}), 204),
        (json!({"content-type": "application/json-patch+json"}), 422),
        (json!({"content-type": "text/plain"}), 415),
        (json!({"accept": "text/html"}), 406),
    ] {
        let operation = json!({"method": "PATCH", "path": "/products/a", "headers": fields, "body": {"unitPrice": 1}});
        let answer = batch(&shop, &[operation]);
        assert_eq!(results(&answer)[0]["status"], status, "{fields}");
    }
    let patch =
        json!([{"op": "test", "path": "/unitPrice", "value": 1}, {"op": "replace", "path": "/unitPrice", "value": 2}]);
    let fields = json!({"content-type": "application/json-patch+json"});
    let operation = json!({"method": "PATCH", "path": "/products/a", "headers": fields, "body": patch});
    assert_eq!(results(&batch(&shop, &[operation]))[0]["body"]["unitPrice"], 2);
}

#[test]
fn what_is_asked_of_the_batch_holds_for_each_operation() {
    let shop = Shop::open();
    let operations = [json!({"method": "POST", "path": "/products", "body": {"id": "a"}})];
    let document = json!({ "operations": operations }).to_string();
    let tried = shop.ask("POST", "/products:batch?validateOnly=true", &document, &[]);
    assert_eq!(results(&tried)[0]["status"], 200);
    assert_eq!(shop.ask("GET", "/products/a", "", &[]).status, 404);
    let minimal = shop.ask("POST", "/products:batch", &document, &[("prefer", "return=minimal")]);
    assert_eq!((minimal.status, &results(&minimal)[0]["body"]), (200, &Value::Null));
    assert_eq!(results(&minimal)[0]["headers"]["location"], "/products/a");
}

#[test]
fn a_batch_that_is_none_is_refused_as_a_whole() {
    let shop = Shop::open();
    let good = json!({"method": "POST", "path": "/products", "body": {"id": "a"}});
    let many: Vec<Value> = vec![good.clone(); 101];
    for (operations, expected) in [
        (json!([]), vec![("/operations", "items")]),
        (json!(many), vec![("/operations", "items")]),
        (json!([good, {"path": "/products"}]), vec![("/operations/1/method", "required")]),
        (json!([good, {"method": "BREW", "path": "/products"}]), vec![("/operations/1/method", "enum")]),
        (json!([good, {"method": "GET", "path": "products"}]), vec![("/operations/1/path", "pattern")]),
        (json!([good, {"method": "GET", "path": "/products\n"}]), vec![("/operations/1/path", "pattern")]),
        (json!([good, {"method": "GET", "path": "/products", "head": {}}]), vec![("/operations/1/head", "unknown")]),
        (
            json!([good, {"method": "GET", "path": "/baskets"}, {"method": "GET", "path": "/productsX"}]),
            vec![("/operations/1/path", "path"), ("/operations/2/path", "path")],
        ),
        (json!([good, {"method": "POST", "path": "/products:batch"}]), vec![("/operations/1/path", "path")]),
        (json!([good, {"method": "GET", "path": "/products/../baskets"}]), vec![("/operations/1/path", "path")]),
        (
            json!([good, {"method": "GET", "path": format!("/products?{}", "a&".repeat(3_000))}]),
            vec![("/operations/1/path", "path")],
        ),
        (
            json!([good, {"method": "GET", "path": "/products", "headers": {"Accept": "*/*", "accept": "*/*"}}]),
            vec![("/operations/1/headers/Accept", "repeated")],
        ),
        (
            json!([good, {"method": "GET", "path": "/products", "headers": {"id_token": "x", "Cookie/": "y"}}]),
            vec![("/operations/1/headers/Cookie~1", "unknown")],
        ),
        (
            json!([good, {"method": "GET", "path": "/products", "headers": {"prefer": "a\nb"}}]),
            vec![("/operations/1/headers/prefer", "pattern")],
        ),
    ] {
        let answer = shop.ask("POST", "/products:batch", &json!({ "operations": operations }).to_string(), &[]);
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"), "{operations}");
        let told = answer.json()["violations"].as_array().expect("violations").clone();
        let told: Vec<_> =
            told.iter().map(|one| (one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap())).collect();
        assert_eq!(told, expected, "{operations}");
        assert_eq!(shop.ask("GET", "/products/a", "", &[]).status, 404, "nothing of it ran");
    }
    assert_eq!(shop.ask("POST", "/products:batch", "", &[]).code(), "body_required");
}

#[test]
fn each_operation_needs_its_own_permission() {
    let service = start();
    let ask =
        |caller: &TestCaller, body: &str| service.request("POST", "/products:batch").from(caller).json(body).send();
    let someone = || service.caller("acme").at("0001", "EUR");
    let document = json!({ "operations": [
        {"method": "POST", "path": "/products", "body": {"id": "a"}},
        {"method": "GET", "path": "/products"},
    ]})
    .to_string();
    let statuses =
        |answer: &Answer| -> Vec<Value> { results(answer).iter().map(|one| one["status"].clone()).collect() };
    let reader = ask(&someone().may(["products.batch", "products.list"]), &document);
    assert_eq!(statuses(&reader), [403, 200]);
    assert_eq!(results(&reader)[0]["body"]["code"], "permission_denied");
    let narrowed = ask(&someone().may(["*"]).narrowed_to("products.batch products.create"), &document);
    assert_eq!(statuses(&narrowed), [201, 403]);
    assert_eq!(ask(&someone().may(["products.create", "products.list"]), &document).code(), "permission_denied");
    assert_eq!(service.request("POST", "/products:batch").json(&document).send().code(), "tokens_missing");
}

#[test]
fn another_company_has_its_own_batches() {
    let service = start();
    let someone = |company: &str| service.caller(company).at("0001", "EUR").may(["*"]);
    let ask = |company: &str, path: &str, body: Value| {
        service.request("POST", path).from(&someone(company)).json(body).send()
    };
    assert_eq!(ask("acme", "/customers", json!({"id": "anna"})).status, 201);
    let orders = json!({ "operations": [{"method": "POST", "path": "/customers/anna/orders", "body": {}}] });
    assert_eq!(ask("globex", "/customers/anna/orders:batch", orders.clone()).code(), "not_found");
    assert_eq!(results(&ask("acme", "/customers/anna/orders:batch", orders.clone()))[0]["status"], 201);
    assert_eq!(ask("acme", "/customers/berta/orders:batch", orders).code(), "not_found");
    let read = json!({ "operations": [{"method": "GET", "path": "/customers/anna"}] });
    assert_eq!(results(&ask("globex", "/customers:batch", read))[0]["status"], 404);
}

fn atomic(shop: &Shop, path: &str, operations: &Value, fields: &[(&str, &str)]) -> Answer {
    shop.ask("POST", path, &json!({ "atomic": true, "operations": operations }).to_string(), fields)
}

fn product(id: &str) -> Value {
    json!({"method": "POST", "path": "/products", "body": {"id": id}})
}

#[test]
fn what_is_atomic_is_one_commit_in_which_each_operation_sees_those_before_it() {
    let shop = Shop::open();
    let operations = json!([
        product("a"),
        {"method": "PATCH", "path": "/products/a", "body": {"unitPrice": 7, "barcode": "10000000"}},
        {"method": "GET", "path": "/products"},
        {"method": "POST", "path": "/products", "body": {"id": "b", "barcode": "10000001"}},
        {"method": "DELETE", "path": "/products/b"},
        {"method": "POST", "path": "/products", "body": {"id": "c", "barcode": "10000001"}},
        {"method": "PUT", "path": "/products/a/description", "body": "A"},
    ]);
    let answer = atomic(&shop, "/products:batch", &operations, &[]);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let results = results(&answer);
    let statuses: Vec<_> = results.iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 200, 200, 201, 200, 201, 200]);
    assert_eq!(results[2]["body"]["items"][0]["unitPrice"], 7);
    let tag = shop.tag("/products/a");
    for written in [0, 1, 5, 6] {
        assert_eq!(results[written]["headers"]["etag"], tag, "one commit, one version");
    }
    let now = shop.ask("GET", "/products/a", "", &[]).json();
    assert_eq!((&now["unitPrice"], &now["description"]), (&json!(7), &json!("A")));
    assert_eq!(shop.ask("GET", "/products/b", "", &[]).status, 404);
}

#[test]
fn the_operation_that_fails_is_named_and_nothing_is_written() {
    let shop = Shop::open();
    let there = r#"{"id":"there","barcode":"10000000"}"#;
    assert_eq!(shop.ask("POST", "/products", there, &[]).status, 201);
    for (failing, status, code) in [
        (json!({"method": "POST", "path": "/products", "body": {"unitPrice": -1}}), 422, "invalid"),
        (json!({"method": "POST", "path": "/products", "body": []}), 422, "invalid"),
        (json!({"method": "GET", "path": "/products/none"}), 404, "not_found"),
        (json!({"method": "GET", "path": "/products/there/nothing"}), 404, "not_found"),
        (json!({"method": "PUT", "path": "/products"}), 405, "method_not_allowed"),
        (json!({"method": "GET", "path": "/products?limit=0"}), 400, "query_invalid"),
        (json!({"method": "GET", "path": "/products", "body": {}}), 400, "body_not_allowed"),
        (json!({"method": "DELETE", "path": "/products/there?validateOnly=true"}), 400, "query_invalid"),
        (product("there"), 409, "already_exists"),
        (json!({"method": "POST", "path": "/products", "body": {"barcode": "10000000"}}), 409, "already_exists"),
        (product("new"), 409, "already_exists"),
        (json!({"method": "POST", "path": "/products", "body": {"barcode": "10000000"}}), 409, "already_exists"),
        (json!({"method": "PATCH", "path": "/products/newer", "body": {"barcode": "10000000"}}), 409, "already_exists"),
        (json!({"method": "PATCH", "path": "/products/newer", "body": {"barcode": "20000000"}}), 409, "already_exists"),
        (
            json!({"method": "DELETE", "path": "/products/there", "headers": {"if-match": "\"0\""}}),
            412,
            "precondition_failed",
        ),
        (
            json!({"method": "GET", "path": "/products/there", "headers": {"if-match": "\"0\""}}),
            412,
            "precondition_failed",
        ),
    ] {
        let first = json!({"method": "POST", "path": "/products", "body": {"id": "new", "barcode": "20000000"}});
        let last = json!({"method": "PATCH", "path": "/products/there", "body": {"description": "changed"}});
        let later = json!({"method": "PATCH", "path": "/products/newer", "body": {"description": "changed too"}});
        let operations = json!([first, product("newer"), failing, last, later]);
        let answer = atomic(&shop, "/products:batch", &operations, &[]);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{failing}");
        assert_eq!(answer.json()["operation"], 2, "{failing}: {}", answer.json());
        let now = shop.ask("GET", "/products", "", &[]).json();
        assert_eq!(now["items"].as_array().map(Vec::len), Some(1), "{failing}");
        assert_eq!(now["items"][0]["description"], "", "{failing}");
    }
}

#[test]
fn who_made_what_is_refused_is_to_blame_whatever_comes_of_it() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/products", r#"{"id":"there","barcode":"10000000"}"#, &[]).status, 201);
    let make = |id: &str, barcode: &str| json!({"method": "POST", "path": "/products", "body": {"id": id, "barcode": barcode}});
    let gone = |id: &str| json!({"method": "DELETE", "path": format!("/products/{id}")});
    let barcode =
        |id: &str, barcode: &str| json!({"method": "PUT", "path": format!("/products/{id}/barcode"), "body": barcode});
    let named = |id: &str| json!({"method": "PATCH", "path": format!("/products/{id}"), "body": {"description": "d"}});
    for (operations, culprit) in [
        (json!([product("there"), gone("there")]), 0),
        (json!([product("a"), product("there"), named("there"), gone("there")]), 1),
        (json!([make("a", "10000000"), product("b"), named("a")]), 0),
        (json!([make("a", "20000000"), gone("a"), make("b", "10000000")]), 2),
        (json!([make("a", "20000000"), make("b", "20000000"), named("a")]), 1),
        (json!([named("there"), make("a", "10000000")]), 1),
        (json!([make("a", "10000000"), named("there")]), 0),
        (json!([make("a", "10000000"), barcode("there", "30000000"), make("b", "30000000")]), 2),
        (
            json!([make("a", "20000000"), product("b"), {"method": "PUT", "path": "/products/b/barcode", "body": "20000000"}]),
            2,
        ),
    ] {
        let answer = atomic(&shop, "/products:batch", &operations, &[]);
        assert_eq!((answer.status, answer.code().as_str()), (409, "already_exists"), "{operations}");
        assert_eq!(answer.json()["operation"], culprit, "{operations}");
        let now = shop.ask("GET", "/products", "", &[]).json();
        assert_eq!(now["items"].as_array().map(Vec::len), Some(1), "{operations}");
    }
    let moved = json!([gone("there"), make("b", "10000000"), gone("b"), make("there", "10000000")]);
    assert_eq!(atomic(&shop, "/products:batch", &moved, &[]).status, 200, "what one gives up another takes");
}

#[test]
fn a_batch_holds_no_batch() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/customers", r#"{"id":"anna"}"#, &[]).status, 201);
    let order = json!({"operations": [{"method": "POST", "path": "/customers/anna/orders", "body": {"id": "o"}}]});
    let inner = json!([{"method": "POST", "path": "/customers/anna/orders:batch", "body": order}]);
    for kind in [false, true] {
        let document = json!({ "atomic": kind, "operations": inner }).to_string();
        let answer = shop.ask("POST", "/customers:batch", &document, &[]);
        assert_eq!(answer.json()["violations"][0]["pointer"], "/operations/0/path", "{}", answer.json());
    }
}

#[test]
fn what_a_batch_answers_has_an_end() {
    let mut limits = Limits::default();
    limits.batch_answer_bytes_max = 2_000;
    let service = crate::shop::service().limits(limits).start();
    let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
    let ask = |path: &str, body: Value| service.request("POST", path).from(&anna).json(body).send();
    assert_eq!(ask("/products", json!({"id": "a", "description": "d".repeat(80)})).status, 201);
    let reads = vec![json!({"method": "GET", "path": "/products/a"}); 30];
    let each = ask("/products:batch", json!({ "operations": reads }));
    let statuses: Vec<u64> = results(&each).iter().filter_map(|one| one["status"].as_u64()).collect();
    let read = statuses.iter().take_while(|status| **status == 200).count();
    assert!(0 < read && read < 30 && statuses[read..].iter().all(|status| *status == 422), "{statuses:?}");
    assert_eq!(results(&each)[29]["body"]["code"], "batch_too_large");
    let whole = ask("/products:batch", json!({ "atomic": true, "operations": reads }));
    assert_eq!((whole.status, whole.code().as_str()), (422, "batch_too_large"));
    assert_eq!(whole.json()["limit"], "batch_answer_bytes_max");
}

#[test]
fn a_batch_that_comes_again_before_it_is_through_keeps_its_order() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/products", r#"{"id":"1001","unitPrice":3}"#, &[]).status, 201);
    for round in 0..5 {
        let id = format!("b{round}");
        let line = json!({"method": "POST", "path": format!("/baskets/{id}/items"), "body": {"itemId": "1001"}});
        let document = json!({ "operations": [
            {"method": "POST", "path": "/baskets", "body": {"id": id}},
            line, line, line,
            {"method": "POST", "path": format!("/baskets/{id}/submit")},
        ]})
        .to_string();
        let key = format!("key-{round}");
        let send = || loop {
            let answer = shop.ask("POST", "/baskets:batch", &document, &[("idempotency-key", &key)]);
            match (answer.status, answer.code().as_str()) {
                (200, _) => break results(&answer),
                (409, "idempotency_in_progress") => {}
                _ => panic!("{}", answer.json()),
            }
        };
        let all: Vec<_> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
            senders.into_iter().map(|sender| sender.join().expect("a sender")).collect()
        });
        assert!(all.iter().all(|results| *results == all[0]), "the same for all: {all:?}");
        let statuses: Vec<_> = all[0].iter().map(|one| one["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [201, 201, 201, 201, 200]);
        let basket = shop.ask("GET", &format!("/baskets/{id}"), "", &[]).json();
        assert_eq!((&basket["basketStatus"], &basket["total"]), (&json!("SUBMITTED"), &json!(9)));
    }
}

#[test]
fn what_failed_as_a_whole_can_be_mended_under_its_key() {
    let shop = Shop::open();
    let key = [("idempotency-key", "k")];
    for (operations, status) in [
        (json!([product("a"), {"method": "POST", "path": "/products", "body": {"unitPrice": -1}}]), 422),
        (json!([product("a"), product("a")]), 409),
        (json!([product("a"), {"method": "GET", "path": "/products/a"}]), 422),
        (json!([product("a"), {"method": "GET", "path": "/baskets"}]), 422),
        (json!([product("a"), {"method": "DELETE", "path": "/products/a"}, product("b")]), 200),
        (json!([product("a")]), 422),
    ] {
        assert_eq!(atomic(&shop, "/products:batch", &operations, &key).status, status, "{operations}");
    }
    let bad = json!({ "operations": [{"method": "GET", "path": "/baskets"}] }).to_string();
    let good = json!({ "operations": [product("c")] }).to_string();
    let under = [("idempotency-key", "other")];
    assert_eq!(shop.ask("POST", "/products:batch", &bad, &under).status, 422);
    assert_eq!(results(&shop.ask("POST", "/products:batch", &good, &under))[0]["status"], 201);
}

#[test]
fn an_atomic_batch_can_be_tried() {
    let shop = Shop::open();
    let operations = json!([product("a"), {"method": "PATCH", "path": "/products/a", "body": {"unitPrice": 1}}]);
    let answer = atomic(&shop, "/products:batch?validateOnly=true", &operations, &[]);
    let statuses: Vec<_> = results(&answer).iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, [200, 200]);
    assert_eq!(shop.ask("GET", "/products", "", &[]).json()["items"], json!([]));
}

#[test]
fn batches_that_meet_lose_nothing() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/baskets", r#"{"id":"one"}"#, &[]).status, 201);
    assert_eq!(shop.ask("POST", "/products", r#"{"id":"1001","unitPrice":3}"#, &[]).status, 201);
    let line = json!({"method": "POST", "path": "/baskets/one/items", "body": {"itemId": "1001"}});
    let operations = json!(vec![line; 5]);
    let added: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| usize::from(atomic(&shop, "/baskets:batch", &operations, &[]).status == 200)))
            .collect();
        writers.into_iter().map(|writer| writer.join().expect("a writer")).sum()
    });
    let basket = shop.ask("GET", "/baskets/one", "", &[]).json();
    assert!(added > 0);
    assert_eq!(basket["items"].as_array().map(Vec::len), Some(added * 5));
    assert_eq!(basket["total"], added * 15);
}

#[test]
fn a_batch_under_a_key_has_its_effects_once() {
    for kind in [false, true] {
        let shop = Shop::open();
        let key = [("idempotency-key", "k")];
        let send = |operations: &Value| {
            let document = json!({ "atomic": kind, "operations": operations }).to_string();
            shop.ask("POST", "/products:batch", &document, &key)
        };
        let operations = json!([
            {"method": "POST", "path": "/products", "body": {"unitPrice": 1}},
            {"method": "POST", "path": "/products", "body": {"id": "a"}},
            {"method": "PATCH", "path": "/products/a", "body": {"unitPrice": 1}},
            {"method": "DELETE", "path": "/products/a"},
        ]);
        let (first, again) = (send(&operations), send(&operations));
        assert_eq!(first.status, 200, "{}", first.json());
        assert_eq!(results(&first), results(&again), "atomic: {kind}");
        let replayed = |answer: &Answer| -> Vec<bool> {
            let results = answer.json()["results"].as_array().cloned().unwrap_or_default();
            results.iter().map(|one| one["headers"]["idempotency-replayed"] == "true").collect()
        };
        assert_eq!((replayed(&first), replayed(&again)), (vec![false; 4], vec![true; 4]), "atomic: {kind}");
        assert_eq!(shop.ask("GET", "/products", "", &[]).json()["items"].as_array().map(Vec::len), Some(1));
        let mut more = operations.clone();
        more.as_array_mut().expect("a list").push(product("b"));
        let other = send(&more);
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_reused"), "atomic: {kind}");
        assert_eq!(shop.ask("GET", "/products/b", "", &[]).status, 404);
    }
}
