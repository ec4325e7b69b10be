//! Records of an older schema are written in the current one in the background, and an older program refuses the store then.

use std::sync::{Arc, atomic::Ordering};

use enaction::{
    Application, Clock, Time,
    prelude::*,
    rest::Server,
    store::Store,
    testkit::{FixedClock, TestService},
    tokens::{Denylist, Verifier, VerifierSettings},
};
use enaction_tests::store::Fronted;
use serde_json::{Value, json};

use super::{
    calls::{block_on, call, open, open_at},
    flasks::{Says, first, second, third},
    stores::Slow,
};

fn flask(number: usize) -> Says {
    Says {
        id: format!("f{number:04}"),
        code: u8::try_from(number).ok(),
        kind: if number.is_multiple_of(3) { "tall" } else { "flat" },
        name: format!("name {}", number * 7 % 100),
        litres: i64::try_from(number).expect("a number"),
        prices: vec![1, 2],
    }
}

async fn fill(app: &Arc<Application>, flasks: usize, version: u16) {
    for number in 0..flasks {
        let made = call(app, "flasks.create", flask(number).in_schema(version)).await;
        made.unwrap_or_else(|fault| panic!("{fault}"));
    }
}

/// Every index of the newest program.
const INDEXES: [&str; 4] = ["flasks.code", "flasks#3:kind:title", "flasks#3:kind:", "flasks::-code"];

async fn indexed(store: &Slow) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for index in INDEXES {
        all.push(store.in_index(index).await);
    }
    all
}

fn each_store(check: impl Fn([Arc<Fronted<Slow>>; 2])) {
    check([(); 2].map(|()| Slow::memory()));
    check([(); 2].map(|()| Slow::sqlite()));
}

#[test]
fn a_round_writes_every_record_in_the_current_schema_and_no_version_moves() {
    each_store(|[old, new]| {
        block_on(async {
            fill(&open(&old, first::module()), 120, 1).await;
            let before = old.flasks().await;
            let at_noon = open_at(&new, third::module(), Arc::new(FixedClock::default()));
            fill(&at_noon, 120, 3).await;

            let app = open(&old, third::module());
            let read = call(&app, "flasks.list", json!({ "limit": 200 })).await;
            app.maintain().await.expect("a round");
            let after = old.flasks().await;
            assert!(after.iter().all(|record| record.schema_version == 3));
            for (before, after) in before.iter().zip(&after) {
                assert_eq!((before.version, before.at, &before.by), (after.version, after.at, &after.by));
            }
            assert_eq!(call(&app, "flasks.list", json!({ "limit": 200 })).await, read, "it reads the same");
            assert_eq!(indexed(&old).await, indexed(&new).await, "what is indexed is what would have been written");

            let scans = old.scans.load(Ordering::SeqCst);
            open(&old, third::module()).maintain().await.expect("a round");
            assert_eq!(old.scans.load(Ordering::SeqCst), scans, "what is done is not done again");
        });
    });
}

#[test]
fn a_rewrite_that_is_cut_anywhere_goes_on_where_it_has_to() {
    each_store(|[old, new]| {
        block_on(async {
            fill(&open(&old, second::module()), 250, 2).await;
            fill(&open(&new, third::module()), 250, 3).await;
            let app = open(&old, third::module());
            let read = call(&app, "flasks.list", json!({ "limit": 300 })).await;
            for units in [0, 1, 2, 1] {
                let app = open(&old, third::module());
                old.let_through(units);
                assert!(app.maintain().await.is_err(), "cut after {units}");
                assert_eq!(call(&app, "flasks.list", json!({ "limit": 300 })).await, read, "{units}");
                let rewritten = old.schemas().await.iter().filter(|schema| **schema == 3).count();
                assert_eq!(rewritten.min(100 * units), 100 * units, "{units}");
                let changed = call(&app, "flasks.read", json!({ "id": "f0007" })).await.expect("a flask");
                assert_eq!(changed["millilitres"], 7000, "{units}");
            }
            old.let_through(usize::MAX);
            app.maintain().await.expect("a round");
            assert!(old.schemas().await.iter().all(|schema| *schema == 3));
            assert_eq!(indexed(&old).await, indexed(&new).await);
        });
    });
}

#[test]
fn what_is_written_meanwhile_is_written_in_the_current_schema() {
    each_store(|[store, _]| {
        block_on(async {
            fill(&open(&store, first::module()), 5, 1).await;
            store.let_through(0);
            let app = open(&store, third::module());
            assert!(app.maintain().await.is_err());
            let patch = json!({ "id": "f0003", "flask": { "note": "n" } });
            let patched = call(&app, "flasks.modify", patch).await.expect("a flask");
            assert_eq!((&patched["millilitres"], &patched["title"]), (&json!(3000), &json!("name 21")));
            assert_eq!(store.schemas().await, [1, 1, 1, 3, 1]);
            let same = json!({ "id": "f0002", "flask": { "title": "name 14" } });
            call(&app, "flasks.modify", same).await.expect("a flask");
            assert_eq!(store.schemas().await, [1, 1, 1, 3, 1], "what changes nothing writes nothing");
        });
    });
}

