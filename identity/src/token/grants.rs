//! The names of grants and of types of tokens.

/// RFC 6749 section 4.4.
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// RFC 8693 section 2.1.
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Every grant.
pub(crate) const ALL: [&str; 2] = [CLIENT_CREDENTIALS, TOKEN_EXCHANGE];

/// RFC 8693 section 3: an ID Token of OpenID Connect.
pub(crate) const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// RFC 8693 section 3: an access token; here a `site_token`.
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
