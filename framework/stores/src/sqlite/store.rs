//! The port, on a database: reads on the caller's thread, commits through the writer.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Instant,
};

use async_trait::async_trait;
use enaction_core::store::{Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::oneshot;

use super::{
    OpenError, SqliteSettings,
    cache::Cache,
    failure::Failure,
    file::Database,
    pool::Pool,
    rows::Rows,
    sql::{self, Wanted},
    writer::{Pending, Writer},
};
use crate::check::{Verdict, check, check_form};

/// A store in one SQLite file. An acknowledged commit is on the disk.
///
/// Reads run on the caller's thread, each on one committed state; a read never sees less than what was acknowledged, or
/// seen by another read, before it began. After a failure of the disk it refuses the group that met it, reads on, and takes
/// commits again when another connection has recovered; a restart is not needed for that. Dropping the store commits what waits, ends the writer and closes the file.
///
/// One process at a time may open a file for writing: another's commits would pass the cache by.
///
/// ```
/// # let directory = tempfile::tempdir().unwrap();
/// use enaction_stores::{SqliteSettings, SqliteStore};
/// let store = SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default())?;
/// # Ok::<_, enaction_stores::OpenError>(())
/// ```
pub struct SqliteStore {
    shared: Arc<Shared>,
    /// None while it is dropped.
    queue: Option<SyncSender<Pending>>,
    writer: Option<JoinHandle<()>>,
}

/// What the writer and the readers have in common.
pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) cache: Cache,
    pub(super) pool: Pool,
    /// Whether the writer lost its connection to a failure and has no other yet.
    pub(super) recovers: AtomicBool,
}

