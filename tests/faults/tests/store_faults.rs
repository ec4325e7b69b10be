//! A disk that fails under the store alone, where each sync and each call can be met.
#![cfg(target_os = "linux")]

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use enaction_faults::{
    disk::{Disk, Failing, Faults, Kind},
    program::{Program, run},
    random::seed,
    rounds::rounds,
    store_writer::{Durability, WRITERS, check, command, count, take_acknowledged},
};
use rusqlite::Connection;

const PATIENCE: Duration = Duration::from_secs(60);
const HONEST: Kind = Kind::Honest(0);

/// A directory on a disk, and what was acknowledged in it.
struct Case<'a> {
    live: tempfile::TempDir,
    disk: &'a mut Disk,
    acknowledged: [usize; WRITERS],
}

impl<'a> Case<'a> {
    fn new(disk: &'a mut Disk) -> Self {
        Self { live: tempfile::tempdir().expect("a directory"), disk, acknowledged: [0; WRITERS] }
    }

    fn store(&self) -> std::path::PathBuf {
        self.live.path().join("store.db")
    }

    fn command(&self, end: usize) -> Command {
        command(&self.store(), Durability::Full, end)
    }

    /// A program that writes on this disk, fresh or as the last left it.
    fn start(&mut self, fresh: bool, faults: Faults) -> Program {
        let mut command = self.command(usize::MAX);
        let live = self.live.path().to_owned();
        if fresh {
            self.disk.plug(&mut command, &live, HONEST, 1);
        } else {
            self.disk.plug_again(&mut command, &live, HONEST, 1);
        }
        self.disk.order(faults);
        Program::start(&mut command)
    }

    /// Lets a program be acknowledged so many units more, and kills it.
    fn kill_after(&mut self, mut program: Program, more: usize) {
        let enough = count(&program) + more;
        program.wait_until("it acknowledges", PATIENCE, |program| (count(program) >= enough).then_some(()));
        self.take(&program.kill().out);
    }

    fn take(&mut self, out: &str) {
        take_acknowledged(&mut self.acknowledged, out);
    }

    fn lose_power_and_check(&mut self, case: &str) {
        self.disk.lose_power(self.live.path());
        let (wrong, there) = check(&self.store(), &self.acknowledged);
        assert_eq!(wrong, [""; 0], "{case}");
        self.acknowledged = there;
    }
}

#[test]
fn from_the_first_start_on_any_sync_may_fail() {
    let mut disk = Disk::new();
    for nth in 1..=20 {
        let mut case = Case::new(&mut disk);
        let mut program = case.start(true, Faults { sync: Failing::Once(nth), ..Faults::default() });
        let opened = |program: &Program| count(program) > 0 || !program.err().is_empty();
        program.wait_until("it opens the store or says why not", PATIENCE, |program| opened(program).then_some(()));
        if count(&program) == 0 && program.err().contains("the store opens") {
            let ended = program.wait(PATIENCE);
            assert!(!ended.status.success(), "{nth}: {ended:?}");
            program = case.start(false, Faults::default());
        }
        case.kill_after(program, 50);
        case.lose_power_and_check(&format!("the sync {nth} failed"));
    }
}

#[test]
fn what_a_failed_sync_left_in_memory_is_not_built_upon_by_the_next_program() {
    let mut disk = Disk::new();
    for kill_at_once in [true, false] {
        let mut case = Case::new(&mut disk);
        let mut program = case.start(true, Faults::default());
        program.wait_until("it acknowledges", PATIENCE, |program| (count(program) >= 50).then_some(()));
        case.disk.order(Faults { sync: Failing::From(1), ..Faults::default() });
        let failures = if kill_at_once { 1 } else { 3 };
        program.wait_until("it fails", PATIENCE, |_| (case.disk.failed() >= failures).then_some(()));
        case.kill_after(program, 0);
        // The next finds the log whole, and what it acknowledges stands behind what was not synced.
        let program = case.start(false, Faults::default());
        case.kill_after(program, 50);
        case.lose_power_and_check(&format!("killed at once {kill_at_once}"));
    }
}

