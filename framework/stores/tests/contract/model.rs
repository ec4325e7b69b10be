//! Random units against a model that is as simple as the port's own words.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use enaction_core::store::{Claim, Event, Key, Page, Range, Record, Refusal, Reindexed, ScanCheck, Scope, Unit};
use futures_util::future::join_all;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::harness::*;

const IDS: [&str; 4] = ["a", "a.", "b", "é"];
const CASES: u32 = 96;

/// A version that a unit believes in.
#[derive(Clone, Copy, Debug)]
enum Belief {
    Absent,
    Now,
    Another,
}

#[derive(Clone, Debug)]
struct WritePlan {
    id: usize,
    expected: Belief,
    removes: bool,
    names: BTreeSet<u8>,
    codes: BTreeSet<u8>,
}

#[derive(Clone, Debug)]
struct Plan {
    globex: bool,
    reads: Vec<(usize, Belief)>,
    writes: Vec<WritePlan>,
    /// Those whose index entries alone are set, none where one removes.
    reindexed: Vec<WritePlan>,
    scan: Option<(usize, usize, bool)>,
}

fn belief() -> impl Strategy<Value = Belief> {
    prop_oneof![3 => Just(Belief::Now), 1 => Just(Belief::Absent), 1 => Just(Belief::Another)]
}

fn write_plan() -> impl Strategy<Value = WritePlan> {
    let belief = prop_oneof![6 => Just(Belief::Now), 1 => Just(Belief::Absent), 1 => Just(Belief::Another)];
    let values = || proptest::collection::btree_set(0..3_u8, 0..3);
    (0..IDS.len(), belief, proptest::bool::weighted(0.25), values(), values())
        .prop_map(|(id, expected, removes, names, codes)| WritePlan { id, expected, removes, names, codes })
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        proptest::bool::weighted(0.2),
        proptest::collection::vec((0..IDS.len(), belief()), 0..2),
        proptest::collection::vec((write_plan(), proptest::bool::weighted(0.25)), 0..4),
        proptest::option::weighted(0.3, (0..ranges().len(), 0..4_usize, proptest::bool::weighted(0.8))),
    )
        .prop_map(|(globex, reads, mut writes, scan)| {
            let mut seen = BTreeSet::new();
            writes.retain(|(write, _)| seen.insert(write.id));
            let (reindexed, writes): (Vec<_>, Vec<_>) = writes.into_iter().partition(|(_, reindexes)| *reindexes);
            let plans = |plans: Vec<_>| plans.into_iter().map(|(plan, _)| plan).collect();
            Plan { globex, reads, writes: plans(writes), reindexed: plans(reindexed), scan }
        })
}

fn ranges() -> Vec<Range> {
    let within = |index, from: Claim, to: Claim| Range::Entries {
        index,
        collection: BASKETS,
        from: from.key.clone(),
        to: Some(to.key),
        after: Some((from.key, "a".into())),
    };
    vec![
        all_ids(),
        ids("a", None),
        ids("", Some("a")),
        entries(BY_NAME),
        entries(CODE),
        within(BY_NAME, name("0"), name("2")),
        within(CODE, code("1"), code("9")),
    ]
}

/// Records by scope and id, with their claims. Everything else follows.
#[derive(Clone, Debug, Default)]
struct Model(BTreeMap<(Scope, String), (Record, Vec<Claim>)>);

impl Model {
    fn version(&self, scope: &Scope, id: &str) -> u64 {
        self.0.get(&(scope.clone(), id.to_owned())).map_or(0, |(record, _)| record.version)
    }

    fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Vec<(String, Record)> {
        let mine = self.0.iter().filter(|((of, _), _)| of == scope);
        let mut found: Vec<(Vec<u8>, String, Record)> = Vec::new();
        for ((_, id), (record, claims)) in mine {
            match range {
                Range::Ids { prefix, after, .. } => {
                    if id.starts_with(&**prefix) && after.as_ref().is_none_or(|after| id.as_str() > &**after) {
                        found.push((Vec::new(), id.clone(), record.clone()));
                    }
                }
                Range::Entries { index, from, to, after, .. } => {
                    for claim in claims.iter().filter(|claim| claim.index == *index) {
                        let place = (claim.key.clone(), id.as_str().into());
                        if claim.key >= *from
                            && to.as_ref().is_none_or(|to| claim.key < *to)
                            && after.as_ref().is_none_or(|after| place > *after)
                        {
                            found.push((claim.key.clone(), id.clone(), record.clone()));
                        }
                    }
                }
            }
        }
        found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        found.into_iter().take(limit).map(|(_, id, record)| (id, record)).collect()
    }

