//! What stands behind an operation: nothing, the framework's own, or a process of the team.

use std::{any::TypeId, sync::Arc};

use crate::{
    Entity,
    process::{Callable, Process},
    shape::ShapeError,
    table::{Method, Target},
};

use super::{
    above::Within,
    change::{self, Changer, Own},
    declaration::{bound, set_path},
};

/// Something of the team's own that stands where the framework's would.
#[derive(Clone, Copy)]
pub(crate) struct Described {
    pub(crate) make: fn(&str) -> Result<Process, ShapeError>,
    pub(crate) of: TypeId,
    pub(crate) parameters: fn() -> Vec<&'static str>,
}

impl Described {
    pub(crate) fn new<P: Callable>() -> Self {
        Self {
            make: |name| bound::<P>(name, P::body()),
            of: TypeId::of::<P>(),
            parameters: || P::DESCRIPTION.parameters.iter().map(|one| one.name).collect(),
        }
    }
}

#[derive(Clone, Copy, Default)]
pub(crate) enum Binding {
    /// 405.
    #[default]
    None,
    /// The framework's own.
    Stored,
    Own(Described),
}

pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) target: Target,
    pub(crate) method: Method,
    pub(crate) process: Described,
    pub(crate) created: bool,
}

pub(crate) fn own<P: Callable>() -> Binding {
    Binding::Own(Described::new::<P>())
}

impl Binding {
    pub(crate) fn of(self) -> Option<TypeId> {
        match self {
            Self::Own(own) => Some(own.of),
            _ => None,
        }
    }
}

/// Puts what the framework does before a team's own PUT or PATCH around it, when it takes the entity or its patch.
pub(crate) fn wrap<E: Entity>(
    process: &mut Process,
    method: Method,
    path: &str,
    within: Within,
    changer: &mut Option<Arc<dyn Changer>>,
) {
    set_path(process, path);
    let Some(document) = process.whole_body() else { return };
    let Some(parameter) = process.parameters.get(document) else { return };
    let takes_patch = parameter.is_patch();
    let takes_entity = parameter.schema.get("title").is_some_and(|title| *title == E::schema_name());
    if process.in_path.len() <= within.depth || !(takes_patch || takes_entity) {
        return;
    }
    let parameters = process.parameters.len();
    let own = Own {
        body: Arc::clone(&process.body),
        parameters,
        in_path: process.in_path.clone(),
        document: Some(document),
        takes_patch,
    };
    match method {
        Method::Put => {
            process.body = change::replace::<E>(within, Some(own));
            process.keep_unknown();
        }
        Method::Patch => {
            let (body, modify) = change::modify::<E>(within, Some(own));
            (process.body, process.takes_json_patch) = (body, true);
            *changer = Some(modify);
        }
        _ => {}
    }
}

/// A deployment's own process for the place of another.
#[derive(Clone, Copy)]
pub(crate) struct Replacement(Described);

impl Replacement {
    pub(crate) fn new<P: Callable>() -> Self {
        Self(Described::new::<P>())
    }

    /// The new process under the name, access and reading of the old one, asked for its page in the same form.
    pub(crate) fn instead_of(&self, before: &Process) -> Result<Process, String> {
        let mut process = (self.0.make)(&before.name).map_err(|error| error.to_string())?;
        for (new, old) in process.parameters.iter_mut().zip(&before.parameters) {
            new.take_page_as(old).map_err(|error| error.to_string())?;
        }
        let signature = |one: &Process| -> Vec<(String, serde_json::Value)> {
            one.parameters.iter().map(|one| (one.name.clone(), one.schema.clone())).collect()
        };
        if signature(&process) != signature(before)
            || process.output != before.output
            || process.effect != before.effect
        {
            return Err("has another signature".to_owned());
        }
        process.access = before.access.clone();
        process.in_path.clone_from(&before.in_path);
        process.installation = before.installation;
        process.place_needs.clone_from(&before.place_needs);
        process.know_answer();
        (process.steps, process.entity) = (before.steps, before.entity);
        for (new, old) in process.parameters.iter_mut().zip(&before.parameters) {
            new.reading = old.reading;
        }
        Ok(process)
    }
}
