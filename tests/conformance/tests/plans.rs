//! Declared queries use their index: everything that lists ask of the store is asked of SQLite for its plan.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use enaction::{
    store::Range,
    stores::{SqliteSettings, SqliteStore},
};
use enaction_conformance::{Report, World, lists};
use enaction_tests::store::{Front, Fronted};

use crate::shop;

/// Notes which ranges a store is asked for.
#[derive(Default)]
struct Noting {
    asked: Mutex<Vec<Range>>,
}

impl Front for Noting {
    fn scans(&self, range: &Range) {
        self.counts(range);
    }

    fn counts(&self, range: &Range) {
        self.asked.lock().expect("the notes").push(range.clone());
    }
}

/// A step of a plan that goes to the first row of its range and ends behind its last, or to the record of an entry, or counts
/// what such a step gave.
fn is_a_search(step: &str, by: &str) -> bool {
    let searches = step.starts_with("SEARCH") && step.contains(by);
    let of_an_entry = step == "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)";
    let counts = step.starts_with("CO-ROUTINE") || step.starts_with("SCAN (subquery");
    searches || of_an_entry || counts
}

#[test]
fn every_declared_query_is_answered_by_its_index_and_nothing_goes_through_a_collection() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).expect("a store");
    let store = Arc::new(store);
    let noting = Fronted::of(Noting::default(), Arc::clone(&store) as _);
    let service = shop::service().store(Arc::clone(&noting) as _).start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let tried = lists::check(&world, &mut report);
    report.assert_none();

    let (mut used, mut plans) = (BTreeSet::new(), 0);
    for range in noting.asked.lock().expect("the notes").iter() {
        let by = match range {
            Range::Ids { .. } => "(scope=? AND collection=? AND id>?",
            Range::Entries { index, .. } => {
                used.insert(*index);
                "(scope=? AND collection=? AND index_name=? AND (key,id)>(?,?)"
            }
        };
        for plan in store.plan(range).expect("a plan") {
            let first = plan.iter().find(|step| step.starts_with("SEARCH"));
            assert!(first.is_some_and(|step| step.contains(by)), "{range:?}: {plan:#?}");
            assert!(plan.iter().all(|step| is_a_search(step, by)), "{range:?}: {plan:#?}");
            plans += 1;
        }
    }
    let listed = used.iter().filter(|index| index.contains(':')).count();
    assert_eq!(listed, tried.orders, "each declared order is asked by its index: {used:#?}");
    assert!(plans > 300, "{plans}");
}
