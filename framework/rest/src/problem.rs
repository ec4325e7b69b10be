//! Problem documents (RFC 9457): what becomes of every refusal. No offending value and no token stands in one.

use actix_http::header::{self, HeaderValue};
use enaction_core::Violation;
use serde::Serialize;

use crate::{
    answer::{Answer, answer},
    names,
    public::PublicBase,
    refused::Refused,
    trace::Trace,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    instance: String,
    code: &'static str,
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    violations: &'a [Violation],
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    /// `id` or `site`, where one of the tokens is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'static str>,
    /// The position of the operation of a batch that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<usize>,
    trace_id: &'a str,
}

/// A path longer than this is told cut off: a problem is no place to send a long target back from.
const INSTANCE_BYTES_MAX: usize = 512;

/// The problem document of a refusal.
pub(crate) fn problem(refused: Refused, public: &PublicBase, raw_path: &str, trace: &Trace) -> Answer {
    let fault = &refused.fault;
    let entry = fault.entry();
    let status = entry.kind.status();
    let end = raw_path.char_indices().map(|(at, _)| at).find(|at| *at >= INSTANCE_BYTES_MAX);
    let problem = Problem {
        kind: public.problem(entry.code),
        title: entry.title,
        status,
        detail: fault.detail(),
        instance: format!("{}{}", public.path(), raw_path.get(..end.unwrap_or(raw_path.len())).unwrap_or_default()),
        code: entry.code,
        violations: fault.violations(),
        limit: fault.limit(),
        token: refused.token,
        operation: refused.operation,
        trace_id: trace.id(),
    };
    let mut answer = answer(status, serde_json::to_vec(&problem).unwrap_or_default().into());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, names::PROBLEM.clone());
    put_common(refused, &mut answer);
    answer
}

/// The fields that every refusal has, however it is told.
pub(crate) fn put_common(refused: Refused, answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, names::NO_STORE.clone());
    if let Some(after) = refused.fault.retry_after() {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    for (name, value) in refused.headers {
        headers.insert(name, value);
    }
}
