//! The pages of the framework's own: whether the server lives and is ready, and what a problem's `type` leads to.

use std::time::Duration;

use actix_http::header::{self, HeaderMap, HeaderValue};
use enaction_core::{FaultCode, catalogue};
use serde_json::json;

use crate::{
    answer::{Answer, answer},
    names,
    refused::Refused,
    shared::Shared,
    tag,
};

/// A page of the framework's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The process runs.
    Live,
    /// Everything that it needs is there.
    Ready,
    /// What a fault code means.
    Problem,
}

impl Page {
    /// All, with their paths.
    pub(crate) fn all() -> Vec<(&'static str, Self)> {
        vec![("/health/live", Self::Live), ("/health/ready", Self::Ready), ("/problems/{code}", Self::Problem)]
    }

    /// Its name in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Live => "health.live",
            Self::Ready => "health.ready",
            Self::Problem => "problems.read",
        }
    }

    /// Its path template.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Live => "/health/live",
            Self::Ready => "/health/ready",
            Self::Problem => "/problems/{code}",
        }
    }

    /// Its answer.
    pub(crate) async fn answer(self, shared: &Shared, code: &str, headers: &HeaderMap) -> Result<Answer, Refused> {
        match self {
            Self::Live => Ok(health("live")),
            Self::Ready => ready(shared).await.map(|()| health("ready")),
            Self::Problem => problem(shared, code, headers),
        }
    }
}

fn health(status: &'static str) -> Answer {
    let mut page = json_page(&json!({ "status": status }));
    page.headers_mut().insert(header::CACHE_CONTROL, names::NO_STORE.clone());
    page
}

/// Everything that the service needs, in order; the first that is not there is told.
async fn ready(shared: &Shared) -> Result<(), Refused> {
    let soon = Duration::from_secs(1);
    if shared.is_stopping() {
        return Err(catalogue::OVERLOADED.because("the server is stopping").with_retry_after(soon).into());
    }
    shared.application.store_answers().await?;
    shared.application.unique_indexes_ready().await?;
    if !shared.verifier.has_keys(shared.application.now()) {
        return Err(catalogue::KEYS_UNAVAILABLE.fault().with_retry_after(soon).into());
    }
    for check in &shared.checks {
        check().await?;
    }
    Ok(())
}

fn problem(shared: &Shared, code: &str, headers: &HeaderMap) -> Result<Answer, Refused> {
    let own = shared.application.processes().flat_map(|process| &process.faults);
    let entry: Option<&FaultCode> = catalogue::ALL.iter().chain(own).find(|entry| entry.code == code);
    let entry = entry.ok_or_else(|| Refused::from(catalogue::NOT_FOUND))?;
    let mut page = json_page(&json!({
        "type": shared.public.problem(entry.code),
        "code": entry.code,
        "title": entry.title,
        "status": entry.kind.status(),
    }));
    let tag = tag::of_bytes(page.body().bytes());
    if tag.as_ref().is_some_and(|tag| tag::is_known(headers, tag)) {
        page = answer(304, bytes::Bytes::new());
    }
    let fields = page.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    if let Some(tag) = tag {
        fields.insert(header::ETAG, tag);
    }
    Ok(page)
}

fn json_page(document: &serde_json::Value) -> Answer {
    let mut page = answer(200, document.to_string().into());
    page.headers_mut().insert(header::CONTENT_TYPE, names::JSON.clone());
    page
}
