//! Routes whose form a standard fixes: token endpoint, key set, metadata.

use crate::{
    process::{Callable, Command, Query},
    table::{Method, Target},
};

use super::{binding::Described, declaration::Declared};

/// What the body of an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointBody {
    /// No body.
    None,
    /// A JSON document.
    Json,
    /// `application/x-www-form-urlencoded`; fields become the members of the body.
    Form,
}

/// How an endpoint tells its faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// A problem document (RFC 9457).
    Problem,
    /// `{"error": .., "error_description": ..}` (RFC 6749, section 5.2).
    OAuth,
}

/// The form of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointForm {
    /// What it takes.
    pub body: EndpointBody,
    /// The media type of its answer.
    pub media_type: &'static str,
    /// How it fails.
    pub errors: ErrorFormat,
    /// How long an answer may be kept, in seconds; 0 for not at all. An answer that may be kept has an `ETag`.
    pub max_age_s: u32,
}

/// A route whose form a standard fixes.
pub struct Endpoint {
    path: String,
    name: String,
    method: Method,
    form: EndpointForm,
    process: Described,
}

impl Endpoint {
    /// GET of a document, answered by a query under this name.
    #[must_use]
    pub fn get<P: Query>(path: &str, name: &str) -> Self {
        Self::new::<P>(path, name, Method::Get, EndpointBody::None)
    }

    /// POST of a form, answered by a command under this name.
    #[must_use]
    pub fn form<P: Command>(path: &str, name: &str) -> Self {
        Self::new::<P>(path, name, Method::Post, EndpointBody::Form)
    }

    /// POST of a JSON document.
    #[must_use]
    pub fn post<P: Command>(path: &str, name: &str) -> Self {
        Self::new::<P>(path, name, Method::Post, EndpointBody::Json)
    }

    fn new<P: Callable>(path: &str, name: &str, method: Method, body: EndpointBody) -> Self {
        let form = EndpointForm { body, media_type: "application/json", errors: ErrorFormat::Problem, max_age_s: 0 };
        Self { path: path.to_owned(), name: name.to_owned(), method, form, process: Described::new::<P>() }
    }

    /// The media type of its answer, when it is not `application/json`.
    #[must_use]
    pub fn media_type(mut self, media_type: &'static str) -> Self {
        self.form.media_type = media_type;
        self
    }

    /// Faults are told as OAuth 2 has it.
    #[must_use]
    pub fn oauth_errors(mut self) -> Self {
        self.form.errors = ErrorFormat::OAuth;
        self
    }

    /// Answers may be kept this long, in seconds.
    #[must_use]
    pub fn max_age_s(mut self, seconds: u32) -> Self {
        self.form.max_age_s = seconds;
        self
    }

    /// Everything that it declares.
    #[must_use]
    pub fn declare(self) -> Declared {
        let mut out = Declared::default();
        let process = (self.process.make)(&self.name);
        out.push(Target::Endpoint, self.method, &self.path, process, Some(self.process.of));
        if let Some(last) = out.operations.last_mut() {
            last.endpoint = Some(self.form);
        }
        out
    }
}
