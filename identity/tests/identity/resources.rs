//! The rules of the resources: on create, on replace, on modify, and so on every property.

use serde_json::{Value, json};

use crate::world::{World, code, told};

#[actix_rt::test]
async fn what_breaks_a_rule_is_refused_with_its_place() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let id = async |collection, member, value| json!(world.id_of(&admin, collection, member, value).await);
    let (cashier, site) = (id("people", "name", "cashier").await, id("sites", "code", "0001").await);
    let person = world.call(&admin, "people.create", json!({ "name": "new" })).await.unwrap()["id"].clone();
    for (process, parameters, expected, pointers) in [
        ("sites.create", json!({}), "invalid", vec!["/code", "/currency"]),
        ("sites.create", json!({ "code": "a/b", "currency": "euro" }), "invalid", vec!["/code", "/currency"]),
        ("sites.create", json!({ "code": "0001", "currency": "EUR" }), "already_exists", vec!["/code"]),
        (
            "sites.create",
            json!({ "id": "x", "company": "y", "code": "1", "currency": "EUR" }),
            "invalid",
            vec!["/company", "/id"],
        ),
        (
            "people.create",
            json!({ "name": "", "email": "none", "status": "GONE" }),
            "invalid",
            vec!["/email", "/name", "/status"],
        ),
        ("devices.create", json!({ "name": "x" }), "invalid", vec!["/site"]),
        ("devices.create", json!({ "name": "x", "site": "none" }), "invalid", vec!["/site"]),
        ("clients.create", json!({ "name": "x", "kind": "DEVELOPMENT" }), "invalid", vec!["/kind"]),
        (
            "clients.create",
            json!({ "name": "x", "hash": "x", "purpose": "DEVELOPMENT" }),
            "invalid",
            vec!["/hash", "/purpose"],
        ),
        (
            "roles.create",
            json!({ "name": "a name", "permissions": ["A", "a..b", "a.*.b", "a.*", "*"] }),
            "invalid",
            vec!["/name", "/permissions/0", "/permissions/1", "/permissions/2"],
        ),
        ("roles.create", json!({ "name": "a-name-of-more-than-24-chars" }), "invalid", vec!["/name"]),
        ("roles.create", json!({ "name": "cashier" }), "already_exists", vec!["/name"]),
        (
            "roles.create",
            json!({ "name": "x", "permissions": ["a", "installation.*", "installation.companies.read", "installation"] }),
            "invalid",
            vec!["/permissions/1", "/permissions/2", "/permissions/3"],
        ),
        ("memberships.create", json!({}), "invalid", vec!["/subject"]),
        (
            "memberships.create",
            json!({ "subject": "nobody", "site": "none", "roles": ["cashier", "none"] }),
            "invalid",
            vec!["/roles/1", "/site", "/subject"],
        ),
        ("memberships.create", json!({ "subject": cashier, "roles": ["cashier"] }), "already_exists", vec!["/subject"]),
        ("memberships.create", json!({ "subject": person, "holder": "x" }), "invalid", vec!["/holder"]),
        ("memberships.create", json!({ "subject": person, "roles": vec!["cashier"; 21] }), "invalid", vec!["/roles"]),
        (
            "memberships.create",
            json!({ "subject": person, "validFrom": "2027-01-02T00:00:00Z", "validUntil": "2027-01-02T00:00:00Z" }),
            "invalid",
            vec!["/validUntil"],
        ),
        ("sites.delete", json!({ "id": site }), "site_in_use", vec![]),
        ("roles.delete", json!({ "id": id("roles", "name", "cashier").await }), "role_in_use", vec![]),
    ] {
        let fault = world.call(&admin, process, parameters.clone()).await.unwrap_err();
        let (found, mut places) = told(&fault);
        places.sort_unstable();
        assert_eq!(
            (found.as_str(), places),
            (expected, pointers.into_iter().map(str::to_owned).collect()),
            "{process} {parameters}: {fault}"
        );
    }
}

/// The same change by PUT and by PATCH: neither way is around the rule.
async fn change(
    world: &World,
    caller: &enaction::Caller,
    collection: &str,
    entity: &str,
    id: &Value,
    more: Value,
) -> (String, String) {
    let stored = world.call(caller, &format!("{collection}.read"), json!({ "id": id })).await.unwrap();
    let mut whole = stored.clone();
    enaction::patch::merge(&mut whole, more.clone());
    let replaced = world.call(caller, &format!("{collection}.replace"), json!({ "id": id, entity: whole })).await;
    let replaced = code(&replaced).to_owned();
    let modified = world.call(caller, &format!("{collection}.modify"), json!({ "id": id, entity: more })).await;
    (replaced, code(&modified).to_owned())
}

