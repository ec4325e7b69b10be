//! Where a program keeps its data, as its command line says it.

use std::{error::Error, path::PathBuf, sync::Arc};

use clap::Args;
use enaction_core::{Application, Mistakes, application::Builder, store::Store};

use super::{StoreLocation, StoreSettings};
use crate::DataDirectory;

/// The arguments of every program that keeps data. Those for PostgreSQL are refused beside `sqlite`, and a program without the
/// feature `postgres` does not offer them.
///
/// | argument | variable | what | default |
/// |---|---|---|---|
/// | `--store` | `ENACTION_STORE` | where the data is kept: [`StoreLocation`] | `sqlite` |
/// | `--replica` | `ENACTION_REPLICA` | a hot standby, for reads that may be stale | none |
/// | `--store-certificates` | `ENACTION_STORE_CERTIFICATES` | a PEM file of who may sign the server's certificate | whom the machine trusts |
/// | `--store-connections` | `ENACTION_STORE_CONNECTIONS` | connections that read, and as many again that commit | 16 |
///
/// ```
/// use clap::Parser;
/// use enaction::StoreArguments;
/// #[derive(Parser)]
/// struct Arguments {
///     #[command(flatten)]
///     store: StoreArguments,
/// }
/// let arguments = Arguments::try_parse_from(["program", "--store", "sqlite"])?;
/// assert_eq!(arguments.store.location.to_string(), "sqlite");
/// # Ok::<_, clap::Error>(())
/// ```
#[derive(Args, Clone, Debug, Default)]
#[command(about = None, long_about = None)] // else these lines were those of a program that says nothing of itself
#[non_exhaustive]
pub struct StoreArguments {
    #[cfg_attr(
        feature = "postgres",
        doc = "Where the data is kept: `sqlite`, in the data directory, or `postgres://user@host/database`, for several servers \
               at once. A URL with a password is better told by the variable."
    )]
    #[cfg_attr(not(feature = "postgres"), doc = "Where the data is kept: `sqlite`, in the data directory.")]
    #[arg(
        long = "store",
        value_name = "STORE",
        env = "ENACTION_STORE",
        hide_env_values = true,
        default_value = "sqlite"
    )]
    pub location: StoreLocation,
    /// A copy of the store that is a little behind (`postgres://..`), for reads that may be stale.
    #[arg(long, env = "ENACTION_REPLICA", hide_env_values = true, hide = !cfg!(feature = "postgres"))]
    pub replica: Option<StoreLocation>,
    /// The authority that signed the certificate of PostgreSQL (PEM); default: whom the machine trusts.
    #[arg(
        long = "store-certificates",
        value_name = "FILE",
        env = "ENACTION_STORE_CERTIFICATES",
        hide = !cfg!(feature = "postgres")
    )]
    pub certificates: Option<PathBuf>,
    /// Connections to PostgreSQL that read, and as many again that commit; default: 16.
    #[arg(
        long = "store-connections",
        value_name = "N",
        env = "ENACTION_STORE_CONNECTIONS",
        value_parser = clap::value_parser!(u16).range(1..),
        hide = !cfg!(feature = "postgres")
    )]
    pub connections: Option<u16>,
}

/// What a program runs on.
pub struct Stores {
    /// Where everything is.
    pub store: Arc<dyn Store>,
    /// Answers what may be stale.
    pub replica: Option<Arc<dyn Store>>,
}

impl From<Arc<dyn Store>> for Stores {
    fn from(store: Arc<dyn Store>) -> Self {
        Self { store, replica: None }
    }
}

