//! The pairs that held, so that a signature is checked once and not with every request.
//!
//! `quick_cache` rather than a `dashmap`: it is bounded, and a flood of pairs that are seen once does not push out
//! those in daily use.

use std::{
    collections::hash_map::RandomState,
    hash::{Hash, Hasher},
    sync::Arc,
};

use quick_cache::{Equivalent, UnitWeighter, sync::Cache, sync::DefaultLifecycle};

use crate::{Pair, Verified};

/// Verified pairs by the bytes of both tokens.
pub(crate) struct PairCache(Cache<Key, Arc<Verified>, UnitWeighter, RandomState>);

impl PairCache {
    /// Room for about this many pairs.
    pub(crate) fn new(pairs_max: usize) -> Self {
        let lifecycle = DefaultLifecycle::default();
        Self(Cache::with(pairs_max, pairs_max as u64, UnitWeighter, RandomState::new(), lifecycle))
    }

    pub(crate) fn get(&self, pair: Pair<'_>) -> Option<Arc<Verified>> {
        self.0.get(&Lookup(pair))
    }

    pub(crate) fn insert(&self, pair: Pair<'_>, verified: Arc<Verified>) {
        self.0.insert(Key::of(pair), verified);
    }

    pub(crate) fn remove(&self, pair: Pair<'_>) {
        self.0.remove(&Lookup(pair));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Both tokens, one after the other.
#[derive(PartialEq, Eq)]
struct Key {
    text: Box<[u8]>,
    id_chars: usize,
}

impl Key {
    fn of(pair: Pair<'_>) -> Self {
        Self { text: [pair.id.bytes(), pair.site.bytes()].concat().into(), id_chars: pair.id.bytes().len() }
    }

    fn tokens(&self) -> (&[u8], &[u8]) {
        self.text.split_at_checked(self.id_chars).unwrap_or_default()
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_signatures(self.tokens(), state);
    }
}

/// A pair to look for, without a copy of it.
struct Lookup<'a>(Pair<'a>);

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_signatures((self.0.id.bytes(), self.0.site.bytes()), state);
    }
}

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        key.tokens() == (self.0.id.bytes(), self.0.site.bytes())
    }
}

/// The last 48 characters of each token, which are its signature: 36 bytes that nobody but the issuer can choose. Only
/// pairs that held are kept, so nobody can fill the cache with pairs of one hash; hashing the rest would cost more than
/// comparing it.
fn hash_signatures((id, site): (&[u8], &[u8]), state: &mut impl Hasher) {
    for token in [id, site] {
        state.write(token.last_chunk::<48>().map_or(token, |end| end.as_slice()));
    }
}
