//! `client_credentials` (RFC 6749 section 4.4): a program that acts for itself.

use enaction::prelude::*;

use super::{
    issue::{ID_TOKEN_LIFE, Session, seconds},
    request::{TokenAnswer, TokenRequest},
    scope::Scope,
    target::enter,
};
use crate::{INVALID_REQUEST, UNAUTHORIZED_CLIENT, authentication::Authenticated, resources::ClientKind};

/// A `site_token` where a company is named, an `id_token` where the scope asks for it.
pub(super) async fn grant(cx: &ReadContext, client: &Authenticated, request: &TokenRequest) -> Result<TokenAnswer> {
    if client.client.kind != ClientKind::Service {
        return Err(UNAUTHORIZED_CLIENT.because("an application does not act for itself"));
    }
    let scope = Scope::parse(request.scope.as_deref())?;
    let company = request.company()?;
    match (company, &request.site, scope.openid) {
        (None, Some(_), _) => return Err(INVALID_REQUEST.because("a site is named without its company")),
        (None, None, false) => return Err(INVALID_REQUEST.because("name a company, or ask for the scope openid")),
        _ => {}
    }
    request.check_audience()?;
    let session = Session::begin(cx, client.client.id.as_str(), &client.subject);
    let (access_token, token_type, expires_in) = match company {
        Some(company) => {
            let target = enter(cx, &client.subject, company, request.site.as_deref()).await?;
            let (site_token, expires_in) = session.site_token(cx, &target, &scope).await?;
            (Some(site_token), "Bearer", expires_in)
        }
        None => (None, "N_A", seconds(ID_TOKEN_LIFE)),
    };
    let id_token = if scope.openid { Some(session.id_token(cx)?) } else { None };
    Ok(TokenAnswer {
        access_token,
        token_type: token_type.to_owned(),
        expires_in,
        id_token,
        scope: scope.granted(),
        ..TokenAnswer::default()
    })
}
