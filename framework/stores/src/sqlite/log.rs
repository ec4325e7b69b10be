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
    path::Path,
};

const PIECE_BYTES: usize = 256 << 10;
/// Four parts, each for about 4,096 pages: four times of what the log holds when it is copied to the database.
const INDEX_BYTES: usize = 128 << 10;

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

/// Makes room for the index of a log of 16,000 pages. SQLite lets it grow when the frames of a commit are written: where the
/// disk is full by then, nobody knows whether the commit was done. A part that was never used is empty for SQLite too.
///
/// # Errors
/// When there is no room; what is there stays.
pub(super) fn reserve_index(database: &Path) -> io::Result<()> {
    let Some(mut index) = open_beside(database, "-shm")? else { return Ok(()) };
    let length = index.seek(SeekFrom::End(0))?;
    let missing = INDEX_BYTES.saturating_sub(usize::try_from(length).unwrap_or(INDEX_BYTES));
    index.write_all(&vec![0; missing])
}

/// A file beside a database; nothing when there is none.
fn open_beside(database: &Path, ending: &str) -> io::Result<Option<File>> {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
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
}
