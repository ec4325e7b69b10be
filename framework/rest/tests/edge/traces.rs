//! Request ids and traces.

use crate::{raw::request, world::world};

#[test]
fn a_request_id_of_the_client_is_kept_when_it_is_good() {
    let world = world();
    for (sent, kept) in [("abc.DEF_1-2", true), ("a b", false), ("\"x\"", false)] {
        let reply = world.exchange(&request("GET /health/live", &[("X-Request-Id", sent)], b""));
        assert_eq!(reply.field("x-request-id") == Some(sent), kept, "{sent}");
    }
    let twice = request("GET /health/live", &[("X-Request-Id", "a"), ("X-Request-Id", "b")], b"");
    assert_eq!(world.exchange(&twice).field("x-request-id").unwrap().len(), 32);
    let (one, two) = (world.plain("GET /health/live"), world.plain("GET /health/live"));
    assert_ne!(one.field("x-request-id"), two.field("x-request-id"));
}

#[test]
fn a_trace_is_continued_with_a_span_of_its_own() {
    let world = world();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let reply = world.exchange(&request("GET /none", &[("traceparent", parent)], b""));
    let answer = reply.field("traceparent").unwrap();
    assert_eq!((&answer[..36], &answer[52..]), (&parent[..36], "-00"));
    assert_ne!(&answer[36..52], "00f067aa0ba902b7");
    assert_eq!(reply.json()["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    let started = world.exchange(&request("GET /none", &[("traceparent", "garbage")], b""));
    assert_eq!(started.json()["traceId"], started.field("traceparent").unwrap()[3..35]);
}
