//! One `id_token` alone: what a token endpoint is handed to exchange (RFC 8693).

use enaction_core::{SubjectKind, Time, TokenKind};

use super::{Stop, Verifier, refuse};
use crate::{Refusal, Token, TokenFacts, claims::TokenClaims, header::Header, parts::Parts, refusal::Reason};

const KIND: TokenKind = TokenKind::Id;

/// An `id_token` that was verified without a `site_token` beside it. It says who was authenticated, not what anybody may
/// do.
#[derive(Clone, Debug)]
pub struct VerifiedId {
    facts: TokenFacts,
    kind: SubjectKind,
}

impl VerifiedId {
    /// What it says of itself.
    #[must_use]
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }

    /// What its subject is.
    #[must_use]
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }
}

impl Verifier {
    /// Verifies an `id_token` by the rules that it is held against in a pair, but for the binding of the pair. Nothing
    /// is remembered. Needs the timers of a tokio runtime.
    ///
    /// # Errors
    /// The [`Refusal`] of the first rule that does not hold.
    pub async fn verify_id(&self, token: Token<'_>, now: Time) -> Result<VerifiedId, Refusal> {
        match self.check_id(token, now) {
            Err(Stop::UnknownKey(_)) => {
                self.refresh_for_unknown_key(now).await;
                self.check_id(token, now)
            }
            answer => answer,
        }
        .map_err(|(Stop::Refused(refusal) | Stop::UnknownKey(refusal))| refusal)
    }

    /// Steps 1 and 3 to 14 of one token.
    fn check_id(&self, token: Token<'_>, now: Time) -> Result<VerifiedId, Stop> {
        let settings = self.settings();
        let invalid = refuse(KIND);
        if token.bytes().len() > settings.token_chars_max {
            return Err(Refusal::too_long(KIND).into());
        }
        let parts = Parts::of(token).map_err(&invalid)?;
        let header = Header::of(&parts.header).map_err(&invalid)?;
        let algorithm = self.algorithm(&header).map_err(&invalid)?;
        let found = self.key(KIND, &header, now)?;
        self.check_key(KIND, &found, algorithm, now).map_err(&invalid)?;
        hold(header.has_type_of(KIND), Reason::TYPE)?;
        hold(found.key.verifies(parts.signed, parts.signature), Reason::SIGNATURE)?;
        let claims = TokenClaims::of(KIND, &parts.payload).map_err(&invalid)?;
        let owner = self.owner(&found).ok_or(Reason::ISSUER).map_err(&invalid)?;
        settings.check_validity(KIND, &claims, owner, now).map_err(&invalid)?;
        settings.check_audience(KIND, &claims).map_err(&invalid)?;
        let facts = TokenFacts::of(&claims, &found.key);
        hold(!facts.is_denied(self.denylist(), now), Reason::DENIED)?;
        hold(claims.cnf.is_none(), Reason::SENDER)?;
        Ok(VerifiedId { facts, kind: claims.sub_type.unwrap_or_default() })
    }
}

fn hold(holds: bool, reason: Reason) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::invalid(KIND, reason)) }
}
