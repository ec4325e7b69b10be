//! What SQLite alone promises: files, restarts, queues.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a case that can not go on fails")]

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use enaction_core::{
    Time,
    store::{Claim, Committed, Event, Key, Range, Record, Refusal, Reindexed, Scope, Store, Unit, Write},
};
use enaction_stores::{OpenError, SqliteSettings, SqliteStore};
use futures_util::{FutureExt, future::join_all};
use rusqlite::Connection;
use tempfile::TempDir;

const BASKETS: &str = "baskets";

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(directory: &TempDir) -> SqliteStore {
    SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).unwrap()
}

fn refused(directory: &TempDir) -> OpenError {
    SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).unwrap_err()
}

fn raw(directory: &TempDir) -> Connection {
    Connection::open(directory.path().join("store.db")).unwrap()
}

fn log_bytes(directory: &TempDir) -> u64 {
    directory.path().join("store.db-wal").metadata().unwrap().len()
}

fn acme() -> Scope {
    Scope::Company("acme".into())
}

fn key(id: &str) -> Key {
    Key { collection: BASKETS, id: id.into() }
}

fn code(value: &str) -> Claim {
    Claim { index: "baskets.code", key: value.into(), unique: true }
}

fn record() -> Record {
    Record { schema_version: 1, version: 0, at: Time::from_millis(0), by: "till".into(), body: "{}".into() }
}

fn writes(id: &str, expected: u64, claims: &[Claim]) -> Unit {
    let mut unit = Unit::new(acme());
    unit.writes.push(Write { key: key(id), expected, record: Some(record()), claims: claims.to_vec() });
    unit
}

async fn version(store: &SqliteStore, id: &str) -> u64 {
    store.get(&acme(), &[key(id)]).await.unwrap().remove(0).map_or(0, |record| record.version)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let directory = directory();
    let store = open(&directory);
    let a = store.commit(writes("a", 0, &[code("x")])).await.unwrap().version;
    let before = store.get(&acme(), &[key("a")]).await.unwrap();
    drop(store);

    let store = open(&directory);
    assert_eq!(store.get(&acme(), &[key("a")]).await.unwrap(), before);
    assert_eq!(store.commit(writes("b", 0, &[code("x")])).await, Err(Refusal::Taken("baskets.code")));
    store.commit(writes("a", a, &[code("y")])).await.unwrap();
    store.commit(writes("b", 0, &[code("x")])).await.unwrap();
    let range = Range::Entries { index: "baskets.code", collection: BASKETS, from: vec![], to: None, after: None };
    let page = store.scan(&acme(), &range, 9).await.unwrap();
    assert_eq!(page.items.iter().map(|item| &*item.id).collect::<Vec<_>>(), ["b", "a"]);
}

#[tokio::test]
async fn a_version_never_returns_after_a_restart() {
    let directory = directory();
    let mut last = 0;
    for _ in 0..3 {
        let store = open(&directory);
        assert_eq!(store.commit(Unit::new(acme())).await, Ok(Committed { version: last }));
        let created = store.commit(writes("a", 0, &[])).await.unwrap().version;
        let mut removal = writes("a", created, &[]);
        removal.writes[0].record = None;
        let removed = store.commit(removal).await.unwrap().version;
        assert!(last < created && created < removed);
        last = removed;
    }
}

#[tokio::test]
async fn all_files_are_for_their_owner_alone() {
    let directory = directory();
    let store = open(&directory);
    store.commit(writes("a", 0, &[])).await.unwrap();
    assert_eq!(version(&store, "a").await, 1);
    let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600));
}

const READS_FOR: Duration = Duration::from_millis(5);

/// Two readers, one of which always began before the other ended.
fn read_without_a_gap(directory: &TempDir, until: &AtomicBool) {
    let (mut one, mut other) = (raw(directory), raw(directory));
    let begin = |reader: &Connection| {
        reader.execute_batch("BEGIN").unwrap();
        reader.query_row("SELECT count(*) FROM meta", [], |_| Ok(())).unwrap();
    };
    begin(&one);
    while !until.load(Ordering::Relaxed) {
        begin(&other);
        std::thread::sleep(READS_FOR);
        one.execute_batch("COMMIT").unwrap();
        std::mem::swap(&mut one, &mut other);
    }
}

