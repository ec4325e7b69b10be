//! What `#[process]` reads off a function.

use serde_json::Value;

use crate::{FaultCode, schema::Schematic, table::Effect};

/// The description of a process.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The name of the function.
    pub function: &'static str,
    /// Its doc comment: the first line is the title of its operations.
    pub documentation: &'static str,
    /// Query or command.
    pub effect: Effect,
    /// Its parameters behind the context.
    pub parameters: &'static [Parameter],
    /// The schema of what it gives; `None` for nothing.
    pub output: fn() -> Option<Value>,
    /// The permission that a caller needs, when it is not the name under which the process is bound.
    pub permission: Option<&'static str>,
    /// Whether it may be called without tokens.
    pub public: bool,
    /// The codes of its own that it may give.
    pub faults: &'static [FaultCode],
}

/// A parameter of a process.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its self-contained schema.
    pub schema: fn() -> Value,
}

impl Parameter {
    /// A parameter of a type.
    #[must_use]
    pub const fn of<T: Schematic>(name: &'static str) -> Self {
        Self { name, schema: T::schema }
    }
}

/// Where a parameter comes from in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Path, or body.
    Plain,
    /// The query string: a type that derives `Flags`.
    Flags,
    /// What the client sent to authenticate itself at an endpoint.
    ClientAuthentication,
}

impl ParameterKind {
    pub(crate) fn of(schema: &Value) -> Self {
        let marked = |mark: &str| schema.get(mark) == Some(&Value::Bool(true));
        if marked("x-flags") {
            Self::Flags
        } else if marked("x-client-authentication") {
            Self::ClientAuthentication
        } else {
            Self::Plain
        }
    }
}

/// `basket_name` as it is serialised: `basketName`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::with_capacity(name.len());
    for c in name.trim_start_matches("r#").trim_start_matches('_').chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.extend(c.to_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}