#[test]
fn an_older_program_refuses_the_store_with_a_clear_message() {
    const WHY: &str = "this store holds flasks of schema version 3; this program reads up to 1";
    each_store(|[store, _]| {
        let old = open(&store, first::module());
        block_on(async {
            fill(&old, 1, 1).await;
            open(&store, third::module()).announce().await.expect("the newest may");
            open(&store, third::module()).announce().await.expect("and again");
        });
        let restarted = open(&store, first::module());
        block_on(async {
            for told in [restarted.announce().await, restarted.unique_indexes_ready().await] {
                let fault = told.expect_err("refused");
                assert_eq!((fault.code(), fault.kind().status(), fault.detail()), ("schema_newer", 503, Some(WHY)));
            }
            let written = call(&restarted, "flasks.delete", json!({ "id": "f0000" })).await;
            assert_eq!(written.map_err(|fault| fault.code()), Err("schema_newer"), "nothing is written");

            let newest = open(&store, third::module());
            call(&newest, "flasks.modify", json!({ "id": "f0000", "flask": { "note": "n" } })).await.expect("a flask");
            for (name, input) in [("flasks.read", json!({ "id": "f0000" })), ("flasks.list", json!({}))] {
                let read = call(&restarted, name, input).await;
                assert_eq!(read.map_err(|fault| fault.code()), Err("schema_newer"), "{name}");
            }
        });
        let verifier = Arc::new(Verifier::new(VerifierSettings::default(), Arc::new(Denylist::new())));
        let server = Server::new(restarted, verifier).listen("127.0.0.1:0").without_signals();
        assert_eq!(server.run().map_err(|error| error.to_string()), Err(format!("use the store: {WHY}")));
    });
}

