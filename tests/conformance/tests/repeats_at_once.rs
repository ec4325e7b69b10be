//! One request that comes many times at once, on one server and on two over one store: it has one effect.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc,
};

use async_trait::async_trait;
use enaction::{
    store::{Committed, Refusal, Store, Unit},
    stores::{MemoryStore, SqliteSettings, SqliteStore},
    testkit::Answer,
};
use enaction_tests::store::{Front, Fronted};
use tempfile::TempDir;
use tokio::sync::Barrier;

use crate::{
    repeats::{is_replayed, same},
    shop::{Shop, service},
};

const PARALLEL: usize = 100;

/// A store whose commits, once it is armed, wait for each other or for the test.
struct Meeting {
    armed: AtomicBool,
    barrier: Barrier,
}

impl Meeting {
    fn of_two(behind: Arc<dyn Store>) -> Arc<Fronted<Self>> {
        Fronted::of(Self { armed: AtomicBool::new(false), barrier: Barrier::new(2) }, behind)
    }
}

#[async_trait]
impl Front for Meeting {
    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        if self.armed.load(Ordering::SeqCst) && !unit.writes.is_empty() {
            self.barrier.wait().await;
        }
        behind.commit(unit).await
    }
}

/// Both stores, and what one of them lives in.
fn stores() -> Vec<(&'static str, Arc<dyn Store>, Option<TempDir>)> {
    let directory = tempfile::tempdir().expect("a directory");
    let sqlite = SqliteStore::open(&directory.path().join("store"), SqliteSettings::default()).expect("it opens");
    vec![("memory", Arc::new(MemoryStore::new()), None), ("sqlite", Arc::new(sqlite), Some(directory))]
}

/// Adds a note under one key: each time that it is done there is one more.
fn note(shop: &Shop) -> Answer {
    shop.ask("POST", "/things/it/notes", "", &[("idempotency-key", "one")])
}

fn notes(shop: &Shop) -> usize {
    shop.ask("GET", "/things/it", "", &[]).json()["notes"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_hundred_at_once_have_one_effect() {
    for (name, store, _directory) in stores() {
        let shop = Shop::of(service().store(store).start());
        assert_eq!(shop.ask("POST", "/things", r#"{"id":"it"}"#, &[]).status, 201);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(|| note(&shop))).collect();
            all.into_iter().map(|one| one.join().expect("an answer")).collect()
        });
        let (done, waiting): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(done.iter().filter(|answer| !is_replayed(answer)).count(), 1, "{name}");
        assert!(done.iter().all(|answer| same(answer) == same(done[0])), "{name}");
        for answer in waiting {
            assert_eq!((answer.status, answer.code().as_str()), (409, "idempotency_in_progress"), "{name}");
            assert_eq!(answer.header("retry-after"), Some("1"), "{name}");
        }
        for _ in 0..PARALLEL {
            let again = note(&shop);
            assert_eq!((is_replayed(&again), same(&again)), (true, same(done[0])), "{name}");
        }
        assert_eq!(notes(&shop), 1, "{name}");
    }
}

#[test]
fn of_two_servers_over_one_store_one_commits_and_the_other_answers_the_same() {
    for (name, store, _directory) in stores() {
        let store = Meeting::of_two(store);
        let shops = [(); 2].map(|()| Shop::of(service().store(Arc::clone(&store) as _).start()));
        assert_eq!(shops[0].ask("POST", "/things", r#"{"id":"it"}"#, &[]).status, 201);
        // Both have run, and neither has committed, when either goes on.
        store.armed.store(true, Ordering::SeqCst);
        let answers = std::thread::scope(|scope| {
            let both = shops.each_ref().map(|shop| scope.spawn(|| note(shop)));
            both.map(|one| one.join().expect("an answer"))
        });
        store.armed.store(false, Ordering::SeqCst);
        let [first, second] = &answers;
        assert_eq!((first.status, same(first)), (201, same(second)), "{name}: {}", second.json());
        assert!(is_replayed(first) != is_replayed(second), "{name}");
        assert_eq!(shops.each_ref().map(notes), [1, 1], "{name}");
    }
}

#[test]
fn while_the_first_runs_the_second_is_told_to_wait() {
    for (name, store, _directory) in stores() {
        let store = Meeting::of_two(store);
        let shop = Shop::of(service().store(Arc::clone(&store) as _).start());
        assert_eq!(shop.ask("POST", "/things", r#"{"id":"it"}"#, &[]).status, 201);
        store.armed.store(true, Ordering::SeqCst);
        let (answered, answers) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (answered, shop) = (answered.clone(), &shop);
                scope.spawn(move || answered.send(note(shop)));
            }
            // One waits for this test before it commits, so that the other is answered first.
            let early = answers.recv().expect("an answer");
            assert_eq!((early.status, early.code().as_str()), (409, "idempotency_in_progress"), "{name}");
            assert_eq!(early.header("retry-after"), Some("1"), "{name}");
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(store.barrier.wait());
            assert_eq!(answers.recv().expect("an answer").status, 201, "{name}");
        });
        assert!(is_replayed(&note(&shop)), "{name}");
        assert_eq!(notes(&shop), 1, "{name}");
    }
}
