//! What a resource comes down to: the operations of its collection, of its items, and of everything inside of them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    Entity, PageRequest,
    layout::Layout,
    patch::{LIST_MARK, PATCH_MARK},
    process::{BoundParameter, Process, page_schema},
    query::{Queries, Selection},
    schema::Schematic,
    shape::ShapeError,
    table::{Effect, Method, Target},
};

use super::{
    Declared, Resource,
    above::{Above, Within},
    alias::let_stand,
    beside,
    binding::{Binding, Described, wrap},
    change::{self, Changer},
    declaration::{Declaration, DeclaredCollection, built_in, id_schema, part_operation, path_parameters, set_path},
    members::Parent,
    respond::answer_with,
    sent::ITEMS,
    stored::{self, ItemReader, Reader},
    whole::{self, Verb},
};

/// How the parts of an item reach it: by its read process, and by its modify process.
type ItemAccess = (Option<Arc<dyn Reader>>, Option<Arc<dyn Changer>>);

/// Where a resource stands.
struct Level {
    within: Within,
    /// The path of the collection, and of its items.
    path: String,
    item: String,
    /// What the names of its processes begin with.
    name: String,
    /// The parameters of the path of the collection, and of its items.
    above: Vec<(String, Value)>,
    keys: Vec<(String, Value)>,
}

impl Level {
    fn new<E: Entity>(path: String, name: String, id: &str, above: &Above) -> Self {
        let keys = [above.keys.clone(), vec![(id.to_owned(), id_schema::<E>())]].concat();
        let item = format!("{path}/{{{id}}}");
        Self { within: above.within(), path, item, name, above: above.keys.clone(), keys }
    }

    fn process(&self, verb: &str) -> String {
        format!("{}.{verb}", self.name)
    }
}

