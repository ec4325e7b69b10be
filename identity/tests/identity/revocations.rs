//! Tokens that hold no more though they have not expired.

use enaction::Caller;
use serde_json::{Value, json};

use crate::world::{World, claims, code};

/// Who loses it, what happens, who does that, and to which item; whether the one may enter again.
type Case = (&'static str, &'static str, &'static str, (&'static str, &'static str), Value, bool);

#[actix_rt::test]
async fn what_was_issued_by_what_is_no_longer_so_holds_no_more() {
    const CASHIER: &str = "cashier@acme";
    const TILL: &str = "till-1@acme";
    const ADMINISTRATOR: &str = "administrator@acme";
    const SYSTEM: &str = "administrator@system";
    let disable = || json!({ "status": "DISABLED" });
    let (cashier, till) = (("people", "cashier"), ("devices", "till-1"));
    let cases: [Case; 11] = [
        (CASHIER, "memberships.delete", ADMINISTRATOR, cashier, Value::Null, false),
        (CASHIER, "memberships.modify", ADMINISTRATOR, cashier, disable(), false),
        (CASHIER, "memberships.modify", ADMINISTRATOR, cashier, json!({ "roles": ["manager"] }), true),
        (CASHIER, "people.modify", ADMINISTRATOR, cashier, disable(), false),
        (CASHIER, "people.delete", ADMINISTRATOR, cashier, Value::Null, false),
        (TILL, "memberships.delete", ADMINISTRATOR, till, Value::Null, false),
        (TILL, "devices.modify", ADMINISTRATOR, till, disable(), false),
        (TILL, "devices.delete", ADMINISTRATOR, till, Value::Null, false),
        (CASHIER, "clients.modify", SYSTEM, ("clients", "development"), disable(), false),
        (CASHIER, "clients.delete", SYSTEM, ("clients", "development"), Value::Null, false),
        // Nothing that tokens rest on.
        (CASHIER, "people.modify", ADMINISTRATOR, cashier, json!({ "name": "somebody" }), true),
    ];
    for (subject, process, by, (collection, name), change, may_enter) in cases {
        let what = format!("{process} {change}");
        let world = World::new().await;
        let admin = world.caller(by).await;
        let before = at_its_site(&world, subject).await;
        let other = world.caller("manager@acme").await;
        assert_eq!(code(&me(&world, &before).await), "ok", "{what}");

        let mut id = world.id_of(&admin, collection, "name", name).await;
        if process.starts_with("memberships") {
            id = world.id_of(&admin, "memberships", "subject", &id).await;
        }
        let mut parameters = json!({ "id": id });
        if let Some(collection) = process.strip_suffix(".modify") {
            let item = if collection == "people" { "person" } else { collection.trim_end_matches('s') };
            parameters[item] = change;
        }
        world.call(&admin, process, parameters).await.unwrap();
        world.identity.refresh().await.unwrap();

        let is_revoked = !what.contains("somebody");
        assert_eq!(code(&me(&world, &before).await) == "invalid_token", is_revoked, "{what}");
        let all = collection == "clients";
        let system = world.public("identity.policy", json!({ "company": "system" })).await.unwrap();
        assert_eq!(system["revoked"] == json!({}), !all, "{what}: nobody is named to another company");
        assert_eq!(code(&me(&world, &other).await) == "invalid_token", all, "{what}: others are what they were");
        if may_enter && is_revoked {
            assert_eq!(code(&me(&world, &at_its_site(&world, subject).await).await), "ok", "{what}: at once");
        }
        world.clock.pass(400);
        world.identity.refresh().await.unwrap();
        let policy = world.public("identity.policy", json!({ "company": &*other.company })).await.unwrap();
        assert_eq!(policy["revoked"], json!({}), "{what}: what has expired need not be told");
    }
}

#[actix_rt::test]
async fn who_is_revoked_twice_within_a_second_loses_what_was_issued_between() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let person = world.id_of(&admin, "people", "name", "cashier").await;
    let id = world.id_of(&admin, "memberships", "subject", &person).await;
    let mut before = world.caller("cashier@acme").await;
    for roles in [json!(["manager"]), json!(["cashier"]), json!(["cashier", "manager"])] {
        let change = json!({ "id": id, "membership": { "roles": roles } });
        world.call(&admin, "memberships.modify", change).await.unwrap();
        world.identity.refresh().await.unwrap();
        assert_eq!(code(&me(&world, &before).await), "invalid_token");
        before = world.caller("cashier@acme").await;
        assert_eq!(json!(me(&world, &before).await.unwrap()["roles"]), roles);
    }
}

