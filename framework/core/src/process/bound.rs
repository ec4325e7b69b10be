//! A process as everyone else sees it: a name, parameters with their shapes, an effect, a permission, faults.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    marker::PhantomData,
};

use serde_json::Value;

use crate::{
    Fault, FaultCode, Fields, PageRequest, ReadContext, Result, WriteContext, catalogue,
    evolution::Evolving,
    id::ID_PATTERN,
    limits::Limits,
    patch::PATCH_MARK,
    query::{BY_OFFSET, Queries},
    schema::{is_optional, sub_document, without_null},
    sensitive::{Veil, Withheld},
    shape::{Mode, Shape, ShapeError},
    table::{Effect, Reading},
};

use super::{
    Answer, Arguments, Boxed, Command, Description, Input, Output, ParameterKind, Query, answer::PAGE_ITEM,
    description::camel_case,
};

/// Who may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without tokens.
    Public,
    /// Who holds this permission.
    Permission(String),
}

/// The context that a process runs with.
pub enum Cx<'a> {
    /// Of a query.
    Read(&'a ReadContext),
    /// Of a command.
    Write(&'a mut WriteContext),
}

impl<'a> Cx<'a> {
    pub(crate) fn read(&self) -> &ReadContext {
        match self {
            Self::Read(cx) => cx,
            Self::Write(cx) => cx,
        }
    }

    pub(crate) fn write(self) -> Result<&'a mut WriteContext> {
        match self {
            Self::Write(cx) => Ok(cx),
            Self::Read(_) => Err(catalogue::INTERNAL.because("a query called a command")),
        }
    }
}

/// The function behind a process, without types.
pub trait Erased: Send + Sync {
    /// Runs it on checked input.
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>>;

    /// A fault of the commit, pointing into what was sent: the store points into the whole entity.
    fn of_commit(&self, fault: Fault) -> Fault {
        fault
    }
}

struct QueryOf<P>(PhantomData<fn() -> P>);
struct CommandOf<P>(PhantomData<fn() -> P>);

impl<P: Query> Erased for QueryOf<P> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let args = P::Args::parse(&input)?;
            match cx {
                Cx::Read(cx) => P::run(cx, args).await?.into_output(),
                Cx::Write(cx) => P::run(cx, args).await?.into_output(),
            }
        })
    }
}

impl<P: Command> Erased for CommandOf<P> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move { P::run(cx.write()?, P::Args::parse(&input)?).await?.into_output() })
    }
}

/// The function behind a process.
pub type Body = std::sync::Arc<dyn Erased>;

/// The function of a query without types; emitted by `#[process]`.
#[doc(hidden)]
#[must_use]
pub fn query_body<P: Query>() -> Body {
    std::sync::Arc::new(QueryOf::<P>(PhantomData))
}

/// The function of a command without types; emitted by `#[process]`.
#[doc(hidden)]
#[must_use]
pub fn command_body<P: Command>() -> Body {
    std::sync::Arc::new(CommandOf::<P>(PhantomData))
}

/// A parameter with its compiled shape.
#[derive(Clone, Debug)]
pub(crate) struct BoundParameter {
    /// As it is serialised.
    pub(crate) name: String,
    pub(crate) kind: ParameterKind,
    /// Self-contained, without the `null` of an optional one.
    pub(crate) schema: Value,
    pub(crate) shape: Shape,
    pub(crate) optional: bool,
    /// Whether its schema says that it is an object.
    pub(crate) object: bool,
    /// Whether it is an id by its pattern.
    pub(crate) id: bool,
    pub(crate) reading: Reading,
    /// Whether the process is given the document as it was sent, also where the value stands in an object of its name.
    pub(crate) as_sent: bool,
    /// Whether members that the schema does not know are left to the process, which knows what is stored.
    pub(crate) keeps_unknown: bool,
    /// What each flag is, for a parameter of flags.
    pub(crate) flags: Vec<(String, Shape)>,
    /// Where it holds what is sensitive.
    pub(crate) veil: Option<Veil>,
}

