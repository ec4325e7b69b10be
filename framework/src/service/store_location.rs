//! Where a program keeps its data: in a file of its own, or in a database that several programs share.

use std::{error::Error, fmt, str::FromStr, sync::Arc};

use enaction_core::store::Store;
#[cfg(feature = "postgres")]
use enaction_stores::{PostgresSettings, PostgresStore};
use enaction_stores::{SqliteSettings, SqliteStore};

use crate::DataDirectory;

/// The file of the embedded store in the data directory.
pub(super) const FILE: &str = "store.db";

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
/// # Ok::<_, String>(())
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
}

impl FromStr for StoreLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None if text == "sqlite" => Ok(Self::File),
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.into())),
            #[cfg(not(feature = "postgres"))]
            Some(("postgres" | "postgresql", _)) => Err("this program was built without PostgreSQL".to_owned()),
            _ => Err("expected `sqlite` or `postgres://user@host/database`".to_owned()),
        }
    }
}

impl fmt::Display for StoreLocation {
    /// What may be shown of it: no password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("sqlite"),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let at = url.rsplit_once('@').map_or(&**url, |(_, at)| at);
                let at = at.trim_start_matches("postgresql://").trim_start_matches("postgres://");
                write!(f, "postgres://{}", at.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StoreLocation {
    /// Opens the store, and makes it where it is not there.
    ///
    /// # Errors
    /// When it can not be opened or reached, or holds what this program can not read.
    pub async fn open(&self, directory: &DataDirectory) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        self.open_with(directory, SqliteSettings::default()).await
    }

    /// The same, with settings of the embedded store where that is it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(
        &self,
        directory: &DataDirectory,
        sqlite: SqliteSettings,
    ) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        match self {
            Self::File => Ok(Arc::new(SqliteStore::open(&directory.file(FILE), sqlite)?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Ok(Arc::new(PostgresStore::connect(url, PostgresSettings::default()).await?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_and_shown_without_its_password() {
        for (text, shown) in [
            ("sqlite", Ok("sqlite")),
            ("", Err("expected")),
            ("mysql://host/database", Err("expected")),
            ("store.db", Err("expected")),
            #[cfg(feature = "postgres")]
            ("postgres://shop:secret@db.example:5433/shop?sslmode=require", Ok("postgres://db.example:5433/shop")),
            #[cfg(feature = "postgres")]
            ("postgresql://db.example/shop?password=secret", Ok("postgres://db.example/shop")),
            #[cfg(feature = "postgres")]
            ("postgres://shop:a@b@one,two/shop", Ok("postgres://one,two/shop")),
        ] {
            match (text.parse::<StoreLocation>(), shown) {
                (Ok(location), Ok(shown)) => assert_eq!(format!("{location} {location:?}"), format!("{shown} {shown}")),
                (Err(why), Err(told)) => assert!(why.starts_with(told), "{text}: {why}"),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }
}
