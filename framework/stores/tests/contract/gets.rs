//! What a get answers.

use enaction_core::store::{Key, Record, Write};

use crate::harness::*;

pub(crate) async fn records_come_in_the_order_of_the_keys(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let b = done(&store, unit().writes("b", 0, &[])).await;
    let got = store.get(&acme(), &[key("b"), key("none"), key("a")]).await.unwrap();
    let versions: Vec<_> = got.iter().map(|record| record.as_ref().map(|record| record.version)).collect();
    assert_eq!(versions, [Some(b), None, Some(a)]);
}

pub(crate) async fn a_key_asked_twice_is_answered_twice(store: Subjected) {
    done(&store, unit().writes("a", 0, &[])).await;
    let got = store.get(&acme(), &[key("a"), key("a")]).await.unwrap();
    assert!(got.len() == 2 && got[0].is_some() && got[0] == got[1]);
}

pub(crate) async fn no_keys_get_no_records(store: Subjected) {
    assert_eq!(store.get(&acme(), &[]).await.unwrap(), []);
    assert_eq!(store.get(&acme(), &[key("none")]).await.unwrap(), [None]);
}

pub(crate) async fn a_record_reads_back_as_it_was_written_with_the_version_of_its_commit(store: Subjected) {
    let pending = Record { version: 999, ..record("{\"name\":\"Grüße \\u0000\"}") };
    let mut unit = unit();
    unit.writes.push(Write { key: key("a"), expected: 0, record: Some(pending.clone()), claims: vec![] });
    let version = done(&store, unit).await;
    let expected = Record { version, ..pending };
    for _ in 0..2 {
        assert_eq!(store.get(&acme(), &[key("a")]).await.unwrap(), [Some(expected.clone())]);
    }
    assert_eq!(scan(&store, &all_ids()).await.items[0].record, expected);
}

pub(crate) async fn a_large_record_reads_back(store: Subjected) {
    let large = record(&"x".repeat(3 << 20));
    let mut unit = unit();
    unit.writes.push(Write { key: key("a"), expected: 0, record: Some(large.clone()), claims: vec![] });
    let version = done(&store, unit).await;
    assert_eq!(store.get(&acme(), &[key("a")]).await.unwrap(), [Some(Record { version, ..large })]);
}

pub(crate) async fn the_same_id_in_another_collection_is_another_record(store: Subjected) {
    done(&store, unit().writes("a", 0, &[])).await;
    let elsewhere = Key { collection: "orders", id: "a".into() };
    assert_eq!(store.get(&acme(), std::slice::from_ref(&elsewhere)).await.unwrap(), [None]);
    let mut unit = unit();
    unit.writes.push(Write { key: elsewhere.clone(), expected: 0, record: Some(record("1")), claims: vec![] });
    done(&store, unit).await;
    assert_eq!(store.get(&acme(), &[elsewhere]).await.unwrap()[0].as_ref().unwrap().body, "1");
    assert_ne!(store.get(&acme(), &[key("a")]).await.unwrap()[0].as_ref().unwrap().body, "1");
}

pub(crate) async fn ids_are_compared_byte_by_byte(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[])).await;
    let upper = done(&store, unit().writes("A", 0, &[])).await;
    let spaced = done(&store, unit().writes("a ", 0, &[])).await;
    let accents =
        [done(&store, unit().writes("é", 0, &[])).await, done(&store, unit().writes("e\u{301}", 0, &[])).await];
    let now = [version(&store, "a").await, version(&store, "A").await, version(&store, "a ").await];
    assert_eq!(now, [a, upper, spaced]);
    assert_eq!([version(&store, "é").await, version(&store, "e\u{301}").await], accents);
}

pub(crate) async fn a_removed_record_is_absent(store: Subjected) {
    let a = done(&store, unit().writes("a", 0, &[name("n")])).await;
    assert_eq!(version(&store, "a").await, a);
    done(&store, unit().removes("a", a)).await;
    assert_eq!(version(&store, "a").await, 0);
    assert!(found(&store, &all_ids(), 9).await.is_empty() && found(&store, &entries(BY_NAME), 9).await.is_empty());
}

pub(crate) async fn ids_hold_what_other_languages_take_for_theirs(store: Subjected) {
    for id in ["o'brien", "a\\b", "%", "_", "$1", "--", "{a,b}", "NULL", "\"a\"", "x;y", "é\u{1f600}"] {
        let version = done(&store, unit().writes(id, 0, &[name(id), code(id)])).await;
        let both = store.get(&acme(), &[key(id), key("none")]).await.unwrap();
        assert_eq!(both[0].as_ref().map(|record| record.version), Some(version), "{id}");
        assert_eq!(found(&store, &ids(id, None), 1).await[0], id);
        let changed = done(&store, unit().reads(id, version).writes(id, version, &[name(id)])).await;
        done(&store, unit().removes(id, changed)).await;
    }
    assert!(found(&store, &all_ids(), 9).await.is_empty() && found(&store, &entries(BY_NAME), 9).await.is_empty());
}

pub(crate) async fn records_of_several_collections_are_read_together(store: Subjected) {
    let order = Key { collection: "orders", id: "a".into() };
    let mut both = unit().writes("a", 0, &[]);
    both.writes.push(Write { key: order.clone(), expected: 0, record: Some(record("{}")), claims: vec![] });
    let version = done(&store, both).await;
    let got = store.get(&acme(), &[order, key("a"), key("b")]).await.unwrap();
    let versions: Vec<_> = got.iter().map(|record| record.as_ref().map(|record| record.version)).collect();
    assert_eq!(versions, [Some(version), Some(version), None]);
}

pub(crate) async fn a_record_of_nothing_reads_back(store: Subjected) {
    let nothing = Record { by: "".into(), ..record("") };
    let mut unit = unit();
    unit.writes.push(Write { key: key("a"), expected: 0, record: Some(nothing.clone()), claims: vec![] });
    let version = done(&store, unit).await;
    assert_eq!(store.get(&acme(), &[key("a")]).await.unwrap(), [Some(Record { version, ..nothing })]);
}
