//! Baskets in memory: a map by company and id, the ids in order for lists, and the order that is declared for them.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use dashmap::{DashMap, mapref::entry::Entry};
use foldhash::fast::RandomState;

use super::basket::{Basket, Listed};

#[derive(Default)]
pub(super) struct Memory {
    baskets: DashMap<(Arc<str>, String), Arc<Basket>, RandomState>,
    ids: RwLock<HashMap<Arc<str>, BTreeSet<String>, RandomState>>,
    /// By type and customer, the newest first.
    listed: RwLock<HashMap<Arc<str>, Order, RandomState>>,
}

type Order = BTreeSet<(Listed, String)>;

impl Memory {
    /// Keeps a new basket; gives false when its id is taken.
    pub(super) fn insert(&self, company: &Arc<str>, basket: &Arc<Basket>) -> bool {
        match self.baskets.entry((Arc::clone(company), basket.id.clone())) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(free) => free.insert(Arc::clone(basket)),
        };
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.entry(Arc::clone(company)).or_default().insert(basket.id.clone());
        let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
        listed.entry(Arc::clone(company)).or_default().insert((basket.listed(), basket.id.clone()));
        true
    }

    pub(super) fn get(&self, company: &Arc<str>, id: &str) -> Option<Arc<Basket>> {
        self.baskets.get(&(Arc::clone(company), id.to_owned())).map(|basket| Arc::clone(&basket))
    }

    /// The first baskets behind an id, and whether there are more.
    pub(super) fn list(&self, company: &Arc<str>, after: Option<&str>, limit: usize) -> (Vec<Arc<Basket>>, bool) {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let Some(ids) = ids.get(company) else { return (Vec::new(), false) };
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut ids = ids.range::<str, _>((start, Bound::Unbounded));
        let baskets = ids.by_ref().take(limit).filter_map(|id| self.get(company, id)).collect();
        (baskets, ids.next().is_some())
    }
}