impl BoundParameter {
    pub(crate) fn new(name: &str, schema: &Value) -> Result<Self, ShapeError> {
        let optional = is_optional(schema);
        let schema = sub_document(schema, &without_null(schema));
        let kind = ParameterKind::of(&schema);
        let flags = match (kind, schema.get("properties").and_then(Value::as_object)) {
            (ParameterKind::Flags, Some(members)) => members
                .iter()
                .map(|(name, flag)| Ok((name.clone(), Shape::compile(&sub_document(&schema, &without_null(flag)))?)))
                .collect::<Result<_, ShapeError>>()?,
            _ => Vec::new(),
        };
        let shape = Shape::compile(&schema)?;
        let object = schema.get("properties").is_some() || schema.get("type") == Some(&"object".into());
        let id = schema.get("pattern").is_some_and(|pattern| pattern == ID_PATTERN);
        let veil = Veil::of(&schema);
        let (name, reading) = (camel_case(name), Reading::Full);
        let (as_sent, keeps_unknown) = (false, false);
        Ok(Self { name, kind, schema, shape, optional, object, id, reading, as_sent, keeps_unknown, flags, veil })
    }

    /// Whether its flags are those of the framework: they select by names of their own.
    pub(crate) fn selects(&self) -> bool {
        self.is_page() || self.schema.get("title") == Some(&"Selection".into())
    }

    /// Whether it is a [`Patch`](crate::Patch).
    pub(crate) fn is_patch(&self) -> bool {
        self.schema.get(PATCH_MARK).is_some()
    }

    /// Whether it says which part of a list is wanted, as flags do.
    pub(crate) fn is_page(&self) -> bool {
        self.kind == ParameterKind::Flags && self.is_query()
    }

    /// Whether it says which part of a list is wanted, in whatever form.
    pub(crate) fn is_query(&self) -> bool {
        let title = self.schema.get("title").and_then(Value::as_str);
        matches!(title, Some("PageRequest" | BY_OFFSET))
    }

    /// The same, whose page may be asked for by offset too.
    pub(crate) fn take_page_by_offset(&mut self) -> Result<(), ShapeError> {
        if self.is_page() {
            *self = Self::new(&self.name, &PageRequest::schema_by_offset())?;
        }
        Ok(())
    }

    /// The same, whose page is asked for by the body.
    pub(crate) fn take_page_by_document(&mut self) {
        if self.is_page() {
            self.kind = ParameterKind::Plain;
            self.flags.clear();
        }
    }

    /// The same in the form that another has, where both are a page.
    pub(crate) fn take_page_as(&mut self, other: &Self) -> Result<(), ShapeError> {
        if other.is_query() && other.schema != self.schema {
            self.take_page_by_offset()?;
        }
        if other.is_query() && !other.is_page() {
            self.take_page_by_document();
        }
        Ok(())
    }

    /// Whether its schema names types, and an object is none of them.
    pub(crate) fn is_scalar_or_list(&self) -> bool {
        let named = self.schema.get("type").and_then(Value::as_str);
        named.is_some_and(|kind| kind != "object")
    }

    pub(crate) fn mode(&self) -> Mode {
        match self.reading {
            Reading::Create => Mode::Create,
            Reading::Full => Mode::Full,
            Reading::Patch => Mode::Patch,
        }
    }
}

