//! Tokens: who calls, and may they? Public operations are not asked.

use actix_http::header::{self, HeaderMap, HeaderValue};
use enaction_core::{
    Admission, Caller, TokenKind, catalogue,
    process::{Access, Process},
};
use enaction_tokens::{Refusal, require_scope};

use crate::{refused::Refused, shared::Shared};

/// Verifies the pair, then lets its caller in. Gives who calls and what it was let in for.
pub(crate) async fn admit(
    shared: &Shared,
    headers: &HeaderMap,
    process: &Process,
    caller: &mut Option<Caller>,
) -> Result<Admission, Refused> {
    if process.access == Access::Public {
        return Ok(Admission::default());
    }
    let (verifier, now) = (&shared.verifier, shared.application.now());
    let pair = verifier.carriers(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))?;
    let verified = match verifier.try_verify(&pair, now) {
        Some(verified) => verified,
        // Boxed, so that no request carries the room for what is done once for a pair.
        None => Box::pin(verifier.verify(&pair, now)).await?,
    };
    // Known from here on, so that the log names who was refused.
    let caller = caller.insert(verified.caller().clone());
    admit_again(shared, process, caller).await
}

/// Lets a caller who was verified in to another process, as to one of its own request.
pub(crate) async fn admit_again(shared: &Shared, process: &Process, caller: &Caller) -> Result<Admission, Refused> {
    let Access::Permission(permission) = &process.access else { return Ok(Admission::default()) };
    match shared.application.admit(process, caller).await {
        Ok(admission) => Ok(admission),
        Err(fault) if fault.entry() == catalogue::INVALID_TOKEN => Err(Refusal::revoked(TokenKind::Site).into()),
        // For its challenge, and because a scope that is too narrow stays so where no policy can be had.
        Err(fault) => Err(require_scope(caller, permission).map_or_else(Refused::from, |()| fault.into())),
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let (token, reason) = (refusal.token_name(), refusal.reason());
        let challenge = refusal.challenge().and_then(|challenge| HeaderValue::from_str(challenge).ok());
        let refused = Self { token, reason: Some(reason), ..Self::from(refusal.into_fault()) };
        match challenge {
            Some(challenge) => refused.with(&header::WWW_AUTHENTICATE, challenge),
            None => refused,
        }
    }
}
