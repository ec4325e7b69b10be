//! The declaration of a resource.

use std::{any::TypeId, marker::PhantomData, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Entity, PageRequest,
    layout::Layout,
    process::{Callable, Command, Process, Query, page_schema},
    schema::Schematic,
    shape::ShapeError,
    table::{Effect, Method, Target},
};

use super::{
    Members,
    change::{self, Changer, Own},
    declaration::{Declared, DeclaredCollection, bound, built_in, id_schema, part_operation, set_path},
    members::Parent,
    respond::{Responder, answer_with, responder},
    stored::{self, ItemReader, Reader},
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

/// How the parts of an item reach it: by its read process, and by its modify process.
type ItemAccess = (Option<Arc<dyn Reader>>, Option<Arc<dyn Changer>>);

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

/// A collection and its items under one path.
///
/// `Resource::stored()` binds every operation of the table to the store; each can be replaced by a process of your own.
pub struct Resource<E: Entity> {
    path: String,
    name: String,
    create: Binding,
    list: Binding,
    read: Binding,
    replace: Binding,
    modify: Binding,
    delete: Binding,
    replace_all: Binding,
    modify_all: Binding,
    delete_all: Binding,
    parts: Vec<Part>,
    members: Vec<(String, Members)>,
    respond: Option<Responder>,
    demands_if_match: bool,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Resource<E> {
    /// Nothing is bound: every operation is 405 until it is.
    #[must_use]
    pub fn new() -> Self {
        let none = Binding::None;
        Self {
            path: format!("/{}", E::COLLECTION),
            name: E::COLLECTION.to_owned(),
            create: none,
            list: none,
            read: none,
            replace: none,
            modify: none,
            delete: none,
            replace_all: none,
            modify_all: none,
            delete_all: none,
            parts: Vec::new(),
            members: Vec::new(),
            respond: None,
            demands_if_match: false,
            of: PhantomData,
        }
    }

    /// Every operation that the table has by default, straight from the store.
    #[must_use]
    pub fn stored() -> Self {
        let stored = Binding::Stored;
        Self {
            create: stored,
            list: stored,
            read: stored,
            replace: stored,
            modify: stored,
            delete: stored,
            ..Self::new()
        }
    }

    /// Reading from the store, nothing else.
    #[must_use]
    pub fn read_only() -> Self {
        Self { list: Binding::Stored, read: Binding::Stored, ..Self::new() }
    }

    /// Another path than `/<collection>`, below the module's.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// Another first part of the names of its processes, and so of its permissions, than the collection.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// POST to the collection.
    #[must_use]
    pub fn create<P: Command>(mut self) -> Self {
        self.create = own::<P>();
        self
    }

    /// GET of the collection.
    #[must_use]
    pub fn list<P: Query>(mut self) -> Self {
        self.list = own::<P>();
        self
    }

    /// GET of an item.
    #[must_use]
    pub fn read<P: Query>(mut self) -> Self {
        self.read = own::<P>();
        self
    }

    /// PUT of an item: the process takes the whole entity, with what only the server writes already in it.
    #[must_use]
    pub fn replace<P: Command>(mut self) -> Self {
        self.replace = own::<P>();
        self
    }

    /// PATCH of an item: the process takes the patched entity or the `Patch` itself.
    #[must_use]
    pub fn modify<P: Command>(mut self) -> Self {
        self.modify = own::<P>();
        self
    }

    /// DELETE of an item.
    #[must_use]
    pub fn delete<P: Command>(mut self) -> Self {
        self.delete = own::<P>();
        self
    }

    /// PUT of the whole collection.
    #[must_use]
    pub fn replace_all<P: Command>(mut self) -> Self {
        self.replace_all = own::<P>();
        self
    }

    /// PATCH of the whole collection.
    #[must_use]
    pub fn modify_all<P: Command>(mut self) -> Self {
        self.modify_all = own::<P>();
        self
    }

    /// DELETE of the whole collection.
    #[must_use]
    pub fn delete_all<P: Command>(mut self) -> Self {
        self.delete_all = own::<P>();
        self
    }

    /// Takes an operation away: 405.
    #[must_use]
    pub fn without(mut self, method: Method) -> Self {
        match method {
            Method::Post => self.create = Binding::None,
            Method::Get => (self.list, self.read) = (Binding::None, Binding::None),
            Method::Put => self.replace = Binding::None,
            Method::Patch => self.modify = Binding::None,
            Method::Delete => self.delete = Binding::None,
        }
        self
    }

    /// A read-only answer under a name: of an item when the query takes its `id`, else of the collection.
    #[must_use]
    pub fn view<P: Query>(self, name: &str) -> Self {
        self.part::<P>(name, Target::View, Method::Get, false)
    }

    /// POST under a name: on an item when the command takes its `id`, else on the collection.
    #[must_use]
    pub fn action<P: Command>(self, name: &str) -> Self {
        self.part::<P>(name, Target::Action, Method::Post, false)
    }

    /// An action that makes an item of this collection: 201 with its `Location`.
    #[must_use]
    pub fn creating_action<P: Command>(self, name: &str) -> Self {
        self.part::<P>(name, Target::Action, Method::Post, true)
    }

    /// PATCH under a name.
    #[must_use]
    pub fn patch_action<P: Command>(self, name: &str) -> Self {
        self.part::<P>(name, Target::Action, Method::Patch, false)
    }

    fn part<P: Callable>(mut self, name: &str, target: Target, method: Method, created: bool) -> Self {
        self.parts.push(Part { name: name.to_owned(), target, method, process: Described::new::<P>(), created });
        self
    }

    /// Makes a list member of the entity a sub-collection whose items are named by the member with `#[value(key)]`.
    #[must_use]
    pub fn members(mut self, name: &str, members: Members) -> Self {
        self.members.push((name.to_owned(), members));
        self
    }

    /// Answers a response object of its own instead of the bare entity, made by a pure function of the entity and of
    /// flags: on creating, reading, replacing, changing and deleting an item. No process sees the flags.
    #[must_use]
    pub fn respond<F, R>(mut self, respond: fn(E, F) -> R) -> Self
    where
        F: DeserializeOwned + Default + Schematic + Send + 'static,
        R: Serialize + Schematic + 'static,
    {
        self.respond = Some(responder(respond));
        self
    }

    /// PUT, PATCH and DELETE of an item and of its parts demand `If-Match`: 428 without it (RFC 6585).
    #[must_use]
    pub fn demand_if_match(mut self) -> Self {
        self.demands_if_match = true;
        self
    }

    /// Everything that it declares.
    #[must_use]
    pub fn declare(self) -> Declared {
        let mut out = Declared::default();
        out.collections.push(DeclaredCollection::of::<E>(&self.path));
        let schema = E::schema();
        let layout = Layout::of(&schema);
        self.collection_operations(&mut out);
        let (reader, changer) = self.item_operations(&mut out);
        for part in &self.parts {
            part_operation(&mut out, part, &self.path, &format!("{}/{{id}}", self.path), &self.name);
        }
        let item = format!("{}/{{id}}", self.path);
        let parent =
            Parent { path: item.clone(), name: self.name, id: id_schema::<E>(), layout: &layout, reader, changer };
        for (name, members) in self.members {
            members.declare(&name, &parent, &mut out);
        }
        parent.properties(&mut out);
        if self.demands_if_match {
            out.demand_if_match(&item);
        }
        if let Some(respond) = &self.respond {
            answer_with(&mut out, respond, &self.path, &item);
        }
        out
    }

    fn collection_operations(&self, out: &mut Declared) {
        let entity = camel(&E::schema_name());
        let row = [
            (Method::Post, "create", "Creates an item.", self.create),
            (Method::Get, "list", "Lists the items, page by page, in the order of their ids.", self.list),
            (Method::Put, "replaceAll", "Replaces the whole collection.", self.replace_all),
            (Method::Patch, "modifyAll", "Changes the whole collection.", self.modify_all),
            (Method::Delete, "deleteAll", "Empties the collection.", self.delete_all),
        ];
        for (method, verb, documentation, binding) in row {
            let name = format!("{}.{verb}", self.name);
            let make = match (binding, method) {
                (Binding::None, _) => continue,
                (Binding::Own(own), _) => (own.make)(&name),
                (Binding::Stored, Method::Get) => built_in(
                    &name,
                    documentation,
                    Effect::Query,
                    &[("page", PageRequest::schema())],
                    Some(page_schema(&E::schema())),
                    stored::list::<E>(),
                ),
                (Binding::Stored, _) => built_in(
                    &name,
                    documentation,
                    Effect::Command,
                    &[(&entity, E::schema())],
                    Some(E::schema()),
                    stored::create::<E>(),
                ),
            };
            let of = binding.of();
            out.push(Target::Collection, method, &self.path, make, of);
        }
    }

    fn item_operations(&self, out: &mut Declared) -> ItemAccess {
        let path = format!("{}/{{id}}", self.path);
        let entity = camel(&E::schema_name());
        let (mut reader, mut changer): ItemAccess = (None, None);
        let row = [
            (Method::Get, "read", "Reads an item.", self.read),
            (Method::Put, "replace", "Replaces an item.", self.replace),
            (Method::Patch, "modify", "Changes an item.", self.modify),
            (Method::Delete, "delete", "Deletes an item and gives what it was.", self.delete),
        ];
        for (method, verb, documentation, binding) in row {
            let name = format!("{}.{verb}", self.name);
            let id = ("id", id_schema::<E>());
            let whole = (entity.as_str(), E::schema());
            let output = Some(E::schema());
            let make = match (binding, method) {
                (Binding::None, _) => continue,
                (Binding::Own(own), _) => (own.make)(&name).map(|mut process| {
                    wrap::<E>(&mut process, method, &path, &mut changer);
                    process
                }),
                (Binding::Stored, Method::Get) => {
                    built_in(&name, documentation, Effect::Query, &[id], output, stored::read::<E>())
                }
                (Binding::Stored, Method::Delete) => {
                    built_in(&name, documentation, Effect::Command, &[id], output, stored::delete::<E>())
                }
                (Binding::Stored, Method::Put) => {
                    let body = change::replace::<E>(None);
                    let process = built_in(&name, documentation, Effect::Command, &[id, whole], output, body);
                    process.map(|mut process| {
                        set_path(&mut process, &path);
                        process.keep_unknown();
                        process
                    })
                }
                (Binding::Stored, _) => {
                    let (body, modify) = change::modify::<E>(None);
                    changer = Some(modify);
                    let process = built_in(&name, documentation, Effect::Command, &[id, whole], output, body);
                    process.map(|process| Process { takes_json_patch: true, ..process })
                }
            };
            out.push(Target::Item, method, &path, make, binding.of());
            if let (Method::Get, Some(Ok(read))) = (method, out.operations.last().map(|last| &last.process)) {
                reader = Some(Arc::new(ItemReader::new(read)));
            }
        }
        if let (Some(reader), false) = (&reader, matches!(self.create, Binding::None)) {
            out.taken(&path, &self.path, &[("id", id_schema::<E>())], Arc::clone(reader));
        }
        (reader, changer)
    }
}

impl<E: Entity> Default for Resource<E> {
    fn default() -> Self {
        Self::stored()
    }
}

fn own<P: Callable>() -> Binding {
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
fn wrap<E: Entity>(process: &mut Process, method: Method, path: &str, changer: &mut Option<Arc<dyn Changer>>) {
    set_path(process, path);
    let Some(document) = process.whole_body() else { return };
    let Some((id, parameter)) = process.in_path.first().copied().zip(process.parameters.get(document)) else { return };
    let takes_patch = parameter.is_patch();
    let takes_entity = parameter.schema.get("title").is_some_and(|title| *title == E::schema_name());
    if !takes_patch && !takes_entity {
        return;
    }
    let parameters = process.parameters.len();
    let own = Own { body: Arc::clone(&process.body), parameters, id, document: Some(document), takes_patch };
    match method {
        Method::Put => {
            process.body = change::replace::<E>(Some(own));
            process.keep_unknown();
        }
        Method::Patch => {
            let (body, modify) = change::modify::<E>(Some(own));
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

    /// The new process under the name, access and reading of the old one.
    pub(crate) fn instead_of(&self, before: &Process) -> Result<Process, String> {
        let mut process = (self.0.make)(&before.name).map_err(|error| error.to_string())?;
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
        for (new, old) in process.parameters.iter_mut().zip(&before.parameters) {
            new.reading = old.reading;
        }
        Ok(process)
    }
}

fn camel(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
