//! A SQLite store that holds very much, put in by the store port in large units of work, in the order of the keys.

use std::{path::Path, sync::Arc, time::Instant};

use enaction::{
    Entity as _, Time,
    store::{Claim, Key, Record, Scope, Store, Unit, Write},
    stores::{SqliteSettings, SqliteStore},
};
use enaction_services::baskets::{Basket, BasketType};

use crate::{
    ours,
    world::{COMPANY, World},
};

/// What a company that asks has at least, so that it has a thousandth page.
const OWN: usize = 1_000;
const UNIT: usize = 5_000;
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
        let settings = SqliteSettings { lose_acknowledged_commits_on_power_cut: true, ..SqliteSettings::default() };
        let store = SqliteStore::open(&directory.join("store.db"), settings).expect("open the store");
        let store: Arc<dyn Store> = Arc::new(store);
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        let application = ours::application(&World::new(), Arc::clone(&store));
        runtime.block_on(application.maintain()).expect("an empty store has all indexes");
        let since = Instant::now();
        runtime.block_on(async {
            fill_company(&store, COMPANY, self.own()).await;
            let others = self.companies - 1;
            for other in 0..others {
                let share = (self.items - self.own()) / others;
                fill_company(&store, &format!("com_{other:04}"), share).await;
            }
        });
        println!("{self}: filled in {:.1} s", since.elapsed().as_secs_f64());
    }
}

impl std::fmt::Display for Hoard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noun = if self.companies == 1 { "company" } else { "companies" };
        write!(f, "{} items of {} {noun}", self.items, self.companies)
    }
}

async fn fill_company(store: &Arc<dyn Store>, company: &str, baskets: usize) {
    let scope = Scope::Company(company.into());
    for first in (0..baskets).step_by(UNIT) {
        let mut unit = Unit::new(scope.clone());
        unit.writes = (first..baskets.min(first + UNIT)).map(basket).collect();
        store.commit(unit).await.expect("fill the store");
    }
}

/// The id of a basket. The order of ids is the opposite of that in which they came, which is the order of the list: what is
/// put in goes behind what is there, in the records and in the index.
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
