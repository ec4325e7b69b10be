//! A program that writes into a store without a server around it, and the check of what is left of that. It can give
//! durability away, which the server can not: with it the negative control is made.
//!
//! Writer `t` writes its units one after the other, and goes on where it was. The unit `i` makes the records `t-i-left` and
//! `t-i-right` and sets `t` to `i`, each with an entry of `i`, so that a unit of which a part is missing is seen.

use std::{io::Write as _, path::Path, process::Command, sync::Arc, time::Duration};

use enaction::{
    Time,
    store::{Claim, Key, Record, Refusal, Scope, Store as _, Unit, Write},
    stores::{SqliteSettings, SqliteStore},
};
use serde_json::{Value, json};

use crate::program::{Program, built};

/// Writers at the same time.
pub const WRITERS: usize = 8;

/// What an acknowledgement is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It is on the disk.
    Full,
    /// It is with the operating system.
    Off,
}

fn open(store: &Path, durability: Durability) -> Result<SqliteStore, String> {
    let lose_acknowledged_commits_on_power_cut = durability == Durability::Off;
    let settings = SqliteSettings { lose_acknowledged_commits_on_power_cut, ..SqliteSettings::default() };
    SqliteStore::open(store, settings).map_err(|error| error.to_string())
}

fn scope() -> Scope {
    Scope::Company("acme".into())
}

fn key(id: String) -> Key {
    Key { collection: "pairs", id: id.into() }
}

fn pair(writer: usize, unit: usize) -> [Key; 2] {
    ["left", "right"].map(|side| key(format!("{writer}-{unit}-{side}")))
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
}

/// The program: lets every writer write its units up to a number, and prints `<writer> <unit>` when one was acknowledged.
///
/// # Panics
/// When the store does not open, or refuses a unit for another reason than the disk.
pub fn write_until_killed(store: &Path, durability: Durability, end: usize) {
    let store = Arc::new(open(store, durability).expect("the store opens"));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = Arc::clone(&store);
            scope.spawn(move || block(write(&store, writer, end)));
        }
    });
}

async fn write(store: &SqliteStore, writer: usize, end: usize) {
    let counter = key(writer.to_string());
    let (mut number, mut version) = standing(store, &counter).await;
    while number < end {
        let body = json!({"unit": number, "padding": "x".repeat(200)}).to_string();
        let record =
            Record { schema_version: 1, version: 0, at: Time::from_millis(0), by: "writer".into(), body: body.into() };
        let claim = Claim { index: "pairs.unit", key: number.to_string().into(), unique: false };
        let mut unit = Unit::new(scope());
        let keys = pair(writer, number).map(|key| (key, 0)).into_iter().chain([(counter.clone(), version)]);
        unit.writes = keys
            .map(|(key, expected)| Write { key, expected, record: Some(record.clone()), claims: vec![claim.clone()] })
            .collect();
        match store.commit(unit).await {
            Ok(committed) => version = committed.version,
            Err(Refusal::Full | Refusal::Unavailable(_) | Refusal::Unknown(_)) => {
                std::thread::sleep(Duration::from_millis(5));
                let before = number;
                (number, version) = standing(store, &counter).await;
                if number == before {
                    continue;
                }
                number = before;
            }
            Err(other) => panic!("the unit {number} of writer {writer} is refused: {other:?}"),
        }
        let mut out = std::io::stdout().lock();
        out.write_all(format!("{writer} {number}\n").as_bytes()).and_then(|()| out.flush()).expect("the test listens");
        number += 1;
    }
}

/// The unit that a writer writes next, and the version of its counter.
async fn standing(store: &SqliteStore, counter: &Key) -> (usize, u64) {
    let found = store.get(&scope(), std::slice::from_ref(counter)).await.expect("the store reads").remove(0);
    (found.as_ref().map_or(0, units), found.map_or(0, |record| record.version))
}

/// The command that runs the program.
#[must_use]
pub fn command(store: &Path, durability: Durability, end: usize) -> Command {
    let mut command = Command::new(built("enaction-store-writer"));
    let durability = if durability == Durability::Full { "full" } else { "off" };
    command.arg(store).args([durability, &end.to_string()]);
    command
}

/// How many units the program says were acknowledged, without those of an earlier run.
#[must_use]
pub fn count(program: &Program) -> usize {
    program.out().lines().count()
}

/// For each writer how many units are acknowledged, by what one program printed; a line that was cut counts as none. The
/// program may have found one unit more than was acknowledged to the one before it.
///
/// # Panics
/// When it printed something else.
pub fn take_acknowledged(acknowledged: &mut [usize; WRITERS], out: &str) {
    let before = *acknowledged;
    for line in out.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let (writer, unit) = line.split_once(' ').expect("a writer and a unit");
        let (writer, unit): (usize, usize) = (writer.parse().expect("a number"), unit.parse().expect("a number"));
        let found_one = acknowledged[writer] == before[writer] && unit == before[writer] + 1;
        assert!(found_one || acknowledged[writer] == unit, "units are acknowledged in their order");
        acknowledged[writer] = unit + 1;
    }
}

/// What is wrong in a store of which so many units of each writer were acknowledged, and how many there are.
#[must_use]
pub fn check(store: &Path, acknowledged: &[usize; WRITERS]) -> (Vec<String>, [usize; WRITERS]) {
    let mut there = [0; WRITERS];
    let opened = open(store, Durability::Full).and_then(|opened| {
        let contradictions = SqliteStore::check(store).map_err(|error| error.to_string())?;
        Ok((opened, contradictions))
    });
    let (store, mut wrong) = match opened {
        Ok(opened) => opened,
        Err(error) => return (vec![format!("the store is lost: {error}")], there),
    };
    for (writer, acknowledged) in acknowledged.iter().enumerate() {
        match block(units_of(&store, writer, *acknowledged + 3)) {
            Ok((whole, mut found)) => {
                if whole < *acknowledged {
                    found.push(format!("lost of writer {writer}: {} of {acknowledged} units", acknowledged - whole));
                }
                if whole > acknowledged + 1 {
                    found.push(format!("writer {writer} waits for one unit, and there are {}", whole - acknowledged));
                }
                there[writer] = whole;
                wrong.append(&mut found);
            }
            Err(error) => wrong.push(format!("lost of writer {writer}: {error}")),
        }
    }
    (wrong, there)
}

/// How many units of a writer the counter says, and what contradicts it.
async fn units_of(store: &SqliteStore, writer: usize, up_to: usize) -> Result<(usize, Vec<String>), String> {
    let read = async |keys: Vec<Key>| store.get(&scope(), &keys).await.map_err(|error| error.to_string());
    let counter = read(vec![key(writer.to_string())]).await?.remove(0);
    let count = counter.as_ref().map_or(0, units);
    let mut wrong = Vec::new();
    for unit in 0..up_to.max(count) {
        let there = read(pair(writer, unit).into()).await?.iter().flatten().count();
        let expected = if unit < count { 2 } else { 0 };
        if there != expected {
            wrong.push(format!("half there: the unit {unit} of writer {writer} has {there} of {expected} records"));
        }
    }
    Ok((count, wrong))
}

/// How many units of a writer there are, by its counter.
fn units(counter: &Record) -> usize {
    let body: Value = serde_json::from_slice(&counter.body).expect("it was written as JSON");
    body["unit"].as_u64().and_then(|unit| usize::try_from(unit).ok()).expect("a number") + 1
}
