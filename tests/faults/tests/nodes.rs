//! Three nodes of the server on one PostgreSQL, each as good as the other: a client that sends again what was not answered
//! sees no failure, and nothing that it was told is lost.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use enaction_faults::{client::Client, nodes::Nodes, random::seed, server::Server};
use enaction_postgres_cluster::{Cluster, Durability};
use serde_json::{Value, json};

/// How long a client goes on.
const PATIENCE: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_millis(1_500);
/// What is changed at one node is known at all of them.
const KNOWN: Duration = Duration::from_secs(5);

#[test]
fn nodes_are_killed_and_replaced_and_a_client_that_sends_again_sees_no_failure() {
    let cluster = Cluster::start(Durability::Durable, &[]);
    let mut nodes = Nodes::start(3, &cluster.url());
    let (journal, wrong) = nodes.under_load(seed(), PATIENCE, |nodes| {
        sleep(A_WHILE);
        nodes.kill(1);
        sleep(A_WHILE);
        nodes.restart(1);
        sleep(A_WHILE);
        nodes.stop(2);
        nodes.restart(2);
        sleep(A_WHILE);
    });
    println!("three nodes: {} writes were acknowledged", journal.acknowledged);
    assert_eq!(wrong, [""; 0]);
    assert!(journal.acknowledged > 200, "there was load: {}", journal.acknowledged);
}

/// Asks until it is so; how long that took since something began.
fn until(begun: Instant, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    while !is_so() {
        assert!(begun.elapsed() < KNOWN, "{what} within {KNOWN:?}");
        sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}

#[test]
fn what_a_role_allows_is_known_at_every_node_within_five_seconds_of_its_change() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let nodes = Nodes::start(3, &cluster.url());
    let (cashier, administrator) = (nodes.tokens(), nodes.tokens_of("administrator"));
    let mut first = Client::new(nodes.addresses[0], &administrator);
    let roles = first.send("GET", "/identity/roles?limit=500", None).expect("an answer").json();
    let role = roles["items"].as_array().expect("a list").iter().find(|role| role["name"] == "cashier");
    let role = role.expect("the role of the cashier").clone();
    let id = role["id"].as_str().expect("an id");
    let status = |address| Client::new(address, &cashier).send("GET", "/baskets", None).expect("an answer").status;
    for (permissions, expected) in [(json!([]), 403), (role["permissions"].clone(), 200)] {
        let body = json!({ "permissions": permissions }).to_string();
        let begun = Instant::now();
        let changed = first.send("PATCH", &format!("/identity/roles/{id}"), Some(&body)).expect("an answer");
        assert_eq!(changed.status, 200, "{}", changed.json());
        let all: Vec<Duration> =
            nodes.addresses.iter().map(|node| until(begun, "it is known", || status(*node) == expected)).collect();
        println!("{expected} at every node after {all:?}");
    }
}

#[test]
fn tokens_hold_at_no_node_five_seconds_after_what_they_rest_on_has_ended() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let nodes = Nodes::start(3, &cluster.url());
    let mut admin = Client::new(nodes.addresses[0], &nodes.tokens_of("administrator"));
    let mut ask = |method: &str, target: &str, body: Option<&str>| {
        let answer = admin.send(method, &format!("/identity/{target}"), body).expect("an answer");
        assert!(answer.status < 300, "{method} {target}: {}", answer.json());
        answer.json()
    };
    let mut id_of = |collection: &str, member: &str, value: &str| {
        let all = ask("GET", &format!("{collection}?limit=500"), None);
        let one =
            all["items"].as_array().expect("a list").iter().find(|one| one[member] == value).expect("it is there");
        one["id"].as_str().expect("an id").to_owned()
    };
    let (cashier, manager) = (id_of("people", "name", "cashier"), id_of("people", "name", "manager"));
    let membership = format!("memberships/{}", id_of("memberships", "subject", &cashier));
    let (person, device) = (format!("people/{manager}"), format!("devices/{}", id_of("devices", "name", "till-1")));
    let disable = Some(r#"{"status":"DISABLED"}"#);
    for (subject, method, target, body) in [
        ("cashier", "DELETE", membership, None),
        ("manager", "PATCH", person, disable),
        ("till-1", "PATCH", device, disable),
    ] {
        let tokens = nodes.tokens_of(subject);
        let status = |address| Client::new(address, &tokens).send("GET", "/baskets", None).expect("an answer").status;
        assert!(nodes.addresses.iter().all(|node| status(*node) == 200), "{subject} is let in everywhere");
        let begun = Instant::now();
        ask(method, &target, body);
        let all: Vec<Duration> =
            nodes.addresses.iter().map(|node| until(begun, "it is known", || status(*node) == 401)).collect();
        println!("{subject}: {method} is known at every node after {all:?}");
    }
}

