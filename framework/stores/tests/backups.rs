//! Backups of the SQLite store, and the check of a file.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a case that can not go on fails")]

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use enaction_core::{
    Time,
    store::{Claim, Key, Range, Record, Scope, Store, Unit, Write},
};
use enaction_stores::{BackupError, OpenError, SqliteSettings, SqliteStore};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteSettings::default()).unwrap()
}

fn acme() -> Scope {
    Scope::Company("acme".into())
}

fn writes(id: &str, body: &str) -> Unit {
    let claim = |index, unique| Claim { index, key: id.into(), unique };
    let body = body.to_owned().into();
    let record = Record { schema_version: 1, version: 0, at: Time::from_millis(0), by: "till".into(), body };
    let mut unit = Unit::new(acme());
    let claims = vec![claim("baskets.code", true), claim("baskets.all", false)];
    unit.writes.push(Write { key: key(id), expected: 0, record: Some(record), claims });
    unit
}

fn key(id: &str) -> Key {
    Key { collection: "baskets", id: id.into() }
}

/// A closed store with some baskets, one of them with something inside.
fn filled(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("store.db");
    let store = open(&path);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for id in (0..40).map(|number| format!("b{number}")).chain(["b1/line".to_owned()]) {
        runtime.block_on(store.commit(writes(&id, &format!(r#"{{"id":"{id}","total":129}}"#)))).unwrap();
    }
    drop(store);
    path
}

async fn ids(store: &SqliteStore) -> Vec<String> {
    let range = Range::Ids { collection: "baskets", prefix: "".into(), after: None };
    store.scan(&acme(), &range, 100_000).await.unwrap().items.iter().map(|one| one.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_holds_all_that_was_acknowledged_before_it_began() {
    let directory = directory();
    let (path, file) = (directory.path().join("store.db"), directory.path().join("backup.db"));
    let store = std::sync::Arc::new(open(&path));
    let load = |from: usize| {
        let store = store.clone();
        async move {
            for number in from..from + 300 {
                store.commit(writes(&format!("b{number}"), "{}")).await.unwrap();
            }
        }
    };
    load(0).await;
    let meanwhile = tokio::spawn(load(1_000));
    SqliteStore::back_up(&path, &file).unwrap();
    meanwhile.await.unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(SqliteStore::back_up(&path, &file), Err(BackupError::Exists(_))));
    assert_eq!(SqliteStore::check(&path).unwrap(), [""; 0], "also while it is used");

    let restored = directory.path().join("restored.db");
    SqliteStore::restore(&file, &restored).unwrap();
    assert_eq!(SqliteStore::check(&restored).unwrap(), [""; 0]);
    let restored = open(&restored);
    let (all, there) = (ids(&store).await, ids(&restored).await);
    assert!(there.len() >= 300 && there.iter().all(|id| all.contains(id)));
    assert!((0..300).all(|number| there.contains(&format!("b{number}"))));
    // Of what was written meanwhile, the first ones and no others.
    let meanwhile = there.len() - 300;
    assert!((1_000..1_000 + meanwhile).all(|number| there.contains(&format!("b{number}"))));
    let latest = store.commit(writes("last", "{}")).await.unwrap().version;
    let next = restored.commit(writes("new", "{}")).await.unwrap().version;
    assert!(next > latest, "{next}: a version that was lost is given to nothing else");
    let names = std::fs::read_dir(directory.path()).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    assert!(names.filter(|name| name.contains("part")).count() == 0, "nothing is left of the drafts");
}

#[test]
fn what_can_not_be_restored_is_refused_and_leaves_nothing() {
    let directory = directory();
    let path = filled(&directory);
    let (file, restored) = (directory.path().join("backup.db"), directory.path().join("restored.db"));
    SqliteStore::back_up(&path, &file).unwrap();
    assert!(matches!(SqliteStore::restore(&file, &path), Err(BackupError::Exists(_))));
    assert!(matches!(SqliteStore::restore(&directory.path().join("none"), &restored), Err(BackupError::Read(..))));
    let whole = std::fs::read(&file).unwrap();
    for cut in [0, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        assert!(SqliteStore::restore(&file, &restored).is_err(), "{cut} bytes");
        assert!(!restored.exists() && !directory.path().join("restored.db.part").exists(), "{cut} bytes");
    }
    std::fs::write(&file, &whole).unwrap();
    let refused_for = |refused: &Result<(), BackupError>, left: &Path| match refused {
        Err(BackupError::Exists(path)) => path == left && !left.ends_with("restored.db.part"),
        Err(BackupError::Left(path)) => path == left && left.ends_with("restored.db.part"),
        _ => false,
    };
    for left in ["restored.db-wal", "restored.db-shm", "restored.db-journal", "restored.db.part"] {
        let left = directory.path().join(left);
        std::fs::write(&left, "").unwrap();
        let refused = SqliteStore::restore(&file, &restored);
        assert!(refused_for(&refused, &left), "{refused:?}");
        std::fs::remove_file(left).unwrap();
    }
    let link = directory.path().join("latest.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for log in ["backup.db-wal", "backup.db-journal"] {
        let log = directory.path().canonicalize().unwrap().join(log);
        std::fs::write(&log, "").unwrap();
        SqliteStore::restore(&file, &restored).unwrap();
        std::fs::remove_file(&restored).unwrap();
        std::fs::write(&log, "what is in no backup").unwrap();
        for named in [&file, &link] {
            let refused = SqliteStore::restore(named, &restored);
            assert!(matches!(&refused, Err(BackupError::Log(path)) if *path == log), "{refused:?}");
        }
        std::fs::remove_file(log).unwrap();
    }
    std::fs::copy(&path, &file).unwrap();
    SqliteStore::restore(&file, &restored).unwrap();
    assert_eq!(SqliteStore::check(&restored).unwrap(), [""; 0], "a plain copy of a store that nobody holds");
    std::fs::remove_file(&restored).unwrap();
    assert!(SqliteStore::back_up(&directory.path().join("none"), &restored).is_err() && !restored.exists());
}

#[test]
fn what_can_not_be_looked_at_is_not_called_damaged() {
    let directory = directory();
    let (path, restored) = (filled(&directory), directory.path().join("restored.db"));
    assert!(matches!(SqliteStore::check(directory.path()), Err(OpenError::Database(..))));
    assert!(matches!(SqliteStore::check(&directory.path().join("none")), Err(OpenError::File(..))));
    assert!(matches!(SqliteStore::restore(directory.path(), &restored), Err(BackupError::Read(..))));
    // Its log can not be made.
    std::fs::create_dir(directory.path().join("store.db-wal")).unwrap();
    let checked = SqliteStore::check(&path);
    assert!(matches!(checked, Err(OpenError::Database(..))), "{checked:?}");
}

#[test]
fn a_check_finds_what_contradicts_itself() {
    let whole = directory();
    let path = filled(&whole);
    assert_eq!(SqliteStore::check(&path).unwrap(), [""; 0]);
    for (damage, told) in [
        ("UPDATE records SET record = x'09' WHERE id = 'b7'", "its format is not known"),
        ("UPDATE records SET record = substr(record, 1, length(record) - 1) WHERE id = 'b7'", "it is no JSON"),
        ("UPDATE records SET version = version + 1 WHERE id = 'b7'", "and the record says"),
        ("UPDATE meta SET value = 3 WHERE name = 'version'", "and the last commit was 3"),
        ("UPDATE records SET claims = x'01' WHERE id = 'b7'", "its claims can not be read"),
        ("UPDATE records SET claims = x'' WHERE id = 'b7'", "a key that it does not claim"),
        ("UPDATE records SET scope = 'x' WHERE id = 'b7'", "the scope is none"),
        ("UPDATE entries SET key = x'07' WHERE id = 'b7'", "does not hold what it claims"),
        ("UPDATE entries SET place = place + 1 WHERE id = 'b7'", "says that it lies elsewhere"),
        ("DELETE FROM entries WHERE id = 'b7'", "does not hold what it claims"),
        ("DELETE FROM records WHERE id = 'b7'", "and it is not there"),
        ("DELETE FROM records WHERE id = 'b1'", "what it is inside of is not there"),
        (
            "INSERT INTO entries SELECT scope, collection, index_name, key, 'b8', place + 1 FROM entries WHERE id = 'b7'",
            "another holds what it alone may",
        ),
        ("DROP TABLE entries", "can not be read to its end"),
    ] {
        let damaged = directory();
        let copy = damaged.path().join("store.db");
        std::fs::copy(&path, &copy).unwrap();
        Connection::open(&copy).unwrap().execute_batch(damage).unwrap();
        let problems = SqliteStore::check(&copy).unwrap();
        assert!(problems.iter().any(|problem| problem.contains(told)), "{damage}: {problems:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_file_with_other_bytes_is_found_damaged_or_can_be_read(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..6),
    ) {
        static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let directory = directory();
            std::fs::read(filled(&directory)).unwrap()
        });
        let directory = directory();
        let path = directory.path().join("store.db");
        let mut bytes = WHOLE.clone();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        std::fs::write(&path, bytes).unwrap();
        if SqliteStore::check(&path).is_ok_and(|problems| problems.is_empty()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let store = open(&path);
            prop_assert_eq!(runtime.block_on(ids(&store)).len(), 41);
            runtime.block_on(store.commit(writes("new", "{}"))).unwrap();
        }
    }
}
