//! SIGTERM and Ctrl-C under load: what was accepted is answered.

use std::{
    net::SocketAddr,
    path::Path,
    sync::Mutex,
    time::{Duration, Instant},
};

use enaction_faults::{
    check::list,
    client::{Client, Cut},
    program::Signal,
    server::Server,
};
use serde_json::json;

/// The default of `stop_ms_max`.
const STOP: Duration = Duration::from_millis(10_000);
const CLIENTS: usize = 12;

/// What became of the creation of one basket.
#[derive(Debug)]
enum Outcome {
    Answered,
    /// Nobody listened.
    Refused,
    /// The connection was closed before the first byte of an answer.
    Silent,
    /// An answer that ended too early.
    Cut(String),
}

#[test]
fn after_sigterm_under_load_no_accepted_request_is_cut() {
    no_accepted_request_is_cut(Signal::TERM);
}

#[test]
fn after_ctrl_c_under_load_no_accepted_request_is_cut() {
    no_accepted_request_is_cut(Signal::INT);
}

fn no_accepted_request_is_cut(signal: Signal) {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    let (address, tokens) = (server.address, server.tokens());
    let (outcomes, took) = stop_under_load(server, signal, &tokens);

    assert!(took < STOP, "it stops within {STOP:?}: {took:?}");
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|(_, outcome)| is(outcome)).count();
    let answered = count(|one| matches!(one, Outcome::Answered));
    let silent = count(|one| matches!(one, Outcome::Silent));
    println!("{signal:?}: {answered} answered, {silent} closed without a word, stopped in {took:?}");
    assert!(answered > CLIENTS, "there was load");
    assert!(Client::new(address, "").send("GET", "/health/live", None).is_err(), "nobody listens any more");
    let there = baskets(&data);
    for (id, outcome) in &outcomes {
        match outcome {
            Outcome::Answered => assert!(there.contains(id), "{id} was answered, and is there"),
            Outcome::Refused | Outcome::Silent => assert!(!there.contains(id), "{id} was not read, and is not there"),
            Outcome::Cut(what) => panic!("the answer to {id} was cut: {what}"),
        }
    }
}

#[test]
fn a_body_that_is_on_its_way_when_the_signal_comes_is_awaited_and_answered() {
    let root = tempfile::tempdir().expect("a directory");
    let mut server = Server::start(&root.path().join("data"));
    server.ready();
    let (mut kept, mut fresh) = (server.client(), server.client());
    kept.send("GET", "/products?limit=1", None).expect("the connection is used before");
    let halfway = std::sync::Barrier::new(3);
    let send = |client: &mut Client, id: &str| {
        let answer = client.send_slowly("POST", "/baskets", Some(&body(id)), || {
            halfway.wait();
            std::thread::sleep(Duration::from_millis(1_500));
        });
        let answer = answer.expect("a whole answer");
        assert_eq!((answer.status, answer.closes()), (201, true), "{answer:?}");
    };
    std::thread::scope(|scope| {
        scope.spawn(|| send(&mut kept, "KEPT"));
        scope.spawn(|| send(&mut fresh, "FRESH"));
        halfway.wait();
        // The first half has to arrive.
        std::thread::sleep(Duration::from_millis(300));
        server.signal(Signal::TERM);
    });
    assert!(server.wait(STOP).status.success());
}

#[test]
fn connections_without_a_request_do_not_hold_up_the_stop() {
    let root = tempfile::tempdir().expect("a directory");
    let mut server = Server::start(&root.path().join("data"));
    server.ready();
    let mut idle = server.client();
    idle.send("GET", "/products?limit=1", None).expect("an answer");
    let silent = std::net::TcpStream::connect(server.address).expect("a connection");
    let begun = Instant::now();
    server.signal(Signal::TERM);
    let ended = server.wait(STOP);
    println!("an idle server stops in {:?}", begun.elapsed());
    assert!(ended.status.success(), "{ended:?}");
    drop(silent);
}

/// Sends the signal while clients write on connections that they keep; what became of each write, and how long it took.
fn stop_under_load(server: Server, signal: Signal, tokens: &str) -> (Vec<(String, Outcome)>, Duration) {
    let address = server.address;
    let outcomes = Mutex::new(Vec::new());
    let took = std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let outcomes = &outcomes;
            scope.spawn(move || write_until_refused(number, address, tokens, outcomes));
        }
        std::thread::sleep(Duration::from_millis(700));
        let begun = Instant::now();
        server.signal(signal);
        let end = server.wait(STOP * 2);
        let took = begun.elapsed();
        assert_eq!(end.status.code(), Some(0), "{end:?}");
        took
    });
    (outcomes.into_inner().expect("all clients ended well"), took)
}

fn write_until_refused(number: usize, address: SocketAddr, tokens: &str, outcomes: &Mutex<Vec<(String, Outcome)>>) {
    let mut client = Client::new(address, tokens);
    let deadline = Instant::now() + STOP * 3;
    let mut sent = 0;
    while Instant::now() < deadline {
        let id = format!("C{number}-{sent}");
        sent += 1;
        let outcome = match client.send("POST", "/baskets", Some(&body(&id))) {
            Ok(answer) => {
                assert_eq!(answer.status, 201, "{answer:?}");
                Outcome::Answered
            }
            Err(Cut::Refused) => Outcome::Refused,
            Err(Cut::Silent(_)) => Outcome::Silent,
            Err(Cut::Within(bytes)) => Outcome::Cut(String::from_utf8_lossy(&bytes).into_owned()),
        };
        let ends = matches!(outcome, Outcome::Refused);
        outcomes.lock().expect("no client failed").push((id, outcome));
        if ends {
            return;
        }
    }
}

fn body(id: &str) -> String {
    json!({"id": id, "basketType": "BASKET", "description": "stop"}).to_string()
}

/// The ids of all baskets, by a server that is started for it.
fn baskets(data: &Path) -> std::collections::BTreeSet<String> {
    let mut server = Server::start(data);
    server.ready();
    let baskets = list(&mut server.client(), "baskets");
    server.stop();
    baskets.iter().map(|basket| basket["id"].as_str().expect("a basket has an id").to_owned()).collect()
}
