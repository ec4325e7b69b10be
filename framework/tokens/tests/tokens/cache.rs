//! Pairs that are remembered, and what ends it.

use std::sync::Arc;

use enaction_tokens::{DenyEntry, DenyKind, Pair, TokenKind};
use serde_json::json;

use crate::world::{ISSUED, World, at, key, told};

#[tokio::test]
async fn a_pair_is_verified_once_and_then_remembered() {
    let world = World::new().await;
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    let pair = Pair::new(&id, &site);
    assert!(world.verifier.try_verify(&pair, at(0)).is_none());
    let first = world.verifier.verify(&pair, at(0)).await.unwrap();
    let second = world.verifier.try_verify(&pair, at(1)).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(world.verifier.cached_pairs(), 1);
}

#[tokio::test]
async fn a_verifier_is_shared_by_threads_and_its_futures_move_between_them() {
    fn moves<T: Send>(value: T) -> T {
        value
    }
    let world = Arc::new(World::new().await);
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    assert!(moves(world.verifier.verify(&Pair::new(&id, &site), at(0))).await.is_ok());
    std::thread::spawn(move || assert!(world.verifier.try_verify(&Pair::new(&id, &site), at(0)).is_some()))
        .join()
        .unwrap();
}

#[tokio::test]
async fn a_pair_is_remembered_by_all_bytes_of_both_tokens() {
    let world = World::new().await;
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    world.verifier.verify(&Pair::new(&id, &site), at(0)).await.unwrap();
    let mut forged = id.clone();
    forged[0] ^= 1; // the end, by which pairs are found, stays
    assert!(world.verifier.try_verify(&Pair::new(&forged, &site), at(0)).is_none());
    assert!(world.verifier.try_verify(&Pair::new(&site, &id), at(0)).is_none());
    let (whole, cut) = ([id.as_slice(), site.as_slice()].concat(), id.len() - 1);
    let (left, right) = whole.split_at(cut);
    assert!(world.verifier.try_verify(&Pair::new(left, right), at(0)).is_none());
}

#[tokio::test]
async fn a_refused_pair_is_not_remembered() {
    let world = World::new().await;
    let mut drafts = world.drafts();
    drafts.site.set("sub", json!("usr_2"));
    assert_eq!(world.answer(&drafts).await, "pair_mismatch - pair_sub");
    assert_eq!(world.verifier.cached_pairs(), 0);
}

#[tokio::test]
async fn a_remembered_pair_expires() {
    let world = World::new().await;
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    let pair = Pair::new(&id, &site);
    world.verifier.verify(&pair, at(0)).await.unwrap();
    assert!(world.verifier.try_verify(&pair, at(330)).is_some());
    assert!(world.verifier.try_verify(&pair, at(331)).is_none());
    assert_eq!(world.verifier.cached_pairs(), 0);
    assert_eq!(told(&world.verifier.verify(&pair, at(331)).await), "invalid_token site expired");
}

#[tokio::test]
async fn the_cache_is_bounded_and_can_be_none() {
    for (pairs_max, remembered) in [(0, 0..=0), (8, 1..=8)] {
        let world = World::not_loaded(|settings| settings.cache_pairs_max = pairs_max);
        world.verifier.refresh_all(at(0)).await;
        for number in 0..50 {
            let mut drafts = world.drafts();
            drafts.id.set("jti", json!(format!("id_{number}")));
            assert_eq!(world.answer(&drafts).await, "ok");
        }
        assert!(remembered.contains(&world.verifier.cached_pairs()), "{}", world.verifier.cached_pairs());
    }
}

fn entry(kind: DenyKind, id: &str, not_before: Option<i64>) -> DenyEntry {
    DenyEntry { kind, id: id.to_owned(), not_before: not_before.map(at), expires: at(100) }
}

#[tokio::test]
async fn whatever_is_denied_ends_a_pair_that_is_remembered() {
    for (kind, name, reason) in [
        (DenyKind::Jti, "id_1", "id denied"),
        (DenyKind::Jti, "site_1", "site denied"),
        (DenyKind::Sid, "sid_1", "id denied"),
        (DenyKind::Sub, "svc_1", "id denied"),
        (DenyKind::Sub, "usr_1", "site denied"),
        (DenyKind::Client, "pos", "id denied"),
        (DenyKind::Dev, "dev_1", "id denied"),
        (DenyKind::Kid, "", "id key_denied"),
    ] {
        let world = World::new().await;
        let mut drafts = world.drafts();
        drafts.id.set("sub", json!("svc_1"));
        drafts.site.set("act", json!({"sub": "svc_1"}));
        let (id, site) = (drafts.id.token(), drafts.site.token());
        let pair = Pair::new(&id, &site);
        world.verifier.verify(&pair, at(0)).await.unwrap();
        world.denylist.deny(entry(kind, "somebody else", None));
        assert!(world.verifier.try_verify(&pair, at(0)).is_some(), "{kind:?} of another");
        world.denylist.deny(entry(kind, if kind == DenyKind::Kid { world.id.kid() } else { name }, None));
        assert!(world.verifier.try_verify(&pair, at(0)).is_none(), "{kind:?} {name}");
        let answer = told(&world.verifier.verify(&pair, at(0)).await);
        assert_eq!(answer, format!("invalid_token {reason}"), "{kind:?} {name}");
        assert_eq!(told(&world.verifier.verify(&pair, at(100)).await), "ok", "{kind:?} {name} has had its time");
    }
}

