//! What belongs to one company does not exist for another.

use serde_json::json;

use crate::world::{World, code, told};

const COLLECTIONS: [(&str, &str); 6] = [
    ("sites", "site"),
    ("people", "person"),
    ("devices", "device"),
    ("clients", "client"),
    ("roles", "role"),
    ("memberships", "membership"),
];

#[actix_rt::test]
async fn the_administrator_of_globex_finds_nothing_of_acme() {
    let world = World::new().await;
    world.client("SERVICE", &["cashier"]).await;
    let (acme, globex) = (world.caller("administrator@acme").await, world.caller("administrator@globex").await);
    for (collection, entity) in COLLECTIONS {
        let list = format!("{collection}.list");
        let ours = world.call(&acme, &list, json!({})).await.unwrap();
        let theirs = world.call(&globex, &list, json!({})).await.unwrap();
        let (ours, theirs) = (ours["items"].as_array().unwrap(), theirs["items"].as_array().unwrap());
        assert!(!ours.is_empty(), "{collection}");
        assert!(ours.iter().all(|one| one["company"] == *acme.company), "{collection}");
        assert!(theirs.iter().all(|one| one["company"] == *globex.company), "{collection}");
        for id in ours.iter().map(|one| &one["id"]) {
            for (verb, parameters) in [
                ("read", json!({ "id": id })),
                ("replace", json!({ "id": id, entity: ours[0] })),
                ("modify", json!({ "id": id, entity: {} })),
                ("delete", json!({ "id": id })),
            ] {
                let mut parameters = parameters;
                if verb == "replace" {
                    parameters[entity]["id"] = id.clone();
                }
                let answer = world.call(&globex, &format!("{collection}.{verb}"), parameters).await;
                assert_eq!(code(&answer), "not_found", "{collection}.{verb}");
                assert!(world.call(&acme, &format!("{collection}.read"), json!({ "id": id })).await.is_ok());
            }
        }
    }
    let client = world.call(&acme, "clients.list", json!({})).await.unwrap()["items"][0]["id"].clone();
    assert_eq!(code(&world.call(&globex, "clients.secret", json!({ "id": client })).await), "not_found");
}

#[actix_rt::test]
async fn nothing_can_refer_to_what_another_company_has() {
    let world = World::new().await;
    let (acme, globex) = (world.caller("administrator@acme").await, world.caller("administrator@globex").await);
    let person = world.id_of(&acme, "people", "name", "cashier").await;
    let site = world.id_of(&acme, "sites", "code", "0001").await;
    world.call(&acme, "roles.create", json!({ "name": "acme-only" })).await.unwrap();
    for (process, parameters, pointers) in [
        ("devices.create", json!({ "name": "x", "site": site }), vec!["/site"]),
        (
            "memberships.create",
            json!({ "subject": person, "site": site, "roles": ["cashier", "acme-only"] }),
            vec!["/subject", "/site", "/roles/1"],
        ),
    ] {
        let refused = world.call(&globex, process, parameters).await.unwrap_err();
        let pointers = pointers.into_iter().map(str::to_owned).collect();
        assert_eq!(told(&refused), ("invalid".to_owned(), pointers), "{process}");
    }
    // The same code and the same name are free in each company.
    for caller in [&acme, &globex] {
        world.call(caller, "sites.create", json!({ "code": "0900", "currency": "EUR" })).await.unwrap();
        world.call(caller, "roles.create", json!({ "name": "auditor" })).await.unwrap();
    }
}

#[actix_rt::test]
async fn companies_are_for_those_who_act_for_system() {
    let world = World::new().await;
    let installation = world.caller("administrator@system").await;
    let companies = world.call(&installation, "installation.companies.list", json!({})).await.unwrap();
    let mut codes: Vec<&str> =
        companies["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["acme", "globex", "system"]);
    let admin = world.caller("administrator@acme").await;
    for verb in ["list", "create", "read", "administrator"] {
        let answer = world.call(&admin, &format!("installation.companies.{verb}"), json!({})).await;
        assert_eq!(code(&answer), "permission_denied", "{verb}");
    }
    for process in
        ["identity.begin", "identity.load", "identity.rotate", "identity.development", "identity.openBootstrap"]
    {
        assert_eq!(code(&world.call(&admin, process, json!({})).await), "permission_denied", "{process}");
        assert_eq!(code(&world.public(process, json!({})).await), "not_found", "{process}");
    }
}

#[actix_rt::test]
async fn members_of_system_may_belong_to_any_company() {
    let world = World::new().await;
    let (acme, system) = (world.caller("administrator@acme").await, world.caller("administrator@system").await);
    let manager = world.id_of(&acme, "people", "name", "manager").await;
    let token = world.id_token(&manager).await.unwrap();
    assert_eq!(code(&world.enter(&token, "system", json!({})).await), "invalid_target");
    let membership = json!({ "subject": manager, "roles": ["administrator"] });
    let membership = world.call(&system, "memberships.create", membership).await.unwrap();
    assert_eq!(code(&world.enter(&token, "system", json!({})).await), "ok");
    let disable = json!({ "id": membership["id"], "membership": { "status": "DISABLED" } });
    world.call(&system, "memberships.modify", disable).await.unwrap();
    assert_eq!(code(&world.enter(&token, "system", json!({})).await), "invalid_target");
    let nobody = world.call(&system, "memberships.create", json!({ "subject": "nobody" })).await.unwrap_err();
    assert_eq!(told(&nobody).1, ["/subject"]);
}
