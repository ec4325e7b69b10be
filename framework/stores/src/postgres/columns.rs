//! A unit as columns: arrays of one length for its reads, its scans, its changes and their claims, as `commit_unit`
//! takes them.

use std::collections::HashSet;

use enaction_core::store::{Claim, Key, ReadCheck, Reindexed, ScanCheck, Unit, Write};
use tokio_postgres::types::ToSql;

use super::{lease::End, span::Span};
use crate::{check::claimed, claims::Claims};

pub(super) struct Columns<'a> {
    scope: &'a str,
    validates: bool,
    numbered: bool,
    reads: Reads<'a>,
    scans: Scans<'a>,
    changes: Changes<'a>,
    claims: ClaimColumns,
    events: Events<'a>,
}

#[derive(Default)]
struct Reads<'a> {
    collections: Vec<&'a str>,
    ids: Vec<&'a str>,
    versions: Vec<Option<i64>>,
}

#[derive(Default)]
struct Scans<'a> {
    collections: Vec<&'a str>,
    indexes: Vec<Option<&'a str>>,
    first_keys: Vec<&'a [u8]>,
    first_ids: Vec<String>,
    end_names: Vec<String>,
    end_keys: Vec<&'a [u8]>,
    end_ids: Vec<String>,
    limits: Vec<i64>,
    mores: Vec<bool>,
    ends: Vec<i32>,
    seen_ids: Vec<&'a str>,
    seen_versions: Vec<i64>,
}

#[derive(Default)]
struct Changes<'a> {
    /// Where each stands in the unit: among its writes, and behind them among what is reindexed.
    places: Vec<usize>,
    kinds: Vec<i16>,
    collections: Vec<&'a str>,
    ids: Vec<&'a str>,
    versions: Vec<i64>,
    records: Vec<Option<Vec<u8>>>,
    schemas: Vec<i32>,
    claim_ends: Vec<i32>,
}

/// The claims of records, each record's in order and each once.
#[derive(Default)]
pub(super) struct ClaimColumns {
    pub(super) indexes: Vec<String>,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) uniques: Vec<bool>,
}

#[derive(Default)]
struct Events<'a> {
    names: Vec<&'a str>,
    bodies: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(unit: &'a Unit, scope: &'a str) -> Self {
        let mut all = Self {
            scope,
            validates: unit.validate_only,
            numbered: unit.is_numbered(),
            reads: Reads::of(unit),
            scans: Scans::default(),
            changes: Changes::default(),
            claims: ClaimColumns::default(),
            events: Events::default(),
        };
        unit.scans.iter().for_each(|scan| all.scans.push(scan));
        let writes = unit.writes.iter().map(Change::of_write);
        let mut changes: Vec<_> = writes.chain(unit.reindexed.iter().map(Change::of_reindexed)).enumerate().collect();
        // Rows are locked in one order by all.
        changes.sort_by_key(|(_, change)| change.key);
        for (place, change) in changes {
            all.claims.extend(&Claims::of(change.claims));
            all.changes.push(place, change, length(&all.claims.keys));
        }
        for event in &unit.events {
            all.events.names.push(event.name);
            all.events.bodies.push(&event.body);
        }
        all
    }

    /// Where a change stands in the unit.
    pub(super) fn place(&self, change: usize) -> usize {
        self.changes.places.get(change).copied().unwrap_or_default()
    }

    /// In the order of the parameters of `commit_unit`.
    pub(super) fn params<'p>(&'p self, lease: &'p End) -> Vec<&'p (dyn ToSql + Sync)> {
        let Self { scope, validates, numbered, reads, scans, changes, claims, events } = self;
        #[rustfmt::skip]
        let params: [&(dyn ToSql + Sync); 31] = [
            scope, lease, validates, numbered,
            &reads.collections, &reads.ids, &reads.versions,
            &scans.collections, &scans.indexes, &scans.first_keys, &scans.first_ids,
            &scans.end_names, &scans.end_keys, &scans.end_ids,
            &scans.limits, &scans.mores, &scans.ends, &scans.seen_ids, &scans.seen_versions,
            &changes.kinds, &changes.collections, &changes.ids, &changes.versions,
            &changes.records, &changes.schemas, &changes.claim_ends,
            &claims.indexes, &claims.keys, &claims.uniques,
            &events.names, &events.bodies,
        ];
        params.to_vec()
    }
}

