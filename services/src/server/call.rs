//! `enaction call`: a process by name, without HTTP.

use std::error::Error;

use enaction::{DataDirectory, DataDirectoryError, StoreSettings};

use super::{
    cli,
    development::Credentials,
    installation::Installation,
    local::{self, Request, Response},
    routes::print,
};

/// Runs a process: through the socket of the server that holds the data directory, else on the store itself.
pub(super) fn call(arguments: &cli::Call) -> Result<(), Box<dyn Error>> {
    let who = &arguments.who;
    let request = Request {
        process: arguments.process.clone(),
        parameters: arguments.parameters.clone(),
        company: who.company.clone(),
        site: who.site.clone(),
        subject: who.subject.clone(),
    };
    let credentials = Credentials::read(&who.data)?;
    let response = match DataDirectory::open(&who.data) {
        Ok(directory) => {
            // The installation is dropped out here, where its store can be closed.
            let (response, _installation) = actix_rt::System::new().block_on(async {
                let stores = arguments.store.open(&directory, StoreSettings::default()).await?;
                let installation = Installation::start(stores, "").await?.with_credentials(Some(credentials));
                // Nobody else does it while this program holds the directory.
                installation.application.maintain().await?;
                Ok::<_, Box<dyn Error>>((installation.call(&request).await, installation))
            })?;
            response
        }
        Err(DataDirectoryError::Locked(_)) => local::call(&who.data, &request)?,
        Err(error) => return Err(error.into()),
    };
    match response {
        Response::Value(value) => print(&serde_json::to_string_pretty(&value)?),
        Response::Fault(problem) => {
            Err(format!("call {}: {}", request.process, serde_json::to_string_pretty(&problem)?).into())
        }
    }
}
