//! Admission: is the head within its limits, and is there room for one more request?

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use actix_http::Request;
use enaction_core::{Fault, catalogue, limits::Limits};

use crate::shared::Shared;

/// `431`, then `414`. Bytes are those of the request line and of the fields, as they were sent but for spaces.
pub(crate) fn check_head(request: &Request, limits: &Limits) -> Result<(), Fault> {
    let target = request.uri().path_and_query().map_or(1, |target| target.as_str().len());
    let (mut bytes, mut fields) = (request.method().as_str().len() + target + " HTTP/1.1\r\n\r\n ".len(), 0);
    for (name, value) in request.head().headers() {
        bytes += name.as_str().len() + value.len() + ": \r\n".len();
        fields += 1;
    }
    if bytes > limits.head_bytes_max {
        Err(catalogue::HEAD_TOO_LARGE.fault().with_limit("head_bytes_max"))
    } else if fields > limits.head_fields_max {
        Err(catalogue::HEAD_TOO_LARGE.fault().with_limit("head_fields_max"))
    } else if target > limits.target_bytes_max {
        Err(catalogue::TARGET_TOO_LONG.fault().with_limit("target_bytes_max"))
    } else {
        Ok(())
    }
}

/// The requests of one worker.
pub(crate) struct Room {
    running: Cell<usize>,
    shared: Arc<Shared>,
}

impl Room {
    pub(crate) fn new(shared: Arc<Shared>) -> Rc<Self> {
        Rc::new(Self { running: Cell::new(0), shared })
    }

    /// Counts a request until the last copy of what is given is dropped: a command may outlive its client.
    pub(crate) fn enter(self: &Rc<Self>) -> Rc<Running> {
        self.running.set(self.running.get() + 1);
        self.shared.begin();
        Rc::new(Running(Rc::clone(self)))
    }

    /// `503` when more run than may.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.running.get() <= self.shared.application.limits.requests_running_max {
            return Ok(());
        }
        let fault = catalogue::OVERLOADED.fault().with_limit("requests_running_max");
        Err(fault.with_retry_after(Duration::from_secs(1)))
    }
}

/// A request that runs.
pub(crate) struct Running(Rc<Room>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.set(self.0.running.get().saturating_sub(1));
        self.0.shared.end();
    }
}