impl<'a> Reads<'a> {
    fn of(unit: &'a Unit) -> Self {
        let created = unit.writes.iter().filter(|write| write.expected == 0 && write.record.is_some());
        let created: HashSet<&Key> = created.map(|write| &write.key).collect();
        let mut reads = Self::default();
        for ReadCheck { key, version } in &unit.reads {
            reads.collections.push(key.collection);
            reads.ids.push(&key.id);
            let found_out_by_creating = *version == 0 && created.contains(key);
            reads.versions.push((!found_out_by_creating).then_some(version.cast_signed()));
        }
        reads
    }
}

impl<'a> Scans<'a> {
    fn push(&mut self, scan: &'a ScanCheck) {
        let span = Span::of(&scan.range);
        self.collections.push(span.collection);
        self.indexes.push(span.index);
        self.first_keys.push(span.first_key);
        self.first_ids.push(span.first_id);
        self.end_names.push(span.end_name);
        self.end_keys.push(span.end_key);
        self.end_ids.push(span.end_id);
        self.limits.push(i64::try_from(scan.limit).unwrap_or(i64::MAX).min(i64::MAX - 1));
        self.mores.push(scan.more);
        self.seen_ids.extend(scan.seen.iter().map(|(id, _)| &**id));
        self.seen_versions.extend(scan.seen.iter().map(|(_, version)| version.cast_signed()));
        self.ends.push(length(&self.seen_ids));
    }
}

/// One record that a unit changes.
struct Change<'a> {
    kind: i16,
    key: &'a Key,
    version: u64,
    record: Option<Vec<u8>>,
    schema: u16,
    claims: &'a [Claim],
}

impl<'a> Change<'a> {
    const WRITES: i16 = 0;
    const REMOVES: i16 = 1;
    const REINDEXES: i16 = 2;

    fn of_write(write: &'a Write) -> Self {
        let record = write.record.as_ref().map(|record| record.encode(0).to_vec());
        let kind = if record.is_some() { Self::WRITES } else { Self::REMOVES };
        Self { kind, key: &write.key, version: write.expected, record, schema: 0, claims: claimed(write) }
    }

    fn of_reindexed(one: &'a Reindexed) -> Self {
        let (schema, body) = one.rewritten.as_ref().map(|(schema, body)| (*schema, body.to_vec())).unzip();
        let schema = schema.unwrap_or_default();
        Self { kind: Self::REINDEXES, key: &one.key, version: one.version, record: body, schema, claims: &one.claims }
    }
}

impl<'a> Changes<'a> {
    fn push(&mut self, place: usize, change: Change<'a>, claim_end: i32) {
        self.places.push(place);
        self.kinds.push(change.kind);
        self.collections.push(change.key.collection);
        self.ids.push(&change.key.id);
        self.versions.push(change.version.cast_signed());
        self.records.push(change.record);
        self.schemas.push(change.schema.into());
        self.claim_ends.push(claim_end);
    }
}

impl ClaimColumns {
    pub(super) fn of(claims: &[Claim]) -> Self {
        let mut columns = Self::default();
        columns.extend(&Claims::of(claims));
        columns
    }

    pub(super) fn extend(&mut self, claims: &Claims) {
        for claim in claims.iter() {
            self.indexes.push(claim.index.to_owned());
            self.keys.push(claim.key.to_vec());
            self.uniques.push(claim.unique);
        }
    }
}

pub(super) fn length<T>(all: &[T]) -> i32 {
    i32::try_from(all.len()).unwrap_or(i32::MAX)
}
