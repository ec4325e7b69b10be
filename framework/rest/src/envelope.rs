//! Envelope: may there be a body, in which media type, what may be answered, and how long is it?

use actix_http::header::HeaderMap;
use bytes::Bytes;
use enaction_core::{
    Conditions, catalogue,
    limits::Limits,
    process::PatchForm,
    table::{BodyRule, IdempotencyKey},
};

use crate::{
    body::Body, client, conditions, form::Form, media, prefer::Preference, refused::Refused, repeat, target::Ready,
};

/// What was in the envelope.
pub(crate) struct Opened {
    /// The document; nothing where there was not one byte.
    pub(crate) document: Option<Bytes>,
    /// What it is written in, where it is a patch.
    pub(crate) patch: PatchForm,
    pub(crate) preference: Preference,
    /// `Idempotency-Key`.
    pub(crate) key: Option<String>,
    pub(crate) conditions: Conditions,
    /// What the client authenticated itself with, where the process asks.
    pub(crate) client: Option<Bytes>,
}

/// Opens the envelope, in the order of the answers: 400, 415, 406, 400, 428, 413.
pub(crate) async fn open(
    ready: &Ready,
    headers: &HeaderMap,
    body: &mut Body,
    limits: &Limits,
) -> Result<Opened, Refused> {
    let has_bytes = body.has_bytes(limits).await?;
    let mut opened = check(ready, headers, has_bytes, false, limits)?;
    let bytes = if has_bytes { Some(body.read(limits).await?) } else { None };
    let form = ready.fields.as_ref().map(|_| Form::read(bytes.as_deref().unwrap_or_default())).transpose()?;
    if ready.client.is_some() {
        opened.client = Some(client::read(headers, form.as_ref().unwrap_or(&Form::default()))?);
    }
    opened.document = match (form, &ready.fields) {
        (Some(form), Some(fields)) => Some(form.json(fields)),
        _ => bytes,
    };
    Ok(opened)
}

/// The same for a request inside of another, whose document is there. `keyed`: the other has a key, which holds for it too.
pub(crate) fn open_inner(
    ready: &Ready,
    headers: &HeaderMap,
    document: Option<Bytes>,
    keyed: bool,
    limits: &Limits,
) -> Result<Opened, Refused> {
    let opened = check(ready, headers, document.is_some(), keyed, limits)?;
    Ok(Opened { document, ..opened })
}

fn check(ready: &Ready, headers: &HeaderMap, has_bytes: bool, keyed: bool, limits: &Limits) -> Result<Opened, Refused> {
    match ready.body {
        BodyRule::None if has_bytes => return Err(catalogue::BODY_NOT_ALLOWED.into()),
        BodyRule::Required if !has_bytes => return Err(catalogue::BODY_REQUIRED.into()),
        _ => {}
    }
    let patch = if has_bytes {
        media::check_content(headers, ready.taken, ready.operation.method)?
    } else {
        PatchForm::default()
    };
    if ready.operation.process.output.is_some() {
        media::check_accept(headers, &ready.media_type)?;
    }
    let preference = Preference::of(headers);
    let convention = &ready.operation.convention;
    let wanted = match convention.idempotency_key {
        IdempotencyKey::Demanded if keyed => IdempotencyKey::Taken,
        wanted => wanted,
    };
    let key = repeat::key(headers, wanted, limits)?;
    let conditions = conditions::read(headers, convention.preconditions)?;
    Ok(Opened { document: None, patch, preference, key, conditions, client: None })
}
