//! The form of the tables: made and brought forward when a store is opened, by one node at a time.

use std::fmt;

use deadpool_postgres::{Object, Transaction};
use tokio_postgres::{Error, IsolationLevel};

use super::failure::with_causes;

/// What brings the tables from each format to the next, beginning with none. Each is run once, in one transaction.
const MIGRATIONS: &[&str] = &[include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];

/// Why a store can not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// A setting can not be used: which, and why. The URL stands in none of these, because it may hold a password.
    Setting(&'static str, String),
    /// The database can not be reached, or refuses what is asked: its words.
    Database(String),
    /// The tables were brought to a format that this program does not know: the format that they have, and the latest that
    /// it knows.
    Format(i64, i64),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(name, why) => write!(f, "connect to PostgreSQL: {name}: {why}"),
            Self::Database(why) => write!(f, "connect to PostgreSQL: {why}"),
            Self::Format(found, known) => {
                write!(f, "open the store in PostgreSQL: expected format {known} or older, found {found}")
            }
        }
    }
}

impl std::error::Error for ConnectError {}

impl From<Error> for ConnectError {
    fn from(error: Error) -> Self {
        Self::Database(with_causes(&error))
    }
}

/// Brings the tables of a schema to the format of this program, one transaction for each step. A kill leaves the old
/// format or the new one.
pub(super) async fn migrate(connection: &mut Object, schema: &str) -> Result<(), ConnectError> {
    loop {
        let transaction = alone(connection, schema).await?;
        let format = format(&transaction, schema).await?;
        check_known(format)?;
        let Some(step) = usize::try_from(format).ok().and_then(|format| MIGRATIONS.get(format)) else {
            return Ok(transaction.commit().await?);
        };
        transaction.batch_execute(step).await?;
        let write = "INSERT INTO meta VALUES ('format', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        transaction.execute(write, &[&(format + 1)]).await?;
        transaction.commit().await?;
    }
}

fn check_known(format: i64) -> Result<(), ConnectError> {
    let latest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if format > latest { Err(ConnectError::Format(format, latest)) } else { Ok(()) }
}

/// A transaction that no other node of the schema has at the same time, however long it takes.
async fn alone<'a>(connection: &'a mut Object, schema: &str) -> Result<Transaction<'a>, ConnectError> {
    // What the one before did is seen only where each statement looks anew.
    let transaction = connection.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    transaction.batch_execute("SET LOCAL statement_timeout = 0").await?;
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('enaction ' || $1::text, 0))";
    transaction.execute(lock, &[&schema]).await?;
    Ok(transaction)
}

/// The format that the tables have; 0 where there are none, and then there is the schema for them.
async fn format(transaction: &Transaction<'_>, schema: &str) -> Result<i64, ConnectError> {
    if let Some(format) = format_of(transaction, schema).await? {
        return Ok(format);
    }
    let there = transaction.query_one("SELECT to_regnamespace($1::text) IS NOT NULL", &[&schema]).await?;
    if !there.try_get::<_, bool>(0)? {
        // Its name was checked.
        transaction.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
    }
    Ok(0)
}

async fn format_of(transaction: &Transaction<'_>, schema: &str) -> Result<Option<i64>, ConnectError> {
    let there = transaction.query_one("SELECT to_regclass($1::text || '.meta') IS NOT NULL", &[&schema]).await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let read = "SELECT value FROM meta WHERE name = 'format'";
    Ok(transaction.query_opt(read, &[]).await?.map(|row| row.try_get(0)).transpose()?)
}

/// A name of PostgreSQL has 63 bytes, and that of the channel of notices is longer by eight.
const NAME_BYTES: usize = 56;

/// A schema is named by lower-case letters, digits and `_`, so that its name needs no quotes anywhere.
pub(super) fn check_schema(name: &str) -> Result<(), ConnectError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if first && name.len() < NAME_BYTES && name.bytes().all(plain) && !name.starts_with("pg_") {
        return Ok(());
    }
    let why = format!("expected a name of lower-case letters, digits and `_`, found {name:?}");
    Err(ConnectError::Setting("schema", why))
}
