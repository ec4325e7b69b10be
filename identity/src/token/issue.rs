//! Signing the two tokens.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction::{
    Secret, catalogue,
    prelude::*,
    tokens::{API_AUDIENCE, SigningKey},
};
use serde::Serialize;

use super::{scope::Scope, target::Target};
use crate::{
    INVALID_TARGET,
    handle::Identity,
    keys::Keys,
    revocation,
    subject::{Subject, kind_name},
};

/// How long an `id_token` lives.
pub(super) const ID_TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long a `site_token` lives, unless a membership that it rests on ends before.
pub(crate) const SITE_TOKEN_LIFE: Duration = Duration::from_secs(5 * 60);

/// What the two tokens of one caller have in common.
pub(crate) struct Session<'a> {
    pub(super) client: &'a str,
    pub(super) subject: &'a Subject,
    /// Its name; drawn where it begins.
    pub(super) sid: Option<String>,
    pub(super) device: Option<String>,
}

/// The claims of an `id_token` (OpenID Connect Core section 2, RFC 7519): no more of a person than the id.
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: [&'a str; 2],
    azp: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    token_use: &'static str,
    sub_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dev: Option<&'a str>,
}

/// The claims of a `site_token` (RFC 9068 section 2.2). Names of roles, not their permissions: those are the policy's.
#[derive(Serialize)]
struct SiteClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    token_use: &'static str,
    company: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dev: Option<&'a str>,
}

impl<'a> Session<'a> {
    /// A new session of a subject with a client.
    pub(super) fn begin(cx: &ReadContext, client: &'a str, subject: &'a Subject) -> Self {
        let device = subject.own_device().map(str::to_owned);
        Self { client, subject, sid: Some(random_name(cx)), device }
    }

    /// An `id_token` that its client and the platform may read.
    pub(super) fn id_token(&self, cx: &ReadContext) -> Result<Secret> {
        let keys = keys(cx)?;
        let claims = IdClaims {
            iss: &keys.issuer,
            sub: &self.subject.id,
            aud: [self.client, API_AUDIENCE],
            azp: self.client,
            iat: cx.now().seconds(),
            exp: cx.now().plus(ID_TOKEN_LIFE).seconds(),
            jti: random_name(cx),
            sid: self.sid.as_deref(),
            token_use: "id",
            sub_type: kind_name(self.subject.kind),
            dev: self.device.as_deref(),
        };
        sign(&keys.id, &claims)
    }

    /// A `site_token` for one place, and for how many seconds it holds.
    pub(super) async fn site_token(&self, cx: &ReadContext, target: &Target, scope: &Scope) -> Result<(Secret, i64)> {
        let keys = keys(cx)?;
        let names = [Some(&*self.subject.id), Some(self.client), self.device.as_deref()];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let issued = revocation::issued(cx, &target.company, &names).await?;
        let ends = issued.plus(SITE_TOKEN_LIFE);
        let ends = target.until.map_or(ends, |until| until.min(ends));
        if ends.seconds() <= issued.seconds() {
            return Err(INVALID_TARGET.into());
        }
        let claims = SiteClaims {
            iss: &keys.issuer,
            sub: &self.subject.id,
            aud: API_AUDIENCE,
            client_id: self.client,
            iat: issued.seconds(),
            exp: ends.seconds(),
            jti: random_name(cx),
            sid: self.sid.as_deref(),
            token_use: "site",
            company: &target.company,
            site: target.site.as_deref(),
            roles: &target.roles,
            scope: scope.claim(),
            dev: self.device.as_deref(),
        };
        Ok((sign(&keys.site, &claims)?, ends.seconds() - cx.now().seconds()))
    }
}

fn keys(cx: &ReadContext) -> Result<Arc<Keys>> {
    cx.provided::<Identity>()?.ring().keys()
}

fn random_name(cx: &ReadContext) -> String {
    URL_SAFE_NO_PAD.encode(cx.random())
}

fn sign(key: &SigningKey, claims: &impl Serialize) -> Result<Secret> {
    key.sign(claims).map(Secret::new).map_err(|error| {
        tracing::error!(%error, "a token can not be signed");
        catalogue::INTERNAL.because("a token can not be signed")
    })
}

/// A life in whole seconds, as answers have it.
pub(super) fn seconds(life: Duration) -> i64 {
    i64::try_from(life.as_secs()).unwrap_or(i64::MAX)
}
