//! A power cut: what was not synced is gone. Nothing that was acknowledged may be.
#![cfg(target_os = "linux")]

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use enaction_faults::{
    disk::{Disk, Kind},
    program::{LOSES, Program, run},
    random::{Random, seed},
    rounds::{Figures, Rounds, kill_at, rounds},
    server::Server,
    store_writer::{Durability, WRITERS, check, command, count, take_acknowledged},
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// Percentages of sectors that reach the disk before they have to.
const EARLY: [usize; 4] = [0, 10, 50, 90];

fn live(root: &TempDir) -> PathBuf {
    let live = root.path().join("data");
    DirBuilder::new().mode(0o700).create(&live).expect("a directory");
    live
}

#[test]
fn an_acknowledged_write_to_the_server_survives_a_power_cut() {
    let figures = cut_the_server(rounds(4, 25), |start| (Kind::Honest(EARLY[start % EARLY.len()]), Durability::Full));
    println!("power cuts of the server: {figures:?}");
    assert_eq!(figures.wrong, [""; 0]);
    assert!(figures.acknowledged > figures.rounds * 4, "there was load: {figures:?}");
}

#[test]
fn without_durability_the_server_loses_writes_and_the_check_sees_it() {
    let safe = (Kind::Honest(0), Durability::Full);
    for (case, unsafe_one) in [
        ("on a disk that lies", (Kind::Lying, Durability::Full)),
        ("with synchronous = OFF", (Kind::Honest(0), Durability::Off)),
    ] {
        let figures = cut_the_server(2, |start| if start == 1 { unsafe_one } else { safe });
        let lost = figures.wrong.iter().filter(|one| one.contains("lost") || one.contains("found None")).count();
        println!("{case} {lost} baskets are lost or behind");
        assert!(figures.rounds == 2 && lost > 0, "{case}: the first round is whole, the second is not: {figures:?}");
    }
}

/// Rounds of load and power cuts; each start of the server gets the disk that is chosen for it.
fn cut_the_server(rounds: usize, kind: impl Fn(usize) -> (Kind, Durability)) -> Figures {
    let (root, seed) = (tempfile::tempdir().expect("a directory"), seed());
    let data = live(&root);
    let disk = std::cell::RefCell::new(Disk::new());
    let mut starts = 0;
    let mut start = |data: &Path| {
        let (kind, durability) = kind(starts);
        starts += 1;
        Server::start_with(data, |command| {
            if durability == Durability::Off {
                command.env(LOSES, "1");
            }
            disk.borrow_mut().plug(command, data, kind, seed);
        })
    };
    let mut meanwhile = |data: &Path| disk.borrow().lose_power(data);
    Rounds {
        data: &data,
        seed,
        start: &mut start,
        end: &mut kill_at,
        meanwhile: &mut meanwhile,
        due_ms: (30, 900),
        ready_within: PATIENCE,
    }
    .run(rounds)
}

#[test]
fn an_acknowledged_unit_of_the_store_survives_a_power_cut() {
    let (root, seed) = (tempfile::tempdir().expect("a directory"), seed());
    let live = live(&root);
    let store = live.join("store.db");
    let mut disk = Disk::new();
    let mut random = Random::new(seed, 0);
    let mut acknowledged = [0; WRITERS];
    for round in 0..rounds(6, 50) {
        let mut command = command(&store, Durability::Full, usize::MAX);
        let kind = Kind::Honest(EARLY[round % EARLY.len()]);
        disk.plug(&mut command, &live, kind, seed ^ u64::try_from(round).unwrap_or(0));
        // Every third run goes on until the log was written back into the database, and is cut around that moment.
        let (before, grows) = (bytes(&store), round % 3 == 2);
        let out = cut(&mut command, random.between_ms(0, 300), |program| {
            count(program) >= 50 && (!grows || bytes(&store) > before)
        });
        take_acknowledged(&mut acknowledged, &out);
        disk.lose_power(&live);
        let (wrong, there) = check(&store, &acknowledged);
        assert_eq!(wrong, [""; 0], "round {round}");
        acknowledged = there;
    }
    println!("power cuts of the store: {} units", acknowledged.iter().sum::<usize>());
}

#[test]
fn without_durability_acknowledged_units_are_lost_and_the_check_sees_it() {
    let (root, seed) = (tempfile::tempdir().expect("a directory"), seed());
    let live = live(&root);
    let store = live.join("store.db");
    let mut disk = Disk::new();
    let mut acknowledged = [0; WRITERS];

    let ended = run(&mut command(&store, Durability::Full, 10));
    assert!(ended.status.success(), "{ended:?}");
    take_acknowledged(&mut acknowledged, &ended.out);
    assert_eq!(check(&store, &acknowledged), (vec![], [10; WRITERS]), "what was written before is there");

    let mut command = command(&store, Durability::Off, usize::MAX);
    disk.plug(&mut command, &live, Kind::Honest(0), seed);
    take_acknowledged(&mut acknowledged, &cut(&mut command, Duration::ZERO, |program| count(program) >= 200));
    let (wrong, _) = check_copy(&live, &acknowledged);
    assert_eq!(wrong, [""; 0], "to be killed alone loses nothing");
    disk.lose_power(&live);
    let (wrong, there) = check(&store, &acknowledged);
    let lost = acknowledged.iter().sum::<usize>().saturating_sub(there.iter().sum());
    println!("without durability {lost} acknowledged units are lost");
    assert!(lost >= 100 && wrong.iter().any(|one| one.contains("lost")), "the check sees the loss: {wrong:?}");
}

/// Runs a program until it did enough and a while longer, and kills it; what it printed.
fn cut(command: &mut Command, longer: Duration, enough: impl Fn(&Program) -> bool) -> String {
    let mut program = Program::start(command);
    program.wait_until("it acknowledges", PATIENCE, |program| enough(program).then_some(()));
    std::thread::sleep(longer);
    let ended = program.kill();
    assert_eq!(ended.err, "");
    ended.out
}

fn bytes(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

/// Checks what a program left behind, without touching it.
fn check_copy(live: &Path, acknowledged: &[usize; WRITERS]) -> (Vec<String>, [usize; WRITERS]) {
    let copy = tempfile::tempdir().expect("a directory");
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(live.join(name), copy.path().join(name)).expect("a file is copied");
    }
    check(&copy.path().join("store.db"), acknowledged)
}
