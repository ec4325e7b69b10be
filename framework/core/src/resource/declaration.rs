//! What resources, singletons and endpoints come down to: operations, each a process on a method of a target.

use std::{any::TypeId, sync::Arc};

use serde_json::Value;

use crate::{
    Entity,
    application::Indexing,
    layout::Layout,
    process::{Access, Body, BoundParameter, Callable, Description, Process},
    query::Listing,
    schema::Schematic,
    shape::ShapeError,
    table::{Cell, Convention, Effect, IdempotencyKey, Method, Preconditions, Reading, Target, cell},
};

use super::{
    EndpointForm,
    above::Above,
    beside::SEARCH,
    binding::Part,
    patched::hand_over,
    stored::{Reader, Taken},
};

/// One operation as it was declared.
pub struct Declaration {
    pub(crate) method: Method,
    pub(crate) target: Target,
    /// Below the path of the module; parameters in braces.
    pub(crate) path: String,
    pub(crate) convention: Convention,
    pub(crate) process: Result<Process, ShapeError>,
    /// The type behind it, so that `cx.call` finds it.
    pub(crate) of: Option<TypeId>,
    /// False for POST to an item, which is answered 404 or 409 and is not in `Allow`.
    pub(crate) succeeds: bool,
    /// Whether the process is registered under its name; the operations of properties run those of their items.
    pub(crate) registered: bool,
    pub(crate) endpoint: Option<EndpointForm>,
    /// What stands before the id in `Location`.
    pub(crate) location: String,
    /// Whether a replica of the store may answer it.
    pub(crate) may_be_stale: bool,
}

/// Everything that one resource, singleton or endpoint declares.
#[derive(Default)]
pub struct Declared {
    pub(crate) operations: Vec<Declaration>,
    pub(crate) collections: Vec<DeclaredCollection>,
    /// Entity members by operation path prefix: no flag may have the name of one.
    pub(crate) mistakes: Vec<String>,
}

pub(crate) struct DeclaredCollection {
    pub(crate) name: &'static str,
    pub(crate) schema: Value,
    pub(crate) layout: Layout,
    pub(crate) lists: &'static [Listing],
    pub(crate) indexing: Indexing,
    pub(crate) path: String,
    /// The collections whose items it is inside of, from the top; `None` where processes alone say where it is.
    pub(crate) inside: Option<Vec<&'static str>>,
    /// Words that stand in the place of ids.
    pub(crate) aliases: Vec<String>,
}

impl DeclaredCollection {
    pub(crate) fn of<E: Entity>(path: &str, above: &Above) -> Self {
        let (schema, inside) = (E::schema(), Some(above.collections.clone()));
        Self {
            name: E::COLLECTION,
            layout: Layout::of(&schema),
            schema,
            lists: E::LISTS,
            indexing: Indexing::of::<E>(),
            path: path.to_owned(),
            inside,
            aliases: Vec::new(),
        }
    }

    /// One that no resource serves.
    pub(crate) fn of_processes<E: Entity>() -> Self {
        Self { inside: None, ..Self::of::<E>(E::COLLECTION, &Above::default()) }
    }
}

/// Binds a described process.
pub(crate) fn bound<P: Callable>(name: &str, body: Body) -> Result<Process, ShapeError> {
    Process::described(name, &P::DESCRIPTION, body)
}

/// A process of the framework itself: what a stored resource does by default.
pub(crate) fn built_in(
    name: &str,
    documentation: &str,
    effect: Effect,
    parameters: &[(&str, Value)],
    output: Option<Value>,
    body: Body,
) -> Result<Process, ShapeError> {
    const NOTHING: Description = Description {
        function: "",
        documentation: "",
        effect: Effect::Query,
        parameters: &[],
        output: || None,
        permission: None,
        public: false,
        faults: &[],
    };
    let mut process = Process::described(name, &NOTHING, body)?;
    process.function = "stored".to_owned();
    process.documentation = documentation.to_owned();
    process.effect = effect;
    process.output = output;
    process.parameters =
        parameters.iter().map(|(name, schema)| BoundParameter::new(name, schema)).collect::<Result<_, _>>()?;
    Ok(process)
}

