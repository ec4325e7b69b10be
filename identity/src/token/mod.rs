//! The token endpoint (RFC 6749 section 3.2).

mod client_credentials;
mod exchange;
pub(crate) mod grants;
mod impersonation;
mod issue;
mod request;
mod scope;
mod target;

use enaction::{ClientAuthentication, prelude::*};

use crate::{
    INVALID_CLIENT, INVALID_GRANT, INVALID_REQUEST, INVALID_SCOPE, INVALID_TARGET, UNAUTHORIZED_CLIENT,
    UNSUPPORTED_GRANT_TYPE, authentication,
};
pub(crate) use issue::SITE_TOKEN_LIFE;
use request::{TokenAnswer, TokenRequest};

/// Issues tokens: `client_credentials` for a program that acts for itself (RFC 6749 section 4.4), token exchange to enter
/// a company and a site with an `id_token` (RFC 8693).
#[process(
    public,
    faults(
        INVALID_CLIENT,
        INVALID_REQUEST,
        INVALID_GRANT,
        UNAUTHORIZED_CLIENT,
        UNSUPPORTED_GRANT_TYPE,
        INVALID_SCOPE,
        INVALID_TARGET
    )
)]
pub(crate) async fn issue_token(
    cx: &mut WriteContext,
    client: ClientAuthentication,
    request: TokenRequest,
) -> Result<TokenAnswer> {
    let client = authentication::client(cx, &client).await?;
    match request.grant_type.as_deref() {
        None => Err(INVALID_REQUEST.because("grant_type is missing")),
        Some(grants::CLIENT_CREDENTIALS) => client_credentials::grant(cx, &client, &request).await,
        Some(grants::TOKEN_EXCHANGE) => exchange::grant(cx, &client, &request).await,
        Some(_) => Err(UNSUPPORTED_GRANT_TYPE.into()),
    }
}
