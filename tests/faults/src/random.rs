//! Randomness of the tests: a seed that a failed run tells, and that `ENACTION_SEED` sets.

use std::time::Duration;

/// A sequence of numbers that a seed determines (xorshift64*).
#[derive(Clone, Debug)]
pub struct Random(u64);

/// The seed of this run, printed so that it can be used again.
///
/// # Panics
/// When `ENACTION_SEED` is not a number.
#[must_use]
pub fn seed() -> u64 {
    let seed = match std::env::var("ENACTION_SEED") {
        Ok(given) => given.parse().expect("ENACTION_SEED is a number"),
        Err(_) => std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), 0),
    };
    println!("ENACTION_SEED={seed}");
    seed
}

impl Random {
    /// A sequence of its own for each number, from one seed.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        let mixed = seed ^ number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = Self(mixed | 1);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 to below the end.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from((self.next() >> 11) % end).unwrap_or(0)
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A time between two.
    pub fn between_ms(&mut self, from: usize, to: usize) -> Duration {
        Duration::from_millis(u64::try_from(from + self.below(to - from)).unwrap_or(0))
    }

    /// A time up to another.
    pub fn up_to(&mut self, end: Duration) -> Duration {
        end * u32::try_from(self.below(1_000)).unwrap_or(0) / 1_000
    }
}
