//! What may not be printed, and what a sender is told.

use enaction_tokens::Pair;
use serde_json::json;

use crate::world::{World, at};

#[tokio::test]
async fn no_text_of_a_token_can_be_printed() {
    let world = World::new().await;
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    let pair = Pair::new(&id, &site);
    assert_eq!(format!("{pair:?}"), "Pair { id: [token], site: [token] }");
    assert_eq!(format!("{} {:?}", pair.id, pair.site), "[token] [token]");
    let verified = world.verifier.verify(&pair, at(0)).await.unwrap();
    let refusal = world.verifier.verify(&pair, at(9999)).await.unwrap_err();
    for printed in [format!("{verified:?}"), format!("{refusal:?} {refusal}"), format!("{:?}", world.id)] {
        for part in [&id, &site].into_iter().flat_map(|token| token.split(|byte| *byte == b'.')) {
            assert!(!printed.contains(std::str::from_utf8(part).unwrap()), "{printed}");
        }
    }
}

#[tokio::test]
async fn a_sender_is_not_told_which_check_of_the_key_or_the_signature_failed() {
    let world = World::new().await;
    let texts = [("alg", json!("none")), ("kid", json!("unknown")), ("typ", json!("x"))].map(|(member, value)| {
        let mut drafts = world.drafts();
        drafts.id.head(member, value);
        drafts
    });
    for drafts in texts {
        let refusal = world.verify(&drafts).await.unwrap_err();
        assert_eq!(refusal.fault().detail(), Some("the token can not be verified"));
        assert_eq!(
            refusal.challenge(),
            Some(
                "Bearer realm=\"api\", error=\"invalid_token\", \
                 error_description=\"the token can not be verified\", token=\"id\""
            )
        );
    }
}

#[tokio::test]
async fn a_pair_of_two_callers_has_a_code_of_its_own_and_the_common_error() {
    let world = World::new().await;
    let mut drafts = world.drafts();
    drafts.site.set("sub", json!("usr_2"));
    let refusal = world.verify(&drafts).await.unwrap_err();
    assert_eq!((refusal.fault().code(), refusal.fault().kind().status()), ("pair_mismatch", 401));
    assert_eq!(
        refusal.challenge(),
        Some(
            "Bearer realm=\"api\", error=\"invalid_token\", \
             error_description=\"the two tokens do not belong together\""
        )
    );
}
