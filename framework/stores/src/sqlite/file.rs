//! The database file: made once with mode 0600, its format checked, opened as often as connections are needed.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, ffi};

use super::{SqliteSettings, failure::Failure, log, sql};

const STATEMENTS_MAX: usize = 32;
/// What is waited for reads that hold up the log.
const LOG_READERS: Duration = Duration::from_millis(200);

/// Why a store can not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The file can not be made or reached.
    File(PathBuf, io::Error),
    /// SQLite refuses the file, or a thread or connection can not be made: its words.
    Database(PathBuf, String),
    /// SQLite can not read what is in the file: its words.
    Damaged(PathBuf, String),
    /// The file is a database of something else.
    NotAStore(PathBuf),
    /// The file was written by a program that knows another format: the format that it has.
    Format(PathBuf, i64),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "open the store {}: {error}", path.display()),
            Self::Database(path, why) => write!(f, "open the store {}: {why}", path.display()),
            Self::Damaged(path, why) => write!(f, "open the store {}: it is damaged: {why}", path.display()),
            Self::NotAStore(path) => {
                write!(f, "open the store {}: expected a store, found another database", path.display())
            }
            Self::Format(path, found) => {
                write!(f, "open the store {}: expected format {} or older, found {found}", path.display(), sql::FORMAT)
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            _ => None,
        }
    }
}

/// Where the database is, and how its connections are set.
#[derive(Clone, Debug)]
pub(super) struct Database {
    /// Absolute and without links, because SQLite keeps the log beside the file itself; so it is never taken for a URI.
    path: PathBuf,
    busy: Duration,
    synchronous: &'static str,
}

impl Database {
    fn of(path: &Path, settings: &SqliteSettings) -> Result<Self, OpenError> {
        let lossy = settings.lose_acknowledged_commits_on_power_cut;
        Ok(Self {
            path: path.canonicalize().map_err(|error| OpenError::File(path.to_path_buf(), error))?,
            busy: Duration::from_millis(settings.busy_ms_max.into()),
            synchronous: if lossy { sql::SYNCHRONOUS_OFF } else { sql::SYNCHRONOUS_FULL },
        })
    }

    /// Makes the file when there is none, checks that it is a store, and brings one of an older format to this one.
    pub(super) fn open(path: &Path, settings: &SqliteSettings) -> Result<(Self, Connection), OpenError> {
        match make(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(OpenError::File(path.to_path_buf(), error));
            }
            _ => {}
        }
        let database = Self::of(path, settings)?;
        let refused = |error: rusqlite::Error| database.refused(&Failure::from(error));
        let format = database.check_format()?;
        let writer = database.writer().map_err(refused)?;
        if format != Some(sql::FORMAT) {
            lay_out(&writer).map_err(refused)?;
        }
        Ok((database, writer))
    }

    /// A connection that writes.
    pub(super) fn writer(&self) -> rusqlite::Result<Connection> {
        let connection = self.connect()?;
        let mode = self.switch_to_log(&connection)?;
        if mode != ["wal"] {
            let why = format!("expected the journal mode wal, found {mode:?}");
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CANTOPEN), Some(why)));
        }
        connection.execute_batch(self.synchronous)?;
        connection.query_row(sql::CHECKPOINT_EVERY, [], |_| Ok(()))?;
        connection.pragma_update(None, sql::LOG_BYTES_MAX, log::BYTES_MAX.cast_signed())?;
        connection.execute_batch(sql::WRITER_PAGES)?;
        // The log is there when something was read. SQLite syncs its name too, and does not mind when that fails.
        is(&connection, sql::HAS_TABLES)?;
        sync_name(&self.path).map_err(|error| {
            rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_DIR_FSYNC), Some(error.to_string()))
        })?;
        // A store on a full disk is opened all the same: it can be read.
        let _ = log::reserve_index(&self.path);
        Ok(connection)
    }

    /// Changes the mode of a new file. SQLite waits for nobody here, also not for who does the same at this moment.
    fn switch_to_log(&self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        let until = Instant::now() + self.busy;
        loop {
            // To the end: the mode is changed, or not, behind the row that tells it.
            let mut statement = connection.prepare(sql::JOURNAL_MODE_WAL)?;
            let mode = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>();
            match mode {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                mode => return mode,
            }
        }
    }

    /// See [`log::write_again`]. The caller holds the lock of a transaction that writes.
    pub(super) fn write_log_again(&self) -> Result<(), Failure> {
        Ok(log::write_again(&self.path)?)
    }

    /// A connection that only reads. It is opened for writing, because a reader takes part in the shared index of the
    /// write-ahead log.
    pub(super) fn reader(&self) -> rusqlite::Result<Connection> {
        let connection = self.connect()?;
        connection.execute_batch(sql::QUERY_ONLY)?;
        Ok(connection)
    }

    /// Never creates: a file that vanished must not become an empty store.
    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        // Else a plan looks at the number behind LIMIT, and is made anew whenever the statement is executed.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    }

    /// Takes a log that grew too long because reads overlapped back to its beginning: SQLite itself does it only at a moment
    /// when nobody reads from the log. Waits a little for those who read now; there may be a next time.
    pub(super) fn shorten_log(&self, connection: &Connection) -> Result<(), Failure> {
        if log::length(&self.path)? > log::BYTES_MAX {
            connection.busy_timeout(LOG_READERS)?;
            let done = connection.query_row(sql::CHECKPOINT_TO_THE_END, [], |_| Ok(()));
            connection.busy_timeout(self.busy)?;
            done?;
        }
        Ok(())
    }

    /// The format of the file, which can be read or brought up; nothing while it is empty. Nothing in it is changed,
    /// because it may be of somebody else.
    fn check_format(&self) -> Result<Option<i64>, OpenError> {
        let (connection, known) = self.look()?;
        self.secure(&connection).map_err(|failure| self.refused(&failure))?;
        Ok(known)
    }

    pub(super) fn refused(&self, failure: &Failure) -> OpenError {
        let (path, why) = (self.path.clone(), failure.to_string());
        if failure.is_damage() { OpenError::Damaged(path, why) } else { OpenError::Database(path, why) }
    }

    /// A connection that leaves the log as it is when it is closed, and the format.
    fn look(&self) -> Result<(Connection, Option<i64>), OpenError> {
        let refused = |error: rusqlite::Error| self.refused(&Failure::from(error));
        let connection = self.connect().map_err(refused)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(refused)?;
        if is(&connection, sql::HAS_TABLES).map_err(refused)? && !is(&connection, sql::HAS_META).map_err(refused)? {
            return Err(OpenError::NotAStore(self.path.clone()));
        }
        match format(&connection).map_err(refused)? {
            Some(other) if !(1..=sql::FORMAT).contains(&other) => Err(OpenError::Format(self.path.clone(), other)),
            known => Ok((connection, known)),
        }
    }

    /// Another program may have ended, by a kill, right behind a sync that failed.
    fn secure(&self, connection: &Connection) -> Result<(), Failure> {
        connection.execute_batch(sql::BEGIN_WRITE)?;
        self.write_log_again()?;
        Ok(connection.execute_batch(sql::ROLLBACK)?)
    }
}