#[test]
fn a_checkpoint_that_fails_costs_nothing_but_the_room_of_the_log() {
    /// A log that grew far behind the point at which it is written back.
    const LONG: u64 = 20 << 20;
    let of = "store.db";
    let mut disk = Disk::new();
    for faults in [
        Faults { of, room: Some(0), ..Faults::default() },
        Faults { of, sync: Failing::From(1), ..Faults::default() },
        Faults { of, write: Failing::From(20), ..Faults::default() },
    ] {
        let mut case = Case::new(&mut disk);
        let mut program = case.start(true, Faults::default());
        program.wait_until("it acknowledges", PATIENCE, |program| (count(program) >= 50).then_some(()));
        case.disk.order(faults);
        let (store, log) = (case.store(), case.live.path().join("store.db-wal"));
        let bytes = |file: &Path| file.metadata().map_or(0, |metadata| metadata.len());
        program.wait_until("the log is long", PATIENCE, |_| (bytes(&log) > LONG).then_some(()));
        assert!(case.disk.failed() > 0 && program.err().is_empty(), "{faults:?}: {}", program.err());
        case.disk.order(Faults::default());
        let small = bytes(&store);
        program.wait_until("it is written back", PATIENCE, |_| (bytes(&store) > small).then_some(()));
        case.kill_after(program, 50);
        case.lose_power_and_check(&format!("{faults:?}"));
    }
}

/// The format of this program.
const FORMAT: i64 = 3;
const FORMAT_2: &str = include_str!("../../../framework/stores/tests/older/format_2.sql");
const FORMAT_1: &str = include_str!("../../../framework/stores/tests/older/format_1.sql");
const COPY: &str = include_str!("../../../framework/stores/tests/older/copy.sql");

/// Puts a file of an older format, with the same rows, in the place of a store.
fn make_older(store: &Path, format: i64) {
    let newer = store.with_extension("newer");
    std::fs::rename(store, &newer).expect("the file is moved");
    let older = Connection::open(store).expect("a file");
    older.pragma_update(None, "journal_mode", "WAL").expect("a log");
    older.execute_batch(FORMAT_2).expect("its tables");
    if format == 1 {
        older.execute_batch(FORMAT_1).expect("the table that it had more");
    }
    older.execute("ATTACH ?1 AS other", [newer.to_str()]).expect("the rows");
    older.execute_batch(COPY).expect("the rows");
}

/// A file with ten units of each writer, of this format or an older one; or none.
fn prepared(disk: &mut Disk, format: Option<i64>) -> Case<'_> {
    let mut case = Case::new(disk);
    if let Some(format) = format {
        let ended = run(&mut case.command(10));
        assert!(ended.status.success(), "{ended:?}");
        case.take(&ended.out);
        if format < FORMAT {
            make_older(&case.store(), format);
        }
    }
    case
}

/// The format that the next program will find, and whether something is in the log. A copy is looked at, because to look
/// brings the log to the file.
fn left(live: &Path) -> (Option<i64>, bool) {
    let copy = tempfile::tempdir().expect("a directory");
    let logged = ["store.db", "store.db-wal"].map(|name| std::fs::copy(live.join(name), copy.path().join(name)));
    let connection = Connection::open(copy.path().join("store.db")).expect("a file");
    let format = connection.query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| row.get(0));
    (format.ok(), matches!(logged[1], Ok(1..)))
}

#[test]
fn a_start_that_is_killed_before_any_of_its_calls_is_taken_up() {
    let (mut disk, seed) = (Disk::new(), seed());
    for format in [None, Some(1), Some(2), Some(FORMAT)] {
        let prepared = prepared(&mut disk, format);
        let (before, acknowledged) = (std::fs::read(prepared.store()).ok(), prepared.acknowledged);
        // Killed alone; or with the power gone, and so many percent of what was not synced on the disk all the same.
        for power_cut in [None, Some(50), Some(0)].into_iter().take(rounds(2, 3)) {
            let mut kills = BTreeMap::new();
            for kill in 1.. {
                let mut case = Case::new(&mut disk);
                case.acknowledged = acknowledged;
                if let Some(before) = &before {
                    std::fs::write(case.store(), before).expect("the file is copied");
                }
                let (live, mut command) = (case.live.path().to_owned(), case.command(0));
                case.disk.plug(&mut command, &live, Kind::Honest(power_cut.unwrap_or(0)), seed);
                case.disk.order(Faults { kill, ..Faults::default() });
                if run(&mut command).status.success() {
                    break;
                }
                if power_cut.is_some() {
                    case.disk.lose_power(&live);
                }
                *kills.entry(left(&live)).or_insert(0) += 1;
                let found = check(&case.store(), &acknowledged);
                let told = format!("format {format:?}, killed before the call {kill}, power cut: {power_cut:?}");
                assert_eq!(found, (vec![], acknowledged), "{told}");
            }
            println!("format {format:?}, power cut {power_cut:?}: kills by format and log: {kills:?}");
            assert!(kills.values().sum::<usize>() >= 5, "{kills:?}");
            if format < Some(FORMAT) && power_cut.is_none() {
                let within = [format, Some(FORMAT)].map(|format| kills.get(&(format, true)).copied().unwrap_or(0));
                assert!(within.iter().all(|kills| *kills >= 5), "in the log, and on the way from there: {kills:?}");
            }
        }
    }
}
