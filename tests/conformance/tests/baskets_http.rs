//! `examples/baskets.http` is what it says: every request of it is answered as its comment tells, and no operation of
//! the baskets API is missing in it.

use std::{collections::BTreeMap, path::Path};

use enaction::{table::Target as Kind, testkit::Running};
use enaction_conformance::{World, replay, send};

use crate::shop;

fn script() -> replay::Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/baskets.http");
    replay::read(&std::fs::read_to_string(path).expect("the examples have baskets.http"))
}

/// The articles that the requests name, as the development data has them.
fn stock(service: &Running) {
    let manager = service.caller("acme").at("0001", "EUR").may(["products.*"]);
    for (id, price) in [("1001", 129), ("1101", 399), ("1201", 179), ("1301", 109), ("1401", 499), ("1402", 899)] {
        let product = serde_json::json!({ "id": id, "description": format!("Article {id}"), "unitPrice": price });
        assert_eq!(service.post("/products").json(product).from(&manager).send().status, 201);
    }
}

#[test]
fn every_request_of_the_baskets_api_is_answered_as_its_comment_says() {
    let service = shop::start();
    stock(&service);
    let cashier = service.caller("acme").at("0001", "EUR").on("till-1").may(["baskets.*", "products.read"]);
    let (id, site) = service.tokens(&cashier);
    let others: BTreeMap<String, String> = [("id_token".to_owned(), id), ("site_token".to_owned(), site)].into();
    let (script, mut answers) = (script(), replay::Answers::default());
    let mut asked = Vec::new();
    for step in &script.steps {
        let request = replay::request(&script, step, &others, &answers);
        let answer = send(service.address(), &request);
        let expected = step.status.unwrap_or_else(|| panic!("{}: what is it to be answered with?", step.title));
        assert_eq!(answer.status, expected, "{}: {}", step.title, answer.told());
        if let Some(code) = &step.code {
            assert_eq!(answer.code(), *code, "{}", step.title);
        }
        assert!(!step.title.is_empty(), "a request without a title: {}", step.text);
        answers.keep(step, &answer);
        if answer.status < 300 {
            asked.push((request.method, request.target));
        }
    }
    assert!(asked.len() > 30, "{}", asked.len());
    complete(&service, &asked);
}

/// Every operation of baskets occurs with a success; of the properties, each method does.
fn complete(service: &Running, asked: &[(String, String)]) {
    let target = shop::target(service);
    let world = World::open(&target);
    let baskets = world.operations.iter().filter(|one| one.path.starts_with("/baskets") && !one.taken);
    let (properties, others): (Vec<_>, Vec<_>) = baskets.partition(|one| one.kind == Kind::Property);
    let occurs =
        |method: &str, path: &str| asked.iter().any(|(one, target)| one == method && replay::fits(path, target));
    assert!(others.len() > 12, "{}", others.len());
    for operation in others {
        assert!(occurs(operation.method.as_str(), &operation.path), "no request shows {}", operation.line());
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let shown = properties.iter().any(|one| one.method.as_str() == method && occurs(method, &one.path));
        assert!(shown, "no request shows {method} of a property");
    }
}

#[test]
fn the_form_of_editors_is_read() {
    let script = replay::read(
        "# a comment\n@host = http://localhost:1\n@where = {{host}}/x\n\n### One\n# 201\n# @name first\nPOST {{where}}\nA: b\n\n{\"a\": 1}\n\n### Two\n# 409 no_way\nGET {{host}}{{first.response.headers.Location}}?a={{first.response.body.$.id}}\n",
    );
    let [first, second] = script.steps.as_slice() else { panic!("two requests: {script:?}") };
    assert_eq!((first.title.as_str(), first.status, first.name.as_deref()), ("One", Some(201), Some("first")));
    let mut answers = replay::Answers::default();
    let request = replay::request(&script, first, &BTreeMap::new(), &answers);
    assert_eq!(
        (request.method.as_str(), request.target.as_str(), request.body.as_slice()),
        ("POST", "/x", &b"{\"a\": 1}"[..])
    );
    assert_eq!(request.headers, [("A".to_owned(), "b".to_owned())]);
    let headers = vec![("location".to_owned(), "/x/7".to_owned())];
    answers.keep(first, &enaction_conformance::Answer { status: 201, headers, body: b"{\"id\":7}".to_vec() });
    assert_eq!((second.status, second.code.as_deref()), (Some(409), Some("no_way")));
    assert_eq!(replay::request(&script, second, &BTreeMap::new(), &answers).target, "/x/7?a=7");
}
