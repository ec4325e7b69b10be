//! Respond: what the process gave becomes status, headers and body, by the convention alone.

use actix_http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use enaction_core::{
    process::Output,
    table::{Effect, Method, Target},
};

use crate::{
    answer::{Answer, Content, answer},
    call::Head,
    link, names,
    prefer::Preference,
    tag,
    target::Ready,
};

/// What of the request shapes its answer.
pub(crate) struct Asked<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) preference: Preference,
    /// Whether the caller says what it knows.
    pub(crate) conditional: bool,
    /// Nothing was written.
    pub(crate) validate_only: bool,
    /// What sets the answer apart from that to other callers.
    pub(crate) variant: Option<u32>,
    /// The path of the public base.
    pub(crate) base: &'a str,
}

/// The answer to a success.
pub(crate) fn respond(ready: &Ready, asked: &Asked<'_>, output: &Output) -> Answer {
    let (operation, convention) = (&ready.operation, &ready.operation.convention);
    let reads = operation.method == Method::Get;
    if let Some(unchanged) = reads.then(|| unchanged(ready, asked, output)).flatten() {
        return unchanged;
    }
    // What of a batch is preferred holds for each of its operations.
    let prefers =
        operation.process.effect == Effect::Command && !matches!(operation.target, Target::Endpoint | Target::Batch);
    let minimal = prefers && asked.preference == Preference::Minimal;
    // A search goes on by the bare cursor in its next document.
    let next = reads.then(|| next(asked, output)).flatten();
    let body =
        if minimal { None } else { next.as_ref().map_or_else(|| output.json(), |next| output.json_with_next(next)) };
    let status = match (body.is_some(), asked.validate_only) {
        (true, true) => 200,
        (false, true) => 204,
        (true, false) => convention.success,
        (false, false) => convention.nothing,
    };
    let tag = tag(ready, asked, output, body.as_ref());
    let mut answer = answer(status, Bytes::new());
    let headers = answer.headers_mut();
    match &tag {
        Some(tag) if reads => caching(ready, headers, tag),
        Some(tag) => {
            headers.insert(header::ETAG, tag.clone());
            headers.insert(header::CACHE_CONTROL, names::NO_STORE.clone());
        }
        None => {
            headers.insert(header::CACHE_CONTROL, names::NO_STORE.clone());
        }
    }
    if let (true, Output::Entity(made)) = (convention.location && !asked.validate_only, output) {
        let location = link::location(asked.base, asked.head.path, operation.location_segments, &made.id);
        put(headers, &header::LOCATION, location);
    }
    if let Some(next) = next {
        put(headers, &header::LINK, format!("<{next}>; rel=\"next\""));
    }
    if let Some(applied) = asked.preference.applied().filter(|_| prefers) {
        headers.insert(names::PREFERENCE_APPLIED.clone(), applied);
    }
    let Some(body) = body else { return answer };
    headers.insert(header::CONTENT_TYPE, ready.media_type.clone());
    answer.set_body(Content::from(body))
}

/// 304, where the caller knows what there is: nothing is put together that it would not be sent.
fn unchanged(ready: &Ready, asked: &Asked<'_>, output: &Output) -> Option<Answer> {
    if !asked.conditional {
        return None;
    }
    let body = if ready.max_age_s() > 0 { output.json() } else { None };
    let tag = tag(ready, asked, output, body.as_ref()).filter(|tag| tag::is_known(asked.head.headers, tag))?;
    let mut answer = answer(304, Bytes::new());
    caching(ready, answer.headers_mut(), &tag);
    Some(answer)
}

fn next(asked: &Asked<'_>, output: &Output) -> Option<String> {
    match output {
        Output::Page { next: Some(cursor), items, .. } => {
            Some(link::next(asked.base, asked.head.path, asked.head.query, cursor, items.len()))
        }
        _ => None,
    }
}

fn tag(ready: &Ready, asked: &Asked<'_>, output: &Output, body: Option<&Bytes>) -> Option<HeaderValue> {
    match ready.max_age_s() {
        0 => tag::of_output(output, asked.variant),
        _ => body.and_then(|body| tag::of_bytes(body)),
    }
}

/// The fields of a GET answer that has a tag.
fn caching(ready: &Ready, headers: &mut HeaderMap, tag: &HeaderValue) {
    headers.insert(header::ETAG, tag.clone());
    match ready.max_age_s() {
        0 => {
            headers.insert(header::CACHE_CONTROL, names::REVALIDATED.clone());
            headers.insert(header::VARY, names::VARY.clone());
        }
        seconds => put(headers, &header::CACHE_CONTROL, format!("public, max-age={seconds}")),
    }
}

fn put(headers: &mut HeaderMap, name: &header::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name.clone(), value);
    }
}
