//! What is told when the database goes away, and that what comes back is used again.

use std::time::{Duration, Instant};

use enaction_core::store::{Refusal, StoreError};
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::PostgresSettings;

use super::connect;
use crate::harness::*;

const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'enaction'";

fn impatient() -> PostgresSettings {
    PostgresSettings { connect_ms_max: 1_000, statement_ms_max: 500, ..PostgresSettings::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_the_server_ended_breaks_no_read_and_leaves_no_doubt_about_a_commit_that_is_acknowledged() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = connect(&cluster, impatient()).await;
    let mut now = 0;
    for _ in 0..10 {
        assert_eq!(version(&store, "a").await, now);
        cluster.ask(END_SESSIONS);
        assert_eq!(version(&store, "a").await, now);
        cluster.ask(END_SESSIONS);
        match store.commit(unit().writes("a", now, &[])).await {
            Ok(committed) => now = committed.version,
            // The end of the session was not known here yet.
            Err(refusal) => assert!(matches!(refusal, Refusal::Unknown(_)), "{refusal:?}"),
        }
    }
    assert_eq!(version(&store, "a").await, now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_gone_is_unavailable_and_one_that_came_back_is_used() {
    let mut cluster = Cluster::start(Durability::Durable, &[]);
    let store = connect(&cluster, impatient()).await;
    let a = done(&store, unit().writes("a", 0, &[])).await;
    for end in [Cluster::kill, Cluster::crash, Cluster::stop] {
        end(&mut cluster);
        let began = Instant::now();
        assert!(matches!(store.get(&acme(), &[key("a")]).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.scan(&acme(), &all_ids(), 1).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.count(&acme(), &all_ids(), 1).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.scopes(None, 1).await, Err(StoreError::Unavailable(_))));
        for unit in [unit().writes("b", 0, &[]), unit().writes("a", a, &[])] {
            assert!(matches!(refused(&store, unit).await, Refusal::Unavailable(_)));
        }
        assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
        cluster.restart();
        assert_eq!(version(&store, "a").await, a);
        done(&store, unit().reads("a", a)).await;
    }
}

/// A row that a transaction of somebody else holds makes a commit wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_whose_session_is_ended_under_way_is_unknown() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let settings = PostgresSettings { statement_ms_max: 20_000, ..PostgresSettings::default() };
    let store = connect(&cluster, settings).await;
    let mut a = done(&store, unit().writes("a", 0, &[])).await;
    for create in [true, false] {
        // The statement is prepared: preparing would wait too, and what was only to be prepared is known not to be done.
        done(&store, unit().writes(if create { "new" } else { "newer" }, 0, &[])).await;
        a = done(&store, unit().writes("a", a, &[code("x")])).await;
        let holder = cluster.hold("BEGIN; LOCK TABLE enaction.records IN SHARE MODE; SELECT 'held'");
        let unit = if create { unit().writes("b", 0, &[]) } else { unit().writes("a", a, &[code("x")]) };
        let commit = tokio::spawn({
            let store = store.clone();
            async move { store.commit(unit).await }
        });
        let waits = "application_name = 'enaction' AND wait_event_type = 'Lock'";
        cluster.until(|| cluster.ask(&format!("SELECT count(*) FROM pg_stat_activity WHERE {waits}")) == "1");
        cluster.ask(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {waits}"));
        let answer = commit.await.unwrap();
        assert!(matches!(&answer, Err(Refusal::Unknown(_))), "{answer:?}");
        drop(holder);
    }
    assert_eq!((version(&store, "a").await, version(&store, "b").await), (a, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_statement_that_takes_too_long_is_ended_and_was_not_committed() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = connect(&cluster, impatient()).await;
    let holder = cluster.hold("BEGIN; LOCK TABLE enaction.records IN ACCESS EXCLUSIVE MODE; SELECT 'held'");
    let refusal = refused(&store, unit().writes("a", 0, &[])).await;
    assert!(matches!(&refusal, Refusal::Unavailable(why) if why.contains("statement timeout")), "{refusal:?}");
    assert!(matches!(store.get(&acme(), &[key("a")]).await, Err(StoreError::Unavailable(_))));
    drop(holder);
    assert_eq!(version(&store, "a").await, 0);
    done(&store, unit().writes("a", 0, &[])).await;
}
