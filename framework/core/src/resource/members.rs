//! A list member as a sub-collection, and the properties of an entity: what stands below an item's path.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    PageRequest,
    layout::{Form, Layout},
    patch::Step,
    process::{Body, Command, Query, page_schema},
    schema::Schematic,
    table::{Effect, Method, Target},
};

use super::{
    builder::{Binding, Described, Part},
    change::Changer,
    declaration::{Declared, access_of, built_in, part_operation, path_parameters},
    property::{ElementCreate, ElementList, Place, PropertyChange, PropertyRead, Verb},
    stored::Reader,
};

/// How a list member behaves as a collection. Its elements are read, replaced, changed and deleted by themselves,
/// through the modify process of the item; creating one needs a process of your own, that knows how it is named.
#[derive(Default)]
pub struct Members {
    create: Binding,
    delete_all: Binding,
    parts: Vec<Part>,
}

impl Members {
    /// GET, PUT, PATCH and DELETE of elements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// POST to the list: the process takes the parameters of the item's path, and gives the new element.
    #[must_use]
    pub fn create<P: Command>(mut self) -> Self {
        self.create = Binding::Own(Described::new::<P>());
        self
    }

    /// DELETE of the whole list empties it.
    #[must_use]
    pub fn delete_all(mut self) -> Self {
        self.delete_all = Binding::Stored;
        self
    }

    /// POST under a name, on an element when the command takes its key, else on the list.
    #[must_use]
    pub fn action<P: Command>(self, name: &str) -> Self {
        self.part(name, Target::Action, Method::Post, Described::new::<P>())
    }

    /// PATCH under a name.
    #[must_use]
    pub fn patch_action<P: Command>(self, name: &str) -> Self {
        self.part(name, Target::Action, Method::Patch, Described::new::<P>())
    }

    /// A read-only answer under a name.
    #[must_use]
    pub fn view<P: Query>(self, name: &str) -> Self {
        self.part(name, Target::View, Method::Get, Described::new::<P>())
    }

    fn part(mut self, name: &str, target: Target, method: Method, process: Described) -> Self {
        self.parts.push(Part { name: name.to_owned(), target, method, process, created: false });
        self
    }

    pub(crate) fn declare(self, member: &str, parent: &Parent<'_>, out: &mut Declared) {
        let list = parent.layout.member(member);
        let Some((list, Form::List { key, element })) = list.map(|list| (list, &list.form)) else {
            out.mistakes.push(format!(
                "{}/{member}: not a list whose elements have a member with `#[value(key)]`",
                parent.path
            ));
            return;
        };
        let place = vec![Step::Member(member.to_owned())];
        let inner = [place.clone(), vec![Step::Keyed(key.clone(), key.as_str().into())]].concat();
        let name = format!("{}.{member}", parent.name);
        let path = format!("{}/{member}", parent.path);
        if let Some(item) = &parent.reader {
            let page = ("page", PageRequest::schema());
            let body = ElementList { item: Arc::clone(item), place: Place(place.clone()), key: key.clone(), page: 1 };
            let output = Some(page_schema(&element.schema));
            let list = built_in(
                &format!("{name}.list"),
                "Lists the elements in their order.",
                Effect::Query,
                &[("id", parent.id.clone()), page],
                output,
                Arc::new(body),
            );
            out.push(Target::Collection, Method::Get, &path, list, None);
        }
        if let Binding::Own(own) = self.create {
            let create = (own.make)(&format!("{name}.create")).map(|mut process| {
                process.body = Arc::new(ElementCreate { own: process.body, key: key.clone() });
                process
            });
            out.push(Target::Collection, Method::Post, &path, create, Some(own.of));
        }
        if !matches!(self.delete_all, Binding::None) {
            parent.change(out, &place, list, Method::Delete, Verb::Empty, Some(&name));
        }
        parent.element(out, &inner, element, &name, &path, key);
        let item = format!("{path}/{{{key}}}");
        for part in &self.parts {
            part_operation(out, part, &path, &item, &name);
        }
    }
}

/// The item that parts belong to.
pub(crate) struct Parent<'a> {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) id: Value,
    pub(crate) layout: &'a Layout,
    pub(crate) reader: Option<Arc<dyn Reader>>,
    pub(crate) changer: Option<Arc<dyn Changer>>,
}

