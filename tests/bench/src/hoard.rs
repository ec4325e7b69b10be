//! A SQLite store that holds very much: of each company a thousand baskets, put in by the store port, and copies of them
//! under other ids, made inside of the database, the oldest first, as a store comes to them.

use std::{path::Path, sync::Arc, time::Instant};

use enaction::{
    Entity as _, Time,
    store::{Claim, Key, Record, Scope, Store, Unit, Write},
    stores::{SqliteSettings, SqliteStore},
};
use enaction_services::baskets::{Basket, BasketType};
use rusqlite::{Connection, params};

use crate::{
    ours,
    world::{COMPANY, World},
};

/// What a company that asks has at least, so that it has a thousandth page; and what is put in by the port.
const OWN: usize = 1_000;
/// Whose baskets they all are.
pub(crate) const CUSTOMER: &str = "walk-in";

/// How many baskets there are, of how many companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hoard {
    pub(crate) items: usize,
    pub(crate) companies: usize,
}

impl Hoard {
    /// What the company that asks has.
    pub(crate) fn own(self) -> usize {
        (self.items / self.companies).max(OWN)
    }

    /// Fills a directory. The application is there first, so that its indexes are kept up from the beginning.
    pub(crate) fn fill(self, directory: &Path) {
        let store = SqliteStore::open(&directory.join("store.db"), SqliteSettings::default()).expect("open the store");
        let store: Arc<dyn Store> = Arc::new(store);
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        let application = ours::application(&World::new(), Arc::clone(&store));
        runtime.block_on(application.maintain()).expect("an empty store has all indexes");
        let since = Instant::now();
        runtime.block_on(async {
            for (company, baskets) in self.shares() {
                let mut unit = Unit::new(Scope::Company(company.as_str().into()));
                unit.writes = (0..baskets.min(OWN)).rev().map(basket).collect();
                store.commit(unit).await.expect("fill the store");
            }
        });
        drop((application, store));
        self.copy(&directory.join("store.db")).expect("copy the baskets");
        println!("{self}: filled in {:.1} s", since.elapsed().as_secs_f64());
    }

    /// The companies, each with how many it has.
    fn shares(self) -> impl Iterator<Item = (String, usize)> {
        let others = self.companies - 1;
        let share = (self.items - self.own()).checked_div(others).unwrap_or_default();
        let others = (0..others).map(move |other| (format!("com_{other:04}"), share));
        std::iter::once((COMPANY.to_owned(), self.own())).chain(others)
    }

    fn copy(self, path: &Path) -> rusqlite::Result<()> {
        let connection = Connection::open(path)?;
        connection
            .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN")?;
        for (company, baskets) in self.shares() {
            let scope = Scope::Company(company.as_str().into()).to_string();
            let [baskets, own] = [baskets, OWN].map(|number| i64::try_from(number).expect("a number"));
            let copies = baskets / own;
            for copy in (1..copies).rev() {
                connection.prepare_cached(COPY_RECORDS)?.execute(params![scope, copy * own, id(OWN)])?;
            }
            let mut entries = connection.prepare_cached(ENTRIES)?;
            let entries = entries.query_map([&scope], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            for entry in entries.collect::<Result<Vec<(String, Vec<u8>, String)>, _>>()? {
                let (index, key, id) = entry;
                connection.prepare_cached(COPY_ENTRY)?.execute(params![scope, index, key, id, copies, own])?;
            }
        }
        connection.execute_batch("COMMIT")
    }
}

/// Numbers are ids without their zeros.
const COPY_RECORDS: &str = "INSERT INTO records (scope, collection, id, version, claims, record)
    SELECT scope, collection, printf('%026d', id + ?2), version, claims, record
    FROM records WHERE scope = ?1 AND collection = 'baskets' AND id < ?3 ORDER BY id DESC";
const ENTRIES: &str = "SELECT index_name, key, id FROM entries WHERE scope = ?1 AND collection = 'baskets'";
const COPY_ENTRY: &str =
    "WITH RECURSIVE copies (copy) AS (SELECT 1 WHERE ?5 > 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy + 1 < ?5)
    INSERT INTO entries SELECT ?1, 'baskets', ?2, ?3, r.id, r.place FROM copies CROSS JOIN records r
    ON r.scope = ?1 AND r.collection = 'baskets' AND r.id = printf('%026d', ?4 + copy * ?6)";

impl std::fmt::Display for Hoard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noun = if self.companies == 1 { "company" } else { "companies" };
        write!(f, "{} items of {} {noun}", self.items, self.companies)
    }
}

/// The id of a basket. The order of ids is the opposite of that in which they came, which is the order of the list.
pub(crate) fn id(number: usize) -> String {
    format!("{number:026}")
}

fn basket(number: usize) -> Write {
    let created = Time::from_millis(1_795_000_000_000 - i64::try_from(number).expect("a number"));
    let id = id(number);
    let mut basket = Basket {
        id: id.parse().expect("an id"),
        basket_name: format!("B-{number}"),
        basket_type: BasketType::Basket,
        customer_id: Some(CUSTOMER.to_owned()),
        currency: Some("EUR".to_owned()),
        site_id: "sit_0001".to_owned(),
        device_id: Some("dev_till1".to_owned()),
        ..Basket::default()
    };
    basket.set_times(created, created);
    let body = serde_json::to_vec(&basket).expect("write a basket").into();
    let record = Record { schema_version: Basket::SCHEMA_VERSION, version: 0, at: created, by: "usr_1".into(), body };
    let key = Key { collection: Basket::COLLECTION, id: id.into() };
    let listed = Basket::LISTS.iter().zip(basket.list_keys());
    let claims = listed.map(|(list, key)| Claim { index: list.index, key: key.into_bytes(), unique: false });
    Write { key, expected: 0, record: Some(record), claims: claims.collect() }
}