/// A process under the name that callers know.
#[derive(Clone)]
pub struct Process {
    /// Dotted; the first part belongs to one provider.
    pub name: String,
    /// The name of the function.
    pub function: String,
    /// What it does; the first line is a title.
    pub documentation: String,
    /// Query or command.
    pub effect: Effect,
    /// Who may call it.
    pub access: Access,
    /// The codes of its own that it may give.
    pub faults: Vec<FaultCode>,
    /// The schema of what it gives; `None` for nothing.
    pub output: Option<Value>,
    pub(crate) parameters: Vec<BoundParameter>,
    /// The parameters that the path gives.
    pub(crate) in_path: Vec<usize>,
    pub(crate) installation: bool,
    /// Whether its document may also be a JSON Patch (RFC 6902).
    pub(crate) takes_json_patch: bool,
    /// What can be asked of its list, and the parameter that asks; made of its output when the application is built.
    pub(crate) queries: Option<(usize, Queries)>,
    /// Where its answer holds what is sensitive; made of its output when the application is built.
    pub(crate) veil: Option<Veil>,
    /// How many steps between schemas are behind what it answers: another representation of the same state.
    pub(crate) steps: u32,
    /// Whose whole representation it answers, one or a page of them, where it is known.
    pub(crate) entity: Option<Evolving>,
    /// The permissions without which what it is about does not exist: those of the place that its path names.
    pub(crate) place_needs: Vec<String>,
    pub(crate) body: Body,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Process({})", self.name)
    }
}

impl Process {
    pub(crate) fn described(name: &str, description: &Description, body: Body) -> Result<Self, ShapeError> {
        let parameters = description.parameters.iter();
        Ok(Self {
            name: name.to_owned(),
            function: description.function.to_owned(),
            documentation: description.documentation.trim().to_owned(),
            effect: description.effect,
            access: match description.permission {
                _ if description.public => Access::Public,
                Some(permission) => Access::Permission(permission.to_owned()),
                None => Access::Permission(name.to_owned()),
            },
            faults: description.faults.to_vec(),
            output: (description.output)(),
            parameters: parameters
                .map(|one| BoundParameter::new(one.name, &(one.schema)()))
                .collect::<Result<_, _>>()?,
            in_path: Vec::new(),
            installation: false,
            takes_json_patch: false,
            queries: None,
            veil: None,
            steps: 0,
            entity: None,
            place_needs: Vec::new(),
            body,
        })
    }

    /// The same, giving a parameter as it was sent.
    pub(crate) fn given_as_sent(mut self, name: &str) -> Self {
        self.parameters.iter_mut().filter(|one| one.name == name).for_each(|one| one.as_sent = true);
        self
    }

    /// Whether its document, where it is read as a patch, may also be a JSON Patch (RFC 6902): its process takes the
    /// patched thing or the patch, nothing of its own.
    #[must_use]
    pub fn takes_json_patch(&self) -> bool {
        self.takes_json_patch
    }

    /// Leaves members that the schema of its document does not know to its body.
    pub(crate) fn keep_unknown(&mut self) {
        if let Some(document) = self.whole_body().and_then(|index| self.parameters.get_mut(index)) {
            document.keeps_unknown = true;
        }
    }

