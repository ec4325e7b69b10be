//! An installation with development data, and callers whose tokens it issued.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use enaction::{
    Application, Caller, Clock, Fault, KeySource, Result, Time,
    processes::Output,
    stores::MemoryStore,
    tokens::{Denylist, Issuer, Pair, Refusal, Verifier, VerifierSettings},
};
use enaction_identity::{Identity, Settings, development};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "http://127.0.0.1:8080/identity";
pub(crate) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub(crate) const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A clock that a test sets.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Id and secret of a client.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Credentials {
    pub(crate) fn of(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        Self { id: text("clientId"), secret: text("secret") }
    }
}

pub(crate) struct World {
    pub(crate) application: Arc<Application>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) development: Credentials,
    pub(crate) verifier: Arc<Verifier>,
}

/// An installation on a store, not started.
pub(crate) fn installation(
    store: &Arc<MemoryStore>,
    issuer: &str,
) -> (Arc<Application>, Arc<Identity>, Arc<TestClock>) {
    let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000)));
    let identity = Identity::new(Settings::new(issuer));
    let mut builder = Application::builder().policies(identity.policies()).clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let capability = builder.take_capability().unwrap();
    let builder = builder.module(identity.module(&capability)).module(enaction::contract::module());
    let application = builder.build(Arc::clone(store) as Arc<dyn enaction::store::Store>).unwrap();
    (application, identity, clock)
}

impl World {
    /// A started installation without any data.
    pub(crate) async fn bare() -> Self {
        let (application, identity, clock) = installation(&Arc::default(), ISSUER);
        identity.start(&application).await.unwrap();
        let issuers = vec![Issuer::new(identity.issuer().unwrap(), Arc::clone(&identity) as Arc<dyn KeySource>)];
        let settings = VerifierSettings { issuers, ..VerifierSettings::default() };
        let verifier = Arc::new(Verifier::new(settings, Arc::new(Denylist::new())));
        verifier.refresh_all(clock.now()).await;
        let development = Credentials { id: "none".into(), secret: "none".into() };
        Self { application, identity, clock, development, verifier }
    }

    /// One with development data.
    pub(crate) async fn new() -> Self {
        let mut world = Self::bare().await;
        let client = development(&world.application).await.unwrap().client;
        world.development = Credentials { id: client.client_id, secret: client.secret.unwrap().reveal().to_owned() };
        world
    }

    /// Runs a process as the token endpoint and the others are run: without a caller.
    pub(crate) async fn public(&self, name: &str, parameters: Value) -> Result<Value> {
        let output = self.application.call_public(name, parameters.to_string().as_bytes()).await?;
        Ok(output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap()))
    }

    /// A token request of a client.
    pub(crate) async fn token(&self, client: &Credentials, request: Value) -> Result<Value> {
        let client = json!({ "clientId": client.id, "clientSecret": client.secret, "method": "basic" });
        self.public("identity.token", json!({ "client": client, "request": request })).await
    }

    /// The `id_token` of the development client itself.
    pub(crate) async fn own_id_token(&self, client: &Credentials) -> Result<String> {
        let answer = self.token(client, json!({ "grant_type": "client_credentials", "scope": "openid" })).await?;
        Ok(answer["id_token"].as_str().unwrap().to_owned())
    }

    /// The `id_token` of a person or a device, through the development client.
    pub(crate) async fn id_token(&self, subject: &str) -> Result<String> {
        let own = self.own_id_token(&self.development).await?;
        let answer = self.impersonate(&self.development, &own, subject).await?;
        Ok(answer["access_token"].as_str().unwrap().to_owned())
    }

    /// Asks with an own `id_token` for that of somebody else.
    pub(crate) async fn impersonate(&self, client: &Credentials, own: &str, subject: &str) -> Result<Value> {
        let request = json!({
            "grant_type": EXCHANGE, "subject_token": own, "subject_token_type": ID_TOKEN,
            "requested_token_type": ID_TOKEN, "requested_subject": subject,
        });
        self.token(client, request).await
    }

    /// Exchanges an `id_token` of the development client for a `site_token`.
    pub(crate) async fn enter(&self, id_token: &str, company: &str, more: Value) -> Result<Value> {
        let mut request = json!({
            "grant_type": EXCHANGE, "subject_token": id_token, "subject_token_type": ID_TOKEN, "company": company,
        });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.token(&self.development, request).await
    }

    pub(crate) async fn verify(&self, id: &str, site: &str) -> std::result::Result<Caller, Refusal> {
        let verified = self.verifier.verify(&Pair::new(id, site), self.clock.now()).await?;
        Ok(verified.caller().clone())
    }

    /// A caller by tokens of this installation: `cashier@acme` for all of acme.
    pub(crate) async fn caller(&self, subject: &str) -> Caller {
        let (_, company) = subject.split_once('@').unwrap();
        self.caller_at(subject, company, json!({})).await
    }

    pub(crate) async fn caller_at(&self, subject: &str, company: &str, more: Value) -> Caller {
        let id = self.id_token(subject).await.unwrap();
        let site = self.enter(&id, company, more).await.unwrap();
        self.verify(&id, site["access_token"].as_str().unwrap()).await.unwrap()
    }

    /// Runs a process by name for a caller.
    pub(crate) async fn call(&self, caller: &Caller, name: &str, parameters: Value) -> Result<Value> {
        let output = self.output(caller, name, parameters).await?;
        Ok(output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap()))
    }

    pub(crate) async fn output(&self, caller: &Caller, name: &str, parameters: Value) -> Result<Output> {
        self.application.call(name, caller.clone(), parameters.to_string().as_bytes()).await
    }

    /// The id of the only item of a collection whose member has this value.
    pub(crate) async fn id_of(&self, caller: &Caller, collection: &str, member: &str, value: &str) -> String {
        let page = self.call(caller, &format!("{collection}.list"), json!({})).await.unwrap();
        let found: Vec<&Value> =
            page["items"].as_array().unwrap().iter().filter(|item| item[member] == value).collect();
        assert_eq!(found.len(), 1, "{collection} with {member} {value}");
        found[0]["id"].as_str().unwrap().to_owned()
    }

    /// A new client of acme with a secret, and memberships in the given roles at all sites.
    pub(crate) async fn client(&self, kind: &str, roles: &[&str]) -> Credentials {
        let admin = self.caller("administrator@acme").await;
        let client =
            self.call(&admin, "clients.create", json!({ "name": "till program", "kind": kind })).await.unwrap();
        let secret = self.call(&admin, "clients.secret", json!({ "id": client["id"] })).await.unwrap();
        if !roles.is_empty() {
            let membership = json!({ "subject": client["id"], "roles": roles });
            self.call(&admin, "memberships.create", membership).await.unwrap();
        }
        Credentials::of(&secret)
    }
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// The code of a fault, with the pointers of its violations.
pub(crate) fn told(fault: &Fault) -> (String, Vec<String>) {
    (fault.code().to_owned(), fault.violations().iter().map(|one| one.pointer.clone()).collect())
}

/// The code of a refused call; `ok` for one that was not.
pub(crate) fn code<T>(result: &Result<T>) -> &str {
    result.as_ref().err().map_or("ok", Fault::code)
}
