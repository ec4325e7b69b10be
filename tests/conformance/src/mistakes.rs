//! The mistakes that a request can have, in the order in which the way of a request finds them.

use enaction_core::table::{BodyRule, IdempotencyKey, Method, Preconditions, Target as Kind};
use serde_json::Value;

use crate::{
    broken::broken,
    client::{Answer, Request},
    operation::{Operation, fresh_key},
    world::{Tokens, World},
};

macro_rules! mistakes {
    ($($name:ident,)*) => {
        /// A mistake. The order is that of the answers: of two, the first is told.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Mistake { $($name,)* }

        /// Every one.
        pub(crate) const ALL: &[Mistake] = &[$($name,)*];
    };
}

mistakes! {
    HeadTooLarge,
    TargetTooLong,
    PathMalformed,
    PathUnknown,
    MethodUnknown,
    TokenTooLong,
    TwoCarriers,
    NoTokens,
    OneToken,
    BadToken,
    Narrowed,
    NotPermitted,
    BodyNotAllowed,
    BodyMissing,
    MediaType,
    Accept,
    KeyMalformed,
    NoKey,
    TagMalformed,
    NoIfMatch,
    TooLarge,
    QueryUnknown,
    NotJson,
    Violation,
    NoId,
    ItemUnknown,
    Conflict,
    Stale,
}

use Mistake::*;

impl Mistake {
    /// Status and code of its answer.
    pub(crate) const fn answer(self) -> (u16, &'static str) {
        match self {
            HeadTooLarge => (431, "head_too_large"),
            TargetTooLong => (414, "target_too_long"),
            PathMalformed => (400, "path_malformed"),
            PathUnknown | NoId | ItemUnknown => (404, "not_found"),
            MethodUnknown => (405, "method_not_allowed"),
            TokenTooLong => (431, "token_too_long"),
            TwoCarriers => (400, "invalid_request"),
            NoTokens => (401, "tokens_missing"),
            OneToken => (401, "site_token_missing"),
            BadToken => (401, "invalid_token"),
            Narrowed => (403, "insufficient_scope"),
            NotPermitted => (403, "permission_denied"),
            BodyNotAllowed => (400, "body_not_allowed"),
            BodyMissing => (400, "body_required"),
            MediaType => (415, "unsupported_media_type"),
            Accept => (406, "not_acceptable"),
            KeyMalformed | TagMalformed => (400, "header_malformed"),
            NoKey => (400, "idempotency_key_required"),
            NoIfMatch => (428, "precondition_required"),
            TooLarge => (413, "body_too_large"),
            QueryUnknown => (400, "query_invalid"),
            NotJson => (400, "not_json"),
            Violation => (422, "invalid"),
            Conflict => (409, "already_exists"),
            Stale => (412, "precondition_failed"),
        }
    }

    /// Whether one request can have both.
    pub(crate) fn goes_with(self, other: Self) -> bool {
        let (a, b) = if self < other { (self, other) } else { (other, self) };
        let is = |one: Self, all: &[Self]| all.contains(&one);
        let excluding: &[&[Self]] = &[
            &[TokenTooLong, TwoCarriers, NoTokens, OneToken],
            &[TokenTooLong, NoTokens, OneToken, BadToken, Narrowed, NotPermitted],
            &[TargetTooLong, QueryUnknown],
            &[NotJson, Violation, Conflict],
            &[NoId, ItemUnknown],
            &[KeyMalformed, NoKey],
            &[TagMalformed, NoIfMatch, Stale],
        ];
        let bodiless = a == BodyMissing && is(b, &[MediaType, TooLarge, NotJson, Violation, Conflict]);
        a != b && !bodiless && !excluding.iter().any(|group| is(a, group) && is(b, group))
    }
}

/// An operation with everything that its requests are made of.
pub(crate) struct Setting<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) operation: &'a Operation,
    /// What exists.
    pub(crate) path: String,
    body: Option<Value>,
    broken: Option<Vec<u8>>,
    conflict: Option<Value>,
    form: bool,
    /// Whether it would succeed without a mistake.
    succeeds: bool,
}

