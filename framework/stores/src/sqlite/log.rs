//! The write-ahead log as a file: what is read of it may not be on the disk.
//!
//! When a sync fails, ext4 and XFS keep what they could not write in memory and take it for clean: it is read back as it was
//! written, and no later sync writes it (A. Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC
//! 2020). Whatever was committed behind such a part, and synced, is lost in a power cut all the same, because SQLite reads
//! the log up to the first frame that is not whole. As long as the connection that saw the failure lives, SQLite does not
//! count the part as committed and writes over it. But who opens the file next counts it when it is read whole.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::file;

/// What the log is cut to when it begins anew: about 16,000 pages, four times what it holds when a checkpoint is due.
pub(super) const BYTES_MAX: u64 = 64 << 20;
const PIECE_BYTES: usize = 256 << 10;
/// The index of such a log: four parts, each for about 4,096 pages.
const INDEX_BYTES: usize = 128 << 10;
/// The indexes that room was made for, open for as long as they have a name: when a process closes a file, the locks that
/// it has on it are gone, also those that SQLite took by another descriptor (fcntl(2)). Who opens the database next would
/// take itself for the first, and cut the index off that others have in their memory.
static KEPT: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Writes the log beside a database as it is read, and syncs it: all of it is on the disk then. A cut meanwhile leaves what
/// was there, or the same.
///
/// # Errors
/// When the log can not be read, written or synced.
pub(super) fn write_again(database: &Path) -> io::Result<()> {
    let Some(mut log) = open_beside(database, "-wal")? else { return Ok(()) };
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = 0;
    loop {
        let read = read_at(&mut log, at, &mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        log.seek(SeekFrom::Start(at))?;
        log.write_all(bytes)?;
        at += bytes.len() as u64;
    }
    if at > 0 { log.sync_all() } else { Ok(()) }
}

/// How long the log is, in bytes; some of them may be of before it began anew.
///
/// # Errors
/// When the system refuses.
pub(super) fn length(database: &Path) -> io::Result<u64> {
    Ok(if_there(std::fs::metadata(file::named(database, "-wal")))?.map_or(0, |log| log.len()))
}

/// Makes room for the index of a log of 16,000 pages. SQLite lets it grow when the frames of a commit are written: where the
/// disk is full by then, nobody knows whether the commit was done. A part that was never used is empty for SQLite too.
///
/// # Errors
/// When there is no room; what is there stays.
pub(super) fn reserve_index(database: &Path) -> io::Result<()> {
    let Some(place) = if_there(std::fs::metadata(file::named(database, "-shm")))? else { return Ok(()) };
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    // SQLite takes the name away when the last connection is closed: nobody has a lock on it then.
    kept.retain(|index| !index.metadata().is_ok_and(|index| index.nlink() == 0));
    let same = |index: &File| index.metadata().is_ok_and(|it| (it.dev(), it.ino()) == (place.dev(), place.ino()));
    if !kept.iter().any(same) {
        kept.extend(open_beside(database, "-shm")?);
    }
    let Some(index) = kept.iter_mut().find(|index| same(index)) else { return Ok(()) };
    let length = index.seek(SeekFrom::End(0))?;
    let missing = INDEX_BYTES.saturating_sub(usize::try_from(length).unwrap_or(INDEX_BYTES));
    index.write_all(&vec![0; missing])
}

fn open_beside(database: &Path, ending: &str) -> io::Result<Option<File>> {
    if_there(OpenOptions::new().read(true).write(true).open(file::named(database, ending)))
}

fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

fn read_at(log: &mut File, at: u64, piece: &mut [u8]) -> io::Result<usize> {
    log.seek(SeekFrom::Start(at))?;
    log.read(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{SqliteSettings, file::Database};

    #[test]
    fn the_index_of_the_log_has_its_room_before_the_first_commit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let (database, writer) = Database::open(&path, &SqliteSettings::default()).unwrap();
        let index = || std::fs::read(directory.path().join("store.db-shm")).unwrap();
        assert_eq!(index().len(), INDEX_BYTES);
        // What SQLite wrote there stays, also where another connection comes.
        let before = index();
        assert!(before.iter().any(|byte| *byte != 0));
        reserve_index(&path).unwrap();
        assert_eq!(index(), before);
        drop((database, writer));
        reserve_index(&path).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_locks_of_sqlite_on_the_index_stay_when_its_room_was_made() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let locks_on = |file: &str| {
            let inode = std::fs::metadata(directory.path().join(file)).unwrap().ino();
            let (ours, of_file) = (std::process::id().to_string(), format!(":{inode}"));
            let locks = std::fs::read_to_string("/proc/locks").unwrap();
            let held =
                |line: &&str| line.split(' ').any(|it| it == ours) && line.split(' ').any(|it| it.ends_with(&of_file));
            locks.lines().filter(held).count()
        };
        let (database, writer) = Database::open(&path, &SqliteSettings::default()).unwrap();
        assert_eq!(locks_on("store.db-shm"), 1);
        let second = database.writer().unwrap();
        assert_eq!(locks_on("store.db-shm"), 1);
        drop((database, writer, second));
        let kept_open =
            || std::fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|it| it.path().read_link().ok());
        Database::open(&directory.path().join("other.db"), &SqliteSettings::default()).unwrap();
        assert_eq!(kept_open().filter(|file| file.starts_with(path.with_extension("db-shm (deleted)"))).count(), 0);
    }
}
