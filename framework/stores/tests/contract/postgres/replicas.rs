//! A copy of the database that follows it.

use enaction_core::store::Refusal;
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::{PostgresSettings, PostgresStore};

use super::connect;
use crate::harness::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_reads_what_it_was_told_and_commits_nothing() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let replica = cluster.standby("replica");
    let url = replica.url();
    let open = || PostgresStore::connect_replica(&url, PostgresSettings::default());
    assert!(open().await.unwrap_err().to_string().contains("no tables"));

    let store = connect(&cluster, PostgresSettings::default()).await;
    let a = done(&store, unit().writes("a", 0, &[name("n")])).await;
    let followed = "SELECT pg_last_wal_replay_lsn() >= ";
    let now = cluster.ask("SELECT pg_current_wal_insert_lsn()");
    replica.until(|| replica.ask(&format!("{followed}'{now}'")) == "t");

    let copy: Subjected = std::sync::Arc::new(open().await.unwrap());
    assert_eq!(version(&copy, "a").await, a);
    assert_eq!(found(&copy, &entries(BY_NAME), 9).await, ["a"]);
    assert_eq!((copy.count(&acme(), &all_ids(), 9).await, copy.scopes(None, 9).await), (Ok(1), Ok(vec![acme()])));
    assert!(matches!(refused(&copy, unit().writes("b", 0, &[])).await, Refusal::Unavailable(_)));
}
