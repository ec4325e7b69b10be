//! What becomes of an index that keeps its name, and whose entries are made otherwise.

use enaction::Application;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::shop::{Shop, call, done};

/// People with badges: how these are unique, and what their key is.
macro_rules! version {
    ($version:ident: $people:tt, keys $number:literal: $key:expr) => {
        mod $version {
            use std::sync::Arc;

            use enaction::{Application, Indexed, prelude::*, store::{IndexKey, Store}};

            /// Who works for a company.
            #[entity $people]
            pub struct Person {
                #[entity(given)]
                pub id: Id<Person>,
                #[entity(read_only)]
                pub company: String,
                pub badge: Option<Badge>,
            }

            /// What opens the door.
            #[value]
            pub struct Badge(pub String);

            impl Indexed for Badge {
                const VERSION: u32 = $number;

                fn index_key(&self) -> Option<IndexKey> {
                    let key: fn(&str) -> String = $key;
                    key(&self.0).index_key()
                }
            }

            /// Whose badge it is.
            #[process]
            pub async fn by_badge(cx: &ReadContext, badge: Badge) -> Result<Option<String>> {
                Ok(cx.find::<Person>("badge", &badge).await?.map(|found| found.id.to_string()))
            }

            pub(crate) fn open(store: &Arc<dyn Store>) -> Arc<Application> {
                let mut builder = Application::builder();
                let capability = builder.take_capability().expect("the capability");
                let module = Module::new("").of_installation(&capability).resource(Resource::<Person>::stored());
                let builder = builder
                    .clock(Arc::new(crate::shop::Noon))
                    .policies(Arc::new(crate::shop::Everything))
                    .module(module.process::<by_badge>("people.byBadge"));
                builder.build(Arc::clone(store)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
            }
        }
    };
}

version! { plain: ("people", owned_by = "company", unique = "badge"), keys 1: str::to_owned }
version! { folded: ("people", owned_by = "company", unique = "badge"), keys 2: str::to_lowercase }
version! { everywhere: ("people", owned_by = "company", unique_installation = "badge"), keys 1: str::to_owned }

async fn create(app: &Arc<Application>, company: &str, id: &str, badge: &str) -> Result<Value, &'static str> {
    let person = json!({ "id": id, "badge": badge });
    call(app, company, "people.create", person).await.map_err(|fault| fault.code())
}

async fn who_has(app: &Arc<Application>, badge: &str) -> Result<Value, &'static str> {
    call(app, "acme", "people.byBadge", json!({ "badge": badge })).await.map_err(|fault| fault.code())
}

#[tokio::test]
async fn values_whose_keys_are_made_otherwise_are_found_by_them_when_the_index_was_built_anew() {
    let shop = Shop::new();
    let before = plain::open(&shop.store);
    create(&before, "acme", "p1", "Red-7").await.expect("a person");
    assert_eq!((who_has(&before, "Red-7").await, who_has(&before, "red-7").await), (Ok(json!("p1")), Ok(Value::Null)));

    let app = folded::open(&shop.store);
    assert_eq!(who_has(&app, "red-7").await, Err("index_building"));
    app.maintain().await.expect("a round");
    for badge in ["red-7", "Red-7"] {
        assert_eq!(who_has(&app, badge).await, Ok(json!("p1")), "{badge}");
    }
    assert_eq!(create(&app, "acme", "p2", "RED-7").await, Err("already_exists"));
    let again = plain::open(&shop.store);
    assert_eq!(who_has(&again, "Red-7").await, Err("index_building"), "the older one makes them otherwise");
    again.maintain().await.expect("a round");
    assert_eq!((who_has(&again, "Red-7").await, who_has(&again, "red-7").await), (Ok(json!("p1")), Ok(Value::Null)));
}

#[tokio::test]
async fn values_that_become_unique_in_the_installation_are_held_against_those_that_were_there() {
    let shop = Shop::new();
    create(&plain::open(&shop.store), "acme", "p1", "Red-7").await.expect("a person");
    let app = everywhere::open(&shop.store);
    assert_eq!(who_has(&app, "Red-7").await, Err("index_building"));
    app.maintain().await.expect("a round");
    assert_eq!(who_has(&app, "Red-7").await, Ok(json!("p1")));
    assert_eq!(create(&app, "globex", "p2", "Red-7").await, Err("already_exists"));
    done(&app, "globex", "people.create", json!({ "id": "p3", "badge": "Red-8" })).await;
}
