//! Units that come while others are under way go together, and each is answered as if it had come alone.

use std::time::Duration;

use enaction_core::store::{Committed, Refusal, Unit};
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::PostgresSettings;
use futures_util::{FutureExt, future::join_all};
use tokio::time::timeout;

use super::{
    connect,
    fences::{TELLS_STATEMENTS, sent},
};
use crate::harness::*;

/// What takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(30);

type Answer = Result<Committed, Refusal>;

/// Commits units that all wait behind as many statements of their scope as may be under way. Gives the answers, and how
/// many statements were sent for them.
async fn commit_together(cluster: &Cluster, store: &Subjected, units: &[Unit]) -> (Vec<Answer>, usize) {
    commit_together_and(cluster, store, units, || ()).await
}

/// The same, and does something while they are under way.
async fn commit_together_and(
    cluster: &Cluster,
    store: &Subjected,
    units: &[Unit],
    meanwhile: impl FnOnce(),
) -> (Vec<Answer>, usize) {
    let holder = cluster.hold(HOLD_RECORDS);
    // A change of what is not there waits like any other.
    let plugs = [("plug-1", 0), ("plug-2", 0), ("plug-3", 1)];
    let plugs = tokio::spawn(join_all(plugs.map(|(id, expected)| {
        let store = store.clone();
        async move { store.commit(unit().writes(id, expected, &[])).await }
    })));
    cluster.until(|| waiting(cluster, "relation") == 3);
    let before = sent(cluster);
    let mut commits = join_all(units.iter().map(|unit| store.commit(unit.clone())));
    assert!((&mut commits).now_or_never().is_none(), "they wait");
    assert_eq!(sent(cluster), before);
    drop(holder);
    meanwhile();
    let answers = commits.await;
    let plugs = plugs.await.unwrap().len();
    // The log has a statement when its tables are free.
    (answers, sent(cluster) - before - plugs)
}

/// Nobody writes to a record.
const HOLD_RECORDS: &str = "BEGIN; LOCK TABLE enaction.records IN SHARE MODE; SELECT 'held'";

/// How many statements of the store wait for a lock: for a `relation`, or behind a transaction that wrote (`transactionid`).
fn waiting(cluster: &Cluster, lock: &str) -> usize {
    let waits = format!("application_name = 'enaction' AND wait_event_type = 'Lock' AND wait_event = '{lock}'");
    cluster.ask(&format!("SELECT count(*) FROM pg_stat_activity WHERE {waits}")).parse().unwrap()
}

/// Nobody loses patience while a test holds what they wait for.
async fn store_on(cluster: &Cluster) -> Subjected {
    let settings = PostgresSettings { connect_ms_max: 60_000, statement_ms_max: 60_000, ..Default::default() };
    connect(cluster, settings).await
}

/// A text that is as long when it is packed.
fn incompressible() -> String {
    let letter = |n: u64| {
        let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        char::from(b'0' + u8::try_from(mixed >> 58).unwrap_or_default())
    };
    (0..20_000).map(letter).collect()
}

