//! What a stored resource does by itself: create, list, read and delete, straight from the store.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    Entity, PageRequest, Result, catalogue,
    entity::Raw,
    evolution::bring_up,
    process::{Body, Boxed, Cx, Erased, Input, Output, Process},
};

use super::above::Within;

struct List<E>(Within, PhantomData<fn() -> E>);
struct Read<E>(Within, PhantomData<fn() -> E>);
struct Create<E>(Within, PhantomData<fn() -> E>);
struct Delete<E>(Within, PhantomData<fn() -> E>);

/// GET of a collection: representations go to the answer unparsed.
pub(crate) fn list<E: Entity>(within: Within) -> Body {
    Arc::new(List::<E>(within, PhantomData))
}

/// GET of an item, unparsed as well.
pub(crate) fn read<E: Entity>(within: Within) -> Body {
    Arc::new(Read::<E>(within, PhantomData))
}

/// POST to a collection.
pub(crate) fn create<E: Entity>(within: Within) -> Body {
    Arc::new(Create::<E>(within, PhantomData))
}

/// DELETE of an item.
pub(crate) fn delete<E: Entity>(within: Within) -> Body {
    Arc::new(Delete::<E>(within, PhantomData))
}

impl<E: Entity> Erased for List<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let (cx, page) = (cx.read(), self.0.depth);
            let page: PageRequest = if input.get(page).is_some() { input.parse(page)? } else { PageRequest::default() };
            let ids = self.0.ids(&input)?;
            let place = cx.ambient.place::<E>(&ids);
            if let Some(parent) = self.0.parent(place) {
                cx.must_exist(parent).await?;
            }
            let page = cx.list_raw::<E>(place, &page).await?;
            Ok(Output::Page { items: page.items, next: page.next, version: None, count: page.count })
        })
    }
}

impl<E: Entity> Erased for Read<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let (cx, id, ids) = (cx.read(), self.0.id::<E>(&input)?, self.0.ids(&input)?);
            let record = cx.record(cx.ambient.place::<E>(&ids).key(&id)).await?;
            let mut record = record.ok_or_else(|| catalogue::NOT_FOUND.fault())?;
            bring_up::<E>(cx.application(), &mut record)?;
            Ok(Output::Entity(Raw { id: id.text(), body: record.body, version: record.version }))
        })
    }
}

impl<E: Entity> Erased for Create<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let (cx, ids) = (cx.write()?, self.0.ids(&input)?);
            let place = cx.ambient.place::<E>(&ids);
            if let Some(parent) = self.0.parent(place) {
                cx.must_exist(parent).await?;
            }
            Ok(Output::Entity(cx.create_in(place, input.parse::<E>(self.0.depth)?)?.into_raw()))
        })
    }
}

impl<E: Entity> Erased for Delete<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let (cx, ids) = (cx.write()?, self.0.ids(&input)?);
            let deleted = cx.delete_in(cx.ambient.place::<E>(&ids), &self.0.id::<E>(&input)?).await?;
            Ok(Output::Entity(deleted.into_raw()))
        })
    }
}

/// POST to an item: 404 when it is unknown, 409 when it exists. What it finds is found by the read process of the item.
pub(crate) struct Taken {
    pub(crate) read: Arc<dyn Reader>,
}

impl Erased for Taken {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            self.read.read(cx.read(), &input).await?;
            Err(catalogue::ALREADY_EXISTS.because("a POST to an item can not create it; use PUT or PATCH to change it"))
        })
    }
}

/// Reads what a path names: an item by its process, or a piece of one.
pub(crate) trait Reader: Send + Sync {
    /// The first inputs are the parameters of the path, in order.
    fn read<'a>(&'a self, cx: &'a crate::ReadContext, path: &'a Input) -> Boxed<'a, Result<Raw>>;
}

/// Reads an item by the process that is bound to its GET.
pub(crate) struct ItemReader {
    body: Body,
    in_path: Vec<usize>,
    parameters: usize,
}

impl ItemReader {
    pub(crate) fn new(process: &Process) -> Self {
        let parameters = process.parameters.len();
        Self { body: Arc::clone(&process.body), in_path: process.in_path.clone(), parameters }
    }
}

impl Reader for ItemReader {
    fn read<'a>(&'a self, cx: &'a crate::ReadContext, path: &'a Input) -> Boxed<'a, Result<Raw>> {
        Box::pin(async move {
            let mut input = Input::of(self.parameters);
            for (index, document) in self.in_path.iter().zip(&path.documents) {
                if let Some(document) = document {
                    input.set(*index, document.clone());
                }
            }
            match self.body.run(Cx::Read(cx), input).await? {
                Output::Entity(raw) => Ok(raw),
                Output::Value(body) => Ok(Raw { id: "".into(), body, version: 0 }),
                Output::Nothing | Output::Page { .. } => Err(catalogue::NOT_FOUND.fault()),
            }
        })
    }
}
