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

/// Writes the log beside a database as it is read, and syncs it: all of it is on the disk then. A cut meanwhile leaves what
/// was there, or the same.
///
/// # Errors
/// When the log can not be read, written or synced.
pub(super) fn write_again(database: &Path) -> io::Result<()> {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let mut log = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
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

fn read_at(log: &mut File, at: u64, piece: &mut [u8]) -> io::Result<usize> {
    log.seek(SeekFrom::Start(at))?;
    log.read(piece)
}
