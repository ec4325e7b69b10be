//! Tokens for people and devices without a sign-in page: only the client of development data gets here, which no
//! resource can make.

use enaction::{Secret, SubjectKind, prelude::*};

use super::{
    exchange::verify,
    grants::ID_TOKEN,
    issue::{ID_TOKEN_LIFE, Session, seconds},
    request::{TokenAnswer, TokenRequest},
};
use crate::{
    INVALID_GRANT, INVALID_REQUEST,
    authentication::Authenticated,
    resources::{Company, Device, Person, all_of},
    subject::Subject,
};

/// The `id_token` of a person or a device, for an `id_token` of the client itself.
pub(super) async fn grant(
    cx: &ReadContext,
    client: &Authenticated,
    request: &TokenRequest,
    token: &Secret,
) -> Result<TokenAnswer> {
    request.check_audience()?;
    let own = verify(cx, client, token).await?;
    if own.subject.id != client.subject.id {
        return Err(INVALID_GRANT.because("expected an id_token of the client itself"));
    }
    let named = request.requested_subject.as_deref().unwrap_or_default();
    let subject =
        find(cx, named).await?.ok_or_else(|| INVALID_REQUEST.because("there is no such requested_subject"))?;
    if !subject.is_active(cx).await? {
        return Err(INVALID_GRANT.because("the subject is disabled"));
    }
    let id_token = Session::begin(cx, client.client.id.as_str(), &subject).id_token(cx)?;
    Ok(TokenAnswer {
        access_token: Some(id_token.clone()),
        id_token: Some(id_token),
        issued_token_type: Some(ID_TOKEN.to_owned()),
        token_type: "N_A".to_owned(),
        expires_in: seconds(ID_TOKEN_LIFE),
        ..TokenAnswer::default()
    })
}

/// By id, or by `name@company`, where one person or else one device of the company has the name.
async fn find(cx: &ReadContext, named: &str) -> Result<Option<Subject>> {
    let Some((name, code)) = named.rsplit_once('@') else {
        let person = Subject::find(cx, SubjectKind::User, named).await?;
        return match person {
            Some(person) => Ok(Some(person)),
            None => Subject::find(cx, SubjectKind::Device, named).await,
        };
    };
    let Some(company) = cx.find::<Company>("code", code).await? else { return Ok(None) };
    let company = company.id.as_str();
    let people = all_of::<Person>(cx, company).await?;
    let mut people = people.iter().filter(|person| person.name == name);
    if let (Some(person), None) = (people.next(), people.next()) {
        return Ok(Some(Subject::person(person)));
    }
    let devices = all_of::<Device>(cx, company).await?;
    let mut devices = devices.iter().filter(|device| device.name == name);
    match (devices.next(), devices.next()) {
        (Some(device), None) => Ok(Some(Subject::device(device))),
        _ => Ok(None),
    }
}
