//! The check of a whole file: SQLite's own, every record, and that records, claims and index entries agree.

use bytes::Bytes;
use enaction_core::{
    OWN_COLLECTIONS,
    store::{Record, Scope},
};
use rusqlite::{Connection, Row, params};

use super::{failure::Failure, sql};
use crate::claims::Claims;

/// So many problems are told; a file that has more has them everywhere.
const PROBLEMS_MAX: usize = 100;

/// What is wrong in a file, a sentence each; seen in one committed state.
///
/// # Errors
/// When it can not be looked at now, which says nothing about it, and nothing was found before.
pub(super) fn inspect(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut inspection = Inspection { connection, problems: Vec::new(), latest: 0 };
    let looked = connection.execute_batch(sql::BEGIN_READ).map_err(Failure::from).and_then(|()| inspection.look());
    let _ = connection.execute_batch(sql::ROLLBACK);
    match looked {
        Err(failure) if failure.is_damage() || !inspection.problems.is_empty() => {
            inspection.found(format!("the file can not be read to its end: {failure}"));
        }
        looked => looked?,
    }
    Ok(inspection.problems)
}

struct Inspection<'c> {
    connection: &'c Connection,
    problems: Vec<String>,
    /// The number of the last commit.
    latest: u64,
}

/// Where a record is kept, for a sentence.
struct At {
    scope: String,
    collection: String,
    id: String,
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} in {:?} of {:?}", self.id, self.collection, self.scope)
    }
}

fn at(row: &Row<'_>) -> Result<At, Failure> {
    Ok(At { scope: row.get(0)?, collection: row.get(1)?, id: row.get(2)? })
}

impl Inspection<'_> {
    fn found(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    fn look(&mut self) -> Result<(), Failure> {
        self.pages()?;
        self.latest = self.connection.query_row(sql::READ_LATEST, [], |row| row.get(0)).map(i64::cast_unsigned)?;
        self.records()?;
        self.entries()
    }

    /// Pages, trees and rows, as SQLite sees them.
    fn pages(&mut self) -> Result<(), Failure> {
        let mut check = self.connection.prepare(sql::INTEGRITY_CHECK)?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let said: String = row.get(0)?;
            if said != "ok" {
                self.found(format!("SQLite: {said}"));
            }
        }
        Ok(())
    }

    /// Each record by itself, its claims against the entries, and what it is inside of.
    fn records(&mut self) -> Result<(), Failure> {
        let connection = self.connection;
        let mut all = connection.prepare(sql::ALL_RECORDS)?;
        let mut rows = all.query([])?;
        let mut parent = None;
        while let Some(row) = rows.next()? {
            let at = match at(row) {
                Ok(at) => at,
                Err(failure) => {
                    self.found(format!("a record has no readable key: {failure}"));
                    continue;
                }
            };
            self.record(&at, row);
            self.claims(&at, row)?;
            self.parent(&at, &mut parent)?;
        }
        Ok(())
    }

    fn record(&mut self, at: &At, row: &Row<'_>) {
        if Scope::from_text(&at.scope).is_none() {
            self.found(format!("{at}: the scope is none"));
        }
        let (version, bytes) = match (row.get::<_, i64>(3), row.get::<_, Vec<u8>>(5)) {
            (Ok(version), Ok(bytes)) => (version.cast_unsigned(), Bytes::from(bytes)),
            (Err(error), _) | (_, Err(error)) => return self.found(format!("{at}: {error}")),
        };
        let record = match Record::decode(&bytes) {
            Ok(record) => record,
            Err(error) => return self.found(format!("{at}: {error}")),
        };
        if record.version != version {
            self.found(format!("{at}: its version is {version}, and the record says {}", record.version));
        }
        if version == 0 || version > self.latest {
            self.found(format!("{at}: its version is {version}, and the last commit was {}", self.latest));
        }
        if let Err(error) = serde_json::from_slice::<serde_json::Value>(&record.body) {
            self.found(format!("{at}: it is no JSON: {error}"));
        }
    }

    /// Every claim is an entry, and nobody else has an entry of a unique one.
    fn claims(&mut self, at: &At, row: &Row<'_>) -> Result<(), Failure> {
        let claims = row.get::<_, Vec<u8>>(4).ok().and_then(Claims::from_bytes);
        let Some(claims) = claims else {
            self.found(format!("{at}: its claims can not be read"));
            return Ok(());
        };
        for claim in claims.iter() {
            let asks = |sql| {
                let entry = params![at.scope, at.collection, claim.index, claim.key, at.id];
                self.connection.prepare_cached(sql)?.exists(entry)
            };
            let (is_held, beside) = (asks(sql::IS_HELD_BY)?, claim.unique && asks(sql::IS_HELD_BESIDE)?);
            if !is_held {
                self.found(format!("{at}: the index {:?} does not hold what it claims", claim.index));
            }
            if beside {
                self.found(format!("{at}: another holds what it alone may in {:?}", claim.index));
            }
        }
        Ok(())
    }

    /// What an item is inside of is an item of the same scope. Which collection it belongs to is not told in the file; in
    /// the installation's scope it may be the company. Items inside of the same follow each other: it is looked for once.
    fn parent(&mut self, at: &At, last: &mut Option<(String, String, bool)>) -> Result<(), Failure> {
        let Some((parent, _)) = at.id.rsplit_once('/').filter(|_| !OWN_COLLECTIONS.contains(&&*at.collection)) else {
            return Ok(());
        };
        let there = match last {
            Some((scope, id, there)) if *scope == at.scope && id == parent => *there,
            _ => {
                let there = self.connection.prepare_cached(sql::IS_ANYWHERE)?.exists(params![at.scope, parent])?;
                *last = Some((at.scope.clone(), parent.to_owned(), there));
                there
            }
        };
        if !there {
            self.found(format!("{at}: what it is inside of is not there"));
        }
        Ok(())
    }

    /// Every entry is a claim of its record.
    fn entries(&mut self) -> Result<(), Failure> {
        let connection = self.connection;
        let format: i64 = connection.query_row(sql::READ_FORMAT, [], |row| row.get(0))?;
        let all = if format == sql::FORMAT { sql::ALL_ENTRIES } else { sql::ALL_OLDER_ENTRIES };
        let mut all = connection.prepare(all)?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let entry = at(row).and_then(|at| Ok((at, row.get::<_, String>(3)?, row.get::<_, Vec<u8>>(4)?)));
            let (at, index, key) = match entry {
                Ok(entry) => entry,
                Err(failure) => {
                    self.found(format!("an entry of an index can not be read: {failure}"));
                    continue;
                }
            };
            let claims = row.get::<_, Option<Vec<u8>>>(5).ok().flatten().map(Claims::from_bytes);
            match claims {
                None => self.found(format!("{at}: the index {index:?} holds it, and it is not there")),
                Some(Some(claims)) if !claims.iter().any(|claim| claim.index == index && claim.key == key) => {
                    self.found(format!("{at}: the index {index:?} holds it under a key that it does not claim"));
                }
                Some(_) if !row.get(6).unwrap_or(false) => {
                    self.found(format!("{at}: the index {index:?} says that it lies elsewhere"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
