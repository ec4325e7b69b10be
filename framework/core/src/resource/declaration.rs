//! What resources, singletons and endpoints come down to: operations, each a process on a method of a target.

use serde_json::Value;

use crate::{
    Entity,
    layout::Layout,
    process::{Body, BoundParameter, Callable, Description, Process},
    schema::Schematic,
    shape::ShapeError,
    table::{Convention, Effect, Method, Target},
};

use super::EndpointForm;

/// One operation as it was declared.
pub struct Declaration {
    pub(crate) method: Method,
    pub(crate) target: Target,
    /// Below the path of the module; parameters in braces.
    pub(crate) path: String,
    pub(crate) convention: Convention,
    pub(crate) process: Result<Process, ShapeError>,
    /// The type behind it, so that `cx.call` finds it.
    pub(crate) of: Option<std::any::TypeId>,
    /// False for POST to an item, which is answered 404 or 409 and is not in `Allow`.
    pub(crate) succeeds: bool,
    /// Whether the process is registered under its name; the operations of properties run those of their items.
    pub(crate) registered: bool,
    pub(crate) endpoint: Option<EndpointForm>,
    /// What stands before the id in `Location`.
    pub(crate) location: String,
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
    pub(crate) path: String,
}

impl DeclaredCollection {
    pub(crate) fn of<E: Entity>(path: &str) -> Self {
        let schema = E::schema();
        Self { name: E::COLLECTION, layout: Layout::of(&schema), schema, path: path.to_owned() }
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
