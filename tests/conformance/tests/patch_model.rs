//! Any sequence of patches and property writes makes of an item what a model of plain JSON values makes of it.

use std::{borrow::Cow, cell::Cell, sync::Arc};

use bytes::Bytes;
use enaction::{Caller, Claims, Fault, testkit::Running};
use enaction_core::{
    Application, Terms, Withheld,
    patch::{Step, find, merge},
    process::{PatchForm, Request, unwrap_request},
    table::Method,
};
use proptest::{collection, option, prelude::*, sample, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::shop;

/// Places of a plain thing: below its path, with the parameter that an element is named by.
const PLACES: [&str; 14] = [
    "",
    "/name",
    "/code",
    "/level",
    "/tags",
    "/labels",
    "/address",
    "/address/city",
    "/second",
    "/second/country/code",
    "/pieces",
    "/pieces/1",
    "/pieces/2",
    "/pieces/2/what",
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put,
    Merge,
    /// A merge patch with `null` for a member that may be left out.
    Without,
    Operations,
    /// The same behind a test that does not hold.
    FailedTest,
    Delete,
}

/// A write: at a place, so that it becomes as it is in a wanted document.
#[derive(Clone, Debug)]
struct Write {
    kind: Kind,
    place: &'static str,
    wanted: Value,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    use Kind::*;
    let kind = sample::select(vec![Put, Merge, Without, Operations, FailedTest, Delete]);
    let write = (kind, sample::select(PLACES.to_vec()), wanted());
    collection::vec(write.prop_map(|(kind, place, wanted)| Write { kind, place, wanted }), 1..12)
}

/// A document that a client could send.
fn wanted() -> impl Strategy<Value = Value> {
    let address = || {
        ("[a-c]{0,3}", 0..9_i32, "[A-C]{2}")
            .prop_map(|(city, floor, code)| json!({"city": city, "floor": floor, "country": {"code": code}}))
    };
    let pieces = collection::vec("[a-c]{0,3}", 0..4).prop_map(|all| {
        let all = all.into_iter().enumerate();
        all.map(|(at, what)| json!({"number": at + 1, "what": what})).collect::<Value>()
    });
    let labels = collection::btree_map("[a/~]{0,2}", "[a-c]{0,2}", 0..3);
    let plain = ("[a-c]{0,3}", option::of("[a-c]{0,3}"), -5..=5_i64, collection::vec("[a-c]{0,2}", 0..=3));
    (plain, address(), option::of(address()), labels, pieces).prop_map(|(plain, address, second, labels, pieces)| {
        let (name, code, level, tags) = plain;
        let mut document = json!({
            "name": name, "level": level, "tags": tags, "address": address, "labels": labels, "pieces": pieces,
        });
        let optional = [("code", code.map(Value::from)), ("second", second)];
        for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            document[name] = value;
        }
        document
    })
}

fn steps(place: &str) -> Vec<Step> {
    let step = |text: &str| match text.parse::<u64>() {
        Ok(number) => Step::Keyed("number".into(), number.into()),
        Err(_) => Step::Member(text.to_owned()),
    };
    place.split('/').skip(1).map(step).collect()
}

/// The same as what a store would hold: every default in its place, nothing for what is left out.
fn canonical(document: &Value) -> Value {
    let plain: shop::Plain = serde_json::from_value(document.clone()).expect("a plain thing");
    serde_json::to_value(plain).expect("a document")
}

/// What the model makes of a document, or the status of the refusal.
struct Model(Value);

impl Model {
    fn at(&self, place: &str) -> Option<&Value> {
        find(&self.0, &steps(place))
    }

