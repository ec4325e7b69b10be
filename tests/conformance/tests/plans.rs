//! Declared queries use their index: everything that lists ask of the store is asked of SQLite for its plan.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use enaction::{
    store::{Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit},
    stores::{SqliteSettings, SqliteStore},
};
use enaction_conformance::{Report, World, lists};

use crate::shop;

/// A store that notes which ranges it is asked for.
struct Noting {
    store: SqliteStore,
    asked: Mutex<Vec<Range>>,
}

impl Noting {
    fn note(&self, range: &Range) {
        self.asked.lock().expect("the notes").push(range.clone());
    }
}

#[async_trait]
impl Store for Noting {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.store.get(scope, keys).await
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        self.note(range);
        self.store.scan(scope, range, limit).await
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        self.note(range);
        self.store.count(scope, range, limit).await
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        self.store.scopes(after, limit).await
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        self.store.commit(unit).await
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
    let store = Arc::new(Noting { store, asked: Mutex::default() });
    let service = shop::service().store(Arc::clone(&store) as _).start();
    let target = shop::target(&service);
    let (world, mut report) = (World::open(&target), Report::default());
    let tried = lists::check(&world, &mut report);
    report.assert_none();

    let (mut used, mut plans) = (BTreeSet::new(), 0);
    for range in store.asked.lock().expect("the notes").iter() {
        let by = match range {
            Range::Ids { .. } => "(scope=? AND collection=? AND id>?",
            Range::Entries { index, .. } => {
                used.insert(*index);
                "(scope=? AND collection=? AND index_name=? AND (key,id)>(?,?)"
            }
        };
        for plan in store.store.plan(range).expect("a plan") {
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
