//! Issuer metadata (RFC 8414, OpenID Connect Discovery): what exists, and nothing else.

use enaction::prelude::*;

use crate::{handle::Identity, token::grants};

/// What a client must know of the issuer.
#[value]
pub(crate) struct Metadata {
    /// The issuer that tokens name.
    pub issuer: String,
    /// Where tokens are asked for.
    #[serde(rename = "token_endpoint")]
    pub token_endpoint: String,
    /// Where the keys are that verify them.
    #[serde(rename = "jwks_uri")]
    pub jwks_uri: String,
    /// The grants.
    #[serde(rename = "grant_types_supported")]
    pub grant_types: Vec<String>,
    /// Nobody signs in on a page yet, so there are none.
    #[serde(rename = "response_types_supported")]
    pub response_types: Vec<String>,
    /// How clients authenticate themselves.
    #[serde(rename = "token_endpoint_auth_methods_supported")]
    pub token_endpoint_auth_methods: Vec<String>,
    /// What `id_token` is signed with.
    #[serde(rename = "id_token_signing_alg_values_supported")]
    pub id_token_signing_algorithms: Vec<String>,
    /// Subjects have one name for all clients.
    #[serde(rename = "subject_types_supported")]
    pub subject_types: Vec<String>,
    /// Scopes beside the names of permissions.
    #[serde(rename = "scopes_supported")]
    pub scopes: Vec<String>,
    /// The claims of `id_token`.
    #[serde(rename = "claims_supported")]
    pub claims: Vec<String>,
}

/// The metadata of this issuer.
#[process(public)]
pub(crate) async fn read_metadata(cx: &ReadContext) -> Result<Metadata> {
    let issuer = cx.provided::<Identity>()?.issuer()?;
    let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    Ok(Metadata {
        token_endpoint: format!("{issuer}/token"),
        jwks_uri: format!("{issuer}/jwks.json"),
        grant_types: texts(&grants::ALL),
        response_types: Vec::new(),
        token_endpoint_auth_methods: texts(&["client_secret_basic", "client_secret_post"]),
        id_token_signing_algorithms: texts(&["ES256"]),
        subject_types: texts(&["public"]),
        scopes: texts(&["openid"]),
        claims: texts(&["iss", "sub", "aud", "azp", "exp", "iat", "jti", "sid", "token_use", "sub_type", "dev"]),
        issuer: issuer.to_string(),
    })
}
