//! An issuer, its keys, and tokens that can be wrong in every way.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction_core::{Fault, KeySetDocument, KeySource, Time, catalogue};
use enaction_tokens::{
    Denylist, Issuer, Pair, Refusal, SigningKey, TokenKind, Verified, Verifier, VerifierSettings, key_set_document,
};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

pub(crate) const ISSUER: &str = "https://id.example";
/// When tokens are issued, in seconds.
pub(crate) const ISSUED: i64 = 1_800_000_000;

pub(crate) fn at(seconds: i64) -> Time {
    Time::from_millis((ISSUED + seconds) * 1000)
}

/// Keys, and a verifier that trusts them.
pub(crate) struct World {
    pub(crate) id: SigningKey,
    pub(crate) site: SigningKey,
    pub(crate) source: Arc<Source>,
    pub(crate) denylist: Arc<Denylist>,
    pub(crate) verifier: Verifier,
}

impl World {
    /// Its key set is loaded.
    pub(crate) async fn new() -> Self {
        let world = Self::not_loaded(|_| {});
        world.verifier.refresh_all(at(0)).await;
        world
    }

    pub(crate) fn not_loaded(change: impl FnOnce(&mut VerifierSettings)) -> Self {
        let (id, site) = (key(TokenKind::Id), key(TokenKind::Site));
        let source = Arc::new(Source::of(&[&id, &site]));
        let denylist = Arc::new(Denylist::new());
        let issuers = vec![Issuer::new(ISSUER, Arc::clone(&source) as Arc<dyn KeySource>)];
        let mut settings = VerifierSettings { issuers, ..VerifierSettings::default() };
        change(&mut settings);
        let verifier = Verifier::new(settings, Arc::clone(&denylist));
        Self { id, site, source, denylist, verifier }
    }

    /// A good pair, to be spoilt.
    pub(crate) fn drafts(&self) -> Drafts {
        Drafts {
            id: Draft::new(
                &self.id,
                &self.site,
                json!({"alg": "ES256", "kid": self.id.kid(), "typ": "JWT"}),
                id_claims(),
            ),
            site: Draft::new(
                &self.site,
                &self.id,
                json!({"alg": "ES256", "kid": self.site.kid(), "typ": "at+jwt"}),
                site_claims(),
            ),
            now: at(0),
        }
    }

    pub(crate) async fn verify(&self, drafts: &Drafts) -> Result<Arc<Verified>, Refusal> {
        let (id, site) = (drafts.id.token(), drafts.site.token());
        self.verifier.verify(&Pair::new(&id, &site), drafts.now).await
    }

    /// `ok`, or code, token and reason of the refusal.
    pub(crate) async fn answer(&self, drafts: &Drafts) -> String {
        told(&self.verify(drafts).await)
    }
}

pub(crate) fn told<T>(answer: &Result<T, Refusal>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(refusal) => {
            format!("{} {} {}", refusal.fault().code(), refusal.token_name().unwrap_or("-"), refusal.reason())
        }
    }
}

pub(crate) fn key(kind: TokenKind) -> SigningKey {
    SigningKey::generate(kind).unwrap()
}

fn id_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "usr_1", "aud": ["pos", "urn:enaction:api"], "azp": "pos", "exp": ISSUED + 900,
        "iat": ISSUED, "nbf": ISSUED, "jti": "id_1", "token_use": "id", "sub_type": "user", "dev": "dev_1", "sid": "sid_1",
        "auth_time": ISSUED - 5, "acr": "pin",
    })
}

fn site_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "usr_1", "aud": "urn:enaction:api", "client_id": "pos", "exp": ISSUED + 300,
        "iat": ISSUED, "jti": "site_1", "token_use": "site", "company": "com_1", "site": "sit_1", "scope": "baskets.* stock.read",
        "roles": ["cashier"], "dev": "dev_1", "sid": "sid_1", "auth_time": ISSUED - 5,
    })
}

/// Both tokens before they are signed, and when they are sent.
pub(crate) struct Drafts {
    pub(crate) id: Draft,
    pub(crate) site: Draft,
    pub(crate) now: Time,
}

