//! Commands that nobody thought of: two or three programs drawn from a seed, their steps mixed by the same seed.

use crate::{
    machine,
    schedule::Drawn,
    serial::{Allowed, Commands, one_after_the_other},
    stores::{UnderTest, careless, memory, postgres, sqlite},
};

const CELLS: [&str; 3] = ["a", "b", "c"];
const TAGS: [&str; 2] = ["x", "y"];

fn program(drawn: &mut Drawn) -> String {
    let length = 2 + drawn.below(5);
    let mut steps: Vec<String> = (0..length).map(|_| step(drawn)).collect();
    steps.push("tell".to_owned());
    steps.join(", ")
}

fn step(drawn: &mut Drawn) -> String {
    let (cell, tag) = (*drawn.one(&CELLS), *drawn.one(&TAGS));
    match drawn.below(16) {
        0..=2 => format!("read {cell}, tell"),
        3..=6 => format!("put {cell}"),
        7 => format!("plus {cell}"),
        8 => "sum".to_owned(),
        9 => "count, tell".to_owned(),
        10 => "total, tell".to_owned(),
        11 => format!("find {tag}, tell"),
        12 => format!("claim {cell} {tag}"),
        13 => format!("delete {cell}"),
        14 => format!("create {cell}"),
        _ => format!("add {}", drawn.below(9)),
    }
}

fn commands(seed: u64) -> Commands {
    let mut drawn = Drawn::from(seed);
    let before = (0..2).map(|_| format!("set {}, put {}", drawn.below(50), drawn.one(&CELLS)));
    let before = before.collect::<Vec<_>>().join(", ");
    let programs = (0..2 + drawn.below(2)).map(|_| program(&mut drawn)).collect();
    Commands { before, programs }
}

fn hold(under_test: UnderTest, seeds: std::ops::Range<u64>) {
    let application = machine::on(&under_test.store);
    let serial = one_after_the_other();
    for seed in seeds {
        let allowed = Allowed::by(commands(seed), &serial, &format!("seed-{seed}"));
        allowed.hold("commands drawn from a seed", &under_test, &application, seed);
    }
}

fn many(quick: u64) -> u64 {
    if std::env::var_os("ENACTION_LONG").is_some() { quick * 20 } else { quick }
}

#[test]
fn drawn_commands_in_memory_come_out_as_if_one_after_the_other() {
    hold(memory(), 0..many(3_000));
}

#[test]
fn drawn_commands_on_sqlite_come_out_as_if_one_after_the_other() {
    hold(sqlite(true), 0..many(200));
}

#[test]
fn drawn_commands_whose_commits_meet_in_the_writer_come_out_as_if_one_after_the_other() {
    hold(sqlite(false), 1_000_000..1_000_000 + many(200));
}

#[test]
fn drawn_commands_on_postgresql_come_out_as_if_one_after_the_other() {
    hold(postgres(), 2_000_000..2_000_000 + many(200));
}

#[test]
fn drawn_commands_find_out_a_store_that_checks_nothing() {
    let application = machine::on(&careless().store);
    let serial = one_after_the_other();
    let broken = (0..500).filter(|seed| {
        let allowed = Allowed::by(commands(*seed), &serial, &format!("seed-{seed}"));
        allowed.broken(&application, &format!("seed-{seed}"), *seed).is_some()
    });
    let broken = broken.count();
    assert!(broken > 50, "{broken} of 500 seeds show it");
}