#[test]
fn a_log_that_overlapping_reads_let_grow_becomes_short_again_while_they_go_on() {
    const LONG: u64 = 64 << 20;
    let directory = directory();
    // Nothing here is about power cuts, and slow disks take their time.
    let settings = SqliteSettings { lose_acknowledged_commits_on_power_cut: true, ..SqliteSettings::default() };
    let store = SqliteStore::open(&directory.path().join("store.db"), settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&ends);
        scope.spawn(|| read_without_a_gap(&directory, &ends));
        let (mut was_long, until) = (false, Instant::now() + Duration::from_secs(60));
        for number in 0.. {
            let mut large = writes(&number.to_string(), 0, &[]);
            let spaces = vec![b' '; if was_long { 10 } else { 1 << 20 }];
            large.writes[0].record.as_mut().unwrap().body = [b"{".as_slice(), &spaces, b"}"].concat().into();
            runtime.block_on(store.commit(large)).unwrap();
            was_long |= log_bytes(&directory) > LONG;
            if was_long && log_bytes(&directory) <= LONG {
                return;
            }
            assert!(Instant::now() < until, "{} bytes", log_bytes(&directory));
            if was_long {
                std::thread::sleep(4 * READS_FOR);
            }
        }
    });
}

/// Says that the end is there when it is dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_store_behind_a_link_is_the_store_that_the_link_names() {
    let (linked, there) = (directory(), directory());
    drop(open(&there));
    std::os::unix::fs::symlink(there.path().join("store.db"), linked.path().join("store.db")).unwrap();
    let store = open(&linked);
    store.commit(writes("a", 0, &[])).await.unwrap();
    // The room that was made for the index of the log.
    assert_eq!(there.path().join("store.db-shm").metadata().unwrap().len(), 128 << 10);
    assert_eq!(linked.path().read_dir().unwrap().count(), 1);
}

#[tokio::test]
async fn a_unit_that_meets_a_damaged_record_changes_nothing() {
    let directory = directory();
    let store = open(&directory);
    for id in ["a", "b"] {
        store.commit(writes(id, 0, &[code(id)])).await.unwrap();
    }
    raw(&directory).execute("UPDATE records SET record = x'09' WHERE id = 'b'", []).unwrap();
    let mut unit = Unit::new(acme());
    let rewritten =
        |(id, version, claims)| Reindexed { key: key(id), version, claims, rewritten: Some((2, "{}".into())) };
    unit.reindexed = [("a", 1, vec![code("another"), code("a")]), ("b", 2, vec![code("b")])].map(rewritten).into();
    assert!(matches!(store.commit(unit).await, Err(Refusal::Unavailable(_))));
    let entries = raw(&directory).query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0));
    assert_eq!(entries, Ok(2));
    assert_eq!(store.get(&acme(), &[key("a")]).await.unwrap()[0].as_ref().unwrap().schema_version, 1);
}

#[tokio::test]
async fn a_store_of_a_newer_format_is_refused() {
    let directory = directory();
    drop(open(&directory));
    raw(&directory).execute("UPDATE meta SET value = 7 WHERE name = 'format'", []).unwrap();
    let error = refused(&directory);
    assert!(matches!(error, OpenError::Format(_, 7)));
    assert!(error.to_string().ends_with("store.db: expected format 3 or older, found 7"), "{error}");
}

/// The tables of older formats, and how they come to the rows of another file.
const FORMAT_2: &str = include_str!("older/format_2.sql");
const FORMAT_1: &str = include_str!("older/format_1.sql");
const COPY: &str = include_str!("older/copy.sql");

