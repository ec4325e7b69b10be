//! Steps between the schemas of an entity, and records that are brought from one to another.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    Application, Entity, Fault, Result, application::Collection, catalogue, entity::parse_stored, store::Record,
};

use super::Document;

/// One way of a step: a pure function of the stored object.
pub type StepFunction = fn(&mut Document) -> Result<()>;

/// The step from one schema of an entity to the next, `schema(2, changes = "name, title", up = ..)` of `#[entity]`.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The members, as serialised, that differ between the two schemas. Neither function changes another one, so an index of
    /// others is the same in both.
    pub changes: &'static [&'static str],
    /// Makes what the older schema says into what the newer one does.
    pub up: StepFunction,
    /// The way back, which loses nothing: `up` makes the same of it again. With it a new program goes on writing what older ones
    /// read; without it nothing of the collection can be written while an older one runs.
    pub down: Option<StepFunction>,
}

/// How the records of a collection are brought from schema to schema, without the type of its entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evolving {
    pub(crate) collection: &'static str,
    /// The schema that the program writes.
    pub(crate) version: u16,
    steps: &'static [Step],
    canonical: fn(&[u8], &Collection) -> Result<Bytes>,
}

impl Evolving {
    pub(crate) const fn of<E: Entity>() -> Self {
        Self { collection: E::COLLECTION, version: E::SCHEMA_VERSION, steps: E::STEPS, canonical: canonical::<E> }
    }

    /// Why its declaration can not be right.
    pub(crate) fn mistake(&self) -> Option<String> {
        let Self { collection, version, steps, .. } = self;
        let fits = usize::from(*version) == steps.len() + 1;
        (!fits).then(|| format!("{collection}: schema version {version} needs a step for each schema behind the first"))
    }

    /// How many steps are behind its schema.
    pub(crate) fn steps(&self) -> u32 {
        u32::from(self.version.saturating_sub(1))
    }

    /// A representation of an older schema in the current one, as the program itself would have written it.
    ///
    /// # Errors
    /// `schema_newer` of one that a newer program wrote; `internal` where a step fails.
    pub(crate) fn up(&self, known: &Collection, version: u16, body: &Bytes) -> Result<Bytes> {
        if version > self.version {
            tracing::error!(self.collection, version, own = self.version, "a record is of a newer schema");
            return Err(newer(&[self.too_new(version)]));
        }
        let behind = version.checked_sub(1).and_then(|first| self.steps.get(usize::from(first)..));
        let behind = behind.ok_or_else(|| catalogue::INTERNAL.because("a record is of no schema"))?;
        let stepped = self.stepped(body, behind.iter().map(|step| (step.changes, step.up)));
        let all = stepped.and_then(|body| (self.canonical)(&body, known));
        all.inspect_err(|fault| tracing::error!(self.collection, version, %fault, "a record can not be brought up"))
    }

    /// A representation of the current schema in an older one; nothing where a step has no way back, or the way back loses
    /// something, so that it could not be read again as it was written.
    ///
    /// # Errors
    /// `internal` where a step fails.
    pub(crate) fn down(&self, known: &Collection, version: u16, body: &Bytes) -> Result<Option<Bytes>> {
        let steps = self.steps.get(usize::from(version.saturating_sub(1))..).unwrap_or_default();
        let down: Option<Vec<_>> = steps.iter().rev().map(|step| Some((step.changes, step.down?))).collect();
        let Some(down) = down else { return Ok(None) };
        let down = Bytes::from(self.stepped(body, down.into_iter())?);
        Ok((self.up(known, version, &down)? == *body).then_some(down))
    }

    /// A representation in a later schema that need not be the current one.
    pub(crate) fn up_to(&self, from: u16, to: u16, body: &[u8]) -> Result<Vec<u8>> {
        let steps = self.steps.get(usize::from(from.saturating_sub(1))..usize::from(to.saturating_sub(1)));
        self.stepped(body, steps.unwrap_or_default().iter().map(|step| (step.changes, step.up)))
    }

    /// What is told of a store that holds a schema which this program does not know.
    pub(crate) fn too_new(&self, version: u16) -> String {
        let Self { collection, version: own, .. } = self;
        format!("this store holds {collection} of schema version {version}; this program reads up to {own}")
    }

    fn stepped(
        &self,
        body: &[u8],
        steps: impl Iterator<Item = (&'static [&'static str], StepFunction)>,
    ) -> Result<Vec<u8>> {
        let unreadable = |_| catalogue::INTERNAL.because("a stored record can not be read");
        let mut document: Document = serde_json::from_slice(body).map_err(unreadable)?;
        for (changes, function) in steps {
            document.only(changes);
            // Where no request runs nothing else would catch it, and maintenance would end.
            let done = catch_unwind(AssertUnwindSafe(|| function(&mut document)));
            done.unwrap_or_else(|_| Err(catalogue::INTERNAL.because("a step between two schemas panicked")))?;
        }
        serde_json::to_vec(&document).map_err(unreadable)
    }
}

/// The fault of a store that a newer program wrote.
pub(crate) fn newer(why: &[String]) -> Fault {
    let soon = std::time::Duration::from_secs(1);
    catalogue::SCHEMA_NEWER.because(why.join("; ")).with_retry_after(soon)
}

/// Makes a record what the current schema has it to be.
///
/// # Errors
/// As [`Evolving::up`].
pub(crate) fn bring_up<E: Entity>(application: &Application, record: &mut Record) -> Result<()> {
    if record.schema_version == E::SCHEMA_VERSION { Ok(()) } else { bring_up_now::<E>(application, record) }
}

/// The entity of a record.
///
/// # Errors
/// As [`bring_up`], and `internal` when it can not be read.
pub(crate) fn entity_of<E: Entity>(application: &Application, record: &Record) -> Result<E> {
    if record.schema_version == E::SCHEMA_VERSION {
        return parse_stored(&record.body);
    }
    let mut record = record.clone();
    bring_up_now::<E>(application, &mut record)?;
    parse_stored(&record.body)
}

#[cold]
fn bring_up_now<E: Entity>(application: &Application, record: &mut Record) -> Result<()> {
    let known = application.collection::<E>()?;
    record.body = Evolving::of::<E>().up(known, record.schema_version, &record.body)?;
    record.schema_version = E::SCHEMA_VERSION;
    Ok(())
}

/// What an entity of this representation is written as, with what this program does not know of it behind.
fn canonical<E: Entity>(body: &[u8], known: &Collection) -> Result<Bytes> {
    let entity: E = parse_stored(body)?;
    let own = serde_json::to_vec(&entity).map_err(|_| catalogue::INTERNAL.because("an entity can not be written"))?;
    Ok(lay_in(own.into(), &known.unknown_members(body)))
}

/// Lays members that this program does not know back into a representation.
pub(crate) fn lay_in(body: Bytes, unknown: &[(String, Box<RawValue>)]) -> Bytes {
    if unknown.is_empty() {
        return body;
    }
    let mut all = body.strip_suffix(b"}").unwrap_or(&body).to_vec();
    for (name, value) in unknown {
        if all.last() != Some(&b'{') {
            all.push(b',');
        }
        all.extend_from_slice(&serde_json::to_vec(name).unwrap_or_default());
        all.push(b':');
        all.extend_from_slice(value.get().as_bytes());
    }
    all.push(b'}');
    all.into()
}
