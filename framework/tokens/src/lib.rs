//! The token pair: the rules that `id_token` and `site_token` are held against, the keys that they are checked with,
//! and the cache of pairs that held. Knows nothing of HTTP beyond the names of its fields.
//!
//! A [`Verifier`] takes a [`Pair`], found by [`carriers`], and answers [`Verified`] or a [`Refusal`].

mod cache;
mod carriers;
mod claims;
mod denylist;
mod error;
mod file_keys;
mod header;
#[cfg(feature = "http")]
mod http_document;
#[cfg(feature = "http")]
mod http_keys;
mod issuer_keys;
mod json;
mod key_set;
mod pair;
mod parts;
mod permission;
mod refusal;
mod rules;
mod settings;
mod signing;
mod verified;
mod verifier;

pub use carriers::carriers;
pub use denylist::{DenyEntry, DenyKind, Denylist};
pub use enaction_core::TokenKind;
pub use error::Error;
pub use file_keys::FileKeys;
#[cfg(feature = "http")]
pub use http_document::HttpDocument;
#[cfg(feature = "http")]
pub use http_keys::HttpKeys;
pub use key_set::{KEYS_MAX, Key, KeySet, key_set_document};
pub use pair::{Pair, Token};
pub use permission::{require_permission, require_scope};
pub use refusal::Refusal;
pub use settings::{API_AUDIENCE, Algorithm, Issuer, VerifierSettings};
pub use signing::SigningKey;
pub use verified::{TokenFacts, Verified};
pub use verifier::{VerifiedId, Verifier};
