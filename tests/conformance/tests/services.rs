//! Services on the test kit: baskets, the catalogue, and a shop that has everything.

use std::sync::Arc;

use enaction::{Caller, Claims, Fault, testkit::Running};
use enaction_conformance::{Report, World, check, lists, tenancy, violations, whole};
use enaction_core::process::Output;
use serde_json::json;

use crate::shop;

/// Operations that can not succeed by themselves, with the reason.
const UNSEEN: &[(&str, &str)] = &[("GET /plains/{id}/seen", "only the server would write it, and never does")];

#[test]
fn every_operation_keeps_to_the_conventions() {
    let service = shop::start();
    let report = check(&shop::target(&service));
    report.assert_none();
    println!("{} operations succeeded, {} pairs of mistakes were told in their order", report.succeeded, report.pairs);
    let strange: Vec<_> =
        report.unseen.iter().filter(|one| !UNSEEN.iter().any(|(line, _)| one.starts_with(line))).collect();
    assert!(strange.is_empty(), "never seen to succeed: {strange:#?}");
    assert!(report.succeeded > 100 && report.pairs > 10_000, "{} {}", report.succeeded, report.pairs);
    assert!(report.conditional > 100, "{}", report.conditional);
    assert!(report.patched > 30, "{}", report.patched);
    assert!(report.repeated > 60, "{}", report.repeated);
}

#[test]
fn another_company_sees_nothing() {
    let service = shop::start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let tried = tenancy::check(&world, &mut report);
    report.assert_none();
    assert!(tried > 80, "{tried}");
}

#[test]
fn whole_collections_are_taken_whole_or_not_at_all() {
    let service = shop::start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let tried = whole::check(&world, &mut report);
    report.assert_none();
    assert!(tried >= 7, "{tried}");
}

#[test]
fn broken_documents_are_told_alike_over_http_by_name_and_from_a_process() {
    let service = shop::start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let sent = violations::over_http(&world, &mut report);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    // The policy that the test kit keeps for the caller of the tokens.
    let caller = everything(&service);
    let application = Arc::clone(service.application());
    let by_call = |name: &str, parameters: Vec<u8>| -> Result<(), Fault> {
        runtime.block_on(application.call(name, caller.clone(), &parameters)).map(drop)
    };
    let by_relay = |name: &str, parameters: Vec<u8>| -> Result<(), Fault> {
        let Ok(text) = String::from_utf8(parameters) else {
            return by_call(name, b"\xff".to_vec());
        };
        let input = json!({ "name": name, "parameters": text }).to_string();
        let output: Result<Output, Fault> =
            runtime.block_on(application.call("relay.call", caller.clone(), input.as_bytes()));
        output.map(drop)
    };
    let called = violations::by_name(&world, service.application(), &[&by_call, &by_relay], &mut report);
    report.assert_none();
    assert!(sent > 500 && called > 500, "{sent} {called}");
}