/// A file of each older format, with records that were made in another order than that of their ids.
async fn older() -> Vec<(i64, TempDir)> {
    let newer = directory();
    let store = open(&newer);
    for id in ["c", "a", "b"] {
        store.commit(writes(id, 0, &[code(&format!("code of {id}"))])).await.unwrap();
    }
    drop(store);
    let of_format = |(format, tables): (i64, String)| {
        let older = directory();
        let raw_older = raw(&older);
        raw_older.execute_batch(&tables).unwrap();
        raw_older.execute("ATTACH ?1 AS other", [newer.path().join("store.db").to_str().unwrap()]).unwrap();
        raw_older.execute_batch(COPY).unwrap();
        (format, older)
    };
    [(1, [FORMAT_2, FORMAT_1].concat()), (2, FORMAT_2.to_owned())].map(of_format).into()
}

async fn has_all(store: &SqliteStore) {
    let range = Range::Entries { index: "baskets.code", collection: BASKETS, from: vec![], to: None, after: None };
    let page = store.scan(&acme(), &range, 9).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|item| (&*item.id, item.record.version)).collect();
    assert_eq!(found, [("a", 2), ("b", 3), ("c", 1)]);
    for (id, version) in found {
        assert_eq!(self::version(store, id).await, version);
    }
}

#[tokio::test]
async fn programs_that_open_a_store_of_an_older_format_at_once_all_find_it_brought_to_this_one() {
    for (_, older) in older().await {
        let opened: Vec<SqliteStore> = std::thread::scope(|scope| {
            let opening: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&older))).collect();
            opening.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for store in &opened {
            has_all(store).await;
        }
        opened[0].commit(writes("d", 0, &[])).await.unwrap();
        assert_ne!(version(&opened[7], "d").await, 0);
    }
}

#[tokio::test]
async fn a_store_of_an_older_format_is_brought_to_this_one_with_all_that_it_holds() {
    for (format, older) in older().await {
        for opening in ["the first", "the second"] {
            let case = format!("{opening} of {format}");
            let store = open(&older);
            has_all(&store).await;
            assert_eq!(store.commit(Unit::new(acme())).await, Ok(Committed { version: 3 }), "{case}");
            let taken = store.commit(writes("d", 0, &[code("code of a")])).await;
            assert_eq!(taken, Err(Refusal::Taken("baskets.code")), "{case}");
            let ask = |sql| raw(&older).query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(ask("SELECT value FROM meta WHERE name = 'format'"), 3, "{case}");
            assert_eq!(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), 4, "{case}");
            drop(store);
            assert_eq!(SqliteStore::check(&older.path().join("store.db")).unwrap(), [""; 0], "{case}");
        }
    }
}

#[tokio::test]
async fn a_store_that_was_brought_to_this_format_leaves_no_log_of_it() {
    for (format, older) in older().await {
        let _store = open(&older);
        assert_eq!(log_bytes(&older), 0, "{format}");
    }
}

#[tokio::test]
async fn a_backup_of_an_older_format_is_checked_and_restored() {
    for (format, older) in older().await {
        let [store, file, restored] = ["store.db", "backup.db", "restored.db"].map(|name| older.path().join(name));
        assert_eq!(SqliteStore::check(&store).unwrap(), [""; 0], "{format}");
        SqliteStore::back_up(&store, &file).unwrap();
        SqliteStore::restore(&file, &restored).unwrap();
        has_all(&SqliteStore::open(&restored, SqliteSettings::default()).unwrap()).await;
    }
}

#[tokio::test]
async fn a_database_of_something_else_is_refused_and_left_alone() {
    let directory = directory();
    raw(&directory).execute_batch("CREATE TABLE tills (id)").unwrap();
    let before = std::fs::read(directory.path().join("store.db")).unwrap();
    assert!(matches!(refused(&directory), OpenError::NotAStore(_)));
    assert_eq!(std::fs::read(directory.path().join("store.db")).unwrap(), before);
}

