//! What holds when many write and read at the same time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use enaction_core::store::{Refusal, Unit};
use futures_util::future::join_all;
use tokio::task::JoinSet;

use crate::harness::*;

/// The number that a record holds as its body.
async fn number(store: &Subjected, id: &str) -> (u64, u64) {
    match store.get(&acme(), &[key(id)]).await.unwrap().remove(0) {
        Some(record) => (record.version, std::str::from_utf8(&record.body).unwrap().parse().unwrap()),
        None => (0, 0),
    }
}

/// A unit that writes a number as the body of a record.
fn sets(mut unit: Unit, id: &str, expected: u64, number: u64) -> Unit {
    unit = unit.writes(id, expected, &[]);
    if let Some(write) = unit.writes.last_mut() {
        write.record = Some(record(&number.to_string()));
    }
    unit
}

pub(crate) async fn units_handed_over_together_see_each_other(store: Subjected) {
    for round in 0..20 {
        let [a, b, c] = ["a", "b", "c"].map(|id| format!("{round}{id}"));
        let [x, y] = ["x", "y"].map(|value| code(&format!("{round}{value}")));
        let units = [
            unit().writes(&a, 0, std::slice::from_ref(&x)),
            unit().writes(&a, 0, &[]),
            unit().reads(&a, 0).writes(&b, 0, &[]),
            unit().writes(&b, 0, std::slice::from_ref(&x)),
            unit().writes(&b, 0, std::slice::from_ref(&y)).writes(&c, 0, &[]),
            unit().writes(&c, 9_999_999, &[]),
            unit().reads(&c, 0),
        ];
        let answers = join_all(units.map(|unit| store.commit(unit))).await;
        let [first, second] = [answers[0].clone().unwrap().version, answers[4].clone().unwrap().version];
        assert!(first < second);
        assert_eq!(answers[1], Err(Refusal::Exists(key(&a))));
        assert_eq!(answers[2], Err(stale(&[&a])));
        assert_eq!(answers[3], Err(Refusal::Taken(CODE)));
        assert_eq!(answers[5], Err(stale(&[&c])));
        let now = [version(&store, &a).await, version(&store, &b).await, version(&store, &c).await];
        assert_eq!(now, [first, second, second]);
    }
}

