//! Every SQL text of the SQLite store.
//!
//! Every index begins with the scope, so that what a scope has is found together. Ids and names compare as bytes.
//!
//! Records lie in the order in which they were made, each at a place that it keeps: a new one goes behind the last, whatever
//! its id, and splits no page. Entries name the place, so that a list does not look for ids.

/// The form of the tables below, and of what is kept in them. Raised when an older program could not read them any more,
/// or would write what a newer one could not rely on.
pub(super) const FORMAT: i64 = 3;

macro_rules! tables {
    () => {
        "
CREATE TABLE records (
    place INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    claims BLOB NOT NULL,
    record BLOB NOT NULL,
    UNIQUE (scope, collection, id)
);
CREATE TABLE entries (
    scope TEXT NOT NULL,
    collection TEXT NOT NULL,
    index_name TEXT NOT NULL,
    key BLOB NOT NULL,
    id TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (scope, collection, index_name, key, id)
) WITHOUT ROWID;
"
    };
}

pub(super) const SCHEMA: &str = concat!(
    tables!(),
    "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, version, position)
) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('format', 3), ('version', 0);
"
);

/// Format 1 had a table for answers that was never written to, and programs that knew no declared indexes. Up to format 2
/// records lay in the order of their ids, and entries named no place.
pub(super) const FROM_OLDER: &str = concat!(
    "
DROP TABLE IF EXISTS idempotency;
ALTER TABLE records RENAME TO older_records;
ALTER TABLE entries RENAME TO older_entries;
",
    tables!(),
    "
INSERT INTO records (scope, collection, id, version, claims, record)
    SELECT scope, collection, id, version, claims, record FROM older_records ORDER BY scope, collection, id;
INSERT INTO entries
    SELECT e.scope, e.collection, e.index_name, e.key, e.id, r.place
    FROM older_entries e CROSS JOIN records r ON r.scope = e.scope AND r.collection = e.collection AND r.id = e.id
    ORDER BY e.scope, e.collection, e.index_name, e.key, e.id;
DROP TABLE older_records;
DROP TABLE older_entries;
UPDATE meta SET value = 3 WHERE name = 'format';
"
);

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
/// The setting for the bytes to which the log is cut when it begins anew.
pub(super) const LOG_BYTES_MAX: &str = "journal_size_limit";
/// Waits for reads from the log, so that it can begin anew.
pub(super) const CHECKPOINT_TO_THE_END: &str = "PRAGMA wal_checkpoint(RESTART)";
pub(super) const CHECKPOINT_AND_CUT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
/// Brings what is in a log to the file, and does without one.
pub(super) const JOURNAL_MODE_DELETE: &str = "PRAGMA journal_mode = DELETE";
/// 16 MiB, so that inserts find the pages of the indexes that they touch: ids may be random.
pub(super) const WRITER_PAGES: &str = "PRAGMA cache_size = -16384";
pub(super) const QUERY_ONLY: &str = "PRAGMA query_only = ON";

pub(super) const BEGIN_READ: &str = "BEGIN";
pub(super) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
pub(super) const COMMIT: &str = "COMMIT";
pub(super) const ROLLBACK: &str = "ROLLBACK";

pub(super) const READ_RECORD: &str = "SELECT record FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const READ_VERSION: &str = "SELECT version FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const READ_PLACE: &str = "SELECT place FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const READ_HELD: &str =
    "SELECT version, claims FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const INSERT_RECORD: &str = "INSERT INTO records (scope, collection, id, version, claims, record)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
pub(super) const UPDATE_RECORD: &str = "UPDATE records SET version = ?4, claims = ?5, record = ?6
    WHERE scope = ?1 AND collection = ?2 AND id = ?3";
/// Changes nothing when the version or the claims are others.
pub(super) const UPDATE_RECORD_ONLY: &str = "UPDATE records SET version = ?4, record = ?6
    WHERE scope = ?1 AND collection = ?2 AND id = ?3 AND version = ?7 AND claims = ?5";
/// Sets the claims alone.
pub(super) const UPDATE_CLAIMS: &str = "UPDATE records SET claims = ?4
    WHERE scope = ?1 AND collection = ?2 AND id = ?3";
/// Puts the same record in another form, under the version that it has.
pub(super) const UPDATE_REPRESENTATION: &str = "UPDATE records SET record = ?4
    WHERE scope = ?1 AND collection = ?2 AND id = ?3";