fn with<'a>(keys: &'a [(String, Value)], more: &[(&'a str, Value)]) -> Vec<(&'a str, Value)> {
    keys.iter().map(|(name, schema)| (name.as_str(), schema.clone())).chain(more.iter().cloned()).collect()
}

impl<E: Entity> Resource<E> {
    /// Everything that it declares.
    #[must_use]
    pub fn declare(self) -> Declared {
        let mut out = Declared::default();
        let above = Above::default();
        let level = Level::new::<E>(self.path.clone(), self.name.clone(), "id", &above);
        self.declare_at(&level, &above, &mut out);
        out
    }

    /// The same as a collection inside of an item: its ids are named by its entity, so that the item's keep their name.
    pub(crate) fn declare_inside(self, segment: &str, above: &Above, out: &mut Declared) {
        let (path, name) = (format!("{}/{segment}", above.path), format!("{}.{segment}", above.name));
        let id = format!("{}Id", camel(&E::schema_name()));
        if path_parameters(&path).any(|one| one == id) {
            out.mistakes.push(format!("{path}: two ids of its path have the name `{id}`"));
        }
        if E::OWNED_BY_COMPANY != above.owned {
            out.mistakes.push(format!("{path}: what is inside of an item belongs to whom the item belongs"));
        }
        let level = Level::new::<E>(path, name, &id, above);
        self.declare_at(&level, above, out);
    }

    fn declare_at(mut self, level: &Level, above: &Above, out: &mut Declared) {
        let mut collection = DeclaredCollection::of::<E>(&level.path, above);
        collection.aliases = self.aliases.iter().map(|alias| alias.word.clone()).collect();
        out.collections.push(collection);
        let layout = Layout::of(&E::schema());
        self.collection_operations(level, out);
        let (reader, changer) = self.item_operations(level, out);
        self.whole_operations(level, out);
        if self.searches {
            beside::search(out, &level.path);
        }
        if self.batches {
            beside::batch::<E>(out, &level.path, &level.name, &with(&level.above, &[]), level.within);
        }
        for part in &self.parts {
            part_operation(out, part, &level.path, &level.item, &level.name);
        }
        let (path, name, keys) = (level.item.clone(), level.name.clone(), level.keys.clone());
        let parent = Parent { path, name, keys, layout: &layout, reader, changer };
        for (name, members) in std::mem::take(&mut self.members) {
            members.declare(&name, &parent, out);
        }
        let children = std::mem::take(&mut self.children);
        parent.properties(&children.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), out);
        if self.demands_if_match {
            out.demand_if_match(&level.item);
        }
        if self.demands_idempotency_key {
            out.demand_idempotency_key(&level.path);
        }
        if self.reads_may_be_stale {
            out.let_reads_be_stale(&level.path);
        }
        if self.demands_if_match_of_whole || level.within.depth == 0 && !matches!(self.list, Binding::None) {
            out.demand_if_match_of_whole(&level.path);
        }
        if let Some(respond) = &self.respond {
            answer_with(out, respond, &level.path, &level.item);
        }
        let collections = [above.collections.clone(), vec![E::COLLECTION]].concat();
        let inside = Above {
            path: level.item.clone(),
            name: level.name.clone(),
            keys: level.keys.clone(),
            collections,
            owned: E::OWNED_BY_COMPANY,
        };
        for (_, child) in children {
            child(&inside, out);
        }
        let_stand(out, &self.aliases, &level.path, &level.item, &level.name);
    }

    fn collection_operations(&self, level: &Level, out: &mut Declared) {
        let entity = camel(&E::schema_name());
        let row = [
            (Method::Post, "create", "Creates an item.", self.create),
            (
                Method::Get,
                "list",
                "Lists the items, page by page: in the order of their ids, or as a declared list has them.",
                self.list,
            ),
        ];
        for (method, verb, documentation, binding) in row {
            let name = level.process(verb);
            let make = match (binding, method) {
                (Binding::None, _) => continue,
                (Binding::Own(own), _) => (own.make)(&name),
                (Binding::Stored, Method::Get) => built_in(
                    &name,
                    documentation,
                    Effect::Query,
                    &with(&level.above, &[("page", PageRequest::schema())]),
                    Some(page_schema(&E::schema())),
                    stored::list::<E>(level.within),
                ),
                (Binding::Stored, _) => built_in(
                    &name,
                    documentation,
                    Effect::Command,
                    &with(&level.above, &[(&entity, E::schema())]),
                    Some(E::schema()),
                    stored::create::<E>(level.within),
                ),
            };
            let make = if self.pages_by_offset && method == Method::Get { make.and_then(by_offset) } else { make };
            out.push(Target::Collection, method, &level.path, make, binding.of());
        }
    }

    fn item_operations(&self, level: &Level, out: &mut Declared) -> ItemAccess {
        let (path, within) = (level.item.as_str(), level.within);
        let entity = camel(&E::schema_name());
        let (mut reader, mut changer): ItemAccess = (None, None);
        let row = [
            (Method::Get, "read", "Reads an item.", self.read),
            (Method::Put, "replace", "Replaces an item.", self.replace),
            (Method::Patch, "modify", "Changes an item.", self.modify),
            (Method::Delete, "delete", "Deletes an item and gives what it was.", self.delete),
        ];
        for (method, verb, documentation, binding) in row {
            let name = level.process(verb);
            let id = with(&level.keys, &[]);
            let whole = with(&level.keys, &[(&entity, E::schema())]);
            let output = Some(E::schema());
            let make = match (binding, method) {
                (Binding::None, _) => continue,
                (Binding::Own(own), _) => (own.make)(&name).map(|mut process| {
                    wrap::<E>(&mut process, method, path, within, &mut changer);
                    process
                }),
                (Binding::Stored, Method::Get) => {
                    built_in(&name, documentation, Effect::Query, &id, output, stored::read::<E>(within))
                }
                (Binding::Stored, Method::Delete) => {
                    built_in(&name, documentation, Effect::Command, &id, output, stored::delete::<E>(within))
                }
                (Binding::Stored, Method::Put) => {
                    let body = change::replace::<E>(within, None);
                    let process = built_in(&name, documentation, Effect::Command, &whole, output, body);
                    process.map(|mut process| {
                        set_path(&mut process, path);
                        process.keep_unknown();
                        process
                    })
                }
                (Binding::Stored, _) => {
                    let (body, modify) = change::modify::<E>(within, None);
                    changer = Some(modify);
                    let process = built_in(&name, documentation, Effect::Command, &whole, output, body);
                    process.map(|process| Process { takes_json_patch: true, ..process })
                }
            };
            out.push(Target::Item, method, path, make, binding.of());
            if let (Method::Get, Some(Ok(read))) = (method, out.operations.last().map(|last| &last.process)) {
                reader = Some(Arc::new(ItemReader::new(read)));
            }
        }
        if let Some(reader) = &reader {
            out.taken(path, &level.path, &with(&level.keys, &[]), Arc::clone(reader));
        }
        (reader, changer)
    }

    fn whole_operations(&self, level: &Level, out: &mut Declared) {
        let row = [
            (Method::Put, Verb::Replace, "replaceAll", "Replaces the whole collection.", self.replace_all),
            (Method::Patch, Verb::Modify, "modifyAll", "Changes the items that it names.", self.modify_all),
            (
                Method::Delete,
                Verb::Delete,
                "deleteAll",
                "Empties the collection, or takes away what a filter selects.",
                self.delete_all,
            ),
        ];
        for (method, verb, word, documentation, binding) in row {
            let make = match binding {
                Binding::None => continue,
                Binding::Own(Described { make, .. }) => make(&level.process(word)),
                Binding::Stored => self.whole_operation(level, verb, word, documentation, out),
            };
            out.push(Target::Collection, method, &level.path, make, binding.of());
        }
    }

    fn whole_operation(
        &self,
        level: &Level,
        verb: Verb,
        word: &str,
        documentation: &str,
        out: &mut Declared,
    ) -> Result<Process, ShapeError> {
        let mut faults = Vec::new();
        for needed in verb.needs() {
            match out.named(&level.process(needed)) {
                Some(process) => {
                    faults.extend(process.faults.iter().copied());
                    if let Some(why) = unfit::<E>(needed, process) {
                        out.mistakes
                            .push(format!("{}: {word} hands items to `{}`, {why}", level.path, process.function));
                    }
                }
                None => {
                    out.mistakes.push(format!("{}: {word} needs the operation `{needed}` of its items", level.path))
                }
            }
        }
        let listed =
            out.named(&level.process("list")).is_some_and(|list| list.parameters.iter().any(|one| one.is_page()));
        let list = match verb {
            // What the list of the resource selects can be taken away alone.
            Verb::Delete => listed.then(|| ("selection", Selection::schema())),
            _ => Some((ITEMS, items_schema::<E>(verb))),
        };
        let output = (verb != Verb::Delete).then(|| page_schema(&E::schema()));
        let parameters = with(&level.above, &list.into_iter().collect::<Vec<_>>());
        let body = whole::whole::<E>(verb, &level.name, level.within);
        let process = built_in(&level.process(word), documentation, Effect::Command, &parameters, output, body)?;
        let queries = (verb == Verb::Delete && listed).then(|| (level.within.depth, Queries::of(&E::schema())));
        Ok(Process { faults, queries, ..process }.given_as_sent(ITEMS))
    }
}

