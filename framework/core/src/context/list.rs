//! Lists: a page of a collection, of all items in the order of their ids or of what a query selects in the order of an
//! index, as the unit of work sees it.

use std::sync::Arc;

use crate::{
    Application, Count, Entity, Page, PageRequest, Result, catalogue,
    entity::Raw,
    evolution::{bring_up, entity_of},
    query::{Plan, Seal, Span, Window},
    store::{Found, Range, Record, prefix_end},
};

use super::{Place, ReadContext, place::own_id, read::store_fault};

/// What a page is of: parts of one order, one behind the other.
enum Walk {
    Ids {
        /// What all ids begin with.
        prefix: Arc<str>,
    },
    Index {
        index: &'static str,
        /// The position of the list among those that the entity declares.
        listing: usize,
        /// What all keys begin with.
        prefix: Vec<u8>,
        /// Below that.
        spans: Vec<Span>,
    },
}

/// Where a page ended: key, nothing in the order of ids, and id.
type End = (Vec<u8>, Arc<str>);

impl Walk {
    fn of<E: Entity>(plan: Option<Plan>, place: Place<'_>) -> Result<Self> {
        let Some(Plan { listing, equal, spans }) = plan else { return Ok(Self::Ids { prefix: place.prefix() }) };
        // The one place where a query gets its index.
        let chosen = E::LISTS.get(listing).ok_or_else(|| catalogue::INTERNAL.because("a list has no index"))?;
        Ok(Self::Index { index: chosen.index, listing, prefix: place.index_key(equal), spans })
    }

    /// The ranges of the store, in order; those that a page before passed are left out.
    fn ranges<E: Entity>(&self, after: Option<&End>) -> Vec<Range> {
        match self {
            Self::Ids { prefix } => {
                let after = after.map(|(_, id)| Arc::clone(id));
                vec![Range::Ids { collection: E::COLLECTION, prefix: Arc::clone(prefix), after }]
            }
            Self::Index { index, prefix, spans, .. } => {
                let ranges = spans.iter().map(|span| {
                    let to = span.to.as_ref().map_or_else(|| prefix_end(prefix), |to| Some([&**prefix, to].concat()));
                    let (from, after) = ([&**prefix, &*span.from].concat(), after.cloned());
                    Range::Entries { index, collection: E::COLLECTION, from, to, after }
                });
                let behind = |range: &Range| match (range, after) {
                    (Range::Entries { to: Some(to), .. }, Some((key, _))) => key < to,
                    _ => true,
                };
                ranges.filter(behind).collect()
            }
        }
    }

    /// What cursors of it are sealed to.
    fn seal<E: Entity>(&self, scope: &str, place: &str) -> Seal {
        let parts = [scope.as_bytes(), E::COLLECTION.as_bytes(), place.as_bytes()];
        let (index, prefix, spans) = match self {
            Self::Ids { .. } => ("", [].as_slice(), [].as_slice()),
            Self::Index { index, prefix, spans, .. } => (*index, prefix.as_slice(), spans.as_slice()),
        };
        let ends = spans.iter().flat_map(|span| [span.from.as_slice(), span.to.as_deref().unwrap_or_default()]);
        Seal::of(parts.into_iter().chain([index.as_bytes(), prefix]).chain(ends))
    }

    /// Where an item stands, whose whole key ends with its own id.
    fn end<E: Entity>(&self, application: &Application, place: Place<'_>, item: &Found) -> Result<End> {
        match self {
            Self::Ids { .. } => Ok((Vec::new(), Arc::clone(&item.id))),
            Self::Index { listing, .. } => {
                let key = entity_of::<E>(application, &item.record)?.list_keys().into_iter().nth(*listing);
                let key = key.ok_or_else(|| catalogue::INTERNAL.because("a list has no key"))?;
                Ok((place.index_key(key.into_bytes()), Arc::clone(&item.id)))
            }
        }
    }

    /// What the keys of all items begin with, which no cursor has to hold.
    fn prefix(&self) -> &[u8] {
        match self {
            Self::Ids { .. } => &[],
            Self::Index { prefix, .. } => prefix,
        }
    }
}

impl ReadContext {
    pub(crate) async fn list_raw<E: Entity>(&self, place: Place<'_>, page: &PageRequest) -> Result<Page<Raw>> {
        let application = self.application();
        let Window { offset, limit } = page.window(&application.limits)?;
        let plan = if page.is_of_all() {
            None
        } else {
            application.collection::<E>()?.queries.plan(page, &self.ambient.withheld, &application.limits)?
        };
        let walk = Walk::of::<E>(plan, place)?;
        if let Walk::Index { index, .. } = &walk {
            application.index_ready(index).await?;
            if self.ambient.may_be_stale() && !application.replica_index_ready(E::COLLECTION, index).await {
                self.ambient.read_the_store();
            }
        }
        let before = place.prefix();
        let seal = || Ok::<_, crate::Fault>(walk.seal::<E>(&self.ambient.scope()?.to_string(), &before));
        let after = match &page.cursor {
            Some(cursor) => {
                let (key, id) = seal()?.read(cursor)?;
                Some(([walk.prefix(), &*key].concat(), Arc::from(format!("{before}{id}"))))
            }
            None => None,
        };
        let (mut items, more) = self.walk::<E>(&walk, place, after.as_ref(), offset.saturating_add(limit)).await?;
        items.drain(..offset.min(items.len()));
        items.iter_mut().try_for_each(|item| bring_up::<E>(application, &mut item.record))?;
        let next = match items.last().filter(|_| more) {
            Some(last) => {
                let (key, id) = walk.end::<E>(application, place, last)?;
                let key = key.strip_prefix(walk.prefix()).unwrap_or_default();
                Some(seal()?.write(key, id.strip_prefix(&*before).unwrap_or_default()))
            }
            None => None,
        };
        let count = if page.count { Some(self.count::<E>(&walk, place).await?) } else { None };
        let own = |id: Arc<str>| if before.is_empty() { id } else { own_id(&id) };
        let raw = |Found { id, record }| Raw { id: own(id), body: record.body, version: record.version };
        Ok(Page { items: items.into_iter().map(raw).collect(), next, count })
    }

