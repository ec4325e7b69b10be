//! Every grant, and what it answers.

use serde_json::json;

use crate::world::{ACCESS_TOKEN, EXCHANGE, ID_TOKEN, ISSUER, World, claims};

#[actix_rt::test]
async fn a_service_gets_an_id_token_with_the_scope_openid() {
    let world = World::new().await;
    let service = world.client("SERVICE", &[]).await;
    let answer = world.token(&service, json!({ "grant_type": "client_credentials", "scope": "openid" })).await.unwrap();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("N_A"), &json!(900)));
    assert_eq!((&answer["scope"], answer.get("access_token")), (&json!("openid"), None));
    let token = answer["id_token"].as_str().unwrap();
    let claims = claims(token);
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!((&claims["sub"], &claims["azp"]), (&json!(service.id), &json!(service.id)));
    assert_eq!(claims["aud"], json!([service.id, "urn:enaction:api"]));
    assert_eq!((&claims["token_use"], &claims["sub_type"]), (&json!("id"), &json!("service")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!(claims.get("dev"), None);
}

#[actix_rt::test]
async fn a_service_that_names_a_company_gets_both_tokens_of_one_session() {
    let world = World::new().await;
    let service = world.client("SERVICE", &["manager", "cashier"]).await;
    for (place, site) in [
        (json!({ "company": "acme" }), None),
        (json!({ "organization": "acme", "site": "0001" }), Some("0001")),
        (json!({ "company": "acme", "organization": "acme", "site": "0002" }), Some("0002")),
    ] {
        let mut request = json!({ "grant_type": "client_credentials", "scope": "openid baskets.* products.list" });
        request.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        let answer = world.token(&service, request).await.unwrap();
        assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(300)));
        assert_eq!(answer["scope"], "openid baskets.* products.list");
        let (id, access) = (answer["id_token"].as_str().unwrap(), answer["access_token"].as_str().unwrap());
        let caller = world.verify(id, access).await.unwrap();
        assert_eq!((&*caller.subject, &*caller.client), (service.id.as_str(), service.id.as_str()));
        assert_eq!(caller.roles, ["cashier".into(), "manager".into()]);
        assert_eq!(caller.scope.as_deref().unwrap().len(), 2);
        let policy = world.public("identity.policy", json!({ "company": &*caller.company })).await.unwrap();
        let code = caller.site.as_ref().map(|site| policy["sites"][&**site]["code"].as_str().unwrap());
        assert_eq!(code, site, "{place}");
    }
}

#[actix_rt::test]
async fn a_person_enters_a_site_by_code_or_by_id() {
    let world = World::new().await;
    let id = world.id_token("cashier@acme").await.unwrap();
    let by_code = world.enter(&id, "acme", json!({ "site": "0001" })).await.unwrap();
    assert_eq!(by_code["issued_token_type"], ACCESS_TOKEN);
    assert_eq!((&by_code["token_type"], &by_code["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert_eq!((by_code.get("scope"), by_code.get("id_token")), (None, None));
    let found = claims(by_code["access_token"].as_str().unwrap());
    let (company, site) = (found["company"].as_str().unwrap(), found["site"].as_str().unwrap());
    let by_id = world.enter(&id, company, json!({ "site": site, "requested_token_type": ACCESS_TOKEN })).await.unwrap();
    let again = claims(by_id["access_token"].as_str().unwrap());
    for claim in ["iss", "sub", "aud", "client_id", "company", "site", "roles", "sid", "token_use", "iat", "exp"] {
        assert_eq!(found[claim], again[claim], "{claim}");
    }
    assert_ne!(found["jti"], again["jti"]);
    assert_eq!((&found["aud"], &found["client_id"]), (&json!("urn:enaction:api"), &json!("development")));
    assert_eq!((&found["roles"], &found["token_use"]), (&json!(["cashier"]), &json!("site")));
    assert_eq!(found["exp"].as_i64().unwrap() - found["iat"].as_i64().unwrap(), 300);
    assert_eq!((found.get("scope"), found.get("dev")), (None, None));
    assert_eq!(found["sid"], claims(&id)["sid"]);
    let caller = world.verify(&id, by_code["access_token"].as_str().unwrap()).await.unwrap();
    assert_eq!((&*caller.company, caller.site.as_deref()), (company, Some(site)));
}

#[actix_rt::test]
async fn a_device_is_its_own_device_in_both_tokens() {
    let world = World::new().await;
    let id = world.id_token("till-1@globex").await.unwrap();
    let answer = world.enter(&id, "globex", json!({ "site": "0101" })).await.unwrap();
    let access = answer["access_token"].as_str().unwrap();
    let (of_id, of_site) = (claims(&id), claims(access));
    assert_eq!((&of_id["sub_type"], &of_id["dev"], &of_site["dev"]), (&json!("device"), &of_id["sub"], &of_id["sub"]));
    let caller = world.verify(&id, access).await.unwrap();
    assert_eq!(caller.device.as_deref(), of_id["sub"].as_str());
}

#[actix_rt::test]
async fn a_scope_narrows_what_a_caller_may_do() {
    let world = World::new().await;
    let admin = world.caller_at("administrator@acme", "acme", json!({ "scope": "sites.list openid" })).await;
    assert!(world.call(&admin, "sites.list", json!({})).await.is_ok());
    let refused = world.call(&admin, "people.list", json!({})).await.unwrap_err();
    assert_eq!(refused.code(), "insufficient_scope");
    let only_openid = world.caller_at("administrator@acme", "acme", json!({ "scope": "openid" })).await;
    assert_eq!(only_openid.scope, None);
}

#[actix_rt::test]
async fn the_development_client_gets_the_id_token_of_anybody_by_id_or_name() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let person = world.id_of(&admin, "people", "name", "cashier").await;
    let device = world.id_of(&admin, "devices", "name", "till-1").await;
    for (subject, id, kind) in [
        ("cashier@acme", &person, "user"),
        (person.as_str(), &person, "user"),
        ("till-1@acme", &device, "device"),
        (device.as_str(), &device, "device"),
    ] {
        let claims = claims(&world.id_token(subject).await.unwrap());
        assert_eq!((&claims["sub"], &claims["sub_type"]), (&json!(id), &json!(kind)), "{subject}");
        assert_eq!(
            (&claims["azp"], &claims["aud"]),
            (&json!("development"), &json!(["development", "urn:enaction:api"]))
        );
    }
    let own = world.own_id_token(&world.development).await.unwrap();
    let request = json!({
        "grant_type": EXCHANGE, "subject_token": own, "subject_token_type": ID_TOKEN,
        "requested_token_type": ID_TOKEN, "requested_subject": "cashier@acme",
    });
    let answer = world.token(&world.development, request).await.unwrap();
    assert_eq!((&answer["issued_token_type"], &answer["token_type"]), (&json!(ID_TOKEN), &json!("N_A")));
    assert_eq!((&answer["access_token"], &answer["expires_in"]), (&answer["id_token"], &json!(900)));
}
