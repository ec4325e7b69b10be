//! Every list of every resource: its grammar, its limits, its cursors, and whose items it gives. What it can be asked is
//! read from the flags of its operation.

use std::collections::BTreeSet;

use enaction_core::table::Method;
use serde_json::Value;

use crate::{
    client::{Answer, Request},
    operation::Operation,
    report::Report,
    world::World,
};

/// How much was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Lists.
    pub lists: usize,
    /// Orders that they declare.
    pub orders: usize,
    /// Filters that selected something.
    pub filters: usize,
    /// Cursors that were refused.
    pub cursors: usize,
}

/// What no parameter of any list may be.
const REFUSED: &[&str] = &[
    "limit=0",
    "limit=-1",
    "limit=1.5",
    "limit=x",
    "limit=",
    "limit=501",
    "limit=4294967296",
    "limit=99999999999999999999999",
    "limit=1&limit=1",
    "count=maybe",
    "count=true&count=true",
    "cursor=",
    "cursor=x",
    "cursor=%00",
    "cursor=AAAAAAAAAAAAAAAAAAAA",
    "sort=",
    "sort=noSuchMember",
    "sort=--id",
    "sort=created;drop",
    "fields=",
    "fields=noSuchMember",
    "fields=id,,id",
    "fields=id%2Cid",
    "fields=id&fields=id",
    "filter=1",
    "filter[]=1",
    "filter[noSuchMember]=1",
    "filter[noSuchMember][ge]=1",
    "filter[id]x=1",
    "filter[id=1",
    "filter[id][ge][le]=1",
    "Filter[id]=1",
    "filter[noSuchMember]=%27%20OR%201%3D1%20--",
    "filter[items.id]=1",
    "noSuchFlag=1",
];

/// A page of a list, by which others are asked.
struct Known {
    path: String,
    query: String,
    cursor: String,
}

/// Holds every list to what it declares.
pub fn check(world: &World<'_>, report: &mut Report) -> Tried {
    let (mut tried, mut known) = (Tried::default(), Vec::new());
    let lists = world.operations.iter().filter(|one| one.method == Method::Get && one.flags.contains_key("cursor"));
    for operation in lists {
        let Some(path) = filled(world, operation) else {
            report.find(&operation.line(), "nothing can be put into it");
            continue;
        };
        let list = List { world, operation, path };
        list.refuses(report);
        list.shows(&list.operation.flags, report);
        tried.lists += 1;
        let orders = operation.flags.get("sort").and_then(|sort| sort["x-lists"].as_array()).cloned();
        let orders: Vec<Value> = orders.unwrap_or_default();
        for order in &orders {
            tried.orders += 1;
            tried.filters += list.selects(order, report);
        }
        let sorts = orders.iter().filter(|order| order["by"].as_array().is_some_and(Vec::is_empty));
        let queries: Vec<_> = sorts.map(|order| format!("sort={}", names(&order["sort"]).join(","))).collect();
        for query in queries.into_iter().chain([String::new()]) {
            known.extend(list.walks(&query, report));
        }
    }
    tried.cursors = cursors(world, &known, report);
    tried
}

/// A list with some items.
fn filled(world: &World<'_>, operation: &Operation) -> Option<String> {
    let path = world.some_place(&operation.path)?;
    for _ in 0..3 {
        let create = world.find(Method::Post, &operation.path);
        create.map(|create| world.perform(create, &path));
    }
    Some(path)
}

struct List<'w> {
    world: &'w World<'w>,
    operation: &'w Operation,
    path: String,
}

