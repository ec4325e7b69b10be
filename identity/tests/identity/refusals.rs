//! Every refusal of the token endpoint, with its OAuth code.

use enaction::Result;
use serde_json::{Value, json};

use crate::world::{ACCESS_TOKEN, Credentials, EXCHANGE, ID_TOKEN, World, code};

/// Lays members over a request; `null` takes one away.
fn with(request: &Value, more: Value) -> Value {
    let mut request = request.clone();
    enaction::patch::merge(&mut request, more);
    request
}

#[actix_rt::test]
async fn a_client_that_is_not_known_by_its_secret_is_told_one_and_the_same() {
    let world = World::new().await;
    let known = world.client("SERVICE", &[]).await;
    let request = json!({ "grant_type": "client_credentials", "scope": "openid" });
    let mut answers = Vec::new();
    for (what, client) in [
        ("an unknown client", json!({ "clientId": "nobody", "clientSecret": known.secret, "method": "post" })),
        ("a wrong secret", json!({ "clientId": known.id, "clientSecret": "wrong", "method": "post" })),
        ("an empty secret", json!({ "clientId": known.id, "clientSecret": "", "method": "basic" })),
        ("no secret", json!({ "clientId": known.id, "method": "none" })),
        ("nothing", json!({ "method": "none" })),
        ("an id that can be none", json!({ "clientId": "a/b", "clientSecret": "x", "method": "post" })),
        ("the id of something else", json!({ "clientId": "system", "clientSecret": "x", "method": "post" })),
    ] {
        let answer = world.public("identity.token", json!({ "client": client, "request": request })).await;
        assert_eq!(code(&answer), "invalid_client", "{what}");
        answers.push(answer.unwrap_err());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(answers[0].kind().status(), 401);
}

#[actix_rt::test]
async fn every_other_refusal_has_its_oauth_code() {
    let world = World::new().await;
    let service = world.client("SERVICE", &["cashier"]).await;
    let application = world.client("APPLICATION", &["cashier"]).await;
    let development = world.development.clone();
    let person = world.id_token("cashier@acme").await.unwrap();
    let own = world.own_id_token(&development).await.unwrap();
    let services_own = world.own_id_token(&service).await.unwrap();
    let site_token = world.enter(&person, "acme", json!({})).await.unwrap()["access_token"].clone();

    let credentials = json!({ "grant_type": "client_credentials", "scope": "openid", "company": "acme" });
    let exchange = json!({
        "grant_type": EXCHANGE, "subject_token": person, "subject_token_type": ID_TOKEN, "company": "acme",
        "site": "0001",
    });
    let impersonate = json!({
        "grant_type": EXCHANGE, "subject_token": own, "subject_token_type": ID_TOKEN,
        "requested_token_type": ID_TOKEN, "requested_subject": "cashier@acme",
    });
    let (signed, signature) = person.rsplit_once('.').unwrap();
    let tampered = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    let rows: Vec<(&str, &Credentials, Value, &str)> = vec![
        ("a good request", &service, credentials.clone(), "ok"),
        ("no grant", &service, json!({}), "invalid_request"),
        ("a grant that is none", &service, json!({ "grant_type": "password" }), "unsupported_grant_type"),
        ("a service's grant for an application", &application, credentials.clone(), "unauthorized_client"),
        (
            "neither company nor openid",
            &service,
            with(&credentials, json!({ "scope": null, "company": null })),
            "invalid_request",
        ),
        (
            "a site without its company",
            &service,
            with(&credentials, json!({ "company": null, "site": "0001" })),
            "invalid_request",
        ),
        ("two companies", &service, with(&credentials, json!({ "organization": "globex" })), "invalid_request"),
        ("a scope of no permissions", &service, with(&credentials, json!({ "scope": "openid a..b" })), "invalid_scope"),
        ("another resource", &service, with(&credentials, json!({ "resource": "https://other" })), "invalid_target"),
        ("another audience", &service, with(&credentials, json!({ "audience": "other" })), "invalid_target"),
        ("the platform as resource", &service, with(&credentials, json!({ "resource": "urn:enaction:api" })), "ok"),
        (
            "a company without a membership",
            &service,
            with(&credentials, json!({ "company": "globex" })),
            "invalid_target",
        ),
        ("an unknown company", &service, with(&credentials, json!({ "company": "initech" })), "invalid_target"),
        ("an unknown site", &service, with(&credentials, json!({ "site": "9999" })), "invalid_target"),
        ("a good exchange", &development, exchange.clone(), "ok"),
        ("no subject_token", &development, with(&exchange, json!({ "subject_token": null })), "invalid_request"),
        (
            "no subject_token_type",
            &development,
            with(&exchange, json!({ "subject_token_type": null })),
            "invalid_request",
        ),
        (
            "another subject_token_type",
            &development,
            with(&exchange, json!({ "subject_token_type": ACCESS_TOKEN })),
            "invalid_request",
        ),
        (
            "another requested_token_type",
            &development,
            with(&exchange, json!({ "requested_token_type": "jwt" })),
            "invalid_request",
        ),
        (
            "an id_token without requested_subject",
            &development,
            with(&exchange, json!({ "requested_token_type": ID_TOKEN })),
            "invalid_request",
        ),
        ("an actor", &development, with(&exchange, json!({ "actor_token": own })), "invalid_request"),
        ("no company", &development, with(&exchange, json!({ "company": null })), "invalid_request"),
        ("a text that is no token", &development, with(&exchange, json!({ "subject_token": "x" })), "invalid_grant"),
        (
            "a token that was changed",
            &development,
            with(&exchange, json!({ "subject_token": tampered })),
            "invalid_grant",
        ),
        (
            "a site_token as subject_token",
            &development,
            with(&exchange, json!({ "subject_token": site_token })),
            "invalid_grant",
        ),
        ("a token of another client", &service, exchange.clone(), "invalid_grant"),
        ("an application's exchange of a foreign token", &application, exchange.clone(), "invalid_grant"),
        (
            "a scope of no permissions in an exchange",
            &development,
            with(&exchange, json!({ "scope": "A" })),
            "invalid_scope",
        ),
        (
            "an unknown company in an exchange",
            &development,
            with(&exchange, json!({ "company": "initech" })),
            "invalid_target",
        ),
        ("an unknown site in an exchange", &development, with(&exchange, json!({ "site": "9999" })), "invalid_target"),
        ("a site of another company", &development, with(&exchange, json!({ "site": "0101" })), "invalid_target"),
        (
            "a company of others",
            &development,
            with(&exchange, json!({ "company": "globex", "site": "0101" })),
            "invalid_target",
        ),
        (
            "the installation",
            &development,
            with(&exchange, json!({ "company": "system", "site": null })),
            "invalid_target",
        ),
        ("impersonation", &development, impersonate.clone(), "ok"),
        (
            "impersonation by another client",
            &service,
            with(&impersonate, json!({ "subject_token": services_own })),
            "unauthorized_client",
        ),
        (
            "impersonation with a token of another",
            &development,
            with(&impersonate, json!({ "subject_token": person })),
            "invalid_grant",
        ),
        (
            "impersonation of nobody",
            &development,
            with(&impersonate, json!({ "requested_subject": "nobody@acme" })),
            "invalid_request",
        ),
        (
            "impersonation in no company",
            &development,
            with(&impersonate, json!({ "requested_subject": "cashier@initech" })),
            "invalid_request",
        ),
        (
            "impersonation of a service",
            &development,
            with(&impersonate, json!({ "requested_subject": service.id })),
            "invalid_request",
        ),
        (
            "impersonation for a site_token",
            &development,
            with(&impersonate, json!({ "requested_token_type": ACCESS_TOKEN })),
            "invalid_request",
        ),
    ];
    for (sentence, client, request, expected) in rows {
        let answer: Result<Value> = world.token(client, request).await;
        assert_eq!(code(&answer), expected, "{sentence}: {answer:?}");
        if let Err(fault) = answer {
            assert_eq!(fault.kind().status(), 400, "{sentence}");
        }
    }
}

#[actix_rt::test]
async fn no_membership_and_what_does_not_exist_are_told_the_same() {
    let world = World::new().await;
    let person = world.id_token("cashier@acme").await.unwrap();
    let mut answers = Vec::new();
    for (company, site) in [
        ("globex", json!({})),
        ("initech", json!({})),
        ("acme", json!({ "site": "9999" })),
        ("globex", json!({ "site": "0101" })),
    ] {
        answers.push(world.enter(&person, company, site).await.unwrap_err());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[actix_rt::test]
async fn an_id_token_that_expired_enters_nowhere() {
    let world = World::new().await;
    let id = world.id_token("cashier@acme").await.unwrap();
    world.clock.pass(900 + 30);
    assert_eq!(code(&world.enter(&id, "acme", json!({})).await), "ok");
    world.clock.pass(1);
    assert_eq!(code(&world.enter(&id, "acme", json!({})).await), "invalid_grant");
}