impl Drafts {
    pub(crate) fn of(&mut self, kind: TokenKind) -> &mut Draft {
        match kind {
            TokenKind::Id => &mut self.id,
            TokenKind::Site => &mut self.site,
        }
    }

    pub(crate) fn both(&mut self, claim: &str, value: Value) {
        self.id.claims.insert(claim.to_owned(), value.clone());
        self.site.claims.insert(claim.to_owned(), value);
    }
}

/// One token before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// In the place of the header and the claims.
    pub(crate) raw_header: Option<Vec<u8>>,
    pub(crate) raw_payload: Option<Vec<u8>>,
    pub(crate) signed_by: Signed,
    /// What is done to the text at last.
    pub(crate) finish: fn(String) -> String,
    /// The name of the key that signs the other kind.
    pub(crate) other_kid: String,
}

#[derive(Clone)]
pub(crate) enum Signed {
    By(SigningKey),
    /// HMAC with the public key as the secret.
    WithPublicKey(SigningKey),
    Not,
}

impl Draft {
    fn new(key: &SigningKey, other: &SigningKey, header: Value, claims: Value) -> Self {
        let object = |value: Value| value.as_object().cloned().unwrap();
        Self {
            header: object(header),
            claims: object(claims),
            raw_header: None,
            raw_payload: None,
            signed_by: Signed::By(key.clone()),
            finish: |text| text,
            other_kid: other.kid().to_owned(),
        }
    }

    pub(crate) fn set(&mut self, claim: &str, value: Value) {
        self.claims.insert(claim.to_owned(), value);
    }

    pub(crate) fn without(&mut self, claim: &str) {
        self.claims.remove(claim);
    }

    pub(crate) fn head(&mut self, member: &str, value: Value) {
        self.header.insert(member.to_owned(), value);
    }

    pub(crate) fn raw(&mut self, change: impl FnOnce(String) -> String) {
        self.raw_payload = Some(change(json!(self.claims).to_string()).into_bytes());
    }

    pub(crate) fn token(&self) -> Vec<u8> {
        let header = self.raw_header.clone().unwrap_or_else(|| json!(self.header).to_string().into_bytes());
        let payload = self.raw_payload.clone().unwrap_or_else(|| json!(self.claims).to_string().into_bytes());
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = match &self.signed_by {
            Signed::By(key) => {
                let key = EncodingKey::from_ec_der(&key.to_pkcs8().unwrap());
                jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::ES256).unwrap()
            }
            Signed::WithPublicKey(key) => {
                let secret = EncodingKey::from_secret(key.public_jwk().to_string().as_bytes());
                jsonwebtoken::crypto::sign(signed.as_bytes(), &secret, Algorithm::HS256).unwrap()
            }
            Signed::Not => String::new(),
        };
        (self.finish)(format!("{signed}.{signature}")).into_bytes()
    }
}

/// A key source whose answer a test sets, counts and holds back.
pub(crate) struct Source {
    answer: Mutex<Result<KeySetDocument, Fault>>,
    pub(crate) fetches: AtomicUsize,
    held: AtomicBool,
    gate: Semaphore,
}

impl Source {
    pub(crate) fn of(keys: &[&SigningKey]) -> Self {
        Self {
            answer: Mutex::new(Ok(document(keys))),
            fetches: AtomicUsize::new(0),
            held: AtomicBool::new(false),
            gate: Semaphore::new(0),
        }
    }

    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        *self.answer.lock().unwrap() = Ok(document(keys));
    }

    pub(crate) fn publish_text(&self, text: &str) {
        *self.answer.lock().unwrap() = Ok(KeySetDocument { json: text.as_bytes().into() });
    }

    pub(crate) fn fail(&self) {
        *self.answer.lock().unwrap() = Err(catalogue::KEYS_UNAVAILABLE.fault());
    }

    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    pub(crate) fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
        self.gate.add_permits(1000);
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl KeySource for Source {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        if self.held.load(Ordering::SeqCst) {
            self.gate.acquire().await.unwrap().forget();
        }
        self.answer.lock().unwrap().clone()
    }
}

fn document(keys: &[&SigningKey]) -> KeySetDocument {
    key_set_document(keys.iter().map(|key| key.public_jwk()))
}
