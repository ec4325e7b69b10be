//! Endpoints of other standards.

use crate::{raw::Reply, raw::request, world::world};

fn post(fields: &[(&str, &str)], form: &str) -> Reply {
    let form_type = [("Content-Type", "application/x-www-form-urlencoded")];
    world().exchange(&request("POST /oauth/token", &[&form_type, fields].concat(), form.as_bytes()))
}

const BASIC: (&str, &str) = ("Authorization", "Basic cG9zOnMzJTNBY3JldA==");

#[test]
fn a_form_is_read_and_its_client_is_handed_over() {
    for (fields, form, who) in [
        (vec![BASIC], "grant_type=a&code=x+y&unknown=1", "Some(\"pos\") basic"),
        (vec![], "grant_type=a&code=x%20y&client_id=pos&client_secret=s3%3Acret", "Some(\"pos\") post"),
    ] {
        let reply = post(&fields, &form.replace("grant_type", "grantType"));
        let json = reply.json();
        assert_eq!((reply.status, &json["accessToken"], &json["who"]), (200, &"x y".into(), &who.into()), "{form}");
        assert_eq!(
            (reply.field("cache-control"), reply.field("content-type")),
            (Some("no-store"), Some("application/json"))
        );
    }
}

#[test]
fn faults_are_told_as_oauth_has_it() {
    for (fields, form, status, error) in [
        (vec![BASIC], "grantType=bad", 400, "invalid_grant"),
        (vec![], "grantType=a", 401, "invalid_client"),
        (vec![("Authorization", "Basic eDp5")], "grantType=a", 401, "invalid_client"),
        (vec![BASIC], "grantType=a&client_secret=x", 400, "invalid_request"),
        (vec![BASIC], "grantType=a&grantType=b", 400, "invalid_request"),
        (vec![BASIC], "grantType=%FF", 400, "invalid_request"),
        (vec![BASIC], "", 400, "invalid_request"),
        (vec![BASIC], "code=x", 400, "invalid_request"),
        (vec![("Authorization", "Basic !")], "grantType=a", 400, "invalid_request"),
        (vec![BASIC], "grantType=fail", 500, "server_error"),
        (vec![BASIC], "grantType=busy", 503, "temporarily_unavailable"),
        (vec![BASIC, ("Accept", "text/html")], "grantType=a", 400, "invalid_request"),
    ] {
        let reply = post(&fields, form);
        let json = reply.json();
        assert_eq!((reply.status, json["error"].as_str()), (status, Some(error)), "{fields:?} {form}");
        assert_eq!(
            (reply.field("cache-control"), reply.field("content-type")),
            (Some("no-store"), Some("application/json"))
        );
        let description = json["error_description"].as_str().unwrap();
        assert!(description.is_ascii() && !description.contains('"'), "{description}");
        let tried_basic = fields.iter().any(|(name, _)| *name == "Authorization");
        let challenge = reply.field("www-authenticate");
        assert_eq!(challenge, (status == 401 && tried_basic).then_some("Basic realm=\"api\""), "{form}");
        assert_eq!(reply.field("retry-after"), (error == "temporarily_unavailable").then_some("2"));
    }
}

#[test]
fn routes_and_limits_of_an_endpoint_are_ours() {
    let world = world();
    assert_eq!(world.plain("GET /oauth/token").told(), "405 method_not_allowed");
    let long = request(
        "POST /oauth/token",
        &[("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "9999999")],
        b"",
    );
    assert_eq!(world.exchange(&long).told(), "413 body_too_large");
    let json = world.exchange(&request("POST /oauth/token", &[("Content-Type", "application/json")], b"{}"));
    assert_eq!((json.status, json.field("accept-post")), (400, Some("application/x-www-form-urlencoded")));
    assert_eq!(world.exchange(&request("GET /oauth/keys", &[], b"x")).told(), "400 body_not_allowed");
}

#[test]
fn a_document_that_may_be_kept_has_a_tag_and_an_age() {
    let world = world();
    let keys = world.plain("GET /oauth/keys");
    assert_eq!((keys.status, keys.field("content-type")), (200, Some("application/jwk-set+json")));
    assert_eq!((keys.field("cache-control"), keys.field("vary")), (Some("public, max-age=300"), None));
    let tag = keys.field("etag").unwrap();
    for (known, status) in [(tag, 304), ("\"other\"", 200), ("*", 304)] {
        let reply = world.exchange(&request(
            "GET /oauth/keys",
            &[("If-None-Match", known), ("Accept", "application/json")],
            b"",
        ));
        assert_eq!(
            (reply.status, reply.field("etag"), reply.field("cache-control")),
            (status, Some(tag), Some("public, max-age=300"))
        );
    }
}

#[test]
fn a_json_endpoint_takes_json() {
    let world = world();
    let echo = |body: &[u8]| world.exchange(&request("POST /echo", &[("Content-Type", "application/json")], body));
    assert_eq!(echo(br#"{"sum":1,"rounded":true}"#).json()["sum"], 1);
    assert_eq!(echo(br#"{"sum":"x"}"#).told(), "422 invalid");
    assert_eq!(world.exchange(&request("POST /echo", &[], b"{}")).told(), "415 unsupported_media_type");
}
