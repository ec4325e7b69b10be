//! Reading again what an answer held that was too long to be kept.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Kind, ReadContext, Result, Withheld,
    entity::Raw,
    process::{Input, Output, Process},
    table::{Method, Target},
};

use super::super::{Operation, state::given};

/// GET of what an operation answers.
#[derive(Debug)]
pub(crate) struct Again {
    process: Arc<Process>,
    /// Whether its path ends with an id that the answer tells.
    by_id: bool,
}

impl Again {
    /// Finds, among all operations, the one that reads what another answers: what `Location` names, else what has the same
    /// schema at its path or above.
    pub(in super::super) fn find(operation: &Operation, all: &[Operation]) -> Option<Self> {
        if !operation.repeatable {
            return None;
        }
        let by_id = operation.convention.location;
        let reads = |one: &&Operation| {
            let path = if by_id { one.path.rsplit_once('/').map_or("", |(above, _)| above) } else { one.path.as_str() };
            let below = operation.path.strip_prefix(path);
            let fits = if by_id { one.target == Target::Item } else { one.process.output == operation.process.output };
            one.method == Method::Get && fits && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let nearest = all.iter().filter(reads).max_by_key(|one| one.path.len())?;
        Some(Self { process: Arc::clone(&nearest.process), by_id })
    }

    /// What there is now of an answer, as who reads it would see it; nothing where it is gone, or the caller may not read:
    /// it was told what it made, and not what became of that.
    pub(super) async fn read(
        &self,
        process: &Process,
        cx: &ReadContext,
        input: &Input,
        told: &Output,
    ) -> Result<Option<Output>> {
        let Some(withheld) = self.withheld(cx).await? else { return Ok(None) };
        let mut path: Vec<_> = process.in_path.iter().map(|index| input.get(*index).cloned()).collect();
        if let (true, Output::Entity(Raw { id, .. })) = (self.by_id, told) {
            path.truncate(self.process.in_path.len().saturating_sub(1));
            path.push(self.id(id));
        }
        let now = self.process.as_seen(given(&self.process, cx, &path.into()).await, &withheld);
        match (now, told) {
            (Ok(Output::Entity(now)), Output::Entity(before)) if self.by_id || now.id == before.id => {
                Ok(Some(Output::Entity(Raw { id: Arc::clone(&before.id), ..now })))
            }
            (Ok(now @ Output::Page { .. }), Output::Page { .. }) => Ok(Some(now)),
            (Err(fault), _) if fault.kind() != Kind::NotFound => Err(fault),
            _ => Ok(None),
        }
    }

    /// What does not exist for the caller of what is read; nothing where it would not be let in.
    async fn withheld(&self, cx: &ReadContext) -> Result<Option<Withheld>> {
        match cx.application().admit(&self.process, &cx.caller()?).await {
            Ok(admission) => Ok(Some(admission.withheld).filter(|withheld| self.process.exists_for(withheld))),
            Err(fault) if fault.kind() == Kind::NotAllowed => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn id(&self, id: &str) -> Option<Bytes> {
        let last = *self.process.in_path.last()?;
        self.process.parameters.get(last)?.shape.text_to_json(id).map(Bytes::from)
    }
}
