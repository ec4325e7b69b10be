//! Plan: which index answers a query, and which part of it.

use serde_json::Value;

use crate::{
    Result, Withheld, catalogue,
    limits::Limits,
    store::{IndexKey, prefix_end},
};

use super::{
    PageRequest,
    condition::{Condition, Reader},
    queries::{List, Queries, direction},
};

/// Which list answers a query, and the parts of its index in order, disjoint and not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Its position among the lists that are declared.
    pub(crate) listing: usize,
    /// What the keys of all parts begin with.
    pub(crate) equal: Vec<u8>,
    /// Below what they begin with.
    pub(crate) spans: Vec<Span>,
}

impl Plan {
    /// Whether a key of the index is among what it selects.
    pub(crate) fn holds(&self, key: &[u8]) -> bool {
        let below = key.strip_prefix(self.equal.as_slice());
        let within =
            |key: &[u8], span: &Span| key >= span.from.as_slice() && span.to.as_deref().is_none_or(|to| key < to);
        below.is_some_and(|key| self.spans.iter().any(|span| within(key, span)))
    }
}

/// A part of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// First key, inclusive.
    pub(crate) from: Vec<u8>,
    /// Last key, exclusive; `None` for no end.
    pub(crate) to: Option<Vec<u8>>,
}

impl Queries {
    /// The plan of a query; `None` in the order of ids.
    ///
    /// # Errors
    /// `query_invalid` with every mistake; what is not declared is told with what is.
    pub(crate) fn plan(&self, page: &PageRequest, withheld: &Withheld, limits: &Limits) -> Result<Option<Plan>> {
        if page.is_of_all() {
            return Ok(None);
        }
        let mut reader = Reader::new(self, withheld, limits);
        let conditions = reader.conditions(&page.filter);
        let sort = page.sort.iter().flat_map(|sort| sort.split(',')).map(direction);
        let sort: Option<Vec<_>> =
            sort.map(|(name, descends)| Some((self.find(name, withheld)?.0, descends))).collect();
        if sort.is_none() {
            reader.not_declared("/sort".to_owned());
        }
        let fits = |sort: &[(usize, bool)]| {
            self.seen(withheld).find_map(|(listing, list)| Some((listing, plan(list, &conditions, sort)?)))
        };
        if let (true, Some(sort)) = (reader.violations.is_empty(), &sort) {
            if let Some((listing, (equal, spans))) = fits(sort) {
                return Ok(Some(Plan { listing, equal, spans }));
            }
            let pointer = if fits(&[]).is_some() { "/sort" } else { "/filter" };
            reader.not_declared(pointer.to_owned());
        }
        let fault = catalogue::QUERY_INVALID.fault();
        let fault = reader.limit.map_or(fault.clone(), |limit| fault.with_limit(limit));
        Err(fault.with_violations(reader.violations))
    }
}

/// The part of the index of a list that holds what the conditions say in the order asked for, if it has one.
fn plan(list: &List, conditions: &[(usize, Condition)], sort: &[(usize, bool)]) -> Option<(Vec<u8>, Vec<Span>)> {
    let of = |member: usize| conditions.iter().find(|(one, _)| *one == member).map(|(_, condition)| condition);
    let (mut equal, mut used, mut rest) = (IndexKey::default(), 0, list.members.as_slice());
    while let Some(((member, descends), behind)) = rest.split_first()
        && let Some(Condition::Equal(value)) = of(*member)
    {
        equal = part(equal, value, *descends);
        (used, rest) = (used + 1, behind);
    }
    let mut spans = vec![Span::default()];
    if let Some((member, descends)) = rest.first()
        && let Some(condition) = of(*member)
    {
        spans = condition.spans(*descends);
        used += 1;
    }
    (used == conditions.len() && rest.starts_with(sort)).then(|| (equal.into_bytes(), spans))
}

fn part(key: IndexKey, value: &Value, descends: bool) -> IndexKey {
    if descends { key.descending(|key| key.scalar(value)) } else { key.scalar(value) }
}

fn key(value: &Value, descends: bool) -> Vec<u8> {
    part(IndexKey::default(), value, descends).into_bytes()
}

impl Condition {
    /// The parts of an index that begins with the member, in order.
    fn spans(&self, descends: bool) -> Vec<Span> {
        let mut spans: Vec<Span> = match self {
            Self::Equal(value) => vec![Span::of(key(value, descends))],
            Self::In(values) => values.iter().map(|value| Span::of(key(value, descends))).collect(),
            Self::Prefix(text) => vec![Span::of(part_of_text(text, descends))],
            Self::Exists => vec![between(&None, &None, descends)],
            Self::Between(low, high) => vec![between(low, high, descends)],
        };
        spans.retain(|span| span.to.as_ref().is_none_or(|to| span.from < *to));
        spans.sort_by(|a, b| a.from.cmp(&b.from));
        spans.dedup();
        spans
    }
}

impl Span {
    /// Everything that begins with a key.
    fn of(key: Vec<u8>) -> Self {
        Self { to: prefix_end(&key), from: key }
    }
}

/// A text without its end.
fn part_of_text(text: &str, descends: bool) -> Vec<u8> {
    let mut key = key(&text.into(), descends);
    key.truncate(key.len().saturating_sub(2));
    key
}

/// What lies between two bounds; what is absent does not.
fn between(low: &Option<(Value, bool)>, high: &Option<(Value, bool)>, descends: bool) -> Span {
    let absent = || Some((Value::Null, false));
    let (first, last) = match descends {
        false => (low.clone().or_else(absent), high.clone()),
        true => (high.clone(), low.clone().or_else(absent)),
    };
    let behind = |key: Vec<u8>| prefix_end(&key).unwrap_or_default();
    let bound = |(value, inclusive): (Value, bool), is_first: bool| match (key(&value, descends), inclusive == is_first)
    {
        (key, true) => key,
        (key, false) => behind(key),
    };
    Span { from: first.map_or_else(Vec::new, |first| bound(first, true)), to: last.map(|last| bound(last, false)) }
}