#[tokio::test]
async fn a_device_that_calls_is_denied_as_a_device_too() {
    let world = World::new().await;
    let mut drafts = world.drafts();
    drafts.both("sub", json!("dev_7"));
    drafts.id.set("sub_type", json!("device"));
    drafts.id.without("dev");
    drafts.site.without("dev");
    assert_eq!(world.answer(&drafts).await, "ok");
    world.denylist.deny(entry(DenyKind::Dev, "dev_7", None));
    assert_eq!(world.answer(&drafts).await, "invalid_token id denied");
}

#[tokio::test]
async fn tokens_issued_since_then_are_not_denied() {
    for (not_before, answer) in [(-1, "ok"), (0, "ok"), (1, "invalid_token id denied")] {
        let world = World::new().await;
        world.denylist.deny(entry(DenyKind::Sub, "usr_1", Some(not_before)));
        assert_eq!(world.answer(&world.drafts()).await, answer, "{not_before}");
    }
}

#[tokio::test]
async fn a_key_is_denied_for_the_tokens_issued_before() {
    let world = World::new().await;
    world.denylist.deny(entry(DenyKind::Kid, world.site.kid(), Some(1)));
    let mut drafts = world.drafts();
    drafts.now = at(2);
    assert_eq!(world.answer(&drafts).await, "invalid_token site denied");
    drafts.site.set("iat", json!(ISSUED + 1));
    assert_eq!(world.answer(&drafts).await, "ok");
}

#[tokio::test]
async fn the_stricter_of_two_entries_of_one_name_holds() {
    let world = World::new().await;
    world.denylist.deny(entry(DenyKind::Sub, "usr_1", None));
    world.denylist.deny(entry(DenyKind::Sub, "usr_1", Some(-10)));
    world.denylist.deny(DenyEntry { expires: at(1), ..entry(DenyKind::Sub, "usr_1", None) });
    let mut drafts = world.drafts();
    drafts.now = at(2);
    assert_eq!(world.answer(&drafts).await, "invalid_token id denied");
}

#[tokio::test]
async fn the_denylist_forgets_what_has_had_its_time() {
    let world = World::new().await;
    assert!(world.denylist.is_empty());
    world.denylist.deny(entry(DenyKind::Sub, "usr_1", None));
    world.denylist.deny(DenyEntry { expires: at(200), ..entry(DenyKind::Jti, "x", Some(0)) });
    world.denylist.purge(at(99));
    assert_eq!(world.denylist.len(), 2);
    world.denylist.purge(at(100));
    assert_eq!(world.denylist.len(), 1);
    world.denylist.purge(at(200));
    assert!(world.denylist.is_empty());
}

#[test]
fn an_entry_is_read_as_the_feed_has_it() {
    let text =
        r#"{"kind":"sub","id":"usr_1","notBefore":"2026-11-22T11:00:00.000Z","expires":"2026-11-22T12:00:00.000Z"}"#;
    let entry: DenyEntry = serde_json::from_str(text).unwrap();
    assert_eq!(entry.kind, DenyKind::Sub);
    assert_eq!(serde_json::to_string(&entry).unwrap(), text);
}

#[tokio::test]
async fn a_key_that_leaves_the_set_ends_the_pairs_that_it_signed() {
    let world = World::new().await;
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    let pair = Pair::new(&id, &site);
    let next = key(TokenKind::Site);
    world.verifier.verify(&pair, at(0)).await.unwrap();
    world.source.publish(&[&world.id, &world.site, &next]);
    world.verifier.refresh_all(at(1)).await;
    assert!(world.verifier.try_verify(&pair, at(1)).is_some(), "both keys are still there");
    world.source.publish(&[&world.id, &next]);
    world.verifier.refresh_all(at(2)).await;
    assert!(world.verifier.try_verify(&pair, at(2)).is_none());
    assert_eq!(told(&world.verifier.verify(&pair, at(2)).await), "invalid_token site key");
}
