//! Queries against a model: whatever is asked, a list gives what a look at all items gives; and a walk gives each item
//! whose place did not change exactly once, whatever is written meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use enaction::{
    stores::{SqliteSettings, SqliteStore},
    testkit::{Running, TestCaller, TestService},
};
use enaction_conformance::lists::encode;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::shop;

/// The lists of `/plains`: the members in the order of the index, with whether they descend.
const LISTS: [&[(&str, bool)]; 4] = [
    &[("kind", false), ("open", false), ("level", false), ("share", true)],
    &[("name", false), ("created", true)],
    &[("until", true), ("name", false)],
    &[("code", false)],
];

/// A store, with a server over it.
struct Subject {
    service: Running,
    anna: TestCaller,
    _directory: Option<tempfile::TempDir>,
}

impl Subject {
    fn all() -> [Self; 2] {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).unwrap();
        let over = |service: TestService, directory| {
            let service = service.module(shop::module()).start();
            let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
            Self { service, anna, _directory: directory }
        };
        [over(TestService::new(), None), over(TestService::new().store(Arc::new(store)), Some(directory))]
    }

    fn ask(&self, method: &str, target: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.service.request(method, target).from(&self.anna);
        let answer = match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        };
        (answer.status, answer.json())
    }

    fn items(&self) -> Vec<Value> {
        self.ask("GET", "/plains?limit=500", None).1["items"].as_array().cloned().unwrap_or_default()
    }

    fn empty(&self) {
        for item in self.items() {
            self.ask("DELETE", &format!("/plains/{}", item["id"].as_str().unwrap()), None);
        }
    }
}

/// The members of an item that the lists are about.
fn item() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["", "a", "ab", "a,b", "b", "\u{e4}", "a\u{0}b", "z"]);
    let until = prop::option::of(prop::sample::select(vec![
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00.001Z",
        "1999-12-31T23:59:59.999Z",
    ]));
    // As texts, for their parser is a part of what is held.
    let share = prop::sample::select(vec![
        "-1.5",
        "-0.5",
        "0.0",
        "-0.0",
        "0.5",
        "1",
        "2.0",
        "10",
        "0.90741630066545186",
        "0.9074163006654517",
        "0.1",
        "1e300",
        "-1e300",
        "5e-324",
        "9007199254740993",
        "18446744073709551615",
    ]);
    let code = prop::option::weighted(0.3, 0..1000_u32);
    (any::<bool>(), any::<bool>(), -2..=2_i64, share, name, until, code).prop_map(
        |(red, open, level, share, name, until, code)| {
            let (kind, code) = (if red { "RED" } else { "DARK_BLUE" }, code.map(|code| code.to_string()));
            let share: Value = serde_json::from_str(share).unwrap();
            json!({
                "kind": kind, "open": open, "level": level, "share": share, "name": name, "until": until, "code": code,
            })
        },
    )
}

/// A query of one list.
#[derive(Clone, Debug)]
struct Query {
    list: usize,
    equal: usize,
    operator: Option<&'static str>,
    sorted: usize,
    /// Of which items the values are.
    of: (usize, usize),
    limit: usize,
}

fn query() -> impl Strategy<Value = Query> {
    let operators = vec!["ge", "gt", "le", "lt", "ge..lt", "gt..le", "in", "prefix", "exists"];
    let operator = prop::option::of(prop::sample::select(operators));
    (0..LISTS.len(), 0..4_usize, operator, 0..5_usize, any::<(u16, u16)>(), 1..9_usize).prop_map(
        |(list, equal, operator, sorted, (a, b), limit)| {
            let equal = equal.min(LISTS[list].len() - 1);
            let sorted = sorted.min(LISTS[list].len() - equal);
            Query { list, equal, operator, sorted, of: (a.into(), b.into()), limit }
        },
    )
}

