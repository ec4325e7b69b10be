//! Backup, restore and check of a file, also beside the program that holds it.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{OpenError, SqliteStore, file, inspect::inspect, sql};

/// Why a backup could not be made or restored. No part of a file is left under the name that was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum BackupError {
    /// The file is there already, and is not written over.
    Exists(PathBuf),
    /// The draft of a backup or restore that was killed, or is under way.
    Left(PathBuf),
    /// A log of SQLite lies beside the backup, with what is not in it.
    Log(PathBuf),
    /// The backup can not be read.
    Read(PathBuf, io::Error),
    /// The file can not be written.
    Write(PathBuf, io::Error),
    /// The store can not be opened.
    Store(OpenError),
    /// SQLite could not copy it: its words.
    Copy(PathBuf, String),
    /// The backup contradicts itself: what is wrong, a sentence each.
    Damaged(PathBuf, Vec<String>),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "write {}: it is there already", path.display()),
            Self::Left(path) => {
                write!(f, "write {}: a backup or restore left it; remove it when none is under way", path.display())
            }
            Self::Log(path) => {
                write!(f, "restore a store without its log {}: expected a backup, which has none", path.display())
            }
            Self::Read(path, error) => write!(f, "read {}: {error}", path.display()),
            Self::Write(path, error) => write!(f, "write {}: {error}", path.display()),
            Self::Store(error) => error.fmt(f),
            Self::Copy(path, why) => write!(f, "copy the store to {}: {why}", path.display()),
            Self::Damaged(path, problems) => {
                write!(f, "restore {}: it is damaged: {}", path.display(), problems.join("; "))
            }
        }
    }
}

impl std::error::Error for BackupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(_, error) | Self::Write(_, error) => Some(error),
            Self::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        Self::Store(error)
    }
}

impl SqliteStore {
    /// Copies a store into a new file, while a server holds it or while none does: one committed state, in which everything
    /// is that was acknowledged before. The file is on the disk, with mode 0600, and under its name only when it is whole.
    ///
    /// The copy is made from one read transaction, so nobody waits for it; the log of the store grows meanwhile.
    ///
    /// # Errors
    /// When the file is there already, the store can not be read, or the system refuses.
    pub fn back_up(store: &Path, file: &Path) -> Result<(), BackupError> {
        let (_, connection) = file::open_beside_a_server(store)?;
        whole_or_not_at_all(file, |draft| {
            let failed = |why: String| BackupError::Copy(file.to_path_buf(), why);
            let name = draft.to_str().ok_or_else(|| failed("expected a name in UTF-8".to_owned()))?;
            connection.execute(sql::VACUUM_INTO, [name]).map(drop).map_err(|error| failed(error.to_string()))
        })
    }

    /// Makes a store of a backup, when nothing is wrong in it ([`check`](Self::check)). Nobody may use the store's place
    /// meanwhile.
    ///
    /// A plain copy of a store is a backup too when no log is beside it.
    ///
    /// What was committed behind the backup is gone, and clients may still hold its versions: the next commit gets a number
    /// that is greater by 2^32, so that none of these is given to anything else.
    ///
    /// # Errors
    /// When there is a store already, the backup is damaged or has a log beside it, or the system refuses.
    pub fn restore(backup: &Path, store: &Path) -> Result<(), BackupError> {
        // SQLite would take a log that was left there for that of the restored store, and replay it.
        if let Some(left) = companions(store).find(|left| left.symlink_metadata().is_ok()) {
            return Err(BackupError::Exists(left));
        }
        // What is committed there would be left out. SQLite keeps it beside what a link names.
        let unread = |error| BackupError::Read(backup.to_path_buf(), error);
        let named = backup.canonicalize().map_err(unread)?;
        let is_written = |log: &PathBuf| log.metadata().is_ok_and(|log| log.len() > 0);
        if let Some(log) = ["-wal", "-journal"].map(|ending| file::named(&named, ending)).into_iter().find(is_written) {
            return Err(BackupError::Log(log));
        }
        whole_or_not_at_all(store, |draft| {
            let unwritten = |error| BackupError::Write(draft.to_path_buf(), error);
            let mut from = BufReader::with_capacity(1 << 20, File::open(backup).map_err(unread)?);
            let mut to = OpenOptions::new().write(true).open(draft).map_err(unwritten)?;
            while let bytes = from.fill_buf().map_err(unread)?
                && !bytes.is_empty()
            {
                to.write_all(bytes).map_err(unwritten)?;
                let copied = bytes.len();
                from.consume(copied);
            }
            // The copy is checked: it is what will be used.
            match Self::check(draft)? {
                problems if problems.is_empty() => pass_over_lost_numbers(draft),
                problems => Err(BackupError::Damaged(backup.to_path_buf(), problems)),
            }
        })
    }

