//! A unit as the parameters of one statement, and the answer of the database as the port's.

use enaction_core::store::{Committed, Key, ReadCheck, Refusal, Unit, Write};
use tokio_postgres::{Row, types::ToSql};

use super::{columns::Columns, failure::Failure, reads::column};
use crate::claims::Claims;

/// Creates one record with entries that are not unique, which needs no look at anything else. Gives its number, none
/// where the key exists, and whether the lease holds. Parameters: scope, collection, id, record, indexes, keys, end of
/// the lease. `set_config` comes before the policy that it is for is held against the row.
const CREATE: &str = "WITH lease AS MATERIALIZED (SELECT lease_holds($7) AS holds), created AS (
        INSERT INTO records
        SELECT set_config('enaction.scope', $1, true), $2::text, $3::text, nextval('commits'),
            $5::text[], $6::bytea[], array_fill(false, ARRAY[cardinality($5::text[])]), $4::bytea
        FROM lease WHERE holds
        ON CONFLICT DO NOTHING
        RETURNING version
    ), entered AS (
        INSERT INTO entries
        SELECT $1, $2, claim.index_name, claim.key, $3
        FROM created CROSS JOIN unnest($5::text[], $6::bytea[]) AS claim (index_name, key)
        ON CONFLICT DO NOTHING
    )
    SELECT (SELECT version FROM created), holds FROM lease";

/// Checks and writes any unit; see the function.
const COMMIT: &str = "SELECT expired, number, stale, scan_is_stale FROM commit_unit($1, $2, $3, $4,
    $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)";

const EXISTS: &str = "EN001";
const TAKEN: &str = "EN002";
const HOLDS: &str = "EN003";

/// What is sent for a unit.
pub(super) enum Statement<'a> {
    Create(Create<'a>),
    Commit(Box<Whole<'a>>),
}

impl<'a> Statement<'a> {
    pub(super) fn of(unit: &'a Unit, scope: &'a str) -> Self {
        match Create::of(unit, scope) {
            Some(create) => Self::Create(create),
            None => Self::Commit(Box::new(Whole::of(unit, scope))),
        }
    }

    pub(super) fn sql(&self) -> &'static str {
        match self {
            Self::Create(_) => CREATE,
            Self::Commit(_) => COMMIT,
        }
    }

    pub(super) fn params<'p>(&'p self, lease_ends: &'p i64) -> Vec<&'p (dyn ToSql + Sync)> {
        match self {
            Self::Create(create) => create.params(lease_ends),
            Self::Commit(whole) => whole.params(lease_ends),
        }
    }

    /// What the database says of the unit; an error is one that says nothing of it.
    pub(super) fn answer(&self, asked: Result<Vec<Row>, Failure>) -> Result<Result<Committed, Refusal>, Failure> {
        match (self, asked) {
            (Self::Create(create), Ok(rows)) => create.answer(one(&rows)?),
            (Self::Commit(whole), Ok(rows)) => whole.answer(one(&rows)?),
            (Self::Commit(whole), Err(Failure::Refused(said))) => {
                let detail = said.detail().unwrap_or_default();
                match said.code().code() {
                    EXISTS => Ok(Err(whole.existing(detail))),
                    TAKEN => Ok(Err(whole.taken(detail))),
                    HOLDS => Ok(Ok(Committed { version: detail.parse().unwrap_or_default() })),
                    _ => Err(Failure::Refused(said)),
                }
            }
            (_, Err(failure)) => Err(failure),
        }
    }
}

fn one(rows: &[Row]) -> Result<&Row, Failure> {
    rows.first().ok_or_else(|| Failure::Damaged("read the answer to a commit: it has no row".into()))
}

fn expired() -> Refusal {
    Refusal::Unavailable("this program was silent for longer than lease_ms, and has to announce itself again".into())
}

/// A unit that creates one record, and read nothing but that it was absent.
pub(super) struct Create<'a> {
    scope: &'a str,
    unit: &'a Unit,
    key: &'a Key,
    id: &'a str,
    record: Vec<u8>,
    indexes: Vec<String>,
    keys: Vec<Vec<u8>>,
}