#[test]
fn a_record_that_can_not_be_read_holds_nothing_up() {
    each_store(|[store, _]| {
        block_on(async {
            fill(&open(&store, first::module()), 3, 1).await;
            store.damage("f0001", r#"{"id":"f0001","litres":"many"}"#).await;
            let clock = Arc::new(FixedClock::default());
            let app = open_at(&store, third::module(), Arc::clone(&clock) as Arc<dyn Clock>);
            app.maintain().await.expect("a round");
            assert_eq!(store.schemas().await, [3, 1, 3]);
            assert_eq!(app.unique_indexes_ready().await, Ok(()));
            let read = call(&app, "flasks.read", json!({ "id": "f0001" })).await;
            assert_eq!(read.map_err(|fault| fault.code()), Err("internal"));

            let scans = store.scans.load(Ordering::SeqCst);
            app.maintain().await.expect("a round");
            assert_eq!(store.scans.load(Ordering::SeqCst), scans, "it is not tried every minute");
            store.damage("f0001", r#"{"id":"f0001","litres":1,"created":"2026-11-22T12:00:00.000Z"}"#).await;
            clock.advance_ms(3_600_000);
            app.maintain().await.expect("a round");
            assert_eq!(store.schemas().await, [3, 3, 3]);
        });
    });
}

mod stumbling {
    use enaction::prelude::*;

    fn stumble(flask: &mut Document) -> Result<()> {
        match flask.get::<String>("name")?.as_deref() {
            Some("panic") => panic!("on purpose"),
            Some("other") => flask.set("litres", 1),
            _ => flask.set("name", "well"),
        }
    }

    /// A flask.
    #[entity("flasks", schema(2, changes = "name", up = stumble))]
    pub struct Flask {
        #[entity(given)]
        pub id: Id<Flask>,
        pub name: String,
        pub litres: i64,
    }
}

#[test]
fn a_step_that_fails_or_changes_what_it_did_not_declare_is_a_fault_of_that_record() {
    each_store(|[store, _]| {
        block_on(async {
            let old = open(&store, first::module());
            for (id, name) in [("a", "panic"), ("b", "other"), ("c", "")] {
                call(&old, "flasks.create", json!({ "id": id, "name": name })).await.expect("a flask");
            }
            let app = open(&store, Module::new("").resource(Resource::<stumbling::Flask>::stored()));
            app.maintain().await.expect("a round");
            assert_eq!(store.schemas().await, [1, 1, 2]);
            for (id, told) in [("a", Err("internal")), ("b", Err("internal")), ("c", Ok(json!("well")))] {
                let read = call(&app, "flasks.read", json!({ "id": id })).await;
                assert_eq!(read.map(|flask| flask["name"].clone()).map_err(|fault| fault.code()), told, "{id}");
            }
        });
    });
}

#[test]
fn an_answer_that_was_kept_is_given_again_in_the_current_schema() {
    let store = Slow::memory();
    let start = |module: Module| TestService::new().store(Arc::clone(&store) as Arc<dyn Store>).module(module).start();
    let sent = |service: &enaction::testkit::Running, method: &str, path: &str, body: Value, key: &str| {
        let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
        service
            .request(method, path)
            .from(&anna)
            .header("idempotency-key", key)
            .header("if-match", "*")
            .json(body)
            .send()
    };
    let said = json!({ "id": "f7", "code": "code-7" });
    let whole = json!([{ "id": "f7", "code": "code-8" }]);
    let requests = [("POST", "/flasks", said, "one", 201), ("PATCH", "/flasks", whole, "two", 200)];
    let old = start(first::module());
    for (method, path, body, key, status) in requests.clone() {
        assert_eq!(sent(&old, method, path, body, key).status, status, "{method} {path}");
    }
    let anna = old.caller("acme").at("0001", "EUR").may(["*"]);
    let since = old.patch("/flasks/f7").from(&anna).json(json!({ "name": "n", "litres": 9 })).send();
    assert_eq!(since.status, 200);
    drop(old);
    let new = start(third::module());
    for (method, path, body, key, status) in requests {
        let again = sent(&new, method, path, body, key);
        assert_eq!((again.status, again.header("idempotency-replayed")), (status, Some("true")), "{method} {path}");
        let answer = again.json();
        let flask = if answer["items"].is_array() { &answer["items"][0] } else { &answer };
        assert_eq!((&flask["title"], &flask["millilitres"]), (&json!(""), &json!(0)), "{method} {path}");
        assert_eq!(flask.get("name"), None, "{method} {path}");
    }
}

#[test]
fn a_tag_says_of_which_schema_a_representation_is_and_its_state_stays() {
    let store = Slow::memory();
    let start = |module: Module| TestService::new().store(Arc::clone(&store) as Arc<dyn Store>).module(module).start();
    let get = |service: &enaction::testkit::Running, path: &str, known: &str| {
        let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
        let answer = service.get(path).from(&anna).header("if-none-match", known).send();
        (answer.status, answer.header("etag").expect("a tag").to_owned())
    };
    let old = start(first::module());
    let anna = old.caller("acme").at("0001", "EUR").may(["*"]);
    let made = old.post("/flasks").from(&anna).json(flask(1).in_schema(1)).send();
    assert_eq!(made.status, 201);
    let paths = ["/flasks/f0001", "/flasks/f0001/parts", "/flasks"];
    let before = paths.map(|path| get(&old, path, "\"0\"").1);
    assert_eq!(Some(before[0].as_str()), made.header("etag"), "the first schema needs no mark");
    drop(old);
    store.let_through(0);
    let new = start(third::module());
    let read = paths.map(|path| get(&new, path, "\"0\"").1);
    drop(new);
    store.let_through(usize::MAX);
    let new = start(third::module());
    block_on(new.application().maintain()).expect("a round");
    for ((path, before), read) in paths.iter().zip(&before).zip(&read) {
        assert_eq!(get(&new, path, before).0, 200, "{path}: what an older program answered is another representation");
        assert_eq!(get(&new, path, read), (304, read.clone()), "{path}: the rewrite changes none");
        let state = |tag: &str| tag.trim_matches('"').split('-').next().map(str::to_owned);
        assert_eq!(state(before), state(read), "{path}");
    }
    let known = new.delete("/flasks/f0001").from(&anna).header("if-match", &before[0]).send();
    assert_eq!(known.status, 200, "who knows the state may change it, whatever program told it");
}

#[test]
fn the_time_of_a_rewrite_is_no_time_of_the_record() {
    let store = Slow::memory();
    block_on(async {
        let clock = Arc::new(FixedClock::default());
        fill(&open_at(&store, first::module(), Arc::clone(&clock) as Arc<dyn Clock>), 1, 1).await;
        clock.advance_ms(60_000);
        open_at(&store, third::module(), Arc::clone(&clock) as Arc<dyn Clock>).maintain().await.expect("a round");
        let record = store.flasks().await.remove(0);
        let body: Value = serde_json::from_slice(&record.body).expect("JSON");
        assert_eq!(record.at, Time::from_millis(1_795_348_800_000));
        assert_eq!((&body["created"], &body["modified"]), (&json!("2026-11-22T12:00:00.000Z"), &body["created"]));
    });
}
