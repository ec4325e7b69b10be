//! The statements that read, and what their rows say. Each is one statement, so it sees one committed state.

use std::sync::Arc;

use bytes::Bytes;
use enaction_core::store::{Found, Record, Scope};
use tokio_postgres::{Row, types::FromSql};

use super::failure::Failure;

/// Parameters: scope, collection, id.
pub(super) const RECORD: &str = "SELECT version, record FROM records WHERE scope = $1 AND collection = $2 AND id = $3";

/// Each key is looked up by itself, whatever the planner thinks of the size of the scope. Parameters: scope, collections, ids.
pub(super) const RECORDS: &str = "SELECT r.version, r.record
    FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS k (collection, id, place)
    LEFT JOIN LATERAL (
        SELECT version, record FROM records
        WHERE scope = $1 AND collection = k.collection AND id = k.id LIMIT 1
    ) r ON true
    ORDER BY k.place";

macro_rules! ids {
    ($wanted:literal) => {
        concat!(
            "SELECT ",
            $wanted,
            " FROM records WHERE scope = $1 AND (collection, id) >= ($2, $3) AND (collection, id) < ($4, $5)
            ORDER BY collection, id LIMIT $6"
        )
    };
}

macro_rules! entries {
    () => {
        "SELECT index_name, key, id FROM entries WHERE scope = $1 AND collection = $2
            AND (index_name, key, id) >= ($3, $4, $5) AND (index_name, key) < ($6, $7)
            ORDER BY index_name, key, id LIMIT $8"
    };
}

/// Parameters: scope, collection, first id, collection of the end, id of the end, limit.
pub(super) const IDS: &str = ids!("id, version, record");
pub(super) const COUNT_IDS: &str = concat!("SELECT count(*) FROM (", ids!("id"), ") found");

/// Parameters: scope, collection, index, first key, first id, index of the end, key of the end, limit. Every entry has a
/// record, so that the limit holds for both.
pub(super) const ENTRIES: &str = concat!(
    "SELECT e.id, r.version, r.record FROM (",
    entries!(),
    ") e CROSS JOIN LATERAL (
        SELECT version, record FROM records WHERE scope = $1 AND collection = $2 AND id = e.id LIMIT 1
    ) r ORDER BY e.index_name, e.key, e.id"
);
pub(super) const COUNT_ENTRIES: &str = concat!("SELECT count(*) FROM (", entries!(), ") found");

/// From scope to scope, one search each; what a scope holds is not gone through. Parameters: the scope before, limit.
pub(super) const SCOPES: &str = "WITH RECURSIVE held (scope) AS (
        (SELECT scope FROM records WHERE scope > $1 ORDER BY scope LIMIT 1)
        UNION ALL
        SELECT (SELECT r.scope FROM records r WHERE r.scope > held.scope ORDER BY r.scope LIMIT 1)
        FROM held WHERE held.scope IS NOT NULL
    )
    SELECT scope FROM held WHERE scope IS NOT NULL LIMIT $2";

pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, place: usize) -> Result<T, Failure> {
    row.try_get(place).map_err(|error| Failure::Damaged(error.to_string()))
}

/// The record whose version and bytes stand from a column on; `None` where there is no version.
pub(super) fn record(row: &Row, place: usize) -> Result<Option<Record>, Failure> {
    let Some(version) = column::<Option<i64>>(row, place)? else { return Ok(None) };
    let bytes = Bytes::copy_from_slice(column(row, place + 1)?);
    let record = Record::decode(&bytes).map_err(|error| Failure::Damaged(error.to_string()))?;
    Ok(Some(Record { version: version.cast_unsigned(), ..record }))
}

/// One item of a scan.
pub(super) fn found(row: &Row) -> Result<Found, Failure> {
    let id: Arc<str> = column::<&str>(row, 0)?.into();
    let record = record(row, 1)?;
    Ok(Found { id, record: record.ok_or_else(|| Failure::Damaged("read a version: there is none".into()))? })
}

pub(super) fn scope(row: &Row) -> Result<Scope, Failure> {
    let scope = Scope::from_text(column(row, 0)?);
    scope.ok_or_else(|| Failure::Damaged("read a stored scope: it is none".into()))
}
