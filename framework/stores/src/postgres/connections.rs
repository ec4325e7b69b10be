//! The connections: some that read, some that commit, each lent to one statement.

use std::{future::Future, pin::Pin, time::Duration};

use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_postgres::{
    Client, Config, Error, Row, Socket, config::TargetSessionAttrs, tls::MakeTlsConnect, types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    PostgresSettings,
    failure::Failure,
    hosts::{self, first_that_answers},
    tls,
};

pub(super) type Connection = tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The server ends a statement itself; this is for one that can not say so any more.
const GRACE: Duration = Duration::from_secs(1);

/// Plans are made once and never fall back to reading a whole table, whose lock at SERIALIZABLE would meet every writer.
const PLANS: &str = "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off \
                     -c enable_hashjoin=off -c enable_mergejoin=off";

/// For whom a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Every statement reads what was committed when it began.
    Read,
    /// Every statement is a transaction of its own, serialisable with all others.
    Commit,
}

/// Both pools.
pub(super) struct Connections {
    reads: Pool,
    commits: Pool,
    statement_ms_max: u32,
    session: Config,
    tls: MakeRustlsConnect,
    /// How long each host may take.
    each: Duration,
}

impl Connections {
    /// Nothing is connected yet.
    pub(super) fn new(
        config: &Config,
        settings: &PostgresSettings,
        of: TargetSessionAttrs,
        runtime: &Handle,
    ) -> Result<Self, String> {
        let tls = tls::connector(settings.root_certificates.as_deref())?;
        let pool = |purpose| {
            let session = session(config, settings, of, purpose);
            let each = Duration::from_millis(settings.connect_ms_max.into());
            let connect = OnOneRuntime { runtime: runtime.clone(), tls: tls.clone(), each };
            let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let hosts = u32::try_from(hosts::count(config)).unwrap_or(u32::MAX);
            Pool::builder(Manager::from_connect(session, connect, recycling))
                .max_size(settings.connections_max.max(1))
                .runtime(Runtime::Tokio1)
                .wait_timeout(Some(each))
                .create_timeout(Some(each.saturating_mul(hosts) + GRACE))
                .build()
                .map_err(|error| error.to_string())
        };
        let (reads, commits) = (pool(Purpose::Read)?, pool(Purpose::Commit)?);
        let session = session(config, settings, of, Purpose::Read);
        let each = Duration::from_millis(settings.connect_ms_max.into());
        Ok(Self { reads, commits, statement_ms_max: settings.statement_ms_max, session, tls, each })
    }

    /// A connection of its own, in no pool; nothing when no host has answered in time.
    pub(super) async fn connect(&self) -> Option<Result<(Client, Connection), Error>> {
        first_that_answers(&self.session, &self.tls, self.each).await
    }

    /// A connection for several statements.
    pub(super) async fn lend(&self, purpose: Purpose) -> Result<Object, Failure> {
        let pool = match purpose {
            Purpose::Read => &self.reads,
            Purpose::Commit => &self.commits,
        };
        Ok(pool.get().await?)
    }

    /// Sends one statement, prepared the first time that a connection sends it, and waits for its rows.
    pub(super) async fn ask(&self, purpose: Purpose, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        let lent = Lent(Some(self.lend(purpose).await?));
        let Some(connection) = &lent.0 else { return Err(Failure::Unsent("a connection was taken twice".into())) };
        let answer = self.ask_on(connection, sql, params).await;
        if !answer.as_ref().is_err_and(Failure::ends_the_connection) {
            lent.give_back();
        }
        answer
    }

    async fn ask_on(&self, connection: &Object, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        let deadline = Duration::from_millis(self.statement_ms_max.into()) + GRACE;
        let silent = |_| Failure::Silent(self.statement_ms_max);
        let preparing = tokio::time::timeout(deadline, connection.prepare_cached(sql)).await;
        let prepared = preparing.map_err(|silence| Failure::Unsent(silent(silence).to_string()))?;
        let statement = prepared.map_err(|error| Failure::of_unsent(&error))?;
        let asking = tokio::time::timeout(deadline, connection.query(&statement, params)).await;
        asking.map_err(silent)?.map_err(|error| Failure::of_sent(&error))
    }

    pub(super) fn close(&self) {
        self.reads.close();
        self.commits.close();
    }
}

/// What a session is told when it begins, so that no statement has to.
fn session(config: &Config, settings: &PostgresSettings, of: TargetSessionAttrs, purpose: Purpose) -> Config {
    let isolation = match purpose {
        Purpose::Read => "read\\ committed",
        Purpose::Commit => "serializable",
    };
    let own = config.get_options().unwrap_or_default();
    let options = format!(
        "{own} {PLANS} -c search_path={} -c default_transaction_isolation={isolation} -c statement_timeout={}",
        settings.schema, settings.statement_ms_max
    );
    let mut session = config.clone();
    let bound = Duration::from_millis(settings.statement_ms_max.into()) + GRACE;
    session
        .options(options)
        .connect_timeout(Duration::from_millis(settings.connect_ms_max.into()))
        .tcp_user_timeout(bound)
        .keepalives_idle(bound)
        .keepalives_interval(GRACE)
        .keepalives_retries(3)
        .target_session_attrs(of);
    tls::demand(&mut session);
    if session.get_application_name().is_none() {
        session.application_name("enaction");
    }
    session
}

/// A connection that goes back into the pool when its answer was read to the end, and is closed when it was not: who comes
/// next would wait behind a statement of someone who is gone.
struct Lent(Option<Object>);

impl Lent {
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

/// Runs all connections on the runtime of the stores, not where a call happens to come from.
struct OnOneRuntime {
    runtime: Handle,
    tls: MakeRustlsConnect,
    /// How long each host may take.
    each: Duration,
}

type Connected = Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send>>;

impl Connect for OnOneRuntime {
    fn connect(&self, config: &Config) -> Connected {
        let (runtime, config, tls, each) = (self.runtime.clone(), config.clone(), self.tls.clone(), self.each);
        Box::pin(async move {
            let connecting = async move {
                let connected = first_that_answers(&config, &tls, each).await?;
                Some(connected.map(|(client, connection)| {
                    let running = tokio::spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection to PostgreSQL ended");
                        }
                    });
                    (client, running)
                }))
            };
            let mut connecting = EndsWithIt(runtime.spawn(connecting));
            match (&mut connecting.0).await {
                Ok(Some(connected)) => connected,
                // Nobody answered, or the runtime is at its end: the pool's own time is over soon.
                _ => std::future::pending().await,
            }
        })
    }
}

/// A task that ends when nobody waits for it any more.
struct EndsWithIt<T>(JoinHandle<T>);

impl<T> Drop for EndsWithIt<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
