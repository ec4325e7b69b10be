//! PATCH where the framework stores nothing itself: a patch is laid over what is read, or handed over as it is.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Result, Withheld, catalogue,
    layout::Layout,
    limits::Limits,
    patch::{self, Change, Operations},
    process::{Body, BoundParameter, Boxed, Cx, Erased, Input, Output, PatchForm, Process},
    sensitive::Veil,
    shape::Mode,
};

/// What the document of a PATCH asks for, whatever it is written in.
pub(crate) fn asked(input: &Input, document: Option<&Bytes>, limits: &Limits) -> Result<Vec<Change>> {
    let document: &[u8] = document.map_or(b"{}", |document| document);
    match input.patch {
        PatchForm::Operations => Ok(vec![Change::Operations(Vec::new(), Operations::read(document, limits)?)]),
        PatchForm::Changes => {
            serde_json::from_slice(document).map_err(|_| catalogue::INTERNAL.because("changes can not be read"))
        }
        PatchForm::Merge => {
            let sent = serde_json::from_slice(document).map_err(|_| catalogue::NOT_JSON.fault())?;
            Ok(vec![Change::Merge(Vec::new(), sent)])
        }
    }
}

/// Changes as a process takes them that takes a [`Patch`](crate::Patch).
pub(crate) fn written(changes: &[Change]) -> Result<Bytes> {
    serde_json::to_vec(changes).map(Bytes::from).map_err(|_| catalogue::INTERNAL.fault())
}

/// Hands a patch over as it is, to a process that takes one.
struct HandedOver {
    own: Body,
    document: usize,
    /// Where what it is a patch of holds what is sensitive.
    veil: Option<Veil>,
}

impl Erased for HandedOver {
    fn run<'a>(&'a self, cx: Cx<'a>, mut input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let withheld = &cx.read().ambient.withheld;
            let hides = self.veil.as_ref().is_some_and(|veil| veil.hides(withheld));
            if hides && input.patch == PatchForm::Operations {
                // It would be laid over everything by who does not know what its caller sees.
                return Err(
                    catalogue::INVALID.because("a JSON Patch is taken of who sees everything; send a merge patch")
                );
            }
            let changes = asked(&input, input.get(self.document), &cx.read().application().limits)?;
            input.set(self.document, written(&changes)?);
            self.own.run(cx, input).await
        })
    }
}

/// Makes a process that takes a patch, and that nothing else stands around, take it in every form.
pub(crate) fn hand_over(process: &mut Process) {
    let taken =
        process.whole_body().filter(|index| process.parameters.get(*index).is_some_and(BoundParameter::is_patch));
    if let Some(document) = taken.filter(|_| !process.takes_json_patch) {
        let veil = process.parameters.get(document).and_then(|one| one.veil.clone());
        process.body = Arc::new(HandedOver { own: Arc::clone(&process.body), document, veil });
        process.takes_json_patch = true;
    }
}

/// Lays a patch over what another process reads, and hands the result, or the patch, to the team's own.
struct LaidOver {
    read: Body,
    read_parameters: usize,
    own: Body,
    document: usize,
    whole: BoundParameter,
    layout: Layout,
}

/// Makes PATCH of something without id lay a patch over what its GET gives, where it takes the same or its patch.
pub(crate) fn lay_over(process: &mut Process, read: &Process) {
    let Some(document) = process.whole_body() else { return };
    let Some(parameter) = process.parameters.get(document) else { return };
    let title = |schema: &Value| schema.get("title").cloned();
    let read_title = read.output.as_ref().and_then(title);
    if read_title.is_none() || (title(&parameter.schema) != read_title && !parameter.is_patch()) {
        return;
    }
    process.body = Arc::new(LaidOver {
        read: Arc::clone(&read.body),
        read_parameters: read.parameters.len(),
        own: Arc::clone(&process.body),
        document,
        layout: Layout::of(&parameter.schema),
        whole: parameter.clone(),
    });
    process.takes_json_patch = true;
}

impl LaidOver {
    /// The changes, laid over what of it exists for the caller; what does not is laid back.
    fn laid(&self, over: &Bytes, changes: &[Change], withheld: &Withheld, limits: &Limits) -> Result<Bytes> {
        let there: Value = serde_json::from_slice(over).map_err(|_| catalogue::INTERNAL.fault())?;
        let mut whole = there.clone();
        if let Some(veil) = &self.whole.veil {
            veil.take_from(&mut whole, withheld);
        }
        patch::apply(&mut whole, changes, limits)?;
        let mut violations = self.layout.lay_back(&mut whole, &there, withheld);
        violations.extend(self.layout.keep_read_only(&mut whole, Some(&there), true));
        if !violations.is_empty() {
            return Err(catalogue::INVALID.fault().with_violations(violations));
        }
        let whole = serde_json::to_vec(&whole).map_err(|_| catalogue::INTERNAL.fault())?;
        self.whole.shape.check(&whole, Mode::Full, &Default::default())?;
        Ok(whole.into())
    }
}

impl Erased for LaidOver {
    fn run<'a>(&'a self, cx: Cx<'a>, mut input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let changes = asked(&input, input.get(self.document), &cx.read().application().limits)?;
            let there = match self.read.run(Cx::Read(cx.read()), Input::of(self.read_parameters)).await? {
                Output::Entity(raw) => raw.body,
                Output::Value(body) => body,
                Output::Nothing | Output::Page { .. } => return Err(catalogue::NOT_FOUND.fault()),
            };
            let withheld = &cx.read().ambient.withheld;
            let whole = self.laid(&there, &changes, withheld, &cx.read().application().limits)?;
            let hides = self.whole.veil.as_ref().is_some_and(|veil| veil.hides(withheld));
            input.set(
                self.document,
                match (self.whole.is_patch(), hides) {
                    (false, _) => whole,
                    (true, false) => written(&changes)?,
                    // The process can not lose what is hidden.
                    (true, true) => {
                        let whole = serde_json::from_slice(&whole).map_err(|_| catalogue::INTERNAL.fault())?;
                        written(&[Change::Set(Vec::new(), whole)])?
                    }
                },
            );
            self.own.run(cx, input).await
        })
    }
}
