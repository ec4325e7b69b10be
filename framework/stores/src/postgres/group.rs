//! Units that need nothing but their own records, several as one statement: what one statement costs, from its way through
//! the network to the disk, is shared.

use std::collections::HashSet;

use enaction_core::store::{Committed, Key, Refusal, Unit, Write};
use tokio_postgres::{Row, types::ToSql};

use super::{
    columns::{ClaimColumns, length},
    failure::Failure,
    lease::End,
    reads::column,
    statement::expired,
};
use crate::claims::Claims;

/// Creates records, several for each unit; where one exists the database refuses them all. Gives whether the lease is over,
/// and the numbers of the units. Entries wait for all records, because every other commit locks in that order too.
const CREATES: &str = "WITH fence AS MATERIALIZED (
        SELECT set_config('enaction.scope', $1, true) AS scope,
            ARRAY(SELECT nextval('commits') FROM generate_series(1, $3::integer)) AS numbers
        WHERE lease_holds($2)
    ), created AS (
        INSERT INTO records
        SELECT fence.scope, new.collection, new.id, fence.numbers[new.unit],
            ($12::text[])[new.since:new.till], ($13::bytea[])[new.since:new.till], ($14::boolean[])[new.since:new.till],
            new.record
        FROM fence CROSS JOIN unnest($4::text[], $5::text[], $6::integer[], $7::bytea[], $8::integer[], $9::integer[])
            AS new (collection, id, unit, record, since, till)
        RETURNING 1
    ), entered AS (
        INSERT INTO entries
        SELECT fence.scope, claim.collection, claim.index_name, claim.key, claim.id
        FROM fence CROSS JOIN (SELECT count(*) FROM created) AS done CROSS JOIN unnest($10::text[], $11::text[], $12::text[], $13::bytea[])
            AS claim (collection, id, index_name, key)
    )
    SELECT numbers IS NULL, coalesce(numbers, '{}') FROM (SELECT (SELECT numbers FROM fence)) AS given (numbers)";

/// Changes records, one for each unit; see the function.
const CHANGES: &str = "SELECT expired, numbers FROM change_records($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Changes that a statement takes at most, whatever the settings say. At SERIALIZABLE the database remembers the page of the
/// index that each was found on; of more than 31 pages it remembers the whole index instead (`max_pred_locks_per_relation`),
/// and with that every company's records.
const CHANGES_MAX: usize = 30;

/// Which units go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// They create records and claim nothing for themselves alone.
    Creates,
    /// Each changes one record.
    Changes,
}

impl Kind {
    /// Nothing for a unit that stands alone.
    pub(super) fn of(unit: &Unit) -> Option<Self> {
        let first = unit.writes.first()?;
        let kind = if first.expected == 0 { Self::Creates } else { Self::Changes };
        let is_of_kind = match kind {
            Self::Creates => {
                unit.writes.iter().all(|write| write.expected == 0 && !write.claims.iter().any(|claim| claim.unique))
            }
            Self::Changes => unit.writes.len() == 1,
        };
        let own: HashSet<&Key> = unit.writes.iter().map(|write| &write.key).collect();
        let fits = is_of_kind
            && unit.writes.iter().all(|write| write.record.is_some())
            && unit.reads.iter().all(|read| read.version == first.expected && own.contains(&read.key))
            && unit.scans.is_empty()
            && unit.reindexed.is_empty()
            && unit.events.is_empty()
            && !unit.validate_only;
        fits.then_some(kind)
    }

    /// Statements of one scope that are under way at the same time: while one waits for the disk, another executes. Two that
    /// change records would meet on pages of the index that they share.
    pub(super) const fn under_way_max(self) -> usize {
        match self {
            Self::Creates => 2,
            Self::Changes => 1,
        }
    }

    /// Units that a statement takes.
    pub(super) fn units_max(self, group_units_max: usize) -> usize {
        match self {
            Self::Creates => group_units_max,
            Self::Changes => group_units_max.min(CHANGES_MAX),
        }
    }
}

/// What came of each unit, in their order; nothing of one that the statement passed by.
pub(super) type Answers = Vec<Option<Result<Committed, Refusal>>>;