impl<'a> Create<'a> {
    fn of(unit: &'a Unit, scope: &'a str) -> Option<Self> {
        let [Write { key, expected: 0, record: Some(record), claims }] = unit.writes.as_slice() else { return None };
        let looks_at_nothing_else = unit.scans.is_empty()
            && unit.reindexed.is_empty()
            && unit.events.is_empty()
            && !unit.validate_only
            && unit.reads.iter().all(|read| is_absent(read) && read.key == *key)
            && !claims.iter().any(|claim| claim.unique);
        looks_at_nothing_else.then(|| {
            let claims = Claims::of(claims);
            let (indexes, keys) = claims.iter().map(|claim| (claim.index.to_owned(), claim.key.to_vec())).unzip();
            Self { scope, unit, key, id: &key.id, record: record.encode(0).to_vec(), indexes, keys }
        })
    }

    fn params<'p>(&'p self, lease_ends: &'p i64) -> Vec<&'p (dyn ToSql + Sync)> {
        vec![&self.scope, &self.key.collection, &self.id, &self.record, &self.indexes, &self.keys, lease_ends]
    }

    fn answer(&self, row: &Row) -> Result<Result<Committed, Refusal>, Failure> {
        let (version, holds): (Option<i64>, bool) = (column(row, 0)?, column(row, 1)?);
        Ok(match version {
            Some(version) => Ok(Committed { version: version.cast_unsigned() }),
            None if !holds => Err(expired()),
            None if self.unit.reads.is_empty() => Err(Refusal::Exists(self.key.clone())),
            None => Err(Refusal::Stale(vec![self.key.clone()])),
        })
    }
}

fn is_absent(read: &ReadCheck) -> bool {
    read.version == 0
}

/// Any unit.
pub(super) struct Whole<'a> {
    unit: &'a Unit,
    columns: Columns<'a>,
}

impl<'a> Whole<'a> {
    fn of(unit: &'a Unit, scope: &'a str) -> Self {
        Self { unit, columns: Columns::of(unit, scope) }
    }

    fn answer(&self, row: &Row) -> Result<Result<Committed, Refusal>, Failure> {
        if column(row, 0)? {
            return Ok(Err(expired()));
        }
        let (stale, scan_is_stale): (Vec<i32>, bool) = (column(row, 2)?, column(row, 3)?);
        if scan_is_stale || !stale.is_empty() {
            return Ok(Err(Refusal::Stale(self.keys(stale))));
        }
        let number: i64 = column(row, 1)?;
        Ok(Ok(Committed { version: number.cast_unsigned() }))
    }

    /// Keys at positions of what was sent, reads before changes, in the order of the unit and each once.
    fn keys(&self, positions: Vec<i32>) -> Vec<Key> {
        let reads = self.unit.reads.len();
        let place = |position: i32| {
            let position = usize::try_from(position).unwrap_or_default().wrapping_sub(1);
            match position.checked_sub(reads) {
                Some(change) => reads + self.columns.place(change),
                None => position,
            }
        };
        let mut places: Vec<usize> = positions.into_iter().map(place).collect();
        places.sort_unstable();
        let read = self.unit.reads.iter().map(|read| &read.key);
        let in_order: Vec<&Key> = read.chain(self.unit.writes.iter().map(|write| &write.key)).collect();
        let mut keys: Vec<Key> = Vec::new();
        for key in places.into_iter().filter_map(|place| in_order.get(place)) {
            if !keys.contains(key) {
                keys.push((*key).clone());
            }
        }
        keys
    }

    /// Of keys that were to be created: those that the unit read as absent are stale, and that comes first.
    fn existing(&self, detail: &str) -> Refusal {
        let reads = i32::try_from(self.unit.reads.len()).unwrap_or(i32::MAX);
        let positions = detail.split(',').filter_map(|position| position.parse::<i32>().ok());
        let existing = self.keys(positions.map(|position| position.saturating_add(reads)).collect());
        let read = self.unit.reads.iter().filter(|read| is_absent(read) && existing.contains(&read.key));
        let mut stale: Vec<Key> = Vec::new();
        for read in read {
            if !stale.contains(&read.key) {
                stale.push(read.key.clone());
            }
        }
        match existing.into_iter().next() {
            Some(first) if stale.is_empty() => Refusal::Exists(first),
            _ => Refusal::Stale(stale),
        }
    }

    fn taken(&self, name: &str) -> Refusal {
        let written = self.unit.writes.iter().flat_map(|write| &write.claims);
        let reindexed = self.unit.reindexed.iter().flat_map(|one| &one.claims);
        let taken = written.chain(reindexed).find(|claim| claim.index == name);
        Refusal::Taken(taken.map_or("", |claim| claim.index))
    }

    fn params<'p>(&'p self, lease_ends: &'p i64) -> Vec<&'p (dyn ToSql + Sync)> {
        self.columns.params(lease_ends)
    }
}