#[actix_rt::test]
async fn who_is_changed_again_and_again_has_tokens_that_verifiers_take() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let person = world.id_of(&admin, "people", "name", "cashier").await;
    let id = world.id_of(&admin, "memberships", "subject", &person).await;
    let mut refused = None;
    for number in 0..100 {
        let roles = if number % 2 == 0 { json!(["manager"]) } else { json!(["cashier"]) };
        let change = json!({ "id": id, "membership": { "roles": roles } });
        if let Err(fault) = world.call(&admin, "memberships.modify", change).await {
            assert_eq!((fault.code(), fault.retry_after().is_some()), ("contended", true));
            refused = Some(number);
            break;
        }
    }
    assert!(refused.is_some_and(|number| number > 20), "{refused:?}");
    world.identity.refresh().await.unwrap();
    let cashier = world.caller("cashier@acme").await;
    assert_eq!(code(&me(&world, &cashier).await), "ok");
    world.clock.pass(1);
    let change = json!({ "id": id, "membership": { "roles": ["cashier", "manager"] } });
    world.call(&admin, "memberships.modify", change).await.unwrap();
}

#[actix_rt::test]
async fn members_of_a_disabled_company_lose_what_they_may_do_in_the_installation() {
    let world = World::new().await;
    let system = world.caller("administrator@system").await;
    let acme = world.caller("administrator@acme").await;
    let membership = json!({ "subject": &*acme.subject, "roles": ["administrator"] });
    world.call(&system, "memberships.create", membership).await.unwrap();
    let id = world.id_token("administrator@acme").await.unwrap();
    let site = world.enter(&id, "system", json!({})).await.unwrap();
    let member = world.verify(&id, site["access_token"].as_str().unwrap()).await.unwrap();
    assert_eq!(code(&me(&world, &member).await), "ok");
    let disable = json!({ "id": &*acme.company, "company": { "status": "DISABLED" } });
    world.call(&system, "installation.companies.modify", disable).await.unwrap();
    world.identity.refresh().await.unwrap();
    assert_eq!(code(&me(&world, &member).await), "invalid_token");
    assert_eq!(code(&me(&world, &system).await), "ok");
}

#[actix_rt::test]
async fn a_token_expires_with_the_first_membership_that_it_rests_on() {
    let world = World::new().await;
    let admin = world.caller("administrator@acme").await;
    let person = world.id_of(&admin, "people", "name", "cashier").await;
    let site = world.id_of(&admin, "sites", "code", "0001").await;
    let now = enaction::Clock::now(&*world.clock);
    let until = |seconds| now.plus(std::time::Duration::from_secs(seconds)).to_string();
    let id = world.id_of(&admin, "memberships", "subject", &person).await;
    let all_sites = json!({ "id": id, "membership": { "validUntil": until(90) } });
    world.call(&admin, "memberships.modify", all_sites).await.unwrap();
    let here = json!({ "subject": person, "site": site, "roles": ["manager"], "validUntil": until(60) });
    world.call(&admin, "memberships.create", here).await.unwrap();
    let id = world.id_token("cashier@acme").await.unwrap();
    let seconds = async |place: Value| {
        let answer = world.enter(&id, "acme", place).await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        assert_eq!(claims(&token)["exp"].as_i64().unwrap() - now.seconds(), answer["expires_in"].as_i64().unwrap());
        (token, answer["expires_in"].as_i64().unwrap())
    };
    assert_eq!(seconds(json!({ "site": "0002" })).await.1, 90);
    let (token, life) = seconds(json!({ "site": "0001" })).await;
    assert_eq!(life, 60);
    world.clock.pass(91);
    assert!(world.verify(&id, &token).await.is_err());
    let again = world.enter(&id, "acme", json!({ "site": "0001" })).await;
    assert_eq!(code(&again), "invalid_target");
}

/// A caller for the first site, where the till stands.
async fn at_its_site(world: &World, subject: &str) -> Caller {
    world.caller_at(subject, "acme", json!({ "site": "0001" })).await
}

async fn me(world: &World, caller: &Caller) -> enaction::Result<Value> {
    world.call(caller, "me.read", json!({})).await
}
