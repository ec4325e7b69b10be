//! Bodies: how they come, and what becomes of those that nobody reads.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    raw::request,
    world::{World, world},
};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn a_body_may_come_in_pieces() {
    let world = world();
    let mut connection = world.connect();
    connection.send(world.signed("POST /baskets", &[JSON, ("Content-Length", "16")], b"{\"name"));
    std::thread::sleep(Duration::from_millis(30));
    connection.send(b"\":\"piece\"");
    std::thread::sleep(Duration::from_millis(30));
    connection.send(b"}");
    assert_eq!(connection.receive(false).unwrap().json()["name"], "piece");
    connection.send(world.signed("POST /baskets", &[JSON, ("Transfer-Encoding", "chunked")], b"6\r\n{\"name\r\n"));
    std::thread::sleep(Duration::from_millis(30));
    connection.send(b"a;x=y\r\n\":\"chunk\"}\r\n0\r\nTrailer: 1\r\n\r\n");
    assert_eq!(connection.receive(false).unwrap().json()["name"], "chunk");
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let world = world();
    let mut connection = world.connect();
    connection.send(world.signed("POST /baskets", &[JSON, ("Expect", "100-continue"), ("Content-Length", "2")], b""));
    assert_eq!(connection.receive(false).unwrap().status, 100);
    connection.send(b"{}");
    assert_eq!(connection.receive(false).unwrap().status, 201);
}

#[test]
fn a_body_that_is_too_long_is_refused_by_its_length_before_it_is_sent() {
    let world = world();
    let mut connection = world.connect();
    connection.send(world.signed("POST /baskets", &[JSON, ("Content-Length", "1048577")], b""));
    let reply = connection.receive(false).unwrap();
    assert_eq!((reply.told().as_str(), reply.field("connection")), ("413 body_too_large", Some("close")));
}

#[test]
fn a_body_that_is_too_long_is_refused_while_it_comes() {
    let world = World::new(|limits| limits.body_bytes_max = 1000);
    let mut connection = world.connect();
    connection.send(world.signed("POST /baskets", &[JSON, ("Transfer-Encoding", "chunked")], b"3E8\r\n"));
    connection.send("x".repeat(1000));
    connection.send(b"\r\n1\r\nx\r\n");
    let reply = connection.receive(false).unwrap();
    assert_eq!((reply.told().as_str(), reply.field("connection")), ("413 body_too_large", Some("close")));
    let whole = format!("{{\"name\":\"\"{}}}", " ".repeat(1000 - 11));
    let reply = world.exchange(&world.signed("POST /baskets", &[JSON], whole.as_bytes()));
    assert_eq!((whole.len(), reply.status), (1000, 201), "exactly the limit is taken");
    world.handle.stop();
}

#[test]
fn a_slow_body_is_given_up() {
    let world = World::new(|limits| limits.body_ms_max = 200);
    for fields in [[JSON, ("Content-Length", "10")], [JSON, ("Transfer-Encoding", "chunked")]] {
        let mut connection = world.connect();
        let since = Instant::now();
        connection.send(world.signed("POST /baskets", &fields, b""));
        let reply = connection.receive(false).unwrap();
        assert_eq!((reply.told().as_str(), reply.field("connection")), ("408 body_timeout", Some("close")));
        assert_eq!(reply.json()["limit"], "body_ms_max");
        assert!(since.elapsed() < Duration::from_secs(3));
    }
    world.handle.stop();
}

#[test]
fn a_chunk_that_can_not_be_read_is_refused() {
    let world = world();
    let reply = world.exchange(&world.signed("POST /baskets", &[JSON, ("Transfer-Encoding", "chunked")], b"zz\r\n"));
    assert_eq!((reply.told().as_str(), reply.field("connection")), ("400 body_incomplete", Some("close")));
}

#[test]
fn a_body_that_nobody_reads_is_never_taken_for_the_next_request() {
    let world = world();
    let hidden = b"DELETE /baskets/kept HTTP/1.1\r\nHost: x\r\n\r\n";
    world.tell("POST /baskets", &json!({"id": "kept"}));
    let chunked = [format!("{:x}\r\n", hidden.len()).as_bytes(), hidden, b"\r\n0\r\n\r\n"].concat();
    let refusals: [(&str, bool, u16); 6] = [
        ("GET /baskets", true, 400),
        ("GET /baskets", false, 401),
        ("POST /nothing", true, 404),
        ("PUT /baskets", true, 405),
        ("POST /baskets", true, 415),
        ("GET /health/live", true, 400),
    ];
    for (line, signed, status) in refusals {
        for (fields, body) in [(vec![], hidden.to_vec()), (vec![("Transfer-Encoding", "chunked")], chunked.clone())] {
            let bytes = if signed { world.signed(line, &fields, &body) } else { request(line, &fields, &body) };
            let mut connection = world.connect();
            connection.send(bytes);
            let reply = connection.receive(false).unwrap();
            assert_eq!(reply.status, status, "{line}");
            if reply.field("connection") == Some("close") {
                assert!(connection.is_closed(), "{line}");
                continue;
            }
            connection.send(world.signed("GET /baskets/kept", &[], b""));
            assert_eq!(connection.receive(false).unwrap().status, 200, "{line}");
        }
    }
}

#[test]
fn a_short_body_of_a_refused_request_does_not_cost_the_connection() {
    let world = world();
    let mut connection = world.connect();
    for _ in 0..3 {
        connection.send(request("POST /baskets", &[JSON], b"{}"));
        let reply = connection.receive(false).unwrap();
        assert_eq!((reply.status, reply.field("connection")), (401, None));
    }
    connection.send(request("POST /baskets", &[JSON, ("Content-Length", "2")], b""));
    let reply = connection.receive(false).unwrap();
    assert_eq!(
        (reply.status, reply.field("connection")),
        (401, Some("close")),
        "a body that does not come is not waited for"
    );
}

#[test]
fn what_is_sent_without_end_is_not_read_without_end() {
    let world = world();
    let mut connection = world.connect();
    connection.send(request("POST /baskets", &[("Transfer-Encoding", "chunked")], b""));
    let piece = [b"4000\r\n".as_slice(), &vec![b'x'; 0x4000], b"\r\n"].concat();
    let since = Instant::now();
    while connection.try_send(&piece) {
        assert!(since.elapsed() < Duration::from_secs(8), "the server still reads");
    }
}
