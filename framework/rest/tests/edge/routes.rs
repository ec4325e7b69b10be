//! Paths and methods.

use serde_json::json;

use crate::world::{World, world};

#[test]
fn a_path_is_found_or_told_apart_from_a_malformed_one() {
    let world = world();
    world.tell("POST /baskets", &json!({"id": "found"}));
    for (path, told) in [
        ("/baskets/found", "200"),
        ("/b%61skets/%66ound", "200"),
        ("/baskets/found?", "200"),
        ("/baskets/fo%75nd/na%6De", "200"),
        ("/Baskets/found", "404 not_found"),
        ("/", "404 not_found"),
        ("/nothing", "404 not_found"),
        ("/baskets/found/nothing", "404 not_found"),
        ("/baskets/f+d", "404 not_found"),
        ("/baskets/f%20d", "404 not_found"),
        ("/baskets/%C3%A4", "404 not_found"),
        ("/baskets/", "400 path_malformed"),
        ("/baskets//found", "400 path_malformed"),
        ("//baskets", "400 path_malformed"),
        ("/baskets/./found", "400 path_malformed"),
        ("/baskets/../found", "400 path_malformed"),
        ("/baskets/%2e%2E", "400 path_malformed"),
        ("/baskets/%2F", "400 path_malformed"),
        ("/baskets/a%2fb", "400 path_malformed"),
        ("/baskets/%00", "400 path_malformed"),
        ("/baskets/%FF", "400 path_malformed"),
        ("/baskets/%4", "400 path_malformed"),
        ("/baskets/found?a=1", "400 query_invalid"),
        ("/baskets/found/sum?rounded=true", "200"),
        ("/baskets/found/sum?rounded=true&rounded=true", "400 query_invalid"),
        ("/baskets?limit=0", "400 query_invalid"),
        ("/baskets?limit=%zz", "400 query_invalid"),
    ] {
        assert_eq!(world.ask(&format!("GET {path}")).told(), told, "{path}");
    }
    assert_eq!(world.ask("GET http://elsewhere/baskets/found").told(), "200", "a target in absolute form");
}

#[test]
fn a_method_that_the_target_has_not_is_405_with_those_that_it_has() {
    let world = world();
    for (line, allow) in [
        ("PUT /baskets", "GET, HEAD, POST, OPTIONS"),
        ("PATCH /baskets", "GET, HEAD, POST, OPTIONS"),
        ("DELETE /baskets", "GET, HEAD, POST, OPTIONS"),
        ("TRACE /baskets", "GET, HEAD, POST, OPTIONS"),
        ("LINK /baskets/b", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("GET /baskets/b/submit", "POST, OPTIONS"),
        ("HEAD /baskets/b/submit", "POST, OPTIONS"),
        ("POST /baskets/b/sum", "GET, HEAD, OPTIONS"),
        ("POST /baskets/b/name", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("PUT /baskets/b/total", "GET, HEAD, OPTIONS"),
        ("PUT /baskets/b/lines/1/number", "GET, HEAD, OPTIONS"),
        ("GET /oauth/token", "POST, OPTIONS"),
        ("POST /health/live", "GET, HEAD, OPTIONS"),
        ("DELETE /problems/not_found", "GET, HEAD, OPTIONS"),
        ("get /baskets", "GET, HEAD, POST, OPTIONS"),
    ] {
        let reply = world.plain(line);
        assert_eq!((reply.status, reply.field("allow")), (405, Some(allow)), "{line}");
        if !line.starts_with("HEAD") {
            assert_eq!(reply.told(), "405 method_not_allowed", "{line}");
        }
    }
}

#[test]
fn options_tell_what_a_target_takes_without_tokens() {
    let world = world();
    let json = Some("application/json");
    let patch = Some("application/merge-patch+json, application/json-patch+json, application/json");
    for (path, allow, post, patched) in [
        ("/baskets", "GET, HEAD, POST, OPTIONS", json, None),
        ("/baskets/b", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", None, patch),
        ("/baskets/b/lines", "GET, HEAD, POST, DELETE, OPTIONS", json, None),
        ("/baskets/b/submit", "POST, OPTIONS", json, None),
        ("/oauth/token", "POST, OPTIONS", Some("application/x-www-form-urlencoded"), None),
        ("/oauth/keys", "GET, HEAD, OPTIONS", None, None),
        ("/health/ready", "GET, HEAD, OPTIONS", None, None),
        ("*", "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY, OPTIONS", None, None),
    ] {
        let reply = world.plain(&format!("OPTIONS {path}"));
        assert_eq!(reply.status, 204, "{path}");
        let found = (reply.field("allow"), reply.field("accept-post"), reply.field("accept-patch"));
        assert_eq!(found, (Some(allow), post, patched), "{path}");
        assert_eq!(reply.field("content-length"), None);
    }
    assert_eq!(world.plain("OPTIONS /nothing").told(), "404 not_found");
    assert_eq!(world.plain("OPTIONS /baskets/").told(), "400 path_malformed");
}

#[test]
fn connect_is_a_method_like_any_other() {
    let reply = world().exchange(b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n");
    assert_eq!((reply.status, reply.field("connection")), (405, Some("close")));
    assert!(reply.field("allow").is_some());
}

#[test]
fn a_literal_segment_wins_over_a_parameter() {
    let world = world();
    world.tell("POST /baskets", &json!({"id": "literal", "name": "x"}));
    assert_eq!(world.tell("POST /baskets/nap", &json!(1)).told(), "200");
    assert_eq!(world.tell("POST /baskets/literal", &json!({})).told(), "409 already_exists");
    assert_eq!(world.tell("POST /baskets/unknown", &json!({})).told(), "404 not_found");
    assert_eq!(world.tell("POST /baskets", &json!({"id": "nap"})).told(), "422 invalid");
}

#[test]
fn the_table_can_be_swapped_while_it_is_served() {
    let world = World::new(|_| {});
    let mut connection = world.connect();
    for (served, status) in [(true, 200), (false, 404), (true, 200)] {
        let operations = if served { world.application.operations() } else { &[] };
        world.handle.route(operations).unwrap();
        connection.send(world.signed("GET /baskets", &[], b""));
        assert_eq!(connection.receive(false).unwrap().status, status);
        assert_eq!(world.plain("GET /health/live").status, 200);
    }
    let twice = [world.application.operations(), world.application.operations()].concat();
    assert!(world.handle.route(&twice).unwrap_err().to_string().starts_with("build the router: "));
    assert_eq!(world.ask("GET /baskets").status, 200, "the old table stays");
    world.handle.stop();
}
