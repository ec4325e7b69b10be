//! What the programs on one store have told each other, and what this one does for the others because of it.
//!
//! Each program announces which schemas it reads and which indexes it declares, before it writes anything and then every few
//! seconds. Two things hold at any time, whoever comes and goes:
//!
//! - Nothing is written of a schema that an announced program does not read. The latest schema that may be written is kept in
//!   the store; it is raised in two steps, with the announcements heard again between them, and who starts meanwhile and does
//!   not read it takes the first step back.
//! - A program that the others took for gone, because it was silent, commits nothing that it made before it heard them again.
//! - An index is ready only where every announced program writes its entries, since before the walk that built it began. Who
//!   begins to write them says so when no unit is under way any more that was made without them.

mod foreign;
mod says;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    Application, IdSource, Result, SystemIds, catalogue,
    context::store_fault,
    store::{Announcement, StoreError, Unit},
};

pub(crate) use foreign::{Foreign, claims as foreign_claims};
pub(crate) use says::{IndexForm, MemberForm, Says, SaysOf, UniqueIn};

use super::Indexing;

/// How long a commit may still be done of which the store said that it does not know: longer than any store lets one run.
const DOUBTFUL: Duration = Duration::from_secs(10);
/// Less than any store waits for a program that is silent.
const OUT_OF_DATE: Duration = Duration::from_secs(10);
/// How long units that are under way are waited for, and how often they are looked for.
const SETTLES: Duration = Duration::from_secs(30);
const LOOKS: Duration = Duration::from_millis(5);

/// What this program does beside what it declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreement(BTreeMap<&'static str, Agreed>);

/// The same of one collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The schema that is written.
    pub(crate) writes: u16,
    /// The indexes whose entries are written for others.
    pub(crate) foreign: Vec<Foreign>,
}

impl Agreement {
    pub(crate) fn of(&self, collection: &str) -> Option<&Agreed> {
        self.0.get(collection)
    }

    pub(crate) fn add(&mut self, collection: &'static str, agreed: Agreed) {
        self.0.insert(collection, agreed);
    }
}

/// The agreement that holds, and those that units under way were made by.
pub(crate) struct Agreements {
    /// This program, among all that use the store.
    program: Arc<str>,
    now: RwLock<Arc<Agreement>>,
    before: Mutex<Vec<Weak<Agreement>>>,
    /// Those of commits whose outcome nobody knows, and until when they may still be done.
    doubtful: Mutex<Vec<(Instant, Arc<Agreement>)>>,
    /// When the others were heard last.
    heard: Mutex<Option<Instant>>,
    /// Others took this program for gone, and what it made before may still be under way.
    silent: AtomicBool,
    said: Mutex<Says>,
    /// Names of indexes that came from others: they are few, and stay as long as the program runs.
    names: Mutex<BTreeSet<&'static str>>,
}

impl Default for Agreements {
    fn default() -> Self {
        // Not from the source of ids: what tests fix there is for what requests draw.
        let program = data_encoding::HEXLOWER.encode(&SystemIds.draw()).into();
        Self {
            program,
            now: RwLock::default(),
            before: Mutex::default(),
            doubtful: Mutex::default(),
            heard: Mutex::default(),
            silent: AtomicBool::new(false),
            said: Mutex::default(),
            names: Mutex::default(),
        }
    }
}

impl Agreements {
    /// What holds now. Who makes a unit by it holds it until the unit is committed.
    pub(crate) fn now(&self) -> Arc<Agreement> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is what holds now.
    fn holds(&self, agreement: &Arc<Agreement>) -> bool {
        Arc::ptr_eq(agreement, &self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is another than before.
    pub(crate) fn change(&self, to: Agreement) -> bool {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if **now == to {
            return false;
        }
        self.replace(&mut now, to);
        true
    }

    fn replace(&self, now: &mut Arc<Agreement>, to: Agreement) {
        let before = std::mem::replace(now, Arc::new(to));
        self.before.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&before));
    }