#[tokio::test]
async fn what_can_not_be_a_store_is_refused() {
    let directory = directory();
    let path = directory.path().join("store.db");
    std::fs::write(&path, "not a database at all, but long enough to have a header".repeat(9)).unwrap();
    assert!(matches!(refused(&directory), OpenError::Damaged(..)));
    let nowhere = directory.path().join("none").join("store.db");
    assert!(matches!(SqliteStore::open(&nowhere, SqliteSettings::default()), Err(OpenError::File(..))));
    assert!(SqliteStore::open(directory.path(), SqliteSettings::default()).is_err());
}

#[tokio::test]
async fn dropping_the_store_commits_what_waits() {
    let directory = directory();
    let store = open(&directory);
    let ids: Vec<_> = (0..200).map(|id| id.to_string()).collect();
    for id in &ids {
        // Handed over by the first poll, and not waited for.
        assert_eq!(store.commit(writes(id, 0, &[])).now_or_never(), None);
    }
    drop(store);
    let store = open(&directory);
    for id in &ids {
        assert_ne!(version(&store, id).await, 0, "{id}");
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_loses_nothing() {
    let directory = directory();
    let settings = SqliteSettings { queue_units_max: 2, group_units_max: 1, ..SqliteSettings::default() };
    let store = SqliteStore::open(&directory.path().join("store.db"), settings).unwrap();
    let ids: Vec<_> = (0..100).map(|id| id.to_string()).collect();
    let answers = join_all(ids.iter().map(|id| store.commit(writes(id, 0, &[])))).await;
    assert!(answers.iter().any(Result::is_ok));
    assert!(answers.iter().any(|answer| matches!(answer, Err(Refusal::Unavailable(_)))));
    for (id, answer) in ids.iter().zip(answers) {
        assert_eq!(version(&store, id).await, answer.map_or(0, |committed| committed.version));
    }
}

#[tokio::test]
async fn a_file_that_another_program_holds_refuses_commits_and_serves_reads() {
    let directory = directory();
    let settings = SqliteSettings { busy_ms_max: 20, ..SqliteSettings::default() };
    let store = SqliteStore::open(&directory.path().join("store.db"), settings).unwrap();
    let a = store.commit(writes("a", 0, &[])).await.unwrap().version;
    let other = raw(&directory);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.commit(writes("a", a, &[])).await, Err(Refusal::Unavailable(_))));
    assert_eq!(version(&store, "a").await, a);
    assert_eq!(store.commit(Unit::new(acme())).await, Ok(Committed { version: a }));
    other.execute_batch("ROLLBACK").unwrap();
    store.commit(writes("a", a, &[])).await.unwrap();
}

#[tokio::test]
async fn events_are_kept_with_their_commit() {
    let directory = directory();
    let store = open(&directory);
    let mut unit = writes("a", 0, &[]);
    unit.events = ["opened", "priced"].map(|name| Event { name, body: "1".into() }).to_vec();
    let version = store.commit(unit.clone()).await.unwrap().version;
    assert!(store.commit(unit).await.is_err());
    drop(store);
    let raw = raw(&directory);
    let mut statement = raw.prepare("SELECT name FROM events WHERE version = ?1 ORDER BY position").unwrap();
    let names = statement.query_map([version.cast_signed()], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(names.collect::<Result<Vec<_>, _>>().unwrap(), ["opened", "priced"]);
}

#[tokio::test]
async fn what_is_damaged_is_said_and_not_served() {
    let directory = directory();
    let store = open(&directory);
    let a = store.commit(writes("a", 0, &[])).await.unwrap().version;
    store.commit(writes("b", 0, &[])).await.unwrap();
    drop(store);
    raw(&directory).execute_batch("UPDATE records SET record = x'09', claims = x'01' WHERE id = 'a'").unwrap();
    let store = open(&directory);
    let damaged = store.get(&acme(), &[key("a")]).await.unwrap_err();
    assert!(matches!(damaged, enaction_core::store::StoreError::Damaged(_)), "{damaged}");
    assert!(matches!(store.commit(writes("a", a, &[])).await, Err(Refusal::Unavailable(_))));
    assert_ne!(version(&store, "b").await, 0);
    store.commit(writes("c", 0, &[])).await.unwrap();
}
