//! Time that stands still, and randomness that counts.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use enaction_core::{Clock, IdSource, Time};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that stands at a time.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self(AtomicI64::new(time.millis()))
    }

    /// Moves it on, in milliseconds.
    pub fn advance_ms(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// 2026-11-22T12:00:00Z.
    fn default() -> Self {
        Self::at(Time::from_millis(1_795_348_800_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that is 1, 2, 3, ...: the same ids in every run.
#[derive(Debug, Default)]
pub struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn draw(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes()
    }
}
