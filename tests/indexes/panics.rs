//! What a declaration does for an index may panic: one record does not keep the others from theirs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use enaction::{Application, Clock, Time, prelude::*, store::Store, stores::MemoryStore};
use serde_json::json;

use crate::shop::{Everything, Noon, call, done};

/// The entities and their application, without indexes or with.
macro_rules! version {
    ($version:ident: moods $moods:tt, toys $toys:tt) => {
        mod $version {
            use super::*;

            /// Somebody in a mood.
            #[entity $moods]
            pub struct Cat {
                #[entity(given)]
                pub id: Id<Cat>,
                pub mood: Mood,
            }

            /// What they play with.
            #[entity $toys]
            pub struct Toy {
                #[entity(given)]
                pub id: Id<Toy>,
                pub name: String,
            }

            pub(super) fn open(store: &Arc<dyn Store>, clock: &Arc<Broken>) -> Arc<Application> {
                let module = Module::new("").resource(Resource::<Cat>::stored()).resource(Resource::<Toy>::stored());
                let builder = Application::builder().policies(Arc::new(Everything)).clock(Arc::clone(clock) as _).module(module);
                builder.build(Arc::clone(store)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
            }
        }
    };
}

version! { before: moods ("cats"), toys ("toys") }
version! { now: moods ("cats", list(by = "mood")), toys ("toys", list(by = "name")) }

/// Not every mood can be indexed.
#[value]
pub struct Mood(pub String);

impl enaction::Indexed for Mood {
    fn index_key(&self) -> Option<enaction::store::IndexKey> {
        assert_ne!(self.0, "grim", "a declaration panics");
        self.0.index_key()
    }
}

/// A clock that can be broken.
#[derive(Default)]
pub(crate) struct Broken(AtomicBool);

impl Clock for Broken {
    fn now(&self) -> Time {
        assert!(!self.0.load(Ordering::SeqCst), "the clock panics");
        Noon.now()
    }
}

#[tokio::test]
async fn a_record_whose_entry_panics_holds_nothing_up() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = before::open(&store, &Arc::default());
    for (process, item) in [
        ("cats.create", json!({ "id": "a", "mood": "grim" })),
        ("cats.create", json!({ "id": "b", "mood": "calm" })),
        ("toys.create", json!({ "id": "c", "name": "ball" })),
    ] {
        done(&app, "acme", process, item).await;
    }
    let app = now::open(&store, &Arc::default());
    assert_eq!(app.maintain().await, Ok(()));
    for (process, filter, id) in
        [("cats.list", json!({ "mood": "calm" }), "b"), ("toys.list", json!({ "name": "ball" }), "c")]
    {
        let page = call(&app, "acme", process, json!({ "filter": filter })).await.expect("a page");
        let items = page["items"].as_array().expect("items");
        assert_eq!(items.iter().map(|item| &item["id"]).collect::<Vec<_>>(), [id], "{process}");
    }
}

#[tokio::test]
async fn a_round_that_panics_is_a_fault_and_the_next_one_is_done() {
    let (store, clock): (Arc<dyn Store>, Arc<Broken>) = (Arc::new(MemoryStore::new()), Arc::default());
    done(&before::open(&store, &clock), "acme", "cats.create", json!({ "id": "a", "mood": "calm" })).await;
    let app = now::open(&store, &clock);
    clock.0.store(true, Ordering::SeqCst);
    let told = [app.announce().await, app.maintain().await];
    assert_eq!(told.map(|told| told.map_err(|fault| fault.code())), [Err("internal"); 2]);
    clock.0.store(false, Ordering::SeqCst);
    assert_eq!([app.announce().await, app.maintain().await], [Ok(()), Ok(())]);
}
