//! What holds for every answer: a problem document for every refusal, headers, tags, nothing behind an empty one.

use serde_json::Value;

use crate::{client::Answer, report::Report, world::World};

/// Holds any answer to what every answer has. `path` is that of the request, without its query.
pub(crate) fn every(report: &mut Report, place: &str, method: &str, path: &str, answer: &Answer) {
    let header = |name| answer.header(name);
    report.expect(header("x-content-type-options") == Some("nosniff"), place, || "no nosniff".into());
    report.expect(header("x-request-id").is_some(), place, || "no x-request-id".into());
    let trace = header("traceparent").unwrap_or_default().to_owned();
    report.expect(trace.len() == 55, place, || format!("traceparent {trace:?}"));
    report.expect(header("cache-control").is_some(), place, || "no cache-control".into());
    let empty = method == "HEAD" || matches!(answer.status, 204 | 304);
    if empty {
        report.expect(answer.body.is_empty(), place, || format!("{} bytes behind an empty answer", answer.body.len()));
    } else if !answer.body.is_empty() {
        report.expect(header("content-type").is_some(), place, || "a body without a media type".into());
        let length = header("content-length").and_then(|length| length.parse().ok());
        report.expect(length == Some(answer.body.len()), place, || format!("content-length {length:?}"));
    }
    if answer.status >= 400 && method != "HEAD" {
        problem(report, place, path, answer, trace.get(3..35).unwrap_or_default());
    }
}

/// RFC 9457, with the members of the design.
fn problem(report: &mut Report, place: &str, path: &str, answer: &Answer, trace: &str) {
    let document = answer.json();
    if document.get("error").is_some() {
        let told = answer.header("content-type") == Some("application/json") && document["error"].is_string();
        report.expect(told, place, || format!("not an error of OAuth: {document}"));
        return;
    }
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = text("code");
    report.expect(answer.header("content-type") == Some("application/problem+json"), place, || {
        format!("a refusal as {:?}", answer.header("content-type"))
    });
    report.expect(answer.header("cache-control") == Some("no-store"), place, || "a problem that may be kept".into());
    report.expect(!code.is_empty(), place, || format!("no code in {document}"));
    report.expect(text("type").ends_with(&format!("/problems/{code}")), place, || format!("type of {document}"));
    report.expect(!text("title").is_empty(), place, || format!("title of {document}"));
    let status = document.get("status").and_then(Value::as_u64);
    report.expect(status == Some(answer.status.into()), place, || format!("{} is told as {status:?}", answer.status));
    report.expect(text("instance").ends_with(path), place, || format!("instance {:?} at {path}", text("instance")));
    report.expect(text("traceId") == trace, place, || format!("traceId {:?}, traced {trace}", text("traceId")));
    let known = [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "code",
        "violations",
        "limit",
        "token",
        "operation",
        "traceId",
    ];
    let members = document.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let strange: Vec<_> = members.iter().filter(|name| !known.contains(&name.as_str())).collect();
    report.expect(strange.is_empty(), place, || format!("a problem with {strange:?}"));
    if let Some(violations) = document.get("violations").and_then(Value::as_array) {
        let told = |one: &Value, name: &str| one.get(name).is_some_and(Value::is_string);
        let whole = violations.iter().all(|one| ["pointer", "code", "detail"].iter().all(|name| told(one, name)));
        report.expect(whole && !violations.is_empty(), place, || format!("violations {violations:?}"));
    }
    report.problems.insert(text("type").to_owned(), (text("title").to_owned(), status.unwrap_or_default()));
}

/// The type of every problem that was seen leads to a page that says the same.
pub(crate) fn problem_pages(world: &World<'_>, report: &mut Report) {
    for (kind, (title, status)) in report.problems.clone() {
        let path =
            kind.split_once("://").map_or(kind.as_str(), |(_, rest)| rest.split_at(rest.find('/').unwrap_or(0)).1);
        let page = world.bare(&crate::client::Request::new("GET", path));
        let told = page.json();
        let same = page.status == 200 && told["title"] == title.as_str() && told["status"] == status;
        report.expect(same, &format!("GET {path}"), || format!("{} {told} of {title:?} {status}", page.status));
    }
}

/// A list page by page: `limit`, `next`, `Link`, and cursors that no list made.
pub(crate) fn pages(world: &World<'_>, report: &mut Report, list: &crate::operation::Operation, path: &str) {
    let line = format!("{} page by page", list.line());
    let ask = |target: &str| world.ask(crate::client::Request::new("GET", target));
    for (query, code) in [
        ("limit=0", "query_invalid"),
        ("limit=501", "query_invalid"),
        ("limit=x", "query_invalid"),
        ("limit=1&limit=1", "query_invalid"),
        ("limit=%ff", "query_invalid"),
        ("cursor=!", "cursor_invalid"),
    ] {
        let answer = ask(&format!("{path}?{query}"));
        every(report, &line, "GET", path, &answer);
        let told = (answer.status, answer.code()) == (400, code.to_owned());
        report.expect(told, &line, || format!("?{query} is {}", answer.told()));
    }
    if let Some(create) = world.find(enaction_core::table::Method::Post, &list.path) {
        for _ in 0..2 {
            let made = world.perform(create, path);
            report.expect(made.status == 201, &line, || format!("an item of it: {}", made.told()));
        }
    }
    let whole = items(&ask(&format!("{path}?limit=500")));
    let (mut next, mut seen) = (Some(format!("{path}?limit=1")), Vec::new());
    while let Some(target) = next.take().filter(|_| seen.len() <= whole.len()) {
        let page = ask(&target);
        every(report, &line, "GET", path, &page);
        seen.extend(items(&page));
        next = page.json().get("next").and_then(Value::as_str).map(str::to_owned);
        let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
        report.expect(page.header("link").map(str::to_owned) == link, &line, || {
            format!("link {:?}", page.header("link"))
        });
        report.expect(items(&page).len() <= 1, &line, || "more than one item of limit=1".into());
    }
    report.expect(seen == whole, &line, || format!("{} items one by one, {} in one page", seen.len(), whole.len()));
}

fn items(page: &Answer) -> Vec<Value> {
    page.json().get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}
