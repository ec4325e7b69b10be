//! PUT and PATCH of an item: what a client sent meets what is stored, and then the process that the team bound, if any.

use std::{marker::PhantomData, sync::Arc};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Entity, Fault, Id, Result, Violation, WriteContext, catalogue,
    evolution::bring_up,
    fault::pointer,
    patch::{self, Change},
    process::{Body, Boxed, Cx, Erased, Input, Output},
};

use super::{
    above::Within,
    patched::{asked, written},
};

/// Changes an item: its path parameters, and the changes. The operations of properties come through here too, so that
/// no rule of the team is passed by.
pub(crate) trait Changer: Send + Sync {
    fn change<'a>(
        &'a self,
        cx: &'a mut WriteContext,
        path: &'a Input,
        changes: Vec<Change>,
    ) -> Boxed<'a, Result<Output>>;
}

/// What the team bound to PUT or PATCH, and where its parameters stand.
#[derive(Clone)]
pub(crate) struct Own {
    pub(crate) body: Body,
    pub(crate) parameters: usize,
    /// The ids of the path: of the items on the way, and its own.
    pub(crate) in_path: Vec<usize>,
    /// `None` for a process that takes no body.
    pub(crate) document: Option<usize>,
    /// Whether it takes the patch, not the patched entity.
    pub(crate) takes_patch: bool,
}

/// The item of a stored resource.
pub(crate) struct Item<E> {
    pub(crate) own: Option<Own>,
    pub(crate) within: Within,
    pub(crate) of: PhantomData<fn() -> E>,
}

/// PUT of an item.
pub(crate) struct Replace<E>(pub(crate) Item<E>);
/// PATCH of an item.
pub(crate) struct Modify<E>(pub(crate) Item<E>);

impl<E: Entity> Item<E> {
    /// Hands the whole document to the process that the team bound, or writes it.
    async fn hand_over(
        &self,
        cx: &mut WriteContext,
        sent: &Input,
        document: Bytes,
        changes: Option<&[Change]>,
    ) -> Result<Output> {
        let Some(own) = &self.own else {
            let entity: E = Input::from(vec![Some(document)]).parse(0)?;
            let (ids, _) = self.named(sent)?;
            return Ok(Output::Entity(cx.update_in(cx.ambient.place::<E>(&ids), entity).await?.into_raw()));
        };
        let mut input = Input::of(own.parameters);
        for (index, given) in sent.documents.iter().enumerate().filter(|(index, _)| Some(*index) != own.document) {
            if let Some(given) = given {
                input.set(index, given.clone());
            }
        }
        if let Some(index) = own.document {
            let patch = changes.filter(|_| own.takes_patch).map(|changes| self.patch(cx, changes, &document));
            input.set(index, patch.transpose()?.unwrap_or(document));
        }
        own.body.run(Cx::Write(cx), input).await
    }

    /// The patch for a process that takes it. Changes are of what the caller sees; where that is not everything, they are
    /// handed over as the whole document that they came to, so that the process can not lose what is hidden.
    fn patch(&self, cx: &WriteContext, changes: &[Change], document: &Bytes) -> Result<Bytes> {
        let hides = cx.application().collection::<E>()?.hides(&cx.ambient.withheld);
        if hides { written(&[Change::Set(Vec::new(), parse(Some(document))?)]) } else { written(changes) }
    }

    /// The ids of the items on the way, and its own.
    fn named(&self, input: &Input) -> Result<(String, Id<E>)> {
        let Some(own) = &self.own else { return Ok((self.within.ids(input)?, self.within.id(input)?)) };
        let path: Vec<_> = own.in_path.iter().map(|index| input.get(*index).cloned()).collect();
        let path = Input::from(path);
        Ok((self.within.ids(&path)?, self.within.id(&path)?))
    }

    /// The input that the path gives.
    fn input(&self, path: &Input) -> Input {
        let mut input = Input::default();
        for (at, given) in path.documents.iter().take(self.within.depth + 1).enumerate() {
            let index = self.own.as_ref().map_or(Some(at), |own| own.in_path.get(at).copied());
            if let (Some(index), Some(given)) = (index, given) {
                input.set(index, given.clone());
            }
        }
        input
    }

    fn document_index(&self) -> Option<usize> {
        self.own.as_ref().map_or(Some(self.within.depth + 1), |own| own.document)
    }

    /// The stored representation.
    async fn stored(&self, cx: &WriteContext, (ids, id): &(String, Id<E>)) -> Result<Value> {
        let record = cx.record(cx.ambient.place::<E>(ids).key(id)).await?;
        let mut record = record.ok_or_else(|| catalogue::NOT_FOUND.fault())?;
        bring_up::<E>(cx.application(), &mut record)?;
        serde_json::from_slice(&record.body).map_err(|_| catalogue::INTERNAL.because("a stored record can not be read"))
    }