pub(super) const DELETE_RECORD: &str = "DELETE FROM records WHERE scope = ?1 AND collection = ?2 AND id = ?3";

pub(super) const READ_HOLDERS: &str =
    "SELECT id FROM entries WHERE scope = ?1 AND collection = ?2 AND index_name = ?3 AND key = ?4";
pub(super) const IS_HELD_BY: &str =
    "SELECT 1 FROM entries WHERE scope = ?1 AND collection = ?2 AND index_name = ?3 AND key = ?4 AND id = ?5";
pub(super) const IS_HELD_BESIDE: &str =
    "SELECT 1 FROM entries WHERE scope = ?1 AND collection = ?2 AND index_name = ?3 AND key = ?4 AND id <> ?5 LIMIT 1";
pub(super) const INSERT_ENTRY: &str = "INSERT INTO entries (scope, collection, index_name, key, id, place)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET place = excluded.place";
pub(super) const DELETE_ENTRY: &str =
    "DELETE FROM entries WHERE scope = ?1 AND collection = ?2 AND index_name = ?3 AND key = ?4 AND id = ?5";

pub(super) const INSERT_EVENT: &str =
    "INSERT INTO events (scope, version, position, name, body) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Behind the last scope comes none. The index has scopes in order, so each is one search.
pub(super) const NEXT_SCOPE: &str = "SELECT scope FROM records WHERE scope > ?1 ORDER BY scope LIMIT 1";

/// The copy is one committed state, without what was deleted.
pub(super) const VACUUM_INTO: &str = "VACUUM INTO ?1";
/// As many as a store commits in a year at a hundred a second.
pub(super) const PASS_OVER_LOST_NUMBERS: &str = "UPDATE meta SET value = value + 4294967296 WHERE name = 'version'";
pub(super) const INTEGRITY_CHECK: &str = "PRAGMA integrity_check";
macro_rules! all_entries {
    ($finds:literal) => {
        concat!(
            "SELECT e.scope, e.collection, e.id, e.index_name, e.key, r.claims, ",
            $finds,
            " FROM entries e LEFT JOIN records r ON r.scope = e.scope AND r.collection = e.collection AND r.id = e.id"
        )
    };
}
pub(super) const ALL_RECORDS: &str =
    "SELECT scope, collection, id, version, claims, record FROM records ORDER BY scope, collection, id";
pub(super) const ALL_ENTRIES: &str = all_entries!("e.place = r.place");
/// The same in a file of an older format, which can be looked at and restored.
pub(super) const ALL_OLDER_ENTRIES: &str = all_entries!("TRUE");
/// Whether any collection of a scope has an id: a search in each of them, of which there are few.
pub(super) const IS_ANYWHERE: &str = "WITH RECURSIVE collections (name) AS (
        SELECT min(collection) FROM records WHERE scope = ?1
        UNION ALL
        SELECT (SELECT min(collection) FROM records WHERE scope = ?1 AND collection > name) FROM collections
            WHERE name IS NOT NULL)
    SELECT 1 FROM collections WHERE EXISTS (SELECT 1 FROM records WHERE scope = ?1 AND collection = name AND id = ?2)";

/// Put before a statement, it gives the steps of its plan instead.
pub(super) const EXPLAIN: &str = "EXPLAIN QUERY PLAN ";

macro_rules! ids {
    ($wanted:literal $(, $end:literal)?) => {
        concat!(
            "SELECT ", $wanted, " FROM records WHERE scope = ?1 AND collection = ?2 AND id >= ?3",
            $(" AND id < ", $end,)?
            " ORDER BY id LIMIT ?4"
        )
    };
}

macro_rules! entries {
    ($wanted:literal, $joined:literal $(, $end:literal)?) => {
        concat!(
            "SELECT ", $wanted, " FROM entries e ", $joined,
            " WHERE e.scope = ?1 AND e.collection = ?2 AND e.index_name = ?5 AND (e.key, e.id) >= (?6, ?3)",
            $(" AND e.key < ", $end,)?
            " ORDER BY e.key, e.id LIMIT ?4"
        )
    };
}

/// The join runs from the entries: their order is the order asked for. A place that is wrong shows nobody else's record.
macro_rules! joined {
    ($wanted:literal $(, $end:literal)?) => {
        entries!(
            $wanted,
            "CROSS JOIN records r ON r.place = e.place AND r.scope = e.scope"
            $(, $end)?
        )
    };
}

