//! PUT of something without id by a team's own process: it is handed what its caller does not see, so that it can not lose
//! it.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Kind, Result, WriteContext, catalogue,
    layout::Layout,
    process::{Body, Boxed, Cx, Erased, Input, Output, Process},
    table::Method,
};

use super::Declared;

/// What a change could not keep of what the process takes.
pub(super) fn out_of_reach(process: &Process) -> Vec<String> {
    let taken = process.whole_body().and_then(|index| process.parameters.get(index));
    taken.map(|taken| Layout::of(&taken.schema).out_of_reach(&process.name)).unwrap_or_default()
}

/// Where PUT takes what GET gives, it is handed what its caller may not see beside what was sent.
pub(super) fn keep_hidden(path: &str, out: &mut Declared) {
    let read = process_of(path, Method::Get, out).and_then(|read| Some((Read::by(read), read.output.clone()?)));
    let Some(((read, output), put)) = read.zip(process_of(path, Method::Put, out)) else { return };
    let Some(document) = put.whole_body() else { return };
    if put.parameters.get(document).is_some_and(|one| one.veil.is_some() && one.schema == output) {
        let (inner, in_path, layout) = (Arc::clone(&put.body), put.in_path.clone(), Layout::of(&output));
        put.body = Arc::new(Keeping { inner, in_path, read, document, layout });
    }
}

fn process_of<'a>(path: &str, method: Method, out: &'a mut Declared) -> Option<&'a mut Process> {
    out.operations.iter_mut().find(|one| one.method == method && one.path == path)?.process.as_mut().ok()
}

/// The process of GET.
struct Read {
    body: Body,
    in_path: Vec<usize>,
    /// How many it has.
    parameters: usize,
}

impl Read {
    fn by(process: &Process) -> Self {
        let (in_path, parameters) = (process.in_path.clone(), process.parameters.len());
        Self { body: Arc::clone(&process.body), in_path, parameters }
    }

    /// What there is, if there is anything.
    async fn run(&self, cx: &WriteContext, ids: impl Iterator<Item = Option<&Bytes>>) -> Result<Option<Bytes>> {
        let mut input = Input::of(self.parameters);
        for (index, id) in self.in_path.iter().zip(ids).filter_map(|(index, id)| Some((index, id?))) {
            input.set(*index, id.clone());
        }
        match self.body.run(Cx::Read(cx), input).await {
            Ok(output) => Ok(output.json()),
            Err(fault) if fault.kind() == Kind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

/// PUT of a singleton by the team's own process.
struct Keeping {
    inner: Body,
    /// The parameters of the path among those of the own process.
    in_path: Vec<usize>,
    read: Read,
    /// Where the document stands among them.
    document: usize,
    layout: Layout,
}

impl Keeping {
    async fn whole(&self, cx: &WriteContext, input: &Input) -> Result<Option<Bytes>> {
        let stored = self.read.run(cx, self.in_path.iter().map(|index| input.get(*index))).await?;
        let sent = input.get(self.document);
        let Some((sent, stored)) = sent.zip(stored) else { return Ok(None) };
        let parse = |body: &[u8]| serde_json::from_slice::<Value>(body).map_err(|_| catalogue::INTERNAL.fault());
        let mut whole = parse(sent)?;
        let unknown = self.layout.lay_back(&mut whole, &parse(&stored)?, &cx.ambient.withheld);
        if !unknown.is_empty() {
            return Err(catalogue::INVALID.fault().with_violations(unknown));
        }
        serde_json::to_vec(&whole).map(|whole| Some(whole.into())).map_err(|_| catalogue::INTERNAL.fault())
    }
}

impl Erased for Keeping {
    fn run<'a>(&'a self, cx: Cx<'a>, mut input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            if !cx.ambient.withheld.is_nothing()
                && let Some(whole) = self.whole(cx, &input).await?
            {
                input.set(self.document, whole);
            }
            self.inner.run(Cx::Write(cx), input).await
        })
    }
}
