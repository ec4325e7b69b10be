//! The payload of a token: step 10. Every known claim has its type or the token is refused; a claim of the wrong type
//! is never taken for an absent one.

use std::sync::Arc;

use enaction_core::{SubjectKind, Time, TokenKind};
use serde_json::{Map, Value};

use crate::{json, refusal::Reason};

const BYTES_MAX: usize = 3 * 1024;
const DEPTH_MAX: usize = 8;
/// The end of the year 9999: later times are mistakes, and adding to them must not overflow.
const SECONDS_MAX: i64 = 253_402_300_799;

/// The claims of either token that are known here (RFC 7519, RFC 9068, OpenID Connect Core, RFC 8693, RFC 7800).
#[derive(Clone, Debug)]
pub(crate) struct TokenClaims {
    pub(crate) iss: Arc<str>,
    pub(crate) sub: Arc<str>,
    pub(crate) aud: Vec<Arc<str>>,
    pub(crate) exp: Time,
    pub(crate) iat: Time,
    pub(crate) nbf: Option<Time>,
    pub(crate) jti: Arc<str>,
    pub(crate) token_use: Arc<str>,
    pub(crate) sub_type: Option<SubjectKind>,
    pub(crate) dev: Option<Arc<str>>,
    pub(crate) sid: Option<Arc<str>>,
    pub(crate) auth_time: Option<Time>,
    /// `azp` of an `id_token`, `client_id` of a `site_token`.
    pub(crate) client: Arc<str>,
    pub(crate) company: Option<Arc<str>>,
    pub(crate) site: Option<Arc<str>>,
    /// Absent when nothing is narrowed, empty when everything is.
    pub(crate) scope: Option<Vec<Arc<str>>>,
    pub(crate) roles: Vec<Arc<str>>,
    /// The subject of `act`: who calls, when it is not the subject of the token.
    pub(crate) actor: Option<Arc<str>>,
    pub(crate) cnf: Option<Map<String, Value>>,
}

impl TokenClaims {
    /// Reads the payload of a token whose signature holds.
    pub(crate) fn of(kind: TokenKind, payload: &[u8]) -> Result<Self, Reason> {
        if payload.len() > BYTES_MAX {
            return Err(Reason::PAYLOAD);
        }
        let members = json::object(payload, DEPTH_MAX).ok_or(Reason::PAYLOAD)?;
        Self::from_members(kind, &members).ok_or(Reason::CLAIMS)
    }

    /// The device that the session runs on; the subject itself when it is one.
    pub(crate) fn device(&self) -> Option<Arc<str>> {
        match self.sub_type {
            Some(SubjectKind::Device) => Some(self.sub.clone()),
            _ => self.dev.clone(),
        }
    }

    fn from_members(kind: TokenKind, members: &Map<String, Value>) -> Option<Self> {
        let claims = Members(members);
        let (azp, client_id) = (claims.optional("azp", text)?, claims.optional("client_id", text)?);
        let (sub_type, company) = (claims.optional("sub_type", subject_kind)?, claims.optional("company", text)?);
        let client = match kind {
            TokenKind::Id => sub_type.and(azp)?,
            TokenKind::Site => company.as_ref().and(client_id)?,
        };
        Some(Self {
            iss: claims.required("iss", text)?,
            sub: claims.required("sub", text)?,
            aud: claims.required("aud", audience)?,
            exp: claims.required("exp", time)?,
            iat: claims.required("iat", time)?,
            nbf: claims.optional("nbf", time)?,
            jti: claims.required("jti", text)?,
            token_use: claims.required("token_use", text)?,
            sub_type,
            dev: claims.optional("dev", text)?,
            sid: claims.optional("sid", text)?,
            auth_time: claims.optional("auth_time", time)?,
            client,
            company,
            site: claims.optional("site", text)?,
            scope: claims.optional("scope", scope)?,
            roles: claims.optional("roles", texts)?.unwrap_or_default(),
            actor: claims.optional("act", actor)?,
            cnf: claims.optional("cnf", |value| value.as_object().cloned())?,
        })
    }
}

/// Members by name; the outer `None` is a refusal.
struct Members<'a>(&'a Map<String, Value>);

impl Members<'_> {
    fn required<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        self.0.get(name).and_then(read)
    }

    #[expect(clippy::option_option, reason = "wrong, absent and present are three answers")]
    fn optional<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<Option<T>> {
        match self.0.get(name) {
            Some(value) => read(value).map(Some),
            None => Some(None),
        }
    }
}

/// A name: not empty, without control characters.
fn text(value: &Value) -> Option<Arc<str>> {
    value.as_str().filter(|text| !text.is_empty() && !text.chars().any(char::is_control)).map(Arc::from)
}

fn texts(value: &Value) -> Option<Vec<Arc<str>>> {
    value.as_array()?.iter().map(text).collect()
}

/// One audience or several (RFC 7519 section 4.1.3), at least one.
fn audience(value: &Value) -> Option<Vec<Arc<str>>> {
    match value {
        Value::String(_) => text(value).map(|one| vec![one]),
        _ => texts(value).filter(|several| !several.is_empty()),
    }
}

/// Whole seconds since 1970. RFC 7519 allows fractions; no issuer needs them.
fn time(value: &Value) -> Option<Time> {
    let seconds = value.as_i64().filter(|seconds| (0..=SECONDS_MAX).contains(seconds))?;
    Some(Time::from_millis(seconds * 1000))
}

fn subject_kind(value: &Value) -> Option<SubjectKind> {
    match value.as_str()? {
        "user" => Some(SubjectKind::User),
        "device" => Some(SubjectKind::Device),
        "service" => Some(SubjectKind::Service),
        _ => None,
    }
}

/// Names separated by spaces (RFC 6749 section 3.3).
fn scope(value: &Value) -> Option<Vec<Arc<str>>> {
    let text = value.as_str()?;
    let allowed = |byte: u8| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    text.bytes().all(allowed).then(|| text.split(' ').filter(|name| !name.is_empty()).map(Arc::from).collect())
}

/// RFC 8693 section 4.1: the outermost actor counts, those nested in it are history.
fn actor(value: &Value) -> Option<Arc<str>> {
    value.as_object()?.get("sub").and_then(text)
}