impl List<'_> {
    fn ask(&self, query: &str) -> Answer {
        self.world.get(&format!("{}?{query}", self.path))
    }

    fn line(&self, query: &str) -> String {
        format!("{}?{query}", self.operation.line())
    }

    fn items(&self, query: &str, report: &mut Report) -> Vec<Value> {
        let answer = self.ask(query);
        report.expect(answer.status == 200, &self.line(query), || answer.told());
        answer.json()["items"].as_array().cloned().unwrap_or_default()
    }

    fn refuses(&self, report: &mut Report) {
        for query in REFUSED {
            let answer = self.ask(query);
            let told = (answer.status, answer.code());
            let expected: &[&str] =
                if query.starts_with("cursor") { &["cursor_invalid", "query_invalid"] } else { &["query_invalid"] };
            let fits = told.0 == 400 && expected.contains(&told.1.as_str());
            report.expect(fits, &self.line(query), || answer.told());
        }
    }

    /// What of each item is shown, and how many there are.
    fn shows(&self, flags: &serde_json::Map<String, Value>, report: &mut Report) {
        let all = self.items("limit=500", report);
        let counted = self.ask("count=true&limit=1").json()["count"].clone();
        let expected = serde_json::json!({ "value": all.len(), "more": false });
        report.expect(counted == expected, &self.line("count=true"), || format!("{counted} of {expected}"));
        if flags.contains_key("fields") && all.iter().any(|item| item.get("id").is_some()) {
            let query = "fields=id&limit=500";
            let items = self.items(query, report);
            let only = items.iter().all(|item| item.as_object().is_some_and(|item| item.keys().eq(["id"])));
            report.expect(only && items.len() == all.len(), &self.line(query), || format!("{items:?}"));
            let (whole, part) = (self.ask("limit=500"), self.ask(query));
            report.expect(whole.header("etag") != part.header("etag"), &self.line(query), || {
                "another representation has the same tag".to_owned()
            });
        }
    }

    /// Every filter on the first member of an order selects what a look at all items selects.
    fn selects(&self, order: &Value, report: &mut Report) -> usize {
        let members = names(&order["by"]).into_iter().chain(names(&order["sort"]));
        let members: Vec<String> = members.map(|name| name.trim_start_matches('-').to_owned()).collect();
        let Some(first) = members.first() else { return 0 };
        let all = self.items("limit=500", report);
        let schema = &self.operation.flags["filter"]["properties"][first];
        let operators: Vec<&str> =
            schema["x-operators"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut selected = 0;
        for value in all.iter().filter_map(|item| item.get(first)).take(2) {
            let text = encode(&plain(value));
            let mut queries = vec![(format!("filter[{first}]={text}"), "eq")];
            queries.extend(operators.iter().map(|operator| {
                (
                    format!("filter[{first}][{operator}]={}", if *operator == "exists" { "true" } else { &text }),
                    *operator,
                )
            }));
            for (query, operator) in queries {
                let query = format!("{query}&limit=500");
                let found: BTreeSet<String> = ids(&self.items(&query, report));
                let expected = all.iter().filter(|item| holds(operator, item.get(first), value)).cloned();
                let expected: BTreeSet<String> = ids(&expected.collect::<Vec<_>>());
                selected += usize::from(!found.is_empty());
                report.expect(found == expected, &self.line(&query), || format!("{found:?} is not {expected:?}"));
                let globex =
                    self.world.ask_as(&self.world.target.other, Request::new("GET", &format!("{}?{query}", self.path)));
                let leaks = globex.json()["items"].as_array().is_some_and(|items| !ids(items).is_disjoint(&expected));
                report.expect(!leaks, &self.line(&query), || "another company is given it".to_owned());
            }
        }
        for (injected, text) in
            [("' OR '1'='1", true), ("\\\"]}{[", true), ("%", true), ("\0", true), ("\u{1f600}", true)]
        {
            let query = format!("filter[{first}]={}", encode(injected));
            let answer = self.ask(&query);
            let is_text = operators.contains(&"prefix") && text;
            let fits = match answer.status {
                200 => is_text && answer.json()["items"].as_array().is_some_and(Vec::is_empty),
                status => status == 400 && !is_text,
            };
            report.expect(fits, &self.line(&query), || answer.told());
        }
        for later in members.iter().skip(1) {
            let alone = self.operation.flags["filter"]["x-lists"].as_array().is_some_and(|lists| {
                lists.iter().any(|list| {
                    let first = names(&list["by"]).into_iter().chain(names(&list["sort"])).next();
                    first.is_some_and(|first| first.trim_start_matches('-') == later.as_str())
                })
            });
            let query = format!("filter[{later}][exists]=true");
            let answer = self.ask(&query);
            let expected = if alone { 200 } else { 400 };
            report.expect(answer.status == expected, &self.line(&query), || answer.told());
        }
        selected
    }

    /// A walk gives every item once, in the order of one page that holds all; gives a page that others are asked by.
    fn walks(&self, query: &str, report: &mut Report) -> Option<Known> {
        let all = self.items(&format!("{query}&limit=500"), report);
        let (mut walked, mut target, mut known) = (Vec::new(), format!("{}?{query}&limit=1", self.path), None);
        for _ in 0..=all.len() {
            let answer = self.world.get(&target);
            let page = answer.json();
            walked.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { break };
            let link = format!("<{next}>; rel=\"next\"");
            report.expect(answer.header("link") == Some(&link), &self.line(query), || format!("not {link}"));
            let cursor = next.split(['?', '&']).find_map(|pair| pair.strip_prefix("cursor="))?.to_owned();
            known.get_or_insert(Known { path: self.path.clone(), query: query.to_owned(), cursor });
            next.clone_into(&mut target);
        }
        report.expect(walked == all, &self.line(query), || format!("{} of {} items", walked.len(), all.len()));
        known
    }
}

