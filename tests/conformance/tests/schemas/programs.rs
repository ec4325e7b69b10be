//! A store that several programs use, each of which knows when another came or went.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use enaction::store::{Announcement, Store, StoreError};
use enaction_tests::store::{Front, Fronted};

use super::stores::Slow;

/// What all programs on one store said.
pub(crate) type Said = Arc<Mutex<BTreeMap<Arc<str>, Bytes>>>;

/// The store as one program has it.
pub(crate) struct Program {
    said: Said,
    own: Mutex<Option<Arc<str>>>,
    /// How often it was announced.
    pub(crate) announcements: AtomicUsize,
    /// What happens once between its next announcement and what it does with the answer.
    pub(crate) meanwhile: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl Program {
    pub(crate) fn on(store: &Arc<Fronted<Slow>>, said: &Said) -> Arc<Fronted<Self>> {
        let front = Self {
            said: Arc::clone(said),
            own: Mutex::default(),
            announcements: AtomicUsize::new(0),
            meanwhile: Mutex::default(),
        };
        Fronted::of(front, Arc::clone(store) as _)
    }

    /// It ends, and the others know.
    pub(crate) fn leave(&self) {
        if let Some(own) = self.own.lock().expect("nobody panics").take() {
            self.said.lock().expect("nobody panics").remove(&own);
        }
    }
}

#[async_trait]
impl Front for Program {
    async fn announce(&self, _behind: &dyn Store, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        self.announcements.fetch_add(1, Ordering::SeqCst);
        // As a store that is asked over a network.
        tokio::task::yield_now().await;
        *self.own.lock().expect("nobody panics") = Some(Arc::clone(&own.program));
        let all = {
            let mut said = self.said.lock().expect("nobody panics");
            said.insert(Arc::clone(&own.program), own.says.clone());
            let all = said.iter().map(|(program, says)| (Arc::clone(program), says.clone()));
            all.map(|(program, says)| Announcement { program, says }).collect()
        };
        let meanwhile = self.meanwhile.lock().expect("nobody panics").take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        Ok(all)
    }
}
