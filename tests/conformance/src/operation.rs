//! An operation, as `GET /operations` tells it.

use std::sync::atomic::{AtomicU64, Ordering};

use enaction_core::table::{
    BodyRule, Convention, Effect, IdempotencyKey, Method, Preconditions, Reading, Target as Kind, cell,
};
use serde_json::{Map, Value};

use crate::client::Request;

/// An operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path template.
    pub path: String,
    /// What the path names.
    pub kind: Kind,
    /// The process that it runs.
    pub process: String,
    /// Whether that only reads.
    pub effect: Effect,
    /// What a caller needs; nothing where it is public.
    pub permission: Option<String>,
    /// The codes of its own that it may answer with.
    pub faults: Vec<String>,
    /// How it takes a request and answers a success.
    pub convention: Convention,
    /// Query parameters by name.
    pub flags: Map<String, Value>,
    /// The media types that a body may have.
    pub media_types: Vec<String>,
    /// The schema of the body.
    pub input: Option<Value>,
    /// The schema of the answer.
    pub output: Option<Value>,
    /// A path that fits.
    pub example_path: String,
    /// A body that fits.
    pub example: Option<Value>,
    /// POST to an item, which never succeeds. It is not told; it follows from the POST to the collection.
    pub taken: bool,
}

impl Operation {
    /// A request of it, with a key of its own where it demands one.
    #[must_use]
    pub fn bare(&self, path: &str) -> Request {
        let request = Request::new(self.method.as_str(), path);
        if self.convention.idempotency_key == IdempotencyKey::Demanded {
            request.with("idempotency-key", &fresh_key())
        } else {
            request
        }
    }

    /// The same with the condition that it demands, which holds for whatever exists.
    #[must_use]
    pub fn request(&self, path: &str) -> Request {
        let request = self.bare(path);
        if self.convention.preconditions == Preconditions::Demanded { request.with("if-match", "*") } else { request }
    }

    /// Method and path, for messages.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method.as_str(), self.path)
    }

    /// Whether its path names something that has to be made first.
    #[must_use]
    pub fn has_parameters(&self) -> bool {
        self.path.contains('{')
    }

    /// The template of the collection that an item stands in.
    #[must_use]
    pub fn collection(&self) -> Option<&str> {
        let (collection, last) = self.path.rsplit_once('/')?;
        last.starts_with('{').then_some(collection)
    }
}

/// The operations in the answer of `GET /operations`.
///
/// # Panics
/// When the document lacks a member.
#[must_use]
pub fn read_operations(document: &Value) -> Vec<Operation> {
    let items = document["items"].as_array().expect("a list of operations");
    let mut all: Vec<Operation> = items.iter().map(read).collect();
    let taken: Vec<Operation> = all.iter().filter_map(|item| taken(item, &all)).collect();
    all.extend(taken);
    all
}

/// Where an item can be read, POST to it is 404 or 409, by the permission of creating one, or else of reading it.
fn taken(item: &Operation, all: &[Operation]) -> Option<Operation> {
    if (item.kind, item.method) != (Kind::Item, Method::Get) {
        return None;
    }
    let create = all.iter().find(|one| {
        (one.kind, one.method) == (Kind::Collection, Method::Post) && Some(one.path.as_str()) == item.collection()
    });
    let mut convention = *cell(Kind::Collection, Method::Post).convention()?;
    convention.idempotency_key = IdempotencyKey::Ignored;
    let reading = || Operation { method: Method::Post, flags: Map::new(), ..item.clone() };
    Some(Operation {
        path: item.path.clone(),
        kind: Kind::Item,
        example_path: item.example_path.clone(),
        output: None,
        taken: true,
        convention,
        ..create.cloned().unwrap_or_else(reading)
    })
}

fn read(document: &Value) -> Operation {
    let text = |name: &str| document[name].as_str().unwrap_or_else(|| panic!("{name} of {document}")).to_owned();
    let some = |value: &Value| (!value.is_null()).then(|| value.clone());
    let codes = document["faults"].as_array().expect("faults");
    let media_types = document["mediaTypes"].as_array().expect("media types");
    let convention = &document["convention"];
    let status = |name: &str| u16::try_from(convention[name].as_u64().expect(name)).expect(name);
    Operation {
        method: Method::parse(&text("method")).expect("a method"),
        path: text("path"),
        kind: kind(&text("target")),
        process: text("process"),
        effect: if document["effect"] == "query" { Effect::Query } else { Effect::Command },
        permission: document["permission"].as_str().map(str::to_owned),
        faults: codes.iter().filter_map(|code| Some(code.as_str()?.to_owned())).collect(),
        convention: Convention {
            body: match convention["body"].as_str() {
                Some("none") => BodyRule::None,
                Some("optional") => BodyRule::Optional,
                Some("required") => BodyRule::Required,
                other => panic!("the body rule {other:?}"),
            },
            reading: match convention["reading"].as_str() {
                Some("create") => Reading::Create,
                Some("full") => Reading::Full,
                Some("patch") => Reading::Patch,
                other => panic!("the reading {other:?}"),
            },
            success: status("success"),
            nothing: status("nothing"),
            location: convention["location"].as_bool().expect("location"),
            preconditions: match convention["preconditions"].as_str() {
                Some("ignored") => Preconditions::Ignored,
                Some("taken") => Preconditions::Taken,
                Some("demanded") => Preconditions::Demanded,
                other => panic!("the preconditions {other:?}"),
            },
            idempotency_key: match convention["idempotencyKey"].as_str() {
                Some("ignored") => IdempotencyKey::Ignored,
                Some("taken") => IdempotencyKey::Taken,
                Some("demanded") => IdempotencyKey::Demanded,
                other => panic!("the idempotency key {other:?}"),
            },
        },
        flags: document["flags"].as_object().cloned().unwrap_or_default(),
        media_types: media_types.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect(),
        input: some(&document["input"]),
        output: some(&document["output"]),
        example_path: document["example"]["path"].as_str().expect("an example of the path").to_owned(),
        example: some(&document["example"]["body"]),
        taken: false,
    }
}

/// An `Idempotency-Key` that was never used.
pub(crate) fn fresh_key() -> String {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    format!("\"key-{}\"", DRAWN.fetch_add(1, Ordering::Relaxed))
}

fn kind(name: &str) -> Kind {
    let all = [
        ("collection", Kind::Collection),
        ("item", Kind::Item),
        ("property", Kind::Property),
        ("view", Kind::View),
        ("action", Kind::Action),
        ("singleton", Kind::Singleton),
        ("search", Kind::Search),
        ("batch", Kind::Batch),
        ("endpoint", Kind::Endpoint),
    ];
    all.into_iter().find(|(one, _)| *one == name).unwrap_or_else(|| panic!("the target {name}")).1
}
