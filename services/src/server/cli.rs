//! The command line.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use enaction::{StoreArguments, StoreCommand, StoreSettings, stores::SqliteSettings};

use super::{call, routes, serve, token};

/// The data directory, where nothing is said.
const DATA: &str = "./data";

/// A REST framework's retail services: identity, baskets and catalogue in one server.
#[derive(Parser)]
#[command(name = "enaction", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server; the default. On a loopback address with an empty store it makes development data.
    Serve(Serve),
    /// Prints the two header lines of a development caller.
    Token(Token),
    /// Lists every operation: method, path, target, process, effect, permission, faults.
    Routes {
        /// As JSON, with schemas and examples.
        #[arg(long)]
        json: bool,
    },
    /// Runs any process by name without HTTP, on the same store, also while the server runs.
    Call(Call),
    /// The identity service.
    #[command(subcommand)]
    Identity(Identity),
    #[command(flatten)]
    Store(StoreCommand),
}

#[derive(Subcommand)]
enum Identity {
    /// Prints a client that may, once and within an hour, create the first company and its administrator.
    Bootstrap {
        /// The data directory.
        #[arg(long, default_value = DATA)]
        data: PathBuf,
        #[command(flatten)]
        store: StoreArguments,
    },
}

/// How the server runs.
#[derive(Args, Clone)]
pub(super) struct Serve {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(super) listen: SocketAddr,
    /// The data directory; made when it is not there.
    #[arg(long, default_value = DATA)]
    pub(super) data: PathBuf,
    #[command(flatten)]
    pub(super) store: StoreArguments,
    /// No development data.
    #[arg(long)]
    pub(super) bare: bool,
    /// The issuer of tokens, when it is not the address that the first start listens on. Kept from the first start on.
    #[arg(long)]
    pub(super) issuer: Option<String>,
    /// Threads that answer requests; default: one per core.
    #[arg(long)]
    pub(super) workers: Option<usize>,
}

/// Whom a token or a call is for.
#[derive(Args, Clone)]
pub(super) struct Who {
    /// The data directory, for the development credentials.
    #[arg(long, default_value = DATA)]
    pub(super) data: PathBuf,
    /// The code of the company.
    #[arg(long, default_value = "acme")]
    pub(super) company: String,
    /// The code of the site; default: the company's first.
    #[arg(long)]
    pub(super) site: Option<String>,
    /// A person or a device of the development data: cashier, manager, administrator, till-1.
    #[arg(long = "as", default_value = "cashier")]
    pub(super) subject: String,
}

/// What `token` takes.
#[derive(Args, Clone)]
pub(super) struct Token {
    /// Where the server listens; default: what the running server wrote into the data directory.
    #[arg(long)]
    pub(super) server: Option<String>,
    #[command(flatten)]
    pub(super) who: Who,
}

/// What `call` takes.
#[derive(Args, Clone)]
pub(super) struct Call {
    /// The name of the process, such as `baskets.create`.
    pub(super) process: String,
    /// Its parameters as JSON: an object by name, or a single parameter bare.
    #[arg(default_value = "{}")]
    pub(super) parameters: String,
    #[command(flatten)]
    pub(super) store: StoreArguments,
    #[command(flatten)]
    pub(super) who: Who,
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    main_on(SqliteSettings::default())
}

/// The same with an embedded store that is set otherwise.
#[doc(hidden)]
#[must_use]
pub fn main_on(sqlite: SqliteSettings) -> ExitCode {
    let settings = StoreSettings { sqlite, ..StoreSettings::default() };
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(arguments) => serve::serve(&arguments, settings),
        Command::Token(arguments) => token::token(&arguments),
        Command::Routes { json } => routes::routes(json),
        Command::Call(arguments) => call::call(&arguments),
        Command::Identity(Identity::Bootstrap { data, store }) => serve::bootstrap(&data, &store),
        Command::Store(command) => command.run(DATA.as_ref()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ =
                std::io::Write::write_all(&mut std::io::stderr(), format!("enaction: failed to {error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}
