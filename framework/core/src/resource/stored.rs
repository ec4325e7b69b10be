//! What a stored resource does by itself: create, list, read and delete, straight from the store.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    Entity, Id, PageRequest, Result, catalogue,
    context::Ambient,
    entity::Raw,
    process::{Body, Boxed, Cx, Erased, Input, Output, Process},
};

struct List<E>(PhantomData<fn() -> E>);
struct Read<E>(PhantomData<fn() -> E>);
struct Create<E>(PhantomData<fn() -> E>);
struct Delete<E>(PhantomData<fn() -> E>);

/// GET of a collection: representations go to the answer unparsed.
pub(crate) fn list<E: Entity>() -> Body {
    Arc::new(List::<E>(PhantomData))
}

/// GET of an item, unparsed as well.
pub(crate) fn read<E: Entity>() -> Body {
    Arc::new(Read::<E>(PhantomData))
}

/// POST to a collection.
pub(crate) fn create<E: Entity>() -> Body {
    Arc::new(Create::<E>(PhantomData))
}

/// DELETE of an item.
pub(crate) fn delete<E: Entity>() -> Body {
    Arc::new(Delete::<E>(PhantomData))
}

impl<E: Entity> Erased for List<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let page: PageRequest = if input.get(0).is_some() { input.parse(0)? } else { PageRequest::default() };
            let page = {
                let cx = cx.read();
                cx.list_raw::<E>(cx.ambient.owner::<E>(), &page).await?
            };
            Ok(Output::Page { items: page.items, next: page.next, version: 0 })
        })
    }
}

impl<E: Entity> Erased for Read<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let id: Id<E> = input.parse(0)?;
            let cx = cx.read();
            let record = cx
                .record(Ambient::key(cx.ambient.owner::<E>(), &id))
                .await?
                .ok_or_else(|| catalogue::NOT_FOUND.fault())?;
            Ok(Output::Entity(Raw { id: id.text(), body: record.body, version: record.version }))
        })
    }
}

impl<E: Entity> Erased for Create<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move { Ok(Output::Entity(cx.write()?.create(input.parse::<E>(0)?).await?.into_raw())) })
    }
}

impl<E: Entity> Erased for Delete<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move { Ok(Output::Entity(cx.write()?.delete(&input.parse::<Id<E>>(0)?).await?.into_raw())) })
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