macro_rules! count {
    ($rows:expr) => {
        concat!("SELECT count(*) FROM (", $rows, ")")
    };
}

/// What is asked of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Id and record of each.
    Records,
    /// Id and version of each.
    Versions,
    /// How many there are up to the limit, as one row; no record is read.
    Count,
}

/// Parameters: scope, collection, first id, limit, and when `ends` the end.
pub(super) const fn scan_ids(wanted: Wanted, ends: bool) -> &'static str {
    match (wanted, ends) {
        (Wanted::Records, false) => ids!("id, record"),
        (Wanted::Records, true) => ids!("id, record", "?5"),
        (Wanted::Versions, false) => ids!("id, version"),
        (Wanted::Versions, true) => ids!("id, version", "?5"),
        (Wanted::Count, false) => count!(ids!("id")),
        (Wanted::Count, true) => count!(ids!("id", "?5")),
    }
}

/// Parameters: scope, collection, first id of the first key, limit, index, first key, and when `ends` the end.
pub(super) const fn scan_entries(wanted: Wanted, ends: bool) -> &'static str {
    match (wanted, ends) {
        (Wanted::Records, false) => joined!("e.id, r.record"),
        (Wanted::Records, true) => joined!("e.id, r.record", "?7"),
        (Wanted::Versions, false) => joined!("e.id, r.version"),
        (Wanted::Versions, true) => joined!("e.id, r.version", "?7"),
        (Wanted::Count, false) => count!(entries!("e.id", "")),
        (Wanted::Count, true) => count!(entries!("e.id", "", "?7")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sql: &str) -> String {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let mut statement = connection.prepare(&[EXPLAIN, sql].concat()).unwrap();
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan += &row.get::<_, String>("detail").unwrap();
            plan.push('\n');
        }
        plan
    }

    /// All that touch records or entries, by the number of rows that there are.
    fn statements() -> Vec<&'static str> {
        let mut statements = vec![READ_RECORD, READ_VERSION, READ_PLACE, READ_HELD];
        statements.extend([NEXT_SCOPE, READ_HOLDERS, IS_HELD_BY, IS_HELD_BESIDE]);
        statements.extend([UPDATE_RECORD, UPDATE_RECORD_ONLY, UPDATE_CLAIMS, UPDATE_REPRESENTATION]);
        statements.extend([DELETE_RECORD, DELETE_ENTRY]);
        for wanted in [Wanted::Records, Wanted::Versions, Wanted::Count] {
            for ends in [false, true] {
                statements.extend([scan_ids(wanted, ends), scan_entries(wanted, ends)]);
            }
        }
        statements
    }

    #[test]
    fn every_statement_on_rows_is_a_search_by_scope_without_a_sort() {
        for sql in statements() {
            let plan = plan(sql);
            let searches = |line: &str| line.contains("SEARCH") && line.contains("(scope");
            // An entry says where its record lies.
            let finds = |line: &str| {
                sql.contains("r.place = e.place") && line.starts_with("SEARCH r ") && line.contains("(rowid=?)")
            };
            // What counts goes once over the rows of its own search.
            let counts = |line: &str| sql.contains("count(*)") && line.contains("(subquery-");
            let lines = || plan.lines().filter(|line| !line.starts_with("CO-ROUTINE"));
            assert!(
                lines().any(searches) && lines().all(|line| searches(line) || finds(line) || counts(line)),
                "{sql}\n{plan}"
            );
        }
    }

    #[test]
    fn a_scan_or_count_of_entries_starts_at_its_first_key_and_ends_at_its_last() {
        for wanted in [Wanted::Records, Wanted::Versions, Wanted::Count] {
            for (ends, end) in [(false, ""), (true, " AND key<?")] {
                let plan = plan(scan_entries(wanted, ends));
                let expected = format!("(scope=? AND collection=? AND index_name=? AND (key,id)>(?,?){end})");
                assert!(plan.contains(&expected), "{plan}");
            }
        }
    }

    #[test]
    fn the_check_of_a_claim_looks_for_one_entry_however_many_have_its_key() {
        assert!(plan(IS_HELD_BY).contains("key=? AND id=?"), "{}", plan(IS_HELD_BY));
    }

    #[test]
    fn a_count_reads_no_record() {
        for ends in [false, true] {
            assert!(!plan(scan_entries(Wanted::Count, ends)).contains(" r "));
        }
    }
}
