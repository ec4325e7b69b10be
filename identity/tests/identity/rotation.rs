//! Keys change without a token that is refused.

use serde_json::{Value, json};

use crate::world::World;

const DAY: i64 = 24 * 3600;

/// How many keys are in which state.
fn states(answer: &Value) -> String {
    let count = |status: &str| answer.as_array().unwrap().iter().filter(|key| key["status"] == status).count();
    format!("{} published, {} active, {} retired", count("PUBLISHED"), count("ACTIVE"), count("RETIRED"))
}

#[actix_rt::test]
async fn a_key_is_published_before_it_signs_and_kept_after_it_did() {
    let world = World::new().await;
    let rotate = async || {
        let system = world.caller("administrator@system").await;
        let answer = world.call(&system, "identity.rotate", json!({})).await.unwrap();
        world.identity.refresh().await.unwrap();
        let published = world.public("identity.jwks", json!({})).await.unwrap()["keys"].as_array().unwrap().len();
        assert_eq!(published, answer.as_array().unwrap().len());
        states(&answer)
    };
    let kid = |token: &str| token.split('.').next().unwrap().to_owned();
    let first = kid(&world.id_token("cashier@acme").await.unwrap());
    for (days, expected, same_key) in [
        (0, "2 published, 2 active, 0 retired", true),
        (6, "2 published, 2 active, 0 retired", true),
        (1, "0 published, 2 active, 2 retired", false),
        (2, "2 published, 2 active, 2 retired", false),
        (2, "2 published, 2 active, 0 retired", false),
    ] {
        world.clock.pass(days * DAY);
        assert_eq!(rotate().await, expected, "{days} days later");
        let token = world.id_token("cashier@acme").await.unwrap();
        assert_eq!(kid(&token) == first, same_key);
        world.enter(&token, "acme", json!({})).await.unwrap();
    }
}