fn ask(connection: &Connection, sql: &str) -> rusqlite::Result<i64> {
    connection.query_row(sql, [], |row| row.get(0))
}

fn is(connection: &Connection, sql: &str) -> rusqlite::Result<bool> {
    Ok(ask(connection, sql)? != 0)
}

fn format(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    if is(connection, sql::HAS_TABLES)? { ask(connection, sql::READ_FORMAT).map(Some) } else { Ok(None) }
}

/// Makes the tables, or brings them from an older format to this one. Then the log holds as much as the file, and goes there
/// at once. Another program may have been first.
fn lay_out(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(sql::BEGIN_WRITE)?;
    match format(connection)? {
        None => connection.execute_batch(sql::SCHEMA)?,
        Some(1 | 2) => connection.execute_batch(sql::FROM_OLDER)?,
        Some(_) => {}
    }
    connection.execute_batch(sql::COMMIT)?;
    if let Err(error) = connection.query_row(sql::CHECKPOINT_AND_CUT, [], |_| Ok(())) {
        tracing::warn!(%error, "the log could not be copied to the file, and stays as long as it is");
    }
    Ok(())
}

/// A store that is there, and a connection to look at it beside the program that holds it.
pub(super) fn open_beside_a_server(path: &Path) -> Result<(Database, Connection), OpenError> {
    let database = Database::of(path, &SqliteSettings::default())?;
    match database.look()? {
        (connection, Some(_)) => Ok((database, connection)),
        (_, None) => Err(OpenError::NotAStore(path.to_path_buf())),
    }
}

/// The name of a file beside a database: SQLite puts an ending behind its name.
pub(super) fn named(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes an empty file. SQLite gives the files beside it the mode of the database.
pub(super) fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    sync_name(path)
}

/// The name of a new file is on the disk when its directory is.
pub(super) fn sync_name(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_however_often_it_is_executed() {
        let directory = tempfile::tempdir().unwrap();
        let (database, writer) =
            Database::open(&directory.path().join("store.db"), &SqliteSettings::default()).unwrap();
        for connection in [writer, database.reader().unwrap()] {
            for wanted in [sql::Wanted::Records, sql::Wanted::Versions, sql::Wanted::Count] {
                for sql in
                    [false, true].map(|ends| [sql::scan_ids(wanted, ends), sql::scan_entries(wanted, ends)]).concat()
                {
                    let mut statement = connection.prepare(sql).unwrap();
                    for limit in 1..4 {
                        for parameter in 1..=statement.parameter_count() {
                            statement.raw_bind_parameter(parameter, limit).unwrap();
                        }
                        let mut rows = statement.raw_query();
                        while rows.next().unwrap().is_some() {}
                    }
                    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
                }
            }
        }
    }
}