    /// The first items of a walk, and whether there are more.
    async fn walk<E: Entity>(
        &self,
        walk: &Walk,
        place: Place<'_>,
        after: Option<&End>,
        limit: usize,
    ) -> Result<(Vec<Found>, bool)> {
        let (application, mut items) = (self.application(), Vec::new());
        for range in walk.ranges::<E>(after) {
            let room = limit - items.len();
            // Behind a full page it only matters whether there is one more.
            let (found, more) =
                self.scan_written(range, room.max(1), |item| walk.end::<E>(application, place, item)).await?;
            if room == 0 && !found.is_empty() {
                return Ok((items, true));
            }
            items.extend(found.into_iter().take(room));
            if more {
                return Ok((items, true));
            }
        }
        Ok((items, false))
    }

    async fn count<E: Entity>(&self, walk: &Walk, place: Place<'_>) -> Result<Count> {
        let most = self.application().limits.count_max;
        if self.checked() {
            // What a command counted is checked at its commit as what it listed is.
            let (items, more) = self.walk::<E>(walk, place, None, most).await?;
            return Ok(Count::of(items.len(), more));
        }
        let mut counted = 0;
        for range in walk.ranges::<E>(None) {
            let store = self.ambient.store();
            counted += store
                .count(self.ambient.scope()?, &range, most.saturating_add(1) - counted)
                .await
                .map_err(store_fault)?;
            if counted > most {
                return Ok(Count::of(most, true));
            }
        }
        Ok(Count::of(counted, false))
    }

    /// A scan of ids as the unit sees them.
    pub(crate) async fn scan_ids(
        &self,
        collection: &'static str,
        prefix: &Arc<str>,
        limit: usize,
    ) -> Result<(Vec<Found>, bool)> {
        let range = Range::Ids { collection, prefix: Arc::clone(prefix), after: None };
        self.scan_written(range, limit, |item| Ok((Vec::new(), Arc::clone(&item.id)))).await
    }

    /// A scan with the unit's own writes laid over it: what it moved in or out, or removed. `end` tells where an item of
    /// the store stands.
    async fn scan_written(
        &self,
        range: Range,
        limit: usize,
        end: impl Fn(&Found) -> Result<End>,
    ) -> Result<(Vec<Found>, bool)> {
        let pending = self.pending(&range);
        // Each pending write can take at most one item out of the page.
        let page = self.scan(range, limit + pending.len()).await?;
        if pending.is_empty() {
            return Ok((page.items, page.more));
        }
        let last = page.items.last().filter(|_| page.more).map(&end).transpose()?;
        let kept = page.items.into_iter().filter(|item| !pending.iter().any(|one| one.id == item.id));
        let mut all = kept.map(|item| Ok((end(&item)?, item))).collect::<Result<Vec<_>>>()?;
        let written = pending.into_iter().filter_map(|Pending { id, now }| {
            let (key, record) = now?;
            Some(((key, Arc::clone(&id)), Found { id, record }))
        });
        all.extend(written.filter(|(end, _)| last.as_ref().is_none_or(|last| end <= last)));
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        let more = page.more || all.len() > limit;
        all.truncate(limit);
        Ok((all.into_iter().map(|(_, item)| item).collect(), more))
    }

    /// What the unit wrote to the collection of a range.
    fn pending(&self, range: &Range) -> Vec<Pending> {
        let (Range::Ids { collection, .. } | Range::Entries { collection, .. }) = range;
        let log = self.log();
        let ours = log.writes().filter(|write| write.key.collection == *collection);
        ours.filter_map(|write| {
            let id = Arc::clone(&write.key.id);
            let key = match range {
                Range::Ids { prefix, after, .. } => {
                    let inside = id.starts_with(prefix.as_ref()) && after.as_ref().is_none_or(|after| id > *after);
                    Some(inside.then(Vec::new)?)
                }
                Range::Entries { index, from, to, after, .. } => {
                    let claim = write.claims.iter().find(|claim| claim.index == *index);
                    claim.map(|claim| claim.key.clone()).filter(|key| {
                        key >= from
                            && to.as_ref().is_none_or(|to| key < to)
                            && after.as_ref().is_none_or(|(k, i)| (key, &id) > (k, i))
                    })
                }
            };
            Some(Pending { now: key.zip(write.record.clone()), id })
        })
        .collect()
    }
}

/// A write of the unit itself.
struct Pending {
    id: Arc<str>,
    /// Its key and its record, where it is in the range now.
    now: Option<(Vec<u8>, Record)>,
}
