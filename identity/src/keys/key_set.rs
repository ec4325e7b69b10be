//! The key set that everybody may read (RFC 7517).

use enaction::{catalogue, prelude::*};

use crate::handle::Identity;

/// The public keys that verify the tokens of this issuer.
#[value]
pub(crate) struct Jwks {
    /// The keys, each for one kind of token.
    pub keys: Vec<Jwk>,
}

/// A public key of P-256.
#[value]
pub(crate) struct Jwk {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// The first coordinate, base64url.
    pub x: String,
    /// The second coordinate, base64url.
    pub y: String,
    /// `ES256`.
    pub alg: String,
    /// Its RFC 7638 thumbprint.
    pub kid: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The kind of token that it signs: `id` or `site`.
    pub kind: String,
}

/// The key set of this issuer.
#[process(public)]
pub(crate) async fn read_jwks(cx: &ReadContext) -> Result<Jwks> {
    let keys = cx.provided::<Identity>()?.ring().keys()?;
    let keys = keys.jwks.iter().map(|jwk| serde_json::from_value(jwk.clone()));
    let keys = keys.collect::<std::result::Result<_, _>>().map_err(|_| catalogue::INTERNAL.fault())?;
    Ok(Jwks { keys })
}
