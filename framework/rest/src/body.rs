//! The one reader of request bodies.

use std::time::Duration;

use actix_http::{Payload, Request, header};
use actix_rt::time::{Instant, timeout};
use bytes::{Bytes, BytesMut};
use enaction_core::{Fault, catalogue, limits::Limits};
use futures_util::{FutureExt as _, StreamExt as _};

/// What stands behind the head of a request.
pub(crate) struct Body {
    payload: Payload,
    length: Length,
    /// Of a chunked body, what had to be read to know whether there is one.
    first: Option<Bytes>,
    since: Option<Instant>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Absent,
    Known(usize),
    Chunked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing or not all was read.
    Begun,
    Whole,
    /// It is too long, too slow or broken: the rest is not worth waiting for.
    Spoilt,
}

/// What a refused request may still send before its connection is closed rather than used again.
const DRAINED_BYTES_MAX: usize = 65_536;
const DRAINED_MS_MAX: u64 = 100;

impl Body {
    pub(crate) fn of(request: &mut Request) -> Self {
        let payload = request.take_payload();
        let headers = request.head().headers();
        let length = match (&payload, headers.get(header::CONTENT_LENGTH)) {
            (Payload::None, _) => Length::Absent,
            (_, Some(length)) => {
                let length = length.to_str().ok().and_then(|length| length.trim().parse().ok());
                length.map_or(Length::Known(usize::MAX), Length::Known)
            }
            (_, None) if headers.contains_key(header::TRANSFER_ENCODING) => Length::Chunked,
            // An upgrade or CONNECT: what follows is no body.
            (_, None) => Length::Absent,
        };
        Self { payload, length, first: None, since: None, state: State::Begun }
    }

    /// Whether there is at least one byte. Only a chunked body has to be waited for.
    pub(crate) async fn has_bytes(&mut self, limits: &Limits) -> Result<bool, Fault> {
        match self.length {
            Length::Absent | Length::Known(0) => Ok(false),
            Length::Known(_) => Ok(true),
            Length::Chunked => {
                if self.first.is_none() {
                    self.first = self.next(limits).await?;
                }
                Ok(self.first.is_some())
            }
        }
    }

    /// The whole body. One that came in one piece is not copied.
    ///
    /// # Errors
    /// `body_too_large`, before anything is read where the length was told; `body_incomplete`; `body_timeout`.
    pub(crate) async fn read(&mut self, limits: &Limits) -> Result<Bytes, Fault> {
        let max = limits.body_bytes_max;
        let expected = match self.length {
            Length::Known(length) if length > max => return Err(self.spoil(too_large())),
            Length::Known(length) => length,
            Length::Absent | Length::Chunked => 0,
        };
        let first = match self.first.take() {
            Some(first) => Some(first),
            None => self.next(limits).await?,
        };
        let Some(first) = first else { return Ok(Bytes::new()) };
        if first.len() > max {
            return Err(self.spoil(too_large()));
        }
        let Some(second) = self.next(limits).await? else { return Ok(first) };
        let mut whole = BytesMut::with_capacity(expected.max(first.len() + second.len()));
        whole.extend_from_slice(&first);
        let mut piece = Some(second);
        while let Some(bytes) = piece {
            if whole.len() + bytes.len() > max {
                return Err(self.spoil(too_large()));
            }
            whole.extend_from_slice(&bytes);
            piece = self.next(limits).await?;
        }
        Ok(whole.freeze())
    }

    /// The next bytes; nothing at the end. All of them have to come within `body_ms_max`.
    async fn next(&mut self, limits: &Limits) -> Result<Option<Bytes>, Fault> {
        loop {
            // Most bodies are there when their head is: only the others need a timer.
            let piece = match self.payload.next().now_or_never() {
                Some(piece) => piece,
                None => match timeout(self.time_left(limits), self.payload.next()).await {
                    Ok(piece) => piece,
                    Err(_) => return Err(self.spoil(catalogue::BODY_TIMEOUT.fault().with_limit("body_ms_max"))),
                },
            };
            match piece {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => return Ok(Some(bytes)),
                None => {
                    self.state = State::Whole;
                    return Ok(None);
                }
                Some(Err(_)) => return Err(self.spoil(catalogue::BODY_INCOMPLETE.fault())),
            }
        }
    }

    /// From the first time that it is waited for.
    fn time_left(&mut self, limits: &Limits) -> Duration {
        let since = *self.since.get_or_insert_with(Instant::now);
        let all = Duration::from_millis(u64::try_from(limits.body_ms_max).unwrap_or(u64::MAX));
        all.saturating_sub(since.elapsed())
    }

    fn spoil(&mut self, fault: Fault) -> Fault {
        self.state = State::Spoilt;
        fault
    }

    /// What is left when the answer is known. A short rest that is already there is read away, so that the connection
    /// can go on; else the payload is given back, and whoever holds it closes the connection behind the answer.
    pub(crate) async fn finish(mut self) -> Option<Payload> {
        let short = match self.length {
            Length::Absent if matches!(self.payload, Payload::None) => return None,
            Length::Absent => false,
            Length::Known(length) => length <= DRAINED_BYTES_MAX,
            Length::Chunked => true,
        };
        let drained = match self.state {
            State::Whole => return None,
            State::Begun if short => timeout(Duration::from_millis(DRAINED_MS_MAX), self.drain()).await,
            State::Begun | State::Spoilt => Ok(false),
        };
        if drained == Ok(true) { None } else { Some(self.payload) }
    }

    async fn drain(&mut self) -> bool {
        let mut left = DRAINED_BYTES_MAX;
        while let Some(piece) = self.payload.next().await {
            match piece.map(|bytes| left.checked_sub(bytes.len())) {
                Ok(Some(rest)) => left = rest,
                _ => return false,
            }
        }
        true
    }
}

fn too_large() -> Fault {
    catalogue::BODY_TOO_LARGE.fault().with_limit("body_bytes_max")
}
