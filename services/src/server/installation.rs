//! The application of the server: identity, baskets and catalogue over one store.

use std::{error::Error, sync::Arc};

use enaction::{
    Application, Caller, Fault, Mistakes, Stores,
    processes::Output,
    tokens::{Denylist, Issuer, Pair, Verifier, VerifierSettings},
};
use enaction_identity::{Identity, Settings};
use serde_json::{Map, Value, json};

use crate::{baskets, catalogue};

use super::{
    cli::Who,
    development::{self, Credentials},
    local::{Request, Response},
};

/// What runs in the server.
pub(super) struct Installation {
    pub(super) application: Arc<Application>,
    pub(super) identity: Arc<Identity>,
    pub(super) verifier: Arc<Verifier>,
    credentials: Option<Credentials>,
}

/// Puts the modules together.
pub(super) fn assemble(stores: Stores, issuer: &str) -> Result<(Arc<Application>, Arc<Identity>), Mistakes> {
    let mut builder = Application::builder();
    let identity = Identity::new(Settings::new(issuer));
    let builder = match builder.take_capability() {
        Some(capability) => builder.module(identity.module(&capability)),
        None => builder,
    };
    let builder = builder
        .policies(identity.policies())
        .module(enaction::contract::module())
        .module(catalogue::module())
        .module(baskets::module());
    Ok((stores.build(builder)?, identity))
}

impl Installation {
    /// Assembles the application and starts identity: keys and issuer are made when the store has none.
    pub(super) async fn start(stores: Stores, issuer: &str) -> Result<Self, Box<dyn Error>> {
        let (application, identity) = assemble(stores, issuer)?;
        identity.start(&application).await?;
        let issuers = vec![Issuer::new(identity.issuer()?, identity.keys())];
        let token_chars_max = application.limits.token_chars_max;
        let settings = VerifierSettings { issuers, token_chars_max, ..VerifierSettings::default() };
        let verifier = Arc::new(Verifier::new(settings, Arc::new(Denylist::new())));
        verifier.refresh_all(application.now()).await;
        Ok(Self { application, identity, verifier, credentials: None })
    }

    /// With the credentials of development data, anyone in it can be called for.
    pub(super) fn with_credentials(mut self, credentials: Option<Credentials>) -> Self {
        self.credentials = credentials;
        self
    }

    /// Calls a process by name for someone of the development data.
    pub(super) async fn call(&self, request: &Request) -> Response {
        let caller = match self.caller(request).await {
            Ok(caller) => caller,
            Err(error) => return Response::Fault(json!({ "title": error.to_string() })),
        };
        match self.application.call(&request.process, caller, request.parameters.as_bytes()).await {
            Ok(output) => Response::Value(value(&output)),
            Err(fault) => Response::Fault(problem(&fault)),
        }
    }

    async fn caller(&self, request: &Request) -> Result<Caller, Box<dyn Error>> {
        let credentials = self.credentials.as_ref().ok_or("find development credentials: there are none")?;
        let who = Who {
            data: Default::default(),
            company: request.company.clone(),
            site: request.site.clone(),
            subject: request.subject.clone(),
        };
        let post = async |form: &[(&str, &str)]| -> Result<Value, Box<dyn Error>> {
            let form: serde_json::Map<String, Value> =
                form.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
            let client = json!({
                "clientId": credentials.client_id, "clientSecret": credentials.client_secret, "method": "post",
            });
            let parameters = json!({ "client": client, "request": form }).to_string();
            let answer = self.application.call_public("identity.token", parameters.as_bytes()).await?;
            Ok(value(&answer))
        };
        let (id_token, site_token) = development::tokens(credentials, &who, post).await?;
        let pair = Pair::new(&id_token, &site_token);
        let verified =
            self.verifier.verify(&pair, self.application.now()).await.map_err(|refusal| refusal.to_string())?;
        Ok(verified.caller().clone())
    }
}

fn value(output: &Output) -> Value {
    output.json().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default()
}

/// A fault as its problem document would say it.
fn problem(fault: &Fault) -> Value {
    let mut problem = Map::new();
    problem.insert("code".to_owned(), fault.code().into());
    problem.insert("title".to_owned(), fault.entry().title.into());
    problem.insert("status".to_owned(), fault.kind().status().into());
    if let Some(detail) = fault.detail() {
        problem.insert("detail".to_owned(), detail.into());
    }
    if !fault.violations().is_empty() {
        problem.insert("violations".to_owned(), json!(fault.violations()));
    }
    Value::Object(problem)
}
