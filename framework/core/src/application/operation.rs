//! One operation of the running application: a process on a method of a target.

use std::sync::Arc;

use crate::{
    application::state::StateOf,
    process::Process,
    resource::EndpointForm,
    table::{Convention, Method, Target},
};

/// A process on a method of a target.
#[derive(Debug)]
pub struct Operation {
    /// The method; GET stands for HEAD too.
    pub method: Method,
    /// What the path names.
    pub target: Target,
    /// The path below the public base, parameters in braces.
    pub path: String,
    /// How it takes a request and answers a success.
    pub convention: Convention,
    /// What it runs.
    pub process: Arc<Process>,
    /// False for POST to an item, which is answered 404 or 409 and is not in `Allow`.
    pub succeeds: bool,
    /// How many segments of a request's path stand before the id in `Location`.
    pub location_segments: usize,
    /// Reads what preconditions are about; nothing where no GET tells it.
    pub(crate) state: Option<StateOf>,
    /// The form of an endpoint.
    pub endpoint: Option<EndpointForm>,
}