impl Parent<'_> {
    fn path_of(&self, place: &[Step]) -> String {
        place.iter().fold(self.path.clone(), |path, step| match step {
            Step::Member(name) => format!("{path}/{name}"),
            Step::Keyed(key, _) => format!("{path}/{{{key}}}"),
        })
    }

    /// The parameters of the path of a place: the item's id, then the keys of the lists on the way.
    fn parameters(&self, place: &[Step]) -> Vec<(String, Value)> {
        let mut parameters = vec![("id".to_owned(), self.id.clone())];
        let mut layout = Some(self.layout);
        for step in place {
            layout = match (step, layout.map(|layout| &layout.form)) {
                (Step::Member(name), _) => layout.and_then(|layout| layout.member(name)),
                (Step::Keyed(key, _), Some(Form::List { element, .. })) => {
                    let schema = element.member(key).map_or(Value::Bool(true), |key| key.schema.clone());
                    parameters.push((key.clone(), schema));
                    Some(element)
                }
                _ => None,
            };
        }
        parameters
    }

    fn read_body(&self, place: &[Step]) -> Option<Arc<PropertyRead>> {
        let item = Arc::clone(self.reader.as_ref()?);
        Some(Arc::new(PropertyRead { item, place: Place(place.to_vec()) }))
    }

    /// GET, PUT, PATCH and DELETE of one element, and POST to it, which never succeeds.
    fn element(&self, out: &mut Declared, place: &[Step], layout: &Layout, name: &str, path: &str, key: &str) {
        let Some(read) = self.read_body(place) else { return };
        let parameters = self.parameters(place);
        let keys: Vec<(&str, Value)> =
            parameters.iter().map(|(name, schema)| (name.as_str(), schema.clone())).collect();
        let item = format!("{path}/{{{key}}}");
        let output = Some(layout.schema.clone());
        let body = Arc::clone(&read) as Body;
        let process = built_in(&format!("{name}.read"), "Reads an element.", Effect::Query, &keys, output, body);
        out.push(Target::Item, Method::Get, &item, process, None);
        out.taken(&item, path, &keys, read);
        for (method, verb) in [(Method::Put, Verb::Set), (Method::Patch, Verb::Merge), (Method::Delete, Verb::Remove)] {
            self.change(out, place, layout, method, verb, Some(name));
        }
    }

    /// One changing operation: of an element or a list under a name of its own, or of a property under the item's.
    fn change(
        &self,
        out: &mut Declared,
        place: &[Step],
        layout: &Layout,
        method: Method,
        verb: Verb,
        name: Option<&str>,
    ) {
        let (Some(item), Some(changer)) = (&self.reader, &self.changer) else { return };
        let mut parameters = self.parameters(place);
        let value = parameters.len();
        if matches!(verb, Verb::Set | Verb::Merge) {
            parameters.push(("value".to_owned(), layout.schema.clone()));
        }
        let parameters: Vec<(&str, Value)> =
            parameters.iter().map(|(name, schema)| (name.as_str(), schema.clone())).collect();
        let body = PropertyChange {
            item: Arc::clone(item),
            changer: Arc::clone(changer),
            place: Place(place.to_vec()),
            verb,
            value,
        };
        let (target, word, documentation) = match (verb, name) {
            (Verb::Empty, _) => (Target::Collection, "deleteAll", "Empties the list."),
            (Verb::Set, Some(_)) => (Target::Item, "replace", "Replaces an element."),
            (Verb::Merge, Some(_)) => (Target::Item, "modify", "Changes an element."),
            (Verb::Remove, Some(_)) => (Target::Item, "delete", "Deletes an element and gives what it was."),
            (Verb::Set, None) => (Target::Property, "", "Replaces a property."),
            (Verb::Merge, None) => (Target::Property, "", "Changes a property."),
            (Verb::Remove, None) => (Target::Property, "", "Removes a property, or sets its default."),
        };
        let Some((item_name, access, faults)) = access_of(out, &self.path, Method::Patch) else { return };
        let output = (verb != Verb::Empty).then(|| layout.schema.clone());
        let full = name.map_or(item_name, |name| format!("{name}.{word}"));
        let process = built_in(&full, documentation, Effect::Command, &parameters, output, Arc::new(body));
        let process = process.map(|mut process| {
            if name.is_none() {
                process.access = access;
            }
            process.takes_json_patch = verb == Verb::Merge;
            process.faults = faults;
            process
        });
        out.push(target, method, &self.path_of(place), process, None);
        if let (None, Some(last)) = (name, out.operations.last_mut()) {
            last.registered = false;
        }
    }

    /// Every property that no declared part took the place of.
    pub(crate) fn properties(&self, out: &mut Declared) {
        for (place, layout) in self.layout.places() {
            let path = self.path_of(&place);
            let taken = out.operations.iter().any(|one| {
                one.path == path
                    || (path.starts_with(&format!("{}/", one.path))
                        && matches!(one.target, Target::View | Target::Action)
                        && path_parameters(&one.path).next().is_some())
            });
            if taken {
                continue;
            }
            self.property(out, &place, layout, &path);
        }
    }

    fn property(&self, out: &mut Declared, place: &[Step], layout: &Layout, path: &str) {
        if let (Some(read), Some((name, access, faults))) =
            (self.read_body(place), access_of(out, &self.path, Method::Get))
        {
            let parameters = self.parameters(place);
            let parameters: Vec<(&str, Value)> =
                parameters.iter().map(|(name, schema)| (name.as_str(), schema.clone())).collect();
            let output = Some(layout.schema.clone());
            let process = built_in(&name, "Reads a property.", Effect::Query, &parameters, output, read);
            let process = process.map(|mut process| {
                (process.access, process.faults) = (access, faults);
                process
            });
            out.push(Target::Property, Method::Get, path, process, None);
            if let Some(last) = out.operations.last_mut() {
                last.registered = false;
            }
        }
        let (id, key) = match place {
            [Step::Member(name)] => (name == "id", false),
            [.., Step::Keyed(key, _), Step::Member(name)] => (false, key == name),
            _ => (false, false),
        };
        if layout.read_only || id || key || self.inside_read_only(place) {
            return;
        }
        self.change(out, place, layout, Method::Put, Verb::Set, None);
        self.change(out, place, layout, Method::Patch, Verb::Merge, None);
        if !layout.required || matches!(place.last(), Some(Step::Keyed(..))) {
            self.change(out, place, layout, Method::Delete, Verb::Remove, None);
        }
    }

    fn inside_read_only(&self, place: &[Step]) -> bool {
        let mut layout = Some(self.layout);
        place.iter().any(|step| {
            layout = match (step, layout.map(|layout| &layout.form)) {
                (Step::Member(name), _) => layout.and_then(|layout| layout.member(name)),
                (Step::Keyed(..), Some(Form::List { element, .. })) => Some(element),
                _ => None,
            };
            layout.is_some_and(|layout| layout.read_only)
        })
    }
}
