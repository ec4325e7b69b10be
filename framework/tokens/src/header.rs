//! The header of a token: step 4, and what of steps 6 and 8 it alone decides.

use enaction_core::TokenKind;
use serde_json::Value;

use crate::{json, parts::is_base64url, refusal::Reason};

const BYTES_MAX: usize = 512;
const KID_CHARS_MAX: usize = 64;

/// `alg`, `kid` and `typ`. No other member is allowed, so `crit`, `b64`, `jku`, `jwk`, `x5u`, `x5c`, `zip`, `enc` and
/// whatever comes next are refused (RFC 8725 sections 3.1, 3.10).
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) alg: Option<String>,
    kid: Option<String>,
    typ: Option<String>,
}

impl Header {
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Reason> {
        if bytes.len() > BYTES_MAX {
            return Err(Reason::HEADER);
        }
        let mut header = Self::default();
        for (name, value) in json::object(bytes, 1).ok_or(Reason::HEADER)? {
            let member = match name.as_str() {
                "alg" => &mut header.alg,
                "kid" => &mut header.kid,
                "typ" => &mut header.typ,
                _ => return Err(Reason::HEADER),
            };
            let Value::String(text) = value else { return Err(Reason::HEADER) };
            *member = Some(text);
        }
        Ok(header)
    }

    /// Step 6: the name of the key, if it can be one.
    pub(crate) fn kid(&self) -> Result<&str, Reason> {
        self.kid.as_deref().filter(|kid| is_kid(kid)).ok_or(Reason::KEY)
    }

    /// Step 8: explicit typing (RFC 8725 section 3.11, RFC 9068 section 4).
    pub(crate) fn has_type_of(&self, kind: TokenKind) -> bool {
        let is = |name: &str| self.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(name));
        match kind {
            TokenKind::Id => self.typ.is_none() || is("JWT"),
            TokenKind::Site => is("at+jwt") || is("application/at+jwt"),
        }
    }
}

/// One to 64 characters of base64url.
pub(crate) fn is_kid(text: &str) -> bool {
    (1..=KID_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_base64url)
}
