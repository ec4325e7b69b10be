//! Queues per key: after its first conflict a command waits for its turn on the keys that conflicted, so that N writers
//! of one item need about N runs.

use std::{collections::BTreeSet, sync::Arc};

use dashmap::DashMap;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::store::{Key, Scope};

type Turn = (Scope, Key);

#[derive(Default)]
pub(crate) struct Queue(DashMap<Turn, Arc<Mutex<()>>>);

/// The keys whose turn it is; given back when dropped.
pub(crate) struct Turns<'a> {
    queue: &'a Queue,
    held: Vec<(Turn, Option<OwnedMutexGuard<()>>)>,
}

impl Queue {
    /// Waits until it is this command's turn on all of the keys. Keys are taken in one order, so that no two commands
    /// wait for each other.
    pub(crate) async fn wait(&self, scope: &Scope, keys: BTreeSet<Key>) -> Turns<'_> {
        let mut turns = Turns { queue: self, held: Vec::new() };
        for key in keys {
            let turn = (scope.clone(), key);
            let lock = Arc::clone(&self.0.entry(turn.clone()).or_default());
            let guard = lock.lock_owned().await;
            turns.held.push((turn, Some(guard)));
        }
        turns
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        for (turn, guard) in &mut self.held {
            drop(guard.take());
            // Nobody else holds or waits for it: one reference is the map's.
            self.queue.0.remove_if(turn, |_, lock| Arc::strong_count(lock) == 1);
        }
    }
}
