//! The connections: some that read, some that commit, each lent to one statement.

use std::{future::Future, pin::Pin, time::Duration};

use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_postgres::{
    Client, Config, Error, Row, Socket, config::TargetSessionAttrs, tls::MakeTlsConnect, types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresSettings, failure::Failure, tls};

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
            let connect = OnOneRuntime { runtime: runtime.clone(), tls: tls.clone() };
            let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let wait = Some(Duration::from_millis(settings.connect_ms_max.into()));
            Pool::builder(Manager::from_connect(session, connect, recycling))
                .max_size(settings.connections_max.max(1))
                .runtime(Runtime::Tokio1)
                .wait_timeout(wait)
                .create_timeout(wait)
                .build()
                .map_err(|error| error.to_string())
        };
        let (reads, commits) = (pool(Purpose::Read)?, pool(Purpose::Commit)?);
        let session = session(config, settings, of, Purpose::Read);
        Ok(Self { reads, commits, statement_ms_max: settings.statement_ms_max, session, tls })
    }

    /// A connection of its own, in no pool.
    pub(super) async fn connect(&self) -> Result<(Client, Connection), Error> {
        self.session.connect(self.tls.clone()).await
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
        let connection = self.lend(purpose).await?;
        let answer = self.ask_on(&connection, sql, params).await;
        if answer.as_ref().is_err_and(Failure::ends_the_connection) {
            // Taken out of the pool, it is closed.
            drop(Object::take(connection));
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

/// Runs all connections on the runtime of the stores, not where a call happens to come from.
struct OnOneRuntime {
    runtime: Handle,
    tls: MakeRustlsConnect,
}

type Connected = Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send>>;

impl Connect for OnOneRuntime {
    fn connect(&self, config: &Config) -> Connected {
        let (runtime, config, tls) = (self.runtime.clone(), config.clone(), self.tls.clone());
        Box::pin(async move {
            let connecting = async move {
                let (client, connection) = config.connect(tls).await?;
                let running = tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection to PostgreSQL ended");
                    }
                });
                Ok((client, running))
            };
            match runtime.spawn(connecting).await {
                Ok(connected) => connected,
                // The runtime is at its end.
                Err(_) => std::future::pending().await,
            }
        })
    }
}
