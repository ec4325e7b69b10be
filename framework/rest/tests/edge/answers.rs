//! Status, headers and body of what succeeds.

use serde_json::{Value, json};

use crate::world::world;

const VARY: &str =
    "Id-Token, Site-Token, id_token, site_token, Authorization, Accept, Accept-Language, Accept-Encoding";

#[test]
fn what_is_made_has_a_location_and_a_tag() {
    let world = world();
    let made = world.tell("POST /b%61skets", &json!({"id": "made", "name": "one"}));
    assert_eq!((made.status, made.field("location")), (201, Some("/pos/b%61skets/made")));
    assert_eq!(made.field("content-type"), Some("application/json"));
    assert_eq!(made.field("cache-control"), Some("no-store"));
    assert_eq!(made.field("x-content-type-options"), Some("nosniff"));
    assert_eq!(made.json()["name"], "one");
    let read = world.ask("GET /baskets/made");
    assert_eq!(made.field("etag"), read.field("etag"));
    assert_eq!(read.body, made.body);
    assert_eq!(read.field("cache-control"), Some("private, no-cache"));
    assert_eq!(read.field("vary"), Some(VARY));
    let copied = world.ask("POST /baskets/made/copy");
    let id = copied.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((copied.status, copied.field("location")), (201, Some(format!("/pos/baskets/{id}").as_str())));
    let line = world.tell("POST /baskets/made/lines", &json!({"what": "milk"}));
    assert_eq!((line.status, line.field("location")), (201, Some("/pos/baskets/made/lines/1")));
    assert_eq!(world.ask("GET /baskets/made/lines/1").json()["what"], "milk");
}

#[test]
fn head_is_get_without_its_body() {
    let world = world();
    world.tell("POST /baskets", &json!({"id": "headed"}));
    for path in [
        "/baskets/headed",
        "/baskets?limit=1",
        "/health/live",
        "/oauth/keys",
        "/problems/not_found",
        "/baskets/none",
        "/none",
    ] {
        let (get, head) = (world.ask(&format!("GET {path}")), world.ask(&format!("HEAD {path}")));
        assert_eq!((get.status, head.body.len()), (head.status, 0), "{path}");
        let fields = |reply: &crate::raw::Reply| -> Vec<(String, String)> {
            let own = ["date", "x-request-id", "traceparent"];
            let mut fields: Vec<_> =
                reply.fields.iter().filter(|(name, _)| !own.contains(&name.as_str())).cloned().collect();
            fields.sort();
            fields
        };
        assert_eq!(fields(&get), fields(&head), "{path}");
        assert_eq!(get.field("content-length"), Some(get.body.len().to_string().as_str()), "{path}");
    }
}

#[test]
fn a_known_tag_is_answered_without_the_body() {
    let world = world();
    world.tell("POST /baskets", &json!({"id": "tagged"}));
    let tag = world.ask("GET /baskets/tagged").field("etag").unwrap().to_owned();
    let again = world.exchange(&world.signed("GET /baskets/tagged", &[("If-None-Match", &tag)], b""));
    assert_eq!((again.status, again.body.len(), again.field("etag")), (304, 0, Some(tag.as_str())));
    world.ask("POST /baskets/tagged/submit");
    let changed = world.exchange(&world.signed("GET /baskets/tagged", &[("If-None-Match", &tag)], b""));
    assert_eq!(changed.status, 200);
    assert_ne!(changed.field("etag"), Some(tag.as_str()));
    let part = world.ask("GET /baskets/tagged/name");
    assert_eq!(part.field("etag"), changed.field("etag"), "a property has the tag of its item");
    let value = world.ask("GET /baskets/tagged/sum");
    assert_eq!((value.field("etag"), value.field("cache-control")), (None, Some("no-store")));
}