/// No cursor is taken by another list, another query or another company; nor is a part of one, nor one with a change.
fn cursors(world: &World<'_>, known: &[Known], report: &mut Report) -> usize {
    let mut refused = 0;
    let mut refuse = |answer: Answer, line: String| {
        let fits = (answer.status, answer.code().as_str()) == (400, "cursor_invalid") || answer.status == 404;
        report.expect(fits, &line, || answer.told());
        refused += 1;
    };
    for (at, one) in known.iter().enumerate() {
        let Known { path, query, cursor } = one;
        for (_, other) in known.iter().enumerate().filter(|(other, _)| *other != at) {
            let target = format!("{path}?{query}&cursor={}", other.cursor);
            refuse(world.get(&target), format!("GET {target} with a cursor of {}?{}", other.path, other.query));
        }
        let target = format!("{path}?{query}&cursor={cursor}");
        let foreign = world.ask_as(&world.target.other, Request::new("GET", &target));
        refuse(foreign, format!("GET {target} by another company"));
        for length in 1..cursor.len() {
            let target = format!("{path}?{query}&cursor={}", &cursor[..length]);
            refuse(world.get(&target), format!("GET {target}, cut"));
        }
        for (at, byte) in cursor.char_indices() {
            let other = if byte == 'A' { 'B' } else { 'A' };
            let target = format!("{path}?{query}&cursor={}{other}{}", &cursor[..at], &cursor[at + 1..]);
            refuse(world.get(&target), format!("GET {target}, changed"));
        }
    }
    refused
}

/// Whether an item is selected, by a look at its value.
fn holds(operator: &str, value: Option<&Value>, given: &Value) -> bool {
    let Some(value) = value else { return false };
    let order = match (value, given) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let Some(order) = order else { return false };
    match operator {
        "ge" => order.is_ge(),
        "gt" => order.is_gt(),
        "le" => order.is_le(),
        "lt" => order.is_lt(),
        "exists" => true,
        "prefix" => value.as_str().zip(given.as_str()).is_some_and(|(value, given)| value.starts_with(given)),
        _ => order.is_eq(),
    }
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().filter_map(|item| Some(item.get("id")?.as_str()?.to_owned())).collect()
}

/// A value as a query parameter has it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Percent-encoded, but for what never needs it.
#[must_use]
pub fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