    /// Puts a value at a place whose parent is there.
    fn set(&mut self, place: &str, value: Option<Value>) -> Result<(), u16> {
        let (parent, last) = place.rsplit_once('/').unwrap_or_default();
        let pointer: String = self.pointer(parent).ok_or(404_u16)?;
        match (self.0.pointer_mut(&pointer), value, last.parse::<u64>()) {
            (Some(Value::Array(list)), value, Ok(number)) => {
                let at = list.iter().position(|one| one["number"] == number).ok_or(404_u16)?;
                match value {
                    Some(value) => list[at] = value,
                    None => drop(list.remove(at)),
                }
            }
            (Some(Value::Object(members)), Some(value), _) => drop(members.insert(last.to_owned(), value)),
            (Some(Value::Object(members)), None, _) => drop(members.remove(last).ok_or(404_u16)?),
            _ => return Err(404),
        }
        self.0 = canonical(&self.0);
        Ok(())
    }

    fn pointer(&self, place: &str) -> Option<String> {
        let mut pointer = String::new();
        for step in place.split('/').skip(1) {
            let here = self.0.pointer(&pointer)?;
            let step = match here {
                Value::Array(list) => {
                    let number: u64 = step.parse().ok()?;
                    list.iter().position(|one| one["number"] == number)?.to_string()
                }
                _ => step.to_owned(),
            };
            pointer = format!("{pointer}/{step}");
        }
        self.0.pointer(&pointer).map(|_| pointer)
    }

    /// The whole, with what only the server writes.
    fn replace(&mut self, wanted: Value) {
        let kept = ["id", "created", "modified", "serial"].map(|name| (name.to_owned(), self.0[name].clone()));
        let Value::Object(wanted) = wanted else { return };
        self.0 = canonical(&wanted.into_iter().chain(kept).collect::<Map<_, _>>().into());
    }

    fn put(&mut self, place: &str, value: Value) -> Result<(), u16> {
        if place.is_empty() {
            self.replace(value);
            return Ok(());
        }
        self.set(place, Some(value))
    }

    fn merge(&mut self, place: &str, patch: Value) -> Result<(), u16> {
        let mut value = self.at(place).cloned().unwrap_or_default();
        merge(&mut value, patch);
        self.put(place, value)
    }
}

struct Shop {
    service: Running,
    application: Arc<Application>,
    runtime: Runtime,
    caller: Caller,
}

