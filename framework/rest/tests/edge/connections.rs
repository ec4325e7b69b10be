//! Connections: one after the other, one behind the other, and those whose client is gone.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    shop::{DOZED, ENDED},
    world::{World, world},
};

#[test]
fn a_connection_is_used_again() {
    let world = world();
    let mut connection = world.connect();
    for line in
        ["GET /health/live", "HEAD /baskets", "GET /none", "OPTIONS /baskets", "GET /baskets", "DELETE /baskets/none"]
    {
        connection.send(world.signed(line, &[], b""));
        let reply = connection.receive(line.starts_with("HEAD")).unwrap();
        assert_eq!(reply.field("connection"), None, "{line}");
    }
    connection.send(world.signed("GET /health/live", &[("Connection", "close")], b""));
    assert_eq!(connection.receive(false).unwrap().field("connection"), Some("close"));
    assert!(connection.is_closed());
}

#[test]
fn requests_that_were_sent_together_are_answered_in_their_order() {
    let world = world();
    let json_type = ("Content-Type", "application/json");
    let together = [
        world.signed("POST /baskets", &[json_type], br#"{"id":"pipe"}"#),
        world.signed("GET /baskets/pipe", &[], b""),
        world.signed("POST /baskets", &[json_type], b"not json"),
        world.signed("GET /none", &[], b""),
        world.signed("DELETE /baskets/pipe", &[], b""),
        world.signed("GET /baskets/pipe", &[], b""),
    ];
    let mut connection = world.connect();
    connection.send(together.concat());
    for told in ["201", "200", "400 not_json", "404 not_found", "200", "404 not_found"] {
        assert_eq!(connection.receive(false).unwrap().told(), told);
    }
}

#[test]
fn a_command_runs_to_its_end_when_its_client_is_gone() {
    let world = world();
    let before = ENDED.load(Ordering::SeqCst);
    let mut connection = world.connect();
    let fields = [("Content-Type", "application/json")];
    connection.send(world.signed("POST /baskets/nap", &fields, b"300"));
    std::thread::sleep(Duration::from_millis(100));
    drop(connection);
    let since = Instant::now();
    while ENDED.load(Ordering::SeqCst) == before {
        assert!(since.elapsed() < Duration::from_secs(5), "the command did not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_query_ends_with_its_client() {
    let world = world();
    let mut connection = world.connect();
    connection.send(world.signed("GET /baskets/doze", &[], b""));
    std::thread::sleep(Duration::from_millis(100));
    drop(connection);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(DOZED.load(Ordering::SeqCst), 0);
    assert_eq!(world.ask("GET /baskets/doze").json(), 0);
}

#[test]
fn a_worker_that_is_full_says_so() {
    let world = World::new(|limits| limits.requests_running_max = 1);
    let naps: Vec<_> = (0..4)
        .map(|_| {
            let mut connection = world.connect();
            connection.send(world.signed("POST /baskets/nap", &[("Content-Type", "application/json")], b"400"));
            connection
        })
        .collect();
    std::thread::sleep(Duration::from_millis(150));
    let reply = world.ask("GET /baskets");
    assert_eq!((reply.told().as_str(), reply.field("retry-after")), ("503 overloaded", Some("1")));
    assert_eq!(reply.json()["limit"], "requests_running_max");
    for mut nap in naps {
        assert!(matches!(nap.receive(false).unwrap().status, 200 | 503));
    }
    assert_eq!(world.ask("GET /baskets").status, 200);
    world.handle.stop();
}

#[test]
fn a_process_that_takes_too_long_is_ended() {
    let world = World::new(|limits| limits.process_ms_max = 100);
    let reply = world.tell("POST /baskets/nap", &json!(5000));
    assert_eq!((reply.told().as_str(), reply.field("retry-after")), ("503 process_timeout", Some("1")));
    world.handle.stop();
}

#[test]
fn two_requests_on_two_connections_see_the_same_data() {
    let world = world();
    let (mut one, mut two) = (world.connect(), world.connect());
    for number in 0..20 {
        let id = format!("both{number}");
        one.send(world.signed(
            "POST /baskets",
            &[("Content-Type", "application/json")],
            json!({"id": id}).to_string().as_bytes(),
        ));
        assert_eq!(one.receive(false).unwrap().status, 201);
        two.send(world.signed(&format!("GET /baskets/{id}"), &[], b""));
        assert_eq!(two.receive(false).unwrap().status, 200);
    }
}
