//! The port, on PostgreSQL.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use enaction_core::store::{
    Announcement, Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit,
};
use tokio::runtime::Handle;
use tokio_postgres::{Config, Row, config::TargetSessionAttrs};

use super::{
    ConnectError, PostgresSettings,
    commits::Commits,
    connections::{Connections, Params, Purpose},
    failure::{Failure, with_causes},
    lease::{ANNOUNCE, WITHDRAW},
    migrations::{check_schema, migrate},
    notices::Notices,
    reads, runtime,
    span::Span,
};
use crate::check::check_form;

/// A store in a PostgreSQL database (14 or later), which any number of programs may use at the same time.
///
/// Every commit is one statement in one round trip, serialisable with all others; acknowledged, it is as durable as the
/// server is set to make it. Commits of one company that come together share statements. Every read is one statement and
/// sees one committed state, all that was acknowledged among it. Nothing is kept in memory, so what one program writes all
/// others read.
///
/// A command that the server did not answer is [`Refusal::Unknown`]: it may have been committed or not, and an
/// `Idempotency-Key` finds out which. Connections run on threads of their own, so that the store can be made on one runtime
/// and used on others.
///
/// ```no_run
/// use enaction_stores::{PostgresSettings, PostgresStore};
///
/// # async fn connect() -> Result<(), enaction_stores::ConnectError> {
/// let store = PostgresStore::connect("postgres://enaction@localhost/shop", PostgresSettings::default()).await?;
/// # Ok(())
/// # }
/// ```
pub struct PostgresStore {
    connections: Arc<Connections>,
    commits: Arc<Commits>,
    settings: PostgresSettings,
    notices: Notices,
    /// The program that was announced last.
    program: Mutex<Option<Arc<str>>>,
    is_replica: bool,
    runtime: Handle,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to the database of a URL (`postgres://user:password@host/database`, as libpq reads it), and makes the
    /// tables, or brings them to the format of this program.
    ///
    /// A connection that leaves the machine is encrypted, and the server's certificate checked, unless the URL says
    /// `sslmode=disable`.
    ///
    /// # Errors
    /// When the URL or a setting can not be used, the database can not be reached or refuses what is asked, or its tables
    /// have a format that this program does not know. None of them shows the URL.
    pub async fn connect(url: &str, settings: PostgresSettings) -> Result<Self, ConnectError> {
        let store = Self::prepare(url, settings, false)?;
        let first = store.connections.lend(Purpose::Commit).await;
        let mut first = first.map_err(|failure| ConnectError::Database(failure.to_string()))?;
        migrate(&mut first, &store.settings.schema).await?;
        Ok(store)
    }

    /// A copy of the database that follows it (a hot standby), for reads that may be stale. It commits nothing and makes no
    /// tables. Nothing is connected yet: a program starts without its copies, and while one can not be reached, or has not
    /// got the tables yet, its reads are [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// When the URL or a setting can not be used.
    pub fn replica(url: &str, settings: PostgresSettings) -> Result<Self, ConnectError> {
        Self::prepare(url, settings, true)
    }

    /// Nothing is connected yet.
    fn prepare(url: &str, settings: PostgresSettings, is_replica: bool) -> Result<Self, ConnectError> {
        check_schema(&settings.schema)?;
        // After a failover, what can not be written to is no store any more.
        let of = if is_replica { TargetSessionAttrs::Any } else { TargetSessionAttrs::ReadWrite };
        let config: Config = url.parse().map_err(|error| ConnectError::Setting("the URL", with_causes(&error)))?;
        let runtime = runtime::handle().map_err(|error| ConnectError::Database(error.to_string()))?;
        let connections = Connections::new(&config, &settings, of, &runtime);
        let connections = connections.map_err(|why| ConnectError::Setting("root_certificates", why))?;
        let connections = Arc::new(connections);
        Ok(Self {
            commits: Arc::new(Commits::new(&connections, &settings, &runtime)),
            connections,
            notices: Notices::of(&settings.schema),
            program: Mutex::default(),
            is_replica,
            runtime,
            settings,
        })
    }

    /// Reads again, once, when the connection was lost: another may lead to a server that answers.
    async fn read(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        match self.connections.ask(Purpose::Read, sql, params).await {
            Err(Failure::Lost(_)) => self.connections.ask(Purpose::Read, sql, params).await,
            answer => answer,
        }
    }