pub(crate) async fn writers_of_one_record_lose_nothing(store: Subjected) {
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        writers.spawn(async move {
            for _ in 0..25 {
                loop {
                    let (version, value) = number(&store, "n").await;
                    match store.commit(sets(unit().reads("n", version), "n", version, value + 1)).await {
                        Ok(_) => break,
                        Err(refusal) => assert_eq!(refusal, stale(&["n"])),
                    }
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(number(&store, "n").await.1, 200);
}

pub(crate) async fn one_of_many_creators_wins(store: Subjected) {
    for round in 0..10 {
        let id = round.to_string();
        let answers = join_all((0..16).map(|_| store.commit(unit().writes(&id, 0, &[])))).await;
        let winners: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(|why| *why == Refusal::Exists(key(&id))));
        assert_eq!(version(&store, &id).await, winners[0].version);
    }
}

pub(crate) async fn one_of_many_claimants_wins(store: Subjected) {
    let claimants = (0..16).map(|id| store.commit(unit().writes(&id.to_string(), 0, &[code("x")])));
    let answers = join_all(claimants).await;
    assert_eq!(answers.iter().flatten().count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::Taken(CODE))).count(), 15);
    assert_eq!(found(&store, &entries(CODE), 9).await.len(), 1);
}

pub(crate) async fn two_units_that_each_read_the_other_as_absent_do_not_both_commit(store: Subjected) {
    for round in 0..20 {
        let [a, b] = ["a", "b"].map(|id| format!("{round}{id}"));
        let units = [unit().reads(&a, 0).writes(&b, 0, &[]), unit().reads(&b, 0).writes(&a, 0, &[])];
        let mut both = JoinSet::new();
        for unit in units {
            let store = store.clone();
            both.spawn(async move { store.commit(unit).await.is_ok() });
        }
        assert_eq!(both.join_all().await.into_iter().filter(|done| *done).count(), 1);
    }
}

pub(crate) async fn two_units_that_each_scanned_before_the_other_do_not_both_commit(store: Subjected) {
    for round in 0..20 {
        let range = ids(&format!("{round}."), None);
        let seen = scan(&store, &range).await;
        let mut both = JoinSet::new();
        for id in ["a", "b"] {
            let unit = unit().scanned(range.clone(), 1000, &seen).writes(&format!("{round}.{id}"), 0, &[]);
            let store = store.clone();
            both.spawn(async move { store.commit(unit).await.is_ok() });
        }
        assert_eq!(both.join_all().await.into_iter().filter(|done| *done).count(), 1);
    }
}

/// Ends the writers when it is dropped, also when a reader fails.
struct Ending(Arc<AtomicBool>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn end() -> (Arc<AtomicBool>, Ending) {
    let end = Arc::new(AtomicBool::new(false));
    (end.clone(), Ending(end))
}

/// Runs writers that keep moving an amount from one of two accounts to the other, until the reader is done.
async fn while_amounts_move<F: Future<Output = ()>>(store: &Subjected, read: impl FnOnce(Subjected) -> F) {
    done(store, sets(sets(unit(), "a", 0, 500), "b", 0, 500)).await;
    let (end, ending) = end();
    let mut writers = JoinSet::new();
    for _ in 0..3 {
        let (store, end) = (store.clone(), end.clone());
        writers.spawn(async move {
            while !end.load(Ordering::Relaxed) {
                let (a, b) = (number(&store, "a").await, number(&store, "b").await);
                if a.1 > 0 {
                    let _ = store.commit(sets(sets(unit(), "a", a.0, a.1 - 1), "b", b.0, b.1 + 1)).await;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    read(store.clone()).await;
    drop(ending);
    writers.join_all().await;
}

fn total(records: impl Iterator<Item = enaction_core::store::Record>) -> u64 {
    records.map(|record| std::str::from_utf8(&record.body).unwrap().parse::<u64>().unwrap()).sum()
}

pub(crate) async fn a_get_of_many_keys_sees_one_state(store: Subjected) {
    while_amounts_move(&store, |store| async move {
        for _ in 0..2_000 {
            let records = store.get(&acme(), &[key("a"), key("b")]).await.unwrap();
            assert_eq!(records[0].as_ref().unwrap().version, records[1].as_ref().unwrap().version);
            assert_eq!(total(records.into_iter().flatten()), 1_000);
        }
    })
    .await;
}

pub(crate) async fn a_scan_sees_one_state(store: Subjected) {
    while_amounts_move(&store, |store| async move {
        for _ in 0..1_000 {
            let page = scan(&store, &all_ids()).await;
            assert_eq!(total(page.items.into_iter().map(|found| found.record)), 1_000);
        }
    })
    .await;
}

pub(crate) async fn a_reader_never_sees_less_than_was_acknowledged(store: Subjected) {
    const KEYS: usize = 6;
    let acknowledged: Arc<[AtomicU64; KEYS]> = Arc::default();
    let (end, ending) = end();
    let mut tasks = JoinSet::new();
    for writer in 0..3_usize {
        let (store, acknowledged, end) = (store.clone(), acknowledged.clone(), end.clone());
        tasks.spawn(async move {
            for round in 0.. {
                if end.load(Ordering::Relaxed) {
                    break;
                }
                // Each writer owns its keys, now changes them and now removes them.
                let at = writer * 2 + round % 2;
                let id = at.to_string();
                let now = version(&store, &id).await;
                let removes = now != 0 && round % 7 < 2;
                let unit = if removes { unit().removes(&id, now) } else { unit().writes(&id, now, &[]) };
                let committed = done(&store, unit).await;
                let seen = version(&store, &id).await;
                assert_eq!(seen, if removes { 0 } else { committed });
                acknowledged[at].store(committed, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        });
    }
    let mut readers = JoinSet::new();
    for reader in 0..3_usize {
        let (store, acknowledged) = (store.clone(), acknowledged.clone());
        readers.spawn(async move {
            for round in 0..3_000 {
                let at = (reader + round * 5) % KEYS;
                let before = acknowledged[at].load(Ordering::SeqCst);
                let seen = version(&store, &at.to_string()).await;
                // Absent is right when a removal is under way.
                assert!(seen == 0 || seen >= before, "key {at}: {seen} was read behind {before}");
                if round % 16 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    readers.join_all().await;
    drop(ending);
    tasks.join_all().await;
}

pub(crate) async fn a_reader_never_goes_back_from_one_record_to_the_next(store: Subjected) {
    done(&store, unit().writes("a", 0, &[]).writes("b", 0, &[]).writes("c", 0, &[])).await;
    let (end, ending) = end();
    let writer = tokio::spawn({
        let (store, end) = (store.clone(), end.clone());
        async move {
            while !end.load(Ordering::Relaxed) {
                let now = version(&store, "a").await;
                done(&store, unit().writes("a", now, &[]).writes("b", now, &[]).writes("c", now, &[])).await;
                tokio::task::yield_now().await;
            }
        }
    });
    let mut readers = JoinSet::new();
    for order in [["a", "b", "c"], ["c", "b", "a"]] {
        let store = store.clone();
        readers.spawn(async move {
            let mut last = 0;
            for round in 0..6_000 {
                let seen = version(&store, order[round % 3]).await;
                assert!(seen >= last, "{seen} was read behind {last}");
                last = seen;
                if round % 16 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    readers.join_all().await;
    drop(ending);
    writer.await.unwrap();
}

pub(crate) async fn a_commit_that_nobody_waits_for_is_whole_or_absent(store: Subjected) {
    for round in 0..50 {
        let [a, b] = ["a", "b"].map(|id| format!("{round}{id}"));
        let unit = unit().writes(&a, 0, &[]).writes(&b, 0, &[]);
        let _ = tokio::time::timeout(Duration::from_micros(round * 10), store.commit(unit)).await;
        let both = store.get(&acme(), &[key(&a), key(&b)]).await.unwrap();
        assert_eq!(both[0].is_some(), both[1].is_some());
    }
    // A commit of the same writer is behind all of them.
    done(&store, unit().writes("last", 0, &[])).await;
    let all = scan(&store, &all_ids()).await;
    assert_eq!(all.items.len() % 2, 1);
}
