//! A disk that fails under the store alone, where each sync and each call can be met.
#![cfg(target_os = "linux")]

use std::{path::Path, process::Command, time::Duration};

use enaction_faults::{
    disk::{Disk, Failing, Faults, Kind},
    program::{Program, run},
    store_writer::{Durability, WRITERS, check, command, count, take_acknowledged},
};

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

/// Turns a file of this format into one of format 1, which had one table more.
fn make_format_1(store: &Path) {
    let connection = rusqlite::Connection::open(store).expect("the file is opened");
    let older = "CREATE TABLE idempotency (scope TEXT PRIMARY KEY) WITHOUT ROWID;
        UPDATE meta SET value = 1 WHERE name = 'format'";
    connection.execute_batch(older).expect("the file is made older");
}

/// A file with ten units of each writer: of this format or the first, or none of both.
fn prepared(disk: &mut Disk, format: Option<i64>) -> Case<'_> {
    let mut case = Case::new(disk);
    if let Some(format) = format {
        let ended = run(&mut case.command(10));
        assert!(ended.status.success(), "{ended:?}");
        case.take(&ended.out);
        if format == 1 {
            make_format_1(&case.store());
        }
    }
    case
}

#[test]
fn a_start_that_is_killed_before_any_of_its_calls_is_taken_up() {
    let mut disk = Disk::new();
    for format in [None, Some(1), Some(2)] {
        let prepared = prepared(&mut disk, format);
        let (before, acknowledged) = (std::fs::read(prepared.store()).ok(), prepared.acknowledged);
        for power_is_lost in [false, true] {
            let mut kills = 0;
            for kill in 1.. {
                let mut case = Case::new(&mut disk);
                case.acknowledged = acknowledged;
                if let Some(before) = &before {
                    std::fs::write(case.store(), before).expect("the file is copied");
                }
                let (live, mut command) = (case.live.path().to_owned(), case.command(0));
                case.disk.plug(&mut command, &live, HONEST, 1);
                case.disk.order(Faults { kill, ..Faults::default() });
                if run(&mut command).status.success() {
                    break;
                }
                kills += 1;
                if power_is_lost {
                    case.disk.lose_power(&live);
                }
                let found = check(&case.store(), &acknowledged);
                let told = format!("format {format:?}, killed before the call {kill}, power lost: {power_is_lost}");
                assert_eq!(found, (vec![], acknowledged), "{told}");
            }
            println!("format {format:?}, power lost {power_is_lost}: {kills} kills");
            assert!(kills >= 5, "{kills}");
        }
    }
}