    /// What contradicts itself in a store, a sentence each, at most 100; nothing when all is well. A server may use it
    /// meanwhile: one committed state is looked at.
    ///
    /// It looks at SQLite's pages and trees, at each record (its scope, its head, its version, that it is JSON, that what it
    /// is inside of is there), and at each index both ways. A byte that changed inside of a text or a number is not found.
    ///
    /// # Errors
    /// When there is no store, or one of a format that this program does not know, or it can not be read now.
    pub fn check(store: &Path) -> Result<Vec<String>, OpenError> {
        match file::open_beside_a_server(store) {
            Ok((database, connection)) => inspect(&connection).map_err(|failure| database.refused(&failure)),
            Err(OpenError::Damaged(_, why)) => Ok(vec![format!("SQLite: {why}")]),
            Err(error) => Err(error),
        }
    }
}

fn pass_over_lost_numbers(store: &Path) -> Result<(), BackupError> {
    let failed = |error: rusqlite::Error| BackupError::Copy(store.to_path_buf(), error.to_string());
    let connection = Connection::open(store).map_err(failed)?;
    // Closing brings a log to the file, and does not tell when it can not.
    let mode: String = connection.query_row(sql::JOURNAL_MODE_DELETE, [], |row| row.get(0)).map_err(failed)?;
    if mode != "delete" {
        return Err(BackupError::Copy(store.to_path_buf(), format!("expected the journal mode delete, found {mode}")));
    }
    connection.execute(sql::PASS_OVER_LOST_NUMBERS, []).map(drop).map_err(failed)
}

/// Lets a file be made under another name, and gives it its own when it is on the disk.
fn whole_or_not_at_all(path: &Path, make: impl FnOnce(&Path) -> Result<(), BackupError>) -> Result<(), BackupError> {
    // An absolute path is no URI for SQLite.
    let path = &std::path::absolute(path).map_err(|error| BackupError::Write(path.to_path_buf(), error))?;
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_path_buf()),
        _ => BackupError::Write(path.to_path_buf(), error),
    };
    if path.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(path.to_path_buf()));
    }
    let draft = file::named(path, ".part");
    if draft.symlink_metadata().is_ok() {
        return Err(BackupError::Left(draft));
    }
    file::make(&draft).map_err(refused)?;
    let made = make(&draft).and_then(|()| {
        File::open(&draft).and_then(|file| file.sync_all()).map_err(refused)?;
        // Unlike a rename, a link never takes the place of another file.
        std::fs::hard_link(&draft, path).map_err(refused)
    });
    for left in std::iter::once(draft.clone()).chain(companions(&draft)) {
        let _ = std::fs::remove_file(left);
    }
    made.and_then(|()| file::sync_name(path).map_err(refused))
}

/// The files that SQLite keeps beside a database.
fn companions(store: &Path) -> impl Iterator<Item = PathBuf> {
    ["-wal", "-shm", "-journal"].into_iter().map(|ending| file::named(store, ending))
}
