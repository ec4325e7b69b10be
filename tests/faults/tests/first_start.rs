//! A first start that is cut short is taken up by the next: the development data are whole, and there once.
#![cfg(target_os = "linux")]

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    time::{Duration, Instant},
};

use enaction_faults::{
    check::list,
    client::Client,
    disk::{Disk, Kind},
    program::{Program, enaction},
    random::{Random, seed},
    rounds::rounds,
    server::Server,
};

/// What the first start makes.
#[derive(Debug, PartialEq)]
struct Made {
    products: usize,
    sites: usize,
    people: usize,
}

fn made(server: &Server) -> Made {
    let mut cashier = server.client();
    let mut manager = Client::new(server.address, &server.tokens_of("manager"));
    let count = |client: &mut Client, collection| list(client, collection).len();
    Made {
        products: count(&mut cashier, "products"),
        sites: count(&mut manager, "identity/sites"),
        people: count(&mut manager, "identity/people"),
    }
}

/// A first start that nothing disturbs: how long it takes, and what it makes.
fn undisturbed() -> (Duration, Made) {
    let root = tempfile::tempdir().expect("a directory");
    let began = Instant::now();
    let mut server = Server::start(&root.path().join("data"));
    server.ready();
    let took = began.elapsed();
    let made = made(&server);
    server.stop();
    (took, made)
}

fn serve(data: &Path) -> std::process::Command {
    let mut command = enaction();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

fn taken_up(round: usize, data: &Path, expected: &Made) {
    let mut server = Server::start(data);
    server.ready();
    assert_eq!(made(&server), *expected, "round {round}");
    server.stop();
}

#[test]
fn a_first_start_that_is_killed_is_taken_up() {
    let mut random = Random::new(seed(), 1);
    let (took, expected) = undisturbed();
    println!("a first start takes {took:?} and makes {expected:?}");
    for round in 0..rounds(8, 40) {
        let root = tempfile::tempdir().expect("a directory");
        let data = root.path().join("data");
        let first = Program::start(&mut serve(&data));
        std::thread::sleep(random.up_to(took));
        let _ = first.kill();
        taken_up(round, &data, &expected);
    }
}

#[test]
fn a_first_start_that_loses_its_power_is_taken_up() {
    let mut random = Random::new(seed(), 2);
    let (took, expected) = undisturbed();
    for round in 0..rounds(6, 30) {
        let (root, mut disk) = (tempfile::tempdir().expect("a directory"), Disk::new());
        let data = root.path().join("data");
        DirBuilder::new().mode(0o700).create(&data).expect("a directory");
        let mut command = serve(&data);
        disk.plug(&mut command, &data, Kind::Honest(30), 1);
        let mut first = Program::start(&mut command);
        let cut = random.up_to(took * 3 / 2);
        first.wait_until("it lives", cut * 2 + took, |program| (program.started.elapsed() >= cut).then_some(()));
        let _ = first.kill();
        disk.lose_power(&data);
        taken_up(round, &data, &expected);
    }
}
