//! What may be stale is answered by a replica, where there is one and while it answers; everything else by the store.

use std::sync::Arc;

use async_trait::async_trait;
use enaction::{
    prelude::*,
    store::{Committed, Key, Page as Found, Range, Record, Refusal, Scope, Store, StoreError, Unit, Write},
    stores::MemoryStore,
    testkit::{Running, TestService},
};
use serde_json::json;

/// Something whose reads may be stale.
#[entity("posters", list(by = "text"))]
pub struct Poster {
    #[entity(given)]
    pub id: Id<Poster>,
    pub text: String,
    pub seen: i64,
}

/// Something whose reads may not.
#[entity("tickets", list(by = "text"))]
pub struct Ticket {
    #[entity(given)]
    pub id: Id<Ticket>,
    pub text: String,
    pub seen: i64,
}

/// How often it was seen.
#[process]
pub async fn seen(cx: &ReadContext, id: Id<Poster>) -> Result<i64> {
    Ok(cx.read(&id).await?.seen)
}

/// Sees it once more.
#[process]
pub async fn see(cx: &mut WriteContext, id: Id<Poster>) -> Result<i64> {
    let poster = cx.read(&id).await?.into_inner();
    let seen = poster.seen + 1;
    cx.update(Poster { seen, ..poster }).await?;
    Ok(seen)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}

fn service(store: &Arc<dyn Store>) -> TestService {
    let posters = Resource::<Poster>::stored().search().view::<seen>("sightings").action::<see>("see");
    let tickets = Resource::<Ticket>::stored().search();
    let module = Module::new("").resource(posters.reads_may_be_stale()).resource(tickets);
    TestService::new().module(module).store(Arc::clone(store))
}

/// A store that can not be reached.
struct Gone;

#[async_trait]
impl Store for Gone {
    async fn get(&self, _: &Scope, _: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        Err(StoreError::Unavailable("gone".to_owned()))
    }

    async fn scan(&self, _: &Scope, _: &Range, _: usize) -> Result<Found, StoreError> {
        Err(StoreError::Unavailable("gone".to_owned()))
    }

    async fn count(&self, _: &Scope, _: &Range, _: usize) -> Result<usize, StoreError> {
        Err(StoreError::Unavailable("gone".to_owned()))
    }

    async fn scopes(&self, _: Option<&Scope>, _: usize) -> Result<Vec<Scope>, StoreError> {
        Err(StoreError::Unavailable("gone".to_owned()))
    }

    async fn commit(&self, _: Unit) -> Result<Committed, Refusal> {
        Err(Refusal::Unavailable("gone".to_owned()))
    }
}

/// A poster and a ticket that were seen so often.
fn filled(seen: i64) -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let running = service(&store).start();
    let anna = running.caller("acme").may(["*"]);
    for collection in ["posters", "tickets"] {
        let body = json!({ "id": "one", "text": "a", "seen": seen }).to_string();
        assert_eq!(running.post(&format!("/{collection}")).json(&body).from(&anna).send().status, 201);
    }
    store
}

/// How often something was seen, as each of its reads says.
fn told(running: &Running, collection: &str) -> Vec<i64> {
    let anna = running.caller("acme").may(["*"]);
    let get = |path: &str| running.get(&format!("/{collection}{path}")).from(&anna).send().json();
    let ask = |method: &str, path: &str| {
        let filter = json!({ "filter": { "text": "a" } }).to_string();
        running.request(method, &format!("/{collection}{path}")).json(&filter).from(&anna).send().json()
    };
    let lists = [get(""), get("?filter[text]=a&count=true"), ask("POST", ":search"), ask("QUERY", "")];
    let lists = lists.iter().map(|list| &list["items"][0]["seen"]);
    let all = [get("/one")["seen"].clone(), get("/one/seen")].into_iter().chain(lists.cloned());
    all.map(|seen| seen.as_i64().expect("a number")).collect()
}

#[test]
fn only_queries_of_a_resource_that_allows_it_are_answered_by_the_replica() {
    let (store, replica) = (filled(2), filled(1));
    let running = service(&store).replica(replica).start();
    let anna = running.caller("acme").may(["*"]);
    assert_eq!(told(&running, "posters"), [1; 6]);
    assert_eq!(told(&running, "tickets"), [2; 6]);
    let sightings = || running.get("/posters/one/sightings").from(&anna).send().json();
    assert_eq!(sightings(), 1);
    for seen in [3, 4] {
        assert_eq!(running.post("/posters/one/see").from(&anna).send().json(), seen, "a command reads the store");
    }
    let patched = running.patch("/posters/one").json(r#"{"text":"b"}"#).from(&anna).send();
    assert_eq!((patched.json()["seen"].clone(), sightings()), (json!(4), json!(1)));
}

#[test]
fn while_the_replica_does_not_answer_the_store_does() {
    let running = service(&filled(2)).replica(Arc::new(Gone)).start();
    assert_eq!(told(&running, "posters"), [2; 6]);
}

#[test]
fn the_operations_tell_what_may_be_stale() {
    let running = service(&filled(2)).start();
    let operations = running.get("/operations").from(&running.caller("acme").may(["*"])).send().json();
    for operation in operations["items"].as_array().expect("a list") {
        let (path, effect) = (operation["path"].as_str().expect("a path"), &operation["effect"]);
        let stale = path.starts_with("/posters") && effect == "query";
        assert_eq!(operation["mayBeStale"], stale, "{operation}");
    }
}

#[test]
fn without_a_replica_nothing_is_stale() {
    assert_eq!(told(&service(&filled(2)).start(), "posters"), [2; 6]);
}

/// What is kept of the indexes is gone, as if they had never been built.
fn forget_what_is_built(store: &dyn Store) {
    block_on(async {
        let all = Range::Ids { collection: "indexes", prefix: "".into(), after: None };
        let mut unit = Unit::new(Scope::Installation);
        for item in store.scan(&Scope::Installation, &all, 99).await.expect("a scan").items {
            let key = Key { collection: "indexes", id: item.id };
            unit.writes.push(Write { key, expected: item.record.version, record: None, claims: Vec::new() });
        }
        store.commit(unit).await.expect("a commit");
    });
}

#[test]
fn an_index_that_is_built_again_is_not_taken_for_ready_in_the_replica() {
    let (store, replica) = (filled(2), filled(1));
    let running = service(&store).replica(Arc::clone(&replica)).start();
    let anna = running.caller("acme").may(["*"]);
    let seen = || running.get("/posters?filter[text]=a").from(&anna).send().json()["items"][0]["seen"].clone();
    assert_eq!(seen(), 1, "the replica answers");
    forget_what_is_built(&*replica);
    forget_what_is_built(&*store);
    let application = running.application();
    block_on(async {
        application.announce().await.expect("it is missing");
        application.maintain().await.expect("it is built");
    });
    assert_eq!(seen(), 2, "the replica has not got it yet");
}
