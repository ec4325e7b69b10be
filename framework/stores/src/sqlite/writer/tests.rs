//! Groups, one at a time, and what happens to them when the database fails.

use std::sync::mpsc::sync_channel;

use bytes::Bytes;
use enaction_core::{
    Time,
    store::{Key, Record, Scope, Write},
};

use super::*;
use crate::sqlite::{SqliteSettings, file::Database};

/// A deferred foreign key fails at COMMIT.
const FAILS_AT_COMMIT: &str = "
    PRAGMA foreign_keys = ON;
    CREATE TABLE lost (name TEXT REFERENCES meta (name) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER loses AFTER INSERT ON records BEGIN INSERT INTO lost VALUES ('none'); END";
const FAILS_BEFORE: &str =
    "CREATE TRIGGER fails BEFORE INSERT ON records WHEN new.id = 'bad' BEGIN SELECT RAISE(ABORT, 'broken'); END";
const HEALS: &str = "DROP TRIGGER IF EXISTS loses; DROP TRIGGER IF EXISTS fails";

fn writer(directory: &tempfile::TempDir) -> Writer {
    let settings = SqliteSettings::default();
    let (database, connection) = Database::open(&directory.path().join("store.db"), &settings).unwrap();
    let shared = Shared::new(database, &settings);
    let queue = sync_channel(1).1;
    Writer {
        shared,
        queue,
        group_units_max: 9,
        connection: Some(connection),
        failed: None,
        looks_at_log: std::time::Instant::now(),
    }
}

fn scope() -> Scope {
    Scope::Installation
}

fn key(id: &str) -> Key {
    Key { collection: "baskets", id: id.into() }
}

fn creates_body(id: &str, body: Bytes) -> Unit {
    let record = Record { schema_version: 1, version: 0, at: Time::from_millis(0), by: "till".into(), body };
    let mut unit = Unit::new(scope());
    unit.writes.push(Write { key: key(id), expected: 0, record: Some(record), claims: vec![] });
    unit
}

fn creates(id: &str) -> Unit {
    creates_body(id, "1".into())
}

fn commit(writer: &mut Writer, units: impl IntoIterator<Item = Unit>) -> Vec<Result<u64, Refusal>> {
    let pending = |unit: Unit| Pending { scope: unit.scope.to_string(), unit, answer: oneshot::channel().0 };
    let group: Vec<_> = units.into_iter().map(pending).collect();
    writer.commit(&group).into_iter().map(|answer| answer.map(|committed| committed.version)).collect()
}

fn version(writer: &Writer, id: &str) -> u64 {
    let read = |connection: &Connection| Rows::new(connection, &scope().to_string()).record(&key(id));
    let kept = writer.shared.pool.read(read).unwrap();
    let cached = writer.shared.cache.get(&scope(), &key(id));
    assert!(cached.is_none() || cached == kept);
    kept.map_or(0, |record| record.version)
}

fn execute_batch(writer: &Writer, sql: &str) {
    writer.shared.database.writer().unwrap().execute_batch(sql).unwrap();
}

#[test]
fn units_of_a_group_see_each_other_and_have_numbers_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = writer(&directory);
    let mut update = creates("a");
    update.writes[0].expected = 1;
    let mut removal = creates("b");
    removal.writes[0].record = None;
    removal.writes[0].expected = 3;
    let answers = commit(&mut writer, [creates("a"), update, creates("a"), creates("b"), removal, creates("b")]);
    assert_eq!(answers, [Ok(1), Ok(2), Err(Refusal::Exists(key("a"))), Ok(3), Ok(4), Ok(5)]);
    assert_eq!([version(&writer, "a"), version(&writer, "b")], [2, 5]);
    assert_eq!(writer.shared.cache.get(&scope(), &key("a")).unwrap().version, 2);
}

#[test]
fn a_failure_before_the_commit_refuses_the_whole_group_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = writer(&directory);
    commit(&mut writer, [creates("a")]);
    execute_batch(&writer, FAILS_BEFORE);
    let answers = commit(&mut writer, [creates("b"), creates("bad"), creates("c")]);
    assert!(answers.iter().all(|answer| matches!(answer, Err(Refusal::Unavailable(_)))), "{answers:?}");
    assert_eq!(["a", "b", "bad", "c"].map(|id| version(&writer, id)), [1, 0, 0, 0]);
    execute_batch(&writer, HEALS);
    assert_eq!(commit(&mut writer, [creates("bad")]), [Ok(3)], "2 settled what the failure left");
}

#[test]
fn a_commit_that_fails_is_unknown_and_settled_before_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = writer(&directory);
    commit(&mut writer, [creates("a")]);
    writer.connection.as_ref().unwrap().execute_batch(FAILS_AT_COMMIT).unwrap();
    let answers = commit(&mut writer, [creates("b"), creates("a")]);
    assert!(answers.iter().all(|answer| matches!(answer, Err(Refusal::Unknown(_)))), "{answers:?}");
    assert!(writer.shared.recovers.load(Ordering::Acquire) && writer.connection.is_none());

    // What the failed commit touched is not cached until it is settled.
    let record = creates("b").writes.remove(0).record.unwrap();
    let mark = writer.shared.cache.mark();
    writer.shared.cache.offer(mark, &scope(), &key("b"), &record);
    assert_eq!(writer.shared.cache.get(&scope(), &key("b")), None);

    execute_batch(&writer, HEALS);
    let answers = commit(&mut writer, [creates("b")]);
    assert_eq!(answers, [Ok(3)], "2 may have been seen by nobody, and is not given again");
    assert_eq!(["a", "b"].map(|id| version(&writer, id)), [1, 3]);
    assert!(!writer.shared.recovers.load(Ordering::Acquire) && writer.failed.is_none());
}

#[test]
fn a_disk_without_room_refuses_as_full_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = writer(&directory);
    commit(&mut writer, [creates("a")]);
    writer.connection.as_ref().unwrap().execute_batch("PRAGMA max_page_count = 12").unwrap();
    let large = creates_body("large", vec![b'1'; 1 << 20].into());
    assert_eq!(commit(&mut writer, [creates("b"), large]), [Err(Refusal::Full), Err(Refusal::Full)]);
    assert_eq!(["a", "b", "large"].map(|id| version(&writer, id)), [1, 0, 0]);
    assert_eq!(commit(&mut writer, [creates("b")]), [Ok(2)]);
}

#[test]
fn a_reader_installs_nothing_that_a_commit_may_have_changed_since() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = writer(&directory);
    commit(&mut writer, [creates("a")]);
    let shared = writer.shared.clone();
    let old = shared.cache.get(&scope(), &key("a")).unwrap();
    let mark = shared.cache.mark();
    shared.cache.clear();
    shared.cache.offer(mark, &scope(), &key("a"), &old);
    assert_eq!(shared.cache.get(&scope(), &key("a")), Some(old.clone()));

    let mut removal = creates("a");
    removal.writes[0].record = None;
    removal.writes[0].expected = 1;
    commit(&mut writer, [removal]);
    shared.cache.offer(mark, &scope(), &key("a"), &old);
    assert_eq!(shared.cache.get(&scope(), &key("a")), None);
}