/// The same list, which takes pages by offset too.
fn by_offset(mut list: Process) -> Result<Process, ShapeError> {
    list.parameters.iter_mut().try_for_each(BoundParameter::take_page_by_offset)?;
    Ok(list)
}

/// Why a process of the team can not take an item of a whole collection.
fn unfit<E: Entity>(verb: &str, process: &Process) -> Option<&'static str> {
    let given: Vec<_> = process.in_body().filter_map(|index| process.parameters.get(index)).collect();
    let takes_item = match given.as_slice() {
        [one] if verb == "modify" && one.schema.get(PATCH_MARK).is_some() => true,
        [one] => one.schema.get("title").is_some_and(|title| *title == E::schema_name()),
        _ => false,
    };
    match verb {
        "list" => (process.output != Some(page_schema(&E::schema()))).then_some("which gives no page of them"),
        "delete" => given.iter().any(|one| !one.optional).then_some("which takes more than an id"),
        _ => (!takes_item).then_some("which does not take the entity"),
    }
}

/// The schema of the list of a PUT or a PATCH of the whole collection.
fn items_schema<E: Entity>(verb: Verb) -> Value {
    let mut item = E::schema();
    let definitions = item.as_object_mut().and_then(|object| object.remove("$defs"));
    let mut list = json!({ "type": "array", "items": item });
    if let Some(object) = list.as_object_mut() {
        if let Some(definitions) = definitions {
            object.insert("$defs".into(), definitions);
        }
        if verb == Verb::Modify {
            object.insert(LIST_MARK.into(), true.into());
        }
    }
    list
}

impl Declared {
    fn named(&self, name: &str) -> Option<&Process> {
        let fits = |one: &&Declaration| one.registered && one.process.as_ref().is_ok_and(|one| one.name == name);
        self.operations.iter().find(fits)?.process.as_ref().ok()
    }
}

fn camel(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
