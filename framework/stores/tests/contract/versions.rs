//! Numbers of commits.

use enaction_core::store::Event;

use crate::harness::*;

pub(crate) async fn each_commit_has_a_greater_number(store: Subjected) {
    let mut last = 0;
    for id in 0..20 {
        let version = done(&store, unit().writes(&id.to_string(), 0, &[])).await;
        assert!(version > last);
        last = version;
    }
}

pub(crate) async fn all_writes_of_a_unit_have_its_number(store: Subjected) {
    let old = done(&store, unit().writes("a", 0, &[]).writes("b", 0, &[])).await;
    let now = done(&store, unit().writes("a", old, &[]).removes("b", old).writes("c", 0, &[code("x")])).await;
    assert_eq!([version(&store, "a").await, version(&store, "b").await, version(&store, "c").await], [now, 0, now]);
}

pub(crate) async fn a_version_never_returns_after_removal_and_creation(store: Subjected) {
    let mut seen = Vec::new();
    for _ in 0..5 {
        let version = done(&store, unit().writes("a", 0, &[])).await;
        assert!(seen.iter().all(|before| *before < version));
        seen.push(version);
        seen.push(done(&store, unit().removes("a", version)).await);
    }
    done(&store, unit().writes("a", 0, &[])).await;
    for version in seen {
        assert_eq!(refused(&store, unit().writes("a", version, &[])).await, stale(&["a"]));
    }
}

pub(crate) async fn an_update_is_only_done_to_the_version_that_it_expects(store: Subjected) {
    let first = done(&store, unit().writes("a", 0, &[])).await;
    let second = done(&store, unit().writes("a", first, &[])).await;
    assert!(second > first);
    assert_eq!(refused(&store, unit().writes("a", first, &[])).await, stale(&["a"]));
    assert_eq!(version(&store, "a").await, second);
}

pub(crate) async fn a_unit_that_only_tells_has_a_number_of_its_own(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let mut told = unit().reads("a", a);
    told.events.push(Event { name: "basket.opened", body: "{}".into() });
    told.events.push(Event { name: "basket.opened", body: "{}".into() });
    let told = done(&store, told).await;
    assert!(a < told);
    assert_eq!(done(&store, unit()).await, told);
}
