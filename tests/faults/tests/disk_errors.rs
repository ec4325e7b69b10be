//! A disk that fails or is full under the server: no acknowledgement by guess, nothing lost, and no restart to recover.
#![cfg(target_os = "linux")]

use std::{cell::RefCell, fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::Path, time::Duration};

use enaction_faults::{
    client::{Answer, Client},
    disk::{Disk, Failing, Faults, Kind},
    program::Ended,
    random::seed,
    rounds::{Figures, Rounds, rounds},
    server::Server,
};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);
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

#[test]
fn a_sync_that_fails_refuses_its_group_and_nothing_acknowledged_before_or_behind_it_is_lost() {
    let mut nth = 0;
    let happens = |server: &mut Server, disk: &RefCell<Disk>| {
        nth += 1;
        disk.borrow_mut().order(Faults { sync: Failing::Once(nth), ..Faults::default() });
        server.complains(REFUSED);
        server.complains(RECOVERED);
        assert_eq!(disk.borrow().failed(), 1);
        server.ready();
    };
    let figures = run(rounds(20, 60), happens, |_| true);
    let unknown = figures.refused.get("outcome_unknown").copied().unwrap_or_default();
    assert!(unknown >= figures.rounds, "each failure was told: {figures:?}");
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
    let figures = run(rounds(4, 20), happens, |line| line.contains(REFUSED) && line.contains("Full"));
    assert!(figures.refused.keys().all(|code| code == "store_full"), "{figures:?}");
    assert!(figures.refused["store_full"] >= figures.rounds, "{figures:?}");
}
