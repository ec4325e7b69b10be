//! The pages of the framework's own.

use serde_json::json;

use crate::{
    raw::request,
    world::{PUBLIC, world},
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