impl<'a> Setting<'a> {
    /// Makes what the operation needs; it is never run.
    pub(crate) fn new(world: &'a World<'a>, operation: &'a Operation) -> Option<Self> {
        let path = world.some_place(&operation.path)?;
        let form = operation.method == Method::Post && world.takes_form(&operation.path);
        let input = operation.input.as_ref().filter(|_| !form);
        let found = input
            .and_then(|schema| broken(schema, operation.convention.reading).into_iter().rfind(|one| one.status == 422));
        let body = world.body(operation, &path);
        let conflict = conflict(world, operation, &path).filter(|_| !form);
        let broken = found.map(|one| one.document);
        let mut setting = Self { world, operation, path, body, broken, conflict, form, succeeds: false };
        setting.succeeds = setting.tried().is_some_and(|answer| answer.is_success());
        Some(setting)
    }

    /// The request without a mistake, and without its effect.
    fn tried(&self) -> Option<Answer> {
        if self.operation.convention.preconditions == Preconditions::Ignored {
            return None;
        }
        let mut request = self.request(&[]);
        if self.operation.method != Method::Get {
            request.target.push_str("?validateOnly=true");
        }
        Some(self.world.bare(&request))
    }

    fn demanded(&self) -> bool {
        self.operation.convention.preconditions == Preconditions::Demanded
    }

    /// Whether a request of this operation can have a mistake.
    pub(crate) fn has(&self, mistake: Mistake) -> bool {
        let rule = self.operation.convention.body;
        match mistake {
            HeadTooLarge | TargetTooLong | PathMalformed | PathUnknown | MethodUnknown | QueryUnknown => true,
            TokenTooLong | TwoCarriers | NoTokens | OneToken | BadToken | NotPermitted => {
                self.operation.permission.is_some()
            }
            Narrowed => self.operation.permission.is_some() && self.world.target.narrow.is_some(),
            BodyNotAllowed => rule == BodyRule::None,
            BodyMissing => rule == BodyRule::Required,
            MediaType | TooLarge => rule != BodyRule::None,
            NotJson => rule != BodyRule::None && !self.form,
            Accept => self.operation.output.is_some(),
            Violation => self.broken.is_some(),
            NoId | ItemUnknown => self.operation.has_parameters(),
            Conflict => self.conflict.is_some(),
            TagMalformed => self.operation.convention.preconditions != Preconditions::Ignored,
            NoIfMatch => self.demanded(),
            KeyMalformed => self.operation.convention.idempotency_key != IdempotencyKey::Ignored,
            NoKey => self.operation.convention.idempotency_key == IdempotencyKey::Demanded,
            Stale => self.succeeds,
        }
    }

    /// A request with mistakes.
    pub(crate) fn request(&self, mistakes: &[Mistake]) -> Request {
        let has = |one: Mistake| mistakes.contains(&one);
        let operation = self.operation;
        let mut path = self.path.clone();
        if has(NoId) {
            path = replaced(&operation.path, &path, "a%20b");
        } else if has(ItemUnknown) {
            path = unknown_path(&operation.path, &path);
        }
        if has(PathUnknown) {
            path = format!("/no-such-place{path}");
        }
        if has(PathMalformed) {
            path.push('/');
        }
        if has(TargetTooLong) {
            path = format!("{path}?noSuchFlag={}", "x".repeat(4_100));
        } else if has(QueryUnknown) {
            path.push_str("?noSuchFlag=1");
        }
        let mut request = Request::new(if has(MethodUnknown) { "BREW" } else { operation.method.as_str() }, &path);
        if operation.permission.is_some() {
            request = self.signed(request, mistakes);
        }
        if has(HeadTooLarge) {
            request = request.with("x-long", &"x".repeat(16_400));
        }
        if has(Accept) {
            request = request.with("accept", "text/html");
        }
        if has(TagMalformed) || has(Stale) {
            request = request.with("if-match", if has(Stale) { "\"0\"" } else { "no tag" });
        } else if self.demanded() && !has(NoIfMatch) {
            request = request.with("if-match", "*");
        }
        if has(KeyMalformed) {
            request = request.with("idempotency-key", "no key");
        } else if operation.convention.idempotency_key == IdempotencyKey::Demanded && !has(NoKey) {
            request = request.with("idempotency-key", &fresh_key());
        }
        self.content(request, mistakes)
    }

