//! Members that do not exist for who lacks their permission, over HTTP and by name.

use std::collections::BTreeSet;

use enaction::{
    Caller, Claims, Fault,
    processes::Output,
    testkit::{Answer, Running, TestCaller},
};
use enaction_conformance::{Report, Tokens, World, sensitive};

use serde_json::{Value, json};

use crate::shop;

/// Someone with the permissions of all operations, which are none of those that sensitive members need.
fn clerk(service: &Running, world: &World<'_>) -> TestCaller {
    let permissions = world.operations.iter().filter_map(|one| one.permission.as_deref());
    let names = permissions.map(|name| match name.split_once('.') {
        Some((first, _)) if first != "patrons" => format!("{first}.*"),
        _ => name.to_owned(),
    });
    service.caller("acme").at("0001", "EUR").on("till-1").may(names.collect::<BTreeSet<_>>())
}

#[test]
fn no_operation_tells_what_its_caller_may_not_see() {
    let service = shop::start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let less = Tokens::from(service.tokens(&clerk(&service, &world)));
    let tried = sensitive::check(&world, &less, &mut report);
    report.assert_none();
    let counts = [tried.succeeded > 100, tried.hidden > 20, tried.tags > 9, tried.unknown > 10, tried.asked > 40];
    assert_eq!(counts, [true; 5], "{tried:?}");
}

struct Shop {
    service: Running,
    all: TestCaller,
    less: TestCaller,
    narrowed: TestCaller,
}

impl Shop {
    fn open() -> Self {
        let service = shop::start();
        let clerk = service.caller("acme").at("0001", "EUR");
        let permissions = ["patrons.create", "patrons.list", "patrons.read", "patrons.replace"];
        let permissions = [
            &permissions[..],
            &["patrons.modify", "patrons.delete", "patrons.payment", "patrons.replaceAll", "patrons.modifyAll"],
        ]
        .concat();
        let all = clerk.clone().may(["*"]);
        let narrowed = all.clone().narrowed_to(&permissions.join(" "));
        let shop = Self { all, narrowed, less: clerk.may(permissions), service };
        assert_eq!(shop.ask(&shop.all, "POST", "/patrons", &whole().to_string()).status, 201);
        shop
    }

    fn ask(&self, caller: &TestCaller, method: &str, path: &str, body: &str) -> Answer {
        let request = self.service.request(method, path).from(caller);
        let request = if path == "/patrons" { request.header("if-match", "*") } else { request };
        if body.is_empty() { request.send() } else { request.json(body).send() }
    }

    fn seen_by(&self, caller: &TestCaller) -> Value {
        let mut patron = self.ask(caller, "GET", "/patrons/c", "").json();
        for own in ["id", "created", "modified", "rating"] {
            patron.as_object_mut().unwrap().remove(own);
        }
        patron
    }
}

fn whole() -> Value {
    json!({
        "id": "c", "name": "Ada", "birthplace": "Bonn", "passport": {"state": "DE", "digits": "7"},
        "house": {"town": "Ulm", "door": "12"},
        "cards": [{"number": 1, "label": "one", "holder": "A", "bank": {"title": "B", "iban": "I"}}],
        "visits": [{"number": 1, "purpose": "tea"}],
    })
}

#[test]
fn a_caller_sees_what_its_roles_and_its_scope_allow() {
    let shop = Shop::open();
    let part = json!({
        "name": "Ada", "house": {"town": "Ulm"},
        "cards": [{"number": 1, "label": "one", "holder": "A", "bank": {"title": "B", "iban": "I"}}],
    });
    assert_eq!(shop.seen_by(&shop.less), part);
    assert_eq!(shop.seen_by(&shop.narrowed), part);
    let mut expected = whole();
    expected.as_object_mut().unwrap().remove("id");
    assert_eq!(shop.seen_by(&shop.all), expected);
}

