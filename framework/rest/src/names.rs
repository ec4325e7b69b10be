//! Names of header fields that have no constant, and values that never change.

use actix_http::header::{HeaderName, HeaderValue};

pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) static PREFER: HeaderName = HeaderName::from_static("prefer");
pub(crate) static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(crate) static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
pub(crate) static PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
pub(crate) static ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
pub(crate) static ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
pub(crate) static ACCEPT_QUERY: HeaderName = HeaderName::from_static("accept-query");

pub(crate) static TRUE: HeaderValue = HeaderValue::from_static("true");
pub(crate) static JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) static PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
pub(crate) static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(crate) static NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// An answer with a tag may be kept by its reader, who asks each time whether it still holds.
pub(crate) static REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Both tokens in every spelling: what a cache must compare before it gives one caller's answer to another.
pub(crate) static VARY: HeaderValue = HeaderValue::from_static(
    "Id-Token, Site-Token, id_token, site_token, Authorization, Accept, Accept-Language, Accept-Encoding",
);