fn order(a: Option<&Value>, b: Option<&Value>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        // Both zeros are one.
        (Some(a), Some(b)) => (a.as_f64().unwrap() + 0.0).total_cmp(&(b.as_f64().unwrap() + 0.0)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

impl Query {
    fn rest(&self) -> &'static [(&'static str, bool)] {
        &LISTS[self.list][self.equal..]
    }

    /// Its text, and what of the items it selects, in order.
    fn expected(&self, items: &[Value]) -> Option<(String, Vec<Value>)> {
        let value = |at: usize, name: &str| items.get(at % items.len().max(1)).and_then(|item| item.get(name).cloned());
        let (mut text, mut selected) = (Vec::new(), items.to_vec());
        for (name, _) in &LISTS[self.list][..self.equal] {
            let given = value(self.of.0, name);
            text.push(match &given {
                Some(given) => format!("filter[{name}]={}", plain(given)),
                None => format!("filter[{name}][exists]=false"),
            });
            selected.retain(|item| item.get(*name) == given.as_ref());
        }
        if let (Some(operator), Some((name, _))) = (self.operator, self.rest().first()) {
            let (a, b) = (value(self.of.0, name), value(self.of.1, name));
            let texts = matches!((name, &a), (&"name" | &"code", Some(Value::String(_))));
            let of = |item: &Value| item.get(*name).cloned();
            let compared = |operator: &str, item: &Value, bound: &Value| {
                let order = of(item).map(|value| order(Some(&value), Some(bound)));
                order.is_some_and(|order| match operator {
                    "ge" => order.is_ge(),
                    "gt" => order.is_gt(),
                    "le" => order.is_le(),
                    _ => order.is_lt(),
                })
            };
            match operator {
                "exists" => {
                    text.push(format!("filter[{name}][exists]=true"));
                    selected.retain(|item| of(item).is_some());
                }
                "in" => {
                    let (a, b) = (a?, b?);
                    text.push(format!("filter[{name}][in]={},{}", plain(&a), plain(&b)));
                    selected.retain(|item| of(item).is_some_and(|value| value == a || value == b));
                }
                "prefix" if texts => {
                    let a = a?.as_str()?.chars().take(1).collect::<String>();
                    text.push(format!("filter[{name}][prefix]={}", encode(&a)));
                    selected.retain(|item| item[name].as_str().is_some_and(|value| value.starts_with(&a)));
                }
                "prefix" => return None,
                range => {
                    for (operator, bound) in range.split("..").zip([a, b]) {
                        let bound = bound?;
                        text.push(format!("filter[{name}][{operator}]={}", plain(&bound)));
                        selected.retain(|item| compared(operator, item, &bound));
                    }
                }
            }
        }
        let sort: Vec<_> = self.rest()[..self.sorted]
            .iter()
            .map(|(name, down)| format!("{}{name}", if *down { "-" } else { "" }))
            .collect();
        if !sort.is_empty() {
            text.push(format!("sort={}", sort.join(",")));
        }
        if text.is_empty() {
            return None;
        }
        selected.sort_by(|a, b| {
            let each = self.rest().iter().map(|(name, down)| {
                let order = order(a.get(*name), b.get(*name));
                if *down { order.reverse() } else { order }
            });
            each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(a["id"].as_str().cmp(&b["id"].as_str()))
        });
        Some((text.join("&"), selected))
    }
}

fn plain(value: &Value) -> String {
    encode(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..Default::default() })
}

