//! For two mistakes there is one answer: that of the earlier rule.

use enaction_tokens::{DenyEntry, DenyKind, TokenKind};
use serde_json::json;

use crate::world::{Draft, ISSUED, Signed, World, at, key};

/// A step, a reason, and a mistake that has it.
type Mistake = (u8, &'static str, fn(&mut Draft));

const MISTAKES: &[Mistake] = &[
    (1, "too_long", |token| token.finish = |text| "A".repeat(4097 + text.len())),
    (3, "form", |token| token.finish = |text| text + "="),
    (4, "header", |token| token.head("jku", json!("https://evil.example"))),
    (5, "algorithm", |token| token.head("alg", json!("none"))),
    (6, "key", |token| token.head("kid", json!("unknown"))),
    (7, "key_use", |token| token.head("kid", json!(token.other_kid))),
    (8, "type", |token| token.head("typ", json!("x"))),
    (9, "signature", |token| token.signed_by = Signed::By(key(TokenKind::Id))),
    (10, "payload", |token| token.raw_payload = Some(b"[]".to_vec())),
    (10, "claims", |token| token.without("jti")),
    (11, "issuer", |token| token.set("iss", json!("https://evil.example"))),
    (11, "expired", |token| token.set("exp", json!(1))),
    (11, "not_yet", |token| token.set("nbf", json!(ISSUED + 99))),
    (11, "token_use", |token| token.set("token_use", json!("x"))),
    (12, "audience", |token| token.set("aud", json!("x"))),
    (13, "denied", |token| token.set("jti", json!("denied"))),
    (14, "sender_constraint", |token| token.set("cnf", json!({}))),
    (15, "pair_sid", |token| token.set("sid", json!("another"))),
];

async fn world() -> World {
    let world = World::new().await;
    world.denylist.deny(DenyEntry { kind: DenyKind::Jti, id: "denied".into(), not_before: None, expires: at(10_000) });
    world
}

#[tokio::test]
async fn the_earlier_step_answers_whichever_token_breaks_it() {
    let world = world().await;
    for (id_step, id_reason, spoil_id) in MISTAKES {
        for (site_step, site_reason, spoil_site) in MISTAKES {
            if (*id_step, *site_step) == (15, 15) {
                continue; // the two agree again
            }
            let mut drafts = world.drafts();
            spoil_id(&mut drafts.id);
            spoil_site(&mut drafts.site);
            let refusal = world.verify(&drafts).await.unwrap_err();
            let (reason, token) = match id_step <= site_step {
                true => (*id_reason, TokenKind::Id),
                false => (*site_reason, TokenKind::Site),
            };
            let answer = (refusal.reason(), refusal.token());
            assert_eq!(answer, (reason, Some(token)), "{id_reason} of id_token, {site_reason} of site_token");
        }
    }
}

#[tokio::test]
async fn the_earlier_rule_answers_when_one_token_breaks_two() {
    let world = world().await;
    for (place, (early_step, early, spoil)) in MISTAKES.iter().enumerate() {
        for (_, late, spoil_more) in MISTAKES.iter().skip(place + 1).filter(|_| *early_step >= 11) {
            let mut drafts = world.drafts();
            spoil(&mut drafts.site);
            spoil_more(&mut drafts.site);
            assert_eq!(world.verify(&drafts).await.unwrap_err().reason(), *early, "{early} and {late}");
        }
    }
}

#[tokio::test]
async fn a_pair_that_does_not_belong_together_is_told_last() {
    let world = world().await;
    let mut drafts = world.drafts();
    drafts.site.set("sid", json!("another"));
    assert_eq!(world.answer(&drafts).await, "pair_mismatch - pair_sid");
}
