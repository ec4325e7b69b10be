//! One event for each request. Tokens can not reach it: it is made of what was verified, never of what was sent.

use std::{sync::Arc, time::Instant};

use enaction_core::{Caller, Operation};

use crate::trace::Trace;

/// What was learnt of a request on its way.
pub(crate) struct Seen {
    since: Instant,
    pub(crate) operation: Option<Arc<Operation>>,
    /// The name and the path of a page of the framework's own.
    pub(crate) page: Option<(&'static str, &'static str)>,
    pub(crate) caller: Option<Caller>,
    pub(crate) code: Option<&'static str>,
    pub(crate) reason: Option<&'static str>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), operation: None, page: None, caller: None, code: None, reason: None }
    }

    /// Tells it.
    pub(crate) fn tell(&self, method: &str, status: u16, trace: &Trace) {
        let operation = self.operation.as_deref();
        tracing::info!(
            target: "enaction::request",
            operation = operation.map(|one| one.process.name.as_str()).or(self.page.map(|(name, _)| name)),
            method = known(method),
            path = operation.map(|one| one.path.as_str()).or(self.page.map(|(_, path)| path)),
            status,
            duration_us = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX),
            company = self.caller.as_ref().map(|caller| caller.company.as_ref()),
            caller = self.caller.as_ref().map(|caller| caller.subject.as_ref()),
            request_id = trace.request_id.to_str().unwrap_or_default(),
            trace_id = trace.id(),
            code = self.code,
            reason = self.reason,
            "answered"
        );
    }
}

/// A method that is in no table is the client's own text.
fn known(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "QUERY" | "OPTIONS" | "TRACE" | "CONNECT" => method,
        _ => "other",
    }
}
