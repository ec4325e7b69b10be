//! Development data.

use enaction_identity::{development, development_client};
use serde_json::json;

use crate::world::{Credentials, World, code};

#[actix_rt::test]
async fn development_data_are_made_once() {
    let world = World::bare().await;
    let made = development(&world.application).await.unwrap();
    let told: Vec<(&str, Vec<&str>)> = made
        .companies
        .iter()
        .map(|one| (one.code.as_str(), one.sites.iter().map(|site| site.code.as_str()).collect()))
        .collect();
    assert_eq!(told, [("acme", vec!["0001", "0002"]), ("globex", vec!["0101"])]);
    for company in &made.companies {
        let mut people = company.people.clone();
        people.sort_unstable();
        assert_eq!(
            (people, company.devices.clone()),
            (["administrator", "cashier", "manager"].map(str::to_owned).to_vec(), vec!["till-1".to_owned()])
        );
    }
    assert!(made.client.secret.is_some());
    let again = development(&world.application).await.unwrap();
    assert_eq!((again.client.secret, again.client.client_id), (None, "development".to_owned()));
    assert_eq!(again.companies, made.companies);
}

#[actix_rt::test]
async fn what_was_changed_in_development_data_stays() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let site = json!({ "code": "0003", "currency": "EUR" });
    world.call(&admin, "sites.create", site).await.unwrap();
    let again = development(&world.application).await.unwrap();
    assert_eq!(again.companies[0].sites.len(), 3);
    assert_eq!(code(&world.id_token("cashier@acme").await), "ok");
}

#[actix_rt::test]
async fn a_lost_secret_is_drawn_anew() {
    let world = World::new().await;
    let client = development_client(&world.application).await.unwrap();
    let client = Credentials { id: client.client_id, secret: client.secret.unwrap().reveal().to_owned() };
    assert_eq!(code(&world.own_id_token(&world.development).await), "invalid_client");
    assert_eq!(code(&world.own_id_token(&client).await), "ok");
}

#[actix_rt::test]
async fn without_development_data_the_grant_does_not_exist() {
    let world = World::bare().await;
    assert_eq!(code(&world.own_id_token(&world.development).await), "invalid_client");
    assert_eq!(development_client(&world.application).await.unwrap_err().code(), "not_found");
    let first = crate::bootstrap::first(&world).await;
    let own = world.own_id_token(&first).await.unwrap();
    assert_eq!(code(&world.impersonate(&first, &own, &first.id).await), "unauthorized_client");
}

#[actix_rt::test]
async fn each_of_them_may_do_what_the_role_says() {
    let world = World::new().await;
    for (subject, process, answer) in [
        ("cashier@acme", "me.read", "ok"),
        ("cashier@acme", "sites.list", "permission_denied"),
        ("cashier@acme", "operations.read", "permission_denied"),
        ("manager@acme", "sites.list", "ok"),
        ("manager@acme", "memberships.list", "ok"),
        ("manager@acme", "operations.read", "ok"),
        ("manager@acme", "sites.create", "permission_denied"),
        ("administrator@acme", "people.list", "ok"),
        ("administrator@acme", "installation.companies.list", "permission_denied"),
        ("administrator@globex", "roles.list", "ok"),
        ("administrator@system", "installation.companies.list", "ok"),
        ("administrator@system", "people.list", "ok"),
    ] {
        let caller = world.caller(subject).await;
        assert_eq!(code(&world.call(&caller, process, json!({})).await), answer, "{subject} {process}");
    }
}