impl Shared {
    pub(super) fn new(database: Database, settings: &SqliteSettings) -> Arc<Self> {
        Arc::new(Self {
            cache: Cache::new(settings.cache_bytes_max),
            pool: Pool::new(database.clone(), settings.read_connections_max),
            database,
            recovers: AtomicBool::new(false),
        })
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("database", &self.shared.database).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file, or makes it with mode 0600; its directory must be there. A file of an older format is brought to this
    /// one, which takes twice its room meanwhile and can not be undone.
    ///
    /// # Errors
    /// When the file can not be made or opened, is not a store, or has a format that this program does not know.
    pub fn open(path: &Path, settings: SqliteSettings) -> Result<Self, OpenError> {
        let (database, connection) = Database::open(path, &settings)?;
        let shared = Shared::new(database, &settings);
        let (queue, waiting) = sync_channel(settings.queue_units_max.max(1));
        let writer = Writer {
            shared: shared.clone(),
            queue: waiting,
            group_units_max: settings.group_units_max.max(1),
            connection: Some(connection),
            failed: None,
            looks_at_log: Instant::now(),
        };
        let thread = std::thread::Builder::new().name("store-writer".into());
        let writer = thread.spawn(|| writer.run()).map_err(|error| OpenError::File(path.to_path_buf(), error))?;
        Ok(Self { shared, queue: Some(queue), writer: Some(writer) })
    }

    /// Reads with one connection and one state, and offers nothing to the cache.
    fn read<T>(&self, scope: &Scope, read: impl FnOnce(&Rows<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let scope = scope.to_string();
        self.shared.pool.read(|connection| read(&Rows::new(connection, &scope)))
    }

    /// How the database goes about a scan of a range, and about a count of it: so that a test can demand an index.
    ///
    /// # Errors
    /// As [`Store::scan`].
    #[doc(hidden)]
    pub fn plan(&self, range: &Range) -> Result<[Vec<String>; 2], StoreError> {
        let plan = |wanted| self.read(&Scope::Installation, |rows| rows.plan(wanted, range));
        Ok([plan(Wanted::Records)?, plan(Wanted::Count)?])
    }

    fn get_one(&self, scope: &Scope, key: &Key) -> Result<Option<Record>, Failure> {
        let cache = &self.shared.cache;
        if let Some(record) = cache.get(scope, key) {
            return Ok(Some(record));
        }
        let mark = cache.mark();
        let record = self.read(scope, |rows| rows.record(key))?;
        if let Some(record) = &record {
            cache.offer(mark, scope, key, record);
        }
        Ok(record)
    }

    fn get_many(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, Failure> {
        let cache = &self.shared.cache;
        if let Some(records) = cache.get_all(scope, keys) {
            return Ok(records);
        }
        let mark = cache.mark();
        let records = self.read(scope, |rows| {
            in_one_state(rows.connection, || keys.iter().map(|key| rows.record(key)).collect::<Result<Vec<_>, _>>())
        })?;
        for (key, record) in keys.iter().zip(&records) {
            if let Some(record) = record {
                cache.offer(mark, scope, key, record);
            }
        }
        Ok(records)
    }

    /// A unit that writes nothing is checked beside the writer, and waits for no disk.
    fn validate(&self, unit: &Unit) -> Result<Committed, Refusal> {
        let validated = self.read(&unit.scope, |rows| {
            in_one_state(rows.connection, || match check(rows, unit) {
                Ok(_) => Ok(Ok(Committed { version: rows.latest()? })),
                Err(Verdict::Refused(refusal)) => Ok(Err(refusal)),
                Err(Verdict::Failed(failure)) => Err(failure),
            })
        });
        validated.unwrap_or_else(|failure| Err(failure.before_commit()))
    }

    fn enqueue(&self, unit: Unit) -> Result<oneshot::Receiver<Result<Committed, Refusal>>, Refusal> {
        let (answer, answered) = oneshot::channel();
        let pending = Pending { scope: unit.scope.to_string(), unit, answer };
        let ended = || Refusal::Unavailable("the writer has ended".into());
        match self.queue.as_ref().ok_or_else(ended)?.try_send(pending) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(Refusal::Unavailable("queue_units_max units wait for the writer".into())),
            Err(TrySendError::Disconnected(_)) => Err(ended()),
        }
    }
}

/// Several statements on one committed state.
fn in_one_state<T>(connection: &Connection, read: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    connection.prepare_cached(sql::BEGIN_READ)?.execute([])?;
    let result = read();
    connection.prepare_cached(sql::ROLLBACK)?.execute([])?;
    result
}

/// Skips from scope to scope. What a scope holds is not gone through.
fn scopes_behind(connection: &Connection, mut after: String, limit: usize) -> Result<Vec<Scope>, Failure> {
    let mut next = connection.prepare_cached(sql::NEXT_SCOPE)?;
    let mut scopes = Vec::new();
    while scopes.len() < limit {
        let Some(text) = next.query_row([&after], |row| row.get::<_, String>(0)).optional()? else { break };
        let scope = Scope::from_text(&text);
        scopes.push(scope.ok_or_else(|| Failure::Damaged("read a stored scope: it is none".into()))?);
        after = text;
    }
    Ok(scopes)
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        Ok(match keys {
            [] => Vec::new(),
            [key] => vec![self.get_one(scope, key)?],
            keys => self.get_many(scope, keys)?,
        })
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        Ok(self.read(scope, |rows| rows.page(range, limit))?)
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        Ok(self.read(scope, |rows| rows.count(range, limit))?)
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        Ok(self.shared.pool.read(|connection| scopes_behind(connection, after, limit))?)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.shared.recovers.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable("it recovers from a failure of its disk".into()));
        }
        Ok(())
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        check_form(&unit)?;
        let changes_nothing = !unit.is_numbered() && unit.reindexed.is_empty();
        if changes_nothing || unit.validate_only {
            return self.validate(&unit);
        }
        let answered = self.enqueue(unit)?;
        answered.await.unwrap_or_else(|_| Err(Refusal::Unknown("the writer ended before it answered".into())))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The writer ends when the queue has no sender and nothing waits.
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}
