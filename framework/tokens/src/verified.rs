//! A pair that held.

use std::sync::{Arc, atomic::AtomicU64};

use enaction_core::{Caller, Time, TokenKind};

use crate::{DenyKind, Denylist, Key, claims::TokenClaims, pair::Both};

/// Both tokens of a request, verified: who calls, until when that may be believed, and what the denylist and the log
/// need.
#[derive(Debug)]
pub struct Verified {
    pub(crate) caller: Caller,
    pub(crate) expires: Time,
    pub(crate) on_behalf_of: Option<Arc<str>>,
    pub(crate) facts: Both<TokenFacts>,
    pub(crate) keys: Both<IssuerKey>,
    /// The generation of the denylist at which nothing of this pair was on it.
    pub(crate) clean_at: AtomicU64,
    /// The generation of the key sets at which both keys were in them.
    pub(crate) keys_at: AtomicU64,
}

impl Verified {
    /// Who calls, for which company and site, with which rights.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The last moment at which the pair is valid: the earlier `exp`, with the leeway.
    #[must_use]
    pub fn expires(&self) -> Time {
        self.expires
    }

    /// The subject of `site_token` when the caller acts for another (`act`, RFC 8693 section 4.1).
    #[must_use]
    pub fn on_behalf_of(&self) -> Option<&Arc<str>> {
        self.on_behalf_of.as_ref()
    }

    /// What one of the tokens says of itself.
    #[must_use]
    pub fn token(&self, kind: TokenKind) -> &TokenFacts {
        self.facts.of(kind)
    }

    /// Whether the denylist names something of this pair.
    pub(crate) fn is_denied(&self, denylist: &Denylist, now: Time) -> bool {
        self.facts.id.is_denied(denylist, now) || self.facts.site.is_denied(denylist, now)
    }
}

/// A key and the place of its issuer in the settings.
#[derive(Clone, Debug)]
pub(crate) struct IssuerKey {
    pub(crate) key: Arc<Key>,
    pub(crate) issuer: usize,
}

/// What one token says of itself: by these names it can be denied and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// The name of the token.
    pub jti: Arc<str>,
    /// The name of the key that signed it.
    pub kid: Arc<str>,
    /// Its subject.
    pub subject: Arc<str>,
    /// The client that it was issued to.
    pub client: Arc<str>,
    /// The session.
    pub session: Option<Arc<str>>,
    /// The device; the subject itself when it is one.
    pub device: Option<Arc<str>>,
    /// When it was issued.
    pub issued: Time,
    /// When it expires, without leeway.
    pub expires: Time,
}

impl TokenFacts {
    pub(crate) fn of(claims: &TokenClaims, key: &Key) -> Self {
        Self {
            jti: claims.jti.clone(),
            kid: key.kid().into(),
            subject: claims.sub.clone(),
            client: claims.client.clone(),
            session: claims.sid.clone(),
            device: claims.device(),
            issued: claims.iat,
            expires: claims.exp,
        }
    }

    pub(crate) fn is_denied(&self, denylist: &Denylist, now: Time) -> bool {
        let names = [
            (DenyKind::Jti, Some(&self.jti)),
            (DenyKind::Sid, self.session.as_ref()),
            (DenyKind::Sub, Some(&self.subject)),
            (DenyKind::Client, Some(&self.client)),
            (DenyKind::Dev, self.device.as_ref()),
            (DenyKind::Kid, Some(&self.kid)),
        ];
        names.into_iter().any(|(kind, name)| name.is_some_and(|name| denylist.denies(kind, name, self.issued, now)))
    }
}
