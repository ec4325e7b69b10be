//! Key sets: when they are fetched, and what holds meanwhile.

use std::{sync::Arc, time::Duration};

use enaction_core::KeySource;
use enaction_tokens::{Denylist, FileKeys, Issuer, Pair, TokenKind, Verifier, VerifierSettings, key_set_document};
use futures_util::{FutureExt, future::join_all};
use serde_json::json;

use crate::world::{Drafts, ISSUER, Signed, Source, World, at, key, told};

/// A pair whose site_token is signed by a key that the verifier has not seen, and that key.
fn signed_by_next(world: &World) -> (Drafts, enaction_tokens::SigningKey) {
    let next = key(TokenKind::Site);
    let mut drafts = world.drafts();
    drafts.site.head("kid", json!(next.kid()));
    drafts.site.signed_by = Signed::By(next.clone());
    (drafts, next)
}

#[tokio::test]
async fn an_unknown_key_is_fetched_once_and_the_pair_verified() {
    let world = World::new().await;
    let (drafts, next) = signed_by_next(&world);
    world.source.publish(&[&world.id, &world.site, &next]);
    assert_eq!(world.answer(&drafts).await, "ok");
    assert_eq!(world.source.fetches(), 2);
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_30_seconds() {
    let world = World::new().await;
    let (mut drafts, next) = signed_by_next(&world);
    for (now, answer, fetches) in [(0, "key", 2), (1, "key", 2), (29, "key", 2), (30, "key", 3), (59, "key", 3)] {
        drafts.now = at(now);
        assert_eq!(world.answer(&drafts).await, format!("invalid_token site {answer}"));
        assert_eq!(world.source.fetches(), fetches, "after {now} seconds");
    }
    world.source.publish(&[&world.id, &world.site, &next]);
    drafts.now = at(60);
    assert_eq!(world.answer(&drafts).await, "ok");
    assert_eq!(world.source.fetches(), 4);
}

#[tokio::test]
async fn a_fetch_by_the_runtime_is_not_throttled() {
    let world = World::new().await;
    let (drafts, next) = signed_by_next(&world);
    assert_eq!(world.answer(&drafts).await, "invalid_token site key");
    world.source.publish(&[&world.id, &world.site, &next]);
    world.verifier.refresh_all(at(0)).await;
    assert_eq!(world.answer(&drafts).await, "ok");
}

#[tokio::test]
async fn many_requests_with_an_unknown_key_share_one_fetch() {
    let world = World::new().await;
    let (drafts, next) = signed_by_next(&world);
    world.source.publish(&[&world.id, &world.site, &next]);
    world.source.hold();
    let requests = join_all((0..50).map(|_| world.answer(&drafts)));
    let release = async {
        tokio::task::yield_now().await;
        world.source.release();
    };
    let (answers, ()) = tokio::join!(requests, release);
    assert!(answers.iter().all(|answer| answer == "ok"), "{answers:?}");
    assert_eq!(world.source.fetches(), 2);
}

#[tokio::test]
async fn the_fetch_of_a_request_that_was_given_up_is_finished_by_the_next() {
    let world = World::new().await;
    let (drafts, next) = signed_by_next(&world);
    world.source.publish(&[&world.id, &world.site, &next]);
    world.source.hold();
    assert!(world.answer(&drafts).now_or_never().is_none(), "it waits, and is dropped");
    world.source.release();
    assert_eq!(world.answer(&drafts).await, "ok");
    assert_eq!(world.source.fetches(), 2);
}

#[tokio::test]
async fn the_last_good_set_stays_in_use_when_a_fetch_fails() {
    let world = World::new().await;
    let bad: [&dyn Fn(); 3] = [&|| world.source.fail(), &|| world.source.publish_text("{"), &|| {
        world.source.publish(&[&world.id, &world.id])
    }];
    for spoil in bad {
        spoil();
        world.verifier.refresh_all(at(1)).await;
        let mut drafts = world.drafts();
        drafts.id.set("jti", json!("fresh"));
        drafts.now = at(1);
        assert_eq!(world.answer(&drafts).await, "ok");
        assert!(world.verifier.has_keys(at(1)));
    }
}

#[tokio::test]
async fn a_set_that_is_withdrawn_is_no_failure() {
    let world = World::new().await;
    world.source.publish(&[]);
    world.verifier.refresh_all(at(1)).await;
    assert_eq!(world.answer(&world.drafts()).await, "invalid_token id key");
}

#[tokio::test]
async fn nothing_is_verified_while_no_set_was_ever_loaded() {
    let world = World::not_loaded(|_| {});
    world.source.fail();
    world.verifier.refresh_all(at(0)).await;
    assert!(!world.verifier.has_keys(at(0)));
    let mut drafts = world.drafts();
    let refusal = world.verify(&drafts).await.unwrap_err();
    assert_eq!((refusal.fault().code(), refusal.fault().kind().status()), ("keys_unavailable", 503));
    assert_eq!((refusal.fault().retry_after(), refusal.challenge()), (Some(Duration::from_secs(2)), None));
    let fetches = world.source.fetches();
    drafts.now = at(1);
    assert_eq!(world.answer(&drafts).await, "keys_unavailable id keys_unavailable");
    assert_eq!(world.source.fetches(), fetches, "not again within 2 seconds");
    world.source.publish(&[&world.id, &world.site]);
    drafts.now = at(2);
    assert_eq!(world.answer(&drafts).await, "ok", "no wait for the runtime");
}

#[tokio::test]
async fn without_an_issuer_no_algorithm_is_allowed() {
    let world = World::not_loaded(|settings| settings.issuers.clear());
    assert_eq!(world.answer(&world.drafts()).await, "invalid_token id algorithm");
}

#[tokio::test]
async fn a_set_that_could_not_be_fetched_for_72_hours_is_not_used() {
    let world = World::new().await;
    world.source.fail();
    let hours = |hours: i64| at(hours * 3600);
    assert!(world.verifier.has_keys(hours(72)));
    let mut drafts = world.drafts();
    drafts.now = hours(73);
    assert!(!world.verifier.has_keys(hours(73)));
    assert_eq!(world.answer(&drafts).await, "keys_unavailable id keys_unavailable");
}

#[tokio::test]
async fn a_source_that_does_not_answer_is_given_up() {
    let world = World::not_loaded(|settings| settings.keys_fetch_max = Duration::from_millis(10));
    world.source.hold();
    assert_eq!(world.answer(&world.drafts()).await, "keys_unavailable id keys_unavailable");
    world.source.release();
    let mut drafts = world.drafts();
    drafts.now = at(2);
    assert_eq!(world.answer(&drafts).await, "ok");
}

#[tokio::test]
async fn a_second_issuer_signs_for_itself_alone() {
    const OTHER: &str = "https://other.example";
    let (id, site) = (key(TokenKind::Id), key(TokenKind::Site));
    let other = Arc::new(Source::of(&[&id, &site]));
    let world = World::not_loaded(|settings| settings.issuers.push(Issuer::new(OTHER, other)));
    world.verifier.refresh_all(at(0)).await;
    let by_other = |iss: &str| {
        let mut drafts = world.drafts();
        for (token, key) in [(&mut drafts.id, &id), (&mut drafts.site, &site)] {
            token.head("kid", json!(key.kid()));
            token.signed_by = Signed::By(key.clone());
            token.set("iss", json!(iss));
        }
        drafts
    };
    assert_eq!(world.answer(&by_other(OTHER)).await, "ok");
    assert_eq!(world.answer(&by_other(ISSUER)).await, "invalid_token id issuer");
    let mut mixed = by_other(OTHER);
    mixed.id = world.drafts().id;
    assert_eq!(world.answer(&mixed).await, "pair_mismatch - pair_iss");
}

#[tokio::test]
async fn a_file_is_read_again_with_every_refresh() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let (id, site) = (key(TokenKind::Id), key(TokenKind::Site));
    let keys = FileKeys::new(&path);
    assert!(keys.fetch().await.is_err(), "it is not there yet");
    let issuers = vec![Issuer::new(ISSUER, Arc::new(keys.clone()) as Arc<dyn KeySource>)];
    let verifier =
        Verifier::new(VerifierSettings { issuers, ..VerifierSettings::default() }, Arc::new(Denylist::new()));
    std::fs::write(&path, &key_set_document([id.public_jwk(), site.public_jwk()]).json).unwrap();
    verifier.refresh_all(at(0)).await;
    let drafts = World::not_loaded(|_| {}).drafts();
    let (id, site) = (id.sign(&drafts.id.claims).unwrap(), site.sign(&drafts.site.claims).unwrap());
    assert_eq!(told(&verifier.verify(&Pair::new(&id, &site), at(0)).await), "ok");
    std::fs::write(&path, vec![b' '; 256 * 1024 + 1]).unwrap();
    assert!(keys.fetch().await.is_err(), "it is too long");
}