/// Several units of one scope and kind.
pub(super) struct Group<'a> {
    kind: Kind,
    scope: &'a str,
    units: i32,
    rows: Rows<'a>,
}

/// The records in the order of their keys, and their claims.
#[derive(Default)]
struct Rows<'a> {
    collections: Vec<&'a str>,
    ids: Vec<&'a str>,
    /// Of which unit, counted from 1.
    units: Vec<i32>,
    records: Vec<Vec<u8>>,
    expected: Vec<i64>,
    claims: ClaimColumns,
    claim_starts: Vec<i32>,
    claim_ends: Vec<i32>,
    claim_collections: Vec<&'a str>,
    claim_ids: Vec<&'a str>,
}

impl<'a> Group<'a> {
    pub(super) fn of(kind: Kind, scope: &'a str, units: impl ExactSizeIterator<Item = &'a Unit>) -> Self {
        let number = units.len();
        let of_unit = |(unit, place): (&'a Unit, i32)| unit.writes.iter().map(move |write| (write, place));
        let mut writes: Vec<(&Write, i32)> = units.zip(1..).flat_map(of_unit).collect();
        // Rows are locked in one order by all.
        writes.sort_by_key(|(write, _)| &write.key);
        let mut rows = Rows::default();
        writes.into_iter().for_each(|(write, unit)| rows.push(write, unit));
        Self { kind, scope, units: i32::try_from(number).unwrap_or(i32::MAX), rows }
    }

    pub(super) const fn sql(&self) -> &'static str {
        match self.kind {
            Kind::Creates => CREATES,
            Kind::Changes => CHANGES,
        }
    }

    pub(super) fn params<'p>(&'p self, lease: &'p End) -> Vec<&'p (dyn ToSql + Sync)> {
        let Self { scope, units, rows, .. } = self;
        let ClaimColumns { indexes, keys, uniques } = &rows.claims;
        match self.kind {
            #[rustfmt::skip]
            Kind::Creates => vec![
                scope, lease, units,
                &rows.collections, &rows.ids, &rows.units, &rows.records, &rows.claim_starts, &rows.claim_ends,
                &rows.claim_collections, &rows.claim_ids, indexes, keys, uniques,
            ],
            #[rustfmt::skip]
            Kind::Changes => vec![
                scope, lease,
                &rows.collections, &rows.ids, &rows.expected, &rows.records, &rows.claim_ends,
                indexes, keys, uniques,
            ],
        }
    }

    pub(super) fn answers(&self, rows: &[Row]) -> Result<Answers, Failure> {
        let row = rows.first().ok_or_else(|| Failure::Damaged("read the answer to a group: it has no row".into()))?;
        let (is_over, numbers): (bool, Vec<Option<i64>>) = (column(row, 0)?, column(row, 1)?);
        let mut answers = vec![is_over.then(|| Err(expired())); usize::try_from(self.units).unwrap_or_default()];
        for (place, number) in numbers.into_iter().enumerate() {
            let unit = match self.kind {
                Kind::Creates => Some(place),
                Kind::Changes => self.rows.units.get(place).and_then(|unit| usize::try_from(unit - 1).ok()),
            };
            let answer = unit.and_then(|unit| answers.get_mut(unit));
            if let (Some(answer), Some(number)) = (answer, number) {
                *answer = Some(Ok(Committed { version: number.cast_unsigned() }));
            }
        }
        Ok(answers)
    }
}

impl<'a> Rows<'a> {
    fn push(&mut self, Write { key, expected, record, claims }: &'a Write, unit: i32) {
        self.collections.push(key.collection);
        self.ids.push(&key.id);
        self.units.push(unit);
        self.records.push(record.as_ref().map(|record| record.encode(0).to_vec()).unwrap_or_default());
        self.expected.push(expected.cast_signed());
        self.claim_starts.push(length(&self.claims.keys) + 1);
        self.claims.extend(&Claims::of(claims));
        self.claim_ends.push(length(&self.claims.keys));
        self.claim_collections.resize(self.claims.keys.len(), key.collection);
        self.claim_ids.resize(self.claims.keys.len(), &key.id);
    }
}
