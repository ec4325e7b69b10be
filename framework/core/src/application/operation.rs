//! One operation of the running application: a process on a method of a target.

use std::sync::Arc;

use crate::{
    application::{repeat::Again, state::StateOf},
    process::Process,
    resource::{EndpointBody, EndpointForm},
    table::{BodyRule, Convention, Effect, Method, Reading, Target},
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
    /// Whether its answer may be kept, to be given again: a command of a caller, whose answer holds no secret.
    pub repeatable: bool,
    /// Whether a replica of the store may answer it: a query of a resource that allows it.
    pub may_be_stale: bool,
    /// Reads what preconditions are about; nothing where no GET tells it.
    pub(crate) state: Option<StateOf>,
    /// Reads what it answered, where that was too long to be kept; nothing where no GET gives the same.
    pub(crate) again: Option<Again>,
    /// The form of an endpoint.
    pub endpoint: Option<EndpointForm>,
}

/// The media types that a body is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaTypes {
    /// There is no body.
    None,
    /// JSON.
    Json,
    /// A merge patch (RFC 7396), also under the name of plain JSON.
    MergePatch,
    /// A JSON Patch (RFC 6902) as well.
    Patches,
    /// A form.
    Form,
}

impl MediaTypes {
    /// Their names as a field lists them: `Accept-Post`, `Accept-Patch` (RFC 5789).
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Json => "application/json",
            Self::MergePatch => "application/merge-patch+json, application/json",
            Self::Patches => "application/merge-patch+json, application/json-patch+json, application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }

    /// Their names, one by one.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.list().split(", ").filter(|name| !name.is_empty())
    }
}

impl Operation {
    /// Whether a caller may ask for some members of its answer alone: `fields`.
    #[must_use]
    pub fn has_fields(&self) -> bool {
        let has_members = matches!(self.target, Target::Collection | Target::Item | Target::Singleton | Target::Search);
        has_members && self.process.effect == Effect::Query && self.succeeds
    }

    /// Whether it runs the query of its collection's list on a body.
    pub(crate) fn searches(&self) -> bool {
        self.target == Target::Search || (self.target == Target::Collection && self.method == Method::Query)
    }

    /// What its body may be written in.
    #[must_use]
    pub fn media_types(&self) -> MediaTypes {
        match (self.endpoint.as_ref().map(|form| form.body), self.convention.reading) {
            (Some(EndpointBody::None), _) => MediaTypes::None,
            (Some(EndpointBody::Form), _) => MediaTypes::Form,
            _ if self.convention.body == BodyRule::None => MediaTypes::None,
            // A merge patch of a list would be the whole list (RFC 7396); that of a collection has one for each item.
            (_, Reading::Patch) if self.target == Target::Collection => MediaTypes::Json,
            (_, Reading::Patch) if self.process.takes_json_patch() => MediaTypes::Patches,
            (_, Reading::Patch) => MediaTypes::MergePatch,
            _ => MediaTypes::Json,
        }
    }
}
