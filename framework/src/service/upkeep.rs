//! What those who run a program do with its embedded store: backup, restore, check.

use std::{error::Error, io::Write as _, path::PathBuf};

use clap::Subcommand;
use enaction_stores::SqliteStore;

use super::store_location::FILE;
use crate::DataDirectory;

/// Subcommands for the store in a data directory. A store in PostgreSQL has its own tools.
#[derive(Subcommand)]
pub enum Upkeep {
    /// Copies the store into a new file: one committed state, also while the server runs. It is not written over another.
    Backup {
        /// The file to make, with mode 0600. It holds everything that is stored, and nothing else of the data directory.
        file: PathBuf,
        /// The data directory.
        #[arg(long, default_value = "./data")]
        data: PathBuf,
    },
    /// Makes a data directory of a backup, when nothing is wrong in it.
    Restore {
        /// The backup.
        file: PathBuf,
        /// The data directory: one that holds no store, or that is not there yet.
        #[arg(long, default_value = "./data")]
        data: PathBuf,
    },
    /// The store as a whole.
    #[command(subcommand)]
    Store(OfStore),
}

/// Subcommands of `store`.
#[derive(Subcommand)]
pub enum OfStore {
    /// Looks for what contradicts itself, also while the server runs; each problem is a line, and the exit code 1.
    Check {
        /// The data directory.
        #[arg(long, default_value = "./data")]
        data: PathBuf,
    },
}

impl Upkeep {
    /// Does it.
    ///
    /// # Errors
    /// When it can not be done, or the check finds something.
    pub fn run(&self) -> Result<(), Box<dyn Error>> {
        // A store that was left behind is not what somebody wants who has moved.
        if std::env::var("ENACTION_STORE").is_ok_and(|store| store != "sqlite") {
            return Err("look after the store: ENACTION_STORE names a database, which has its own tools".into());
        }
        let mut out = std::io::stdout();
        match self {
            Self::Backup { file, data } => {
                SqliteStore::back_up(&data.join(FILE), file)?;
                writeln!(out, "backed up {} to {}", data.display(), file.display())?;
            }
            Self::Restore { file, data } => {
                let directory = DataDirectory::open(data)?;
                SqliteStore::restore(file, &directory.file(FILE))?;
                writeln!(out, "restored {} into {}", file.display(), data.display())?;
            }
            Self::Store(OfStore::Check { data }) => {
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
