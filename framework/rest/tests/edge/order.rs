//! For two mistakes there is one answer: that of the earlier step.

use serde_json::json;

use crate::{
    raw::request,
    world::{PUBLIC, now, world},
};

type Fields<'a> = Vec<(&'a str, &'a str)>;

#[test]
fn of_two_mistakes_the_earlier_one_is_told() {
    let world = world();
    world.tell("POST /baskets", &json!({"id": "order"}));
    let (id, site) = (world.id_token.as_str(), world.site_token.as_str());
    let (narrow_id, narrow_site) = world.tokens(json!({"scope": "stock.*"}));
    let (poor_id, poor_site) = world.tokens(json!({"roles": ["nobody"]}));
    let old = json!({"scope": "stock.*", "iat": now() - 660, "exp": now() + 60});
    let (revoked_id, revoked_site) = world.tokens(old);
    let revoked = vec![("id_token", revoked_id.as_str()), ("site_token", revoked_site.as_str())];
    let both = vec![("id_token", id), ("site_token", site)];
    let narrow = vec![("id_token", narrow_id.as_str()), ("site_token", narrow_site.as_str())];
    let poor = vec![("id_token", poor_id.as_str()), ("site_token", poor_site.as_str())];
    let twice = [both.clone(), vec![("Id-Token", id)]].concat();
    let (long, many) = ("x".repeat(16_400), vec![("X-A", "1"); 64]);
    let far = format!("GET /baskets/{}/", "x".repeat(4_100));
    let too_long = "x".repeat(4_097);
    let json_type = ("Content-Type", "application/json");
    let html = ("Accept", "text/html");
    let cases: Vec<(&str, &str, Fields<'_>, &str, &str)> = vec![
        ("head before target", &far, vec![("X-Long", &long)], "", "431 head_too_large"),
        ("fields before target", &far, many.clone(), "", "431 head_too_large"),
        ("target before path", &far, vec![], "", "414 target_too_long"),
        ("path before method", "LINK /baskets/", vec![], "", "400 path_malformed"),
        ("unknown path before method", "LINK /nothing", vec![], "", "404 not_found"),
        ("method before tokens", "PUT /baskets", vec![("id_token", "x")], "", "405 method_not_allowed"),
        (
            "long token before two carriers",
            "GET /baskets",
            vec![("id_token", &too_long), ("Id-Token", "x")],
            "",
            "431 token_too_long",
        ),
        ("two carriers before body", "GET /baskets", twice, "{", "400 invalid_request"),
        ("no tokens before body", "GET /baskets", vec![], "{", "401 tokens_missing"),
        ("one token before body", "GET /baskets", vec![("site_token", site)], "{", "401 id_token_missing"),
        ("the other token", "GET /baskets", vec![("id_token", id)], "{", "401 site_token_missing"),
        (
            "bad token before body",
            "GET /baskets",
            vec![("id_token", "x"), ("site_token", site)],
            "{",
            "401 invalid_token",
        ),
        ("revocation before scope", "GET /baskets", revoked, "{", "401 invalid_token"),
        ("scope before body", "GET /baskets", narrow, "{", "403 insufficient_scope"),
        ("permission before body", "GET /baskets", poor, "{", "403 permission_denied"),
        ("body before accept", "GET /baskets/order", [both.clone(), vec![html]].concat(), "{", "400 body_not_allowed"),
        ("delete takes no body", "DELETE /baskets/order", both.clone(), "{", "400 body_not_allowed"),
        (
            "body required before accept",
            "PATCH /baskets/order",
            [both.clone(), vec![html]].concat(),
            "",
            "400 body_required",
        ),
        (
            "two types before the type",
            "POST /baskets",
            [both.clone(), vec![("Content-Type", "x"), ("Content-Type", "y")]].concat(),
            "{",
            "400 header_malformed",
        ),
        ("type before accept", "POST /baskets", [both.clone(), vec![html]].concat(), "{", "415 unsupported_media_type"),
        (
            "coding before accept",
            "POST /baskets",
            [both.clone(), vec![json_type, ("Content-Encoding", "gzip"), html]].concat(),
            "{",
            "415 unsupported_media_type",
        ),
        (
            "accept before json",
            "POST /baskets",
            [both.clone(), vec![json_type, html]].concat(),
            "{",
            "406 not_acceptable",
        ),
        (
            "accept before length",
            "POST /baskets",
            [both.clone(), vec![json_type, html, ("Content-Length", "9999999")]].concat(),
            "{",
            "406 not_acceptable",
        ),
        (
            "type before length",
            "POST /baskets",
            [both.clone(), vec![("Content-Length", "9999999")]].concat(),
            "{",
            "415 unsupported_media_type",
        ),
        (
            "length before json",
            "POST /baskets?x=1",
            [both.clone(), vec![json_type, ("Content-Length", "9999999")]].concat(),
            "{",
            "413 body_too_large",
        ),
        ("query before json", "POST /baskets?x=1", [both.clone(), vec![json_type]].concat(), "{", "400 query_invalid"),
        ("json before existence", "PATCH /baskets/none", [both.clone(), vec![json_type]].concat(), "{", "400 not_json"),
        (
            "rules before existence",
            "PATCH /baskets/none",
            [both.clone(), vec![json_type]].concat(),
            "{\"x\":1}",
            "422 invalid",
        ),
        ("existence", "PATCH /baskets/none", [both.clone(), vec![json_type]].concat(), "{}", "404 not_found"),
        (
            "not an id names nothing",
            "PATCH /baskets/a%20b",
            [both.clone(), vec![json_type]].concat(),
            "{}",
            "404 not_found",
        ),
        ("taken", "POST /baskets", [both, vec![json_type]].concat(), "{\"id\":\"order\"}", "409 already_exists"),
    ];
    for (sentence, line, fields, body, told) in cases {
        let reply = world.exchange(&request(line, &fields, body.as_bytes()));
        assert_eq!(reply.told(), told, "{sentence}");
        let problem = reply.json();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(reply.field("content-type"), Some("application/problem+json"), "{sentence}");
        assert_eq!(reply.field("cache-control"), Some("no-store"), "{sentence}");
        assert_eq!(problem["type"], format!("{PUBLIC}/problems/{code}"), "{sentence}");
        assert_eq!(problem["status"], reply.status, "{sentence}");
        assert_eq!(problem["traceId"], reply.field("traceparent").unwrap()[3..35], "{sentence}");
        assert!(
            problem["title"].is_string() && problem["instance"].as_str().unwrap().starts_with("/pos/"),
            "{sentence}"
        );
        assert_eq!(
            reply.field("www-authenticate").is_some(),
            matches!(reply.status, 401) || code.starts_with("in") && reply.status < 404,
            "{sentence}"
        );
    }
}

