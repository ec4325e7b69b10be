//! Faults: the expected failures of a process, and the catalogue of those that the framework itself gives.

use std::{borrow::Cow, fmt, time::Duration};

use serde::Serialize;

/// What a process returns.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

/// The kind of a fault. The kind decides the status of the answer; the code names the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The request can not be read: 400.
    Malformed,
    /// Nobody known calls: 401.
    Unauthenticated,
    /// The caller may not do this: 403.
    NotAllowed,
    /// It does not exist, or belongs to another company: 404.
    NotFound,
    /// The target has no such method: 405.
    MethodNotAllowed,
    /// No representation that the caller accepts: 406.
    NotAcceptable,
    /// The request did not arrive in time: 408.
    RequestTimeout,
    /// The state does not allow it: 409.
    Conflict,
    /// The caller's precondition does not hold: 412.
    PreconditionFailed,
    /// The body is longer than allowed: 413.
    BodyTooLarge,
    /// The request target is longer than allowed: 414.
    TargetTooLong,
    /// A media type that is not taken: 415.
    UnsupportedMediaType,
    /// A document that breaks a rule: 422.
    Invalid,
    /// The caller must send a precondition: 428.
    PreconditionRequired,
    /// Too many requests: 429.
    TooManyRequests,
    /// The head is larger than allowed: 431.
    HeadTooLarge,
    /// A mistake of the service: 500.
    Internal,
    /// The service can not answer now: 503.
    Unavailable,
    /// The store is full: 507.
    StoreFull,
}

impl Kind {
    /// The status code of RFC 9110, 6585 or 4918 that stands for the kind.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::RequestTimeout => 408,
            Self::Conflict => 409,
            Self::PreconditionFailed => 412,
            Self::BodyTooLarge => 413,
            Self::TargetTooLong => 414,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::PreconditionRequired => 428,
            Self::TooManyRequests => 429,
            Self::HeadTooLarge => 431,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::StoreFull => 507,
        }
    }
}

/// A stable code with its kind and its title: one entry of a catalogue. Declare your own with [`faults!`](crate::faults).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultCode {
    /// Stable, snake case; the last segment of the problem's `type`.
    pub code: &'static str,
    /// Decides the status.
    pub kind: Kind,
    /// One short sentence that is the same for every occurrence.
    pub title: &'static str,
}

impl FaultCode {
    /// A fault of this code.
    #[must_use]
    pub fn fault(self) -> Fault {
        Fault(Box::new(Inner {
            code: self,
            detail: None,
            violations: Vec::new(),
            retry_after: None,
            limit: None,
            allow: None,
        }))
    }

    /// A fault of this code with what is particular about this occurrence.
    #[must_use]
    pub fn because(self, detail: impl Into<Cow<'static, str>>) -> Fault {
        self.fault().with_detail(detail)
    }
}

impl From<FaultCode> for Fault {
    fn from(code: FaultCode) -> Self {
        code.fault()
    }
}

/// An expected failure: code, kind, and what is particular about this occurrence.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: FaultCode,
    detail: Option<Cow<'static, str>>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    limit: Option<&'static str>,
    allow: Option<String>,
}

impl Fault {
    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code.code
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.code.kind
    }

    /// Its entry of the catalogue.
    #[must_use]
    pub fn entry(&self) -> FaultCode {
        self.0.code
    }

    /// What is particular about this occurrence.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Every rule that the document breaks.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The name of the limit that was passed.
    #[must_use]
    pub fn limit(&self) -> Option<&'static str> {
        self.0.limit
    }

    /// What the answer names as allowed instead: methods of a 405, media types of a 415.
    #[must_use]
    pub fn allow(&self) -> Option<&str> {
        self.0.allow.as_deref()
    }

    /// The same fault with this detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same fault with these violations.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.0.violations = violations;
        self
    }

    /// The same fault with a time after which to try again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// The same fault, naming the limit that was passed.
    #[must_use]
    pub fn with_limit(mut self, limit: &'static str) -> Self {
        self.0.limit = Some(limit);
        self
    }

    /// The same fault, naming what is allowed instead.
    #[must_use]
    pub fn with_allow(mut self, allow: impl Into<String>) -> Self {
        self.0.allow = Some(allow.into());
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        if let Some(detail) = self.detail() {
            write!(f, ": {detail}")?;
        }
        for violation in self.violations() {
            write!(f, "; {} {}", violation.pointer, violation.code)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// One rule that a document breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Violation {
    /// Where, as an RFC 6901 pointer into the document as it was sent; a query or path parameter is `/<name>`.
    pub pointer: String,
    /// Which rule: `unknown`, `required`, `type`, `enum`, `length`, `range`, `pattern`, `items`, `read_only`, ...
    pub code: Cow<'static, str>,
    /// What was expected, without the offending value.
    pub detail: Cow<'static, str>,
}

impl Violation {
    /// A broken rule at a place of the document.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { pointer: pointer.into(), code: code.into(), detail: detail.into() }
    }
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        catalogue::INVALID.fault().with_violations(vec![violation])
    }
}

