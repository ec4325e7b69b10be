//! The same rows as ours, written by one thread that commits what waits in one transaction.

use std::{
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use actix_web::web::Bytes;
use enaction::{Time, store::Record};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::{Failure, Outcome, session::Session};

pub(super) struct Sqlite(SyncSender<Waiting>);

struct Waiting {
    scope: String,
    id: String,
    record: Record,
    answer: oneshot::Sender<Outcome>,
}

const GROUP: usize = 512;
const INSERT: &str = "INSERT INTO records (scope, collection, id, version, claims, record)
    VALUES (?1, 'baskets', ?2, ?3, ?5, ?4) ON CONFLICT DO NOTHING";
const INSERT_ENTRY: &str = "INSERT INTO entries (scope, collection, index_name, key, id, place)
    VALUES (?1, 'baskets', 'baskets:basketType,customerId:-created', ?3, ?2, last_insert_rowid())";

impl Sqlite {
    pub(super) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("open the database");
        let setup = connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -16384;
             CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
             INSERT INTO meta VALUES ('version', 0);
             CREATE TABLE records (place INTEGER PRIMARY KEY, scope TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL,
                 version INTEGER NOT NULL, claims BLOB NOT NULL, record BLOB NOT NULL, UNIQUE (scope, collection, id));
             CREATE TABLE entries (scope TEXT NOT NULL, collection TEXT NOT NULL, index_name TEXT NOT NULL, key BLOB NOT NULL,
                 id TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (scope, collection, index_name, key, id)) WITHOUT ROWID;",
        );
        setup.expect("make the tables");
        let (sender, waiting) = sync_channel(4096);
        std::thread::spawn(move || write(&connection, &waiting));
        Self(sender)
    }

    /// Keeps a basket; the version under which it is on the disk.
    pub(super) async fn insert(&self, session: &Session, id: &str, body: &Bytes) -> Outcome {
        let (answer, answered) = oneshot::channel();
        let record = record(session, body);
        let waiting = Waiting { scope: format!("c:{}", session.company), id: id.to_owned(), record, answer };
        self.0.try_send(waiting).map_err(|_| Failure::Unavailable)?;
        answered.await.unwrap_or(Err(Failure::Unavailable))
    }
}

/// What is kept of a basket.
pub(super) fn record(session: &Session, body: &Bytes) -> Record {
    let by = Bytes::copy_from_slice(session.subject.as_bytes());
    let at = Time::from_millis(Timestamp::now().as_millisecond());
    Record { schema_version: 1, version: 0, at, by, body: body.clone() }
}

/// Where it is listed by type and customer, the newest first.
pub(super) fn listed(record: &Record) -> Vec<u8> {
    [b"BASKET\0\0".as_slice(), &record.at.to_string().bytes().map(|byte| !byte).collect::<Vec<_>>()].concat()
}

fn write(connection: &Connection, waiting: &Receiver<Waiting>) {
    let mut version = 0;
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        while let Some(next) = waiting.try_recv().ok().filter(|_| group.len() < GROUP) {
            group.push(next);
        }
        let outcomes = commit(connection, &group, &mut version).unwrap_or_default();
        let outcomes = outcomes.into_iter().chain(std::iter::repeat(Err(Failure::Unavailable)));
        for (waiting, outcome) in group.into_iter().zip(outcomes) {
            let _ = waiting.answer.send(outcome);
        }
    }
}

fn commit(connection: &Connection, group: &[Waiting], version: &mut u64) -> rusqlite::Result<Vec<Outcome>> {
    let execute = |sql: &str| connection.prepare_cached(sql)?.execute([]);
    execute("BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(group.len());
    for Waiting { scope, id, record, .. } in group {
        let next = *version + 1;
        let key = listed(record);
        let row = params![scope, id, next.cast_signed(), &*record.encode(next), key];
        if connection.prepare_cached(INSERT)?.execute(row)? == 0 {
            outcomes.push(Err(Failure::Taken));
        } else {
            connection.prepare_cached(INSERT_ENTRY)?.execute(params![scope, id, key])?;
            *version = next;
            outcomes.push(Ok(next));
        }
    }
    connection.prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'version'")?.execute([version.cast_signed()])?;
    execute("COMMIT")?;
    Ok(outcomes)
}
