//! What is no longer valid though its signature is: step 13.

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use enaction_core::Time;
use serde::{Deserialize, Serialize};

/// What an entry of the denylist names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DenyKind {
    /// One token.
    Jti,
    /// A session.
    Sid,
    /// A person, device or service; also the one on whose behalf another calls.
    Sub,
    /// A client.
    Client,
    /// A device.
    Dev,
    /// A signing key.
    Kid,
}

/// An entry of the denylist, as the feed of revocations has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DenyEntry {
    /// What it names.
    pub kind: DenyKind,
    /// The name.
    pub id: String,
    /// Tokens whose `iat` is earlier are denied; absent, all are. `iat` counts whole seconds, so a token that is issued
    /// later within the same second is denied too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Time>,
    /// When it can be forgotten: after the last token that it denies.
    pub expires: Time,
}

/// What is denied now. Shared by the verifier, which asks, and whoever follows the feed, who adds. Held in memory
/// alone: an entry takes about 100 bytes, and [`purge`](Self::purge) forgets those that have had their time.
#[derive(Debug, Default)]
pub struct Denylist {
    jti: Names,
    sid: Names,
    sub: Names,
    client: Names,
    dev: Names,
    kid: Names,
    generation: AtomicU64,
}

type Names = DashMap<Box<str>, Denied>;

/// All entries of one name, taken together: what denies everything, and what denies by `iat`.
#[derive(Clone, Copy, Debug, Default)]
struct Denied {
    all_until: Time,
    before: Option<(Time, Time)>,
}

impl Denied {
    fn add(&mut self, not_before: Option<Time>, expires: Time) {
        match (not_before, &mut self.before) {
            (None, _) => self.all_until = self.all_until.max(expires),
            (Some(new), Some((before, until))) => (*before, *until) = (new.max(*before), expires.max(*until)),
            (Some(new), empty) => *empty = Some((new, expires)),
        }
    }

    fn denies(&self, issued: Time, now: Time) -> bool {
        now < self.all_until || self.before.is_some_and(|(before, until)| now < until && issued < before)
    }

    fn lives(&self, now: Time) -> bool {
        now < self.all_until || self.before.is_some_and(|(_, until)| now < until)
    }
}

impl Denylist {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry. Verified pairs that are remembered are held against it at their next use.
    pub fn deny(&self, entry: DenyEntry) {
        self.of(entry.kind).entry(entry.id.into()).or_default().add(entry.not_before, entry.expires);
        // After the entry is there: who reads the new generation also sees the entry.
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Forgets entries that have had their time.
    pub fn purge(&self, now: Time) {
        for names in self.all() {
            names.retain(|_, denied| denied.lives(now));
        }
    }

    /// How many names are on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all().into_iter().map(DashMap::len).sum()
    }

    /// Whether nothing is denied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().into_iter().all(DashMap::is_empty)
    }

    /// Grows with every entry.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether a name is denied to a token that was issued then.
    pub(crate) fn denies(&self, kind: DenyKind, id: &str, issued: Time, now: Time) -> bool {
        self.of(kind).get(id).is_some_and(|denied| denied.denies(issued, now))
    }

    fn of(&self, kind: DenyKind) -> &Names {
        match kind {
            DenyKind::Jti => &self.jti,
            DenyKind::Sid => &self.sid,
            DenyKind::Sub => &self.sub,
            DenyKind::Client => &self.client,
            DenyKind::Dev => &self.dev,
            DenyKind::Kid => &self.kid,
        }
    }

    const fn all(&self) -> [&Names; 6] {
        [&self.jti, &self.sid, &self.sub, &self.client, &self.dev, &self.kid]
    }
}
