//! A whole collection at once: PUT replaces all of its items, PATCH changes those that it names, DELETE takes all away.
//! All or nothing in one commit. Each item goes through the process that is bound to it alone, so that no rule of the team is passed by.

use std::{collections::HashSet, marker::PhantomData, sync::Arc};

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    Application, Entity, Fault, Kind, PageRequest, Result, Violation, WriteContext, catalogue,
    entity::{Raw, parse_stored},
    process::{Body, Boxed, Cx, Erased, Input, Output, ParameterKind, Process},
    query::Selection,
    shape::{Mode, ShapeLimits},
};

use super::{
    above::Within,
    sent::{Sent, too_large},
};

/// What a method does to a whole collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Replace,
    Modify,
    Delete,
}

impl Verb {
    /// What of an item's operations it needs.
    pub(crate) const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Replace => &["list", "create", "replace", "delete"],
            Self::Modify => &["list", "modify"],
            Self::Delete => &["list", "delete"],
        }
    }
}

struct Whole<E> {
    verb: Verb,
    /// What the names of the processes of its items begin with.
    name: String,
    within: Within,
    of: PhantomData<fn() -> E>,
}

/// The process of PUT, PATCH or DELETE of a collection.
pub(crate) fn whole<E: Entity>(verb: Verb, name: &str, within: Within) -> Body {
    Arc::new(Whole::<E> { verb, name: name.to_owned(), within, of: PhantomData })
}

impl<E: Entity> Erased for Whole<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            let application = Arc::clone(cx.application());
            let filter = match input.get(self.within.depth) {
                Some(_) if self.verb == Verb::Delete => input.parse::<Selection>(self.within.depth)?.filter,
                _ => Default::default(),
            };
            let work = Work { application, name: &self.name, within: self.within, input, filter };
            let there = work.list(cx).await?;
            if self.verb == Verb::Delete {
                work.selected::<E>(cx, &there)?;
                work.delete(cx, there.iter().map(|raw| &*raw.id)).await?;
                return Ok(Output::Nothing);
            }
            let sent = Sent::read(work.input.get(self.within.depth), "id", work.most())?;
            let changed = match self.verb {
                Verb::Modify => work.modify(cx, &sent, &there).await?,
                _ => work.replace::<E>(cx, &sent, &there).await?,
            };
            let items = work.list(cx).await?;
            different::<E>(&items, &sent, &changed)?;
            Ok(Output::Page { items, next: None, version: None, count: None })
        })
    }
}

/// One run.
struct Work<'a> {
    application: Arc<Application>,
    name: &'a str,
    within: Within,
    input: Input,
    /// What is meant; all where it says nothing.
    filter: Map<String, Value>,
}

impl Work<'_> {
    /// As many as one page shows, so that a client can have seen all of it.
    fn most(&self) -> usize {
        let limits = &self.application.limits;
        limits.collection_items_max.min(limits.page_items_max)
    }

    fn process(&self, verb: &str) -> Result<Arc<Process>> {
        let name = format!("{}.{verb}", self.name);
        self.application.process(&name).ok_or_else(|| catalogue::INTERNAL.because(format!("there is no {name}")))
    }

    /// What one of the collection's own processes is given.
    fn given(&self, process: &Process, id: Option<&str>, document: Option<Bytes>) -> Result<Input> {
        let mut input = Input::of(process.parameters.len());
        let id = id.map(|id| json(&id.into())).transpose()?;
        let path = self.input.documents.iter().take(self.within.depth).flatten().cloned().chain(id);
        process.in_path.iter().zip(path).for_each(|(index, given)| input.set(*index, given));
        for (index, one) in process.parameters.iter().enumerate().filter(|(_, one)| one.kind == ParameterKind::Flags) {
            let flags = if one.is_page() {
                let limit = u32::try_from(self.most()).unwrap_or(u32::MAX);
                let page = PageRequest { limit: Some(limit), filter: self.filter.clone(), ..PageRequest::default() };
                serde_json::to_vec(&page).map_err(|_| catalogue::INTERNAL.fault())?.into()
            } else {
                Bytes::from_static(b"{}")
            };
            input.set(index, flags);
        }
        if let (Some(index), Some(document)) = (process.whole_body(), document) {
            input.set(index, document);
        }
        Ok(input)
    }

    /// Everything that the collection holds, as its GET gives it.
    async fn list(&self, cx: &WriteContext) -> Result<Vec<Raw>> {
        let process = self.process("list")?;
        match process.body.run(Cx::Read(cx), self.given(&process, None, None)?).await? {
            Output::Page { items, next: None, .. } if items.len() <= self.most() => Ok(items),
            Output::Page { .. } => Err(too_large()),
            _ => Err(catalogue::INTERNAL.because("the process of the list gave no page")),
        }
    }

    /// A list of the team that passes a filter by must not take away what was not meant.
    fn selected<E: Entity>(&self, cx: &WriteContext, there: &[Raw]) -> Result<()> {
        let page = PageRequest { filter: self.filter.clone(), ..PageRequest::default() };
        let collection = self.application.collection::<E>()?;
        let Some(plan) = collection.queries.plan(&page, &cx.ambient.withheld, &self.application.limits)? else {
            return Ok(());
        };
        for raw in there {
            let keys = parse_stored::<E>(&raw.body)?.list_keys();
            if !keys.into_iter().nth(plan.listing).is_some_and(|key| plan.holds(&key.into_bytes())) {
                return Err(catalogue::INTERNAL.because("the process of the list gave what the filter does not select"));
            }
        }
        Ok(())
    }

    async fn one(
        &self,
        cx: &mut WriteContext,
        process: &Process,
        id: Option<&str>,
        document: Option<Bytes>,
    ) -> Result<Output> {
        process.body.run(Cx::Write(cx), self.given(process, id, document)?).await
    }

    async fn delete(&self, cx: &mut WriteContext, ids: impl Iterator<Item = &str>) -> Result<()> {
        let process = self.process("delete")?;
        for id in ids {
            self.one(cx, &process, Some(id), None).await?;
        }
        Ok(())
    }

    /// Gives the ids of what was changed, in the order of what was sent.
    async fn modify(&self, cx: &mut WriteContext, sent: &Sent, there: &[Raw]) -> Result<Vec<Arc<str>>> {
        let known = ids(there);
        sent.all_known(|name| name.as_str().is_some_and(|name| known.contains(name)))?;
        let process = self.process("modify")?;
        let mut findings = Findings::new(sent);
        for (position, item) in sent.items.iter().enumerate() {
            let id = item.get("id").and_then(Value::as_str);
            let result = self.one(cx, &process, id, Some(json(item)?)).await;
            findings.take(position, id, result)?;
        }
        findings.finish()
    }

    /// The same for what was replaced and created. What is not in the list goes first, so that its names are free.
    async fn replace<E: Entity>(&self, cx: &mut WriteContext, sent: &Sent, there: &[Raw]) -> Result<Vec<Arc<str>>> {
        let known = ids(there);
        let kept: HashSet<&str> = sent.items.iter().filter_map(|item| item.get("id")?.as_str()).collect();
        self.delete(cx, there.iter().map(|raw| &*raw.id).filter(|id| !kept.contains(id))).await?;
        let (create, replace) = (self.process("create")?, self.process("replace")?);
        let shape = &self.application.collection::<E>()?.shape;
        let mut findings = Findings::new(sent);
        for (position, item) in sent.items.iter().enumerate() {
            let id = item.get("id").and_then(Value::as_str);
            let document = json(item)?;
            let result = if id.is_some_and(|id| known.contains(id)) {
                self.one(cx, &replace, id, Some(document)).await
            } else {
                match shape.check(&document, Mode::Create, &ShapeLimits::default()) {
                    Ok(()) => self.one(cx, &create, None, Some(document)).await,
                    Err(unsuitable) => Err(unsuitable.into()),
                }
            };
            findings.take(position, id, result)?;
        }
        findings.finish()
    }
}

