//! Units that come while others are under way go together, and each is answered as if it had come alone.

use enaction_core::store::{Committed, Refusal, Unit};
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::PostgresSettings;
use futures_util::{FutureExt, future::join_all};

use super::{
    connect,
    fences::{TELLS_STATEMENTS, sent},
};
use crate::harness::*;

type Answer = Result<Committed, Refusal>;

/// Commits units that all wait behind as many statements of their scope as may be under way. Gives the answers, and how
/// many statements were sent for them.
async fn commit_together(cluster: &Cluster, store: &Subjected, units: &[Unit]) -> (Vec<Answer>, usize) {
    let holder = cluster.hold("BEGIN; LOCK TABLE enaction.records IN SHARE MODE; SELECT 'held'");
    let plugs = ["created", "changed"].map(|id| [0, 1].map(|n| format!("plug-{id}-{n}")));
    let [creates, changes] = plugs;
    let plugs = creates.iter().map(|id| unit().writes(id, 0, &[]));
    // A change of what is not there: it waits like any other.
    let plugs = plugs.chain(changes.iter().map(|id| unit().writes(id, 1, &[])));
    let plugs = tokio::spawn(join_all(plugs.map(|unit| {
        let store = store.clone();
        async move { store.commit(unit).await }
    })));
    let waits = "application_name = 'enaction' AND wait_event_type = 'Lock'";
    cluster.until(|| cluster.ask(&format!("SELECT count(*) FROM pg_stat_activity WHERE {waits}")) == "4");
    let before = sent(cluster);
    let mut commits = join_all(units.iter().map(|unit| store.commit(unit.clone())));
    assert!((&mut commits).now_or_never().is_none(), "they wait");
    assert_eq!(sent(cluster), before);
    drop(holder);
    let answers = commits.await;
    plugs.await.unwrap();
    (answers, sent(cluster) - before)
}

async fn store_on(cluster: &Cluster) -> Subjected {
    connect(cluster, PostgresSettings::default()).await
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
    let holder = cluster.hold("BEGIN; LOCK TABLE enaction.records IN SHARE MODE; SELECT 'held'");
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