    /// What the port says about this unit.
    fn refusal(&self, unit: &Unit) -> Option<Refusal> {
        let mut stale: Vec<Key> = Vec::new();
        let reads = unit.reads.iter().map(|read| (&read.key, read.version));
        let writes = unit.writes.iter().filter(|write| write.expected != 0).map(|write| (&write.key, write.expected));
        for (key, version) in reads.chain(writes) {
            if self.version(&unit.scope, &key.id) != version && !stale.contains(key) {
                stale.push(key.clone());
            }
        }
        let scans_hold = unit.scans.iter().all(|scan| {
            let now = self.scan(&unit.scope, &scan.range, usize::MAX);
            let seen = now.iter().take(scan.limit).map(|(id, record)| (id.as_str().into(), record.version));
            seen.collect::<Vec<_>>() == scan.seen && (now.len() > scan.limit) == scan.more
        });
        if !stale.is_empty() || !scans_hold {
            return Some(Refusal::Stale(stale));
        }
        let creates = |write: &&enaction_core::store::Write| write.expected == 0;
        let existing = unit.writes.iter().filter(creates).find(|write| self.version(&unit.scope, &write.key.id) != 0);
        if let Some(write) = existing {
            return Some(Refusal::Exists(write.key.clone()));
        }
        let mut after = self.clone();
        after.apply(unit, u64::MAX);
        let written = unit.writes.iter().filter(|write| write.record.is_some()).flat_map(|write| &write.claims);
        let reindexed = unit.reindexed.iter().filter(|one| self.is_as_made(unit, one)).flat_map(|one| &one.claims);
        let mut unique = written.chain(reindexed).filter(|claim| claim.unique);
        let holders = |claim: &&Claim| {
            after.0.iter().filter(|((scope, _), (_, held))| *scope == unit.scope && held.contains(claim)).count()
        };
        unique.find(|claim| holders(claim) > 1).map(|claim| Refusal::Taken(claim.index))
    }

    fn is_as_made(&self, unit: &Unit, one: &Reindexed) -> bool {
        one.version != 0 && self.version(&unit.scope, &one.key.id) == one.version
    }

    fn apply(&mut self, unit: &Unit, version: u64) {
        for one in &unit.reindexed {
            if self.is_as_made(unit, one)
                && let Some((record, claims)) = self.0.get_mut(&(unit.scope.clone(), one.key.id.to_string()))
            {
                if let Some((schema_version, body)) = &one.rewritten {
                    (record.schema_version, record.body) = (*schema_version, body.clone());
                }
                claims.clone_from(&one.claims);
            }
        }
        for write in &unit.writes {
            let place = (unit.scope.clone(), write.key.id.to_string());
            match &write.record {
                Some(record) => self.0.insert(place, (Record { version, ..record.clone() }, write.claims.clone())),
                None => self.0.remove(&place),
            };
        }
    }

    /// Checks an answer of a store, and follows it; the latest number.
    fn follow(&mut self, unit: &Unit, answer: &Result<u64, Refusal>, latest: u64) -> u64 {
        assert_eq!(answer.as_ref().err(), self.refusal(unit).as_ref(), "{unit:#?}");
        let Ok(version) = answer else { return latest };
        assert!(*version >= latest && (unit.writes.is_empty() || *version > latest));
        self.apply(unit, *version);
        *version
    }
}

