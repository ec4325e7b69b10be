//! A store that several programs use, each of which knows when another came or went.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
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
}

impl Program {
    pub(crate) fn on(store: &Arc<Fronted<Slow>>, said: &Said) -> Arc<Fronted<Self>> {
        Fronted::of(Self { said: Arc::clone(said), own: Mutex::new(None) }, Arc::clone(store) as _)
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
        *self.own.lock().expect("nobody panics") = Some(Arc::clone(&own.program));
        let mut said = self.said.lock().expect("nobody panics");
        said.insert(Arc::clone(&own.program), own.says.clone());
        let all = said.iter().map(|(program, says)| Announcement { program: Arc::clone(program), says: says.clone() });
        Ok(all.collect())
    }
}
