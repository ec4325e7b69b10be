//! One unit inside the writer's transaction. Everything is checked before anything is written, so that a refused unit
//! leaves nothing and no savepoint is needed.

use enaction_core::store::{Claim, Key, Record, Reindexed, Scope, Unit, Write};
use rusqlite::params;

use super::{failure::Failure, rows::Rows, sql};
use crate::{
    check::{Before, Held, Verdict, check, claimed},
    claims::{Claims, HeldClaim},
};

/// A record as it will be when the transaction is committed.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) scope: Scope,
    pub(super) key: Key,
    pub(super) record: Option<Record>,
}

/// Applies a unit as the commit `version`, which nothing carries when the unit is not numbered, and adds what it changes.
pub(super) fn apply(
    rows: &Rows<'_>,
    unit: &Unit,
    version: u64,
    changes: &mut Vec<Change>,
) -> Result<(), Verdict<Failure>> {
    if !apply_short(rows, unit, version, changes)? {
        let Before { writes, reindexed } = check(rows, unit)?;
        let rewritten = unit.reindexed.iter().zip(&reindexed).map(|(one, held)| match held {
            Some(_) => rewritten(rows, one),
            None => Ok(None),
        });
        let rewritten = rewritten.collect::<Result<Vec<_>, _>>()?;
        for (write, held) in unit.writes.iter().zip(writes) {
            let record = put(rows, write, held, version)?;
            changes.push(Change { scope: unit.scope.clone(), key: write.key.clone(), record });
        }
        for ((one, held), rewritten) in unit.reindexed.iter().zip(reindexed).zip(rewritten) {
            let Some(held) = held else { continue };
            if let Some(record) = rewritten {
                let bytes = record.encode(record.version);
                rows.execute(sql::UPDATE_REPRESENTATION, params![rows.scope, one.key.collection, one.key.id, &*bytes])?;
                changes.push(Change { scope: unit.scope.clone(), key: one.key.clone(), record: Some(record) });
            }
            reindex(rows, &one.key, &held.claims, &one.claims)?;
        }
    }
    for (position, event) in unit.events.iter().enumerate() {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let params = params![rows.scope, version.cast_signed(), position, event.name, &*event.body];
        rows.execute(sql::INSERT_EVENT, params)?;
    }
    Ok(())
}

/// The common unit, one record that depends on itself alone, is one conditional statement. When the condition fails
/// nothing is written, and the long way says why.
fn apply_short(rows: &Rows<'_>, unit: &Unit, version: u64, changes: &mut Vec<Change>) -> Result<bool, Failure> {
    let [write @ Write { key, expected, record: Some(record), claims: wanted }] = unit.writes.as_slice() else {
        return Ok(false);
    };
    let creates = *expected == 0;
    if !unit.scans.is_empty()
        || !unit.reindexed.is_empty()
        || unit.reads.iter().any(|read| read.key != *key || read.version != *expected)
        || creates && wanted.iter().any(|claim| claim.unique)
    {
        return Ok(false);
    }
    let claims = Claims::of(wanted);
    let bytes = record.encode(version);
    let (number, seen) = (version.cast_signed(), expected.cast_signed());
    let changed = if creates {
        let params = params![rows.scope, key.collection, key.id, number, claims.as_bytes(), &*bytes];
        rows.execute(sql::INSERT_RECORD, params)?
    } else {
        let params = params![rows.scope, key.collection, key.id, number, claims.as_bytes(), &*bytes, seen];
        rows.execute(sql::UPDATE_RECORD_ONLY, params)?
    };
    if changed == 0 {
        return Ok(false);
    }
    if creates {
        move_entries(rows, &write.key, None, &claims)?;
    }
    let record = Record::decode(&bytes).ok();
    changes.push(Change { scope: unit.scope.clone(), key: key.clone(), record });
    Ok(true)
}

/// Writes a record whose unit was checked; the record as it is kept.
fn put(rows: &Rows<'_>, write: &Write, held: Option<Held>, version: u64) -> Result<Option<Record>, Failure> {
    let key = &write.key;
    let claims = Claims::of(claimed(write));
    let kept = match &write.record {
        Some(record) => {
            let bytes = record.encode(version);
            let sql = if held.is_some() { sql::UPDATE_RECORD } else { sql::INSERT_RECORD };
            let number = version.cast_signed();
            rows.execute(sql, params![rows.scope, key.collection, key.id, number, claims.as_bytes(), &*bytes])?;
            Record::decode(&bytes).ok()
        }
        None => {
            if held.is_some() {
                rows.execute(sql::DELETE_RECORD, params![rows.scope, key.collection, key.id])?;
            }
            None
        }
    };
    move_entries(rows, key, held.map(|held| held.claims).as_ref(), &claims)?;
    Ok(kept)
}

/// A record with another representation in the place of what it says, under the version that it has.
fn rewritten(rows: &Rows<'_>, one: &Reindexed) -> Result<Option<Record>, Failure> {
    let Some((schema_version, body)) = &one.rewritten else { return Ok(None) };
    let before = rows.record(&one.key)?;
    Ok(before.map(|before| Record { schema_version: *schema_version, body: body.clone(), ..before }))
}

/// Sets the claims of a record and nothing else: what is cached of it stays as it is.
fn reindex(rows: &Rows<'_>, key: &Key, before: &Claims, claims: &[Claim]) -> Result<(), Failure> {
    let after = Claims::of(claims);
    if *before == after {
        return Ok(());
    }
    rows.execute(sql::UPDATE_CLAIMS, params![rows.scope, key.collection, key.id, after.as_bytes()])?;
    move_entries(rows, key, Some(before), &after)
}

/// Writes the entries that a record has now in the place of those that it had. Without `before` it was inserted just now, by
/// the last insert.
fn move_entries(rows: &Rows<'_>, key: &Key, before: Option<&Claims>, after: &Claims) -> Result<(), Failure> {
    let none = Claims::default();
    let had = before.unwrap_or(&none);
    for gone in had.without(after) {
        rows.execute(sql::DELETE_ENTRY, params![rows.scope, key.collection, gone.index, gone.key, key.id])?;
    }
    let mut new = after.without(had).peekable();
    if new.peek().is_some() {
        let place = match before {
            None => Some(rows.connection.last_insert_rowid()),
            Some(_) => rows.place(key)?,
        };
        for HeldClaim { index, key: entry, .. } in new {
            rows.execute(sql::INSERT_ENTRY, params![rows.scope, key.collection, index, entry, key.id, place])?;
        }
    }
    Ok(())
}
