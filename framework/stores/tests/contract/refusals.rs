//! When a unit is refused, as what, and what is left of it.

use enaction_core::store::{Page, Range, Refusal, Unit};

use crate::harness::*;

pub(crate) async fn a_read_that_holds_is_committed(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    done(&store, unit().reads("a", a).reads("none", 0).writes("b", 0, &[])).await;
    done(&store, unit().reads("a", a).writes("a", a, &[])).await;
    assert_ne!(version(&store, "b").await, 0);
}

pub(crate) async fn a_unit_to_validate_is_checked_and_writes_nothing(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[code("n")])).await;
    let to_validate = |unit: Unit| Unit { validate_only: true, ..unit };
    assert_eq!(done(&store, to_validate(unit().reads("a", a).writes("b", 0, &[code("m")]))).await, a);
    assert_eq!(done(&store, to_validate(unit().removes("a", a))).await, a);
    assert_eq!((version(&store, "a").await, version(&store, "b").await), (a, 0));
    for (checked, refusal) in [
        (unit().reads("a", a + 1).writes("b", 0, &[]), stale(&["a"])),
        (unit().writes("a", a + 1, &[]), stale(&["a"])),
        (unit().writes("a", 0, &[]), Refusal::Exists(key("a"))),
        (unit().writes("b", 0, &[code("n")]), Refusal::Taken(CODE)),
    ] {
        assert_eq!(refused(&store, to_validate(checked)).await, refusal);
    }
    assert!(done(&store, unit().writes("b", 0, &[code("m")])).await > a);
}

pub(crate) async fn a_read_that_changed_is_stale(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    done(&store, unit().writes("a", a, &[])).await;
    assert_eq!(refused(&store, unit().reads("a", a).writes("b", 0, &[])).await, stale(&["a"]));
}

pub(crate) async fn a_read_that_was_removed_is_stale(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    done(&store, unit().removes("a", a)).await;
    assert_eq!(refused(&store, unit().reads("a", a).writes("b", 0, &[])).await, stale(&["a"]));
}

pub(crate) async fn a_read_of_an_absent_key_that_came_is_stale(store: Subjected) {
    done(&store, unit().writes("a", 0, &[])).await;
    assert_eq!(refused(&store, unit().reads("a", 0).writes("b", 0, &[])).await, stale(&["a"]));
}

pub(crate) async fn an_expected_version_that_changed_is_stale(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[name("n")])).await;
    let now = done(&store, unit().writes("a", a, &[name("n")])).await;
    for again in [unit().writes("a", a, &[name("n")]), unit().writes("a", now + 1, &[]), unit().removes("a", a)] {
        assert_eq!(refused(&store, again).await, stale(&["a"]));
    }
    assert_eq!(version(&store, "a").await, now);
}

pub(crate) async fn an_expected_version_of_what_is_absent_is_stale(store: Subjected) {
    assert_eq!(refused(&store, unit().writes("a", 1, &[])).await, stale(&["a"]));
    assert_eq!(refused(&store, unit().removes("a", 1)).await, stale(&["a"]));
}

pub(crate) async fn every_stale_key_is_named_once(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[]).writes("b", 0, &[]).writes("c", 0, &[])).await;
    done(&store, unit().writes("a", a, &[]).writes("b", a, &[])).await;
    let old = unit().reads("a", a).reads("c", a).reads("a", a).writes("b", a, &[]).writes("a", a, &[]);
    assert_eq!(refused(&store, old).await, stale(&["a", "b"]));
}

pub(crate) async fn a_key_to_create_that_exists_is_refused_as_existing(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    for again in [
        unit().writes("a", 0, &[]),
        unit().writes("a", 0, &[name("n"), code("c")]),
        unit().reads("b", 0).writes("b", 0, &[]).writes("a", 0, &[]),
        unit().removes("a", 0),
    ] {
        assert_eq!(refused(&store, again).await, Refusal::Exists(key("a")));
    }
    assert_eq!(version(&store, "a").await, a);
}

pub(crate) async fn a_key_to_create_that_the_unit_read_as_absent_is_stale(store: Subjected) {
    done(&store, unit().writes("a", 0, &[])).await;
    assert_eq!(refused(&store, unit().reads("a", 0).writes("a", 0, &[])).await, stale(&["a"]));
    assert_eq!(refused(&store, unit().reads("a", 0).writes("a", 0, &[code("c")])).await, stale(&["a"]));
}

