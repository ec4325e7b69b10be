//! A hundred tills write one basket at the same time, and nothing is lost.

use std::{collections::BTreeSet, sync::Arc};

use enaction::{Application, store::Store};
use enaction_services::{baskets, catalogue};
use enaction_tests::caller::{self, Everything};
use serde_json::{Value, json};

use crate::{
    schedule::{self, Task},
    stores::{UnderTest, memory, postgres, sqlite},
};

const TILLS: usize = 100;
const PRICE: i64 = 150;

fn shop(store: &Arc<dyn Store>) -> Arc<Application> {
    let builder = Application::builder().policies(Arc::new(Everything));
    let builder = builder.module(baskets::module()).module(catalogue::module());
    builder.build(Arc::clone(store)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

async fn call(shop: &Arc<Application>, name: &str, parameters: Value) -> Value {
    let answer = shop.call(name, caller::of("acme"), parameters.to_string().as_bytes()).await;
    let output = answer.unwrap_or_else(|fault| panic!("{name} {parameters}: {fault}"));
    output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).expect("an answer is JSON"))
}

async fn open(shop: Arc<Application>) {
    call(&shop, "products.create", json!({"id": "tea", "description": "Tea", "unitPrice": PRICE})).await;
    call(&shop, "baskets.create", json!({"id": "B", "basketType": "BASKET"})).await;
}

/// One till: it adds a line, and changes how many.
async fn sell(shop: Arc<Application>, till: usize) -> i64 {
    let line = call(&shop, "baskets.items.create", json!({"id": "B", "itemId": "tea"})).await;
    assert_eq!(line["value"], PRICE, "the price is the catalogue's");
    let number = line["lineNumber"].as_i64().expect("a line has a number");
    let quantity = 1 + till % 3;
    let change = json!({"id": "B", "lineNumber": number, "quantity": quantity});
    let line = call(&shop, "baskets.items.quantity", change).await;
    assert_eq!(line["quantity"], quantity, "the line that was made is the one that was changed");
    number
}

async fn total_is_right(shop: Arc<Application>, numbers: Vec<i64>, place: String) {
    let distinct: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(distinct, (1..=TILLS as i64).collect(), "{place}: every line number is given out once");
    let basket = call(&shop, "baskets.read", json!({"id": "B"})).await;
    let lines = basket["items"].as_array().expect("a basket has lines");
    let expected: i64 = (0..TILLS).map(|till| PRICE * (1 + till as i64 % 3)).sum();
    assert_eq!((lines.len(), &basket["total"]), (TILLS, &json!(expected)), "{place}: nothing is lost");
    assert_eq!(basket["lastLineNumber"], TILLS, "{place}");
}

fn on_one_thread(under_test: &UnderTest, seed: u64) {
    let shop = shop(&under_test.store);
    schedule::run(seed, vec![Box::pin(open(Arc::clone(&shop))) as Task<()>]);
    let tills = (0..TILLS).map(|till| Box::pin(sell(Arc::clone(&shop), till)) as Task<i64>);
    let numbers = schedule::run(seed, tills.collect());
    let place = format!("on {}, seed {seed}", under_test.name);
    schedule::run(seed, vec![Box::pin(total_is_right(shop, numbers, place)) as Task<()>]);
}

#[test]
fn a_hundred_writers_of_one_basket_lose_nothing_in_any_order() {
    for seed in 0..3 {
        on_one_thread(&memory(), seed);
    }
    on_one_thread(&sqlite(true), 7);
    on_one_thread(&sqlite(false), 8);
}

#[test]
fn a_hundred_writers_of_one_basket_lose_nothing_on_many_threads() {
    for under_test in [memory(), sqlite(false), postgres()] {
        let shop = shop(&under_test.store);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
        runtime.block_on(async {
            open(Arc::clone(&shop)).await;
            let tills: Vec<_> = (0..TILLS).map(|till| tokio::spawn(sell(Arc::clone(&shop), till))).collect();
            let mut numbers = Vec::new();
            for till in tills {
                numbers.push(till.await.expect("the till came to its end"));
            }
            total_is_right(shop, numbers, format!("on {}, on threads", under_test.name)).await;
        });
    }
}
