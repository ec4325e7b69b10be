//! Index entries that are made anew from what is stored.

use enaction_core::store::{Event, Record, Refusal, Unit};

use crate::harness::*;

const TAKEN: Refusal = Refusal::Taken(CODE);

pub(crate) async fn entries_are_set_anew_and_the_record_stays_as_it_is(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[name("old")])).await;
    let before = store.get(&acme(), &[key("a")]).await.unwrap();
    done(&store, unit().reindexes("a", a, &[name("n"), name("m"), code("x")])).await;
    assert_eq!(store.get(&acme(), &[key("a")]).await.unwrap(), before);
    assert_eq!(scan(&store, &all_ids()).await.items[0].record, before[0].clone().unwrap());
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a", "a"]);
    assert_eq!(found(&store, &entries(CODE), 9).await, ["a"]);
    done(&store, unit().reindexes("a", a, &[])).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, [""; 0]);
    assert_eq!(found(&store, &entries(CODE), 9).await, [""; 0]);
    done(&store, unit().reads("a", a).writes("a", a, &[])).await;
}

pub(crate) async fn a_record_that_was_written_or_removed_since_is_passed_over(store: Subjected) {
    let old = done(&store, unit().writes("a", 0, &[name("a")]).writes("b", 0, &[name("b")])).await;
    let now = done(&store, unit().writes("a", old, &[name("now")]).removes("b", old)).await;
    let passed_over = ["a", "b", "none"].iter().fold(unit(), |unit, id| unit.reindexes(id, old, &[code("x")]));
    done(&store, passed_over).await;
    done(&store, unit().reindexes("a", now + 1, &[code("x")]).reindexes("none", 0, &[code("y")])).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, [""; 0]);
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a"]);
    assert_eq!([version(&store, "a").await, version(&store, "b").await], [now, 0]);
}

pub(crate) async fn what_is_reindexed_beside_others_moves_alone(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[name("n")]).writes("b", 0, &[name("n")])).await;
    let mixed = unit().reindexes("a", both, &[name("m")]).writes("c", 0, &[name("n")]).reindexes("none", 1, &[]);
    let number = done(&store, mixed).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a", "b", "c"]);
    let now = [version(&store, "a").await, version(&store, "b").await, version(&store, "c").await];
    assert_eq!(now, [both, both, number]);
    let elsewhere = Unit::new(globex()).reindexes("b", both, &[]);
    done(&store, elsewhere).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a", "b", "c"]);
}

pub(crate) async fn a_unique_claim_that_another_holds_is_refused(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[])).await;
    assert_eq!(refused(&store, unit().reindexes("b", both, &[code("x")])).await, TAKEN);
    assert_eq!(refused(&store, unit().reindexes("b", both, &[name("n"), code("x")])).await, TAKEN);
    let twice = unit().reindexes("b", both, &[code("y")]).writes("c", 0, &[code("y")]);
    assert_eq!(refused(&store, twice).await, TAKEN);
    // What another holds without being its only holder is held all the same.
    let shared = enaction_core::store::Claim { unique: false, ..code("z") };
    let c = done(&store, unit().writes("c", 0, &[shared])).await;
    assert_eq!(refused(&store, unit().reindexes("b", both, &[code("z")])).await, TAKEN);
    done(&store, unit().reindexes("c", c, &[code("z")])).await;
    assert_eq!(refused(&store, unit().writes("d", 0, &[code("z")])).await, TAKEN);
    // It is passed over, and takes nothing.
    done(&store, unit().reindexes("b", c, &[code("x")])).await;
    done(&store, unit().reindexes("a", both, &[code("x")])).await;
}

pub(crate) async fn a_unique_claim_moves_within_one_unit(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[code("y")])).await;
    done(&store, unit().reindexes("a", both, &[code("y")]).reindexes("b", both, &[code("x")])).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, ["b", "a"]);
    done(&store, unit().reindexes("a", both, &[]).writes("c", 0, &[code("y")])).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, ["b", "c"]);
    done(&store, unit().reindexes("a", both, &[code("x")]).removes("b", both)).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, ["a", "c"]);
}

pub(crate) async fn a_refused_unit_reindexes_nothing(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[])).await;
    for bad in [
        unit().reindexes("b", both, &[name("n")]).writes("a", both + 1, &[]),
        unit().reindexes("b", both, &[name("n")]).writes("a", 0, &[]),
        unit().reindexes("b", both, &[name("n")]).writes("c", 0, &[code("x")]),
        unit().reindexes("b", both, &[name("n")]).reads("c", 7),
    ] {
        refused(&store, bad).await;
        assert_eq!(found(&store, &entries(BY_NAME), 9).await, [""; 0]);
    }
}

pub(crate) async fn a_unit_to_validate_reindexes_nothing(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[])).await;
    let to_validate = |unit: Unit| Unit { validate_only: true, ..unit };
    done(&store, to_validate(unit().reindexes("a", both, &[name("n")]))).await;
    assert_eq!(refused(&store, to_validate(unit().reindexes("b", both, &[code("x")]))).await, TAKEN);
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, [""; 0]);
}

pub(crate) async fn only_what_writes_or_tells_has_a_number(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    assert_eq!(done(&store, unit().reindexes("a", a, &[name("n")])).await, a);
    assert_eq!(done(&store, unit().reindexes("none", 1, &[])).await, a);
    let mut told = unit().reindexes("a", a, &[]);
    told.events.push(Event { name: "basket.reindexed", body: "1".into() });
    assert!(done(&store, told).await > a);
    assert_eq!(version(&store, "a").await, a);
}

