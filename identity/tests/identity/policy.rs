//! The policy of a company, and how fast a change of it counts.

use enaction::PolicySource;
use serde_json::json;

use crate::world::{World, code};

#[actix_rt::test]
async fn a_policy_has_roles_with_permissions_and_sites_with_currencies() {
    let world = World::new().await;
    let admin = world.caller("administrator@globex").await;
    let policy = world.public("identity.policy", json!({ "company": &*admin.company })).await.unwrap();
    assert_eq!(policy["company"], *admin.company);
    assert_eq!(policy["roles"]["cashier"], json!(["baskets.*", "products.list", "products.read", "me.read"]));
    let names: Vec<&String> = policy["roles"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["administrator", "cashier", "manager"]);
    let site = world.id_of(&admin, "sites", "code", "0101").await;
    assert_eq!(policy["sites"], json!({ site: { "code": "0101", "currency": "GBP" } }));
}

#[actix_rt::test]
async fn a_company_that_does_not_exist_has_no_policy_and_allows_nothing() {
    let world = World::new().await;
    for company in ["nobody", "acme"] {
        let answer = world.public("identity.policy", json!({ "company": company })).await;
        assert_eq!(code(&answer), "not_found", "{company}: the id, not the code");
    }
    assert!(world.identity.policy("nobody").await.unwrap().roles.is_empty());
    assert!(world.identity.policy("a/b").await.unwrap().roles.is_empty());
}

#[actix_rt::test]
async fn a_change_counts_at_once_in_the_program_that_makes_it() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let cashier = world.caller("cashier@acme").await;
    let may = async || code(&world.call(&cashier, "people.list", json!({})).await).to_owned();
    assert_eq!(may().await, "permission_denied");
    let id = world.id_of(&admin, "roles", "name", "cashier").await;
    let with = json!({ "id": id, "role": { "permissions": ["people.list"] } });
    world.call(&admin, "roles.modify", with).await.unwrap();
    assert_eq!(may().await, "ok");
    world.call(&admin, "roles.modify", json!({ "id": id, "role": { "permissions": [] } })).await.unwrap();
    assert_eq!(may().await, "permission_denied");

    let site = world.id_of(&admin, "sites", "code", "0001").await;
    let at = world.caller_at("administrator@acme", "acme", json!({ "site": "0001" })).await;
    world.call(&admin, "sites.modify", json!({ "id": site, "site": { "currency": "CHF" } })).await.unwrap();
    assert_eq!(world.call(&at, "me.read", json!({})).await.unwrap()["site"]["currency"], "CHF");

    let installation = world.caller("administrator@system").await;
    let disable = json!({ "id": &*admin.company, "company": { "status": "DISABLED" } });
    world.call(&installation, "installation.companies.modify", disable).await.unwrap();
    assert_eq!(code(&world.call(&admin, "people.list", json!({})).await), "permission_denied");
}

#[actix_rt::test]
async fn a_refresh_brings_what_another_program_changed() {
    use crate::world::{ISSUER, installation};
    let store = std::sync::Arc::default();
    let (one, identity_one, _) = installation(&store, ISSUER);
    let (other, identity_other, _) = installation(&store, ISSUER);
    for (application, identity) in [(&one, &identity_one), (&other, &identity_other)] {
        identity.start(application).await.unwrap();
    }
    let data = enaction_identity::development(&one).await.unwrap();
    let company = &data.companies[0];
    let before = identity_other.policy(&company.id).await.unwrap();
    assert_eq!(identity_other.cached(&company.id), Some(before));
    let claims = enaction::Claims {
        company: company.id.as_str().into(),
        roles: vec!["administrator".into()],
        ..enaction::Claims::default()
    };
    let admin = enaction::Caller::new(claims);
    let site = json!({ "code": "0003", "currency": "EUR" }).to_string();
    one.call("sites.create", admin, site.as_bytes()).await.unwrap();
    assert_eq!(identity_other.cached(&company.id).unwrap().sites.len(), 2);
    identity_other.refresh().await.unwrap();
    assert_eq!(identity_other.cached(&company.id).unwrap().sites.len(), 3);
}