#[test]
fn a_refused_token_is_challenged_and_named_but_never_told() {
    let world = world();
    let reply = world.exchange(&request("GET /baskets", &[("id_token", "secret-text"), ("site_token", "x")], b""));
    assert_eq!(reply.field("www-authenticate").unwrap().split(',').next(), Some("Bearer realm=\"api\""));
    assert_eq!(reply.json()["token"], "id");
    assert!(!String::from_utf8_lossy(&reply.body).contains("secret-text"));
    let bare = world.plain("GET /baskets");
    assert_eq!(bare.field("www-authenticate"), Some("Bearer realm=\"api\""));
}

#[test]
fn a_problem_names_its_limit_and_what_is_taken_instead() {
    let world = world();
    let reply = world.exchange(&world.signed("POST /baskets", &[], b"<basket/>"));
    assert_eq!(reply.field("accept-post"), Some("application/json"));
    let reply = world.exchange(&world.signed("PATCH /baskets/b", &[("Content-Type", "application/xml")], b"[]"));
    assert_eq!(
        (reply.status, reply.field("accept-patch")),
        (415, Some("application/merge-patch+json, application/json-patch+json, application/json"))
    );
    let reply = world.exchange(&world.signed(
        "POST /baskets",
        &[("Content-Length", "1048577"), ("Content-Type", "application/json")],
        b"",
    ));
    assert_eq!(reply.json()["limit"], "body_bytes_max");
    let reply = world.ask("GET /baskets?limit=501");
    assert_eq!(reply.told(), "400 query_invalid");
    let reply = world.tell("POST /baskets", &json!({"name": "x".repeat(21), "other": 1, "total": 7}));
    let mut pointers: Vec<_> = reply.json()["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pointer"].as_str().unwrap().to_owned())
        .collect();
    pointers.sort();
    assert_eq!(pointers, ["/name", "/other", "/total"]);
}
