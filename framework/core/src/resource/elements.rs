//! A list member as a collection: its elements page by page, one more, and all of them at once.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    Count, Fault, PageRequest, Result, Violation, WriteContext, catalogue,
    entity::Raw,
    patch::{Change, Step, find},
    process::{Boxed, Cx, Erased, Input, Output},
    query::{Queries, Seal},
};

use super::{
    change::Changer,
    property::{Place, inside, json, text},
    sent::{Sent, too_large},
    stored::Reader,
    whole::Verb,
};

/// GET of a list member as a collection: pages in the order of the list; the cursor is the key of the last element.
pub(crate) struct ElementList {
    pub(crate) item: Arc<dyn Reader>,
    pub(crate) place: Place,
    pub(crate) key: String,
    pub(crate) page: usize,
}

impl Erased for ElementList {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.read();
            let request: PageRequest =
                if input.get(self.page).is_some() { input.parse(self.page)? } else { PageRequest::default() };
            let limit = request.window(&cx.application().limits)?.limit;
            // No index holds elements.
            Queries::default().plan(&request, &cx.ambient.withheld, &cx.application().limits)?;
            let steps = self.place.steps(&input)?;
            let (scope, place) = (cx.ambient.scope()?.to_string(), format!("{steps:?}"));
            let path = input.documents.iter().take(self.page).flatten().map(AsRef::as_ref);
            let seal = Seal::of([scope.as_bytes(), b"elements", place.as_bytes()].into_iter().chain(path));
            let after = request.cursor.as_ref().map(|cursor| seal.read(cursor)).transpose()?.map(|(_, id)| id);
            let whole = self.item.read(cx, &input).await?;
            let list = elements(&whole, &steps)?;
            let name = |element: &Value| element.get(&self.key).map(text).unwrap_or_default();
            let from = match &after {
                Some(after) => {
                    let position = list.iter().position(|element| name(element) == after.as_ref());
                    // The element that the page before ended with may be gone: keys grow, so go on behind its place.
                    position.map_or_else(|| behind(&list, &self.key, after), |position| position + 1)
                }
                None => 0,
            };
            let rest = list.get(from..).unwrap_or_default();
            let items = rest.iter().take(limit).map(|element| raw(element, &self.key, whole.version));
            let items = items.collect::<Result<Vec<_>>>()?;
            let next = items.last().filter(|_| rest.len() > limit).map(|last| seal.write(&[], &last.id));
            let count = request.count.then(|| Count::of(list.len(), false));
            Ok(Output::Page { items, next, version: Some(whole.version), count })
        })
    }
}

fn behind(list: &[Value], key: &str, after: &str) -> usize {
    let after: i64 = after.parse().unwrap_or(i64::MAX);
    let number = |element: &Value| element.get(key).and_then(Value::as_i64);
    list.iter().position(|element| number(element).is_some_and(|number| number > after)).unwrap_or(list.len())
}

fn elements(whole: &Raw, steps: &[Step]) -> Result<Vec<Value>> {
    let document: Value = serde_json::from_slice(&whole.body).map_err(|_| catalogue::INTERNAL.fault())?;
    Ok(find(&document, steps).and_then(Value::as_array).cloned().unwrap_or_default())
}

fn raw(element: &Value, key: &str, version: u64) -> Result<Raw> {
    Ok(Raw { id: element.get(key).map(text).unwrap_or_default().into(), body: json(element)?, version })
}

/// POST to a list member by the team's own process: the element that it gives is named by its key.
pub(crate) struct ElementCreate {
    pub(crate) own: crate::process::Body,
    pub(crate) key: String,
}

impl Erased for ElementCreate {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            match self.own.run(cx, input).await? {
                Output::Value(body) => {
                    let element: Value = serde_json::from_slice(&body).map_err(|_| catalogue::INTERNAL.fault())?;
                    let id = element.get(&self.key).map(text).ok_or_else(|| {
                        catalogue::INTERNAL.because("a process made an element and gave none with a key")
                    })?;
                    Ok(Output::Entity(Raw { id: id.into(), body, version: 0 }))
                }
                other => Ok(other),
            }
        })
    }
}

/// PUT and PATCH of a list member as a collection: one change of the item, by its modify process.
pub(crate) struct ElementsWhole {
    pub(crate) item: Arc<dyn Reader>,
    pub(crate) changer: Arc<dyn Changer>,
    pub(crate) place: Place,
    pub(crate) key: String,
    pub(crate) verb: Verb,
    /// The parameter that is the list.
    pub(crate) items: usize,
}

impl Erased for ElementsWhole {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            let steps = self.place.steps(&input)?;
            let most = cx.application().limits.collection_items_max;
            let sent = Sent::read(input.get(self.items), &self.key, most)?;
            let changes = match self.verb {
                Verb::Modify => self.merged(cx, &input, &steps, &sent).await?,
                _ => {
                    sent.all_named()?;
                    vec![Change::Set(steps.clone(), sent.items.clone().into())]
                }
            };
            let changed = self.changer.change(cx, &input, changes).await;
            let changed = changed.map_err(|fault| of_what_was_sent(fault, &steps, &sent))?;
            let Output::Entity(whole) = changed else { return Ok(Output::Nothing) };
            let list = elements(&whole, &steps)?;
            if list.len() > most {
                return Err(too_large());
            }
            let items = list.iter().map(|element| raw(element, &self.key, whole.version)).collect::<Result<_>>()?;
            Ok(Output::Page { items, next: None, version: Some(whole.version), count: None })
        })
    }
}

impl ElementsWhole {
    /// A merge into each element that was named.
    async fn merged(&self, cx: &WriteContext, input: &Input, steps: &[Step], sent: &Sent) -> Result<Vec<Change>> {
        let list = elements(&self.item.read(cx, input).await?, steps)?;
        sent.all_known(|name| list.iter().any(|element| element.get(&self.key) == Some(name)))?;
        let merge = |item: &Value| {
            let named = Step::Keyed(self.key.clone(), item.get(&self.key).cloned().unwrap_or_default());
            Change::Merge([steps, &[named]].concat(), item.clone())
        };
        Ok(sent.items.iter().map(merge).collect())
    }
}

/// The rules of the item point into the item; the client sent a list.
fn of_what_was_sent(fault: Fault, steps: &[Step], sent: &Sent) -> Fault {
    let [Step::Member(member)] = steps else { return fault };
    let place = format!("/{}", member.replace('~', "~0").replace('/', "~1"));
    let fault = inside(fault, &place);
    let moved = |one: Violation| Violation { pointer: format!("{}{}", sent.at, one.pointer), ..one };
    let violations = fault.violations().iter().cloned().map(moved).collect();
    fault.with_violations(violations)
}
