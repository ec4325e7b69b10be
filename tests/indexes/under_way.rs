//! While an index is built: others write, the round is killed, two do it at once.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use enaction::Application;
use serde_json::{Value, json};

use crate::{
    declared::{NEW, OLD, new, old},
    shop::{COMPANIES, Shop, by_email, call, done, email, fill},
};

/// Polls a future so many times, and drops it when it is not done then.
async fn within<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Creates, changes and deletes customers of a company until it is told to end.
async fn write(app: Arc<Application>, company: &'static str, end: Arc<AtomicBool>) {
    for round in 0.. {
        let id = format!("w{round}");
        done(&app, company, "customers.create", json!({ "id": id, "email": format!("{id}@example.com") })).await;
        let existing = format!("c{:04}", round * 17 % 150);
        let moved = json!({ "id": existing, "customer": { "email": format!("{existing}@{round}.example") } });
        done(&app, company, "customers.modify", moved).await;
        if round % 3 == 0 {
            done(&app, company, "customers.delete", json!({ "id": id })).await;
        }
        let stale = call(&app, company, "customers.byEmail", json!({ "email": email(1) })).await;
        assert!(stale.is_ok() || stale.is_err_and(|fault| fault.code() == "index_building"));
        if end.load(Ordering::Relaxed) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Every customer is found by its address, and the index holds nothing else.
async fn the_index_is_whole(shop: &Shop, app: &Arc<Application>) {
    let mut all = 0;
    for company in COMPANIES {
        for (id, _) in shop.versions(company, "customers").await {
            let customer = done(app, company, "customers.read", json!({ "id": id })).await;
            let found = done(app, company, "customers.byEmail", json!({ "email": customer["email"] })).await;
            assert_eq!(found, json!(id), "{company}");
            all += 1;
        }
    }
    assert_eq!(shop.entries_of(NEW[0]).await, all);
    assert_eq!(shop.entries_of(NEW[1]).await, all);
    assert_eq!(shop.entries_of(OLD[0]).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_index_is_built_while_others_write_all_the_time() {
    let shop = Shop::new();
    fill(&old::open(&shop.store), 150).await;
    let app = new::open(&shop.store);
    let end = Arc::new(AtomicBool::new(false));
    let writers = COMPANIES.map(|company| tokio::spawn(write(Arc::clone(&app), company, Arc::clone(&end))));
    for _ in 0..3 {
        app.maintain().await.expect("a round");
        shop.forget_what_is_built().await;
    }
    app.maintain().await.expect("a round");
    end.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("a writer");
    }
    the_index_is_whole(&shop, &app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_that_is_killed_at_any_step_leaves_an_index_that_is_not_ready_or_whole() {
    let shop = Shop::new();
    fill(&old::open(&shop.store), 130).await;
    let mut killed = 0;
    for polls in 1.. {
        // A new application knows nothing of what the one before did.
        let app = new::open(&shop.store);
        let ended = within(polls, app.maintain()).await;
        if by_email(&new::open(&shop.store), 129).await == Ok(json!("c0129")) {
            the_index_is_whole(&shop, &new::open(&shop.store)).await;
        } else {
            assert_eq!(ended, None, "a round that ended has built it");
            killed += 1;
        }
        if let Some(ended) = ended {
            ended.expect("a round");
            break;
        }
    }
    assert!(killed > 5, "it was killed {killed} times");
    for old in OLD {
        assert_eq!(shop.entries_of(old).await, 0, "{old:?} is dropped");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_build_at_once_do_no_harm() {
    let shop = Shop::new();
    fill(&old::open(&shop.store), 130).await;
    let nodes = [0, 1, 2].map(|_| new::open(&shop.store));
    let rounds = nodes.clone().map(|app| tokio::spawn(async move { app.maintain().await }));
    for round in rounds {
        round.await.expect("a task").expect("a round");
    }
    for app in nodes {
        app.maintain().await.expect("a round");
        assert_eq!(by_email(&app, 7).await, Ok(json!("c0007")));
        the_index_is_whole(&shop, &app).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_waits_for_an_index_is_told_so_and_asks_the_store_once() {
    let shop = Shop::new();
    fill(&old::open(&shop.store), 3).await;
    let app = new::open(&shop.store);
    let askers = [0; 16].map(|_| {
        let app = Arc::clone(&app);
        tokio::spawn(async move { by_email(&app, 1).await })
    });
    for asker in askers {
        assert_eq!(asker.await.expect("a task").map_err(|fault| fault.code()), Err("index_building"));
    }
    app.maintain().await.expect("a round");
    assert_eq!(by_email(&app, 1).await, Ok(json!("c0001")));
    assert_eq!(by_email(&app, 3).await, Ok(Value::Null));
}
