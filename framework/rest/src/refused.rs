//! A request that a step refused: the fault, and what its answer carries beside it.

use actix_http::header::{HeaderName, HeaderValue};
use enaction_core::{Failed, Fault, FaultCode};

/// Why a request ends here.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
    /// The member `token` of the problem document.
    pub(crate) token: Option<&'static str>,
    /// The member `operation`: the position of the operation of a batch that failed.
    pub(crate) operation: Option<usize>,
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
        Self { fault, token: None, operation: None, reason: None, headers: Vec::new() }
    }
}

impl From<Failed> for Refused {
    fn from(failed: Failed) -> Self {
        Self { operation: failed.operation, ..failed.fault.into() }
    }
}

impl From<FaultCode> for Refused {
    fn from(code: FaultCode) -> Self {
        code.fault().into()
    }
}
