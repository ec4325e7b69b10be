//! A disk that loses its power, fails, or is full: the shim is compiled and preloaded, told what is to go wrong, and what it
//! kept replaces the files.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::program::run;

/// What kind of disk it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It keeps what was synced, and of the rest this percentage of sectors.
    Honest(usize),
    /// It says that it has synced, and has not.
    Lying,
}

/// Calls of one kind that fail with EIO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Failing {
    /// None.
    #[default]
    Never,
    /// The n-th from now, counted from 1, and no other.
    Once(i64),
    /// The n-th from now and all behind it.
    From(i64),
}

/// What goes wrong from now on; by default nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// `fsync` and `fdatasync`. What one that failed should have written is never written.
    pub sync: Failing,
    /// Writes.
    pub write: Failing,
    /// Reads.
    pub read: Failing,
    /// The changing call, counted from 1, before which the program is killed; 0 for none.
    pub kill: i64,
    /// The bytes by which files may still grow, all together.
    pub room: Option<i64>,
    /// Only files with names that end so; empty for all and the directory.
    pub of: &'static str,
}

impl Default for Faults {
    fn default() -> Self {
        let never = Failing::Never;
        Self { sync: never, write: never, read: never, kill: 0, room: None, of: "" }
    }
}

/// Bytes of a file's name in the control file.
const NAME_BYTES: usize = 64;
/// Where the shim says what it did, in numbers of 8 bytes: calls that change something, calls that were refused.
const CALLS: usize = 9 + NAME_BYTES / 8;
const FAILED: usize = CALLS + 1;

impl Faults {
    /// The members of `struct control` behind the number of the order.
    fn bytes(self) -> Vec<u8> {
        let failing = |failing| match failing {
            Failing::Never => [0, 0],
            Failing::Once(first) => [first, 1],
            Failing::From(first) => [first, i64::MAX],
        };
        let [sync, write, read] = [self.sync, self.write, self.read].map(failing);
        let numbers = [sync, write, read, [self.kill, self.room.unwrap_or(-1)]].concat();
        let mut bytes: Vec<u8> = numbers.into_iter().flat_map(i64::to_ne_bytes).collect();
        bytes.extend(self.of.as_bytes());
        bytes.resize(8 * (CALLS - 1), 0);
        bytes
    }
}

/// A disk for the directories that are plugged into it, one at a time.
#[derive(Debug)]
pub struct Disk {
    folder: TempDir,
    plugged: usize,
    orders: i64,
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Disk {
    /// Compiles the shim.
    ///
    /// # Panics
    /// When it can not be compiled.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/disk.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]);
        let ended = run(compiler.arg(folder.path().join("disk.so")).arg(source).args(["-ldl", "-lpthread"]));
        assert!(ended.status.success(), "the shim is compiled: {ended:?}");
        Self { folder, plugged: 0, orders: 0 }
    }

    /// Lets a program write a directory to this disk; nothing goes wrong at first.
    ///
    /// # Panics
    /// When the directory of the disk can not be made.
    pub fn plug(&mut self, command: &mut Command, live: &Path, kind: Kind, seed: u64) {
        self.plugged += 1;
        let disk = self.current();
        fs::create_dir(&disk).expect("a directory");
        self.order(Faults::default());
        self.plug_again(command, live, kind, seed);
    }

    /// Lets another program go on where one was killed: what that had not synced it reads, but only what it writes again is
    /// ever on the disk, as it is behind a sync that failed.
    pub fn plug_again(&self, command: &mut Command, live: &Path, kind: Kind, seed: u64) {
        let disk = self.current();
        command.env("LD_PRELOAD", self.folder.path().join("disk.so"));
        command.env("DISK_LIVE", live).env("DISK_DURABLE", disk);
        match kind {
            Kind::Honest(early) => command.env("DISK_EARLY", early.to_string()),
            Kind::Lying => command.env("DISK_LIES", "1"),
        };
        command.env("DISK_SEED", seed.to_string());
    }

    /// Says what goes wrong from now on, also while the program runs.
    ///
    /// # Panics
    /// When the control file can not be written.
    pub fn order(&mut self, faults: Faults) {
        self.orders += 1;
        let control = OpenOptions::new().create(true).truncate(false).write(true).open(self.control());
        let control = control.expect("the control file");
        control.set_len(8 * (FAILED as u64 + 1)).expect("its length");
        control.write_all_at(&faults.bytes(), 8).expect("it is told");
        control.write_all_at(&self.orders.to_ne_bytes(), 0).expect("it is told");
    }

    /// How many calls were refused since the last order, when the program came to it.
    #[must_use]
    pub fn failed(&self) -> i64 {
        self.told(FAILED)
    }

    /// How many calls changed something since the last order.
    #[must_use]
    pub fn calls(&self) -> i64 {
        self.told(CALLS)
    }

    fn told(&self, place: usize) -> i64 {
        let mut number = [0; 8];
        let read = File::open(self.control()).and_then(|file| file.read_exact_at(&mut number, 8 * place as u64));
        read.expect("the control file is read");
        i64::from_ne_bytes(number)
    }

    /// The power is gone, and the program with it: puts what the disk holds in the place of the directory's files.
    ///
    /// # Panics
    /// When a file can not be copied.
    pub fn lose_power(&self, live: &Path) {
        let disk = self.current();
        if !disk.join("armed").exists() {
            // It was cut before it began: nothing was written.
            return;
        }
        for entry in fs::read_dir(live).expect("the live files") {
            fs::remove_file(entry.expect("a live file").path()).expect("a live file goes");
        }
        for entry in fs::read_dir(disk.join("names")).expect("the durable names") {
            let entry = entry.expect("a durable name");
            fs::copy(entry.path(), live.join(entry.file_name())).expect("a durable file comes");
        }
        fs::remove_dir_all(disk).expect("the disk is empty");
    }

    fn current(&self) -> PathBuf {
        self.folder.path().join(format!("disk{}", self.plugged))
    }

    fn control(&self) -> PathBuf {
        self.current().join("control")
    }
}
