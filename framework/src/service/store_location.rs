//! Where a program keeps its data: in a file of its own, or in a database that several programs share.

use std::{convert::Infallible, error::Error, fmt, str::FromStr, sync::Arc};

use enaction_core::store::Store;
#[cfg(feature = "postgres")]
use enaction_stores::{PostgresSettings, PostgresStore};
use enaction_stores::{SqliteSettings, SqliteStore};

use crate::DataDirectory;

/// The file of the embedded store in the data directory.
pub(super) const FILE: &str = "store.db";

/// How a store is set, for where it is in a file and for where it is in a database.
///
/// ```
/// use enaction::{StoreSettings, stores::SqliteSettings};
/// let sqlite = SqliteSettings { cache_bytes_max: 256 << 20, ..SqliteSettings::default() };
/// let settings = StoreSettings { sqlite, ..StoreSettings::default() };
/// assert_eq!(settings.sqlite.queue_units_max, 4096);
/// ```
#[derive(Clone, Debug, Default)]
pub struct StoreSettings {
    /// Those of the embedded store.
    pub sqlite: SqliteSettings,
    /// Those of a store in PostgreSQL.
    #[cfg(feature = "postgres")]
    pub postgres: PostgresSettings,
}

/// What `--store` says.
///
/// | text | store |
/// |---|---|
/// | `sqlite` (the default) | `store.db` in the data directory, for one program |
/// | `postgres://user@host/database` | PostgreSQL, for as many programs as there are; feature `postgres` |
///
/// ```
/// use enaction::StoreLocation;
/// let location: StoreLocation = "sqlite".parse()?;
/// assert_eq!(location.to_string(), "sqlite");
/// # Ok::<_, std::convert::Infallible>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum StoreLocation {
    /// In the data directory.
    #[default]
    File,
    /// In a database: its URL, which may hold a password.
    #[cfg(feature = "postgres")]
    Postgres(Arc<str>),
    /// Neither. It is refused when it is opened and not when it is read: who reads arguments shows what he can not read, and
    /// that may be a password.
    Unknown,
}

impl FromStr for StoreLocation {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once("://") {
            None if text == "sqlite" => Self::File,
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => Self::Postgres(text.into()),
            _ => Self::Unknown,
        })
    }
}

impl fmt::Display for StoreLocation {
    /// What may be shown of it: host and database.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("sqlite"),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let (plain, query) = rest.split_once('?').unwrap_or((rest, ""));
                // What stands before may be the beginning of a password.
                let plain = if query.contains('@') { "" } else { plain };
                write!(f, "postgres://{}", plain.rsplit_once('@').map_or(plain, |(_, at)| at))
            }
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StoreLocation {
    pub(super) async fn open(
        &self,
        directory: &DataDirectory,
        settings: &StoreSettings,
    ) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        match self {
            Self::File => Ok(Arc::new(SqliteStore::open(&directory.file(FILE), settings.sqlite)?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Ok(Arc::new(PostgresStore::connect(url, settings.postgres.clone()).await?)),
            Self::Unknown => Err(unknown()),
        }
    }

    /// A copy of the store that is a little behind: a hot standby of PostgreSQL. It need not be there yet.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "there is nothing to set"))]
    pub(super) fn replica(&self, settings: &StoreSettings) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        match self {
            Self::File | Self::Unknown => Err("use the replica: expected `postgres://user@host/database`".into()),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Ok(Arc::new(PostgresStore::replica(url, settings.postgres.clone())?)),
        }
    }
}

/// Without a word of what was said: it may hold a password.
fn unknown() -> Box<dyn Error> {
    let other = if cfg!(feature = "postgres") {
        " or `postgres://user@host/database`"
    } else {
        ", for this program is built without the feature `postgres`"
    };
    format!("open the store: expected `sqlite`{other}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_and_shown_without_its_password() {
        for (text, shown) in [
            ("sqlite", "sqlite"),
            ("", "unknown"),
            ("mysql://shop:secret@host/database", "unknown"),
            ("postgres:/shop:secret@host", "unknown"),
            #[cfg(feature = "postgres")]
            ("postgres://shop:secret@db.example:5433/shop?sslmode=require", "postgres://db.example:5433/shop"),
            #[cfg(feature = "postgres")]
            ("postgresql://db.example/shop?password=a@b", "postgres://"),
            ("postgres://shop:pa?ss@db.example/shop", "postgres://"),
            ("postgres://shop:p@a?ss@db.example/shop", "postgres://"),
            #[cfg(feature = "postgres")]
            ("postgres://shop:a@b@one,two/shop", "postgres://one,two/shop"),
        ] {
            let Ok(location) = text.parse::<StoreLocation>();
            assert_eq!(format!("{location} {location:?}"), format!("{shown} {shown}"), "{text}");
        }
    }
}
