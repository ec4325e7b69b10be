//! Who holds a unique claim.

use enaction_core::store::{Claim, Refusal, Write};

use crate::harness::*;

const TAKEN: Refusal = Refusal::Taken(CODE);

pub(crate) async fn a_unique_claim_has_one_holder(store: Subjected) {
    done(&store, unit().writes("a", 0, &[code("x")])).await;
    assert_eq!(refused(&store, unit().writes("b", 0, &[code("x")])).await, TAKEN);
    let b = done(&store, unit().writes("b", 0, &[code("y")])).await;
    assert_eq!(refused(&store, unit().writes("b", b, &[name("n"), code("x")])).await, TAKEN);
    assert_eq!(found(&store, &entries(CODE), 9).await, ["a", "b"]);
}

pub(crate) async fn a_unique_claim_is_free_when_its_holder_is_removed(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[code("x")])).await;
    done(&store, unit().removes("a", a)).await;
    done(&store, unit().writes("b", 0, &[code("x")])).await;
    assert_eq!(refused(&store, unit().writes("a", 0, &[code("x")])).await, TAKEN);
}

pub(crate) async fn a_unique_claim_is_free_when_its_holder_moves_on(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[code("x")])).await;
    done(&store, unit().writes("a", a, &[code("y")])).await;
    done(&store, unit().writes("b", 0, &[code("x")])).await;
    assert_eq!(refused(&store, unit().writes("c", 0, &[code("y")])).await, TAKEN);
}

pub(crate) async fn a_holder_keeps_its_claim_through_an_update(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[code("x")])).await;
    let a = done(&store, unit().writes("a", a, &[code("x")])).await;
    let a = done(&store, unit().writes("a", a, &[code("x"), name("n")])).await;
    assert_eq!(refused(&store, unit().writes("b", 0, &[code("x")])).await, TAKEN);
    done(&store, unit().writes("a", a, &[])).await;
    done(&store, unit().writes("b", 0, &[code("x")])).await;
}

pub(crate) async fn two_records_of_one_unit_can_not_hold_one_claim(store: Subjected) {
    assert_eq!(refused(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[code("x")])).await, TAKEN);
    let a = done(&store, unit().writes("a", 0, &[code("x")])).await;
    assert_eq!(refused(&store, unit().writes("a", a, &[code("x")]).writes("b", 0, &[code("x")])).await, TAKEN);
}

pub(crate) async fn records_of_one_unit_can_swap_their_claims(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[code("y")])).await;
    done(&store, unit().writes("a", both, &[code("y")]).writes("b", both, &[code("x")])).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, ["b", "a"]);
}

pub(crate) async fn a_claim_is_handed_over_within_one_unit(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[code("x")])).await;
    let b = done(&store, unit().writes("b", 0, &[code("x")]).removes("a", a)).await;
    done(&store, unit().writes("b", b, &[]).writes("c", 0, &[code("x")])).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, ["c"]);
}

pub(crate) async fn the_same_key_of_another_index_is_free(store: Subjected) {
    done(&store, unit().writes("a", 0, &[code("x")])).await;
    let other = Claim { index: "baskets.serial", ..code("x") };
    done(&store, unit().writes("b", 0, std::slice::from_ref(&other))).await;
    assert_eq!(refused(&store, unit().writes("c", 0, &[name("n"), other])).await, Refusal::Taken("baskets.serial"));
}

pub(crate) async fn the_same_key_of_another_collection_is_free(store: Subjected) {
    done(&store, unit().writes("a", 0, &[code("x")])).await;
    let mut elsewhere = unit();
    let mut place = key("a");
    place.collection = "orders";
    elsewhere.writes.push(Write { key: place, expected: 0, record: Some(record("1")), claims: vec![code("x")] });
    done(&store, elsewhere).await;
}

pub(crate) async fn a_claim_that_is_not_unique_has_many_holders(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[name("n")]).writes("b", 0, &[name("n")])).await;
    done(&store, unit().writes("c", 0, &[name("n")])).await;
    done(&store, unit().removes("b", both)).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a", "c"]);
}

pub(crate) async fn a_claim_made_twice_counts_once(store: Subjected) {
    let claims = [name("n"), code("x"), name("n"), code("x")];
    let a = done(&store, unit().writes("a", 0, &claims)).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a"]);
    let a = done(&store, unit().writes("a", a, &claims)).await;
    done(&store, unit().removes("a", a)).await;
    assert!(found(&store, &entries(CODE), 9).await.is_empty());
}

pub(crate) async fn a_claim_is_of_any_bytes(store: Subjected) {
    let keys = [&[][..], &[0], &[0, 0], &[0xff], &[0xff, 0], b"'\\x00\"", &[0x80; 300]];
    for (number, key) in keys.iter().enumerate() {
        let claim = Claim { index: CODE, key: key.to_vec(), unique: true };
        let (id, other) = (format!("{number}"), format!("{number} too"));
        done(&store, unit().writes(&id, 0, std::slice::from_ref(&claim))).await;
        assert_eq!(refused(&store, unit().writes(&other, 0, &[claim])).await, TAKEN, "{key:?}");
    }
    assert_eq!(found(&store, &entries(CODE), 99).await.len(), keys.len());
}
