//! Any unit, as the call of the function that checks and commits it.

use enaction_core::store::{Claim, Committed, Key, ReadCheck, Refusal, Unit};
use tokio_postgres::{Row, types::ToSql};

use super::{columns::Columns, failure::Failure, lease::End, reads::column, statement::expired};

/// Checks and writes any unit; see the function.
pub(super) const COMMIT: &str = "SELECT expired, number, stale, scan_is_stale FROM commit_unit($1, $2, $3, $4,
    $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)";

/// Any unit.
pub(super) struct Whole<'a> {
    unit: &'a Unit,
    columns: Columns<'a>,
}

impl<'a> Whole<'a> {
    pub(super) fn of(unit: &'a Unit, scope: &'a str) -> Self {
        Self { unit, columns: Columns::of(unit, scope) }
    }

    pub(super) fn params<'p>(&'p self, lease: &'p End) -> Vec<&'p (dyn ToSql + Sync)> {
        self.columns.params(lease)
    }

    pub(super) fn answer(&self, row: &Row) -> Result<Result<Committed, Refusal>, Failure> {
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
    pub(super) fn existing(&self, detail: &str) -> Refusal {
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

    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        let reindexed = self.unit.reindexed.iter().flat_map(|one| &one.claims);
        self.unit.writes.iter().flat_map(|write| &write.claims).chain(reindexed)
    }
}

fn is_absent(read: &ReadCheck) -> bool {
    read.version == 0
}
