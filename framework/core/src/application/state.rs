//! The state that preconditions are about: what GET of the target gives, read in the unit of work of the command itself,
//! so that the commit finds out when it is no longer so.

use std::sync::Arc;

use crate::{
    Kind, ReadContext, Result,
    process::{Cx, Input, Output, Process},
    query::PageRequest,
    table::{Method, Target},
};

use super::{Operation, terms::Current};

/// Reads the state of what an operation is about.
#[derive(Debug)]
pub(crate) struct StateOf {
    /// GET of the target itself.
    target: Option<Arc<Process>>,
    /// GET of the item that the target is a piece of, or an action on.
    item: Option<Arc<Process>>,
}

impl StateOf {
    /// Finds, among all operations, those that read the target of each.
    pub(super) fn find(operation: &Operation, all: &[Operation]) -> Option<Self> {
        let get = |path: &str| all.iter().find(|one| one.method == Method::Get && one.path == path);
        let own = get(&operation.path);
        let above = || {
            let mut path = operation.path.as_str();
            std::iter::from_fn(|| {
                path = path.rsplit_once('/')?.0;
                Some(path)
            })
            .find_map(|path| get(path).filter(|one| !matches!(one.target, Target::Property | Target::View)))
        };
        let item = match operation.target {
            Target::Endpoint => return None,
            Target::Property | Target::Action => above(),
            _ => None,
        };
        let process = |one: &Operation| Arc::clone(&one.process);
        (own.is_some() || item.is_some()).then(|| Self { target: own.map(process), item: item.map(process) })
    }

    /// Reads it for a request: `path` holds the parameters of its path, in order.
    pub(super) async fn read(&self, cx: &ReadContext, path: &Input) -> Result<Current> {
        let mut exists = false;
        for process in self.target.iter().chain(&self.item) {
            let state = match given(process, cx, path).await {
                Ok(output) => {
                    exists |= self.target.as_ref().is_none_or(|target| Arc::ptr_eq(target, process));
                    output.state()
                }
                Err(fault) if fault.kind() == Kind::NotFound => continue,
                Err(fault) => return Err(fault),
            };
            return Ok(Current { exists, state });
        }
        Ok(Current { exists, state: None })
    }
}

pub(super) async fn given(process: &Process, cx: &ReadContext, path: &Input) -> Result<Output> {
    let mut input = Input::of(process.parameters.len());
    for (index, document) in process.in_path.iter().zip(&path.documents) {
        if let Some(document) = document {
            input.set(*index, document.clone());
        }
    }
    if let Some(page) = process.parameters.iter().position(|one| one.is_page()) {
        // The state of a collection is that of all of it, as a client sees it that asked for the largest page.
        let limit = u32::try_from(cx.application().limits.page_items_max).unwrap_or(u32::MAX);
        let all = PageRequest { limit: Some(limit), ..PageRequest::default() };
        input.set(page, serde_json::to_vec(&all).unwrap_or_default().into());
    }
    process.body.run(Cx::Read(cx), input).await
}
