//! The body of an answer, which also holds what was not read of the request.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_http::{
    Payload, Response, StatusCode,
    body::{BodySize, MessageBody},
};
use bytes::Bytes;

/// An answer.
pub(crate) type Answer = Response<Content>;

/// The bytes of an answer.
///
/// A request body that nobody reads must not be taken for the next request. While its payload is alive the connection
/// is closed behind the answer; when it was dropped, actix-http would read a chunked one to an end that may never come.
#[derive(Default)]
pub(crate) struct Content {
    bytes: Bytes,
    /// Never read; to be alive is what it is for.
    _unread: Option<Payload>,
}

impl Content {
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The same, closing the connection behind it.
    pub(crate) fn holding(self, unread: Payload) -> Self {
        Self { _unread: Some(unread), ..self }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, _unread: None }
    }
}

impl MessageBody for Content {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(std::mem::take(&mut self.bytes))))
    }
}

/// An answer of a status that is a constant of the table or of a kind of fault.
pub(crate) fn answer(status: u16, bytes: Bytes) -> Answer {
    Response::with_body(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), bytes.into())
}
