//! A disk that loses its power: the shim is compiled and preloaded, and what it kept replaces the files.

use std::{
    fs,
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

/// A disk for the directories that are plugged into it, one at a time.
#[derive(Debug)]
pub struct Disk {
    folder: TempDir,
    plugged: usize,
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
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/powercut.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]);
        let ended = run(compiler.arg(folder.path().join("powercut.so")).arg(source).args(["-ldl", "-lpthread"]));
        assert!(ended.status.success(), "the shim is compiled: {ended:?}");
        Self { folder, plugged: 0 }
    }

    /// Lets a program write a directory to this disk.
    ///
    /// # Panics
    /// When the directory of the disk can not be made.
    pub fn plug(&mut self, command: &mut Command, live: &Path, kind: Kind, seed: u64) {
        self.plugged += 1;
        let disk = self.current();
        fs::create_dir(&disk).expect("a directory");
        command.env("LD_PRELOAD", self.folder.path().join("powercut.so"));
        command.env("POWERCUT_LIVE", live).env("POWERCUT_DISK", disk);
        match kind {
            Kind::Honest(early) => command.env("POWERCUT_EARLY", early.to_string()),
            Kind::Lying => command.env("POWERCUT_LIES", "1"),
        };
        command.env("POWERCUT_SEED", seed.to_string());
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
}
