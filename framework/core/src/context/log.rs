//! The log of a unit of work: what was read, with the versions seen, and what is to be written.

use std::collections::BTreeMap;

use crate::{
    Result, catalogue,
    store::{Claim, Key, Page, Range, ReadCheck, Record, ScanCheck, Scope, Unit, Write},
};

#[derive(Default)]
pub(crate) struct Log {
    /// Boxed, because a map has room for eleven where most units have one.
    entries: BTreeMap<Key, Box<Entry>>,
    scans: Vec<ScanCheck>,
    pub(crate) draws: usize,
    /// The number of the operation that runs, where several share the unit.
    pub(crate) operation: Option<usize>,
}

#[derive(Default)]
struct Entry {
    /// What the store held, once it was read.
    seen: Option<Option<Record>>,
    write: Option<Write>,
    /// Where several operations share the unit.
    makers: Option<Box<Makers>>,
}

/// The numbers of the operations that made a record and its claims what they are.
#[derive(Clone, Default)]
pub(crate) struct Makers {
    pub(crate) first: usize,
    pub(crate) claims: Vec<(Claim, usize)>,
}

impl Makers {
    /// What became of it with what another operation wrote.
    fn with(before: Option<&Self>, claims: &[Claim], operation: usize) -> Self {
        let known = |claim: &Claim| before?.claims.iter().find(|(one, _)| one == claim).map(|(_, maker)| *maker);
        let claims = claims.iter().map(|claim| (claim.clone(), known(claim).unwrap_or(operation)));
        Self { first: before.map_or(operation, |before| before.first), claims: claims.collect() }
    }
}

/// What the unit knows of a key without asking the store.
pub(crate) enum Known {
    Record(Option<Record>),
    Nothing,
}

impl Log {
    pub(crate) fn known(&self, key: &Key) -> Known {
        match self.entries.get(key).map(Box::as_ref) {
            Some(Entry { write: Some(write), .. }) => Known::Record(write.record.clone()),
            Some(Entry { seen: Some(seen), .. }) => Known::Record(seen.clone()),
            _ => Known::Nothing,
        }
    }

    pub(crate) fn saw(&mut self, key: Key, record: Option<Record>, unit_items_max: usize) -> Result<()> {
        self.room(unit_items_max)?;
        self.entries.entry(key).or_default().seen.get_or_insert(record);
        Ok(())
    }

    pub(crate) fn scanned(&mut self, range: Range, limit: usize, page: &Page, unit_items_max: usize) -> Result<()> {
        self.room(unit_items_max)?;
        let seen = page.items.iter().map(|item| (item.id.clone(), item.record.version)).collect();
        self.scans.push(ScanCheck { range, limit, seen, more: page.more });
        Ok(())
    }

    fn room(&self, unit_items_max: usize) -> Result<()> {
        if self.entries.len() + self.scans.len() < unit_items_max {
            Ok(())
        } else {
            Err(catalogue::UNIT_TOO_LARGE.fault().with_limit("unit_items_max"))
        }
    }

    /// Puts a write in the place of what the unit wrote to the key before.
    pub(crate) fn write(&mut self, mut write: Write, unit_items_max: usize) -> Result<()> {
        self.room(unit_items_max)?;
        let operation = self.operation;
        let entry = self.entries.entry(write.key.clone()).or_default();
        if let Some(operation) = operation {
            entry.makers = Some(Box::new(Makers::with(entry.makers.as_deref(), &write.claims, operation)));
        }
        write.expected = match (&entry.write, &entry.seen) {
            (Some(before), _) => before.expected,
            (None, Some(seen)) => seen.as_ref().map_or(0, |record| record.version),
            (None, None) => write.expected,
        };
        entry.write = Some(write);
        Ok(())
    }

    pub(crate) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.entries.values().filter_map(|entry| entry.write.as_ref())
    }

    /// Which of several operations made what was written.
    pub(crate) fn makers(&self) -> BTreeMap<Key, Makers> {
        let made = self.entries.iter().filter_map(|(key, entry)| Some((key.clone(), entry.makers.as_deref()?.clone())));
        made.collect()
    }

    /// The unit of work; after a fault only what was read, so that the fault is known to be true.
    pub(crate) fn into_unit(self, scope: Scope, with_writes: bool) -> Unit {
        let mut unit = Unit::new(scope);
        unit.scans = self.scans;
        for (key, entry) in self.entries {
            let entry = *entry;
            // What was created and removed again is a removal of what is absent: the store finds out whether it was.
            let write = entry.write.filter(|_| with_writes);
            // A write that expects the version seen checks that read; a create is told apart by the read beside it.
            let checked = write.as_ref().is_some_and(|write| write.expected != 0);
            match entry.seen {
                Some(seen) if !checked => {
                    let version = seen.map_or(0, |record| record.version);
                    unit.reads.push(ReadCheck { key, version });
                }
                _ => {}
            }
            unit.writes.extend(write);
        }
        unit
    }
}
