//! The log of a unit of work: what was read, with the versions seen, and what is to be written.

use std::collections::BTreeMap;

use crate::{
    Result, catalogue,
    store::{Key, Page, Range, ReadCheck, Record, ScanCheck, Scope, Unit, Write},
};

#[derive(Default)]
pub(crate) struct Log {
    /// Boxed, because a map has room for eleven where most units have one.
    entries: BTreeMap<Key, Box<Entry>>,
    scans: Vec<ScanCheck>,
    pub(crate) draws: usize,
    /// The number of the operation that runs, where several share the unit.
    pub(crate) operation: usize,
}

#[derive(Default)]
struct Entry {
    /// What the store held, once it was read.
    seen: Option<Option<Record>>,
    write: Option<Write>,
    by: Writers,
}

/// The numbers of the operations that wrote a record, where several share the unit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Writers {
    pub(crate) first: usize,
    pub(crate) last: usize,
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
        let last = self.operation;
        let entry = self.entries.entry(write.key.clone()).or_default();
        entry.by = Writers { first: if entry.write.is_some() { entry.by.first } else { last }, last };
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

    /// What was written, and by which operations.
    pub(crate) fn written(&self) -> BTreeMap<Key, Writers> {
        let written = self.entries.iter().filter(|(_, entry)| entry.write.is_some());
        written.map(|(key, entry)| (key.clone(), entry.by)).collect()
    }

    /// The unit of work; after a fault only what was read, so that the fault is known to be true.
    pub(crate) fn into_unit(self, scope: Scope, with_writes: bool) -> Unit {
        let mut unit = Unit::new(scope);
        unit.scans = self.scans;
        for (key, entry) in self.entries {
            let entry = *entry;
            let write = entry.write.filter(|write| with_writes && (write.record.is_some() || write.expected != 0));
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
