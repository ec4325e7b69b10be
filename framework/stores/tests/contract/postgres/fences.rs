//! The fences in the database: one round trip for a commit, a scope that says itself, a lease that ends.

use std::time::Duration;

use enaction_core::store::{Announcement, Refusal, StoreError, Unit};
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::PostgresSettings;
use futures_util::future::join_all;

use super::connect;
use crate::harness::*;

/// Every statement stands in the log, whether it ends well or not, behind the name of who sent it.
pub(super) const TELLS_STATEMENTS: &[(&str, &str)] = &[("log_statement", "all"), ("log_line_prefix", "%a ")];

/// How many statements the store has sent. One of somebody else marks the end of what the log has to hold by now.
pub(super) fn sent(cluster: &Cluster) -> usize {
    let mark = format!("mark {}", cluster.log().len());
    cluster.ask(&format!("SELECT '{mark}'"));
    cluster.until(|| cluster.log().iter().any(|line| line.contains(&mark)));
    cluster.log().iter().filter(|line| line.starts_with("enaction LOG:  ")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_statement_whatever_it_is_answered_with() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = connect(&cluster, PostgresSettings { connections_max: 1, ..Default::default() }).await;
    let a = done(&store, unit().writes("a", 0, &[name("n")])).await;
    let b = done(&store, unit().writes("b", 0, &[code("x")])).await;
    let to_validate = |unit: Unit| Unit { validate_only: true, ..unit };
    let page = scan(&store, &all_ids()).await;
    let units = [
        unit().writes("new", 0, &[]),
        unit().writes("a", 0, &[]),
        unit().writes("a", a, &[name("n")]),
        unit().writes("a", a, &[name("n")]),
        unit().writes("c", 0, &[code("x")]),
        unit()
            .reads("b", b)
            .reads("none", 0)
            .scanned(all_ids(), 1000, &page)
            .writes("b", b, &[code("y")])
            .removes("d", 0),
        to_validate(unit().writes("e", 0, &[name("n")])),
        unit(),
    ];
    for unit in units {
        let before = sent(&cluster);
        let _ = store.commit(unit.clone()).await;
        assert_eq!(sent(&cluster) - before, 1, "{unit:#?}");
    }
    let before = sent(&cluster);
    store.get(&acme(), &[key("a"), key("b")]).await.unwrap();
    scan(&store, &entries(BY_NAME)).await;
    assert_eq!(sent(&cluster) - before, 2);
}

/// What a mistake in the store itself would run into: statements of its own role that name another scope than they set.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_writes_to_no_scope_but_the_one_that_it_set() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = connect(&cluster, PostgresSettings::default()).await;
    let a = done(&store, unit().writes("a", 0, &[name("n")])).await;
    let set = "SET search_path = enaction; SET enaction.scope = 'c:globex';";
    for (sql, refused) in [
        ("INSERT INTO records VALUES ('c:acme', 'baskets', 'b', 1, '{}', '{}', '{}', '')", true),
        ("INSERT INTO entries VALUES ('c:acme', 'baskets', 'baskets.name', '', 'b')", true),
        ("INSERT INTO events VALUES ('c:acme', 1, 0, 'told', '')", true),
        ("UPDATE records SET version = 99", false),
        ("DELETE FROM records", false),
        ("DELETE FROM entries", false),
    ] {
        let own = cluster.try_as_role(&format!("{set} {sql}"));
        assert_eq!(own.as_ref().is_err_and(|why| why.contains("row-level security")), refused, "{sql}: {own:?}");
        let unset = cluster.try_as_role(&format!("SET search_path = enaction; {sql}"));
        assert_eq!(unset.is_err(), refused, "{sql}");
    }
    assert_eq!(version(&store, "a").await, a);
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a"]);
}

