//! Who calls: the pair of tokens, verified once and then remembered while it is valid.

use std::{
    future::{Ready, ready},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::{ErrorInternalServerError, ErrorUnauthorized},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    web::Data,
};
use dashmap::DashMap;
use enaction::{
    PolicySource as _, Time,
    tokens::{Pair, Verifier},
};
use foldhash::fast::RandomState;
use futures_util::future::{Either, LocalBoxFuture};

use crate::world::World;

use super::State;

static ID_TOKEN: HeaderName = HeaderName::from_static("id_token");
static SITE_TOKEN: HeaderName = HeaderName::from_static("site_token");

/// A caller whose tokens held.
pub(super) struct Session {
    id_token: Box<[u8]>,
    expires_ms: i64,
    permissions: Vec<String>,
    pub(super) subject: Arc<str>,
    pub(super) company: Arc<str>,
    pub(super) site: String,
    pub(super) currency: String,
    pub(super) device: Option<String>,
}

impl Session {
    pub(super) fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| match held.strip_suffix(".*") {
            Some(prefix) => permission.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
            None => held == permission,
        })
    }
}

/// The sessions that are known, by `site_token`.
pub(super) struct Sessions {
    world: Arc<World>,
    verifier: Verifier,
    known: DashMap<Box<[u8]>, Arc<Session>, RandomState>,
}

fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

impl Sessions {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { verifier: world.verifier(), world, known: DashMap::default() }
    }

    pub(super) async fn load_keys(&self) {
        self.verifier.refresh_all(Time::from_millis(now_ms())).await;
    }

    fn known(&self, id_token: &[u8], site_token: &[u8]) -> Option<Arc<Session>> {
        let session = self.known.get(site_token)?;
        (*session.id_token == *id_token && now_ms() <= session.expires_ms).then(|| Arc::clone(&session))
    }

    /// The same rules as ours, by the same crate: how long it takes is not what is compared.
    async fn verify(&self, id_token: &[u8], site_token: &[u8]) -> Option<Arc<Session>> {
        let verified =
            self.verifier.verify(&Pair::new(id_token, site_token), Time::from_millis(now_ms())).await.ok()?;
        let caller = verified.caller();
        let policy = self.world.cached(&caller.company)?;
        let site = caller.site.as_deref()?;
        let session = Arc::new(Session {
            id_token: id_token.into(),
            expires_ms: verified.expires().millis(),
            permissions: caller.roles.iter().filter_map(|role| policy.roles.get(&**role)).flatten().cloned().collect(),
            subject: Arc::clone(&caller.subject),
            company: Arc::clone(&caller.company),
            site: site.to_owned(),
            currency: policy.sites.get(site)?.currency.clone(),
            device: caller.device.as_deref().map(str::to_owned),
        });
        self.known.insert(site_token.into(), Arc::clone(&session));
        Some(session)
    }
}

/// Who calls, for a handler.
pub(super) struct Caller(pub(super) Arc<Session>);

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = Either<Ready<Result<Self, Self::Error>>, LocalBoxFuture<'static, Result<Self, Self::Error>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        match find(request) {
            Ok(Some(session)) => Either::Left(ready(Ok(Self(session)))),
            Ok(None) => {
                let request = request.clone();
                Either::Right(Box::pin(async move {
                    let (id_token, site_token) = tokens(request.headers())?;
                    let session = state(&request)?.sessions.verify(id_token, site_token).await;
                    session.map(Self).ok_or_else(|| ErrorUnauthorized("the tokens do not hold"))
                }))
            }
            Err(error) => Either::Left(ready(Err(error))),
        }
    }
}

fn state(request: &HttpRequest) -> Result<&Data<State>, actix_web::Error> {
    request.app_data::<Data<State>>().ok_or_else(|| ErrorInternalServerError("no state"))
}

fn find(request: &HttpRequest) -> Result<Option<Arc<Session>>, actix_web::Error> {
    let (id_token, site_token) = tokens(request.headers())?;
    Ok(state(request)?.sessions.known(id_token, site_token))
}

fn tokens(headers: &HeaderMap) -> Result<(&[u8], &[u8]), actix_web::Error> {
    let token = |name: &HeaderName| {
        let mut all = headers.get_all(name);
        let token = all.next().map(HeaderValue::as_bytes).filter(|token| token.len() <= 4096);
        token.filter(|_| all.next().is_none()).ok_or_else(|| ErrorUnauthorized("two tokens are needed"))
    };
    Ok((token(&ID_TOKEN)?, token(&SITE_TOKEN)?))
}