#[test]
fn the_pages_of_the_framework_are_read_and_nothing_else() {
    let service = shop::start();
    for path in ["/health/live", "/health/ready", "/problems/not_found"] {
        for (method, status) in
            [("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("POST", 405), ("PUT", 405), ("TRACE", 405)]
        {
            let answer = service.request(method, path).send();
            assert_eq!(answer.status, status, "{method} {path}");
            if status != 200 {
                assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"), "{method} {path}");
            }
        }
        let answer = service.get(path).body("{}").send();
        assert_eq!((answer.status, answer.code().as_str()), (400, "body_not_allowed"), "{path}");
    }
    assert_eq!(service.get("/problems/no-such-problem").send().status, 404);
}

#[test]
fn violations_point_into_what_was_sent() {
    let service = shop::start();
    let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
    let send = |method: &str, path: &str, body: &str| service.request(method, path).json(body).from(&anna).send();
    for (path, body) in [
        ("/products", r#"{"id":"p","unitPrice":5}"#),
        ("/baskets", r#"{"id":"b","items":[{"itemId":"p"},{"itemId":"p"}]}"#),
        ("/plains", r#"{"id":"one","code":"taken"}"#),
        ("/plains", r#"{"id":"two","code":"free","pieces":[{"number":7,"what":"x"}]}"#),
    ] {
        assert_eq!(send("POST", path, body).status, 201, "{path} {body}");
    }
    for (method, path, body, status, pointer, code) in [
        ("PATCH", "/baskets/b/items/1/quantity", "10000", 422, "", "range"),
        ("PATCH", "/baskets/b/items/1/quantity", r#"{"quantity":10000}"#, 422, "/quantity", "range"),
        ("PATCH", "/baskets/b/items/1/quantity", r#"{"quantity":"1"}"#, 422, "/quantity", "type"),
        ("PUT", "/baskets/b/currency", r#""USD""#, 422, "", "currency"),
        ("PATCH", "/baskets/b", r#"{"currency":"USD"}"#, 422, "/currency", "currency"),
        ("PUT", "/baskets/b/items/2", r#"{"itemId":"none"}"#, 422, "/itemId", "unknown_item"),
        ("PUT", "/baskets/b/items/2/itemId", r#""none""#, 422, "", "unknown_item"),
        ("PUT", "/baskets/b/items/2", r#"{"lineNumber":3,"itemId":"p"}"#, 422, "/lineNumber", "id_mismatch"),
        ("POST", "/baskets/b/items", r#"{"itemId":"none"}"#, 422, "/itemId", "unknown_item"),
        ("PUT", "/baskets/b", r#"{"items":[{"itemId":"none"}]}"#, 422, "/items/0/itemId", "unknown_item"),
        ("PUT", "/plains/two/code", r#""taken""#, 409, "", "already_exists"),
        ("PATCH", "/plains/two", r#"{"code":"taken"}"#, 409, "/code", "already_exists"),
        ("POST", "/plains", r#"{"code":"taken"}"#, 409, "/code", "already_exists"),
        ("POST", "/plains", r#"{"id":"one"}"#, 409, "/id", "already_exists"),
        ("PUT", "/plains/two", r#"{"id":"one"}"#, 422, "/id", "id_mismatch"),
        ("PUT", "/plains/two", r#"{"serial":9}"#, 422, "/serial", "read_only"),
        ("PUT", "/plains/two/pieces/7", r#"{"what":"x","weight":9}"#, 422, "/weight", "read_only"),
        ("PUT", "/plains/two/pieces", r#"[{"number":7,"what":"x","weight":9}]"#, 422, "/0/weight", "read_only"),
        (
            "PATCH",
            "/plains/two",
            r#"{"pieces":[{"number":7,"what":"x","weight":9}]}"#,
            422,
            "/pieces/0/weight",
            "read_only",
        ),
    ] {
        let answer = send(method, path, body);
        let violations = answer.json()["violations"].clone();
        let told = (answer.status, violations[0]["pointer"].as_str(), violations[0]["code"].as_str());
        assert_eq!(told, (status, Some(pointer), Some(code)), "{method} {path} {body}: {}", answer.json());
        assert_eq!(violations.as_array().map(Vec::len), Some(1), "{method} {path} {body}: {violations}");
    }
}

fn everything(service: &Running) -> Caller {
    let _ = service.tokens(&service.caller("acme").at("0001", "EUR").may(["*"]));
    Caller::new(Claims {
        subject: "usr_acme".into(),
        company: "acme".into(),
        site: Some("0001".into()),
        roles: vec!["may *".into()],
        ..Claims::default()
    })
}

#[test]
fn every_list_gives_what_it_declares_and_refuses_the_rest() {
    let service = shop::start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let tried = lists::check(&world, &mut report);
    report.assert_none();
    let counts = (tried.lists >= 14, tried.orders >= 9, tried.filters > 40, tried.cursors > 2_000);
    assert_eq!(counts, (true, true, true, true), "{tried:?}");
}
