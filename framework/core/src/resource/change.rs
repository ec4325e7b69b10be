//! PUT and PATCH of an item: what a client sent meets what is stored, and then the process that the team bound, if any.

use std::{marker::PhantomData, sync::Arc};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Entity, Fault, Id, Result, Violation, WriteContext, catalogue,
    context::Ambient,
    fault::pointer,
    patch::{self, Change},
    process::{Body, Boxed, Cx, Erased, Input, Output},
};

use super::patched::{asked, written};

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
    pub(crate) id: usize,
    /// `None` for a process that takes no body.
    pub(crate) document: Option<usize>,
    /// Whether it takes the patch, not the patched entity.
    pub(crate) takes_patch: bool,
}

/// The item of a stored resource.
pub(crate) struct Item<E> {
    pub(crate) own: Option<Own>,
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
            return Ok(Output::Entity(cx.update(entity).await?.into_raw()));
        };
        let mut input = Input::of(own.parameters);
        for (index, given) in sent.documents.iter().enumerate().filter(|(index, _)| Some(*index) != own.document) {
            if let Some(given) = given {
                input.set(index, given.clone());
            }
        }
        if let Some(index) = own.document {
            let patch = changes.filter(|_| own.takes_patch).map(written).transpose()?;
            input.set(index, patch.unwrap_or(document));
        }
        own.body.run(Cx::Write(cx), input).await
    }

    fn id_index(&self) -> usize {
        self.own.as_ref().map_or(0, |own| own.id)
    }

    fn document_index(&self) -> Option<usize> {
        self.own.as_ref().map_or(Some(1), |own| own.document)
    }

    /// The id of the path, and the stored representation.
    async fn stored(&self, cx: &WriteContext, id: &Id<E>) -> Result<Value> {
        let record =
            cx.record(Ambient::key(cx.ambient.owner::<E>(), id)).await?.ok_or_else(|| catalogue::NOT_FOUND.fault())?;
        serde_json::from_slice(&record.body).map_err(|_| catalogue::INTERNAL.because("a stored record can not be read"))
    }

    /// Lays the changes over what is stored and checks the result as a whole.
    async fn changed(&self, cx: &WriteContext, id: &Id<E>, changes: &[Change]) -> Result<Bytes> {
        let stored = self.stored(cx, id).await?;
        let mut document = stored.clone();
        patch::apply(&mut document, changes, &cx.application().limits)?;
        same_id(&document, id.as_str())?;
        if changes.iter().any(|change| matches!(change, Change::Operations(..))) {
            self.unknown_stay(cx, &document, &stored)?;
        }
        self.settled(cx, id, document, &stored, true)
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

    /// The document with what only the server writes, checked.
    fn settled(&self, cx: &WriteContext, id: &Id<E>, mut sent: Value, stored: &Value, strict: bool) -> Result<Bytes> {
        let collection = cx.application().collection::<E>()?;
        if let Some(members) = sent.as_object_mut() {
            members.insert("id".into(), id.as_str().into());
            let known: Vec<&str> = collection.layout.names().collect();
            // What this program does not know and what is as it was is no change: another version may know it.
            members.retain(|name, value| known.contains(&name.as_str()) || stored.get(name) != Some(value));
        }
        let violations = collection.layout.keep_read_only(&mut sent, Some(stored), strict);
        if !violations.is_empty() {
            return Err(catalogue::INVALID.fault().with_violations(violations));
        }
        let document = Bytes::from(serde_json::to_vec(&sent).map_err(|_| catalogue::INTERNAL.fault())?);
        collection.shape.check(&document, crate::shape::Mode::Full, &Default::default()).map_err(Fault::from)?;
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
            let id: Id<E> = input.parse(self.0.id_index())?;
            let sent = parse(self.0.document_index().and_then(|index| input.get(index)))?;
            same_id(&sent, id.as_str())?;
            let stored = self.0.stored(cx, &id).await?;
            let document = self.0.settled(cx, &id, sent, &stored, false)?;
            self.0.hand_over(cx, &input, document, None).await
        })
    }
}

impl<E: Entity> Erased for Modify<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            let id: Id<E> = input.parse(self.0.id_index())?;
            let sent = self.0.document_index().and_then(|index| input.get(index));
            let changes = asked(&input, sent, &cx.application().limits)?;
            if let [Change::Merge(_, sent)] = changes.as_slice() {
                same_id(sent, id.as_str())?;
            }
            let document = self.0.changed(cx, &id, &changes).await?;
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
            let mut input = Input::default();
            if let Some(id) = path.get(0) {
                input.set(self.0.id_index(), id.clone());
            }
            let id: Id<E> = input.parse(self.0.id_index())?;
            let document = self.0.changed(cx, &id, &changes).await?;
            self.0.hand_over(cx, &input, document, Some(&changes)).await
        })
    }
}

/// The process that PUT or PATCH of an item runs.
pub(crate) fn replace<E: Entity>(own: Option<Own>) -> Body {
    Arc::new(Replace(Item::<E> { own, of: PhantomData }))
}

/// The same for PATCH, in both of its roles.
pub(crate) fn modify<E: Entity>(own: Option<Own>) -> (Body, Arc<dyn Changer>) {
    let modify = Arc::new(Modify(Item::<E> { own, of: PhantomData }));
    (Arc::clone(&modify) as Body, modify)
}
