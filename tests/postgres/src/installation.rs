//! What is installed: the programs of PostgreSQL, and the account that they run under.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

/// PostgreSQL refuses to run as root; Debian makes this account for it.
const ACCOUNT: &str = "postgres";

/// The programs of the newest version, and who runs them.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    programs: PathBuf,
    /// User and group, where we are root.
    account: Option<(u32, u32)>,
}

impl Installation {
    pub(crate) fn find() -> Self {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("postgres").exists());
        let version = |bin: &PathBuf| -> Option<u32> { bin.parent()?.file_name()?.to_str()?.parse().ok() };
        let programs = programs.max_by_key(version).expect("PostgreSQL is installed: apt-get install postgresql");
        let account = rustix::process::geteuid().is_root().then(account);
        Self { programs, account }
    }

    /// A program of PostgreSQL, under the account that may run it.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        // A directory that the account may enter.
        command.current_dir("/").env("LC_ALL", "C");
        command
    }

    /// Gives a directory to the account.
    pub(crate) fn owns(&self, directory: &Path) {
        if let Some((user, group)) = self.account {
            chown(directory, Some(user), Some(group)).expect("root gives a directory away");
        }
    }
}

fn account() -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").expect("the accounts of this machine");
    let numbers = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == ACCOUNT).then_some(())?;
        Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    numbers.expect("Debian's package makes the account postgres")
}