    /// Asks for a range up to a limit.
    async fn read_range(&self, scope: &Scope, range: &Range, limit: usize, of: Asked) -> Result<Vec<Row>, Failure> {
        let (scope, span) = (scope.to_string(), Span::of(range));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let Span { collection, index, first_key, first_id, end_name, end_key, end_id } = &span;
        match (index, of) {
            (None, of) => {
                let sql = if of == Asked::Records { reads::IDS } else { reads::COUNT_IDS };
                self.read(sql, &[&scope, collection, first_id, end_name, end_id, &limit]).await
            }
            (Some(index), of) => {
                let sql = if of == Asked::Records { reads::ENTRIES } else { reads::COUNT_ENTRIES };
                self.read(sql, &[&scope, collection, index, first_key, first_id, end_name, end_key, &limit]).await
            }
        }
    }
}

/// How long the end of a store may take.
const WITHDRAWS: Duration = Duration::from_secs(1);

/// What is asked of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Records,
    Count,
}

#[async_trait]
impl Store for PostgresStore {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let scope = scope.to_string();
        let rows = match keys {
            [] => return Ok(Vec::new()),
            [key] => {
                let rows = self.read(reads::RECORD, &[&scope, &key.collection, &&*key.id]).await?;
                return Ok(vec![rows.first().map_or(Ok(None), |row| reads::record(row, 0))?]);
            }
            keys => {
                let (collections, ids): (Vec<_>, Vec<_>) = keys.iter().map(|key| (key.collection, &*key.id)).unzip();
                self.read(reads::RECORDS, &[&scope, &collections, &ids]).await?
            }
        };
        Ok(rows.iter().map(|row| reads::record(row, 0)).collect::<Result<_, _>>()?)
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        let rows = self.read_range(scope, range, limit.saturating_add(1), Asked::Records).await?;
        let items = rows.iter().take(limit).map(reads::found).collect::<Result<_, _>>()?;
        Ok(Page { items, more: rows.len() > limit })
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        let rows = self.read_range(scope, range, limit, Asked::Count).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| reads::column(row, 0))?;
        Ok(usize::try_from(count).unwrap_or(limit))
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.read(reads::SCOPES, &[&after, &limit]).await?;
        Ok(rows.iter().map(reads::scope).collect::<Result<_, _>>()?)
    }

    async fn announce(&self, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        let lease_ms = f64::from(self.settings.lease_ms);
        let grace_ms = f64::from(self.settings.statement_ms_max) + 2_000.0;
        let says: &[u8] = &own.says;
        let rows = self.read(ANNOUNCE, &[&&*own.program, &says, &lease_ms, &grace_ms]).await?;
        let mut announced = Vec::with_capacity(rows.len());
        for row in &rows {
            let (program, says): (&str, &[u8]) = (reads::column(row, 0)?, reads::column(row, 1)?);
            if program == &*own.program {
                let in_time: bool = reads::column(row, 3)?;
                if self.commits.lease.end().is_some() && !in_time {
                    return Err(StoreError::Silent);
                }
                self.commits.lease.extend(reads::column(row, 2)?);
            }
            announced.push(Announcement { program: program.into(), says: Bytes::copy_from_slice(says) });
        }
        *self.program.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&own.program));
        Ok(announced)
    }

    async fn changed(&self, collections: &[&'static str]) {
        self.notices.changed(collections, &self.connections, &self.runtime).await;
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        check_form(&unit)?;
        if self.is_replica {
            return Err(Refusal::Unavailable("a replica takes no commits".into()));
        }
        let watched = if unit.validate_only { Vec::new() } else { self.notices.watched(&unit) };
        let answer = self.commits.commit(unit).await;
        if matches!(answer, Ok(_) | Err(Refusal::Unknown(_))) {
            self.notices.written(&watched);
        }
        answer
    }
}

impl Drop for PostgresStore {
    /// The others need not wait for the end of the lease of a program that ended in order. Where the thread may wait, it
    /// waits a moment for that: the program may end next.
    fn drop(&mut self) {
        let connections = Arc::clone(&self.connections);
        let program = self.program.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let (done, withdrawn) = std::sync::mpsc::channel();
        self.runtime.spawn(async move {
            if let Some(program) = program {
                let _ = connections.ask(Purpose::Read, WITHDRAW, &[&&*program]).await;
            }
            connections.close();
            let _ = done.send(());
        });
        if Handle::try_current().is_err() {
            let _ = withdrawn.recv_timeout(WITHDRAWS);
        }
    }
}