fn program(name: &str) -> Announcement {
    Announcement { program: name.into(), says: format!("I am {name}").into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_hear_of_each_other_until_they_end() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let (one, other) =
        (connect(&cluster, PostgresSettings::default()).await, connect(&cluster, PostgresSettings::default()).await);
    assert_eq!(one.announce(&program("one")).await.unwrap(), [program("one")]);
    assert_eq!(other.announce(&program("other")).await.unwrap(), [program("one"), program("other")]);
    let says_more = Announcement { says: "more".into(), ..program("one") };
    assert_eq!(one.announce(&says_more).await.unwrap(), [says_more.clone(), program("other")]);
    drop(one);
    cluster.until(|| cluster.ask("SELECT count(*) FROM enaction.programs") == "1");
    assert_eq!(other.announce(&program("other")).await.unwrap(), [program("other")]);
}

/// Statements that a test holds up do not end by themselves.
fn patient() -> PostgresSettings {
    PostgresSettings { statement_ms_max: 60_000, ..PostgresSettings::default() }
}

/// Announcements wait here between what they read and their commit.
const GATE: &str = "CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END';
    CREATE TRIGGER gate BEFORE INSERT ON enaction.programs FOR EACH ROW EXECUTE FUNCTION pass()";

#[tokio::test(flavor = "multi_thread")]
async fn of_programs_that_are_announced_at_the_same_moment_one_hears_the_other() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let stores = [connect(&cluster, patient()).await, connect(&cluster, patient()).await];
    cluster.ask(GATE);
    let gate = cluster.hold("SELECT pg_advisory_lock(1)");
    // Both stores stay until both have heard: one that ends withdraws its program.
    let announced = stores
        .iter()
        .cloned()
        .zip(["one", "other"])
        .map(|(store, name)| tokio::spawn(async move { store.announce(&program(name)).await.unwrap().len() }));
    let announced = join_all(announced);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'";
    cluster.until(|| cluster.ask(waiting) == "2");
    drop(gate);
    let most = announced.await.into_iter().map(Result::unwrap).max();
    assert_eq!(most, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_whose_lease_is_over_commits_nothing_until_it_is_announced_again() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = connect(&cluster, PostgresSettings::default()).await;
    // Before the first announcement there is nothing to be over.
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let short = connect(&cluster, PostgresSettings { lease_ms: 50, ..Default::default() }).await;
    short.announce(&program("short")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    let units = [unit().writes("b", 0, &[]), unit().writes("a", a, &[]), unit().writes("c", 0, &[code("x")])];
    for unit in &units {
        let refusal = refused(&short, unit.clone()).await;
        assert!(matches!(&refusal, Refusal::Unavailable(why) if why.contains("lease_ms")), "{refusal:?}");
    }
    // It still reads, and is listed while a statement of it may be under way.
    assert_eq!(version(&short, "a").await, a);
    assert_eq!(store.announce(&program("store")).await.unwrap(), [program("short"), program("store")]);
    cluster.ask("UPDATE enaction.programs SET expires = expires - interval '1 minute' WHERE program = 'short'");
    assert_eq!(store.announce(&program("store")).await.unwrap(), [program("store")]);
    assert_eq!(short.announce(&program("short")).await, Err(StoreError::Silent), "the others went on without it");
    assert!(matches!(refused(&short, units[0].clone()).await, Refusal::Unavailable(_)), "it has to begin anew first");
    for unit in units {
        // The machine may be slow, and the lease over again.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            assert!(std::time::Instant::now() < until, "it commits again");
            if short.announce(&program("short")).await == Err(StoreError::Silent) {
                continue;
            }
            match short.commit(unit.clone()).await {
                Ok(_) => break,
                Err(refusal) => assert!(matches!(refusal, Refusal::Unavailable(_)), "{refusal:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_was_silent_is_told_so_though_the_first_answer_was_lost() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = connect(&cluster, PostgresSettings { lease_ms: 50, ..Default::default() }).await;
    store.announce(&program("one")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    // What an announcement leaves behind whose answer did not arrive.
    cluster.ask("UPDATE enaction.programs SET expires = now() + interval '1 minute'");
    assert_eq!(store.announce(&program("one")).await, Err(StoreError::Silent));
    assert!(matches!(refused(&store, unit().writes("a", 0, &[])).await, Refusal::Unavailable(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_listed_no_more_begins_anew_however_long_it_was_told_to_be() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = connect(&cluster, PostgresSettings::default()).await;
    store.announce(&program("one")).await.unwrap();
    // As where a standby takes over that has not got the row.
    cluster.ask("DELETE FROM enaction.programs");
    assert_eq!(store.announce(&program("one")).await, Err(StoreError::Silent));
    assert!(matches!(refused(&store, unit().writes("a", 0, &[])).await, Refusal::Unavailable(_)));
    store.announce(&program("one")).await.unwrap();
    done(&store, unit().writes("a", 0, &[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_announced_though_every_connection_that_reads_is_in_use() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let settings = PostgresSettings { connections_max: 1, connect_ms_max: 500, ..patient() };
    let store = connect(&cluster, settings).await;
    let holder = cluster.hold("BEGIN; LOCK TABLE enaction.entries IN ACCESS EXCLUSIVE MODE; SELECT 'held'");
    let reads = tokio::spawn({
        let store = store.clone();
        async move { found(&store, &entries(BY_NAME), 1).await }
    });
    cluster.until(|| cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1");
    assert!(
        matches!(store.get(&acme(), &[key("a")]).await, Err(StoreError::Unavailable(_))),
        "it waits for a connection"
    );
    assert_eq!(store.announce(&program("one")).await.unwrap(), [program("one")]);
    drop(holder);
    reads.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_is_reckoned_with_while_a_commit_of_it_may_be_done() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let (ends, other) = (connect(&cluster, patient()).await, connect(&cluster, patient()).await);
    ends.announce(&program("ends")).await.unwrap();
    let holder = cluster.hold("BEGIN; LOCK TABLE enaction.records IN ACCESS EXCLUSIVE MODE; SELECT 'held'");
    let commit = tokio::spawn({
        let ends = ends.clone();
        async move { done(&ends, unit().writes("a", 0, &[])).await }
    });
    cluster.until(|| cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1");
    commit.abort();
    assert!(commit.await.unwrap_err().is_cancelled());
    drop(ends);
    cluster.until(|| cluster.ask("SELECT expires <= clock_timestamp() FROM enaction.programs") == "t");
    assert_eq!(other.announce(&program("other")).await.unwrap(), [program("ends"), program("other")]);
    drop(holder);
}