    /// The same agreement anew: what was made by it is told from what will be.
    fn renew(&self) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let again = Agreement(now.0.clone());
        self.replace(&mut now, again);
    }

    /// Whether what was heard last may not hold any more: the others may take this program for gone.
    pub(crate) fn is_out_of_date(&self) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.is_some_and(|at| at.elapsed() > OUT_OF_DATE)
    }

    /// A commit by this agreement begins.
    pub(crate) fn in_doubt(&self, agreement: Arc<Agreement>) -> InDoubt<'_> {
        InDoubt { doubtful: &self.doubtful, agreement: Some(agreement) }
    }

    /// Whether everything under way was made by what holds now.
    fn is_settled(&self) -> bool {
        let now = Instant::now();
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner).retain(|(until, _)| *until > now);
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        before.retain(|one| one.strong_count() > 0);
        before.is_empty()
    }

    /// The same name, for as long as the program runs.
    pub(crate) fn name(&self, index: &str) -> &'static str {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(index) {
            return known;
        }
        let name: &'static str = Box::leak(Box::from(index));
        names.insert(name);
        name
    }

    /// What this program says: of what it began to do for others only what no unit under way contradicts.
    fn says(&self, declared: &[(Indexing, u16)]) -> Says {
        let settled = self.is_settled();
        let (now, mut said) = (self.now(), self.said.lock().unwrap_or_else(PoisonError::into_inner));
        let says = declared.iter().map(|(one, written)| {
            let (agreed, before) = (now.of(one.collection), said.0.get(one.collection));
            let mut keeps: Vec<String> = agreed
                .into_iter()
                .flat_map(|agreed| &agreed.foreign)
                .filter(|one| !one.leaves)
                .map(|one| one.index.to_owned())
                .collect();
            let mut writes = agreed.map_or(*written, |agreed| agreed.writes).min(one.evolving.version);
            if let (false, Some(before)) = (settled, before) {
                keeps.retain(|index| before.keeps.contains(index));
                writes = writes.min(before.writes);
            }
            let declares = one.forms().into_iter().map(|(name, form)| (name.to_owned(), form)).collect();
            let reads = one.evolving.version;
            (one.collection.to_owned(), SaysOf { reads, writes, declares, keeps })
        });
        *said = Says(says.collect());
        said.clone()
    }
}

/// A commit, which may still be done when nobody waits for it any more: until its outcome is known.
pub(crate) struct InDoubt<'a> {
    doubtful: &'a Mutex<Vec<(Instant, Arc<Agreement>)>>,
    agreement: Option<Arc<Agreement>>,
}

impl InDoubt<'_> {
    /// Its outcome is known.
    pub(crate) fn ends(mut self) {
        self.agreement = None;
    }
}

impl Drop for InDoubt<'_> {
    fn drop(&mut self) {
        if let Some(agreement) = self.agreement.take() {
            let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
            doubtful.push((Instant::now() + DOUBTFUL, agreement));
        }
    }
}

/// What all programs said, this one among them.
pub(crate) struct Heard(Vec<Says>);

impl Heard {
    fn of<'a>(&'a self, collection: &'a str) -> impl Iterator<Item = &'a SaysOf> {
        self.0.iter().filter_map(move |says| says.0.get(collection))
    }

    /// The latest schema that all of them read.
    pub(crate) fn least(&self, collection: &str, own: u16) -> u16 {
        self.of(collection).map(|says| says.reads).min().unwrap_or(own).min(own)
    }

    /// The indexes that others declare, and this program can write the entries of.
    pub(crate) fn foreign(
        &self,
        one: &Indexing,
        own: &BTreeMap<&'static str, IndexForm>,
    ) -> BTreeMap<&str, &IndexForm> {
        let all = self.0.iter().filter_map(|says| says.0.get(one.collection)).flat_map(|says| &says.declares);
        let others = all.filter(|(name, form)| {
            !own.contains_key(name.as_str()) && Foreign::can_be_kept(form, one.evolving.version)
        });
        others.map(|(name, form)| (name.as_str(), form)).collect()
    }

    /// Whether all of them write the entries of an index.
    pub(crate) fn all_keep(&self, collection: &str, index: &str, form: &IndexForm) -> bool {
        self.of(collection).all(|says| says.keeps_up(index, form))
    }
}

