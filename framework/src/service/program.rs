//! The program itself: its arguments, and what it starts.

use std::{error::Error, io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use enaction_core::{Application, Module, limits::Limits};
use enaction_rest::Server;
#[cfg(feature = "postgres")]
use enaction_stores::PostgresSettings;
use enaction_stores::SqliteSettings;
use enaction_tokens::{Denylist, HttpKeys, Issuer, Verifier, VerifierSettings};

use crate::{DataDirectory, HttpPolicies, StoreArguments, StoreCommand, StoreSettings};

/// How often policies are refreshed.
const REFRESH: Duration = Duration::from_secs(2);
/// The data directory, where nothing is said.
const DATA: &str = "./data";

/// What a service is told.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    /// What to do with the store instead of serving.
    #[command(subcommand)]
    command: Option<StoreCommand>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// The data directory; made when it is not there.
    #[arg(long, default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
    /// The issuer of the tokens, exactly as they name it.
    #[arg(long, required = true)]
    issuer: Option<String>,
    /// Where the identity service is reached, when it is not at the issuer's own URL.
    #[arg(long)]
    identity: Option<String>,
    /// The URL under which the world finds this service.
    #[arg(long, default_value = "")]
    public_base: String,
}

/// The program of a service team.
///
/// ```no_run
/// # use enaction::prelude::*;
/// # fn module() -> Module { Module::new("") }
/// fn main() -> std::process::ExitCode {
///     enaction::Service::new().module(module()).main()
/// }
/// ```
///
/// It takes `--issuer` (and `--identity`, where the issuer's URL is not where identity is reached), `--listen`, `--data`,
/// `--public-base`, and where its data is kept ([`StoreArguments`]); keys are fetched from `<identity>/jwks.json`, policies from
/// `<identity>/policy/<company>`. Instead of serving it does what a subcommand says: [`StoreCommand`].
#[derive(Default)]
pub struct Service {
    modules: Vec<Module>,
    limits: Limits,
    settings: StoreSettings,
}

impl Service {
    /// A service without modules yet; `GET /operations` is always there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Other limits than the defaults.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Other settings of the embedded store than the defaults.
    #[must_use]
    pub fn sqlite(mut self, settings: SqliteSettings) -> Self {
        self.settings.sqlite = settings;
        self
    }

    /// Other settings of a store in PostgreSQL than the defaults. What the command line says goes before them.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres(mut self, settings: PostgresSettings) -> Self {
        self.settings.postgres = settings;
        self
    }

    /// Reads the arguments of the program and serves until SIGTERM or Ctrl-C.
    #[must_use]
    pub fn main(self) -> ExitCode {
        match self.run(&Arguments::parse()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("failed to {error}\n").as_bytes());
                ExitCode::FAILURE
            }
        }
    }

    fn run(self, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
        if let Some(command) = &arguments.command {
            return command.run(DATA.as_ref());
        }
        let issuer = arguments.issuer.as_deref().unwrap_or_default();
        crate::log_to_stderr();
        let directory = DataDirectory::open(&arguments.data)?;
        let stores = actix_rt::System::new().block_on(arguments.store.open(&directory, self.settings))?;
        let identity = arguments.identity.as_deref().unwrap_or(issuer).trim_end_matches('/');
        let policies = Arc::new(HttpPolicies::new(&format!("{identity}/policy"))?);
        let keys = Arc::new(HttpKeys::new(&format!("{identity}/jwks.json"))?);
        let builder = Application::builder().limits(self.limits).policies(Arc::clone(&policies) as _);
        let builder = builder.module(enaction_contract::module());
        let builder = self.modules.into_iter().fold(builder, |builder, module| builder.module(module));
        let application = stores.build(builder)?;
        let issuers = vec![Issuer::new(issuer, keys)];
        let token_chars_max = application.limits.token_chars_max;
        let settings = VerifierSettings { issuers, token_chars_max, ..VerifierSettings::default() };
        let verifier = Arc::new(Verifier::new(settings, Arc::new(Denylist::new())));
        std::thread::Builder::new().name("policies".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async {
                loop {
                    policies.refresh().await;
                    actix_rt::time::sleep(REFRESH).await;
                }
            });
        })?;
        let server = Server::new(application, verifier).listen(arguments.listen).public_base(&arguments.public_base);
        let bound = server.bind()?;
        for address in bound.addresses() {
            writeln!(std::io::stdout(), "listens on http://{address}, data in {}", arguments.data.display())?;
        }
        Ok(bound.run()?)
    }
}
