//! What is logged of a request.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::{raw::request, world::World};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn one_event_tells_a_request_and_no_token_is_in_the_log() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(lines.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let world = World::new(|_| {});
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let id = |id| ("X-Request-Id", id);
    world.exchange(&world.signed("POST /baskets", &[id("log-1"), trace], b""));
    world.exchange(&world.signed("GET /baskets/secret-path/name?x=secret-flag", &[id("log-2")], b""));
    let tokens = [("Id-Token", "secret-token"), ("Site-Token", world.site_token.as_str())];
    world.exchange(&request("SECRET-METHOD /baskets", &[&tokens[..], &[id("log-3")]].concat(), b""));
    world.exchange(&request("GET /baskets", &[&tokens[..], &[id("log-4")]].concat(), b""));
    world.exchange(&request("HEAD /health/live", &[id("log-5")], b""));
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (id, expected) in [
        (
            "log-1",
            json!({"operation": "baskets.create", "method": "POST", "path": "/baskets", "status": 201,
            "company": "acme", "caller": "usr_1", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}),
        ),
        (
            "log-2",
            json!({"operation": "baskets.read", "method": "GET", "path": "/baskets/{id}/name", "status": 400,
            "company": "acme", "code": "query_invalid"}),
        ),
        ("log-3", json!({"method": "other", "status": 405, "code": "method_not_allowed"})),
        ("log-4", json!({"operation": "baskets.list", "status": 401, "code": "invalid_token", "reason": "form"})),
        ("log-5", json!({"operation": "health.live", "method": "HEAD", "path": "/health/live", "status": 200})),
    ] {
        let found: Vec<&Value> = events.iter().filter(|event| event["fields"]["request_id"] == id).collect();
        assert_eq!(found.len(), 1, "{id}");
        assert_eq!((&found[0]["target"], &found[0]["level"]), (&json!("enaction::request"), &json!("INFO")));
        assert!(found[0]["fields"]["duration_us"].is_u64());
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(found[0]["fields"][name], *value, "{id} {name}");
        }
    }
    for line in text.lines().filter(|line| line.contains("\"target\":\"enaction")) {
        assert!(!line.to_lowercase().contains("secret"), "{line}");
        assert!(!line.contains(&world.site_token) && !line.contains(&world.id_token), "{line}");
    }
    world.handle.stop();
}
