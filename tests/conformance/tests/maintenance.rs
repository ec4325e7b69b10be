//! What is done beside all requests: in the background of a server, and whole although the store refuses a part of it.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use async_trait::async_trait;
use enaction::{
    Application,
    store::{Committed, Found, Key, Range, Refusal, Scope, Store, Unit, Write},
    stores::MemoryStore,
    testkit::FixedClock,
};
use enaction_tests::store::{Front, Fronted};

use crate::shop::{Shop, module, service};

const COMPANIES: [&str; 3] = ["acme", "globex", "initech"];
const HOURS_72_MS: i64 = 72 * 3_600_000;
const ANSWERS: &str = "idempotency";
const INDEXES: &str = "indexes";

/// A store that refuses what is written to one collection of a scope, and tells where it deleted something.
struct Refusing {
    refused: Mutex<Option<(Scope, &'static str, &'static str)>>,
    deleted: mpsc::Sender<(Scope, &'static str)>,
}

impl Refusing {
    fn new() -> (Arc<Fronted<Self>>, mpsc::Receiver<(Scope, &'static str)>) {
        let (deleted, told) = mpsc::channel();
        (Fronted::new(Self { refused: Mutex::new(None), deleted }, MemoryStore::new()), told)
    }

    /// Refuses, from now on, what writes an id that ends so to this collection of this scope.
    fn refuse(&self, refused: Option<(Scope, &'static str, &'static str)>) {
        *self.refused.lock().expect("nobody panics") = refused;
    }

    fn refuses(&self, unit: &Unit) -> bool {
        let refused = self.refused.lock().expect("nobody panics");
        refused.as_ref().is_some_and(|(scope, collection, end)| {
            let hit = |one: &Write| one.key.collection == *collection && one.key.id.ends_with(end);
            unit.scope == *scope && unit.writes.iter().any(hit)
        })
    }
}

#[async_trait]
impl Front for Refusing {
    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        if self.refuses(&unit) {
            return Err(Refusal::Unavailable("refused by the test".to_owned()));
        }
        let deletion = unit.writes.iter().find(|one| one.record.is_none());
        let deletion = deletion.map(|one| (unit.scope.clone(), one.key.collection));
        let committed = behind.commit(unit).await?;
        if let Some(deletion) = deletion {
            // The test may have heard enough.
            let _ = self.deleted.send(deletion);
        }
        Ok(committed)
    }
}

fn company(name: &str) -> Scope {
    Scope::Company(name.into())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}

fn maintain(application: &Application) -> Result<(), &'static str> {
    block_on(application.maintain()).map_err(|fault| fault.code())
}

/// How many answers are kept of each company.
fn kept(store: &dyn Store) -> [usize; 3] {
    let all = Range::Ids { collection: ANSWERS, prefix: "".into(), after: None };
    COMPANIES.map(|name| block_on(store.count(&company(name), &all, 9)).expect("a count"))
}

/// The store is as it was before its indexes were kept track of.
fn forget_what_is_built(store: &dyn Store) {
    let all = Range::Ids { collection: INDEXES, prefix: "".into(), after: None };
    let mut unit = Unit::new(Scope::Installation);
    for Found { id, record } in block_on(store.scan(&Scope::Installation, &all, 99)).expect("a scan").items {
        let key = Key { collection: INDEXES, id };
        unit.writes.push(Write { key, expected: record.version, record: None, claims: Vec::new() });
    }
    block_on(store.commit(unit)).expect("a commit");
}

#[test]
fn a_scope_that_can_not_be_purged_holds_up_no_other_and_is_purged_by_the_next_server_at_its_start() {
    let ((store, told), clock) = (Refusing::new(), Arc::new(FixedClock::default()));
    let open = || Shop::of(service().store(Arc::clone(&store) as _).clock(Arc::clone(&clock) as _).start());
    let shop = open();
    for name in COMPANIES {
        let caller = shop.service.caller(name).at("0001", "EUR").may(["*"]);
        assert_eq!(shop.ask_as(&caller, "POST", "/plains", "{}", &[("idempotency-key", "one")]).status, 201);
    }
    clock.advance_ms(HOURS_72_MS - 1);
    assert_eq!((maintain(shop.service.application()), kept(&*store)), (Ok(()), [1, 1, 1]));
    clock.advance_ms(1);
    store.refuse(Some((company("globex"), ANSWERS, "")));
    let round = maintain(shop.service.application());
    assert_eq!((round, kept(&*store)), (Err("store_unavailable"), [0, 1, 0]));
    drop(shop);

    store.refuse(None);
    let mut purged: Vec<_> = told.try_iter().collect();
    purged.sort();
    assert_eq!(purged, [(company("acme"), ANSWERS), (company("initech"), ANSWERS)]);
    let _shop = open();
    assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok((company("globex"), ANSWERS)));
    assert_eq!(kept(&*store), [0, 0, 0]);
}

#[test]
fn a_collection_whose_indexes_can_not_be_kept_holds_up_no_other() {
    let (store, _told) = Refusing::new();
    let shop = Shop::of(service().store(Arc::clone(&store) as _).start());
    for (path, body) in [
        ("/customers", r#"{"id":"c"}"#),
        ("/customers/c/orders", r#"{"id":"o","number":"1"}"#),
        ("/plains", r#"{"id":"p","code":"a"}"#),
    ] {
        assert_eq!(shop.ask("POST", path, body, &[]).status, 201, "{path}");
    }
    drop(shop);
    forget_what_is_built(&*store);

    let application = Application::builder().module(module()).build(Arc::clone(&store) as _).expect("an application");
    let ready = |index| block_on(application.index_ready(index)).map_err(|fault| fault.code());
    assert_eq!((ready("orders.number"), ready("plains.code")), (Err("index_building"), Err("index_building")));
    store.refuse(Some((Scope::Installation, INDEXES, "orders")));
    assert_eq!(maintain(&application), Err("store_unavailable"));
    assert_eq!((ready("orders.number"), ready("plains.code")), (Err("index_building"), Ok(())));
    store.refuse(None);
    assert_eq!(maintain(&application), Ok(()));
    assert_eq!(ready("orders.number"), Ok(()));
}

#[test]
fn a_server_is_ready_when_its_unique_indexes_are() {
    let (store, _told) = Refusing::new();
    let open = || Shop::of(service().store(Arc::clone(&store) as _).start());
    let shop = open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"p","code":"a"}"#, &[]).status, 201);
    drop(shop);
    forget_what_is_built(&*store);
    store.refuse(Some((Scope::Installation, INDEXES, "plains")));
    let shop = open();
    let ready = || shop.service.get("/health/ready").send();
    assert_eq!((ready().status, ready().code().as_str()), (503, "index_building"));
    store.refuse(None);
    assert_eq!(maintain(shop.service.application()), Ok(()));
    assert_ne!(ready().code(), "index_building");
}
