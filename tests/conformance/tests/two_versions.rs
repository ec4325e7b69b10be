//! Two versions of a program on one store: the older keeps what only the newer knows.

use std::sync::Arc;

use enaction::{
    prelude::*,
    store::Store,
    stores::MemoryStore,
    testkit::{Answer, Running, TestService},
};
use serde_json::{Value, json};

mod newer {
    use enaction::prelude::*;

    /// A jar.
    #[entity("jars")]
    pub struct Jar {
        pub id: Id<Jar>,
        #[validate(length(max = 5))]
        pub name: String,
        pub lid: String,
    }
}

mod ordered {
    use enaction::prelude::*;

    /// A jar, when it was asked for by name.
    #[entity("jars", list(sort = "-name"))]
    pub struct Jar {
        pub id: Id<Jar>,
        #[validate(length(max = 5))]
        pub name: String,
    }
}

/// A jar, before jars had lids.
#[entity("jars")]
pub struct Jar {
    pub id: Id<Jar>,
    #[validate(length(max = 5))]
    pub name: String,
}

fn start(store: &Arc<dyn Store>, module: Module) -> Running {
    TestService::new().store(Arc::clone(store)).module(module).start()
}

fn send(service: &Running, method: &str, path: &str, media_type: &str, body: &Value) -> Answer {
    let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
    let request = service.request(method, path).header("content-type", media_type).body(body.to_string());
    request.from(&anna).send()
}

fn told(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.pointers().join(" ")).trim_end().to_owned()
}

#[test]
fn the_older_keeps_what_it_does_not_know_and_takes_nothing_else_that_is_unknown() {
    const JSON: &str = "application/json";
    const JSON_PATCH: &str = "application/json-patch+json";
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let new = start(&store, Module::new("").resource(Resource::<newer::Jar>::stored()));
    let old = start(&store, Module::new("").resource(Resource::<Jar>::stored()));
    let made = send(&new, "POST", "/jars", JSON, &json!({"id": "one", "name": "a", "lid": "blue"}));
    assert_eq!(made.status, 201);
    for (method, path, media_type, body, expected, name) in [
        ("PUT", "/jars/one", JSON, json!({"name": "b", "lid": "blue"}), "200", "b"),
        ("PUT", "/jars/one", JSON, json!({"name": "c"}), "200", "c"),
        ("PUT", "/jars/one", JSON, json!({"name": "d", "lid": "red"}), "422 /lid", "c"),
        ("PUT", "/jars/one", JSON, json!({"name": "d", "lid": "blue", "lip": 1}), "422 /lip", "c"),
        ("PUT", "/jars/one", JSON, json!({"name": "too long", "lid": "blue"}), "422 /lid /name", "c"),
        ("PUT", "/jars/two", JSON, json!({"lid": "blue"}), "404", "c"),
        ("PUT", "/jars/two", JSON, json!({"lid": "blue", "name": 1}), "422 /lid /name", "c"),
        ("PUT", "/jars/one/name", JSON, json!("d"), "200", "d"),
        ("PATCH", "/jars/one", JSON, json!({"name": "e"}), "200", "e"),
        ("PATCH", "/jars/one", JSON, json!({"lid": "blue"}), "422 /lid", "e"),
        (
            "PATCH",
            "/jars/one",
            JSON_PATCH,
            json!([{"op": "test", "path": "/lid", "value": "blue"}, {"op": "replace", "path": "/name", "value": "f"}]),
            "200",
            "f",
        ),
        ("PATCH", "/jars/one", JSON_PATCH, json!([{"op": "replace", "path": "/lid", "value": "red"}]), "422 /lid", "f"),
        ("PATCH", "/jars/one", JSON_PATCH, json!([{"op": "remove", "path": "/lid"}]), "422 /lid", "f"),
    ] {
        let answer = send(&old, method, path, media_type, &body);
        assert_eq!(told(&answer), expected, "{method} {path} {body}");
        let anna = new.caller("acme").at("0001", "EUR").may(["*"]);
        let now = new.get("/jars/one").from(&anna).send().json();
        assert_eq!((&now["name"], &now["lid"]), (&json!(name), &json!("blue")), "{method} {path} {body}");
    }
}

#[test]
fn a_server_builds_by_itself_what_a_newer_program_declares() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let before = start(&store, Module::new("").resource(Resource::<Jar>::stored()));
    for name in ["b", "c", "a"] {
        let made = send(&before, "POST", "/jars", "application/json", &json!({"id": name, "name": name}));
        assert_eq!(made.status, 201);
    }
    drop(before);
    let now = start(&store, Module::new("").resource(Resource::<ordered::Jar>::stored()));
    let anna = now.caller("acme").at("0001", "EUR").may(["*"]);
    let answer = loop {
        let answer = now.get("/jars?sort=-name").from(&anna).send();
        if answer.status != 503 {
            break answer;
        }
        assert_eq!(answer.json()["code"], "index_building");
        assert!(answer.header("retry-after").is_some());
    };
    let names: Vec<_> =
        answer.json()["items"].as_array().expect("items").iter().map(|jar| jar["name"].clone()).collect();
    assert_eq!((answer.status, names), (200, vec![json!("c"), json!("b"), json!("a")]));
}
