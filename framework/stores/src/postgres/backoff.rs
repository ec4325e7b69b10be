//! How long a unit that met others waits before it is sent again.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

const FIRST_MICROS: u64 = 500;
const DOUBLINGS_MAX: u32 = 6;

/// Pauses that grow with the attempt and differ from each other, so that those who met do not meet again. They are drawn
/// from a counter: what they are does not matter, only that they differ.
#[derive(Debug, Default)]
pub(super) struct Backoff(AtomicU64);

impl Backoff {
    /// The pause before the next attempt; `attempt` counts those before it, from 0. Less than 32 ms.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let drawn = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mixed = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        Duration::from_micros((mixed >> 20) % (FIRST_MICROS << attempt.min(DOUBLINGS_MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_have_an_end() {
        let backoff = Backoff::default();
        let pauses: std::collections::BTreeSet<_> = (0..100).map(|attempt| backoff.pause(attempt)).collect();
        assert!(pauses.len() > 90);
        assert!(pauses.iter().all(|pause| *pause < Duration::from_millis(32)));
    }
}
