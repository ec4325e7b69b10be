//! A deployment's own process in the place of another: it stands wherever the other stood.

use std::sync::Arc;

use enaction::{Application, prelude::*, stores::MemoryStore, table::Method};
use enaction_tests::caller::{Everything, of};
use serde_json::Value;

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}

/// Lists no note at all, whatever there is.
#[process]
pub async fn none(_cx: &ReadContext, _page: PageRequest) -> Result<Page<Stored<Note>>> {
    Ok(Page::default())
}

/// How many notes an operation of the collection gives.
async fn count(app: &Arc<Application>, method: Method, path: &str) -> usize {
    let operation = app.operations().iter().find(|one| one.method == method && one.path == path).expect("an operation");
    let caller = of("acme");
    let admission = app.admit(&operation.process, &caller).await.expect("let in");
    let input = enaction::processes::Input::from(vec![Some("{}".into())]);
    let page = app.run(&operation.process, Some(caller), admission, input).await.expect("a page");
    let page: Value = serde_json::from_slice(&page.json().expect("a body")).expect("JSON");
    page["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn who_replaces_a_list_replaces_its_search() {
    let notes = || Resource::<Note>::stored().search();
    for (sentence, notes) in [("by cursor", notes()), ("by offset too", notes().pages_by_offset())] {
        let store = Arc::new(MemoryStore::default());
        let builder = || Application::builder().policies(Arc::new(Everything));
        let own = builder().module(Module::new("").resource(notes)).replace::<none>("notes.list");
        let own = own.build(store.clone()).unwrap_or_else(|mistakes| panic!("{sentence}: {mistakes}"));
        let plain = builder().module(Module::new("").resource(Resource::<Note>::stored().search()));
        let plain = plain.build(store).expect("an application");
        plain.call("notes.create", of("acme"), b"{}").await.expect("a note");
        for (method, path) in [(Method::Get, "/notes"), (Method::Query, "/notes"), (Method::Post, "/notes:search")] {
            let counts = (count(&plain, method, path).await, count(&own, method, path).await);
            assert_eq!(counts, (1, 0), "{sentence}: {} {path}", method.as_str());
        }
    }
}
