//! A list member as a sub-collection, and the properties of an entity: what stands below an item's path.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    PageRequest,
    layout::{Form, Layout},
    patch::{LIST_MARK, Step},
    process::{Body, Command, Query, page_schema},
    schema::Schematic,
    table::{Effect, Method, Target},
};

use super::{
    binding::{Binding, Described, Part},
    change::Changer,
    declaration::{Declared, access_of, built_in, part_operation, path_parameters},
    elements::{ElementCreate, ElementList, ElementsWhole},
    property::{Place, PropertyChange, PropertyRead, Verb},
    sent::ITEMS,
    stored::Reader,
    whole,
};

/// How a list member behaves as a collection. Its elements are read, replaced, changed and deleted by themselves,
/// through the modify process of the item; creating one needs a process of your own, that knows how it is named.
#[derive(Default)]
pub struct Members {
    create: Binding,
    replaces_all: bool,
    modifies_all: bool,
    deletes_all: bool,
    demands_if_match: bool,
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

    /// PUT of the whole list: those elements that are sent, each with its key, and no others.
    #[must_use]
    pub fn replace_all(mut self) -> Self {
        self.replaces_all = true;
        self
    }

    /// PATCH of the whole list: a merge patch (RFC 7396) for each element that is named by its key; the others stay.
    #[must_use]
    pub fn modify_all(mut self) -> Self {
        self.modifies_all = true;
        self
    }

    /// DELETE of the whole list empties it.
    #[must_use]
    pub fn delete_all(mut self) -> Self {
        self.deletes_all = true;
        self
    }

    /// PUT, PATCH and DELETE of the whole list.
    #[must_use]
    pub fn whole_collection(self) -> Self {
        self.replace_all().modify_all().delete_all()
    }

    /// PUT, PATCH and DELETE of the whole list demand `If-Match`: 428 without it (RFC 6585).
    #[must_use]
    pub fn demand_if_match(mut self) -> Self {
        self.demands_if_match = true;
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
            let body = ElementList {
                item: Arc::clone(item),
                place: parent.place(&place),
                key: key.clone(),
                page: parent.keys.len(),
            };
            let output = Some(page_schema(&element.schema));
            let list = built_in(
                &format!("{name}.list"),
                "Lists the elements in their order.",
                Effect::Query,
                &[parent.keys(), vec![page]].concat(),
                output,
                Arc::new(body),
            );
            out.push(Target::Collection, Method::Get, &path, list, None);
            out.place_needs(parent.needs(&place));
        }
        if let Binding::Own(own) = self.create {
            let create = (own.make)(&format!("{name}.create")).map(|mut process| {
                process.body = Arc::new(ElementCreate { own: process.body, key: key.clone() });
                process
            });
            out.push(Target::Collection, Method::Post, &path, create, Some(own.of));
            out.place_needs(parent.needs(&place));
        }
        if self.replaces_all {
            parent.whole(out, &place, list, Method::Put, &name);
        }
        if self.modifies_all {
            parent.whole(out, &place, list, Method::Patch, &name);
        }
        if self.deletes_all {
            parent.change(out, &place, list, Method::Delete, Verb::Empty, Some(&name));
        }
        if self.demands_if_match {
            out.demand_if_match_of_whole(&path);
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
    /// The parameters of its path.
    pub(crate) keys: Vec<(String, Value)>,
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

    fn keys(&self) -> Vec<(&str, Value)> {
        self.keys.iter().map(|(name, schema)| (name.as_str(), schema.clone())).collect()
    }

    fn place(&self, steps: &[Step]) -> Place {
        Place { steps: steps.to_vec(), ids: self.keys.len() }
    }

    /// The permissions without which a place does not exist.
    fn needs(&self, place: &[Step]) -> Vec<String> {
        self.layout.needs(place).map(str::to_owned).collect()
    }

    /// The parameters of the path of a place: those of the item, then the keys of the lists on the way.
    fn parameters(&self, place: &[Step]) -> Vec<(String, Value)> {
        let mut parameters = self.keys.clone();
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
        Some(Arc::new(PropertyRead { item, place: self.place(place) }))
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
        out.place_needs(self.needs(place));
        out.taken(&item, path, &keys, read);
        out.place_needs(self.needs(place));
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
            place: self.place(place),
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
        out.place_needs(self.needs(place));
        if name.is_none() {
            out.unregistered();
        }
    }

    /// PUT or PATCH of a whole list.
    fn whole(&self, out: &mut Declared, place: &[Step], layout: &Layout, method: Method, name: &str) {
        let (Some(item), Some(changer)) = (&self.reader, &self.changer) else { return };
        let Form::List { key, element } = &layout.form else { return };
        let (verb, word, documentation) = match method {
            Method::Patch => (whole::Verb::Modify, "modifyAll", "Changes the elements that it names."),
            _ => (whole::Verb::Replace, "replaceAll", "Replaces the whole list."),
        };
        let body = ElementsWhole {
            item: Arc::clone(item),
            changer: Arc::clone(changer),
            place: self.place(place),
            key: key.clone(),
            verb,
            items: self.keys.len(),
        };
        let Some((_, _, faults)) = access_of(out, &self.path, Method::Patch) else { return };
        let parameters = [self.keys(), vec![(ITEMS, list_schema(&layout.schema, verb))]].concat();
        let output = Some(page_schema(&element.schema));
        let process =
            built_in(&format!("{name}.{word}"), documentation, Effect::Command, &parameters, output, Arc::new(body));
        let process = process.map(|mut process| {
            process.faults = faults;
            process.given_as_sent(ITEMS)
        });
        out.push(Target::Collection, method, &self.path_of(place), process, None);
        out.place_needs(self.needs(place));
    }

    /// Every property that no declared part took the place of. `taken` names those that collections stand in.
    pub(crate) fn properties(&self, taken: &[&str], out: &mut Declared) {
        let free =
            |place: &[Step]| !matches!(place.first(), Some(Step::Member(name)) if taken.contains(&name.as_str()));
        for (place, layout) in self.layout.places().into_iter().filter(|(place, _)| free(place)) {
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
            out.place_needs(self.needs(place));
            out.unregistered();
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

/// The schema of a list, or of one that holds patches.
fn list_schema(schema: &Value, verb: whole::Verb) -> Value {
    let mut schema = schema.clone();
    if let (whole::Verb::Modify, Some(object)) = (verb, schema.as_object_mut()) {
        object.insert(LIST_MARK.into(), true.into());
    }
    schema
}
