//! Clients and their secrets.

use serde_json::json;

use crate::world::{Credentials, World, code};

#[actix_rt::test]
async fn a_secret_is_shown_once_and_the_next_takes_its_place() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let client = world.call(&admin, "clients.create", json!({ "name": "robot" })).await.unwrap();
    assert_eq!(client["kind"], "SERVICE");
    let request = json!({ "grant_type": "client_credentials", "scope": "openid" });
    let none = Credentials { id: client["id"].as_str().unwrap().to_owned(), secret: String::new() };
    assert_eq!(code(&world.token(&none, request.clone()).await), "invalid_client");
    let draw = async || {
        let shown = world.call(&admin, "clients.secret", json!({ "id": client["id"] })).await.unwrap();
        assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["clientId", "secret"]);
        Credentials::of(&shown)
    };
    let (first, second) = (draw().await, draw().await);
    assert_eq!((first.secret.len(), &first.id), (43, &second.id));
    assert_ne!(first.secret, second.secret);
    assert_eq!(code(&world.token(&first, request.clone()).await), "invalid_client");
    assert_eq!(code(&world.token(&second, request.clone()).await), "ok");
    for process in ["clients.read", "clients.list"] {
        let parameters = if process == "clients.read" { json!({ "id": client["id"] }) } else { json!({}) };
        let answer = world.call(&admin, process, parameters).await.unwrap().to_string();
        assert!(!answer.contains(&second.secret) && !answer.contains("hash") && !answer.contains("secret"), "{answer}");
    }
    world.call(&admin, "clients.delete", json!({ "id": client["id"] })).await.unwrap();
    assert_eq!(code(&world.token(&second, request).await), "invalid_client");
}

#[actix_rt::test]
async fn a_new_secret_does_not_change_what_it_is_for() {
    let world = World::new().await;
    let (system, admin) = (world.caller("administrator@system").await, world.caller("administrator@acme").await);
    let ordinary = world.client("SERVICE", &[]).await;
    let shown = world.call(&system, "clients.secret", json!({ "id": "development" })).await.unwrap();
    let client = Credentials::of(&shown);
    let own = world.own_id_token(&client).await.unwrap();
    assert_eq!(code(&world.impersonate(&client, &own, "cashier@acme").await), "ok");
    let shown = world.call(&admin, "clients.secret", json!({ "id": ordinary.id })).await.unwrap();
    let own = world.own_id_token(&Credentials::of(&shown)).await.unwrap();
    assert_eq!(code(&world.impersonate(&Credentials::of(&shown), &own, "cashier@acme").await), "unauthorized_client");
}