/// The pointer to a member of a document (RFC 6901).
#[must_use]
pub fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Declares fault codes: `faults! { /// The basket has no lines. BASKET_EMPTY: Conflict = "basket_empty", "The basket is empty"; }`.
///
/// ```
/// enaction_core::faults! {
///     /// The basket has no lines.
///     BASKET_EMPTY: Conflict = "basket_empty", "The basket has no lines";
/// }
/// assert_eq!(BASKET_EMPTY.kind.status(), 409);
/// ```
#[macro_export]
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident : $kind:ident = $code:literal, $title:literal;)*) => {
        $($(#[$doc])* pub const $name: $crate::FaultCode =
            $crate::FaultCode { code: $code, kind: $crate::Kind::$kind, title: $title };)*
    };
}

/// Every fault that the framework itself gives, in the order of the way of a request.
pub mod catalogue {
    use super::FaultCode;

    macro_rules! catalogue {
        ($($(#[$doc:meta])* $name:ident : $kind:ident = $code:literal, $title:literal;)*) => {
            crate::faults! { $($(#[$doc])* $name: $kind = $code, $title;)* }
            /// The whole catalogue.
            pub const ALL: &[FaultCode] = &[$($name),*];
        };
    }

    catalogue! {
        /// Admission: the head is too large.
        HEAD_TOO_LARGE: HeadTooLarge = "head_too_large", "The request head is larger than allowed";
        /// Admission: the target is too long.
        TARGET_TOO_LONG: TargetTooLong = "target_too_long", "The request target is longer than allowed";
        /// Admission: too many requests.
        RATE_LIMITED: TooManyRequests = "rate_limited", "Too many requests";
        /// Admission: the server is full or stopping.
        OVERLOADED: Unavailable = "overloaded", "The service takes no more requests now";
        /// Route: the path can not be decoded.
        PATH_MALFORMED: Malformed = "path_malformed", "The path can not be read";
        /// Route: nothing lives at the path; process: the object does not exist.
        NOT_FOUND: NotFound = "not_found", "It does not exist";
        /// Route: the target has no such method.
        METHOD_NOT_ALLOWED: MethodNotAllowed = "method_not_allowed", "The target does not have this method";
        /// Tokens: two carriers or two field lines of one token.
        INVALID_REQUEST: Malformed = "invalid_request", "A token was sent more than once";
        /// Tokens: neither token was sent.
        TOKENS_MISSING: Unauthenticated = "tokens_missing", "The request carries no tokens";
        /// Tokens: no `id_token`.
        ID_TOKEN_MISSING: Unauthenticated = "id_token_missing", "The request carries no id_token";
        /// Tokens: no `site_token`.
        SITE_TOKEN_MISSING: Unauthenticated = "site_token_missing", "The request carries no site_token";
        /// Tokens: a token that does not hold.
        INVALID_TOKEN: Unauthenticated = "invalid_token", "A token is not valid";
        /// Tokens: two valid tokens that do not belong together.
        PAIR_MISMATCH: Unauthenticated = "pair_mismatch", "The two tokens do not belong together";
        /// Tokens: a token longer than allowed.
        TOKEN_TOO_LONG: HeadTooLarge = "token_too_long", "A token is longer than allowed";
        /// Tokens: no keys to check tokens with.
        KEYS_UNAVAILABLE: Unavailable = "keys_unavailable", "The keys that check tokens could not be loaded";
        /// Tokens: the scope of the token is too narrow.
        INSUFFICIENT_SCOPE: NotAllowed = "insufficient_scope", "The token was issued for less";
        /// Tokens: no role of the caller holds the permission.
        PERMISSION_DENIED: NotAllowed = "permission_denied", "The caller does not hold the permission";
        /// Envelope: a body where none belongs.
        BODY_NOT_ALLOWED: Malformed = "body_not_allowed", "This method takes no body";
        /// Envelope: no body where one is needed.
        BODY_REQUIRED: Malformed = "body_required", "This method needs a body";
        /// Envelope: the media type is not taken.
        UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaType = "unsupported_media_type", "The media type of the body is not taken";
        /// Envelope: no acceptable representation.
        NOT_ACCEPTABLE: NotAcceptable = "not_acceptable", "There is no representation that the caller accepts";
        /// Envelope: a header that can not be read.
        HEADER_MALFORMED: Malformed = "header_malformed", "A header can not be read";
        /// Envelope: `Idempotency-Key` is demanded and was not sent.
        IDEMPOTENCY_KEY_REQUIRED: Malformed = "idempotency_key_required", "The request must carry an Idempotency-Key";
        /// Envelope: `If-Match` is demanded and was not sent.
        PRECONDITION_REQUIRED: PreconditionRequired = "precondition_required", "The request must say which state it knows";
        /// Envelope: the body is too long.
        BODY_TOO_LARGE: BodyTooLarge = "body_too_large", "The body is longer than allowed";
        /// Envelope: the body did not arrive.
        BODY_INCOMPLETE: Malformed = "body_incomplete", "The body did not arrive whole";
        /// Envelope: the body took too long to arrive.
        BODY_TIMEOUT: RequestTimeout = "body_timeout", "The body did not arrive in time";
        /// Unwrap: the document is not JSON, or not strict JSON.
        NOT_JSON: Malformed = "not_json", "The body is not a JSON document";
        /// Unwrap: the document is nested too deeply.
        TOO_DEEP: Malformed = "too_deep", "The document is nested too deeply";
        /// Envelope: a form that can not be read.
        FORM_INVALID: Malformed = "form_invalid", "The form can not be read";
        /// Unwrap: a query parameter that is unknown, repeated, or of the wrong form.
        QUERY_INVALID: Malformed = "query_invalid", "A query parameter is not valid";
        /// Unwrap: a cursor that this list did not make.
        CURSOR_INVALID: Malformed = "cursor_invalid", "The cursor does not belong to this list";
        /// Unwrap and process: the document breaks rules.
        INVALID: Invalid = "invalid", "The document breaks at least one rule";
        /// Process: the same request, by its `Idempotency-Key`, still runs.
        IDEMPOTENCY_IN_PROGRESS: Conflict = "idempotency_in_progress", "The request with this Idempotency-Key is still running";
        /// Process: the `Idempotency-Key` was that of another request.
        IDEMPOTENCY_KEY_REUSED: Invalid = "idempotency_key_reused", "The Idempotency-Key was used for another request";
        /// Process: the id or a unique value is taken.
        ALREADY_EXISTS: Conflict = "already_exists", "It exists already";
        /// Process: a `test` of a JSON Patch does not hold.
        TEST_FAILED: Conflict = "test_failed", "A test of the patch does not hold";
        /// Process: an index that is needed came with a newer declaration.
        INDEX_BUILDING: Unavailable = "index_building", "An index that this needs is still being built";
        /// Process: a newer version of the service wrote what is stored.
        SCHEMA_NEWER: Unavailable = "schema_newer", "A newer version of the service wrote what is stored";
        /// Commit: older versions of the service run beside this one, and could not read what it would write.
        SCHEMA_PENDING: Unavailable = "schema_pending", "Older versions of the service run that could not read this";
        /// Process: it took too long.
        PROCESS_TIMEOUT: Unavailable = "process_timeout", "The process took longer than allowed";
        /// Process: it read or wrote more than one unit of work may.
        UNIT_TOO_LARGE: Invalid = "unit_too_large", "The process reads or writes more than one unit of work may";
        /// Process: the whole collection was meant, and it is larger than is taken at once.
        COLLECTION_TOO_LARGE: Invalid = "collection_too_large", "The collection holds more items than are taken at once";
        /// Process: the operations of a batch have longer answers than it may carry.
        BATCH_TOO_LARGE: Invalid = "batch_too_large", "The answers of the batch are longer than one answer may be";
        /// Process: what is to be deleted has items in a collection inside it.
        NOT_EMPTY: Conflict = "not_empty", "It still holds items";
        /// Commit: others changed the same things again and again.
        CONTENDED: Conflict = "contended", "Others kept changing the same things";
        /// Commit: a precondition of the caller does not hold.
        PRECONDITION_FAILED: PreconditionFailed = "precondition_failed", "A precondition does not hold";
        /// Commit: the store can not be reached.
        STORE_UNAVAILABLE: Unavailable = "store_unavailable", "The store can not be reached";
        /// Commit: the store does not say whether it committed.
        OUTCOME_UNKNOWN: Unavailable = "outcome_unknown", "The store did not say whether the change was made";
        /// Commit: the store has no room.
        STORE_FULL: StoreFull = "store_full", "The store has no room";
        /// A mistake of the service.
        INTERNAL: Internal = "internal", "The service made a mistake";
    }
}