/// The schema of the id of an entity.
pub(crate) fn id_schema<E: Entity>() -> Value {
    <crate::Id<E>>::schema()
}

/// The names in braces of a path template, in order.
pub(crate) fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// Finds the parameters of the path among those of the process; gives the names that it does not take.
pub(crate) fn set_path(process: &mut Process, path: &str) -> Vec<String> {
    let mut missing = Vec::new();
    process.in_path = path_parameters(path)
        .filter_map(|name| {
            let index = process.parameters.iter().position(|one| one.name == name);
            if index.is_none() {
                missing.push(name.to_owned());
            }
            index
        })
        .collect();
    missing
}

impl Declared {
    /// Adds an operation on a method of a target, with the convention of that cell.
    pub(crate) fn push(
        &mut self,
        target: Target,
        method: Method,
        path: &str,
        process: Result<Process, ShapeError>,
        of: Option<TypeId>,
    ) {
        let Some(convention) = cell(target, method).convention().copied() else {
            self.mistakes.push(format!("{} {path}: the table has no such operation", method.as_str()));
            return;
        };
        self.push_with(target, method, path, convention, process, of);
    }

    pub(crate) fn push_with(
        &mut self,
        target: Target,
        method: Method,
        path: &str,
        convention: Convention,
        process: Result<Process, ShapeError>,
        of: Option<TypeId>,
    ) {
        let process = process.map(|mut process| {
            let missing = set_path(&mut process, path);
            self.mistakes.extend(missing.into_iter().map(|name| {
                format!("{} {path}: `{}` has no parameter `{name}` for the path", method.as_str(), process.function)
            }));
            for index in process.in_body().collect::<Vec<_>>() {
                if let Some(parameter) = process.parameters.get_mut(index) {
                    parameter.reading = convention.reading;
                }
            }
            if convention.reading == Reading::Patch {
                hand_over(&mut process);
            }
            process
        });
        self.operations.push(Declaration {
            method,
            target,
            path: path.to_owned(),
            convention,
            process,
            of,
            succeeds: true,
            registered: true,
            endpoint: None,
            location: path.to_owned(),
            may_be_stale: false,
        });
    }

    /// Makes every operation that changes what is at a path or below it demand `If-Match`. Actions say for themselves
    /// what they need.
    pub(crate) fn demand_if_match(&mut self, path: &str) {
        let below = |one: &str| is_at_or_below(one, path);
        let changes = |one: &Declaration| matches!(one.method, Method::Put | Method::Patch | Method::Delete);
        for one in
            self.operations.iter_mut().filter(|one| changes(one) && one.target != Target::Action && below(&one.path))
        {
            one.convention.preconditions = Preconditions::Demanded;
        }
    }

    /// Makes the operations that change a whole collection demand `If-Match`.
    pub(crate) fn demand_if_match_of_whole(&mut self, path: &str) {
        let changes = |one: &&mut Declaration| matches!(one.method, Method::Put | Method::Patch | Method::Delete);
        for one in self.operations.iter_mut().filter(changes).filter(|one| one.path == path) {
            one.convention.preconditions = Preconditions::Demanded;
        }
    }

    /// Lets a replica of the store answer every query at a path or below it.
    pub(crate) fn let_reads_be_stale(&mut self, path: &str) {
        let search = format!("{path}{SEARCH}");
        let reads = |one: &&mut Declaration| is_at_or_below(&one.path, path) || one.path == search;
        self.operations.iter_mut().filter(reads).for_each(|one| one.may_be_stale = true);
    }

    /// Makes every operation at a path or below it that takes an `Idempotency-Key` demand one.
    pub(crate) fn demand_idempotency_key(&mut self, path: &str) {
        for one in self.operations.iter_mut().filter(|one| is_at_or_below(&one.path, path)) {
            if one.convention.idempotency_key == IdempotencyKey::Taken {
                one.convention.idempotency_key = IdempotencyKey::Demanded;
            }
        }
    }

    /// Says of the last operation that its process is not to be found under its name.
    pub(crate) fn unregistered(&mut self) {
        if let Some(last) = self.operations.last_mut() {
            last.registered = false;
        }
    }

