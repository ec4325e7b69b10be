//! One operation of a batch, as it was sent.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use actix_http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use enaction_core::{Fault, Violation, catalogue, fault::pointer, table::Method};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{
    call::{Call, Head},
    envelope, names, path,
    refused::Refused,
    route::{self, Found, Leads},
    shared::Shared,
    target::Target,
    tokens,
};

/// What an operation may say in fields of its own; the others belong to the request around it.
static FIELDS: [&HeaderName; 6] = [
    &header::ACCEPT,
    &header::CONTENT_TYPE,
    &header::IF_MATCH,
    &header::IF_NONE_MATCH,
    &names::IDEMPOTENCY_KEY,
    &names::PREFER,
];

/// One operation, and what its path names.
pub(super) struct Part {
    position: usize,
    method: String,
    /// Nothing where nothing lives at its path.
    target: Option<Arc<Target>>,
    path: String,
    query: Option<String>,
    segments: Vec<String>,
    headers: HeaderMap,
    body: Option<Bytes>,
    /// Whether its path is that of the collection.
    whole: bool,
}

#[derive(Deserialize)]
struct Batch<'b> {
    #[serde(default)]
    atomic: bool,
    #[serde(borrow)]
    operations: Vec<Sent<'b>>,
}

#[derive(Deserialize)]
struct Sent<'b> {
    method: String,
    #[serde(borrow)]
    path: Cow<'b, str>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default, borrow, deserialize_with = "given")]
    body: Option<&'b RawValue>,
}

/// A body that is `null` is one.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads a batch: its operations, and whether all of them are one commit.
///
/// # Errors
/// `invalid`, telling what is wrong with each: more than a batch may hold, a path that is not of this resource, a field that
/// belongs to the request around it.
pub(super) fn read(document: &Bytes, collection: &str, shared: &Shared) -> Result<(Vec<Part>, bool), Fault> {
    let Batch { atomic, operations } =
        serde_json::from_slice(document).map_err(|_| Violation::new("", "type", "expected a batch"))?;
    let most = shared.application.limits.batch_operations_max;
    if operations.len() > most {
        let violation = Violation::new("/operations", "items", format!("expected at most {most}"));
        return Err(Fault::from(violation).with_limit("batch_operations_max"));
    }
    let mut violations = Vec::new();
    let parts = operations.iter().enumerate().filter_map(|(index, sent)| {
        let at = format!("/operations/{index}");
        Part::of(index, sent, document, collection, shared).map_err(|wrong| violations.push(wrong.at(&at))).ok()
    });
    let parts = parts.collect();
    if violations.is_empty() {
        Ok((parts, atomic))
    } else {
        Err(catalogue::INVALID.fault().with_violations(violations))
    }
}

impl Part {
    fn of(
        position: usize,
        sent: &Sent<'_>,
        document: &Bytes,
        collection: &str,
        shared: &Shared,
    ) -> Result<Self, Wrong> {
        if sent.path.len() > shared.application.limits.target_bytes_max {
            return Err(Wrong::Path("expected a shorter path"));
        }
        let (path, query) = sent.path.split_once('?').map_or((&*sent.path, None), |(path, query)| (path, Some(query)));
        let decoded = path::read(path).map_err(|_| Wrong::Path("expected a path"))?;
        let below = decoded.strip_prefix(collection).filter(|below| below.is_empty() || below.starts_with('/'));
        let below = below.ok_or(Wrong::Path("expected a path of the resource of the batch"))?;
        let found = shared.routes.find(&decoded).ok();
        if found.as_ref().is_some_and(|found| found.target.is_batch()) {
            return Err(Wrong::Path("a batch holds no batch"));
        }
        let (target, segments) = found.map(|Found { target, parameters }| (target, parameters)).unzip();
        Ok(Self {
            position,
            method: sent.method.clone(),
            target,
            path: path.to_owned(),
            query: query.map(str::to_owned),
            segments: segments.into_iter().flatten().map(Cow::into_owned).collect(),
            headers: fields(sent)?,
            body: sent.body.map(|body| document.slice_ref(body.get().as_bytes())),
            whole: below.is_empty(),
        })
    }

    /// Whether it makes an item.
    pub(super) fn creates(&self) -> bool {
        self.whole && self.method == Method::Post.as_str()
    }

    /// Among the operations of the batch, from 0.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Raw, as it was sent.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The operation, for the caller of the batch.
    pub(super) async fn call<'p>(&'p self, batch: &Call<'_>, shared: &'p Shared) -> Result<Call<'p>, Refused> {
        let target = self.target.as_ref().ok_or(catalogue::NOT_FOUND)?;
        let Leads::Operation(ready) = route::lead(target, &self.method)? else {
            return Err(catalogue::NOT_FOUND.into());
        };
        let admission = match &batch.caller {
            Some(caller) => tokens::admit_again(shared, &ready.operation.process, caller).await?,
            None => return Err(catalogue::TOKENS_MISSING.into()),
        };
        let (keyed, limits) = (batch.terms.repeat.is_some(), &shared.application.limits);
        let opened = envelope::open_inner(ready, &self.headers, self.body.clone(), keyed, limits)?;
        let segments: Vec<Cow<'_, str>> = self.segments.iter().map(|one| Cow::Borrowed(one.as_str())).collect();
        let head = Head { headers: &self.headers, path: &self.path, query: self.query.as_deref() };
        let call = Call::unwrap(ready, head, &segments, (batch.caller.clone(), admission), opened, shared)?;
        Ok(call.within(batch, self.position))
    }
}

/// The fields of an operation; a body without a type is JSON.
fn fields(sent: &Sent<'_>) -> Result<HeaderMap, Wrong> {
    let mut headers = HeaderMap::with_capacity(sent.headers.len() + 1);
    if sent.body.is_some() {
        headers.insert(header::CONTENT_TYPE, names::JSON.clone());
    }
    for (name, value) in &sent.headers {
        let known = FIELDS.iter().find(|field| field.as_str().eq_ignore_ascii_case(name));
        let known = known.ok_or_else(|| Wrong::Field(name.clone(), "unknown", "an operation has no such field"))?;
        if sent.headers.keys().any(|other| other != name && other.eq_ignore_ascii_case(name)) {
            return Err(Wrong::Field(name.clone(), "repeated", "expected once"));
        }
        let value = HeaderValue::from_str(value)
            .map_err(|_| Wrong::Field(name.clone(), "pattern", "expected the value of a field"))?;
        headers.insert((*known).clone(), value);
    }
    Ok(headers)
}

/// What is wrong with an operation.
enum Wrong {
    Path(&'static str),
    Field(String, &'static str, &'static str),
}

impl Wrong {
    fn at(self, at: &str) -> Violation {
        match self {
            Self::Path(detail) => Violation::new(format!("{at}/path"), "path", detail),
            Self::Field(name, code, detail) => Violation::new(format!("{at}/headers{}", pointer(&name)), code, detail),
        }
    }
}
