//! Who may enter where: memberships, their times, and what is disabled.

use serde_json::{Value, json};

use crate::world::{World, claims, code};

/// A person of acme with these memberships: site code (or none), roles, more members.
async fn person(world: &World, memberships: &[(Option<&str>, &[&str], Value)]) -> String {
    let admin = world.caller("administrator@acme").await;
    let person = world.call(&admin, "people.create", json!({ "name": "new" })).await.unwrap();
    for (site, roles, more) in memberships {
        let mut membership = json!({ "subject": person["id"], "roles": roles });
        if let Some(code) = site {
            membership["site"] = json!(world.id_of(&admin, "sites", "code", code).await);
        }
        enaction::patch::merge(&mut membership, more.clone());
        world.call(&admin, "memberships.create", membership).await.unwrap();
    }
    person["id"].as_str().unwrap().to_owned()
}

/// The roles that are held at a site, or the code of the refusal.
async fn roles(world: &World, person: &str, site: Option<&str>) -> String {
    let id = world.id_token(person).await.unwrap();
    let place = site.map_or_else(|| json!({}), |site| json!({ "site": site }));
    match world.enter(&id, "acme", place).await {
        Ok(answer) => claims(answer["access_token"].as_str().unwrap())["roles"].to_string(),
        Err(fault) => fault.code().to_owned(),
    }
}

#[actix_rt::test]
async fn roles_are_those_of_the_site_and_those_of_all_sites() {
    const CASHIER: &str = r#"["cashier"]"#;
    const BOTH: &str = r#"["cashier","manager"]"#;
    let (here, everywhere): (&[&str], &[&str]) = (&["cashier"], &["manager", "cashier"]);
    let plain = || json!({});
    for (sentence, memberships, at_one, at_other, at_all) in [
        ("none", vec![], "invalid_target", "invalid_target", "invalid_target"),
        ("one site", vec![(Some("0001"), here, plain())], CASHIER, "invalid_target", "invalid_target"),
        ("all sites", vec![(None, here, plain())], CASHIER, CASHIER, CASHIER),
        ("both", vec![(Some("0001"), here, plain()), (None, everywhere, plain())], BOTH, BOTH, BOTH),
        ("no roles", vec![(None, &[] as &[&str], plain())], "[]", "[]", "[]"),
        (
            "disabled",
            vec![(None, here, json!({ "status": "DISABLED" }))],
            "invalid_target",
            "invalid_target",
            "invalid_target",
        ),
        (
            "ended",
            vec![(None, here, json!({ "validUntil": "2027-01-15T08:00:00Z" }))],
            "invalid_target",
            "invalid_target",
            "invalid_target",
        ),
        (
            "not begun",
            vec![(None, here, json!({ "validFrom": "2027-01-15T08:00:01Z" }))],
            "invalid_target",
            "invalid_target",
            "invalid_target",
        ),
        (
            "begun and not ended",
            vec![(None, here, json!({ "validFrom": "2027-01-15T08:00:00Z", "validUntil": "2027-01-15T08:00:01Z" }))],
            CASHIER,
            CASHIER,
            CASHIER,
        ),
    ] {
        let world = World::new().await;
        let person = person(&world, &memberships).await;
        for (site, expected) in [(Some("0001"), at_one), (Some("0002"), at_other), (None, at_all)] {
            assert_eq!(roles(&world, &person, site).await, expected, "{sentence} at {site:?}");
        }
    }
}

#[actix_rt::test]
async fn whoever_is_disabled_gets_nothing() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let installation = world.caller("administrator@system").await;
    let (cashier, till) = (world.id_token("cashier@acme").await.unwrap(), world.id_token("till-1@acme").await.unwrap());
    let service = world.client("SERVICE", &["cashier"]).await;
    let people = world.id_of(&admin, "people", "name", "cashier").await;
    let device = world.id_of(&admin, "devices", "name", "till-1").await;
    let company = world.id_of(&installation, "installation.companies", "code", "acme").await;
    let own = json!({ "grant_type": "client_credentials", "scope": "openid" });
    let all = async || {
        (
            code(&world.enter(&cashier, "acme", json!({})).await).to_owned(),
            code(&world.id_token("cashier@acme").await).to_owned(),
            code(&world.enter(&till, "acme", json!({ "site": "0001" })).await).to_owned(),
            code(&world.token(&service, own.clone()).await).to_owned(),
        )
    };
    let told = |a: &str, b: &str, c: &str, d: &str| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned());
    let grant = "invalid_grant";
    for (caller, process, id, member, expected) in [
        (&admin, "people", &people, "person", told(grant, grant, "ok", "ok")),
        (&admin, "devices", &device, "device", told("ok", "ok", grant, "ok")),
        (&admin, "clients", &service.id, "client", told("ok", "ok", "ok", "invalid_client")),
        (&installation, "installation.companies", &company, "company", told(grant, grant, grant, "invalid_client")),
    ] {
        assert_eq!(all().await, told("ok", "ok", "ok", "ok"), "before {process}");
        for (status, expected) in [("DISABLED", expected), ("ACTIVE", told("ok", "ok", "ok", "ok"))] {
            let change = json!({ "id": id, member: { "status": status } });
            world.call(caller, &format!("{process}.modify"), change).await.unwrap();
            assert_eq!(all().await, expected, "{process} {status}");
        }
    }
}

#[actix_rt::test]
async fn whoever_is_deleted_gets_nothing_and_leaves_no_memberships() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    for (process, subject, site) in [("people", "cashier", json!({})), ("devices", "till-1", json!({ "site": "0001" }))]
    {
        let id = world.id_of(&admin, process, "name", subject).await;
        let token = world.id_token(&id).await.unwrap();
        world.call(&admin, &format!("{process}.delete"), json!({ "id": id })).await.unwrap();
        assert_eq!(code(&world.enter(&token, "acme", site).await), "invalid_grant");
        let left = world.call(&admin, "memberships.list", json!({})).await.unwrap();
        assert!(left["items"].as_array().unwrap().iter().all(|one| one["subject"] != id));
    }
}
