//! A program that was paused for so long that the others on its store went on without it commits nothing that it made before:
//! it hears them first, and then goes on by itself.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use enaction::{
    store::{Announcement, Committed, Refusal, Store, StoreError, Unit},
    stores::MemoryStore,
};
use enaction_tests::store::{Front, Fronted};

use crate::shop::{Shop, service};

/// A store whose lease for its program can be over, and whose reads can fail.
#[derive(Default)]
struct Leased {
    is_over: AtomicBool,
    reads_fail: AtomicBool,
    announcements: AtomicUsize,
}

#[async_trait]
impl Front for Leased {
    fn gets(&self) -> Result<(), StoreError> {
        if self.reads_fail.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("every connection is in use".to_owned()));
        }
        Ok(())
    }

    async fn announce(&self, behind: &dyn Store, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        self.announcements.fetch_add(1, Ordering::SeqCst);
        if self.is_over.swap(false, Ordering::SeqCst) { Err(StoreError::Silent) } else { behind.announce(own).await }
    }

    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        if self.is_over.load(Ordering::SeqCst) {
            return Err(Refusal::Unavailable("the lease is over".to_owned()));
        }
        behind.commit(unit).await
    }
}

#[test]
fn a_program_that_was_paused_writes_again_when_it_has_heard_the_others() {
    let store = Fronted::new(Leased::default(), MemoryStore::default());
    let shop = Shop::of(service().store(Arc::clone(&store) as _).start());
    let create = |id: &str| shop.ask("POST", "/things", &format!(r#"{{"id":"{id}"}}"#), &[]);
    assert_eq!(create("before").status, 201);
    store.is_over.store(true, Ordering::SeqCst);
    let refused = create("meanwhile");
    // The server announces itself every few seconds: it may have been just now.
    assert!(matches!((refused.status, refused.code().as_str()), (503, "store_unavailable") | (201, _)));
    let announced = store.announcements.load(Ordering::SeqCst);
    announce(&shop).expect("it is heard again");
    assert!(store.announcements.load(Ordering::SeqCst) > announced, "it is announced anew");
    assert_eq!(create("behind").status, 201);
}

#[test]
fn a_program_is_announced_though_nothing_can_be_read() {
    let store = Fronted::new(Leased::default(), MemoryStore::new());
    let shop = Shop::of(service().store(Arc::clone(&store) as _).start());
    announce(&shop).expect("it is heard");
    store.reads_fail.store(true, Ordering::SeqCst);
    let announced = store.announcements.load(Ordering::SeqCst);
    assert_eq!(announce(&shop).map_err(|fault| fault.code()), Err("store_unavailable"));
    assert!(store.announcements.load(Ordering::SeqCst) > announced, "the others go on reckoning with it");
}

fn announce(shop: &Shop) -> enaction::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(shop.service.application().announce())
}
