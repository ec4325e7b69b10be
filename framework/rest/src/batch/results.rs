//! What became of the operations of a batch, as one document.

use std::io::Write as _;

use actix_http::header;
use enaction_core::process::Output;

use crate::answer::Answer;

/// `{"results": [{"status": 201, "headers": {..}, "body": ..}, ..]}`, in the order of the operations.
pub(super) struct Results(Vec<u8>);

/// Room for a small answer with its fields, so that most results are written without moving.
const RESULT_BYTES: usize = 768;

impl Results {
    pub(super) fn of(operations: usize) -> Self {
        let mut document = Vec::with_capacity(operations * RESULT_BYTES);
        document.extend_from_slice(b"{\"results\":[");
        Self(document)
    }

    /// How long the document is so far.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Adds an answer. What tells how it may be kept belongs to the request around it.
    pub(super) fn push(&mut self, answer: &Answer) {
        if !self.0.ends_with(b"[") {
            self.0.push(b',');
        }
        let _ = write!(self.0, "{{\"status\":{},\"headers\":{{", answer.status().as_u16());
        let about_keeping = [header::CACHE_CONTROL, header::VARY];
        let mut first = true;
        for (name, value) in answer.headers().iter().filter(|(name, _)| !about_keeping.contains(name)) {
            let Ok(value) = value.to_str() else { continue };
            let comma = if std::mem::take(&mut first) { "" } else { "," };
            let _ = write!(self.0, "{comma}\"{name}\":");
            let _ = serde_json::to_writer(&mut self.0, value);
        }
        self.0.push(b'}');
        let body = answer.body().bytes();
        if !body.is_empty() {
            self.0.extend_from_slice(b",\"body\":");
            self.0.extend_from_slice(body);
        }
        self.0.push(b'}');
    }

    pub(super) fn output(mut self) -> Output {
        self.0.extend_from_slice(b"]}");
        Output::Value(self.0.into())
    }
}
