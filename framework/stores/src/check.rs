//! The order of refusals, once for all stores that check a unit in their own process.

use std::collections::{HashMap, HashSet};

use enaction_core::store::{Claim, Key, Refusal, Reindexed, ScanCheck, Unit, Write};

use crate::claims::Claims;

/// What the checks of one unit ask: the committed state of the unit's scope, with the units of its group before it.
pub(crate) trait State {
    type Failure;

    /// The version of a record, 0 when it is absent.
    fn version(&self, key: &Key) -> Result<u64, Self::Failure>;

    /// What a write changes.
    fn held(&self, key: &Key) -> Result<Option<Held>, Self::Failure>;

    /// Whether a scan of the same range sees the same now.
    fn holds(&self, scan: &ScanCheck) -> Result<bool, Self::Failure>;

    /// The ids that hold an index entry.
    fn holders(&self, collection: &str, index: &str, key: &[u8]) -> Result<Vec<String>, Self::Failure>;
}

/// A record before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) version: u64,
    pub(crate) claims: Claims,
}

/// Why a unit can not be applied: it does not hold, or the state could not be asked.
#[derive(Debug)]
pub(crate) enum Verdict<F> {
    Refused(Refusal),
    Failed(F),
}

impl<F> From<F> for Verdict<F> {
    fn from(failure: F) -> Self {
        Self::Failed(failure)
    }
}

/// What is held before a unit, in the order of what it changes.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) writes: Vec<Option<Held>>,
    /// Nothing where the version is another: the record is passed over.
    pub(crate) reindexed: Vec<Option<Held>>,
}

/// Checks everything that a unit expects, and writes nothing.
pub(crate) fn check<S: State>(state: &S, unit: &Unit) -> Result<Before, Verdict<S::Failure>> {
    let writes = unit.writes.iter().map(|write| state.held(&write.key)).collect::<Result<Vec<_>, _>>()?;
    check_stale(state, unit, &writes)?;
    check_absent(unit, &writes)?;
    let as_made = |one: &Reindexed| Ok(state.held(&one.key)?.filter(|held| held.version == one.version));
    let reindexed = unit.reindexed.iter().map(as_made).collect::<Result<Vec<_>, S::Failure>>()?;
    let before = Before { writes, reindexed };
    check_unique(state, unit, &before)?;
    Ok(before)
}

fn check_stale<S: State>(state: &S, unit: &Unit, held: &[Option<Held>]) -> Result<(), Verdict<S::Failure>> {
    let mut stale = Vec::new();
    for read in &unit.reads {
        if state.version(&read.key)? != read.version {
            note(&mut stale, &read.key);
        }
    }
    for (write, held) in unit.writes.iter().zip(held) {
        if write.expected != 0 && held.as_ref().is_none_or(|held| held.version != write.expected) {
            note(&mut stale, &write.key);
        }
    }
    let mut scans_hold = true;
    for scan in &unit.scans {
        scans_hold = scans_hold && state.holds(scan)?;
    }
    if stale.is_empty() && scans_hold { Ok(()) } else { Err(Verdict::Refused(Refusal::Stale(stale))) }
}

fn note(stale: &mut Vec<Key>, key: &Key) {
    if !stale.contains(key) {
        stale.push(key.clone());
    }
}

/// A key that the unit itself read as absent was refused as stale before.
fn check_absent<F>(unit: &Unit, held: &[Option<Held>]) -> Result<(), Verdict<F>> {
    match unit.writes.iter().zip(held).find(|(write, held)| write.expected == 0 && held.is_some()) {
        Some((write, _)) => Err(Verdict::Refused(Refusal::Exists(write.key.clone()))),
        None => Ok(()),
    }
}

/// Claims are compared as they will be when the whole unit is written: a claim that one write gives up another may take.
/// A record that held a claim alone before is not asked again.
fn check_unique<S: State>(state: &S, unit: &Unit, before: &Before) -> Result<(), Verdict<S::Failure>> {
    let mut within = None;
    for Holder { key, claims, held } in holders(unit, before) {
        for claim in claims.iter().filter(|claim| claim.unique) {
            let within = within.get_or_insert_with(|| Within::of(unit, before));
            let alone = held.is_some_and(|held| held.claims.hold_alone(claim.index, &claim.key));
            if within.holders(key.collection, claim.index, &claim.key) > 1
                || !alone && held_outside(state, within, key.collection, claim.index, &claim.key)?
            {
                return Err(Verdict::Refused(Refusal::Taken(claim.index)));
            }
        }
    }
    Ok(())
}

fn held_outside<S: State>(
    state: &S,
    within: &Within<'_>,
    collection: &str,
    index: &str,
    key: &[u8],
) -> Result<bool, S::Failure> {
    Ok(state.holders(collection, index, key)?.iter().any(|id| !within.writes(collection, id)))
}

/// The claims that a write leaves; a removal leaves none.
pub(crate) fn claimed(write: &Write) -> &[Claim] {
    if write.record.is_some() { &write.claims } else { &[] }
}

/// A record whose claims a unit sets.
struct Holder<'a> {
    key: &'a Key,
    claims: &'a [Claim],
    held: Option<&'a Held>,
}

fn holders<'a>(unit: &'a Unit, before: &'a Before) -> impl Iterator<Item = Holder<'a>> {
    let written = unit.writes.iter().zip(&before.writes);
    let written = written.map(|(write, held)| Holder { key: &write.key, claims: claimed(write), held: held.as_ref() });
    let reindexed = unit.reindexed.iter().zip(&before.reindexed).filter_map(|(one, held)| {
        let held = Some(held.as_ref()?);
        Some(Holder { key: &one.key, claims: &one.claims, held })
    });
    written.chain(reindexed)
}

/// Who holds what when the unit is written.
struct Within<'a> {
    written: HashSet<(&'a str, &'a str)>,
    holders: HashMap<(&'a str, &'a str, &'a [u8]), HashSet<&'a str>>,
}

impl<'a> Within<'a> {
    fn of(unit: &'a Unit, before: &'a Before) -> Self {
        let mut within = Self { written: HashSet::new(), holders: HashMap::new() };
        for Holder { key, claims, .. } in holders(unit, before) {
            within.written.insert((key.collection, &key.id));
            for claim in claims {
                let place = (key.collection, claim.index, claim.key.as_slice());
                within.holders.entry(place).or_default().insert(&key.id);
            }
        }
        within
    }

    fn writes(&self, collection: &str, id: &str) -> bool {
        self.written.contains(&(collection, id))
    }

    fn holders(&self, collection: &str, index: &str, key: &[u8]) -> usize {
        self.holders.get(&(collection, index, key)).map_or(0, HashSet::len)
    }
}

/// Why a unit can not be handed to a store at all: it breaks the port's own rule of changing each key at most once.
pub(crate) fn check_form(unit: &Unit) -> Result<(), Refusal> {
    let changes = unit.writes.len() + unit.reindexed.len();
    if changes < 2 {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(changes);
    let reindexed = unit.reindexed.iter().map(|one| &one.key);
    match unit.writes.iter().map(|write| &write.key).chain(reindexed).find(|key| !seen.insert(*key)) {
        Some(key) => {
            Err(Refusal::Unavailable(format!("commit a unit: it changes {}/{} twice", key.collection, key.id)))
        }
        None => Ok(()),
    }
}