fn ids(there: &[Raw]) -> HashSet<&str> {
    there.iter().map(|raw| &*raw.id).collect()
}

fn json(value: &Value) -> Result<Bytes> {
    super::property::json(value)
}

/// What the items gave: every violation is told, pointing into what was sent.
struct Findings<'a> {
    sent: &'a Sent,
    violations: Vec<Violation>,
    other: Option<Fault>,
    changed: Vec<Arc<str>>,
}

impl<'a> Findings<'a> {
    fn new(sent: &'a Sent) -> Self {
        Self { sent, violations: Vec::new(), other: None, changed: Vec::new() }
    }

    /// # Errors
    /// What is no fault of the item.
    fn take(&mut self, position: usize, id: Option<&str>, result: Result<Output>) -> Result<()> {
        let fault = match result {
            Ok(Output::Entity(made)) => {
                self.changed.push(made.id);
                return Ok(());
            }
            Ok(_) => {
                self.changed.push(id.unwrap_or_default().into());
                return Ok(());
            }
            Err(fault) if matches!(fault.kind(), Kind::Internal | Kind::Unavailable) => return Err(fault),
            Err(fault) => fault,
        };
        let at = self.sent.pointer(position);
        let moved = fault.violations().iter().cloned();
        let moved: Vec<_> = moved.map(|one| Violation { pointer: format!("{at}{}", one.pointer), ..one }).collect();
        if fault.entry() == catalogue::INVALID {
            self.violations.extend(moved);
        } else {
            self.other.get_or_insert(fault.with_violations(moved));
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Arc<str>>> {
        match self.other {
            _ if !self.violations.is_empty() => Err(catalogue::INVALID.fault().with_violations(self.violations)),
            Some(other) => Err(other),
            None => Ok(self.changed),
        }
    }
}

/// No two items have the same unique value. The commit finds that too, but can not say which item it is.
fn different<E: Entity>(items: &[Raw], sent: &Sent, changed: &[Arc<str>]) -> Result<()> {
    if E::UNIQUE.is_empty() {
        return Ok(());
    }
    let position = |raw: &Raw| changed.iter().position(|id| *id == raw.id);
    let mut ordered: Vec<(Option<usize>, &Raw)> = items.iter().map(|raw| (position(raw), raw)).collect();
    // What was not sent has its values already.
    ordered.sort_by_key(|(position, _)| *position);
    let mut seen = HashSet::new();
    let mut violations = Vec::new();
    for (position, raw) in ordered {
        let values = parse_stored::<E>(&raw.body)?.unique_values();
        for (unique, value) in E::UNIQUE.iter().zip(values) {
            let Some(value) = value else { continue };
            if !seen.insert((unique.member, value.into_bytes()))
                && let Some(position) = position
            {
                let pointer = format!("{}/{}", sent.pointer(position), unique.member);
                violations.push(Violation::new(pointer, "already_exists", "expected a value that is not taken"));
            }
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(catalogue::ALREADY_EXISTS.fault().with_violations(violations)) }
}
