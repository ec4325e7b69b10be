//! How PostgreSQL goes about each statement, told by itself (auto_explain), also of those inside of functions.

use enaction_core::store::{Announcement, Event, Scope};
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::PostgresSettings;
use futures_util::future::join_all;

use super::connect;
use crate::harness::*;

const TELLS_PLANS: &[(&str, &str)] = &[
    ("shared_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_nested_statements", "on"),
];

/// Enough that reading all would be the better plan where it were allowed.
const FILL: &str = "
    SET search_path = enaction;
    INSERT INTO records SELECT 'c:' || (n % 7), 'baskets', 'id' || n, n, '{}', '{}', '{}', 'x'
        FROM generate_series(1, 5000) n;
    INSERT INTO entries SELECT scope, collection, 'baskets.name', id::bytea, id FROM records;
    ANALYZE";

/// Every way in which the store asks and commits.
async fn do_everything(store: &Subjected) {
    let both = done(store, unit().writes("a", 0, &[name("n"), code("x")]).writes("b", 0, &[name("n")])).await;
    done(store, unit().writes("c", 0, &[name("n")])).await;
    for range in [all_ids(), ids("i", Some("id7")), entries(BY_NAME), entries(CODE)] {
        let page = store.scan(&acme(), &range, 2).await.unwrap();
        store.count(&acme(), &range, 9).await.unwrap();
        done(store, unit().scanned(range, 2, &page)).await;
    }
    store.get(&acme(), &[key("a")]).await.unwrap();
    store.get(&acme(), &[key("a"), key("b"), key("none")]).await.unwrap();
    store.scopes(Some(&Scope::Company("3".into())), 2).await.unwrap();
    let mut all = unit().reads("c", version(store, "c").await).reads("d", 0).writes("d", 0, &[code("y")]);
    all = all.writes("a", both, &[name("m"), code("x")]).reindexes("b", both, &[code("z")]);
    all.events.push(Event { name: "told", body: "1".into() });
    let now = done(store, all).await;
    done(store, unit().writes("a", now, &[name("m"), code("x")])).await;
    done(store, unit().removes("d", now)).await;
    // Several that share a statement.
    let many: Vec<String> = (0..8).map(|n| format!("many-{n}")).collect();
    let created = join_all(many.iter().map(|id| store.commit(unit().writes(id, 0, &[name("n")])))).await;
    let changes =
        many.iter().zip(created).map(|(id, created)| unit().writes(id, created.unwrap().version, &[name("n")]));
    for changed in join_all(changes.map(|unit| store.commit(unit))).await {
        changed.unwrap();
    }
    store.announce(&Announcement { program: "p".into(), says: "1".into() }).await.unwrap();
}

/// What the server told: a statement, and behind it the lines of its plan.
fn plans(cluster: &Cluster) -> Vec<Vec<String>> {
    let mut plans: Vec<Vec<String>> = Vec::new();
    for line in cluster.log() {
        match line.strip_prefix('\t') {
            Some(rest) => plans.last_mut().into_iter().for_each(|plan| plan.push(rest.trim().to_owned())),
            None if line.contains("plan:") => plans.push(Vec::new()),
            None => {}
        }
    }
    plans
}

fn scans(line: &str) -> bool {
    line.contains(" Scan ")
        && ["records", "entries", "events"].iter().any(|table| line.contains(&format!(" on {table}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_a_search_by_scope_in_a_primary_key() {
    let cluster = Cluster::start(Durability::Quick, TELLS_PLANS);
    let store = connect(&cluster, PostgresSettings::default()).await;
    let begun = plans(&cluster).len();
    // Planned while there was next to nothing.
    store.get(&acme(), &[key("a"), key("b")]).await.unwrap();
    scan(&store, &entries(BY_NAME)).await;
    let early = plans(&cluster).split_off(begun);
    cluster.ask(FILL);
    let before = plans(&cluster).len();
    do_everything(&store).await;
    // What a session told is in the log when it ended.
    drop(store);
    let (mut searches, mut created, mut changed) = (0, 0, 0);
    for plan in early.into_iter().chain(plans(&cluster).split_off(before)) {
        let whole = plan.join("\n");
        created += usize::from(whole.contains("new.since"));
        changed += usize::from(whole.contains("new_records"));
        for (at, line) in plan.iter().enumerate().filter(|(_, line)| scans(line)) {
            searches += 1;
            assert!(line.contains("Index") && line.contains("_pkey"), "{line}\n{whole}");
            let condition = &plan[at + 1];
            assert!(
                condition.starts_with("Index Cond: ((scope") || condition.starts_with("Index Cond: (scope"),
                "{whole}"
            );
            let one_by_one = whole.contains("unnest($") || whole.contains("FROM entries");
            assert!(!one_by_one || !line.contains(" on records") || condition.contains("id = "), "{whole}");
        }
        let sorts = plan.iter().any(|line| line.contains("Sort"));
        assert!(!sorts || whole.contains("k.place") || whole.contains("programs"), "{whole}");
    }
    assert!(searches > 30, "{searches} searches were told");
    assert!(created > 0 && changed > 1, "{created} groups were created, {changed} records of groups changed");
}
