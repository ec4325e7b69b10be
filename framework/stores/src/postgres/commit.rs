//! A unit as one statement, and the answer of the database as the port's.

use enaction_core::store::{Claim, Committed, Key, ReadCheck, Refusal, Unit};
use tokio_postgres::{Row, types::ToSql};

use super::{columns::Columns, failure::Failure, lease::End, reads::column, single::Single};

/// Checks and writes any unit; see the function.
const COMMIT: &str = "SELECT expired, number, stale, scan_is_stale FROM commit_unit($1, $2, $3, $4,
    $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)";

const EXISTS: &str = "EN001";
const TAKEN: &str = "EN002";
const HOLDS: &str = "EN003";

/// What is sent for a unit.
pub(super) enum Statement<'a> {
    Single(Box<Single<'a>>),
    Whole(Box<Whole<'a>>),
}

impl<'a> Statement<'a> {
    pub(super) fn of(unit: &'a Unit, scope: &'a str) -> Self {
        match Single::of(unit, scope) {
            Some(single) => Self::Single(Box::new(single)),
            None => Self::Whole(Box::new(Whole::of(unit, scope))),
        }
    }

    pub(super) fn sql(&self) -> &'static str {
        match self {
            Self::Single(single) => single.sql(),
            Self::Whole(_) => COMMIT,
        }
    }

    pub(super) fn params<'p>(&'p self, lease: &'p End) -> Vec<&'p (dyn ToSql + Sync)> {
        match self {
            Self::Single(single) => single.params(lease),
            Self::Whole(whole) => whole.columns.params(lease),
        }
    }

    /// What the database says of the unit; an error is one that says nothing of it.
    pub(super) fn answer(&self, asked: Result<Vec<Row>, Failure>) -> Result<Result<Committed, Refusal>, Failure> {
        match (self, asked) {
            (Self::Single(single), Ok(rows)) => single.answer(one(&rows)?),
            (Self::Whole(whole), Ok(rows)) => whole.answer(one(&rows)?),
            (statement, Err(Failure::Refused(said))) => {
                let detail = said.detail().unwrap_or_default();
                match (statement, said.code().code()) {
                    (Self::Single(single), TAKEN) => Ok(Err(taken(detail, single.claims()))),
                    (Self::Whole(whole), TAKEN) => Ok(Err(taken(detail, whole.claims()))),
                    (Self::Whole(whole), EXISTS) => Ok(Err(whole.existing(detail))),
                    (Self::Whole(_), HOLDS) => Ok(Ok(Committed { version: detail.parse().unwrap_or_default() })),
                    _ => Err(Failure::Refused(said)),
                }
            }
            (_, Err(failure)) => Err(failure),
        }
    }
}

fn taken<'a>(index: &str, mut claims: impl Iterator<Item = &'a Claim>) -> Refusal {
    Refusal::Taken(claims.find(|claim| claim.index == index).map_or("", |claim| claim.index))
}

fn one(rows: &[Row]) -> Result<&Row, Failure> {
    rows.first().ok_or_else(|| Failure::Damaged("read the answer to a commit: it has no row".into()))
}

pub(super) fn expired() -> Refusal {
    Refusal::Unavailable("this program was silent for longer than lease_ms, and has to announce itself again".into())
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

    fn claims(&self) -> impl Iterator<Item = &Claim> {
        let reindexed = self.unit.reindexed.iter().flat_map(|one| &one.claims);
        self.unit.writes.iter().flat_map(|write| &write.claims).chain(reindexed)
    }
}