pub(crate) async fn stale_comes_before_existing(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[]).writes("b", 0, &[])).await;
    let now = done(&store, unit().writes("b", a, &[])).await;
    assert_eq!(refused(&store, unit().reads("b", a).writes("a", 0, &[])).await, stale(&["b"]));
    assert_eq!(refused(&store, unit().writes("a", 0, &[]).writes("b", a, &[])).await, stale(&["b"]));
    assert_eq!(refused(&store, unit().writes("a", 0, &[]).writes("b", now, &[])).await, Refusal::Exists(key("a")));
}

pub(crate) async fn existing_comes_before_taken(store: Subjected) {
    done(&store, unit().writes("a", 0, &[code("x")])).await;
    done(&store, unit().writes("b", 0, &[])).await;
    assert_eq!(refused(&store, unit().writes("b", 0, &[code("x")])).await, Refusal::Exists(key("b")));
    let both = unit().writes("c", 0, &[code("x")]).writes("b", 0, &[]);
    assert_eq!(refused(&store, both).await, Refusal::Exists(key("b")));
}

async fn three(store: &Subjected) -> u64 {
    let claims = [name("n")];
    done(store, unit().writes("b", 0, &claims).writes("d", 0, &claims).writes("f", 0, &claims)).await
}

/// Scans, lets something happen, and commits the scan: refused without a key.
async fn is_a_phantom(store: &Subjected, range: Range, limit: usize, between: enaction_core::store::Unit) {
    let seen = store.scan(&acme(), &range, limit).await.unwrap();
    let scanned = unit().scanned(range.clone(), limit, &seen);
    done(store, scanned.clone()).await;
    done(store, between).await;
    assert_eq!(refused(store, scanned.clone()).await, stale(&[]));
    assert_eq!(refused(store, scanned.writes("z", 0, &[])).await, stale(&[]));
    assert_eq!(version(store, "z").await, 0);
}

pub(crate) async fn a_record_that_came_into_a_scanned_range_is_a_phantom(store: Subjected) {
    three(&store).await;
    is_a_phantom(&store, all_ids(), 9, unit().writes("c", 0, &[])).await;
    is_a_phantom(&store, ids("x", None), 9, unit().writes("x", 0, &[])).await;
}

pub(crate) async fn a_record_that_left_a_scanned_range_is_a_phantom(store: Subjected) {
    let three = three(&store).await;
    is_a_phantom(&store, all_ids(), 9, unit().removes("f", three)).await;
    is_a_phantom(&store, entries(BY_NAME), 9, unit().removes("b", three)).await;
    is_a_phantom(&store, entries(BY_NAME), 9, unit().writes("d", three, &[])).await;
}

pub(crate) async fn a_record_that_changed_in_a_scanned_range_is_a_phantom(store: Subjected) {
    let three = three(&store).await;
    is_a_phantom(&store, all_ids(), 9, unit().writes("b", three, &[name("n")])).await;
    is_a_phantom(&store, entries(BY_NAME), 9, unit().writes("d", three, &[name("n")])).await;
}

pub(crate) async fn an_entry_that_came_into_a_scanned_range_is_a_phantom(store: Subjected) {
    let three = three(&store).await;
    is_a_phantom(&store, entries(BY_NAME), 9, unit().writes("a", 0, &[name("n")])).await;
    is_a_phantom(&store, entries(CODE), 9, unit().writes("b", three, &[name("n"), code("c")])).await;
}

pub(crate) async fn a_record_beyond_the_limit_changes_whether_there_is_more(store: Subjected) {
    let three = three(&store).await;
    is_a_phantom(&store, all_ids(), 3, unit().writes("g", 0, &[])).await;
    is_a_phantom(&store, entries(BY_NAME), 2, unit().removes("f", three)).await;
    is_a_phantom(&store, ids("k", None), 0, unit().writes("k", 0, &[])).await;
}