#[test]
fn any_node_answers_what_another_was_told() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let nodes = Nodes::start(3, &cluster.url());
    let tokens = nodes.tokens();
    let mut clients: Vec<Client> = nodes.addresses.iter().map(|node| Client::new(*node, &tokens)).collect();
    for round in 0..30 {
        let id = format!("R{round}");
        let body = json!({ "id": id, "basketType": "BASKET" }).to_string();
        let made = clients[round % 3].send("POST", "/baskets", Some(&body)).expect("an answer");
        assert_eq!(made.status, 201, "{}", made.json());
        for client in &mut clients {
            let read = client.send("GET", &format!("/baskets/{id}"), None).expect("an answer");
            assert_eq!((read.status, read.header("etag")), (200, made.header("etag")), "{}", read.json());
        }
        let again = clients[(round + 1) % 3].send("POST", "/baskets", Some(&body)).expect("an answer");
        assert_eq!(again.status, 409);
    }
}

#[test]
fn a_standby_answers_what_may_be_stale_and_nothing_else_and_is_not_needed() {
    let root = tempfile::tempdir().expect("a directory");
    let primary = Cluster::start(Durability::Quick, &[]);
    let mut standby = primary.standby("copy");
    let mut server = Server::start_with(&root.path().join("data"), |command| {
        command.env("ENACTION_STORE", primary.url()).env("ENACTION_REPLICA", standby.url());
    });
    server.ready();
    let mut client = Client::new(server.address, &server.tokens_of("manager"));
    let mut price = || client.send("GET", "/products/1001", None).expect("an answer").json()["unitPrice"].clone();
    until(Instant::now(), "the standby has the catalogue", || price() == 129);
    standby.ask("SELECT pg_wal_replay_pause()");
    // That asks for it; what comes meanwhile is still replayed.
    let is_paused = || standby.ask("SELECT pg_get_wal_replay_pause_state()").trim() == "paused";
    until(Instant::now(), "the standby stands still", is_paused);

    let mut other = Client::new(server.address, &server.tokens_of("manager"));
    let mut send = |method: &str, target: &str, body: Value| {
        let answer = other.send(method, target, Some(&body.to_string())).expect("an answer");
        assert!(answer.status < 300, "{method} {target}: {}", answer.json());
        answer.json()
    };
    send("PATCH", "/products/1001", json!({ "unitPrice": 7 }));
    assert_eq!(price(), 129, "the standby does not know it yet");
    let basket = send("POST", "/baskets", json!({ "id": "B", "basketType": "BASKET" }));
    assert_eq!(basket["basketStatus"], client_reads_basket(&server)["basketStatus"], "baskets are never stale");
    let line = send("POST", "/baskets/B/items", json!({ "itemId": "1001" }));
    assert_eq!(line["unitPrice"], 7, "a command reads the store: {line}");
    standby.ask("SELECT pg_wal_replay_resume()");
    until(Instant::now(), "the standby knows it", || price() == 7);

    send("PATCH", "/products/1001", json!({ "unitPrice": 8 }));
    standby.kill();
    assert_eq!(price(), 8, "without the standby the store answers");
    server.stop();
}

fn client_reads_basket(server: &Server) -> Value {
    let read = Client::new(server.address, &server.tokens()).send("GET", "/baskets/B", None).expect("an answer");
    assert_eq!(read.status, 200, "{}", read.json());
    read.json()
}