pub(crate) async fn a_scan_sees_what_was_reindexed_since_and_a_read_does_not(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let (named, all) = (scan(&store, &entries(BY_NAME)).await, scan(&store, &all_ids()).await);
    done(&store, unit().reindexes("a", a, &[name("n")])).await;
    assert_eq!(refused(&store, unit().scanned(entries(BY_NAME), 9, &named).writes("b", 0, &[])).await, stale(&[]));
    done(&store, unit().scanned(all_ids(), 9, &all).reads("a", a).writes("b", 0, &[])).await;
}

pub(crate) async fn a_record_is_changed_once_in_a_unit(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    for twice in [
        unit().reindexes("a", a, &[name("n")]).reindexes("b", 1, &[]).reindexes("a", a, &[]),
        unit().reindexes("a", a, &[name("n")]).writes("a", a, &[]),
    ] {
        assert!(matches!(refused(&store, twice).await, Refusal::Unavailable(_)));
    }
    assert_eq!((version(&store, "a").await, found(&store, &entries(BY_NAME), 9).await.len()), (a, 0));
}

pub(crate) async fn entries_made_anew_are_taken_away_with_their_record(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[]).writes("b", 0, &[])).await;
    done(&store, unit().reindexes("a", both, &[name("n"), code("x")]).reindexes("b", both, &[name("n")])).await;
    done(&store, unit().removes("a", both).writes("b", both, &[])).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, [""; 0]);
    done(&store, unit().writes("c", 0, &[code("x")])).await;
}

/// The record of acme, as it has to be: only its schema and what it says are others than before.
async fn is_rewritten(store: &Subjected, id: &str, before: &Record, (schema_version, body): (u16, &'static str)) {
    let now = Record { schema_version, body: body.into(), ..before.clone() };
    let all = scan(store, &all_ids()).await;
    let scanned = all.items.iter().find(|item| &*item.id == id).map(|item| &item.record);
    assert_eq!(scanned, Some(&now), "{id}, as it is scanned");
    assert_eq!(store.get(&acme(), &[key(id)]).await.unwrap(), [Some(now)], "{id}, as it is read");
}

async fn read(store: &Subjected, id: &str) -> Record {
    store.get(&acme(), &[key(id)]).await.unwrap()[0].clone().unwrap()
}

const NEWER: (u16, &str) = (4, "\"in another schema\"");

pub(crate) async fn a_record_is_rewritten_under_the_version_that_it_has(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[name("old")])).await;
    let before = read(&store, "a").await;
    assert_eq!(done(&store, unit().rewrites("a", a, NEWER, &[name("n"), code("x")])).await, a, "it has no number");
    is_rewritten(&store, "a", &before, NEWER).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a"]);
    assert_eq!(found(&store, &entries(CODE), 9).await, ["a"]);
    let shorter = (5, "1");
    done(&store, unit().rewrites("a", a, shorter, &[])).await;
    is_rewritten(&store, "a", &before, shorter).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, [""; 0]);
}

pub(crate) async fn a_rewrite_of_what_was_written_or_removed_since_is_passed_over(store: Subjected) {
    let old = done(&store, unit().writes("a", 0, &[name("a")]).writes("b", 0, &[])).await;
    let now = done(&store, unit().writes("a", old, &[name("now")]).removes("b", old)).await;
    let before = read(&store, "a").await;
    let late = ["a", "b", "none"].iter().fold(unit(), |unit, id| unit.rewrites(id, old, NEWER, &[code("x")]));
    done(&store, late).await;
    is_rewritten(&store, "a", &before, (before.schema_version, "\"a behind 1\"")).await;
    assert_eq!([version(&store, "a").await, version(&store, "b").await, version(&store, "none").await], [now, 0, 0]);
    assert_eq!(found(&store, &entries(CODE), 9).await, [""; 0]);
}

pub(crate) async fn a_refused_unit_rewrites_nothing(store: Subjected) {
    let both = done(&store, unit().writes("a", 0, &[code("x")]).writes("b", 0, &[])).await;
    let before = read(&store, "b").await;
    for bad in [
        unit().rewrites("b", both, NEWER, &[code("x")]),
        unit().rewrites("b", both, NEWER, &[]).writes("a", both + 1, &[]),
        unit().rewrites("b", both, NEWER, &[]).reads("c", 7),
        unit().rewrites("b", both, NEWER, &[]).reindexes("a", both, &[]).rewrites("b", both, NEWER, &[]),
    ] {
        refused(&store, bad).await;
        assert_eq!(read(&store, "b").await, before);
    }
    done(&store, Unit { validate_only: true, ..unit().rewrites("b", both, NEWER, &[]) }).await;
    assert_eq!(read(&store, "b").await, before);
}

pub(crate) async fn what_was_read_before_a_rewrite_still_holds(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let all = scan(&store, &all_ids()).await;
    done(&store, unit().rewrites("a", a, NEWER, &[])).await;
    done(&store, unit().scanned(all_ids(), 9, &all).reads("a", a).writes("b", 0, &[])).await;
    let now = done(&store, unit().writes("a", a, &[])).await;
    assert_eq!(read(&store, "a").await, Record { version: now, ..record(&format!("\"a behind {a}\"")) });
}