pub(crate) async fn what_lies_outside_a_scanned_range_does_not_matter(store: Subjected) {
    let three = three(&store).await;
    let (few, behind) = (store.scan(&acme(), &all_ids(), 1).await.unwrap(), ids("", Some("b")));
    let rest = scan(&store, &behind).await;
    let named = scan(&store, &entries(BY_NAME)).await;
    let unit_before = unit().scanned(all_ids(), 1, &few).scanned(entries(BY_NAME), 9, &named);
    done(&store, unit().writes("e", 0, &[code("c")])).await;
    done(&store, unit_before.writes("y", 0, &[])).await;
    assert_eq!(refused(&store, unit().scanned(behind.clone(), 9, &rest)).await, stale(&[]));
    let rest = scan(&store, &behind).await;
    done(&store, unit().writes("a", 0, &[]).writes("b", three, &[name("n")])).await;
    done(&store, unit().scanned(behind, 9, &rest).writes("z", 0, &[])).await;
}

pub(crate) async fn a_refused_unit_leaves_nothing(store: Subjected) {
    let old = done(&store, unit().writes("a", 0, &[name("n"), code("x")])).await;
    let a = done(&store, unit().writes("a", old, &[name("n"), code("x")])).await;
    let before: [Page; 3] =
        [scan(&store, &all_ids()).await, scan(&store, &entries(BY_NAME)).await, scan(&store, &entries(CODE)).await];
    let others = || unit().writes("b", 0, &[name("b"), code("b")]);
    for bad in [
        others().writes("a", old, &[]),
        others().removes("a", old),
        others().reads("a", old),
        others().writes("a", 0, &[]),
        others().writes("a", a, &[name("moved")]).writes("c", 0, &[code("b")]),
        others().scanned(all_ids(), 9, &Page::default()),
        unit().removes("a", a).writes("b", 1, &[]),
        unit().writes("b", 0, &[name("b"), code("x")]),
    ] {
        refused(&store, bad).await;
        let now =
            [scan(&store, &all_ids()).await, scan(&store, &entries(BY_NAME)).await, scan(&store, &entries(CODE)).await];
        assert_eq!(now, before);
        assert_eq!(version(&store, "b").await, 0);
    }
    done(&store, others().reads("a", a)).await;
}

pub(crate) async fn a_unit_of_reads_alone_is_validated(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let latest = done(&store, unit().writes("b", 0, &[])).await;
    assert_eq!(done(&store, unit().reads("a", a).reads("c", 0)).await, latest);
    assert_eq!(refused(&store, unit().reads("a", latest).reads("b", 0).reads("c", 0)).await, stale(&["a", "b"]));
}

pub(crate) async fn an_empty_unit_gives_the_latest_number(store: Subjected) {
    assert_eq!(done(&store, unit()).await, 0);
    let latest = done(&store, unit().writes("a", 0, &[])).await;
    assert_eq!([done(&store, unit()).await, done(&store, unit()).await], [latest; 2]);
}

pub(crate) async fn a_removal_of_what_is_absent_is_committed(store: Subjected) {
    done(&store, unit().removes("a", 0)).await;
    assert_eq!(version(&store, "a").await, 0);
    done(&store, unit().writes("a", 0, &[])).await;
}

pub(crate) async fn a_unit_that_writes_a_key_twice_is_refused(store: Subjected) {
    let twice = unit().writes("a", 0, &[]).writes("b", 0, &[]).writes("a", 0, &[]);
    assert!(matches!(refused(&store, twice).await, Refusal::Unavailable(_)));
    assert!(found(&store, &all_ids(), 9).await.is_empty());
}

pub(crate) async fn a_removal_of_what_changed_is_stale(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let changed = done(&store, unit().writes("a", a, &[])).await;
    assert_eq!(refused(&store, unit().removes("a", a)).await, stale(&["a"]));
    done(&store, unit().removes("a", changed)).await;
    assert_eq!(refused(&store, unit().removes("a", changed)).await, stale(&["a"]));
}

pub(crate) async fn a_scan_that_found_nothing_holds_until_something_comes(store: Subjected) {
    let nothing = store.scan(&acme(), &entries(CODE), 9).await.unwrap();
    let seen = || unit().scanned(entries(CODE), 9, &nothing);
    done(&store, seen().writes("a", 0, &[name("n")])).await;
    done(&store, seen().writes("b", 0, &[code("x")])).await;
    assert_eq!(refused(&store, seen().writes("c", 0, &[])).await, stale(&[]));
}
