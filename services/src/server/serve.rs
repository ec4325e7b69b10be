//! `enaction serve`: opens the data directory, starts identity and the services, and listens.

use std::{
    error::Error,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use enaction::{
    DataDirectory, StoreArguments, StoreLocation, StoreSettings,
    rest::{Listen, Server},
    store::Store,
};

use enaction_identity::{DevelopmentClient, development_client};

use super::{
    beside::Beside,
    cli,
    development::{self, CREDENTIALS, Company, Credentials},
    installation::{Installation, assemble},
    local::SOCKET,
    routes::print,
};

/// The file that tells where the running server listens.
pub(super) const ADDRESS: &str = "address";

/// Stands in the data directory while development data is being made, so that a start that was cut short is taken up.
const MAKING: &str = "development.making";

/// Serves until SIGTERM or Ctrl-C.
pub(super) fn serve(arguments: &cli::Serve, settings: StoreSettings) -> Result<(), Box<dyn Error>> {
    enaction::log_to_stderr();
    let directory = DataDirectory::open(&arguments.data)?;
    let listener =
        TcpListener::bind(arguments.listen).map_err(|error| format!("listen on {}: {error}", arguments.listen))?;
    let address = listener.local_addr()?;
    let issuer = arguments.issuer.clone().unwrap_or_else(|| format!("http://{address}/identity"));
    let wanted = address.ip().is_loopback() && !arguments.bare;
    let (installation, develop) = actix_rt::System::new().block_on(async {
        let stores = arguments.store.open(&directory, settings).await?;
        let develop = wanted && (holds_nothing(&*stores.store).await? || directory.file(MAKING).exists());
        if develop {
            // Before anything is in the store: from then on it looks as if it had been served.
            directory.write(MAKING, b"")?;
        }
        let installation = Installation::start(stores, &issuer).await?;
        if develop {
            let credentials = make_development_data(&installation).await?;
            directory.write(CREDENTIALS, &serde_json::to_vec_pretty(&credentials)?)?;
            directory.remove(MAKING)?;
        }
        Ok::<_, Box<dyn Error>>((installation, develop))
    })?;
    let credentials = directory.file(CREDENTIALS).exists().then(|| Credentials::read(directory.path())).transpose()?;
    let installation = Arc::new(installation.with_credentials(credentials.clone()));

    let mut server = Server::new(Arc::clone(&installation.application), Arc::clone(&installation.verifier));
    if let Some(workers) = arguments.workers {
        server = server.workers(workers);
    }
    let bound = server.listen(Listen::Own(listener)).bind()?;
    directory.write(ADDRESS, format!("http://{address}").as_bytes())?;
    let beside = Beside::start(directory.file(SOCKET), Arc::clone(&installation))?;
    print(&welcome(arguments, address, credentials.as_ref(), develop))?;
    bound.run()?;
    beside.stop();
    // The last hold on the store: it is closed, not just left.
    drop(installation);
    Ok(())
}

async fn holds_nothing(store: &dyn Store) -> Result<bool, Box<dyn Error>> {
    Ok(store.scopes(None, 1).await?.is_empty())
}

/// Prints a client that may make the first company of a real installation.
pub(super) fn bootstrap(data: &Path, store: &StoreArguments) -> Result<(), Box<dyn Error>> {
    let directory = DataDirectory::open(data)?;
    let (made, application) = actix_rt::System::new().block_on(async {
        let stores = store.open(&directory, StoreSettings::default()).await?;
        // Identity is not started: that is for the first server, which knows the issuer.
        let (application, _) = assemble(stores, "")?;
        application.maintain().await?;
        Ok::<_, Box<dyn Error>>((enaction_identity::bootstrap(&application).await?, application))
    })?;
    drop(application);
    print(&format!("client_id: {}\nclient_secret: {}", made.client_id, made.secret.reveal()))
}

/// Identity's development data, and a catalogue for each of its companies.
async fn make_development_data(installation: &Installation) -> Result<Credentials, Box<dyn Error>> {
    installation.application.maintain().await?;
    let made = enaction_identity::development(&installation.application).await?;
    let companies = made.companies.iter().map(|one| Company {
        id: one.id.clone(),
        code: one.code.clone(),
        sites: one.sites.iter().map(|site| site.code.clone()).collect(),
    });
    let companies: Vec<Company> = companies.collect();
    development::catalogues(&installation.application, &companies).await?;
    let client = match made.client {
        // The client was made by a start that was cut short before its secret was kept.
        DevelopmentClient { secret: None, .. } => development_client(&installation.application).await?,
        client => client,
    };
    let client_secret = client.secret.ok_or("make development data: the client has no secret")?.reveal().to_owned();
    Ok(Credentials { client_id: client.client_id, client_secret, companies })
}

/// What the server prints when it listens.
fn welcome(arguments: &cli::Serve, address: SocketAddr, development: Option<&Credentials>, made: bool) -> String {
    let data = arguments.data.display();
    let mut text = format!("enaction listens on http://{address}, data in {data}\n");
    let Some(development) = development else { return text + &first_company(arguments) };
    if made {
        text.push_str("made development data:\n");
        for company in &development.companies {
            let (code, sites) = (&company.code, company.sites.join(", "));
            text.push_str(&format!(
                "  company {code}, sites {sites}: cashier, manager, device till-1, and a catalogue of products\n"
            ));
        }
    }
    text.push_str(&commands(arguments, address));
    text
}

/// How a real installation begins.
fn first_company(arguments: &cli::Serve) -> String {
    let (program, data) = (program(), absolute(arguments));
    let with = match arguments.store.location {
        StoreLocation::File => "",
        _ => ", with the same ENACTION_STORE",
    };
    format!(
        "\nno development data; stop the server and make a client for the first company{with}:\n\n\
         \x20   {program} identity bootstrap --data {data}\n"
    )
}

fn program() -> String {
    std::env::current_exe().map_or_else(|_| "enaction".to_owned(), |path| path.display().to_string())
}

fn absolute(arguments: &cli::Serve) -> String {
    std::path::absolute(&arguments.data).unwrap_or_else(|_| arguments.data.clone()).display().to_string()
}

/// Commands to paste into another terminal, which sell a basket.
fn commands(arguments: &cli::Serve, address: SocketAddr) -> String {
    let (program, data) = (program(), absolute(arguments));
    let base = format!("http://{address}");
    let json = "-H 'content-type: application/json'";
    format!(
        "\nsell a basket (paste into another terminal):\n\n\
         \x20   {program} token --data {data} > headers\n\
         \x20   basket={base}$(curl -sS -i -H @headers {json} -d '{{\"basketType\":\"BASKET\"}}' {base}/baskets | tr -d '\\r' | sed -n 's/^location: //Ip')\n\
         \x20   curl -sS -H @headers {json} -d '{{\"itemId\":\"1001\",\"quantity\":2}}' $basket/items; echo\n\
         \x20   curl -sS -H @headers {json} -d '{{\"itemId\":\"1401\"}}' $basket/items; echo\n\
         \x20   curl -sS -X PATCH -H @headers {json} -d 3 $basket/items/1/quantity; echo\n\
         \x20   curl -sS -X POST -H @headers $basket/submit; echo\n"
    )
}