#[test]
fn writes_of_who_sees_less_keep_the_rest() {
    let mut kept = whole();
    kept.as_object_mut().unwrap().remove("id");
    let card = |label: &str| json!([{"number": 1, "label": label, "holder": "A", "bank": {"title": "B", "iban": "I"}}]);
    let empty = json!({"name": "", "house": {"town": "", "door": "12"}, "cards": []});
    for (method, path, body, status, changed) in [
        ("PUT", "/patrons/c", r#"{"name":"Eve"}"#, 200, json!({"name": "Eve", "house": empty["house"], "cards": []})),
        ("PUT", "/patrons/c", "", 200, empty.clone()),
        (
            "PATCH",
            "/patrons/c",
            r#"{"name":"Eve","house":{"town":"Rom"}}"#,
            200,
            json!({
                "name": "Eve", "house": {"town": "Rom", "door": "12"},
            }),
        ),
        ("PATCH", "/patrons/c", r#"{"house":null}"#, 200, json!({"house": {"town": "", "door": "12"}})),
        ("PUT", "/patrons/c/house", r#"{"town":"Rom"}"#, 200, json!({"house": {"town": "Rom", "door": "12"}})),
        ("DELETE", "/patrons/c/house", "", 200, json!({"house": {"town": "", "door": "12"}})),
        ("PUT", "/patrons/c/cards/1/label", r#""two""#, 200, json!({"cards": card("two")})),
        ("PATCH", "/patrons", r#"[{"id":"c","name":"Eve"}]"#, 200, json!({"name": "Eve"})),
        (
            "PUT",
            "/patrons",
            r#"[{"id":"c","name":"Eve","house":{"town":"Rom"}}]"#,
            200,
            json!({
                "name": "Eve", "house": {"town": "Rom", "door": "12"}, "cards": [],
            }),
        ),
        ("PUT", "/patrons", r#"[{"id":"c","birthplace":"Rom"}]"#, 422, json!({})),
        ("PUT", "/patrons", r#"[{"id":"c"},{"id":"d","house":{"door":"1"}}]"#, 422, json!({})),
        ("PATCH", "/patrons", r#"{"items":[{"id":"c","birthplace":null}]}"#, 422, json!({})),
        ("PATCH", "/patrons/c", r#"{"birthplace":"Rom"}"#, 422, json!({})),
        ("PATCH", "/patrons/c", r#"{"birthplace":null}"#, 422, json!({})),
        ("PUT", "/patrons/c", r#"{"house":{"door":"1"}}"#, 422, json!({})),
        ("PUT", "/patrons/c/house", r#"{"door":"1"}"#, 422, json!({})),
        ("PUT", "/patrons/c/house/door", r#""1""#, 404, json!({})),
        ("DELETE", "/patrons/c/birthplace", "", 404, json!({})),
        ("PATCH", "/patrons/c/passport/state", r#""FR""#, 404, json!({})),
    ] {
        let shop = Shop::open();
        let answer = shop.ask(&shop.less, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.json());
        let mut expected = kept.clone();
        for (name, value) in changed.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(shop.seen_by(&shop.all), expected, "{method} {path} {body}");
    }
}

#[test]
fn what_is_sent_to_hidden_places_is_told_with_every_other_violation() {
    let shop = Shop::open();
    let body = r#"{"birthplace":7,"name":7,"house":{"door":"1","town":"x","flat":1},"visits":[{"number":"x"}]}"#;
    for (method, path) in [("POST", "/patrons"), ("PUT", "/patrons/c"), ("PATCH", "/patrons/c")] {
        let answer = shop.ask(&shop.less, method, path, body);
        let told = answer.json()["violations"].as_array().unwrap().clone();
        let mut told: Vec<_> =
            told.iter().map(|one| (one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap())).collect();
        told.sort_unstable();
        let unknown = "unknown";
        let expected = [
            ("/birthplace", unknown),
            ("/house/door", unknown),
            ("/house/flat", unknown),
            ("/name", "type"),
            ("/visits", unknown),
        ];
        assert_eq!((answer.status, told.as_slice()), (422, &expected[..]), "{method} {path}");
    }
}

#[test]
fn a_json_patch_is_laid_over_what_its_caller_sees() {
    let kept = || {
        let mut kept = whole();
        kept.as_object_mut().unwrap().remove("id");
        kept
    };
    for (path, patch, status, changed) in [
        ("/patrons/c", json!([{"op": "replace", "path": "/name", "value": "Eve"}]), 200, json!({"name": "Eve"})),
        ("/patrons/c", json!([{"op": "test", "path": "/birthplace", "value": "Bonn"}]), 409, json!({})),
        ("/patrons/c", json!([{"op": "test", "path": "/birthplace", "value": "Rom"}]), 409, json!({})),
        ("/patrons/c", json!([{"op": "copy", "from": "/birthplace", "path": "/name"}]), 422, json!({})),
        ("/patrons/c", json!([{"op": "remove", "path": "/birthplace"}]), 422, json!({})),
        ("/patrons/c", json!([{"op": "add", "path": "/birthplace", "value": "Rom"}]), 422, json!({})),
        (
            "/patrons/c",
            json!([{"op": "copy", "from": "/house", "path": "/office"}]),
            200,
            json!({
                "office": {"town": "Ulm", "door": ""},
            }),
        ),
        ("/patrons/c/house", json!([{"op": "test", "path": "", "value": {"town": "Ulm"}}]), 200, json!({})),
        ("/patrons/c/house", json!([{"op": "copy", "from": "/door", "path": "/town"}]), 422, json!({})),
        ("/patrons/c/passport", json!([{"op": "test", "path": "/state", "value": "DE"}]), 404, json!({})),
        ("/patrons/c/house/door", json!([{"op": "test", "path": "", "value": "12"}]), 404, json!({})),
    ] {
        let shop = Shop::open();
        let request = shop.service.request("PATCH", path).from(&shop.less).body(patch.to_string());
        let answer = request.header("content-type", "application/json-patch+json").send();
        assert_eq!(answer.status, status, "{path} {patch}: {}", answer.json());
        let mut expected = kept();
        expected.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        assert_eq!(shop.seen_by(&shop.all), expected, "{path} {patch}");
        assert!(!answer.json().to_string().contains("Bonn"), "{path} {patch}: {}", answer.json());
    }
}

#[test]
fn a_rule_says_nothing_of_what_its_caller_does_not_see() {
    let shop = Shop::open();
    let born = ("/birthplace".to_owned(), "born".to_owned());
    for (caller, path, body, told) in [
        (&shop.all, "/patrons/c", r#"{"name":"nobody"}"#, vec![born.clone()]),
        (&shop.less, "/patrons/c", r#"{"name":"nobody"}"#, vec![]),
        (&shop.all, "/patrons/c/name", r#""nobody""#, vec![born]),
        (&shop.less, "/patrons/c/name", r#""nobody""#, vec![]),
    ] {
        let answer = shop.ask(caller, "PATCH", path, body);
        let violations = answer.json()["violations"].as_array().cloned().unwrap_or_default();
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let found: Vec<_> = violations.iter().map(|one| (text(one, "pointer"), text(one, "code"))).collect();
        assert_eq!((answer.status, found), (422, told), "{path}");
    }
}

#[test]
fn who_calls_by_name_sees_no_more_than_who_asks_over_http() {
    let shop = Shop::open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let call = |permissions: &str, name: &str, parameters: Value| {
        let _ = shop.service.tokens(&shop.service.caller("acme").may([permissions, "personal"]));
        let claims = Claims {
            company: "acme".into(),
            roles: vec![format!("may {permissions} personal").into()],
            ..Claims::default()
        };
        let parameters = parameters.to_string();
        told(runtime.block_on(shop.service.application().call(name, Caller::new(claims), parameters.as_bytes())))
    };
    let find = json!({"name": "Ada"});
    let full = call("*", "patrons.find", find.clone()).unwrap();
    assert!(full.contains("Bonn") && full.contains("iban"), "{full}");
    let part = call("patrons.find", "patrons.find", find).unwrap();
    assert!(part.contains("Ada") && part.contains("Ulm"), "{part}");
    for secret in ["Bonn", "birthplace", "door", "iban", "visits", "passport"] {
        assert!(!part.contains(secret), "{secret} in {part}");
    }
    let by_birth = json!({"page": {"filter": {"birthplace": {"prefix": "B"}}}});
    assert_eq!(call("*", "patrons.tally", by_birth.clone()), Ok("1".to_owned()));
    assert_eq!(call("patrons.tally", "patrons.tally", by_birth), Err("query_invalid /filter[birthplace]".to_owned()));
    let create = json!({"name": "Eve", "birthplace": "Rom"});
    assert_eq!(call("patrons.create", "patrons.create", create.clone()), Err("invalid /birthplace".to_owned()));
    assert!(call("*", "patrons.create", create).unwrap().contains("Rom"));
}

fn told(result: Result<Output, Fault>) -> Result<String, String> {
    let violations = |fault: Fault| {
        let pointers = fault.violations().iter().map(|one| one.pointer.clone());
        [fault.code().to_owned()].into_iter().chain(pointers).collect::<Vec<_>>().join(" ")
    };
    let text = |output: Output| String::from_utf8(output.json().unwrap_or_default().to_vec()).unwrap();
    result.map(text).map_err(violations)
}