fn numbers(answers: &[Answer]) -> Vec<u64> {
    answers.iter().map(|answer| answer.as_ref().unwrap().version).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_creations_that_wait_are_a_few_statements_and_a_hundred_commits() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = store_on(&cluster).await;
    let ids: Vec<String> = (0..100).map(|n| format!("id-{n:03}")).collect();
    // With a record beside it, as a command under an Idempotency-Key has; with no claim, one, and two.
    let create = |(n, id): (usize, &String)| {
        let claims = [name(id), name("all")];
        let unit = unit().reads(id, 0).writes(id, 0, &claims[..n % 3]);
        if n % 2 == 0 { unit } else { unit.writes(&format!("key-{id}"), 0, &[name(&format!("of {id}"))]) }
    };
    let units: Vec<Unit> = ids.iter().enumerate().map(create).collect();
    let (answers, statements) = commit_together(&cluster, &store, &units).await;
    assert!(statements < 20, "{statements} statements");
    let mut versions = numbers(&answers);
    for (n, (id, number)) in ids.iter().zip(versions.clone()).enumerate() {
        assert_eq!(version(&store, id).await, number);
        assert_eq!(version(&store, &format!("key-{id}")).await, if n % 2 == 0 { 0 } else { number });
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 100, "each has a number of its own");
    let entries = scan(&store, &entries(BY_NAME)).await.items;
    assert_eq!(entries.len(), 33 + 2 * 33 + 50);
    // Every record holds exactly the claims that it was created with: changing it without them takes them away.
    for (id, number) in ids.iter().zip(numbers(&answers)) {
        done(&store, unit().writes(id, number, &[])).await;
    }
    assert_eq!(scan(&store, &self::entries(BY_NAME)).await.items.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_that_wait_share_a_statement_and_those_that_do_not_hold_are_told_why() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = store_on(&cluster).await;
    let mut now = Vec::new();
    for n in 0..30 {
        now.push(done(&store, unit().writes(&format!("id-{n}"), 0, &[name("n"), code(&format!("{n}"))])).await);
    }
    let change = |(n, version): (usize, &u64)| {
        let id = format!("id-{n}");
        match n {
            // Seen before somebody else wrote it.
            7 => unit().writes(&id, version - 1, &[name("n"), code("7")]),
            // Its claims change; so does what it takes from another.
            8 => unit().writes(&id, *version, &[name("m"), code("8")]),
            9 => unit().writes(&id, *version, &[name("n"), code("1")]),
            _ => unit().reads(&id, *version).writes(&id, *version, &[code(&format!("{n}")), name("n")]),
        }
    };
    let mut units: Vec<Unit> = now.iter().enumerate().map(change).collect();
    // The same record twice: one of the two is first.
    units.push(units[3].clone());
    let (answers, statements) = commit_together(&cluster, &store, &units).await;
    // One for those that hold, and what finds out about the others.
    assert!(statements < 16, "{statements} statements");
    for (n, answer) in answers.iter().enumerate() {
        match (n, answer) {
            (7, refused) => assert_eq!(*refused, Err(stale(&["id-7"]))),
            (9, refused) => assert_eq!(*refused, Err(Refusal::Taken(CODE))),
            (3 | 30, _) => {}
            (n, committed) => {
                assert_eq!(version(&store, &format!("id-{n}")).await, committed.as_ref().unwrap().version)
            }
        }
    }
    let of_both = [&answers[3], &answers[30]];
    assert_eq!(of_both.iter().filter(|answer| ***answer == Err(stale(&["id-3"]))).count(), 1, "{of_both:?}");
    assert_eq!(of_both.iter().filter(|answer| answer.is_ok()).count(), 1, "{of_both:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_creation_of_what_exists_is_refused_and_leaves_its_neighbours_alone() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = store_on(&cluster).await;
    done(&store, unit().writes("there", 0, &[])).await;
    let units = [
        unit().writes("one", 0, &[name("n")]),
        unit().writes("there", 0, &[name("n")]),
        unit().reads("there", 0).writes("there", 0, &[]),
        unit().writes("two", 0, &[name("n")]).writes("there", 0, &[name("n")]),
        unit().writes("three", 0, &[name("n")]).writes("four", 0, &[]),
        unit().writes("twice", 0, &[]),
        unit().writes("twice", 0, &[]),
        // More than an index takes.
        unit().writes("long", 0, &[name(&incompressible())]),
    ];
    let (answers, _) = commit_together(&cluster, &store, &units).await;
    assert_eq!(answers[1], Err(Refusal::Exists(key("there"))));
    assert_eq!(answers[2], Err(stale(&["there"])));
    assert_eq!(answers[3], Err(Refusal::Exists(key("there"))));
    assert!(matches!(answers[7], Err(Refusal::Unavailable(_))), "{:?}", answers[7]);
    assert_eq!(answers[5..7].iter().filter(|answer| **answer == Err(Refusal::Exists(key("twice")))).count(), 1);
    for answer in [&answers[0], &answers[4]] {
        answer.as_ref().unwrap();
    }
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["one", "three"]);
    assert_eq!(version(&store, "two").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_goes_away_takes_nobody_along_and_what_still_waited_is_not_done() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = store_on(&cluster).await;
    let holder = cluster.hold(HOLD_RECORDS);
    let create = |id: &'static str| store.commit(unit().writes(id, 0, &[]));
    let (mut first, mut second) = (create("first"), create("second"));
    let (mut gone, mut stays) = (create("gone"), create("stays"));
    for commit in [&mut first, &mut second, &mut gone, &mut stays] {
        assert!(commit.now_or_never().is_none());
    }
    // Of those under way and of those that wait, one each.
    drop((first, gone));
    drop(holder);
    let (second, stays) = (second.await.unwrap().version, stays.await.unwrap().version);
    assert_eq!([version(&store, "second").await, version(&store, "stays").await], [second, stays]);
    assert_eq!(version(&store, "gone").await, 0);
    cluster.until(|| cluster.ask("SELECT count(*) FROM enaction.records") == "3");
}

/// The database remembers the pages of the index that a statement looked at, and past a number of them the whole index:
/// then whatever any company writes meets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_that_wait_never_lock_the_index_of_all() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = store_on(&cluster).await;
    // So many between those that are changed that each is on a page of its own.
    cluster.ask(
        "SET search_path = enaction;
        INSERT INTO records SELECT 'c:acme', 'baskets', 'id-' || to_char(n, 'FM00000'), 1, '{}', '{}', '{}', ''
            FROM generate_series(0, 15999) n",
    );
    // The greatest key comes first, so that a statement waits for it with all others done.
    let units: Vec<Unit> = (0..40).rev().map(|n| unit().writes(&format!("id-{:05}", n * 400), 1, &[])).collect();
    let holder = cluster.hold("BEGIN; SELECT id FROM enaction.records WHERE id = 'id-15600' FOR UPDATE");
    let locks = |of: &str| {
        let of = format!("locktype = '{of}' AND relation = 'enaction.records_pkey'::regclass");
        cluster
            .ask(&format!("SELECT count(*) FROM pg_locks WHERE mode = 'SIReadLock' AND {of}"))
            .parse::<usize>()
            .unwrap()
    };
    let (answers, statements) = commit_together_and(&cluster, &store, &units, || {
        cluster.until(|| waiting(&cluster, "transactionid") == 1);
        assert_eq!(locks("relation"), 0);
        assert!(locks("page") > 25, "{} pages", locks("page"));
        drop(holder);
    })
    .await;
    assert_eq!(statements, 2);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whose_fault_it_is_that_a_group_fails_is_found_by_halves() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = store_on(&cluster).await;
    done(&store, unit().writes("id-9", 0, &[])).await;
    let units: Vec<Unit> = (0..32).map(|n| unit().writes(&format!("id-{n}"), 0, &[])).collect();
    let (answers, statements) = commit_together(&cluster, &store, &units).await;
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.as_ref().err(), (n == 9).then(|| Refusal::Exists(key("id-9"))).as_ref(), "{n}");
    }
    // All of them, and two halves each time down to one.
    assert_eq!(statements, 1 + 2 * 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_that_are_passed_by_go_a_few_at_a_time() {
    let cluster = Cluster::start(Durability::Quick, TELLS_STATEMENTS);
    let store = store_on(&cluster).await;
    let mut units = Vec::new();
    for n in 0..12 {
        let id = format!("id-{n}");
        let version = done(&store, unit().writes(&id, 0, &[name("n")])).await;
        units.push(unit().writes(&id, version, &[name("m")]));
    }
    let holder = cluster.hold("BEGIN; SELECT id FROM enaction.records WHERE id LIKE 'id-%' FOR UPDATE");
    let (answers, statements) = commit_together_and(&cluster, &store, &units, || {
        cluster.until(|| waiting(&cluster, "transactionid") >= 4);
        assert_eq!(waiting(&cluster, "transactionid"), 4);
        drop(holder);
    })
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    // What passed them by, and each of them.
    assert!(statements > 12, "{statements} statements");
    assert_eq!(found(&store, &entries(BY_NAME), 99).await.len(), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_unit_that_meets_others_again_and_again_holds_nobody_up_and_ends_when_nobody_waits_for_it() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let settings = PostgresSettings { serialization_attempts_max: u32::MAX, ..Default::default() };
    let store = connect(&cluster, settings).await;
    let as_if_it_met_others = "
        SET search_path = enaction;
        CREATE SEQUENCE met;
        CREATE FUNCTION meets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'met % times', nextval('enaction.met') USING ERRCODE = '40001';
        END $$;
        CREATE TRIGGER meets BEFORE INSERT ON records FOR EACH ROW WHEN (NEW.id LIKE 'meets-%') EXECUTE FUNCTION meets()";
    cluster.try_as_role(as_if_it_met_others).unwrap();
    let met = || cluster.ask("SELECT last_value FROM enaction.met").parse::<u64>().unwrap();
    // As many as a scope has under way.
    let meet = ["meets-1", "meets-2"].map(|id| store.commit(unit().writes(id, 0, &[])));
    let mut meet = join_all(meet);
    assert!((&mut meet).now_or_never().is_none());
    timeout(PATIENCE, store.commit(unit().writes("a", 0, &[]))).await.expect("it goes past them").unwrap();
    cluster.until(|| met() > 10);
    drop(meet);
    cluster.until(|| {
        let before = met();
        (0..20).all(|_| met() == before)
    });
}

/// Two that lock records and entries in another order would wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn creations_write_no_entry_before_all_of_their_records() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let store = store_on(&cluster).await;
    let insert = |of: &str| format!("BEGIN; INSERT INTO enaction.{of}; SELECT 'held'");
    let holder = cluster.hold(&insert("records VALUES ('c:acme', 'baskets', 'b', 1, '{}', '{}', '{}', '')"));
    let create = unit().writes("a", 0, &[name("n")]).writes("b", 0, &[]);
    let commit = tokio::spawn({
        let store = store.clone();
        async move { store.commit(create).await }
    });
    cluster.until(|| waiting(&cluster, "transactionid") == 1);
    let key: String = name("n").key.iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = format!("entries VALUES ('c:acme', 'baskets', '{BY_NAME}', '\\x{key}', 'a')");
    cluster.ask(&format!("SET lock_timeout = '1s'; {}; ROLLBACK", insert(&entry)));
    drop(holder);
    commit.await.unwrap().unwrap();
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a"]);
}
