//! Requests that can be repeated (draft-ietf-httpapi-idempotency-key-header). What a request was answered with is a
//! record of its own, written in the unit of its effect: both are there or neither is. It is read first of all in each
//! run of the command, so that of two servers with the same request one commits; the other finds its reading of the record
//! stale, runs again, and answers the same.

mod again;
mod kept;
mod purge;
mod repeatable;
mod under_way;

pub(crate) use again::Again;
pub use repeatable::Repeatable;
pub(super) use repeatable::Repeating;
pub(super) use under_way::UnderWay;

use std::time::Duration;

use crate::Time;

/// The collection of what is kept.
pub(super) const KEPT: &str = "idempotency";
/// What is kept, by when it was written.
const KEPT_AT: &str = "idempotency.at";
/// How long an answer is kept.
const KEPT_FOR: Duration = Duration::from_hours(72);

/// What was written then or before is kept no longer.
fn expired(now: Time) -> Time {
    let millis = i64::try_from(KEPT_FOR.as_millis()).unwrap_or(i64::MAX);
    Time::from_millis(now.millis().saturating_sub(millis))
}
