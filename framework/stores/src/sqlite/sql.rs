//! Every SQL text of the SQLite store.
//!
//! Every primary key begins with the scope, so that a scope's rows lie together. Ids and names compare as bytes.

/// The form of the tables below. Raised when an older program could not read them any more.
pub(super) const FORMAT: i64 = 1;

pub(super) const SCHEMA: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    scope TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    claims BLOB NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (scope, collection, id)
) WITHOUT ROWID;
CREATE TABLE entries (
    scope TEXT NOT NULL,
    collection TEXT NOT NULL,
    index_name TEXT NOT NULL,
    key BLOB NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (scope, collection, index_name, key, id)
) WITHOUT ROWID;
CREATE TABLE events (
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, version, position)
) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('format', 1), ('version', 0);
";

pub(super) const HAS_TABLES: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";
pub(super) const HAS_META: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta')";
pub(super) const READ_FORMAT: &str = "SELECT value FROM meta WHERE name = 'format'";
pub(super) const READ_LATEST: &str = "SELECT value FROM meta WHERE name = 'version'";
pub(super) const WRITE_LATEST: &str = "UPDATE meta SET value = ?1 WHERE name = 'version'";

pub(super) const JOURNAL_MODE_WAL: &str = "PRAGMA journal_mode = WAL";
/// A commit returns when its frames are on the disk.
pub(super) const SYNCHRONOUS_FULL: &str = "PRAGMA synchronous = FULL";
/// A commit returns when its frames are with the operating system.
pub(super) const SYNCHRONOUS_OFF: &str = "PRAGMA synchronous = OFF";
/// 4,096 frames: fewer, larger checkpoints than the default, because each one makes a group wait.
pub(super) const CHECKPOINT_EVERY: &str = "PRAGMA wal_autocheckpoint = 4096";
/// 16 MiB, so that inserts in the order of random ids find the pages that they touch.
pub(super) const WRITER_PAGES: &str = "PRAGMA cache_size = -16384";
pub(super) const QUERY_ONLY: &str = "PRAGMA query_only = ON";

pub(super) const BEGIN_READ: &str = "BEGIN";
pub(super) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
pub(super) const COMMIT: &str = "COMMIT";
pub(super) const ROLLBACK: &str = "ROLLBACK";

pub(super) const READ_RECORD: &str = "SELECT record FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const READ_VERSION: &str = "SELECT version FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const READ_HELD: &str =
    "SELECT version, claims FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const INSERT_RECORD: &str = "INSERT INTO records (scope, collection, id, version, claims, record)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
pub(super) const UPDATE_RECORD: &str = "UPDATE records SET version = ?4, claims = ?5, record = ?6
    WHERE scope = ?1 AND collection = ?2 AND id = ?3";
/// Changes nothing when the version or the claims are others.
pub(super) const UPDATE_RECORD_ONLY: &str = "UPDATE records SET version = ?4, record = ?6
    WHERE scope = ?1 AND collection = ?2 AND id = ?3 AND version = ?7 AND claims = ?5";
pub(super) const DELETE_RECORD: &str = "DELETE FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";

pub(super) const READ_HOLDERS: &str =
    "SELECT id FROM entries WHERE scope = ?1 AND collection = ?2 AND index_name = ?3 AND key = ?4";
pub(super) const INSERT_ENTRY: &str = "INSERT INTO entries (scope, collection, index_name, key, id)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
pub(super) const DELETE_ENTRY: &str =
    "DELETE FROM entries WHERE scope = ?1 AND collection = ?2 AND index_name = ?3 AND key = ?4 AND id = ?5";

pub(super) const INSERT_EVENT: &str =
    "INSERT INTO events (scope, version, position, name, body) VALUES (?1, ?2, ?3, ?4, ?5)";

macro_rules! scan_ids {
    ($column:literal $(, $end:literal)?) => {
        concat!(
            "SELECT id, ", $column, " FROM records WHERE scope = ?1 AND collection = ?2 AND id >= ?3",
            $(" AND id < ", $end,)?
            " ORDER BY id LIMIT ?4"
        )
    };
}

/// The join runs from the entries: their order is the order asked for.
macro_rules! scan_entries {
    ($column:literal $(, $end:literal)?) => {
        concat!(
            "SELECT e.id, r.", $column, " FROM entries e CROSS JOIN records r",
            " ON r.scope = e.scope AND r.collection = e.collection AND r.id = e.id",
            " WHERE e.scope = ?1 AND e.collection = ?2 AND e.index_name = ?5 AND (e.key, e.id) >= (?6, ?3)",
            $(" AND e.key < ", $end,)?
            " ORDER BY e.key, e.id LIMIT ?4"
        )
    };
}

/// What a scan wants of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Record,
    Version,
}

/// Parameters: scope, collection, first id, limit, and when `ends` the end.
pub(super) const fn scan_ids(column: Column, ends: bool) -> &'static str {
    match (column, ends) {
        (Column::Record, false) => scan_ids!("record"),
        (Column::Record, true) => scan_ids!("record", "?5"),
        (Column::Version, false) => scan_ids!("version"),
        (Column::Version, true) => scan_ids!("version", "?5"),
    }
}

/// Parameters: scope, collection, first id of the first key, limit, index, first key, and when `ends` the end.
pub(super) const fn scan_entries(column: Column, ends: bool) -> &'static str {
    match (column, ends) {
        (Column::Record, false) => scan_entries!("record"),
        (Column::Record, true) => scan_entries!("record", "?7"),
        (Column::Version, false) => scan_entries!("version"),
        (Column::Version, true) => scan_entries!("version", "?7"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sql: &str) -> String {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan += &row.get::<_, String>("detail").unwrap();
            plan.push('\n');
        }
        plan
    }

    #[test]
    fn every_statement_on_rows_is_a_search_by_scope_without_a_sort() {
        let mut statements =
            vec![READ_RECORD, READ_VERSION, READ_HELD, UPDATE_RECORD, UPDATE_RECORD_ONLY, DELETE_RECORD];
        statements.extend([READ_HOLDERS, DELETE_ENTRY]);
        for (column, ends) in [(Column::Record, false), (Column::Version, true), (Column::Record, true)] {
            statements.extend([scan_ids(column, ends), scan_entries(column, ends)]);
        }
        for sql in statements {
            let plan = plan(sql);
            assert!(plan.lines().all(|line| line.contains("SEARCH") && line.contains("(scope=?")), "{sql}\n{plan}");
        }
    }

    #[test]
    fn a_scan_of_entries_starts_at_its_first_key() {
        let plan = plan(scan_entries(Column::Version, true));
        assert!(plan.contains("index_name=? AND key>? AND key<?") || plan.contains("(key,id)>"), "{plan}");
    }
}
