//! PostgreSQL fails: its answer to a commit is lost, the network between stalls, parts and breaks, it is killed, and a
//! standby takes its place. Nothing that a client was told is lost, and nothing happens twice.

use std::{collections::BTreeSet, net::SocketAddr, thread::sleep, time::Duration};

use enaction_faults::{
    client::Client,
    nodes::{Nodes, on_database},
    proxy::{Network, Proxy},
    random::{Random, seed},
    rounds::{Rounds, kill_at, rounds},
};
use enaction_postgres_cluster::{Cluster, Durability};
use serde_json::json;

/// How long a client goes on.
const PATIENCE: Duration = Duration::from_secs(60);
const A_WHILE: Duration = Duration::from_millis(800);

/// Where a server finds the database behind a proxy.
fn behind(proxy: &Proxy) -> String {
    format!("postgres://enaction@{}/enaction", proxy.address)
}

#[test]
fn after_a_kill_of_the_server_every_acknowledged_write_is_there_once() {
    let (root, cluster) = (tempfile::tempdir().expect("a directory"), Cluster::start(Durability::Durable, &[]));
    let data = root.path().join("data");
    let rounds = rounds(10, 50);
    let figures = Rounds {
        data: &data,
        seed: seed(),
        start: &mut |data| on_database(data, &cluster.url()),
        end: &mut kill_at,
        meanwhile: &mut |_| (),
        due_ms: (30, 500),
        ready_within: PATIENCE,
    }
    .run(rounds);
    println!("kills on PostgreSQL: {figures:?}");
    assert_eq!(figures.wrong, [""; 0]);
    assert!(figures.acknowledged > rounds * 4, "there was load: {figures:?}");
}

#[test]
fn an_answer_that_is_lost_behind_its_commit_leaves_one_effect() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], cluster.port())));
    let nodes = Nodes::start(1, &behind(&proxy));
    let mut client = Client::of_nodes(&nodes.addresses, &nodes.tokens(), PATIENCE);
    let rounds = rounds(60, 300);
    let mut answered_by_itself = 0;
    for round in 0..rounds {
        // Each basket takes a hundred lines at most.
        let basket = format!("L{}", round / 50);
        if round % 50 == 0 {
            let body = json!({ "id": basket, "basketType": "BASKET" }).to_string();
            let made = client.send("POST", "/baskets", Some(&body)).expect("an answer");
            assert_eq!(made.status, 201, "{}", made.json());
        }
        let body = json!({ "itemId": "1001", "quantity": 1 + round % 50 }).to_string();
        let (before, key) = (proxy.swallowed(), format!("key-{round}"));
        proxy.swallow_answer_of(COMMIT);
        let added =
            client.send_under(&key, "POST", &format!("/baskets/{basket}/items"), Some(&body)).expect("an answer");
        assert_eq!((added.status, &added.json()["quantity"]), (201, &json!(1 + round % 50)), "{}", added.json());
        assert_eq!(proxy.swallowed(), before + 1, "the answer of the commit was lost");
        answered_by_itself += usize::from(added.header("idempotency-replayed") == Some("true"));
        let read = client.send("GET", &format!("/baskets/{basket}"), None).expect("an answer").json();
        let lines: Vec<u64> =
            read["items"].as_array().expect("lines").iter().filter_map(|line| line["quantity"].as_u64()).collect();
        let expected: Vec<u64> = (1..=u64::try_from(round % 50 + 1).expect("it is small")).collect();
        assert_eq!(lines, expected, "round {round}");
    }
    println!("{rounds} answers were lost; the server found out by itself {answered_by_itself} times");
}

/// What stands in the text of the statement that commits a unit of several records.
const COMMIT: &str = "commit_unit";

#[test]
fn while_the_network_fails_nothing_is_lost_and_nothing_happens_twice() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], cluster.port())));
    let mut nodes = Nodes::start(2, &behind(&proxy));
    let mut random = Random::new(seed(), 1);
    let faults = [Network::Stalled, Network::Parted, Network::Cut];
    let mut met = BTreeSet::new();
    let (journal, wrong) = nodes.under_load(seed(), PATIENCE, |_| {
        for round in 0..rounds(6, 30) {
            sleep(random.between_ms(100, 700));
            let fault = if round < faults.len() { faults[round] } else { *random.one_of(&faults) };
            met.insert(format!("{fault:?}"));
            proxy.be(fault);
            sleep(random.between_ms(50, 1_500));
            proxy.be(Network::Whole);
        }
        sleep(A_WHILE);
    });
    println!("a network that fails ({met:?}): {} writes were acknowledged", journal.acknowledged);
    assert_eq!(wrong, [""; 0]);
    assert!(journal.acknowledged > 50, "there was load: {}", journal.acknowledged);
}

#[test]
fn after_a_kill_of_the_database_every_acknowledged_write_is_there_once() {
    let mut cluster = Cluster::start(Durability::Durable, &[]);
    let mut nodes = Nodes::start(2, &cluster.url());
    let (journal, wrong) = nodes.under_load(seed(), PATIENCE, |_| {
        for _ in 0..rounds(3, 10) {
            sleep(A_WHILE);
            cluster.kill();
            cluster.restart();
        }
        sleep(A_WHILE);
    });
    println!("a database that is killed: {} writes were acknowledged", journal.acknowledged);
    assert_eq!(wrong, [""; 0]);
    assert!(journal.acknowledged > 50, "there was load: {}", journal.acknowledged);
}

#[test]
fn after_a_failover_to_a_synchronous_standby_every_acknowledged_write_is_there_once() {
    let mut primary = Cluster::start(Durability::Durable, &[]);
    let standby = primary.standby("second");
    primary.wait_for_standby("second");
    let both = format!("postgres://enaction@127.0.0.1:{},127.0.0.1:{}/enaction", primary.port(), standby.port());
    let mut nodes = Nodes::start(2, &both);
    let mut at_failover = 0;
    let (journal, wrong) = nodes.under_load(seed(), PATIENCE, |_| {
        sleep(A_WHILE);
        primary.kill();
        at_failover = baskets(&standby);
        standby.promote();
        sleep(A_WHILE);
        standby.until(|| baskets(&standby) > at_failover);
    });
    println!("a failover with {at_failover} records: {} writes were acknowledged", journal.acknowledged);
    assert_eq!(wrong, [""; 0]);
    assert!(journal.acknowledged > 50, "there was load: {}", journal.acknowledged);
}

/// How many baskets a database holds.
fn baskets(cluster: &Cluster) -> usize {
    let count = cluster.ask("SELECT count(*) FROM enaction.records WHERE collection = 'baskets'");
    count.parse().expect("a number")
}
