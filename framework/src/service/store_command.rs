//! What those who run a program do with its embedded store: backup, restore, check.

use std::{
    env,
    error::Error,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use enaction_stores::SqliteStore;

use super::store_location::{FILE, StoreLocation};
use crate::DataDirectory;

/// Subcommands for the store in a data directory. A store in PostgreSQL has its own tools.
#[derive(Subcommand)]
pub enum StoreCommand {
    /// Copies the store into a new file: one committed state, also while the server runs. It is not written over another.
    Backup {
        /// The file to make, with mode 0600. It holds everything that is stored, and nothing else of the data directory.
        file: PathBuf,
        /// The data directory; default: that of the server.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Makes a data directory of a backup, when nothing is wrong in it.
    Restore {
        /// The backup.
        file: PathBuf,
        /// The data directory: one that holds no store, or that is not there yet; default: that of the server.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// The store as a whole.
    #[command(subcommand)]
    Store(StoreCheck),
}

/// Subcommands of `store`.
#[derive(Subcommand)]
pub enum StoreCheck {
    /// Looks for what contradicts itself, also while the server runs; each problem is a line, and the exit code 1.
    Check {
        /// The data directory; default: that of the server.
        #[arg(long)]
        data: Option<PathBuf>,
    },
}

impl StoreCommand {
    /// Does it; in this data directory, where the command line names none.
    ///
    /// # Errors
    /// When it can not be done, or the check finds something.
    pub fn run(&self, default: &Path) -> Result<(), Box<dyn Error>> {
        // A store that was left behind is not what somebody wants who has moved.
        if let Some(named) = env::var_os("ENACTION_STORE") {
            in_a_file(&named.to_string_lossy())?;
        }
        let (Self::Backup { data, .. } | Self::Restore { data, .. } | Self::Store(StoreCheck::Check { data })) = self;
        let data = data.as_deref().unwrap_or(default);
        let mut out = std::io::stdout();
        match self {
            Self::Backup { file, .. } => {
                SqliteStore::back_up(&data.join(FILE), file)?;
                writeln!(out, "backed up {} to {}", data.display(), file.display())?;
            }
            Self::Restore { file, .. } => {
                let directory = DataDirectory::open(data)?;
                SqliteStore::restore(file, &directory.file(FILE))?;
                writeln!(out, "restored {} into {}", file.display(), data.display())?;
            }
            Self::Store(StoreCheck::Check { .. }) => {
                let problems = SqliteStore::check(&data.join(FILE))?;
                for problem in &problems {
                    writeln!(out, "{problem}")?;
                }
                if !problems.is_empty() {
                    return Err(format!("find the store {} whole: {} problems", data.display(), problems.len()).into());
                }
                writeln!(out, "found nothing wrong in {}", data.display())?;
            }
        }
        Ok(())
    }
}

/// Refuses what the server would not open as a file either.
fn in_a_file(store: &str) -> Result<(), Box<dyn Error>> {
    match store.parse()? {
        StoreLocation::File => Ok(()),
        #[cfg(feature = "postgres")]
        StoreLocation::Postgres(_) => {
            Err("look after the store: ENACTION_STORE names a database, which has its own tools".into())
        }
        StoreLocation::Unknown => {
            Err("look after the store: expected ENACTION_STORE to be `sqlite`, or not to be there".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_server_would_not_open_a_file_the_variable_is_told() {
        for (store, refused) in [
            ("sqlite", None),
            ("", Some("to be `sqlite`")),
            ("mysql://shop:s3cret@host/shop", Some("to be `sqlite`")),
            #[cfg(feature = "postgres")]
            ("postgres://shop:s3cret@host/shop", Some("has its own tools")),
        ] {
            let why = in_a_file(store).err().map(|why| why.to_string());
            assert_eq!(why.is_some(), refused.is_some(), "{store}");
            assert!(why.is_none_or(|why| why.contains(refused.unwrap()) && !why.contains("s3cret")), "{store}");
        }
    }
}
