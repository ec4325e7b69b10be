//! Token exchange (RFC 8693): with an `id_token` into a company and a site.

use enaction::{Kind, Secret, prelude::*, tokens::Token};

use super::{
    grants::{ACCESS_TOKEN, ID_TOKEN},
    impersonation,
    issue::Session,
    request::{TokenAnswer, TokenRequest},
    scope::Scope,
    target::enter,
};
use crate::{
    INVALID_GRANT, INVALID_REQUEST, UNAUTHORIZED_CLIENT, authentication::Authenticated, handle::Identity,
    subject::Subject,
};

/// The subject of an `id_token` that holds, and its session.
pub(super) struct Presented {
    pub(super) subject: Subject,
    sid: Option<String>,
    device: Option<String>,
}

pub(super) async fn grant(cx: &ReadContext, client: &Authenticated, request: &TokenRequest) -> Result<TokenAnswer> {
    if request.requested_subject.is_some() && !client.is_development {
        return Err(UNAUTHORIZED_CLIENT.because("this client may not ask for the tokens of others"));
    }
    if request.actor_token.is_some() {
        return Err(INVALID_REQUEST.because("acting for another is not offered"));
    }
    let token = request.subject_token.as_ref().ok_or_else(|| INVALID_REQUEST.because("subject_token is missing"))?;
    if request.subject_token_type.as_deref() != Some(ID_TOKEN) {
        return Err(INVALID_REQUEST.because("expected the subject_token_type of an id_token"));
    }
    match request.requested_token_type.as_deref() {
        None | Some(ACCESS_TOKEN) if request.requested_subject.is_none() => {
            enter_site(cx, client, request, token).await
        }
        Some(ID_TOKEN) if request.requested_subject.is_some() => impersonation::grant(cx, client, request, token).await,
        _ => Err(INVALID_REQUEST.because("expected the requested_token_type of an access_token")),
    }
}

async fn enter_site(
    cx: &ReadContext,
    client: &Authenticated,
    request: &TokenRequest,
    token: &Secret,
) -> Result<TokenAnswer> {
    let company = request.company()?.ok_or_else(|| INVALID_REQUEST.because("company is missing"))?;
    let scope = Scope::parse(request.scope.as_deref())?;
    request.check_audience()?;
    let Presented { subject, sid, device } = verify(cx, client, token).await?;
    let target = enter(cx, &subject, company, request.site.as_deref()).await?;
    let session = Session { client: client.client.id.as_str(), subject: &subject, sid, device };
    let (site_token, expires_in) = session.site_token(cx, &target, &scope).await?;
    Ok(TokenAnswer {
        access_token: Some(site_token),
        issued_token_type: Some(ACCESS_TOKEN.to_owned()),
        token_type: "Bearer".to_owned(),
        expires_in,
        scope: scope.granted(),
        ..TokenAnswer::default()
    })
}

/// Verifies an `id_token` of ours that was issued to this client, and finds its subject, who may have been disabled since
/// then.
pub(super) async fn verify(cx: &ReadContext, client: &Authenticated, token: &Secret) -> Result<Presented> {
    let identity = cx.provided::<Identity>()?;
    let verified = identity.verifier()?.verify_id(Token::new(token.reveal()), cx.now()).await;
    let verified = verified.map_err(|refusal| match refusal.fault().kind() {
        Kind::Unavailable => refusal.into_fault(),
        _ => INVALID_GRANT.because("the subject_token does not hold"),
    })?;
    let facts = verified.facts();
    if *facts.client != *client.client.id.as_str() {
        return Err(INVALID_GRANT.because("the subject_token was issued to another client"));
    }
    let subject = Subject::find(cx, verified.kind(), &facts.subject).await?;
    let active = match &subject {
        Some(subject) => subject.is_active(cx).await? && is_active_device(cx, facts.device.as_deref()).await?,
        None => false,
    };
    let subject = subject.filter(|_| active).ok_or_else(|| INVALID_GRANT.because("the subject is disabled"))?;
    let (sid, device) = (facts.session.as_deref(), facts.device.as_deref());
    Ok(Presented { subject, sid: sid.map(str::to_owned), device: device.map(str::to_owned) })
}

async fn is_active_device(cx: &ReadContext, device: Option<&str>) -> Result<bool> {
    let Some(id) = device else { return Ok(true) };
    match Subject::find(cx, enaction::SubjectKind::Device, id).await? {
        Some(device) => device.is_active(cx).await,
        None => Ok(false),
    }
}
