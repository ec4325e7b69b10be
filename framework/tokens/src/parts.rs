//! A token cut into its three parts (RFC 7515 section 7.1): step 3.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Token, refusal::Reason};

/// The three parts, decoded. Nothing in them is to be believed before the signature holds.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    /// What is signed: the first two parts as they were sent.
    pub(crate) signed: &'a [u8],
    /// The third part as it was sent.
    pub(crate) signature: &'a str,
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// Takes `A-Z a-z 0-9 - _ .`, exactly two dots, no empty part, each part base64url without padding in its one
    /// canonical spelling (no bits left over).
    pub(crate) fn of(token: Token<'a>) -> Result<Self, Reason> {
        let text = token.bytes();
        if !text.iter().all(|byte| is_base64url(*byte) || *byte == b'.') {
            return Err(Reason::FORM);
        }
        let text = std::str::from_utf8(text).map_err(|_| Reason::FORM)?;
        let (signed, signature) = text.rsplit_once('.').ok_or(Reason::FORM)?;
        let (header, payload) = signed.split_once('.').ok_or(Reason::FORM)?;
        decoded(signature)?;
        Ok(Self { signed: signed.as_bytes(), signature, header: decoded(header)?, payload: decoded(payload)? })
    }
}

/// Whether a byte is of the alphabet of RFC 4648 section 5.
pub(crate) const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// A dot in the part (a fourth or fifth part) is no base64url either.
fn decoded(part: &str) -> Result<Vec<u8>, Reason> {
    if part.is_empty() {
        return Err(Reason::FORM);
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::FORM)
}