    fn signed(&self, request: Request, mistakes: &[Mistake]) -> Request {
        let has = |one: Mistake| mistakes.contains(&one);
        let target = self.world.target;
        let Tokens { id, site } = match &target.narrow {
            Some(narrow) if has(Narrowed) => narrow,
            _ if has(NotPermitted) => &target.nobody,
            _ => &target.all,
        };
        let long = "x".repeat(4_097);
        let request = match mistakes.iter().find(|one| matches!(one, TokenTooLong | NoTokens | OneToken | BadToken)) {
            Some(NoTokens) => return request,
            Some(OneToken) => request.with("id_token", id),
            Some(TokenTooLong) => request.with("id_token", &long).with("site_token", site),
            Some(BadToken) => request.with("id_token", "not.a.token").with("site_token", site),
            _ => request.with("id_token", id).with("site_token", site),
        };
        if has(TwoCarriers) { request.with("Id-Token", id) } else { request }
    }

    fn content(&self, mut request: Request, mistakes: &[Mistake]) -> Request {
        let has = |one: Mistake| mistakes.contains(&one);
        if self.operation.convention.body == BodyRule::None {
            if has(BodyNotAllowed) {
                request.body = b"{}".to_vec();
            }
            return request;
        }
        if has(BodyMissing) {
            return request;
        }
        let body = if has(Conflict) { &self.conflict } else { &self.body };
        request.body = match (&self.broken, self.form) {
            _ if has(NotJson) => b"{".to_vec(),
            (Some(broken), _) if has(Violation) => broken.clone(),
            (_, true) => b"grant_type=none".to_vec(),
            _ => {
                body.as_ref().map_or_else(|| b"{}".to_vec(), |body| self.unnamed(body.clone()).to_string().into_bytes())
            }
        };
        request.told_length = has(TooLarge).then_some(9_999_999);
        let media_type = match self.form {
            _ if has(MediaType) => "application/no-such-type",
            true => "application/x-www-form-urlencoded",
            false => "application/json",
        };
        request.with("content-type", media_type)
    }

    /// Without the names that the path gives too: another name in the body than in the path is told before existence.
    fn unnamed(&self, mut body: Value) -> Value {
        let named = self.operation.path.ends_with('}') && !self.operation.taken;
        if let Some(object) = body.as_object_mut().filter(|_| named) {
            object.retain(|name, _| !self.operation.path.contains(&format!("{{{name}}}")));
        }
        body
    }
}

/// A body with which a creation meets something that exists: POST to an item does so with any.
fn conflict(world: &World<'_>, operation: &Operation, path: &str) -> Option<Value> {
    if operation.taken {
        return world.body(operation, path).or(Some(Value::Object(Default::default())));
    }
    if (operation.kind, operation.method) != (Kind::Collection, Method::Post) {
        return None;
    }
    let id = operation.input.as_ref()?.pointer("/properties/id")?;
    if id.get("readOnly").is_some() {
        return None;
    }
    let made = world.perform(operation, path);
    let mut body = world.body(operation, path)?;
    body["id"] = made.header("location")?.rsplit('/').next()?.into();
    Some(body)
}

/// The same path with something in the place of its last parameter.
fn replaced(template: &str, path: &str, with: &str) -> String {
    let parameters = template.split('/').enumerate().filter(|(_, segment)| segment.starts_with('{'));
    let Some((last, _)) = parameters.last() else { return path.to_owned() };
    let segments = path.split('/').enumerate().map(|(at, segment)| if at == last { with } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The same path with a name that nothing has. A number is what numbered elements are named by, and an id as well.
pub(crate) fn unknown_path(template: &str, path: &str) -> String {
    replaced(template, path, "987654321")
}
