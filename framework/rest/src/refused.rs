//! A request that a step refused: the fault, and what its answer carries beside it.

use actix_http::header::{HeaderName, HeaderValue};
use enaction_core::{Fault, FaultCode};

/// Why a request ends here.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
    /// The member `token` of the problem document.
    pub(crate) token: Option<&'static str>,
    /// A word for the log where the fault says less than is known.
    pub(crate) reason: Option<&'static str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// The same with a header field.
    pub(crate) fn with(mut self, name: &HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name.clone(), value));
        self
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { fault, token: None, reason: None, headers: Vec::new() }
    }
}

impl From<FaultCode> for Refused {
    fn from(code: FaultCode) -> Self {
        code.fault().into()
    }
}