#[test]
fn a_list_gives_what_a_look_at_all_items_gives() {
    for subject in Subject::all() {
        let (items, queries) = (prop::collection::vec(item(), 0..24), prop::collection::vec(query(), 12));
        let result = runner(12).run(&(items, queries), |(items, queries)| {
            subject.empty();
            for item in items {
                subject.ask("POST", "/plains", Some(item));
            }
            let items = subject.items();
            for query in queries {
                let Some((text, expected)) = query.expected(&items) else { continue };
                let (mut found, mut target) = (Vec::new(), format!("/plains?{text}&limit={}", query.limit));
                loop {
                    let (status, page) = subject.ask("GET", &target, None);
                    prop_assert_eq!(status, 200, "{}: {}", target, page);
                    found.extend(page["items"].as_array().cloned().unwrap_or_default());
                    let Some(next) = page["next"].as_str() else { break };
                    target = next.to_owned();
                }
                // Several lists fit where the order is not asked for: the first that is declared is taken.
                let same = |items: &[Value]| items.iter().map(|item| item["id"].to_string()).collect::<BTreeSet<_>>();
                prop_assert_eq!(same(&found), same(&expected), "{}", text);
                prop_assert_eq!(found, expected, "{}", text);
            }
            Ok(())
        });
        result.expect("a list is as its model");
    }
}

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Change {
    Insert(Value),
    Delete(usize),
    /// It gets other values in the list.
    Move(usize, Value),
    /// It gets other values elsewhere.
    Touch(usize, u32),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        item().prop_map(Change::Insert),
        any::<usize>().prop_map(Change::Delete),
        (any::<usize>(), item()).prop_map(|(at, item)| Change::Move(at, item)),
        (any::<usize>(), any::<u32>()).prop_map(|(at, small)| Change::Touch(at, small)),
    ]
}

#[test]
fn a_walk_gives_what_stays_in_its_place_exactly_once() {
    let orders = ["", "sort=kind", "filter[kind]=RED&filter[open]=true", "sort=name", "sort=-until", "sort=code"];
    for subject in Subject::all() {
        let items = prop::collection::vec(item(), 4..16);
        let changes = prop::collection::vec(prop::collection::vec(change(), 0..4), 16);
        let case = (items, changes, prop::sample::select(orders.to_vec()), 1..5_usize);
        let result = runner(24).run(&case, |(items, changes, order, limit)| {
            subject.empty();
            for item in items {
                subject.ask("POST", "/plains", Some(item));
            }
            let place = |item: &Value| {
                let names = LISTS.iter().flat_map(|list| list.iter()).map(|(name, _)| item.get(*name).cloned());
                names.collect::<Vec<_>>()
            };
            let all = |query: &str| {
                let page = subject.ask("GET", &format!("/plains?{query}&limit=500"), None).1;
                let items = page["items"].as_array().cloned().unwrap_or_default();
                items.into_iter().map(|item| (item["id"].to_string(), item)).collect::<BTreeMap<_, _>>()
            };
            let mut stayed = all(order);
            let (mut seen, mut target) = (Vec::new(), format!("/plains?{order}&limit={limit}"));
            let mut changes = changes.into_iter();
            loop {
                let (status, page) = subject.ask("GET", &target, None);
                prop_assert_eq!(status, 200, "{}: {}", target, page);
                seen.extend(page["items"].as_array().into_iter().flatten().map(|item| item["id"].to_string()));
                let Some(next) = page["next"].as_str() else { break };
                target = next.to_owned();
                for change in changes.next().unwrap_or_default() {
                    write(&subject, change);
                    let now = all(order);
                    stayed.retain(|id, item| now.get(id).is_some_and(|now| place(now) == place(item)));
                }
            }
            for id in stayed.keys() {
                prop_assert_eq!(seen.iter().filter(|one| *one == id).count(), 1, "{} in {}: {:?}", id, order, seen);
            }
            Ok(())
        });
        result.expect("a walk keeps its promise");
    }
}

fn write(subject: &Subject, change: Change) {
    let items = subject.items();
    let path = |at: usize| {
        let item = items.get(at % items.len().max(1))?;
        Some(format!("/plains/{}", item["id"].as_str()?))
    };
    match change {
        Change::Insert(item) => drop(subject.ask("POST", "/plains", Some(item))),
        Change::Delete(at) => drop(path(at).map(|path| subject.ask("DELETE", &path, None))),
        Change::Move(at, item) => drop(path(at).map(|path| subject.ask("PATCH", &path, Some(item)))),
        Change::Touch(at, small) => {
            drop(path(at).map(|path| subject.ask("PATCH", &path, Some(json!({ "small": small })))))
        }
    }
}