#[test]
fn who_prefers_nothing_gets_nothing() {
    let world = world();
    let minimal = [("Prefer", "return=minimal"), ("Content-Type", "application/json")];
    let whole = [("Prefer", "return=representation"), ("Content-Type", "application/json")];
    let made = world.exchange(&world.signed("POST /baskets", &minimal, br#"{"id":"terse"}"#));
    assert_eq!((made.status, made.body.len(), made.field("location")), (201, 0, Some("/pos/baskets/terse")));
    for (line, fields, status, applied) in [
        ("PATCH /baskets/terse", minimal, 204, "return=minimal"),
        ("PUT /baskets/terse", minimal, 204, "return=minimal"),
        ("PATCH /baskets/terse", whole, 200, "return=representation"),
        ("POST /baskets/terse/submit", minimal, 204, "return=minimal"),
    ] {
        let reply = world.exchange(&world.signed(line, &fields, b"{}"));
        assert_eq!((reply.status, reply.field("preference-applied")), (status, Some(applied)), "{line}");
        assert_eq!((reply.body.is_empty(), reply.field("etag").is_some()), (status == 204, true), "{line}");
    }
    let read = world.exchange(&world.signed("GET /baskets/terse", &[("Prefer", "return=minimal")], b""));
    assert_eq!((read.status, read.body.is_empty(), read.field("preference-applied")), (200, false, None));
    let renamed = world.tell("POST /baskets/terse/rename", &json!({"name": "n"}));
    assert_eq!((renamed.status, renamed.body.len(), renamed.field("content-type")), (204, 0, None));
    let gone = world.ask("DELETE /baskets/terse");
    assert_eq!((gone.status, &gone.json()["name"]), (200, &json!("n")));
    assert_eq!(world.ask("DELETE /baskets/terse").told(), "404 not_found");
}

#[test]
fn an_empty_body_is_an_empty_document_where_it_may_be() {
    let world = world();
    let made = world.ask("POST /baskets");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.status, 201);
    assert_eq!(world.tell(&format!("PATCH /baskets/{id}"), &json!({"name": "n"})).status, 200);
    assert_eq!(world.ask(&format!("PUT /baskets/{id}")).json()["name"], "");
    assert_eq!(world.ask(&format!("PATCH /baskets/{id}")).told(), "400 body_required");
    assert_eq!(
        world.exchange(&world.signed("POST /baskets", &[("Transfer-Encoding", "chunked")], b"0\r\n\r\n")).status,
        201
    );
    assert_eq!(
        world
            .exchange(&world.signed(&format!("GET /baskets/{id}"), &[("Transfer-Encoding", "chunked")], b"0\r\n\r\n"))
            .status,
        200
    );
}

#[test]
fn a_list_is_read_page_by_page_by_its_links() {
    let world = world();
    let other = crate::world::World::new(|_| {});
    for id in ["a", "b", "c", "d", "e"] {
        assert_eq!(other.tell("POST /baskets", &json!({"id": id})).status, 201);
    }
    let (mut target, mut seen, mut tags) = ("/baskets?limit=2".to_owned(), Vec::new(), Vec::new());
    loop {
        let page = other.ask(&format!("GET {target}"));
        assert_eq!((page.status, page.field("cache-control")), (200, Some("private, no-cache")));
        tags.push(page.field("etag").unwrap().to_owned());
        let body = page.json();
        seen.extend(body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = body.get("next").and_then(Value::as_str) else {
            assert_eq!(page.field("link"), None);
            break;
        };
        assert_eq!(page.field("link"), Some(format!("<{next}>; rel=\"next\"").as_str()));
        assert!(next.starts_with("/pos/baskets?cursor=") && next.ends_with("&limit=2"), "{next}");
        target = next.strip_prefix("/pos").unwrap().to_owned();
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    tags.dedup();
    assert_eq!(tags.len(), 3);
    assert_eq!(world.ask("GET /baskets?cursor=%21").told(), "400 cursor_invalid");
    other.handle.stop();
}

#[test]
fn a_panic_is_a_problem_of_the_service() {
    let world = world();
    for line in ["GET /baskets/stumble", "POST /baskets/fall"] {
        let reply = world.ask(line);
        assert_eq!(reply.told(), "500 internal", "{line}");
        assert_eq!(reply.json()["instance"], format!("/pos{}", line.split(' ').nth(1).unwrap()));
    }
}

#[test]
fn a_body_may_name_its_type_in_any_case_and_a_patch_its_own() {
    let world = world();
    world.tell("POST /baskets", &json!({"id": "typed"}));
    for (line, content_type, status) in [
        ("PATCH /baskets/typed", "application/merge-patch+json", 200),
        ("PATCH /baskets/typed", "APPLICATION/JSON; charset=UTF-8", 200),
        ("PATCH /baskets/typed", "application/json-patch+json", 422),
        ("PUT /baskets/typed", "application/merge-patch+json", 415),
        ("PUT /baskets/typed", "application/json-patch+json", 415),
        ("PUT /baskets/typed", "application/json; charset=utf-16", 415),
        ("PUT /baskets/typed/name", "application/json", 422),
    ] {
        let reply = world.exchange(&world.signed(line, &[("Content-Type", content_type)], b"{}"));
        assert_eq!(reply.status, status, "{line} {content_type}");
    }
    assert_eq!(world.tell("PUT /baskets/typed/name", &json!("bare")).json(), "bare");
}

#[test]
fn all_carriers_of_a_token_are_equal() {
    let world = world();
    let bearer = format!("Bearer {}", world.site_token);
    for (id, site) in [("id_token", "site_token"), ("Id-Token", "SITE-TOKEN"), ("ID_TOKEN", "Site-Token")] {
        let fields = [(id, world.id_token.as_str()), (site, world.site_token.as_str())];
        assert_eq!(world.exchange(&crate::raw::request("GET /baskets", &fields, b"")).status, 200, "{id} {site}");
    }
    let fields = [("id_token", world.id_token.as_str()), ("Authorization", bearer.as_str())];
    assert_eq!(world.exchange(&crate::raw::request("GET /baskets", &fields, b"")).status, 200);
    let basic = world.signed("GET /baskets", &[("Authorization", "Basic eDp5")], b"");
    assert_eq!(world.exchange(&basic).status, 200, "another scheme is ignored");
}
