//! The side that signs: identity, and tests.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction_core::TokenKind;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Algorithm, Error, refusal::name};

/// A private key that signs tokens of one kind with ES256. Its name is its RFC 7638 thumbprint. Cheap to clone.
///
/// ```
/// use enaction_tokens::{SigningKey, TokenKind};
///
/// let key = SigningKey::generate(TokenKind::Site)?;
/// let token = key.sign(&serde_json::json!({ "sub": "usr_1" }))?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<_, enaction_tokens::Error>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    kind: TokenKind,
    pair: Arc<EcdsaKeyPair>,
    kid: Arc<str>,
    x: Arc<str>,
    y: Arc<str>,
}

impl SigningKey {
    /// A new key, from the randomness of the operating system.
    ///
    /// # Errors
    /// [`Error::Generate`] when there is no randomness.
    pub fn generate(kind: TokenKind) -> Result<Self, Error> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| Error::Generate)?;
        Self::of(kind, pair).ok_or(Error::Generate)
    }

    /// A key that was kept as PKCS#8 (RFC 5208, DER).
    ///
    /// # Errors
    /// [`Error::Pkcs8`] when the bytes are not that of a P-256 key.
    pub fn from_pkcs8(kind: TokenKind, pkcs8: &[u8]) -> Result<Self, Error> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| Error::Pkcs8)?;
        Self::of(kind, pair).ok_or(Error::Pkcs8)
    }

    fn of(kind: TokenKind, pair: EcdsaKeyPair) -> Option<Self> {
        let (x, y) = match pair.public_key().as_ref() {
            [4, point @ ..] => point.split_at_checked(32)?,
            _ => return None,
        };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let required = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, required.as_bytes()));
        Some(Self { kind, pair: Arc::new(pair), kid: kid.into(), x: x.into(), y: y.into() })
    }

    /// The secret, as [`from_pkcs8`](Self::from_pkcs8) reads it (RFC 5208, DER). Keep it with mode 0600 or encrypted.
    ///
    /// # Errors
    /// [`Error::Pkcs8`] when it can not be written, which does not happen to a key that was made here.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, Error> {
        self.pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()).map_err(|_| Error::Pkcs8)
    }

    /// Its name: the base64url SHA-256 thumbprint of RFC 7638.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The kind of token that it signs.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The public half as a JWK (RFC 7517): `kty`, `crv`, `x`, `y`, `alg`, `kid`, `use` and `kind`.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "x": &*self.x, "y": &*self.y,
            "alg": Algorithm::Es256.name(), "kid": &*self.kid, "use": "sig", "kind": name(self.kind),
        })
    }

    /// A token with these claims, as they are. Its header has `alg`, `kid`, and the `typ` of the kind: `JWT` for
    /// `id_token`, `at+jwt` for `site_token` (RFC 9068 section 2.1).
    ///
    /// # Errors
    /// [`Error::Claims`] when the claims are no JSON object, [`Error::Sign`] when the signature can not be made.
    pub fn sign<C: Serialize + ?Sized>(&self, claims: &C) -> Result<String, Error> {
        let payload = serde_json::to_vec(claims).map_err(|_| Error::Claims)?;
        if !payload.starts_with(b"{") {
            return Err(Error::Claims);
        }
        let typ = match self.kind {
            TokenKind::Id => "JWT",
            TokenKind::Site => "at+jwt",
        };
        let header = format!(r#"{{"alg":"ES256","kid":"{}","typ":"{typ}"}}"#, self.kid);
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.pair.sign(&SystemRandom::new(), token.as_bytes()).map_err(|_| Error::Sign)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// The name only; never the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("kind", &self.kind).finish_non_exhaustive()
    }
}
