//! The common unit, one record that depends on itself alone, as a plain statement. Creating and changing it cost half of what
//! the function costs that commits any unit.

use enaction_core::store::{Claim, Committed, Key, Refusal, Unit, Write};
use tokio_postgres::{Row, types::ToSql};

use super::{columns::ClaimColumns, failure::Failure, lease::End, reads::column, statement::expired};

/// Creates the record with its entries. Gives whether the lease is over, and the number: none where the key exists.
/// `set_config` runs before the row-level policy checks the row.
const CREATE: &str = "WITH created AS (
        INSERT INTO records
        SELECT set_config('enaction.scope', $1, true), $2::text, $3::text, nextval('commits'),
            $5::text[], $6::bytea[], $7::boolean[], $4::bytea
        WHERE lease_holds($8)
        ON CONFLICT DO NOTHING
        RETURNING version
    ), entered AS (
        INSERT INTO entries SELECT $1, $2, unnest($5::text[]), unnest($6::bytea[]), $3 FROM created
    )
    SELECT NOT lease_holds($8), (SELECT version FROM created), false";

/// Changes the record where it has the version and the claims that it will have. Where it has not, `commit_unit` moves the
/// entries, or finds out what is stale, within the same statement.
const CHANGE: &str = "WITH fence AS MATERIALIZED (
        SELECT set_config('enaction.scope', $1, true) AS scope, lease_holds($8) AS holds
    ), changed AS (
        UPDATE records r SET version = nextval('commits'), record = $4::bytea
        FROM fence
        WHERE fence.holds AND r.scope = fence.scope AND r.collection = $2::text AND r.id = $3::text
            AND r.version = $9::bigint AND r.indexes = $5::text[] AND r.keys = $6::bytea[] AND r.uniques = $7::boolean[]
        RETURNING r.version
    )
    SELECT false, version, false FROM changed
    UNION ALL
    SELECT expired, number, stale <> '{}' FROM commit_unit($1, $8, false, true, '{}', '{}', '{}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
        '{0}', ARRAY[$2], ARRAY[$3], ARRAY[$9], ARRAY[$4], '{0}', ARRAY[cardinality($5::text[])], $5, $6, $7, '{}', '{}')
    WHERE NOT EXISTS (SELECT FROM changed)";

/// A unit that writes one record, and read nothing but that record.
pub(super) struct Single<'a> {
    scope: &'a str,
    key: &'a Key,
    id: &'a str,
    record: Vec<u8>,
    claims: &'a [Claim],
    columns: ClaimColumns,
    expected: i64,
    was_read: bool,
}

impl<'a> Single<'a> {
    /// `None` when the unit is of another form. A unique claim of a new record has to be looked for.
    pub(super) fn of(unit: &'a Unit, scope: &'a str) -> Option<Self> {
        let [Write { key, expected, record: Some(record), claims }] = unit.writes.as_slice() else { return None };
        let stands_alone = unit.scans.is_empty()
            && unit.reindexed.is_empty()
            && unit.events.is_empty()
            && !unit.validate_only
            && unit.reads.iter().all(|read| read.key == *key && read.version == *expected)
            && (*expected != 0 || !claims.iter().any(|claim| claim.unique));
        if !stands_alone {
            return None;
        }
        Some(Self {
            scope,
            key,
            id: &key.id,
            record: record.encode(0).to_vec(),
            claims,
            columns: ClaimColumns::of(claims),
            expected: expected.cast_signed(),
            was_read: !unit.reads.is_empty(),
        })
    }

    pub(super) fn sql(&self) -> &'static str {
        if self.expected == 0 { CREATE } else { CHANGE }
    }

    pub(super) fn params<'p>(&'p self, lease: &'p End) -> Vec<&'p (dyn ToSql + Sync)> {
        let Self { scope, key, id, record, columns, expected, .. } = self;
        let ClaimColumns { indexes, keys, uniques } = columns;
        let mut params: Vec<&'p (dyn ToSql + Sync)> =
            vec![scope, &key.collection, id, record, indexes, keys, uniques, lease];
        if *expected != 0 {
            params.push(expected);
        }
        params
    }

    pub(super) fn answer(&self, row: &Row) -> Result<Result<Committed, Refusal>, Failure> {
        let (is_over, number, is_stale): (bool, Option<i64>, Option<bool>) =
            (column(row, 0)?, column(row, 1)?, column(row, 2)?);
        Ok(match number {
            Some(number) if is_stale != Some(true) => Ok(Committed { version: number.cast_unsigned() }),
            _ if is_over => Err(expired()),
            None if self.expected == 0 && !self.was_read => Err(Refusal::Exists(self.key.clone())),
            _ => Err(Refusal::Stale(vec![self.key.clone()])),
        })
    }

    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter()
    }
}