impl Shop {
    fn open() -> Self {
        let service = shop::start();
        let _ = service.tokens(&service.caller("acme").at("0001", "EUR").may(["*"]));
        let claims = Claims {
            subject: "usr_acme".into(),
            company: "acme".into(),
            site: Some("0001".into()),
            roles: vec!["may *".into()],
            ..Claims::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { application: Arc::clone(service.application()), service, runtime, caller: Caller::new(claims) }
    }

    /// Runs an operation as a request does.
    fn run(&self, method: Method, path: &str, body: Option<&Value>, patch: PatchForm) -> Result<(), Fault> {
        let numbered = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
        let named = |(at, segment): (usize, &str)| match at {
            2 => "{id}".to_owned(),
            _ if numbered(segment) => "{number}".to_owned(),
            _ => segment.to_owned(),
        };
        let template = path.split('/').enumerate().map(named).collect::<Vec<_>>().join("/");
        let values = path.split('/').enumerate().filter(|(at, segment)| *at == 2 || numbered(segment));
        let values: Vec<Cow<'_, str>> = values.map(|(_, segment)| segment.into()).collect();
        let all = self.application.operations();
        let operation = all.iter().find(|one| one.method == method && one.path == template).expect("an operation");
        let body = body.map(|body| Bytes::from(body.to_string()));
        let (body, withheld) = (body.as_ref(), &Withheld::nothing());
        let request =
            Request { path: &values, query: None, body, patch, may_validate_only: true, may_select: false, withheld };
        let input = unwrap_request(&operation.process, &request, &self.application.limits)?.input;
        self.runtime.block_on(async {
            let admission = self.application.admit(&operation.process, &self.caller).await?;
            let (caller, terms) = (Some(self.caller.clone()), Terms::default());
            self.application.perform(operation, caller, admission, input, &terms).await.map(drop)
        })
    }

    fn stored(&self, id: &str) -> Value {
        let anna = self.service.caller("acme").at("0001", "EUR").may(["*"]);
        self.service.get(&format!("/plains/{id}")).from(&anna).send().json()
    }

    fn make(&self, id: &str, mut document: Value) -> Model {
        document["id"] = id.into();
        self.run(Method::Post, "/plains", Some(&document), PatchForm::Merge).expect("a new one");
        Model(self.stored(id))
    }
}

/// Does a write to both. Gives the status of what either refuses.
fn write(shop: &Shop, model: &mut Model, path: &str, write: &Write) -> Option<(Result<(), u16>, Result<(), u16>)> {
    let place = write.place;
    let wanted = find(&write.wanted, &steps(place)).cloned();
    let at = format!("{path}{place}");
    let run =
        |method, body: Option<&Value>, form| shop.run(method, &at, body, form).map_err(|fault| fault.kind().status());
    Some(match write.kind {
        Kind::Put => {
            let wanted = wanted?;
            (run(Method::Put, Some(&wanted), PatchForm::Merge), model.put(place, wanted))
        }
        Kind::Merge => {
            let wanted = wanted?;
            (run(Method::Patch, Some(&wanted), PatchForm::Merge), model.merge(place, wanted))
        }
        Kind::Without => {
            let mut wanted = wanted.filter(|wanted| wanted.is_object() && !place.starts_with("/pieces"))?;
            let name = wanted.as_object()?.keys().next()?.clone();
            wanted[&name] = Value::Null;
            (run(Method::Patch, Some(&wanted), PatchForm::Merge), model.merge(place, wanted))
        }
        Kind::Operations | Kind::FailedTest => {
            let before = model.at(place).cloned().unwrap_or_default();
            let wanted = if place.is_empty() { with_kept(wanted?, &before) } else { wanted? };
            let mut operations = serde_json::to_value(json_patch::diff(&before, &wanted)).ok()?;
            let fails = matches!(write.kind, Kind::FailedTest);
            if fails {
                operations.as_array_mut()?.push(json!({"op": "test", "path": "", "value": [[]]}));
            }
            let found = run(Method::Patch, Some(&operations), PatchForm::Operations);
            let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
            let missing = model.pointer(parent).is_none() || (place.starts_with("/pieces/") && before.is_null());
            (found, if fails && !missing { Err(409) } else { model.put(place, wanted) })
        }
        Kind::Delete => {
            if place.is_empty() || place.ends_with("/what") {
                return None;
            }
            (run(Method::Delete, None, PatchForm::Merge), model.set(place, None))
        }
    })
}

/// A wanted whole with what only the server writes, as a client reads it.
fn with_kept(mut wanted: Value, before: &Value) -> Value {
    for name in ["id", "created", "modified", "serial"] {
        wanted[name] = before[name].clone();
    }
    wanted
}

#[test]
fn any_sequence_of_patches_and_property_writes_equals_the_model() {
    let shop = Shop::open();
    let (drawn, made) = (Cell::new(0), Cell::new(0));
    let check = |(first, all): (Value, Vec<Write>)| {
        drawn.set(drawn.get() + 1);
        let (id, mut first) = (format!("p{}", drawn.get()), first);
        // A code is unique among all, and two of these live in one shop.
        first.as_object_mut().expect("an object").remove("code");
        let (path, mut model) = (format!("/plains/{id}"), shop.make(&id, first));
        for mut one in all {
            if let Some(code) = one.wanted.get_mut("code") {
                *code = format!("{}{id}", code.as_str().unwrap_or_default()).into();
            }
            let Some((found, expected)) = write(&shop, &mut model, &path, &one) else { continue };
            prop_assert_eq!(found, expected, "{:?}", one);
            made.set(made.get() + usize::from(found.is_ok()));
            let stored = shop.stored(&id);
            model.0["modified"] = stored["modified"].clone();
            prop_assert_eq!(&stored, &model.0, "{:?}", one);
        }
        Ok(())
    };
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() });
    runner.run(&(wanted(), writes()), check).unwrap();
    assert!(made.get() > 100, "{} writes were made", made.get());
}