    /// Lays the changes over what of the stored one exists for the caller and checks the result as a whole.
    async fn changed(&self, cx: &WriteContext, named: &(String, Id<E>), changes: &[Change]) -> Result<Bytes> {
        let stored = self.stored(cx, named).await?;
        let mut document = stored.clone();
        if let Some(veil) = &cx.application().collection::<E>()?.veil {
            veil.take_from(&mut document, &cx.ambient.withheld);
        }
        patch::apply(&mut document, changes, &cx.application().limits)?;
        same_id(&document, named.1.as_str())?;
        if changes.iter().any(|change| matches!(change, Change::Operations(..))) {
            self.unknown_stay(cx, &document, &stored)?;
        }
        self.settled(cx, &named.1, document, &stored, true)
    }

    /// What this program does not know is laid back in when it writes: taking it away would be passed over in silence.
    fn unknown_stay(&self, cx: &WriteContext, document: &Value, stored: &Value) -> Result<()> {
        let layout = &cx.application().collection::<E>()?.layout;
        let gone = stored.as_object().into_iter().flat_map(|members| members.keys());
        let gone = gone.filter(|name| document.get(name).is_none() && layout.member(name).is_none());
        let violations: Vec<_> =
            gone.map(|name| Violation::new(pointer(name), "unknown", "expected it to stay as it is")).collect();
        if violations.is_empty() { Ok(()) } else { Err(catalogue::INVALID.fault().with_violations(violations)) }
    }

    /// The document with what the caller does not see and with what only the server writes, checked.
    fn settled(&self, cx: &WriteContext, id: &Id<E>, mut sent: Value, stored: &Value, strict: bool) -> Result<Bytes> {
        let collection = cx.application().collection::<E>()?;
        let withheld = &cx.ambient.withheld;
        let mut violations = collection.layout.lay_back(&mut sent, stored, withheld);
        if let Some(members) = sent.as_object_mut() {
            members.insert("id".into(), id.as_str().into());
            let known: Vec<&str> = collection.layout.names().collect();
            // What this program does not know and what is as it was is no change: another version may know it.
            members.retain(|name, value| known.contains(&name.as_str()) || stored.get(name) != Some(value));
        }
        violations.extend(collection.layout.keep_read_only(&mut sent, Some(stored), strict));
        if !violations.is_empty() {
            return Err(catalogue::INVALID.fault().with_violations(violations));
        }
        let document = Bytes::from(serde_json::to_vec(&sent).map_err(|_| catalogue::INTERNAL.fault())?);
        let fits = collection.shape.check(&document, crate::shape::Mode::Full, &Default::default());
        fits.map_err(|broken| collection.untold(Fault::from(broken), withheld))?;
        Ok(document)
    }
}

/// An id in the body must be the one in the path.
fn same_id(sent: &Value, id: &str) -> Result<()> {
    match sent.get("id") {
        Some(given) if given != id => Err(Violation::new("/id", "id_mismatch", "expected the id of the path").into()),
        _ => Ok(()),
    }
}

fn parse(document: Option<&Bytes>) -> Result<Value> {
    let document: &[u8] = document.map_or(b"{}", |bytes| bytes);
    serde_json::from_slice(document).map_err(|_| catalogue::NOT_JSON.fault())
}

impl<E: Entity> Erased for Replace<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            let named = self.0.named(&input)?;
            let sent = parse(self.0.document_index().and_then(|index| input.get(index)))?;
            same_id(&sent, named.1.as_str())?;
            let stored = self.0.stored(cx, &named).await?;
            let document = self.0.settled(cx, &named.1, sent, &stored, false)?;
            self.0.hand_over(cx, &input, document, None).await
        })
    }
}

impl<E: Entity> Erased for Modify<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            let named = self.0.named(&input)?;
            let sent = self.0.document_index().and_then(|index| input.get(index));
            let changes = asked(&input, sent, &cx.application().limits)?;
            if let [Change::Merge(_, sent)] = changes.as_slice() {
                same_id(sent, named.1.as_str())?;
            }
            let document = self.0.changed(cx, &named, &changes).await?;
            self.0.hand_over(cx, &input, document, Some(&changes)).await
        })
    }
}

impl<E: Entity> Changer for Modify<E> {
    fn change<'a>(
        &'a self,
        cx: &'a mut WriteContext,
        path: &'a Input,
        changes: Vec<Change>,
    ) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let input = self.0.input(path);
            let named = self.0.named(&input)?;
            let document = self.0.changed(cx, &named, &changes).await?;
            self.0.hand_over(cx, &input, document, Some(&changes)).await
        })
    }
}

/// The process that PUT or PATCH of an item runs.
pub(crate) fn replace<E: Entity>(within: Within, own: Option<Own>) -> Body {
    Arc::new(Replace(Item::<E> { own, within, of: PhantomData }))
}

/// The same for PATCH, in both of its roles.
pub(crate) fn modify<E: Entity>(within: Within, own: Option<Own>) -> (Body, Arc<dyn Changer>) {
    let modify = Arc::new(Modify(Item::<E> { own, within, of: PhantomData }));
    (Arc::clone(&modify) as Body, modify)
}