    /// Says of the last operation which permissions the place needs that its path names.
    pub(crate) fn place_needs(&mut self, permissions: Vec<String>) {
        if let Some(Ok(process)) = self.operations.last_mut().map(|last| &mut last.process) {
            process.place_needs = permissions;
        }
    }

    /// Adds POST to an item: body and permission are those of the create of its collection. Where that has none, the
    /// permission is that of reading the item, and what is in the body does not matter.
    pub(crate) fn taken(&mut self, path: &str, collection: &str, keys: &[(&str, Value)], reader: Arc<dyn Reader>) {
        debug_assert!(matches!(cell(Target::Item, Method::Post), Cell::Taken));
        let at =
            |path: &str, method: Method| self.operations.iter().find(|one| one.path == path && one.method == method);
        let create = at(collection, Method::Post);
        let Some(like) = create.or_else(|| at(path, Method::Get)) else { return };
        let Ok(process) = &like.process else { return };
        let Some(usual) = cell(Target::Collection, Method::Post).convention() else { return };
        let convention = create.map_or(*usual, |create| create.convention);
        let body = match create {
            Some(_) => process.in_body().filter_map(|index| process.parameters.get(index)).cloned().collect(),
            None => BoundParameter::new("body", &Value::Bool(true))
                .map(|body| BoundParameter { optional: true, ..body })
                .into_iter()
                .collect(),
        };
        let process = never(process, keys, body, Arc::new(Taken { read: reader }));
        self.push_with(Target::Item, Method::Post, path, convention, process, None);
        self.unregistered();
        if let Some(last) = self.operations.last_mut() {
            last.succeeds = false;
        }
    }
}

fn is_at_or_below(one: &str, path: &str) -> bool {
    one.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A process that never succeeds, under the name and the access of another.
fn never(
    like: &Process,
    keys: &[(&str, Value)],
    mut body_parameters: Vec<BoundParameter>,
    body: Body,
) -> Result<Process, ShapeError> {
    let mut process = built_in(&like.name, "Never succeeds.", Effect::Query, keys, None, body)?;
    process.access = like.access.clone();
    process.faults = like.faults.clone();
    for parameter in body_parameters.iter_mut().filter(|one| keys.iter().any(|(name, _)| *name == one.name)) {
        // The body may have a member of the name of a path parameter; the path keeps its own.
        parameter.optional = true;
    }
    process.parameters.extend(body_parameters);
    Ok(process)
}

/// Declares a view or an action, on the item when its process takes every parameter of the item's path.
pub(crate) fn part_operation(out: &mut Declared, part: &Part, collection: &str, item: &str, name: &str) {
    let names: Vec<String> = (part.process.parameters)().iter().map(|one| crate::process::camel_case(one)).collect();
    let of_item = path_parameters(item).all(|parameter| names.iter().any(|one| one == parameter));
    let path = format!("{}/{}", if of_item { item } else { collection }, part.name);
    let process = (part.process.make)(&format!("{name}.{}", part.name.replace('/', ".")));
    let convention = cell(part.target, part.method).convention().copied();
    let Some(mut convention) = convention else {
        out.mistakes.push(format!("{} {path}: the table has no such operation", part.method.as_str()));
        return;
    };
    if part.method == Method::Patch
        && process.as_ref().is_ok_and(|process| process.parameters.iter().any(BoundParameter::is_patch))
    {
        convention.reading = Reading::Patch;
    }
    if part.created {
        (convention.success, convention.location) = (201, true);
    }
    out.push_with(part.target, part.method, &path, convention, process, Some(part.process.of));
    if let Some(last) = out.operations.last_mut().filter(|_| part.created) {
        last.location = collection.to_owned();
    }
}

/// The access of the process that a property operation runs.
pub(crate) fn access_of(out: &Declared, path: &str, method: Method) -> Option<(String, Access, Vec<crate::FaultCode>)> {
    let item = out.operations.iter().find(|one| one.path == path && one.method == method)?;
    let process = item.process.as_ref().ok()?;
    Some((process.name.clone(), process.access.clone(), process.faults.clone()))
}
