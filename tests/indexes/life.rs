//! What becomes of the indexes when a program declares others than the one before.

use serde_json::{Value, json};

use crate::{
    declared::{NEW, OLD, new, old},
    shop::{COMPANIES, Shop, by_email, create_customer, done, fill},
};

#[tokio::test]
async fn in_an_empty_store_every_index_is_ready_at_once() {
    let shop = Shop::new();
    let app = new::open(&shop.store);
    assert_eq!(by_email(&app, 1).await, Ok(Value::Null));
    create_customer(&app, "acme", 1).await;
    assert_eq!(by_email(&app, 1).await, Ok(json!("c0001")));
    for (_, index) in NEW {
        assert_eq!(app.index_ready(index).await, Ok(()), "{index}");
        assert_eq!(new::open(&shop.store).index_ready(index).await, Ok(()), "{index} after a restart");
    }
}

#[tokio::test]
async fn an_index_that_came_is_built_by_a_round_of_maintenance() {
    let shop = Shop::new();
    fill(&old::open(&shop.store), 250).await;
    let [mut customers, mut orders] = [Vec::new(), Vec::new()];
    for company in COMPANIES {
        customers.push(shop.versions(company, "customers").await);
        orders.push(shop.versions(company, "orders").await);
    }

    let app = new::open(&shop.store);
    let fault = by_email(&app, 1).await.expect_err("the index is not built");
    assert_eq!((fault.code(), fault.kind().status()), ("index_building", 503));
    assert!(fault.retry_after().is_some());
    for (_, index) in NEW {
        assert_eq!(app.index_ready(index).await.map_err(|fault| fault.code()), Err("index_building"), "{index}");
    }
    assert_eq!(app.index_ready("customers.code").await, Ok(()), "both declare it");
    assert_eq!(app.unique_indexes_ready().await.map_err(|fault| fault.code()), Err("index_building"));
    app.maintain().await.expect("a round");
    assert_eq!(app.unique_indexes_ready().await, Ok(()));

    for number in [0, 99, 100, 101, 249] {
        assert_eq!(by_email(&app, number).await, Ok(json!(format!("c{number:04}"))));
    }
    for (_, index) in NEW {
        assert_eq!(app.index_ready(index).await, Ok(()), "{index}");
        assert_eq!(new::open(&shop.store).index_ready(index).await, Ok(()), "{index} after a restart");
    }
    for old in OLD {
        assert_eq!(shop.entries_of(old).await, 0, "{old:?} is dropped");
    }
    for (at, company) in COMPANIES.into_iter().enumerate() {
        assert_eq!(shop.versions(company, "customers").await, customers[at], "no version moves");
        assert_eq!(shop.versions(company, "orders").await, orders[at], "no version moves");
    }
}

#[tokio::test]
async fn what_is_built_later_is_what_would_have_been_written() {
    let (built, written) = (Shop::new(), Shop::new());
    fill(&old::open(&built.store), 120).await;
    new::open(&built.store).maintain().await.expect("a round");
    let app = new::open(&written.store);
    fill(&app, 120).await;
    assert_eq!(built.entries(), written.entries());

    written.forget_what_is_built().await;
    let before = written.entries();
    let app = new::open(&written.store);
    assert!(by_email(&app, 1).await.is_err());
    app.maintain().await.expect("a round");
    assert_eq!(written.entries(), before, "to build again changes nothing");
}

#[tokio::test]
async fn an_index_whose_keys_were_made_otherwise_is_built_anew() {
    let shop = Shop::new();
    fill(&new::open(&shop.store), 30).await;
    let before = shop.entries();
    shop.age_keys().await;
    let app = new::open(&shop.store);
    for (_, index) in NEW {
        assert_eq!(app.index_ready(index).await.map_err(|fault| fault.code()), Err("index_building"), "{index}");
    }
    app.maintain().await.expect("a round");
    assert_eq!(by_email(&app, 7).await, Ok(json!("c0007")));
    for (_, index) in NEW {
        assert_eq!(new::open(&shop.store).index_ready(index).await, Ok(()), "{index} after a restart");
    }
    assert_eq!(shop.entries(), before);
}

#[tokio::test]
async fn an_older_program_drops_what_it_does_not_keep_up() {
    let shop = Shop::new();
    fill(&new::open(&shop.store), 30).await;
    let app = old::open(&shop.store);
    create_customer(&app, "acme", 500).await;
    assert_ne!(shop.entries_of(NEW[0]).await, 0, "nothing is dropped by the way");
    drop(app);

    let app = new::open(&shop.store);
    assert_eq!(by_email(&app, 500).await.map_err(|fault| fault.code()), Err("index_building"));
    app.maintain().await.expect("a round");
    assert_eq!(by_email(&app, 500).await, Ok(json!("c0500")), "what the older one wrote is in it");

    old::open(&shop.store).maintain().await.expect("a round");
    for new in NEW {
        assert_eq!(shop.entries_of(new).await, 0, "{new:?} is dropped");
    }
    for old in OLD {
        assert_ne!(shop.entries_of(old).await, 0, "{old:?} is built again");
    }
}

#[tokio::test]
async fn a_unique_index_of_values_that_are_held_twice_is_not_ready_and_holds_nothing_up() {
    let shop = Shop::new();
    let app = old::open(&shop.store);
    fill(&app, 150).await;
    let twice = json!({ "id": "c0100", "customer": { "email": "1@example.com" } });
    done(&app, "acme", "customers.modify", twice).await;

    let app = new::open(&shop.store);
    app.maintain().await.expect("a round");
    assert_eq!(by_email(&app, 1).await.map_err(|fault| fault.code()), Err("index_building"));
    assert_eq!(app.index_ready("customers:kind:-points").await, Ok(()), "the others are");
    assert_eq!(app.unique_indexes_ready().await, Ok(()), "nobody waits for what does not come by itself");
    assert_eq!(shop.entries_of(("customers", "customers:kind:-points")).await, 3 * 150);
    assert_eq!(shop.entries_of(("customers", "customers.email")).await, 3 * 150 - 1);
    assert_eq!(shop.entries_of(OLD[0]).await, 0);
    let third = json!({ "id": "c0200", "email": "1@example.com" });
    let fault = crate::shop::call(&app, "acme", "customers.create", third).await.expect_err("a third");
    assert_eq!(fault.code(), "already_exists");

    let free = json!({ "id": "c0100", "customer": { "email": "100@example.com" } });
    done(&app, "acme", "customers.modify", free).await;
    let app = new::open(&shop.store);
    app.maintain().await.expect("a round");
    assert_eq!(by_email(&app, 1).await, Ok(json!("c0001")));
    assert_eq!(by_email(&app, 100).await, Ok(json!("c0100")));
}

#[tokio::test]
async fn a_record_that_can_not_be_read_holds_nothing_up() {
    let shop = Shop::new();
    fill(&old::open(&shop.store), 120).await;
    shop.damage("customers", "c0050").await;
    let app = new::open(&shop.store);
    app.maintain().await.expect("a round");
    assert_eq!(by_email(&app, 49).await, Ok(json!("c0049")));
    assert_eq!(by_email(&app, 50).await, Ok(Value::Null));
    assert_eq!(by_email(&app, 119).await, Ok(json!("c0119")));
}
