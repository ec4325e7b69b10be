//! A server with a shop behind it, and a caller who may do everything.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use enaction_core::{
    Application, Clock as _, Fault, KeySetDocument, KeySource, Policy, PolicySource, Result, SystemClock, Time,
    TokenKind, limits::Limits,
};
use enaction_rest::{Handle, Server};
use enaction_stores::MemoryStore;
use enaction_tokens::{Denylist, Issuer, SigningKey, Verifier, VerifierSettings, key_set_document};
use serde_json::{Value, json};

use crate::{
    raw::{Raw, Reply, request},
    shop,
};

const ISSUER: &str = "https://id.example";
pub(crate) const PUBLIC: &str = "https://api.example/pos";

/// A running server.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    pub(crate) application: Arc<Application>,
    pub(crate) id_token: String,
    pub(crate) site_token: String,
    id: SigningKey,
    site: SigningKey,
    pub(crate) thread: Option<JoinHandle<std::io::Result<()>>>,
}

/// The server that most tests share.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(|_| {}))
}

impl World {
    pub(crate) fn new(change: impl FnOnce(&mut Limits)) -> Self {
        Self::with(change, Server::without_signals)
    }

    pub(crate) fn with(change: impl FnOnce(&mut Limits), serve: impl FnOnce(Server) -> Server) -> Self {
        let (id, site) = (key(TokenKind::Id), key(TokenKind::Site));
        let published = Published(key_set_document([id.public_jwk(), site.public_jwk()]));
        let issuers = vec![Issuer::new(ISSUER, Arc::new(published))];
        let settings = VerifierSettings { issuers, ..VerifierSettings::default() };
        let verifier = Arc::new(Verifier::new(settings, Arc::new(Denylist::new())));
        let mut limits = Limits::default();
        change(&mut limits);
        let application = Application::builder().policies(Arc::new(Policies)).limits(limits).module(shop::module());
        let application = application.build(Arc::new(MemoryStore::new())).unwrap();
        let server =
            Server::new(Arc::clone(&application), verifier).listen("127.0.0.1:0").public_base(PUBLIC).workers(2);
        let bound = serve(server).bind().unwrap();
        let (address, handle) = (bound.addresses()[0], bound.handle());
        let thread = Some(std::thread::spawn(move || bound.run()));
        let mut world =
            Self { address, handle, application, id_token: String::new(), site_token: String::new(), id, site, thread };
        (world.id_token, world.site_token) = world.tokens(json!({}));
        while world.plain("GET /health/ready").status != 200 {
            std::thread::sleep(Duration::from_millis(10));
        }
        world
    }

    /// A pair whose `site_token` also says this.
    pub(crate) fn tokens(&self, more: Value) -> (String, String) {
        let now = now();
        let id = json!({
            "iss": ISSUER, "sub": "usr_1", "aud": ["pos", "urn:enaction:api"], "azp": "pos", "exp": now + 900,
            "iat": now, "jti": "i", "token_use": "id", "sub_type": "user", "sid": "s",
        });
        let mut site = json!({
            "iss": ISSUER, "sub": "usr_1", "aud": "urn:enaction:api", "client_id": "pos", "exp": now + 300,
            "iat": now, "jti": "t", "token_use": "site", "company": "acme", "site": "0001", "roles": ["all"], "sid": "s",
        });
        for (name, value) in more.as_object().unwrap() {
            site[name] = value.clone();
        }
        (self.id.sign(&id).unwrap(), self.site.sign(&site).unwrap())
    }

    pub(crate) fn connect(&self) -> Raw {
        Raw::to(self.address)
    }

    /// The bytes of a request with both tokens.
    pub(crate) fn signed(&self, line: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let tokens = [("Id-Token", self.id_token.as_str()), ("Site-Token", self.site_token.as_str())];
        request(line, &[&tokens, fields].concat(), body)
    }

    /// One request on a connection of its own.
    pub(crate) fn exchange(&self, bytes: &[u8]) -> Reply {
        let mut connection = self.connect();
        connection.send(bytes);
        connection.receive(bytes.starts_with(b"HEAD ")).unwrap()
    }

    /// A request without tokens.
    pub(crate) fn plain(&self, line: &str) -> Reply {
        self.exchange(&request(line, &[], b""))
    }

    /// A request with both tokens and no body.
    pub(crate) fn ask(&self, line: &str) -> Reply {
        self.exchange(&self.signed(line, &[], b""))
    }

    /// A request with both tokens and a JSON body.
    pub(crate) fn tell(&self, line: &str, body: &Value) -> Reply {
        self.exchange(&self.signed(line, &[("Content-Type", "application/json")], body.to_string().as_bytes()))
    }
}

/// The time, as tokens count it.
pub(crate) fn now() -> i64 {
    SystemClock.now().seconds()
}

fn key(kind: TokenKind) -> SigningKey {
    SigningKey::generate(kind).unwrap()
}

struct Published(KeySetDocument);

#[async_trait]
impl KeySource for Published {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        Ok(self.0.clone())
    }
}

struct Policies;

#[async_trait]
impl PolicySource for Policies {
    /// What was issued more than ten minutes ago is revoked.
    fn cached(&self, _: &str) -> Option<Arc<Policy>> {
        let revoked = [("usr_1".to_owned(), Time::from_millis((now() - 600) * 1000))].into();
        Some(Arc::new(Policy {
            roles: [("all".to_owned(), vec!["*".to_owned()])].into(),
            revoked,
            ..Policy::default()
        }))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>> {
        Ok(self.cached(company).unwrap())
    }
}