/// The unit of a plan, of what the model says now. Each case has scopes of its own.
fn unit_of(plan: &Plan, model: &Model, scopes: &[Scope; 2]) -> Unit {
    let scope = scopes[usize::from(plan.globex)].clone();
    let believed = |id: usize, belief| match belief {
        Belief::Absent => 0,
        Belief::Now => model.version(&scope, IDS[id]),
        Belief::Another => model.version(&scope, IDS[id]) + 1_000_000,
    };
    let mut unit = Unit::new(scope.clone());
    for (id, belief) in &plan.reads {
        unit = unit.reads(IDS[*id], believed(*id, *belief));
    }
    let claims = |write: &WritePlan| {
        let names = write.names.iter().map(|value| name(&value.to_string()));
        names.chain(write.codes.iter().map(|value| code(&value.to_string()))).collect::<Vec<_>>()
    };
    for write in &plan.writes {
        let expected = believed(write.id, write.expected);
        unit = if write.removes {
            unit.removes(IDS[write.id], expected)
        } else {
            unit.writes(IDS[write.id], expected, &claims(write))
        };
    }
    for one in plan.reindexed.iter().filter(|one| !one.removes) {
        let (id, version) = (IDS[one.id], believed(one.id, one.expected));
        unit = match one.names.len() {
            0 => unit.rewrites(id, version, (4, "\"another\""), &claims(one)),
            _ => unit.reindexes(id, version, &claims(one)),
        };
    }
    if let Some((range, limit, right)) = plan.scan {
        let range = ranges().swap_remove(range);
        let now = model.scan(&scope, &range, usize::MAX);
        let seen = now.iter().take(limit).map(|(id, record)| (id.as_str().into(), record.version)).collect();
        unit.scans.push(ScanCheck { range, limit, seen, more: (now.len() > limit) == right });
    }
    unit
}

async fn same_state(store: &Subjected, model: &Model, scopes: impl IntoIterator<Item = &Scope>) {
    for scope in scopes {
        for range in ranges() {
            for limit in [1, 2, 1000] {
                let expected = model.scan(scope, &range, limit);
                let page: Page = store.scan(scope, &range, limit).await.unwrap();
                let items = page.items.into_iter().map(|found| (found.id.to_string(), found.record));
                assert_eq!(items.collect::<Vec<_>>(), expected, "{range:?}");
                assert_eq!(page.more, model.scan(scope, &range, usize::MAX).len() > limit);
                assert_eq!(store.count(scope, &range, limit).await.unwrap(), expected.len());
            }
        }
        let got = store.get(scope, &IDS.map(key)).await.unwrap();
        for (id, many) in IDS.iter().zip(got) {
            let expected = model.0.get(&(scope.clone(), (*id).to_owned())).map(|(record, _)| record.clone());
            let one = store.get(scope, &[key(id)]).await.unwrap().remove(0);
            assert_eq!((&many, &one), (&expected, &expected));
        }
    }
}

/// Units are planned of what the model says before their batch; those of a batch are handed over together. A store that
/// commits units in another order than they are handed over has no use for batches.
async fn follow(store: Subjected, together: usize) {
    let handle = tokio::runtime::Handle::current();
    let run = move || {
        let (case, latest) = (Cell::new(0), Cell::new(0));
        let plans = proptest::collection::vec(plan(), 1..24);
        let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
        let result = TestRunner::new(config).run(&plans, |plans| {
            case.set(case.get() + 1);
            let scopes = ["acme", "globex"].map(|company| Scope::Company(format!("{company}{}", case.get()).into()));
            handle.block_on(async {
                let mut model = Model::default();
                for plans in plans.chunks(together) {
                    let mut units: Vec<Unit> = plans.iter().map(|plan| unit_of(plan, &model, &scopes)).collect();
                    if together > 1 {
                        // What only reads is validated at once; what tells something waits for its turn.
                        units.iter_mut().for_each(|unit| unit.events.push(Event { name: "told", body: "1".into() }));
                    }
                    let answers = join_all(units.iter().map(|unit| store.commit(unit.clone()))).await;
                    for (unit, answer) in units.iter().zip(answers) {
                        latest.set(model.follow(unit, &answer.map(|committed| committed.version), latest.get()));
                    }
                    let touched: BTreeSet<&Scope> = units.iter().map(|unit| &unit.scope).collect();
                    same_state(&store, &model, touched).await;
                }
                same_state(&store, &model, &scopes).await;
            });
            Ok(())
        });
        result.unwrap();
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

pub(crate) async fn random_units_do_what_the_model_does(store: Subjected) {
    follow(store, 1).await;
}

pub(crate) async fn random_units_handed_over_together_do_what_the_model_does(store: Subjected) {
    follow(store, 6).await;
}
