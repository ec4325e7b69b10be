//! What the tokens are like: short, and of no use in the other's place.

use enaction::tokens::Pair;
use serde_json::json;

use crate::world::{World, claims, code};

#[actix_rt::test]
async fn a_site_token_with_20_roles_stays_below_1500_characters() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let names: Vec<String> = (0..20).map(|number| format!("store-manager-region-{number:03}")).collect();
    assert!(names.iter().all(|name| name.len() == 24));
    for name in &names {
        let role = json!({ "name": name, "permissions": ["baskets.*"] });
        world.call(&admin, "roles.create", role).await.unwrap();
    }
    let device = world.id_of(&admin, "devices", "name", "till-1").await;
    let site = world.id_of(&admin, "sites", "code", "0002").await;
    let membership = json!({ "subject": device, "site": site, "roles": names });
    world.call(&admin, "memberships.create", membership).await.unwrap();
    let id = world.id_token(&device).await.unwrap();
    let answer = world.enter(&id, "acme", json!({ "site": "0002", "scope": "baskets.*" })).await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["roles"].as_array().unwrap().len(), 20);
    assert!(token.len() < 1500, "{} characters", token.len());
    assert_eq!(world.verify(&id, token).await.unwrap().roles.len(), 20);
}

#[actix_rt::test]
async fn neither_token_stands_for_the_other_or_for_that_of_another_session() {
    let world = World::new().await;
    let (one, other) = (world.id_token("cashier@acme").await.unwrap(), world.id_token("cashier@acme").await.unwrap());
    let site = world.enter(&one, "acme", json!({ "site": "0001" })).await.unwrap();
    let site = site["access_token"].as_str().unwrap();
    for (id, site, answer) in [
        (one.as_str(), site, "ok"),
        (&one, &one, "invalid_token"),
        (site, site, "invalid_token"),
        (site, &one, "invalid_token"),
        (&other, site, "pair_mismatch"),
    ] {
        let verified = world.verify(id, site).await.map_err(|refusal| refusal.into_fault());
        assert_eq!(code(&verified), answer, "{:?}", Pair::new(id, site));
    }
}

#[actix_rt::test]
async fn a_caller_is_let_in_by_the_policy_of_the_company() {
    let world = World::new().await;
    let cashier = world.caller_at("cashier@acme", "acme", json!({ "site": "0002" })).await;
    assert_eq!(code(&world.call(&cashier, "people.list", json!({})).await), "permission_denied");
    let me = world.call(&cashier, "me.read", json!({})).await.unwrap();
    assert_eq!((&me["name"], &me["kind"], &me["roles"]), (&json!("cashier"), &json!("user"), &json!(["cashier"])));
    assert_eq!((&me["company"]["code"], &me["site"]["code"]), (&json!("acme"), &json!("0002")));
    assert_eq!(me["site"]["currency"], "EUR");
    assert_eq!(me["permissions"], json!(["baskets.*", "me.read", "products.list", "products.read"]));
    assert_eq!((me.get("device"), me.get("scope")), (None, None));
}