#[actix_rt::test]
async fn a_rule_holds_on_every_way_to_change() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let installation = world.caller("administrator@system").await;
    let id = async |collection, member, value| json!(world.id_of(&admin, collection, member, value).await);
    let memberships = world.call(&admin, "memberships.list", json!({})).await.unwrap();
    let till =
        memberships["items"].as_array().unwrap().iter().find(|one| one.get("site").is_some()).unwrap()["id"].clone();
    let (cashier, manager) = (id("people", "name", "cashier").await, id("roles", "name", "manager").await);
    for (caller, collection, entity, id, more, expected) in [
        (&admin, "devices", "device", id("devices", "name", "till-1").await, json!({ "site": "none" }), "invalid"),
        (&admin, "roles", "role", manager.clone(), json!({ "permissions": ["installation.*"] }), "invalid"),
        (&admin, "roles", "role", manager.clone(), json!({ "name": "boss" }), "role_in_use"),
        (&admin, "roles", "role", manager, json!({ "name": "cashier" }), "role_in_use"),
        (&admin, "memberships", "membership", till.clone(), json!({ "roles": ["none"] }), "invalid"),
        (&admin, "memberships", "membership", till.clone(), json!({ "site": "none" }), "invalid"),
        (
            &admin,
            "memberships",
            "membership",
            till.clone(),
            json!({ "subject": cashier, "site": null }),
            "already_exists",
        ),
        (&admin, "memberships", "membership", till, json!({ "roles": ["manager"] }), "ok"),
        (
            &installation,
            "installation.companies",
            "company",
            json!("system"),
            json!({ "code": "other" }),
            "company_reserved",
        ),
        (
            &installation,
            "installation.companies",
            "company",
            json!("system"),
            json!({ "status": "DISABLED" }),
            "company_reserved",
        ),
        (&installation, "installation.companies", "company", json!("system"), json!({ "name": "Us" }), "ok"),
    ] {
        let found = change(&world, caller, collection, entity, &id, more.clone()).await;
        assert_eq!(found, (expected.to_owned(), expected.to_owned()), "{collection} {more}");
    }
}

#[actix_rt::test]
async fn the_roles_of_system_may_hold_permissions_of_the_installation() {
    let world = World::new().await;
    let system = world.caller("administrator@system").await;
    let role = json!({ "name": "auditor", "permissions": ["installation.companies.list"] });
    assert!(world.call(&system, "roles.create", role).await.is_ok());
}

#[actix_rt::test]
async fn what_is_in_use_can_be_deleted_once_it_is_not() {
    let world = World::new().await;
    let installation = world.caller("administrator@system").await;
    let delete = async |id: &Value| {
        code(&world.call(&installation, "installation.companies.delete", json!({ "id": id })).await).to_owned()
    };
    assert_eq!(delete(&json!("system")).await, "company_reserved");
    assert_eq!(delete(&json!("none")).await, "not_found");
    let acme = world.id_of(&installation, "installation.companies", "code", "acme").await;
    assert_eq!(delete(&json!(acme)).await, "company_in_use");
    let empty = world.call(&installation, "installation.companies.create", json!({ "code": "empty" })).await.unwrap();
    assert_eq!(delete(&empty["id"]).await, "ok");

    let admin = world.caller("administrator@acme").await;
    let site = world.call(&admin, "sites.create", json!({ "code": "0009", "currency": "EUR" })).await.unwrap();
    let device = json!({ "name": "till-9", "site": site["id"] });
    let device = world.call(&admin, "devices.create", device).await.unwrap();
    let site = json!({ "id": site["id"] });
    assert_eq!(code(&world.call(&admin, "sites.delete", site.clone()).await), "site_in_use");
    world.call(&admin, "devices.delete", json!({ "id": device["id"] })).await.unwrap();
    assert_eq!(code(&world.call(&admin, "sites.delete", site).await), "ok");
}

#[actix_rt::test]
async fn a_company_that_is_made_later_gets_an_administrator() {
    let world = World::new().await;
    let installation = world.caller("administrator@system").await;
    let company =
        world.call(&installation, "installation.companies.create", json!({ "code": "initech" })).await.unwrap();
    let appoint = json!({ "id": company["id"], "administrator": { "name": "Ada" } });
    let made = world.call(&installation, "installation.companies.administrator", appoint).await.unwrap();
    let client = crate::world::Credentials::of(&made);
    let request = json!({ "grant_type": "client_credentials", "scope": "openid", "company": "initech" });
    let answer = world.token(&client, request).await.unwrap();
    let (id, site) = (answer["id_token"].as_str().unwrap(), answer["access_token"].as_str().unwrap());
    let admin = world.verify(id, site).await.unwrap();
    world.call(&admin, "sites.create", json!({ "code": "0001", "currency": "USD" })).await.unwrap();
    assert_eq!(world.call(&admin, "people.list", json!({})).await.unwrap()["items"][0]["name"], "Ada");
    assert_eq!(code(&world.call(&admin, "installation.companies.list", json!({})).await), "permission_denied");
    let nobody = json!({ "id": "none", "administrator": { "name": "Ada" } });
    assert_eq!(code(&world.call(&installation, "installation.companies.administrator", nobody).await), "not_found");
}
