//! How a real installation begins.

use enaction::Result;
use enaction_identity::bootstrap;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{Credentials, World, code, told};

/// Opens the installation.
pub(crate) async fn open(world: &World) -> Credentials {
    let client = bootstrap(&world.application).await.unwrap();
    Credentials { id: client.client_id, secret: client.secret.reveal().to_owned() }
}

async fn found(world: &World, client: &Credentials, first: Value) -> Result<Value> {
    let client = json!({ "clientId": client.id, "clientSecret": client.secret, "method": "basic" });
    world.public("identity.bootstrap", json!({ "client": client, "first": first })).await
}

fn initech() -> Value {
    json!({
        "company": { "code": "initech", "name": "Initech" },
        "site": { "code": "0001", "name": "Austin", "currency": "USD" },
        "administrator": { "name": "Ada" },
    })
}

/// The client of the administrator of a new installation.
pub(crate) async fn first(world: &World) -> Credentials {
    let founded = found(world, &open(world).await, initech()).await.unwrap();
    Credentials::of(&founded["administrator"])
}

#[actix_rt::test]
async fn the_first_administrator_administers_the_company_and_the_installation() {
    let world = World::bare().await;
    let client = open(&world).await;
    let founded = found(&world, &client, initech()).await.unwrap();
    let administrator = Credentials::of(&founded["administrator"]);
    let caller = async |company: &str| {
        let request = json!({ "grant_type": "client_credentials", "scope": "openid", "company": company });
        let answer = world.token(&administrator, request).await.unwrap();
        world.verify(answer["id_token"].as_str().unwrap(), answer["access_token"].as_str().unwrap()).await.unwrap()
    };
    let company = caller("initech").await;
    assert_eq!(*company.company, *founded["company"].as_str().unwrap());
    let sites = world.call(&company, "sites.list", json!({})).await.unwrap();
    assert_eq!((&sites["items"][0]["id"], &sites["items"][0]["currency"]), (&founded["site"], &json!("USD")));
    let people = world.call(&company, "people.list", json!({})).await.unwrap();
    assert_eq!(
        (&people["items"][0]["id"], &people["items"][0]["name"]),
        (&founded["administrator"]["person"], &json!("Ada"))
    );
    world.call(&company, "roles.create", json!({ "name": "cashier", "permissions": ["baskets.*"] })).await.unwrap();
    assert_eq!(code(&world.call(&company, "installation.companies.list", json!({})).await), "permission_denied");
    let installation = caller("system").await;
    world.call(&installation, "installation.companies.create", json!({ "code": "second" })).await.unwrap();
    assert_eq!(code(&world.call(&installation, "people.list", json!({})).await), "ok");
}

#[actix_rt::test]
async fn the_client_holds_for_an_hour_and_for_one_use_and_for_nothing_else() {
    let world = World::bare().await;
    let client = open(&world).await;
    let request = json!({ "grant_type": "client_credentials", "scope": "openid" });
    assert_eq!(code(&world.token(&client, request).await), "invalid_client");
    let wrong = Credentials { secret: "wrong".into(), ..client.clone() };
    assert_eq!(code(&found(&world, &wrong, initech()).await), "invalid_client");

    let newer = open(&world).await;
    assert_eq!(code(&found(&world, &client, initech()).await), "invalid_client");
    world.clock.pass(3600);
    assert_eq!(code(&found(&world, &newer, initech()).await), "invalid_client");

    let client = open(&world).await;
    world.clock.pass(3599);
    assert_eq!(code(&found(&world, &client, initech()).await), "ok");
    assert_eq!(code(&found(&world, &client, initech()).await), "invalid_client");
    assert_eq!(code(&bootstrap(&world.application).await), "bootstrap_closed");
}

#[actix_rt::test]
async fn two_uses_at_once_make_one_company() {
    let world = World::bare().await;
    let client = open(&world).await;
    let other = json!({
        "company": { "code": "other" }, "site": { "code": "1", "currency": "EUR" }, "administrator": { "name": "Eve" },
    });
    let both = [initech(), other].map(|first| found(&world, &client, first));
    let mut answers: Vec<String> = join_all(both).await.iter().map(|answer| code(answer).to_owned()).collect();
    answers.sort_unstable();
    assert_eq!(answers, ["invalid_client", "ok"]);
}

#[actix_rt::test]
async fn an_installation_that_has_a_company_is_closed() {
    let world = World::bare().await;
    let client = open(&world).await;
    enaction_identity::development(&world.application).await.unwrap();
    assert_eq!(code(&found(&world, &client, initech()).await), "bootstrap_closed");
    assert_eq!(code(&bootstrap(&world.application).await), "bootstrap_closed");
}

#[actix_rt::test]
async fn what_the_first_company_lacks_is_told_all_at_once() {
    let world = World::bare().await;
    let client = open(&world).await;
    for (first, answer, pointers) in [
        (json!({}), "invalid", vec!["/administrator", "/company", "/site"]),
        (
            json!({ "company": { "code": "A" }, "site": { "code": "1", "currency": "x" }, "administrator": { "name": "" } }),
            "invalid",
            vec!["/administrator/name", "/company/code", "/site/currency"],
        ),
    ] {
        let (found, mut places) = told(&found(&world, &client, first).await.unwrap_err());
        places.sort_unstable();
        assert_eq!((found.as_str(), places), (answer, pointers.into_iter().map(str::to_owned).collect()));
    }
    let mut system = initech();
    system["company"]["code"] = json!("system");
    assert_eq!(code(&found(&world, &client, system).await), "already_exists");
    assert_eq!(code(&found(&world, &client, initech()).await), "ok");
}
