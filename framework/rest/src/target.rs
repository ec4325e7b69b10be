//! What a path names: its methods, and what is known of each before the first request.

use std::sync::Arc;

use actix_http::header::HeaderValue;
use enaction_core::{
    Operation,
    application::MediaTypes,
    process::ParameterKind,
    resource::{EndpointBody, ErrorFormat},
    table::{BodyRule, Method, Target as Kind},
};

use crate::{form::Fields, names, pages::Page};

/// An operation with what the steps need to know of it.
pub(crate) struct Ready {
    pub(crate) operation: Arc<Operation>,
    pub(crate) body: BodyRule,
    /// The media types of its body.
    pub(crate) taken: MediaTypes,
    /// The media type of its answer.
    pub(crate) media_type: HeaderValue,
    /// The fields of its form.
    pub(crate) fields: Option<Fields>,
    /// The parameter that is what the client authenticated itself with.
    pub(crate) client: Option<usize>,
}

impl Ready {
    fn new(operation: &Arc<Operation>) -> Self {
        let process = &operation.process;
        let form = operation.endpoint.as_ref();
        let client = process.parameters().position(|(_, kind, ..)| kind == ParameterKind::ClientAuthentication);
        let media_type = form.and_then(|form| HeaderValue::from_str(form.media_type).ok());
        Self {
            body: match form.map(|form| form.body) {
                Some(EndpointBody::None) => BodyRule::None,
                _ => operation.convention.body,
            },
            taken: operation.media_types(),
            media_type: media_type.unwrap_or_else(|| names::JSON.clone()),
            fields: form.filter(|form| form.body == EndpointBody::Form).map(|_| Fields::of(process)),
            client,
            operation: Arc::clone(operation),
        }
    }

    /// Whether its faults are told as OAuth 2 has it.
    pub(crate) fn tells_oauth(&self) -> bool {
        self.operation.endpoint.as_ref().is_some_and(|form| form.errors == ErrorFormat::OAuth)
    }

    /// How long its answer may be kept, in seconds; 0 for not at all.
    pub(crate) fn max_age_s(&self) -> u32 {
        self.operation.endpoint.as_ref().map_or(0, |form| form.max_age_s)
    }
}

/// What a path names.
#[derive(Default)]
pub(crate) struct Target {
    ready: [Option<Ready>; Method::ALL.len()],
    /// A page of the framework's own.
    pub(crate) page: Option<Page>,
}

/// The methods of `Allow` in their order; HEAD is where GET is.
const ALLOWED: [(&str, Method); 7] = [
    ("GET", Method::Get),
    ("HEAD", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("PATCH", Method::Patch),
    ("DELETE", Method::Delete),
    ("QUERY", Method::Query),
];

impl Target {
    /// Puts an operation on its method; gives false when another is there.
    pub(crate) fn put(&mut self, operation: &Arc<Operation>) -> bool {
        let Some(place) = self.ready.get_mut(operation.method as usize) else { return false };
        let free = place.is_none() && self.page.is_none();
        *place = Some(Ready::new(operation));
        free
    }

    /// The operation of a method.
    pub(crate) fn of(&self, method: Method) -> Option<&Ready> {
        self.ready.get(method as usize)?.as_ref()
    }

    /// Whether it takes batches.
    pub(crate) fn is_batch(&self) -> bool {
        self.of(Method::Post).is_some_and(|ready| ready.operation.target == Kind::Batch)
    }

    /// Whether nothing is on it yet.
    pub(crate) fn is_free(&self) -> bool {
        self.page.is_none() && self.ready.iter().all(Option::is_none)
    }

    /// The methods that can succeed.
    pub(crate) fn allow(&self) -> HeaderValue {
        let succeeds = |method: Method| match &self.page {
            Some(_) => method == Method::Get,
            None => self.of(method).is_some_and(|ready| ready.operation.succeeds),
        };
        let mut allow = String::new();
        for (name, _) in ALLOWED.iter().filter(|(_, method)| succeeds(*method)) {
            allow.push_str(name);
            allow.push_str(", ");
        }
        allow.push_str("OPTIONS");
        HeaderValue::from_str(&allow).unwrap_or(HeaderValue::from_static("OPTIONS"))
    }

    /// The media types that a method takes, where it takes a body and can succeed.
    pub(crate) fn taken(&self, method: Method) -> Option<HeaderValue> {
        let ready = self.of(method).filter(|ready| ready.operation.succeeds && ready.body != BodyRule::None)?;
        Some(HeaderValue::from_static(ready.taken.list()))
    }
}