impl StoreArguments {
    /// Opens the store, and makes it where it is not there. A replica need not be there yet. The settings hold as far as the
    /// command line says nothing else.
    ///
    /// # Errors
    /// When an argument is for another store, or the store can not be opened or reached, or holds what this program can not
    /// read.
    pub async fn open(&self, directory: &DataDirectory, settings: StoreSettings) -> Result<Stores, Box<dyn Error>> {
        if let (StoreLocation::File, Some(name)) = (&self.location, self.of_postgres()) {
            return Err(
                format!("use {name}: it goes with --store postgres://user@host/database, not with sqlite").into()
            );
        }
        let settings = self.over(settings);
        // First, for nothing is made by it.
        let replica = self.replica.as_ref().map(|replica| replica.replica(&settings)).transpose()?;
        Ok(Stores { store: self.location.open(directory, &settings).await?, replica })
    }

    /// What they say that is for PostgreSQL alone.
    fn of_postgres(&self) -> Option<&'static str> {
        let said = [
            ("--replica (ENACTION_REPLICA)", self.replica.is_some()),
            ("--store-certificates (ENACTION_STORE_CERTIFICATES)", self.certificates.is_some()),
            ("--store-connections (ENACTION_STORE_CONNECTIONS)", self.connections.is_some()),
        ];
        said.into_iter().find_map(|(name, is_said)| is_said.then_some(name))
    }

    #[cfg(feature = "postgres")]
    fn over(&self, mut settings: StoreSettings) -> StoreSettings {
        if let Some(connections) = self.connections {
            settings.postgres.connections_max = connections.into();
        }
        if self.certificates.is_some() {
            settings.postgres.root_certificates.clone_from(&self.certificates);
        }
        settings
    }

    #[cfg(not(feature = "postgres"))]
    fn over(&self, settings: StoreSettings) -> StoreSettings {
        settings
    }
}

impl Stores {
    /// The application on them.
    ///
    /// # Errors
    /// Every mistake of its declarations.
    pub fn build(self, builder: Builder) -> Result<Arc<Application>, Mistakes> {
        self.replica.into_iter().fold(builder, Builder::replica).build(self.store)
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        store: StoreArguments,
    }

    const POSTGRES: &str = "postgres://shop@db.example/shop";

    fn read(words: &[&str]) -> Result<StoreArguments, clap::Error> {
        Program::try_parse_from(["program"].iter().chain(words)).map(|program| program.store)
    }

    #[test]
    fn the_help_offers_what_the_program_can() {
        let help = Program::command().render_long_help().to_string();
        for word in ["postgres", "--replica", "--store-certificates", "--store-connections"] {
            assert_eq!(help.contains(word), cfg!(feature = "postgres"), "{word}: {help}");
        }
    }

    #[test]
    fn a_number_of_connections_that_can_not_be_is_refused() {
        for (number, is_taken) in [("1", true), ("65535", true), ("0", false), ("65536", false), ("-1", false)] {
            assert_eq!(read(&["--store-connections", number]).is_ok(), is_taken, "{number}");
        }
    }

    #[test]
    fn beside_sqlite_what_is_for_postgres_is_refused_and_nothing_is_made() {
        for words in [["--replica", POSTGRES], ["--store-certificates", "ca.pem"], ["--store-connections", "4"]] {
            let (arguments, root) = (read(&words).unwrap(), tempfile::tempdir().unwrap());
            let directory = DataDirectory::open(&root.path().join("data")).unwrap();
            let opened = actix_rt::System::new().block_on(arguments.open(&directory, StoreSettings::default()));
            let why = opened.err().unwrap().to_string();
            assert!(why.contains(words[0]) && !directory.file("store.db").exists(), "{why}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn what_the_command_line_says_goes_before_the_settings_of_the_program() {
        let mut settings = StoreSettings::default();
        settings.postgres.connections_max = 5;
        settings.postgres.root_certificates = Some("program.pem".into());
        for (words, connections, certificates) in [
            (&[][..], 5, "program.pem"),
            (&["--store-connections", "7"], 7, "program.pem"),
            (&["--store-certificates", "ca.pem"], 5, "ca.pem"),
        ] {
            let told = read(words).unwrap().over(settings.clone()).postgres;
            assert_eq!((told.connections_max, told.root_certificates), (connections, Some(certificates.into())));
        }
    }
}
