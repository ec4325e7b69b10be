//! The same rows as ours, each basket by one statement in one transaction, serialisable with all others.

use actix_web::web::Bytes;
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod};
use tokio_postgres::{Config, Error, NoTls, error::SqlState};

use super::{
    Failure, Outcome,
    session::Session,
    sqlite::{listed, record},
};

pub(super) struct Postgres(Pool);

/// As many as ours has for commits.
const CONNECTIONS: usize = 16;
const ATTEMPTS: usize = 16;
const TABLES: &str = r#"
    CREATE SEQUENCE commits AS bigint;
    CREATE TABLE records (scope text COLLATE "C" NOT NULL, collection text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
        version bigint NOT NULL, indexes text[] COLLATE "C" NOT NULL, keys bytea[] NOT NULL, uniques boolean[] NOT NULL,
        record bytea NOT NULL, PRIMARY KEY (scope, collection, id)) WITH (fillfactor = 85);
    CREATE TABLE entries (scope text COLLATE "C" NOT NULL, collection text COLLATE "C" NOT NULL,
        index_name text COLLATE "C" NOT NULL, key bytea NOT NULL, id text COLLATE "C" NOT NULL,
        PRIMARY KEY (scope, collection, index_name, key, id));"#;
const INSERT: &str = "WITH created AS (
        INSERT INTO records VALUES ($1, 'baskets', $2, nextval('commits'),
            '{\"baskets:basketType,customerId:-created\"}', ARRAY[$4::bytea], '{f}', $3)
        ON CONFLICT DO NOTHING RETURNING version
    ), entered AS (
        INSERT INTO entries SELECT $1, 'baskets', 'baskets:basketType,customerId:-created', $4, $2 FROM created
    )
    SELECT version FROM created";

impl Postgres {
    pub(super) fn of(url: &str) -> Self {
        let mut config: Config = url.parse().expect("a URL");
        config.options("-c default_transaction_isolation=serializable");
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, recycling);
        Self(Pool::builder(manager).max_size(CONNECTIONS).build().expect("a pool"))
    }

    pub(super) async fn lay_out(&self) {
        let connection = self.0.get().await.expect("connect");
        connection.batch_execute(TABLES).await.expect("make the tables");
        // The next is made by the worker, and runs on its thread.
        drop(deadpool_postgres::Object::take(connection));
    }

    /// Keeps a basket; the version under which it is on the disk.
    pub(super) async fn insert(&self, session: &Session, id: &str, body: &Bytes) -> Outcome {
        let record = record(session, body);
        let (scope, bytes, key) = (format!("c:{}", session.company), record.encode(0), listed(&record));
        for _ in 0..ATTEMPTS {
            match self.try_insert(&scope, id, &bytes, &key).await {
                Ok(Some(version)) => return Ok(version.cast_unsigned()),
                Ok(None) => return Err(Failure::Taken),
                Err(PoolError::Backend(error)) if met_others(&error) => {}
                Err(_) => return Err(Failure::Unavailable),
            }
        }
        Err(Failure::Unavailable)
    }

    async fn try_insert(&self, scope: &str, id: &str, record: &[u8], key: &[u8]) -> Result<Option<i64>, PoolError> {
        let connection = self.0.get().await?;
        let statement = connection.prepare_cached(INSERT).await?;
        let row = connection.query_opt(&statement, &[&scope, &id, &record, &key]).await?;
        Ok(row.map(|row| row.get(0)))
    }
}

fn met_others(error: &Error) -> bool {
    error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
}
