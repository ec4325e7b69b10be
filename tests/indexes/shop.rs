//! A store with what companies put into it, and what is said of its indexes.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use enaction::{
    Application, Caller, Claims, Clock, Fault, Policy, PolicySource, Time,
    store::{Found, Key, Range, Record, Scope, Store, Unit, Write},
    stores::{SqliteSettings, SqliteStore},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const COMPANIES: [&str; 3] = ["acme", "globex", "initech"];

/// The time stands still, so that two stores can be the same.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Time {
        Time::from_millis(1_795_000_000_000)
    }
}

/// Everyone may do everything.
pub(crate) struct Everything;

#[async_trait]
impl PolicySource for Everything {
    fn cached(&self, _: &str) -> Option<Arc<Policy>> {
        Some(Arc::new(Policy { roles: [("all".to_owned(), vec!["*".to_owned()])].into(), ..Policy::default() }))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        Ok(self.cached(company).expect("a policy"))
    }
}

/// A SQLite file.
pub(crate) struct Shop {
    pub(crate) store: Arc<dyn Store>,
    directory: TempDir,
}

/// An index entry as it is kept: scope, collection, index, key, id.
type Entry = (String, String, String, Vec<u8>, String);

impl Shop {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { store: Self::open(directory.path().join("store.db")), directory }
    }

    fn open(path: PathBuf) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&path, SqliteSettings::default()).expect("a store"))
    }

    /// All index entries, in order.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let raw = Connection::open(self.directory.path().join("store.db")).expect("open the file");
        let mut all = raw.prepare("SELECT scope, collection, index_name, key, id FROM entries").expect("prepare");
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
        rows.expect("ask").collect::<Result<_, _>>().expect("entries")
    }

    /// How many entries an index has, in all scopes.
    pub(crate) async fn entries_of(&self, (collection, index): (&'static str, &'static str)) -> usize {
        let range = Range::Entries { index, collection, from: Vec::new(), to: None, after: None };
        let mut count = 0;
        for scope in self.store.scopes(None, 100).await.expect("the scopes") {
            count += self.store.count(&scope, &range, usize::MAX).await.expect("a count");
        }
        count
    }

    /// Ids and versions of what a company has in a collection.
    pub(crate) async fn versions(&self, company: &str, collection: &'static str) -> Vec<(String, u64)> {
        let range = Range::Ids { collection, prefix: "".into(), after: None };
        let page = self.store.scan(&Scope::Company(company.into()), &range, usize::MAX).await.expect("a scan");
        page.items.into_iter().map(|item| (item.id.to_string(), item.record.version)).collect()
    }

    /// What the application keeps of its indexes is gone, as if they had never been built.
    pub(crate) async fn forget_what_is_built(&self) {
        self.change_what_is_built(|_| None).await;
    }

    /// What is kept says that the keys of all entries were made in another way.
    pub(crate) async fn age_keys(&self) {
        self.change_what_is_built(|body| {
            let mut body: Value = serde_json::from_slice(body).expect("JSON");
            for form in body["ready"].as_object_mut().expect("forms").values_mut() {
                assert!(form["keys"].take().is_u64());
                form["keys"] = json!(0);
            }
            Some(body.to_string())
        })
        .await;
    }

    async fn change_what_is_built(&self, change: impl Fn(&[u8]) -> Option<String>) {
        let kept = Range::Ids { collection: "indexes", prefix: "".into(), after: None };
        let kept = self.store.scan(&Scope::Installation, &kept, 100).await.expect("what is built");
        assert!(!kept.items.is_empty() && !kept.more);
        let mut unit = Unit::new(Scope::Installation);
        for Found { id, record } in kept.items {
            let (key, expected) = (Key { collection: "indexes", id }, record.version);
            let record = change(&record.body).map(|body| Record { body: body.into(), ..record });
            unit.writes.push(Write { key, expected, record, claims: Vec::new() });
        }
        self.store.commit(unit).await.expect("a commit");
    }

    /// Puts another text in the place of a record of acme, behind the back of every application.
    pub(crate) async fn damage(&self, collection: &'static str, id: &str) {
        let key = Key { collection, id: id.into() };
        let mut unit = Unit::new(Scope::Company("acme".into()));
        let record = self.store.get(&unit.scope, std::slice::from_ref(&key)).await.expect("a record").remove(0);
        let mut record = record.expect("a record");
        let expected = record.version;
        record.body = "[\"no entity\"]".into();
        unit.writes.push(Write { key, expected, record: Some(record), claims: Vec::new() });
        self.store.commit(unit).await.expect("a commit");
    }
}

/// Calls a process for someone of a company.
pub(crate) async fn call(app: &Arc<Application>, company: &str, name: &str, input: Value) -> Result<Value, Fault> {
    let caller = Caller::new(Claims { company: company.into(), roles: vec!["all".into()], ..Claims::default() });
    let output = app.call(name, caller, input.to_string().as_bytes()).await?;
    Ok(output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).expect("JSON")))
}

pub(crate) async fn done(app: &Arc<Application>, company: &str, name: &str, input: Value) -> Value {
    let answer = call(app, company, name, input).await;
    answer.unwrap_or_else(|fault| panic!("{name} of {company}: {fault}"))
}

pub(crate) fn email(number: usize) -> String {
    format!("{number}@example.com")
}

pub(crate) async fn create_customer(app: &Arc<Application>, company: &str, number: usize) {
    let kind = if number.is_multiple_of(3) { "REGULAR" } else { "NEW" };
    let customer = json!({ "id": format!("c{number:04}"), "code": format!("k{number}"), "email": email(number),
        "kind": kind, "points": number * 7 % 50 });
    done(app, company, "customers.create", customer).await;
}

/// Customers, the first of them with orders, and people, of each company.
pub(crate) async fn fill(app: &Arc<Application>, customers: usize) {
    for company in COMPANIES {
        for number in 0..customers {
            create_customer(app, company, number).await;
        }
        for number in 0..customers.min(12) {
            let id = format!("c{number:04}");
            for order in 0..3 {
                let order = json!({ "id": id, "order": { "id": format!("o{order}"), "number": format!("n{order}"),
                    "total": number * order } });
                done(app, company, "customers.orders.create", order).await;
            }
            let person = json!({ "id": format!("p{number}"), "badge": format!("{company}-{number}"),
                "name": format!("name {}", number * 5 % 12) });
            done(app, company, "people.create", person).await;
        }
    }
}

/// The customer of acme with this address.
pub(crate) async fn by_email(app: &Arc<Application>, number: usize) -> Result<Value, Fault> {
    call(app, "acme", "customers.byEmail", json!({ "email": email(number) })).await
}
