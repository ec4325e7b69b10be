//! Every case on PostgreSQL: each in tables of its own, all on one cluster, because a cluster takes seconds to make.

mod fences;
mod groups;
mod lost;
mod migrations;
mod nodes;
mod plans;
mod replicas;

use std::{pin::Pin, sync::Arc};

use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::{PostgresSettings, PostgresStore};
use futures_util::{StreamExt, stream};
use tokio::{runtime::Handle, task::spawn_blocking};

use crate::{CASES, harness::Subjected};

/// A sentence, and what it says as code.
pub(crate) type Case = (&'static str, fn(Subjected) -> Pin<Box<dyn Future<Output = ()>>>);

/// So many cases run at the same time.
const TOGETHER: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_keeps_the_whole_contract() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let run = |(number, (sentence, case)): (usize, &'static Case)| {
        let cluster = &cluster;
        async move {
            let settings = PostgresSettings {
                schema: format!("case_{number}"),
                // What is handed over together comes in its order where there is one connection, and only there.
                connections_max: if sentence.contains("handed_over_together") { 1 } else { 6 },
                ..PostgresSettings::default()
            };
            let store = connect(cluster, settings).await;
            let runs = spawn_blocking(move || Handle::current().block_on(case(store)));
            runs.await.err().map(|_| *sentence)
        }
    };
    let broken = stream::iter(CASES.iter().enumerate().map(run)).buffer_unordered(TOGETHER);
    let broken: Vec<&str> = broken.filter_map(async |broken| broken).collect().await;
    assert!(broken.is_empty(), "{} of {} cases are broken: {broken:#?}", broken.len(), CASES.len());
}

pub(crate) async fn connect(cluster: &Cluster, settings: PostgresSettings) -> Subjected {
    Arc::new(PostgresStore::connect(&cluster.url(), settings).await.unwrap())
}
