//! The convention table (seed 003): for every target and method, whether it can succeed, what body it takes, and how it
//! answers. Routing, `Allow`, documents and clients are projections of it; nobody writes a status by hand.

use serde::{Serialize, Serializer};

/// A method of the table. HEAD goes where GET goes, OPTIONS is answered from the table itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Post,
    Get,
    Put,
    Patch,
    Delete,
    Query,
}

impl Method {
    /// All, in the order of the table's columns.
    pub const ALL: [Self; 6] = [Self::Post, Self::Get, Self::Put, Self::Patch, Self::Delete, Self::Query];

    /// As it is written in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Query => "QUERY",
        }
    }

    /// Reads a method as it is written in a request; HEAD is GET.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "HEAD" { Some(Self::Get) } else { Self::ALL.into_iter().find(|method| method.as_str() == text) }
    }

    /// Whether it is safe (RFC 9110, section 9.2.1): only queries stand behind it.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Query)
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a process may do to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It only reads.
    Query,
    /// It may also write.
    Command,
}

/// What a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// `/baskets`, and the collections inside an item.
    Collection,
    /// `/baskets/{id}`, and the items of a collection inside an item.
    Item,
    /// A piece of an entity by its path.
    Property,
    /// A read-only answer beside an item or a collection.
    View,
    /// One method on an item or a collection.
    Action,
    /// A resource without id.
    Singleton,
    /// `/baskets:search`: a query of the collection that is too long for a URL, as a document.
    Search,
    /// `/baskets:batch`: several operations of one resource in one request.
    Batch,
    /// A route whose form a standard fixes.
    Endpoint,
}

/// What a request may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyRule {
    /// One byte of body is 400.
    None,
    /// No byte is `{}`.
    Optional,
    /// No byte is 400.
    Required,
}

/// How a document of the body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// A whole new entity: members that only the server writes are refused.
    Create,
    /// A whole document.
    Full,
    /// A merge patch (RFC 7396).
    Patch,
}

/// What an operation makes of `If-Match` and `If-None-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Preconditions {
    /// They are passed over, because the target has no state that a client knows.
    Ignored,
    /// They have to hold where they are sent: 412.
    Taken,
    /// `If-Match` has to be sent: 428.
    Demanded,
}

/// What an operation makes of `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdempotencyKey {
    /// It is passed over: the method is idempotent by itself, or there is no caller whose key it could be.
    Ignored,
    /// A request that is sent again under its key has one effect, and is answered the same.
    Taken,
    /// It has to be sent: 400.
    Demanded,
}

/// One convention: how an operation takes its request and how it answers a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Convention {
    /// The body that it takes.
    pub body: BodyRule,
    /// How the body is read.
    pub reading: Reading,
    /// The status when there is something to answer.
    pub success: u16,
    /// The status when there is nothing to answer, or the caller prefers nothing.
    pub nothing: u16,
    /// Whether `Location` names what was made.
    pub location: bool,
    /// What becomes of a precondition: that the state is one that the client knows (RFC 9110, section 13).
    pub preconditions: Preconditions,
    /// What becomes of the key under which a request may be repeated (draft-ietf-httpapi-idempotency-key-header).
    pub idempotency_key: IdempotencyKey,
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Succeeds where a process is bound, else 405. A stored resource binds it by itself.
    Bound(Convention),
    /// The same, but only a declaration binds it.
    OptIn(Convention),
    /// Never succeeds and is not in `Allow`: 404 when the item is unknown, 409 when it exists.
    Taken,
    /// 405.
    Refused,
}

impl Cell {
    /// The convention, where the cell can succeed.
    #[must_use]
    pub const fn convention(&self) -> Option<&Convention> {
        match self {
            Self::Bound(convention) | Self::OptIn(convention) => Some(convention),
            Self::Taken | Self::Refused => None,
        }
    }
}

use BodyRule::{None as NoBody, Optional, Required};
use Cell::{Bound, OptIn, Refused, Taken};
use Reading::{Create, Full, Patch};

const fn convention(body: BodyRule, reading: Reading, success: u16) -> Convention {
    let preconditions = Preconditions::Taken;
    let idempotency_key = IdempotencyKey::Ignored;
    Convention { body, reading, success, nothing: 204, location: false, preconditions, idempotency_key }
}

/// The same for a method that is not idempotent by itself.
const fn repeatable(convention: Convention) -> Convention {
    Convention { idempotency_key: IdempotencyKey::Taken, ..convention }
}

const CREATE: Convention = repeatable(Convention { nothing: 201, location: true, ..convention(Optional, Create, 201) });
const READ: Convention = convention(NoBody, Full, 200);
const REPLACE: Convention = convention(Optional, Full, 200);
const SET: Convention = convention(Required, Full, 200);
const MODIFY: Convention = repeatable(convention(Required, Patch, 200));
const REMOVE: Convention = convention(NoBody, Full, 200);
const EMPTY: Convention = convention(NoBody, Full, 204);
const ACT: Convention = repeatable(convention(Optional, Full, 200));
const CHANGE: Convention = repeatable(convention(Required, Full, 200));
const POST: Convention = Convention { preconditions: Preconditions::Ignored, ..convention(Optional, Full, 200) };
const SEARCH: Convention = POST;
const BATCH: Convention = repeatable(Convention { body: Required, ..POST });

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What the URL names.
    pub target: Target,
    /// POST, GET, PUT, PATCH, DELETE, QUERY.
    pub cells: [Cell; 6],
}

const fn row(target: Target, cells: [Cell; 6]) -> Row {
    Row { target, cells }
}

/// The table.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    //                       POST             GET           PUT               PATCH            DELETE          QUERY
    row(Target::Collection, [Bound(CREATE),   Bound(READ),  OptIn(REPLACE),   OptIn(MODIFY),   OptIn(EMPTY),   OptIn(SEARCH)]),
    row(Target::Item,       [Taken,           Bound(READ),  Bound(REPLACE),   Bound(MODIFY),   Bound(REMOVE),  Refused]),
    row(Target::Property,   [Refused,         Bound(READ),  Bound(SET),       Bound(MODIFY),   Bound(REMOVE),  Refused]),
    row(Target::View,       [Refused,         Bound(READ),  Refused,          Refused,         Refused,        Refused]),
    row(Target::Action,     [OptIn(ACT),      Refused,      Refused,          OptIn(CHANGE),   Refused,        Refused]),
    row(Target::Singleton,  [Refused,         Bound(READ),  Bound(REPLACE),   Bound(MODIFY),   OptIn(REMOVE),  Refused]),
    row(Target::Search,     [OptIn(SEARCH),   Refused,      Refused,          Refused,         Refused,        Refused]),
    row(Target::Batch,      [OptIn(BATCH),    Refused,      Refused,          Refused,         Refused,        Refused]),
    row(Target::Endpoint,   [OptIn(POST),     OptIn(READ),  Refused,          Refused,         Refused,        Refused]),
];

/// The cell of a target and a method.
#[must_use]
pub fn cell(target: Target, method: Method) -> &'static Cell {
    const NOTHING: &Cell = &Refused;
    let column = Method::ALL.iter().position(|one| *one == method);
    let row = TABLE.iter().find(|row| row.target == target);
    row.zip(column).and_then(|(row, column)| row.cells.get(column)).unwrap_or(NOTHING)
}
