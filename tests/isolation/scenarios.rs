//! What goes wrong where commands are not isolated, each by its name.

use crate::{
    machine,
    serial::{Allowed, Commands, one_after_the_other},
    stores::{UnderTest, careless, memory, postgres, sqlite},
};

/// A sentence, what is there before, and the commands.
type Scenario = (&'static str, &'static str, &'static [&'static str]);

const SCENARIOS: &[Scenario] = &[
    ("a lost update", "set 10, put a", &["read a, add 1, put a", "read a, add 1, put a"]),
    ("two lost updates", "set 10, put a", &["read a, add 1, put a", "read a, add 2, put a", "read a, add 4, put a"]),
    (
        "write skew: each leaves because the other stays",
        "set 1, put a, put b",
        &["read b, need 1, set 0, put a", "read a, need 1, set 0, put b"],
    ),
    (
        "write skew of three in a ring",
        "set 1, put a, put b, put c",
        &["read b, add 1, put a", "read c, add 1, put b", "read a, add 1, put c"],
    ),
    ("a phantom in a list: at most one may be made", "tell", &["count, under 1, create a", "count, under 1, create b"]),
    (
        "a phantom in a range: at most one may be above",
        "set 1, put a, put b",
        &["above 5, under 1, set 5, put a", "above 5, under 1, set 5, put b"],
    ),
    (
        "a phantom in a count: at most one may be above",
        "set 1, put a, put b",
        &["counted 5, under 1, set 5, put a", "counted 5, under 1, set 5, put b"],
    ),
    (
        "the least is taken once",
        "set 1, put a, set 2, put b",
        &["least, tell, set 9, put a", "least, tell, set 3, put a"],
    ),
    ("a phantom in a sum", "set 1, put a", &["sum, put x", "sum, put y"]),
    ("a phantom taken away", "set 1, put a, put b", &["count, need 2, delete a", "count, need 2, delete b"]),
    (
        "a phantom told by a query that a command calls",
        "set 1, put a",
        &["total, put x", "set 5, create b", "total, put y"],
    ),
    (
        "a false fault: money is on its way, and never too little",
        "set 50, put a, put b",
        &["read a, add -5, put a, read b, add 5, put b", "read b, plus a, need 100, tell"],
    ),
    (
        "a false answer: nobody sees the half of a transfer",
        "set 50, put a, put b",
        &["read a, add -5, put a, read b, add 5, put b", "read a, plus b, tell, put seen"],
    ),
    ("an absent read: each is the first", "tell", &["read a, tell, set 5, create b", "read b, tell, set 5, create a"]),
    (
        "a false fault after an absent read: where one is missing both are",
        "tell",
        &["read a, unless found, read b, under 0, tell", "set 1, create a, create b"],
    ),
    ("one id is created once", "tell", &["set 1, create a, tell", "set 2, create a, tell"]),
    ("what is deleted is not changed", "set 1, put a", &["read a, need 0, add 1, put a, tell", "delete a"]),
    ("what is deleted is deleted once", "set 1, put a", &["delete a, tell", "delete a, tell"]),
    (
        "a unique claim: who does not find it takes it",
        "tell",
        &["find x, tell, unless found, set 1, put a, claim a x", "find x, tell, unless found, set 2, put b, claim b x"],
    ),
    (
        "a unique claim changes hands, and who saw nobody hold it is known",
        "set 1, put a, claim a x",
        &[
            "unclaim a",
            "find x, tell, unless found, read c, tell, set 2, put b, claim b x",
            "find x, tell, unless found, set 3, put c",
        ],
    ),
    (
        "a claim that is given back and taken in one command",
        "set 1, put a, claim a x, set 2, put b",
        &["unclaim a, claim b x", "find x, tell, read a, read b, find x, tell, put seen"],
    ),
    (
        "a change of what was added up: none after the sum is made",
        "set 1, put a, put b",
        &["sum, put total", "read total, unless found, read a, add 5, put a"],
    ),
];

fn seeds(quick: u64) -> std::ops::Range<u64> {
    0..if std::env::var_os("ENACTION_LONG").is_some() { quick * 20 } else { quick }
}

fn hold(under_test: UnderTest, quick: u64) {
    let application = machine::on(&under_test.store);
    for (number, (sentence, before, programs)) in SCENARIOS.iter().enumerate() {
        let allowed = Allowed::by(Commands::of(before, programs), &one_after_the_other(), "scenario");
        for seed in seeds(quick) {
            allowed.hold(sentence, &under_test, &application, seed + 1_000_000 * number as u64);
        }
    }
}

#[test]
fn commands_in_memory_come_out_as_if_one_after_the_other() {
    hold(memory(), 200);
}

#[test]
fn commands_on_sqlite_come_out_as_if_one_after_the_other() {
    hold(sqlite(true), 12);
}

#[test]
fn commands_whose_commits_meet_in_the_writer_come_out_as_if_one_after_the_other() {
    hold(sqlite(false), 12);
}

#[test]
fn commands_on_postgresql_come_out_as_if_one_after_the_other() {
    hold(postgres(), 12);
}

#[test]
fn a_store_that_checks_nothing_is_found_out_by_every_scenario() {
    for (sentence, before, programs) in SCENARIOS {
        let application = machine::on(&careless().store);
        let allowed = Allowed::by(Commands::of(before, programs), &one_after_the_other(), "scenario");
        let found = (0..500).any(|seed| allowed.broken(&application, &format!("seed-{seed}"), seed).is_some());
        assert!(found, "{sentence} has no teeth");
    }
}
