//! The identity service as a program of its own.

use std::{
    error::Error,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};
use enaction::{
    Application, DataDirectory, StoreArguments, StoreCommand, StoreSettings, Stores,
    rest::{Listen, Server},
    tokens::{Denylist, Issuer, Verifier, VerifierSettings},
};
use enaction_identity::{Identity, Settings, bootstrap};

/// The data directory, where nothing is said.
const DATA: &str = "./identity-data";

/// Issues id_token and site_token, and keeps who may do what where.
#[derive(Parser)]
#[command(name = "enaction-identity", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serves; the default.
    Serve(Serve),
    /// Prints a client that may, once and within an hour, create the first company and its administrator.
    Bootstrap {
        /// The data directory.
        #[arg(long, default_value = DATA)]
        data: PathBuf,
        #[command(flatten)]
        store: StoreArguments,
    },
    #[command(flatten)]
    Store(StoreCommand),
}

#[derive(Args)]
struct Serve {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// The data directory; made when it is not there.
    #[arg(long, default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
    /// The issuer that tokens name, when it is not where the first start listens. Kept from the first start on.
    #[arg(long)]
    issuer: Option<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(arguments) => serve(&arguments),
        Command::Bootstrap { data, store } => make_first_client(&data, &store),
        Command::Store(command) => command.run(DATA.as_ref()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "enaction-identity: failed to {error}");
            ExitCode::FAILURE
        }
    }
}

type Assembled = (Arc<Application>, Arc<Identity>);

fn assemble(stores: Stores, issuer: String) -> Result<Assembled, Box<dyn Error>> {
    let identity = Identity::new(Settings::new(issuer));
    let mut builder = Application::builder().policies(identity.policies()).module(enaction::contract::module());
    if let Some(capability) = builder.take_capability() {
        builder = builder.module(identity.module(&capability));
    }
    Ok((stores.build(builder)?, identity))
}

fn serve(arguments: &Serve) -> Result<(), Box<dyn Error>> {
    enaction::log_to_stderr();
    let directory = DataDirectory::open(&arguments.data)?;
    let listener =
        TcpListener::bind(arguments.listen).map_err(|error| format!("listen on {}: {error}", arguments.listen))?;
    let address = listener.local_addr()?;
    let issuer = arguments.issuer.clone().unwrap_or_else(|| format!("http://{address}/identity"));
    let stores = actix_rt::System::new().block_on(arguments.store.open(&directory, StoreSettings::default()))?;
    let (application, identity) = assemble(stores, issuer)?;
    let verifier = actix_rt::System::new().block_on(async {
        identity.start(&application).await?;
        let issuers = vec![Issuer::new(identity.issuer()?, identity.keys())];
        let settings = VerifierSettings { issuers, ..VerifierSettings::default() };
        let verifier = Verifier::new(settings, Arc::new(Denylist::new()));
        verifier.refresh_all(application.now()).await;
        Ok::<_, enaction::Fault>(Arc::new(verifier))
    })?;
    let bound = Server::new(application, verifier).listen(Listen::Own(listener)).bind()?;
    writeln!(io::stdout(), "enaction-identity listens on http://{address}, issuer {}", identity.issuer()?)?;
    std::thread::Builder::new()
        .name("refresh".to_owned())
        .spawn(move || actix_rt::System::new().block_on(identity.keep_fresh()))?;
    Ok(bound.run()?)
}

fn make_first_client(data: &Path, store: &StoreArguments) -> Result<(), Box<dyn Error>> {
    let directory = DataDirectory::open(data)?;
    let made = actix_rt::System::new().block_on(async {
        // Identity is not started: that is for the first server, which knows the issuer.
        let stores = store.open(&directory, StoreSettings::default()).await?;
        let (application, _) = assemble(stores, String::new())?;
        Ok::<_, Box<dyn Error>>(bootstrap(&application).await?)
    })?;
    Ok(writeln!(io::stdout(), "client_id: {}\nclient_secret: {}", made.client_id, made.secret.reveal())?)
}
