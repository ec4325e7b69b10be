//! A disk that fails or is full under the server: no acknowledgement by guess, nothing lost, and no restart to recover.
#![cfg(target_os = "linux")]

use std::{
    cell::RefCell,
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use enaction_faults::{
    check::list,
    client::{Answer, Client},
    disk::{Disk, Failing, Faults, Kind},
    program::Ended,
    random::seed,
    rounds::{Figures, Rounds, rounds},
    server::Server,
};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than a group that was refused takes to be told.
const A_WHILE: Duration = Duration::from_secs(3);
const REFUSED: &str = "a group of units was refused";
const RECOVERED: &str = "the store has recovered";

/// Rounds of load in which something happens, and a power cut at the end of each.
fn run(
    rounds: usize,
    mut happens: impl FnMut(&mut Server, &RefCell<Disk>),
    complains: impl Fn(&str) -> bool,
) -> Figures {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    DirBuilder::new().mode(0o700).create(&data).expect("a directory");
    let (disk, seed) = (RefCell::new(Disk::new()), seed());
    let mut start =
        |data: &Path| Server::start_with(data, |command| disk.borrow_mut().plug(command, data, Kind::Honest(30), seed));
    let mut end = |mut server: Server, moment: Duration| {
        std::thread::sleep(moment);
        happens(&mut server, &disk);
        // The load goes on, so that there is something to lose.
        std::thread::sleep(moment);
        let Ended { err, .. } = server.kill();
        assert!(err.lines().all(&complains), "{err}");
    };
    let mut meanwhile = |data: &Path| disk.borrow().lose_power(data);
    let figures = Rounds {
        data: &data,
        seed,
        start: &mut start,
        end: &mut end,
        meanwhile: &mut meanwhile,
        due_ms: (60, 160),
        ready_within: PATIENCE,
    }
    .run(rounds);
    println!("{figures:?}");
    assert_eq!(figures.wrong, [""; 0]);
    figures
}

fn until<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn ask(client: &mut Client, target: &str) -> u16 {
    client.send("GET", target, None).expect("an answer").status
}

const CREATORS: usize = 20;

/// How long one waits before it goes on behind a refusal.
const PAUSE: Duration = Duration::from_millis(5);

/// Creates products without a key, at the same time, until something happened: id, status and code of each answer. What the
/// store does not know is told to those who gave no key; with one the server finds out. So many, and without a pause, that
/// some of them are in each group that fails.
fn create_meanwhile(server: &mut Server, round: i64, happens: impl FnOnce(&mut Server)) -> Vec<(String, u16, String)> {
    let (happened, tokens, address) = (AtomicBool::new(false), server.tokens_of("manager"), server.address);
    let create = |creator: usize| {
        let mut client = Client::new(address, &tokens);
        let mut answers = Vec::new();
        for number in 0.. {
            if happened.load(Ordering::SeqCst) {
                break;
            }
            let id = format!("p{round}-{creator}-{number}");
            let body = json!({"id": id, "description": "New", "unitPrice": 1}).to_string();
            let answer = client.send("POST", "/products", Some(&body)).expect("an answer");
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            let refused = answer.status != 201;
            answers.push((id, answer.status, code));
            if refused {
                std::thread::sleep(PAUSE);
            }
        }
        answers
    };
    std::thread::scope(|scope| {
        let create = &create;
        let creators: Vec<_> = (0..CREATORS).map(|creator| scope.spawn(move || create(creator))).collect();
        let ends = Ends(&happened);
        happens(server);
        drop(ends);
        creators.into_iter().flat_map(|creator| creator.join().expect("it creates")).collect()
    })
}

/// Ends what waits for it, also when what happens panics.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Lets the n-th sync fail that a group waits for. One of a checkpoint fails without a word and costs nothing, because the log
/// keeps what it holds: then it is tried again.
fn fail_a_group(server: &mut Server, disk: &RefCell<Disk>, nth: i64) {
    let order = || disk.borrow_mut().order(Faults { sync: Failing::Once(nth), ..Faults::default() });
    order();
    let mut ordered = std::time::Instant::now();
    until("a group is refused", || {
        if ordered.elapsed() > A_WHILE && disk.borrow().failed() > 0 {
            order();
            ordered = std::time::Instant::now();
        }
        server.has_complained(REFUSED).then_some(())
    });
}

#[test]
fn a_sync_that_fails_refuses_its_group_and_nothing_acknowledged_before_or_behind_it_is_lost() {
    let (mut nth, mut unknown) = (0, 0);
    let happens = |server: &mut Server, disk: &RefCell<Disk>| {
        nth += 1;
        let answers = create_meanwhile(server, nth, |server| {
            fail_a_group(server, disk, nth);
            server.complains(RECOVERED);
        });
        assert_eq!(disk.borrow().failed(), 1);
        server.ready();
        let products = list(&mut server.client(), "products");
        for (id, status, code) in answers {
            let there = products.iter().any(|product| product["id"] == *id);
            match (status, &*code) {
                (201, "") => assert!(there, "{id} was acknowledged"),
                (503, "outcome_unknown") => unknown += 1,
                (503, "store_unavailable") => assert!(!there, "{id} was not written"),
                other => panic!("{id}: {other:?}"),
            }
        }
    };
    let figures = run(rounds(20, 60), happens, |_| true);
    println!("{unknown} writes without a key were told that their outcome is unknown");
    assert!(unknown > 0 && figures.rounds >= 20, "{figures:?}");
}

#[test]
fn while_syncs_fail_writes_are_refused_and_reads_answered_and_the_server_is_not_ready() {
    let happens = |server: &mut Server, disk: &RefCell<Disk>| {
        let mut client = server.client();
        disk.borrow_mut().order(Faults { sync: Failing::From(2), ..Faults::default() });
        until("it is not ready", || (ask(&mut client, "/health/ready") == 503).then_some(()));
        for _ in 0..20 {
            assert_eq!((ask(&mut client, "/baskets"), ask(&mut client, "/health/ready")), (200, 503));
        }
        disk.borrow_mut().order(Faults::default());
        server.ready();
        server.complains(RECOVERED);
    };
    let figures = run(rounds(2, 10), happens, |_| true);
    for code in ["outcome_unknown", "store_unavailable"] {
        assert!(figures.refused.contains_key(code), "{code}: {figures:?}");
    }
}

#[test]
fn on_a_full_disk_writes_are_507_and_reads_answered_until_there_is_room() {
    (0..rounds(1, 5)).for_each(|_| fill_the_disk());
}

fn fill_the_disk() {
    let rooms = [("", 0), ("-wal", 0), ("", 50_000), ("-wal", 1)];
    let mut at = 0;
    let happens = |server: &mut Server, disk: &RefCell<Disk>| {
        let mut manager = Client::new(server.address, &server.tokens_of("manager"));
        let mut create = |id: String| -> Answer {
            let body = json!({"id": id, "description": "New", "unitPrice": 1}).to_string();
            manager.send("POST", "/products", Some(&body)).expect("an answer")
        };
        let (of, room) = rooms[at % rooms.len()];
        disk.borrow_mut().order(Faults { of, room: Some(room), ..Faults::default() });
        let full = until("it is full", || {
            Some(create(format!("f{at}"))).filter(|answer| answer.status != 409 && answer.status != 201)
        });
        assert_eq!((full.status, &full.json()["code"]), (507, &json!("store_full")), "{full:?}");
        let mut client = server.client();
        for _ in 0..20 {
            assert_eq!((ask(&mut client, "/baskets"), ask(&mut client, "/health/ready")), (200, 200));
        }
        disk.borrow_mut().order(Faults::default());
        assert_eq!(create(format!("r{at}")).status, 201, "there is room");
        at += 1;
    };
    // Each on a new store: a log that has its length is written over, and needs no room.
    let figures = run(rooms.len(), happens, |line| line.contains(REFUSED) && line.contains("Full"));
    assert!(figures.refused.keys().all(|code| code == "store_full"), "{figures:?}");
    assert!(figures.refused["store_full"] >= figures.rounds, "{figures:?}");
}
