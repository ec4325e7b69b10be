//! The pages of the framework's own.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use enaction_core::catalogue;
use serde_json::json;

use crate::{
    raw::request,
    world::{PUBLIC, World, world},
};

#[test]
fn health_needs_no_tokens() {
    let world = world();
    for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let reply = world.plain(&format!("GET {path}"));
        assert_eq!(
            (reply.status, reply.json(), reply.field("cache-control")),
            (200, json!({"status": status}), Some("no-store"))
        );
    }
    assert_eq!(world.plain("GET /health").told(), "404 not_found");
}

#[test]
fn a_server_is_ready_when_everything_is_there() {
    static THERE: AtomicBool = AtomicBool::new(true);
    let world = World::with(
        |_| {},
        |server| {
            server.without_signals().ready_when(|| {
                Box::pin(async {
                    let there = THERE.load(Ordering::SeqCst);
                    if there { Ok(()) } else { Err(catalogue::KEYS_UNAVAILABLE.because("no policies")) }
                })
            })
        },
    );
    THERE.store(false, Ordering::SeqCst);
    assert_eq!(world.plain("GET /health/ready").told(), "503 keys_unavailable");
    assert_eq!(world.plain("GET /health/live").told(), "200");
    THERE.store(true, Ordering::SeqCst);
    let mut old = world.connect();
    old.send(request("GET /health/ready", &[], b""));
    assert_eq!(old.receive(false).unwrap().status, 200);
    world.handle.stop();
    std::thread::sleep(Duration::from_millis(100));
    old.send(request("GET /health/ready", &[], b""));
    assert_eq!(old.receive(false).unwrap().told(), "503 overloaded", "a server that stops is not ready");
}

#[test]
fn the_type_of_a_problem_leads_to_a_page() {
    let world = world();
    for (code, status) in [("not_found", 404), ("invalid_grant", 400), ("body_timeout", 408)] {
        let reply = world.plain(&format!("GET /problems/{code}"));
        let page = reply.json();
        assert_eq!((reply.status, &page["code"], &page["status"]), (200, &json!(code), &json!(status)));
        assert_eq!(page["type"], format!("{PUBLIC}/problems/{code}"));
        let again = request(&format!("GET /problems/{code}"), &[("If-None-Match", reply.field("etag").unwrap())], b"");
        assert_eq!(world.exchange(&again).status, 304);
    }
    assert_eq!(world.plain("GET /problems/none").told(), "404 not_found");
}
