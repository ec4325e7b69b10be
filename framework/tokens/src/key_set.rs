//! Key sets (RFC 7517): which keys check which kind of token.

use std::{collections::HashMap, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction_core::{KeySetDocument, TokenKind};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value, json};

use crate::{Algorithm, Error, header::is_kid, json};

/// The most keys that a set may have.
pub const KEYS_MAX: usize = 64;
/// Deeper than any key: `keys`, the key, its certificates.
const DEPTH_MAX: usize = 8;

/// A public key with which tokens of one kind are checked.
pub struct Key {
    kid: Box<str>,
    kind: TokenKind,
    algorithm: Algorithm,
    /// The point as SEC 1 writes it without compression, by which two keys are compared.
    point: Vec<u8>,
    decoding: DecodingKey,
}

impl Key {
    /// Its name.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The kind of token that it signs.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The one algorithm that it is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether the signature is this key's over these bytes.
    pub(crate) fn verifies(&self, signed: &[u8], signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, signed, &self.decoding, self.algorithm.of_jsonwebtoken())
            .unwrap_or(false)
    }

    /// Reads a JWK; nothing when it is not a key that is understood here (RFC 7517 section 5: such keys are ignored).
    fn of(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let kid = text("kid").filter(|kid| is_kid(kid) && is_for_checking(jwk))?;
        let algorithm = Algorithm::named(text("alg")?)?;
        let kind = match text("kind")? {
            "id" => TokenKind::Id,
            "site" => TokenKind::Site,
            _ => return None,
        };
        let (x, y) = (text("x")?, text("y")?);
        let mut point = vec![4];
        point.extend(coordinate(x)?);
        point.extend(coordinate(y)?);
        let decoding = DecodingKey::from_ec_components(x, y).ok()?;
        Some(Self { kid: kid.into(), kind, algorithm, point, decoding })
    }
}

/// Whether a JWK is a public P-256 key that may check any token of its kind.
fn is_for_checking(jwk: &Map<String, Value>) -> bool {
    let verifies = |ops: &Value| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify"));
    jwk.get("kty").is_some_and(|kty| kty == "EC")
        && jwk.get("crv").is_some_and(|crv| crv == "P-256")
        && jwk.get("use").is_none_or(|usage| usage == "sig")
        && jwk.get("key_ops").is_none_or(verifies)
        && !jwk.contains_key("d") // a private key that was published is everybody's
        && !jwk.contains_key("x-site") // a key of one site only: that rule is not kept here
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (&self.kid, self.kind, self.algorithm, &self.point) == (&other.kid, other.kind, other.algorithm, &other.point)
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn coordinate(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The keys of one issuer, prepared once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KeySet(HashMap<Box<str>, Arc<Key>>);

impl KeySet {
    /// Reads a document: `{"keys": [..]}`, each key EC P-256 for ES256 with a `kid` and a `kind` of `id` or `site`.
    /// Other keys are ignored, also when that leaves none: an issuer may withdraw all of its keys.
    ///
    /// # Errors [`Error::KeySet`] when the document is not strict JSON of that form, holds more than [`KEYS_MAX`] keys,
    /// or two keys of one name.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        let members = json::object(document, DEPTH_MAX).ok_or(Error::KeySet("expected a strict JSON object"))?;
        let keys = members.get("keys").and_then(Value::as_array).ok_or(Error::KeySet("expected an array `keys`"))?;
        if keys.len() > KEYS_MAX {
            return Err(Error::KeySet("expected at most 64 keys"));
        }
        let mut set = HashMap::new();
        for jwk in keys {
            let jwk = jwk.as_object().ok_or(Error::KeySet("expected keys that are objects"))?;
            let Some(key) = Key::of(jwk) else { continue };
            if set.insert(key.kid.clone(), Arc::new(key)).is_some() {
                return Err(Error::KeySet("expected keys of different names"));
            }
        }
        Ok(Self(set))
    }

    /// The key of a name.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&Arc<Key>> {
        self.0.get(kid)
    }

    /// How many keys are understood.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key is understood.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The document of these JWKs, each as [`SigningKey::public_jwk`](crate::SigningKey::public_jwk) gives it.
#[must_use]
pub fn key_set_document(jwks: impl IntoIterator<Item = Value>) -> KeySetDocument {
    let keys: Vec<Value> = jwks.into_iter().collect();
    KeySetDocument { json: json!({ "keys": keys }).to_string().into_bytes().into() }
}
