//! Two stores on one database, as two nodes have them.

use std::time::Instant;

use enaction_core::store::Refusal;
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::PostgresSettings;
use futures_util::future::join_all;

use super::connect;
use crate::harness::*;

async fn two(cluster: &Cluster) -> [Subjected; 2] {
    [connect(cluster, PostgresSettings::default()).await, connect(cluster, PostgresSettings::default()).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_node_wrote_the_other_sees_at_once() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let nodes = two(&cluster).await;
    let mut now = 0;
    for round in 0..100 {
        let [writer, reader] = [&nodes[round % 2], &nodes[(round + 1) % 2]];
        let written = done(writer, unit().writes("a", now, &[name(&round.to_string())])).await;
        assert!(written > now);
        assert_eq!(version(reader, "a").await, written);
        assert_eq!(scan(reader, &entries(BY_NAME)).await.items[0].record.version, written);
        assert_eq!(refused(reader, unit().writes("a", now + 1_000_000, &[])).await, stale(&["a"]));
        now = written;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_node_of_many_that_race_wins() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let nodes = two(&cluster).await;
    for round in 0..20 {
        let id = |name: &str| format!("{round}.{name}");
        let units = |make: &dyn Fn(usize) -> enaction_core::store::Unit| (0..8).map(make).collect::<Vec<_>>();
        let range = ids(&id("p"), None);
        let seen = scan(&nodes[0], &range).await;
        for (what, units, loses) in [
            ("create", units(&|_| unit().writes(&id("a"), 0, &[])), Refusal::Exists(key(&id("a")))),
            ("claim", units(&|n| unit().writes(&id(&format!("c{n}")), 0, &[code(&id("x"))])), Refusal::Taken(CODE)),
            (
                "phantom",
                units(&|n| unit().scanned(range.clone(), 1000, &seen).writes(&id(&format!("p{n}")), 0, &[])),
                stale(&[]),
            ),
        ] {
            let answers = join_all(units.into_iter().enumerate().map(|(n, unit)| nodes[n % 2].commit(unit))).await;
            let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 7), "{what}: {lost:?}");
            assert!(lost.iter().all(|answer| *answer == Err(loses.clone())), "{what}: {lost:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_the_same_time_make_the_tables_once() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let nodes = join_all((0..8).map(|_| connect(&cluster, PostgresSettings::default()))).await;
    for (number, node) in nodes.iter().enumerate() {
        done(node, unit().writes(&number.to_string(), 0, &[])).await;
    }
    assert_eq!(scan(&nodes[0], &all_ids()).await.items.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_hears_at_once_of_what_another_wrote_to_a_collection_that_both_watch() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let [writer, reader] = two(&cluster).await;
    let watches = |store: &Subjected| {
        let store = store.clone();
        tokio::spawn(async move { store.changed(&[BASKETS]).await })
    };
    // When a connection begins to listen anything may have changed.
    watches(&writer).await.unwrap();
    watches(&reader).await.unwrap();
    let told = |range: std::ops::Range<usize>| {
        let (writer, heard) = (writer.clone(), watches(&reader));
        async move {
            // Whether the other listens already when this one writes nobody knows; so it writes until it is heard.
            let mut written = range.start;
            while !heard.is_finished() {
                done(&writer, unit().writes(&written.to_string(), 0, &[])).await;
                written += 1;
                tokio::task::yield_now().await;
            }
            assert!(written > range.start && written < range.end);
        }
    };
    told(0..100_000).await;
    // Listening goes on after its connection was lost.
    cluster.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    watches(&reader).await.unwrap();
    told(100_000..200_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_told_is_gathered_and_only_of_what_is_watched() {
    let cluster = Cluster::start(Durability::Quick, &[("log_statement", "all")]);
    let [writer, reader] = two(&cluster).await;
    let tells = || cluster.log().iter().filter(|line| line.contains("pg_notify")).count();
    done(&writer, unit().writes("unwatched", 0, &[])).await;
    reader.changed(&[BASKETS]).await;
    writer.changed(&["orders"]).await;
    for id in 0..50 {
        done(&writer, unit().writes(&format!("other {id}"), 0, &[])).await;
    }
    assert_eq!(tells(), 0, "nobody told what is not watched");
    let heard = tokio::spawn(async move { writer.changed(&[BASKETS]).await });
    let (began, mut commits) = (Instant::now(), 0);
    while commits < 200 || !heard.is_finished() {
        done(&reader, unit().writes(&commits.to_string(), 0, &[])).await;
        commits += 1;
    }
    let most = began.elapsed().as_millis() / 50 + 1;
    assert!((1..=most).contains(&(tells() as u128)), "{} notices of {commits} commits, at most {most}", tells());
}
