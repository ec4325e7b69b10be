//! Response objects: what a resource answers instead of the bare entity. A pure function makes them, without context;
//! the flags that shape them end there and reach no process.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Entity, catalogue,
    entity::{Raw, parse_stored},
    process::{Body, BoundParameter, Boxed, Cx, Erased, Input, Output, Process},
    schema::Schematic,
    shape::ShapeError,
    table::Method,
};

use super::{Declared, declaration::Declaration};

/// Makes a process answer a response object.
pub(crate) type Responder = Box<dyn Fn(&mut Process) -> Result<(), ShapeError>>;

/// Appends the flags to the parameters of a process, and puts the response object in the place of its entity.
pub(crate) fn responder<E, F, R>(respond: fn(E, F) -> R) -> Responder
where
    E: Entity,
    F: DeserializeOwned + Default + Schematic + Send + 'static,
    R: Serialize + Schematic + 'static,
{
    Box::new(move |process| {
        let flags = process.parameters.len();
        process.parameters.push(BoundParameter::new("flags", &F::schema())?);
        process.output = Some(R::schema());
        process.body = Arc::new(Responding { inner: Arc::clone(&process.body), flags, respond });
        Ok(())
    })
}

/// Puts it on every operation that answers an item.
pub(crate) fn answer_with(out: &mut Declared, respond: &Responder, collection: &str, item: &str) {
    let answers = |one: &Declaration| {
        (one.path == collection && one.method == Method::Post) || (one.path == item && one.succeeds)
    };
    let mut mistakes = Vec::new();
    for operation in out.operations.iter_mut().filter(|one| answers(one)) {
        if let Ok(process) = &mut operation.process
            && let Err(error) = respond(process)
        {
            mistakes.push(format!("{} {}: {error}", operation.method.as_str(), operation.path));
        }
    }
    out.mistakes.extend(mistakes);
}

struct Responding<E, F, R> {
    inner: Body,
    /// The position of the flags.
    flags: usize,
    respond: fn(E, F) -> R,
}

impl<E, F, R> Erased for Responding<E, F, R>
where
    E: Entity,
    F: DeserializeOwned + Default + Send + 'static,
    R: Serialize + 'static,
{
    fn run<'a>(&'a self, cx: Cx<'a>, mut input: Input) -> Boxed<'a, crate::Result<Output>> {
        Box::pin(async move {
            let flags = if input.get(self.flags).is_some() { input.parse(self.flags)? } else { F::default() };
            input.documents.truncate(self.flags);
            match self.inner.run(cx, input).await? {
                Output::Entity(Raw { id, body, version }) => {
                    let response = (self.respond)(parse_stored(&body)?, flags);
                    let body = serde_json::to_vec(&response);
                    let body =
                        body.map_err(|_| catalogue::INTERNAL.because("a response can not be written as JSON"))?;
                    Ok(Output::Entity(Raw { id, body: body.into(), version }))
                }
                other => Ok(other),
            }
        })
    }
}