    /// The positions of the parameters that a body gives.
    pub(crate) fn in_body(&self) -> impl Iterator<Item = usize> + '_ {
        let plain = self.parameters.iter().enumerate().filter(|(_, one)| one.kind == ParameterKind::Plain);
        plain.map(|(index, _)| index).filter(|index| !self.in_path.contains(index))
    }

    /// The one parameter that *is* the body, if it is one.
    pub(crate) fn whole_body(&self) -> Option<usize> {
        let mut all = self.in_body();
        all.next().filter(|_| all.next().is_none())
    }

    /// The position of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|one| one.name == name)
    }

    /// Name, schema and whether it may be left out, of every parameter.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ParameterKind, &Value, bool)> {
        self.parameters.iter().map(|one| (one.name.as_str(), one.kind, &one.schema, one.optional))
    }

    /// Name and schema of the parameters that the path gives, in its order.
    pub fn path_parameters(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.in_path.iter().filter_map(|index| self.parameters.get(*index));
        all.map(|one| (one.name.as_str(), &one.schema))
    }

    /// Name, schema and whether it may be left out, of the parameters that the body gives.
    pub fn body_parameters(&self) -> impl Iterator<Item = (&str, &Value, bool)> {
        let all = self.in_body().filter_map(|index| self.parameters.get(index));
        all.map(|one| (one.name.as_str(), &one.schema, one.optional))
    }

    /// Compiles where its answer holds what is sensitive, and what can be asked of it, once it is known what it answers.
    pub(crate) fn know_answer(&mut self) {
        self.veil = self.output.as_ref().and_then(Veil::of);
        self.steps = self.output.as_ref().map_or(0, steps_in);
        let item = self.output.as_ref().and_then(|page| Some(sub_document(page, page.pointer(PAGE_ITEM)?)));
        if let Some(page) = self.parameters.iter().position(BoundParameter::is_page) {
            self.queries = Some((page, item.as_ref().map(Queries::of).unwrap_or_default()));
        }
    }

    /// Which members of its answer are wanted, by their names, such as `id` and `items.quantity`.
    ///
    /// # Errors
    /// `query_invalid` for what does not exist for the caller, and for more names than `fields_max`.
    pub fn fields<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        withheld: &Withheld,
        limits: &Limits,
    ) -> Result<Fields> {
        Fields::read(names, self.output.as_ref().unwrap_or(&Value::Null), withheld, limits)
    }

    /// Whether what its path names exists for a caller who lacks this.
    #[must_use]
    pub fn exists_for(&self, withheld: &Withheld) -> bool {
        !self.place_needs.iter().any(|permission| withheld.hides(permission))
    }

    /// What sets its answer apart from the whole of the first schema: a short hash of the permissions that the caller lacks,
    /// of the fields that it wants, and of the schemas that it is of, where there are any. All servers of one build agree on it.
    #[must_use]
    pub fn variant(&self, withheld: &Withheld, fields: Option<&Fields>) -> Option<u32> {
        let veil = self.veil.as_ref().filter(|veil| veil.hides(withheld));
        if veil.is_none() && fields.is_none() && self.steps == 0 {
            return None;
        }
        let mut hash = DefaultHasher::new();
        let lacking = veil.into_iter().flat_map(Veil::permissions).filter(|one| withheld.hides(one));
        lacking.for_each(|one| one.hash(&mut hash));
        fields.hash(&mut hash);
        if self.steps > 0 {
            self.steps.hash(&mut hash);
        }
        u32::try_from(hash.finish() >> 32).ok()
    }

    /// Every permission that something of its answer, its input or its place needs.
    pub(crate) fn sensitive(&self) -> impl Iterator<Item = &str> {
        let veils = self.parameters.iter().filter_map(|one| one.veil.as_ref()).chain(&self.veil);
        let inside = veils.flat_map(Veil::permissions).map(AsRef::as_ref);
        inside.chain(self.place_needs.iter().map(String::as_str))
    }

    /// Whether it is told which part of a list is wanted, which may be said by what its answer does not show.
    pub(crate) fn lists(&self) -> bool {
        self.parameters.iter().any(BoundParameter::is_query)
    }

    /// Whether a [`Secret`](crate::Secret) stands in its answer.
    pub(crate) fn answers_secret(&self) -> bool {
        self.output.as_ref().is_some_and(crate::secret::is_in)
    }

    /// Whether a fault with this code may come out of it.
    pub(crate) fn declares(&self, code: FaultCode) -> bool {
        self.faults.contains(&code) || catalogue::ALL.contains(&code)
    }
}

/// How many steps between schemas are behind all entities of a schema document, itself among them.
fn steps_in(document: &Value) -> u32 {
    let inside = match document {
        Value::Object(members) => members.values().map(steps_in).sum(),
        Value::Array(elements) => elements.iter().map(steps_in).sum(),
        _ => 0,
    };
    let own = document.get("x-schema-version").and_then(Value::as_u64).and_then(|own| u32::try_from(own).ok());
    own.map_or(0, |own| own.saturating_sub(1)) + inside
}