impl Application {
    /// What holds by what was compared, to make a unit by.
    ///
    /// # Errors
    /// As [`compare_indexes`](Self::compare_indexes).
    pub(super) async fn agreed(&self) -> Result<Arc<Agreement>> {
        loop {
            self.compare_indexes().await?;
            let agreement = self.agreements.now();
            // The others may have taken this program for gone in between.
            if self.indexes.is_compared() && self.agreements.holds(&agreement) {
                return Ok(agreement);
            }
        }
    }

    /// Announces this program, and hears the others. Nothing when they took it for gone: then what it knew of them does not
    /// hold any more, and it is announced again when nothing is under way that was made by it.
    pub(super) async fn hear(&self, declared: &[(Indexing, u16)]) -> Result<Option<Heard>> {
        self.settle_what_was_silent().await?;
        let own = self.agreements.says(declared);
        let begun = Instant::now();
        let Some(all) = self.say(&own).await? else { return Ok(None) };
        let others = all.iter().filter(|one| one.program != self.agreements.program);
        let others = others.map(|one| Says::read(&one.says)).collect::<serde_json::Result<Vec<_>>>();
        // It may read and declare what this program knows nothing of.
        let others = others
            .map_err(|_| catalogue::INTERNAL.because("another program on the store says what is not known here"))?;
        *self.agreements.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        Ok(Some(Heard(others.into_iter().chain([own]).collect())))
    }

    /// Says again what was said last, which still holds: where nothing can be read in time, the others must not take a program
    /// for gone that may commit.
    pub(super) async fn say_again(&self) {
        let said = self.agreements.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !said.0.is_empty() && !self.agreements.silent.load(Ordering::Acquire) {
            // What else is wrong the caller knows.
            let _ = self.say(&said).await;
        }
    }

    /// What all programs say; nothing where the others took this one for gone.
    async fn say(&self, own: &Says) -> Result<Option<Vec<Announcement>>> {
        let announcement = Announcement { program: Arc::clone(&self.agreements.program), says: own.write() };
        match self.store.announce(&announcement).await {
            Err(StoreError::Silent) => {
                tracing::warn!("this program was silent for so long that the others on its store went on without it");
                self.agreements.silent.store(true, Ordering::Release);
                // In this order: who still finds that all of it was compared holds an agreement that is waited for.
                self.forget_what_was_compared();
                self.agreements.renew();
                Ok(None)
            }
            all => all.map(Some).map_err(store_fault),
        }
    }

    /// The store refuses what is under way, so it ends soon.
    async fn settle_what_was_silent(&self) -> Result<()> {
        if !self.agreements.silent.load(Ordering::Acquire) {
            return Ok(());
        }
        let end = Instant::now() + SETTLES;
        while !self.agreements.is_settled() {
            if Instant::now() > end {
                return Err(catalogue::CONTENDED.fault().with_retry_after(Duration::from_secs(1)));
            }
            tokio::time::sleep(LOOKS).await;
        }
        self.agreements.silent.store(false, Ordering::Release);
        Ok(())
    }

    /// Makes of a unit what all programs on the store can read, with the entries that others count on.
    pub(super) fn agree(&self, agreement: &Agreement, unit: &mut Unit) -> Result<()> {
        if agreement.0.is_empty() {
            return Ok(());
        }
        for write in &mut unit.writes {
            let Some(record) = &mut write.record else { continue };
            let (Some(agreed), Some(one)) =
                (agreement.of(write.key.collection), self.indexes.indexing(write.key.collection))
            else {
                continue;
            };
            if agreed.writes < record.schema_version {
                let known = self.known(one.collection)?;
                let down = one.evolving.down(known, agreed.writes, &record.body)?;
                record.body = down.ok_or_else(|| {
                    let why =
                        format!("older versions of the service run that can not read {} as written", one.collection);
                    catalogue::SCHEMA_PENDING.because(why).with_retry_after(Duration::from_secs(3))
                })?;
                record.schema_version = agreed.writes;
            }
            if !agreed.foreign.is_empty() {
                write.claims.extend(one.foreign_claims(&agreed.foreign, &unit.scope, &write.key.id, &record.body));
            }
        }
        Ok(())
    }
}
