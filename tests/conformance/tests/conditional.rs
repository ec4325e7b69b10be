//! Preconditions over HTTP: what a client says to know, held against what is committed.

use crate::shop::Shop;

#[test]
fn a_change_under_a_tag_is_made_once() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one","code":"a"}"#, &[]).status, 201);
    let first = shop.tag("/plains/one");
    let second = shop.ask("PUT", "/plains/one", r#"{"code":"b"}"#, &[("if-match", &first)]);
    assert_eq!(second.status, 200);
    for (method, path, body) in [
        ("PUT", "/plains/one", r#"{"code":"c"}"#),
        ("PATCH", "/plains/one", r#"{"code":"c"}"#),
        ("DELETE", "/plains/one", ""),
        ("PUT", "/plains/one/code", r#""c""#),
        ("PATCH", "/plains/one/address/city", r#""Bonn""#),
        ("DELETE", "/plains/one/code", ""),
        ("GET", "/plains/one", ""),
        ("GET", "/plains/one/code", ""),
    ] {
        let answer = shop.ask(method, path, body, &[("if-match", &first)]);
        assert_eq!((answer.status, answer.code().as_str()), (412, "precondition_failed"), "{method} {path}");
    }
    assert_eq!(Some(shop.tag("/plains/one").as_str()), second.header("etag"));
    assert_eq!(shop.ask("GET", "/plains/one/code", "", &[]).json(), "b");
}

#[test]
fn a_precondition_is_asked_only_where_the_answer_would_be_a_success() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one","code":"a"}"#, &[]).status, 201);
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"two","code":"b"}"#, &[]).status, 201);
    for (method, path, body, status, code) in [
        ("PUT", "/plains/none", "{}", 404, "not_found"),
        ("PATCH", "/plains/none", "{}", 404, "not_found"),
        ("DELETE", "/plains/none", "", 404, "not_found"),
        ("PUT", "/plains/one", r#"{"level":9}"#, 422, "invalid"),
        ("PUT", "/plains/one", "{", 400, "not_json"),
        ("PUT", "/plains/one", r#"{"serial":7}"#, 422, "invalid"),
        ("PUT", "/plains/one", r#"{"code":"b"}"#, 409, "already_exists"),
        ("POST", "/plains", r#"{"id":"one"}"#, 409, "already_exists"),
        ("POST", "/plains", r#"{"code":"a"}"#, 409, "already_exists"),
        ("POST", "/plains/one", "{}", 409, "already_exists"),
        ("DELETE", "/plains/one/second", "", 404, "not_found"),
        ("PUT", "/plains/one", "{}", 412, "precondition_failed"),
        ("POST", "/plains", "{}", 412, "precondition_failed"),
    ] {
        let answer = shop.ask(method, path, body, &[("if-match", "\"0-of-another-world\"")]);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path} {body}");
    }
    assert_eq!(shop.ask("GET", "/plains", "", &[]).json()["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_star_is_about_whether_it_exists() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one"}"#, &[]).status, 201);
    for (method, path, body, field, status) in [
        ("PUT", "/plains/one", "{}", "if-match", 200),
        ("PUT", "/plains/one", "{}", "if-none-match", 412),
        ("GET", "/plains/one", "", "if-match", 200),
        ("GET", "/plains/one", "", "if-none-match", 304),
        // A property that is absent can be made, but not twice.
        ("PUT", "/plains/one/code", r#""a""#, "if-match", 412),
        ("PUT", "/plains/one/code", r#""a""#, "if-none-match", 200),
        ("PUT", "/plains/one/code", r#""b""#, "if-none-match", 412),
        ("PUT", "/plains/one/code", r#""b""#, "if-match", 200),
        ("DELETE", "/plains/one", "", "if-none-match", 412),
        ("DELETE", "/plains/one", "", "if-match", 200),
        ("PUT", "/plains/one", "{}", "if-none-match", 404),
    ] {
        let answer = shop.ask(method, path, body, &[(field, "*")]);
        assert_eq!(
            answer.status,
            status,
            "{method} {path} {body} {field}: {:?}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}

#[test]
fn the_part_of_a_tag_before_a_dash_is_the_state_and_a_weak_tag_is_none() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one"}"#, &[]).status, 201);
    let version = shop.tag("/plains/one").trim_matches('"').to_owned();
    for (field, sent, status) in [
        ("if-match", format!("\"{version}\""), 200),
        ("if-match", format!("\"{version}-x1\""), 200),
        ("if-match", format!("\"0\", \"{version}\""), 200),
        ("if-match", format!("W/\"{version}\""), 412),
        ("if-match", "\"0\"".to_owned(), 412),
        ("if-match", version.clone(), 400),
        ("if-match", String::new(), 400),
        ("if-none-match", format!("\"{version}\""), 304),
        ("if-none-match", format!("\"{version}-x1\""), 200),
        ("if-none-match", format!("W/\"{version}\""), 304),
        ("if-none-match", "\"0\"".to_owned(), 200),
        ("if-none-match", version.clone(), 400),
    ] {
        let answer = shop.ask("GET", "/plains/one", "", &[(field, &sent)]);
        assert_eq!(answer.status, status, "{field}: {sent}");
        match status {
            400 => assert_eq!(answer.code(), "header_malformed", "{field}: {sent}"),
            304 => {
                assert_eq!(answer.header("etag"), Some(format!("\"{version}\"").as_str()));
                assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
                assert!(answer.header("vary").is_some_and(|vary| vary.contains("site_token")));
                assert!(answer.body.is_empty() && answer.header("content-type").is_none());
            }
            _ => {}
        }
    }
}

#[test]
fn a_collection_and_an_action_have_a_state_too() {
    let shop = Shop::open();
    let empty = shop.tag("/things");
    let made =
        shop.ask("POST", "/things", r#"{"id":"one","notes":[{"number":1,"text":"x"}]}"#, &[("if-match", &empty)]);
    assert_eq!(made.status, 201, "{}", made.json());
    assert_eq!(shop.ask("POST", "/things", "{}", &[("if-match", &empty)]).status, 412);
    // The largest page shows all of a collection, and an action on it is about its state.
    let one = shop.tag("/things?limit=500");
    assert_eq!(one, shop.tag("/things"));
    assert_eq!(shop.ask("POST", "/things/sweep", "", &[("if-match", &empty)]).status, 412);
    // An action on an item is about the item, whatever its own URL is; so are its elements, and its list.
    let item = shop.tag("/things/one");
    assert_eq!(shop.tag("/things/one/notes"), item);
    assert_eq!(shop.tag("/things/one/notes/1"), item);
    let stale = "\"0\"";
    for (method, path, body) in [
        ("POST", "/things/one/shut", ""),
        ("POST", "/things/one/notes", ""),
        ("DELETE", "/things/one/notes", ""),
        ("PUT", "/things/one/notes/1", "{}"),
        ("POST", "/things/one/notes/1/finish", ""),
    ] {
        let answer = shop.ask(method, path, body, &[("if-match", stale)]);
        assert_eq!((answer.status, answer.code().as_str()), (412, "precondition_failed"), "{method} {path}");
    }
    assert_eq!(shop.tag("/things/one"), item);
    assert_eq!(shop.ask("POST", "/things/one/shut", "", &[("if-match", &item)]).status, 200);
}

#[test]
fn a_version_never_returns_also_not_under_the_same_id() {
    let shop = Shop::open();
    let mut tags: Vec<String> = Vec::new();
    for _ in 0..5 {
        assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one"}"#, &[]).status, 201);
        for tag in &tags {
            let answer = shop.ask("DELETE", "/plains/one", "", &[("if-match", tag)]);
            assert_eq!(answer.status, 412, "{tag} came back");
        }
        tags.push(shop.tag("/plains/one"));
        let last = tags.last().expect("a tag");
        assert_eq!(shop.ask("DELETE", "/plains/one", "", &[("if-match", last)]).status, 200);
    }
}

#[test]
fn of_a_hundred_writers_each_success_is_there() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one"}"#, &[]).status, 201);
    let won: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    let read = shop.ask("GET", "/plains/one", "", &[]);
                    let small = read.json()["small"].as_u64().expect("a number") + 1;
                    let tag = read.header("etag").expect("a tag");
                    let answer = shop.ask("PUT", "/plains/one/small", &small.to_string(), &[("if-match", tag)]);
                    assert!([200, 412].contains(&answer.status), "{}", answer.status);
                    usize::from(answer.status == 200)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().expect("a writer")).sum()
    });
    assert!(won > 0);
    assert_eq!(shop.ask("GET", "/plains/one/small", "", &[]).json(), won);
}

#[test]
fn a_write_that_is_only_validated_is_answered_as_it_would_be_and_not_made() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one","code":"a"}"#, &[]).status, 201);
    assert_eq!(shop.ask("POST", "/things", r#"{"id":"it","notes":[{"number":1}]}"#, &[]).status, 201);
    let before = [shop.ask("GET", "/plains", "", &[]).body, shop.ask("GET", "/things", "", &[]).body];
    for (method, path, body, status, code) in [
        ("POST", "/plains", r#"{"id":"two","code":"b"}"#, 200, ""),
        ("POST", "/plains", r#"{"id":"one"}"#, 409, "already_exists"),
        ("POST", "/plains", r#"{"code":"a"}"#, 409, "already_exists"),
        ("POST", "/plains", r#"{"level":9}"#, 422, "invalid"),
        ("PUT", "/plains/one", r#"{"code":"c"}"#, 200, ""),
        ("PUT", "/plains/none", "{}", 404, "not_found"),
        ("PATCH", "/plains/one", r#"{"code":"c"}"#, 200, ""),
        ("PUT", "/plains/one/code", r#""c""#, 200, ""),
        ("DELETE", "/plains/one/code", "", 200, ""),
        ("DELETE", "/plains/one", "", 200, ""),
        ("DELETE", "/plains/none", "", 404, "not_found"),
        ("POST", "/things/it/notes", "", 200, ""),
        ("DELETE", "/things/it/notes", "", 204, ""),
        ("POST", "/things/it/shut", "", 200, ""),
    ] {
        let target = format!("{path}?validateOnly=true");
        let answer = shop.ask(method, &target, body, &[]);
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", String::from_utf8_lossy(&answer.body));
        if status >= 400 {
            assert_eq!(answer.code(), code, "{method} {path} {body}");
        }
        assert_eq!(answer.header("location"), None, "{method} {path} {body}");
        assert!(shop.ask(method, &target, body, &[("if-match", "\"0\"")]).status >= 400, "{method} {path} {body}");
        let after = [shop.ask("GET", "/plains", "", &[]).body, shop.ask("GET", "/things", "", &[]).body];
        assert_eq!(after, before, "{method} {path} {body} wrote something");
    }
    let made = shop.ask("POST", "/plains?validateOnly=true", r#"{"id":"two","code":"b"}"#, &[]).json();
    assert_eq!((&made["id"], &made["code"], &made["level"]), (&"two".into(), &"b".into(), &0.into()));
    let minimal = shop.ask("POST", "/plains?validateOnly=true", "{}", &[("prefer", "return=minimal")]);
    assert_eq!((minimal.status, minimal.body.len()), (204, 0));
    for (query, status) in [("validateOnly=false", 201), ("validateOnly=maybe", 400), ("validateOnly", 400)] {
        assert_eq!(shop.ask("POST", &format!("/plains?{query}"), "{}", &[]).status, status, "{query}");
    }
    assert_eq!(shop.ask("GET", "/plains/one?validateOnly=true", "", &[]).status, 400);
}

#[test]
fn a_resource_may_demand_that_the_state_is_known() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"p"}"#, &[]).status, 201);
    let made = shop.ask("POST", "/stricts", r#"{"code":"AB-1234","title":"one","plain":"p"}"#, &[]);
    let path = made.header("location").expect("a location").to_owned();
    let tag = made.header("etag").expect("a tag").to_owned();
    let whole = r#"{"code":"AB-1234","title":"two","plain":"p"}"#;
    for (method, part, body) in [
        ("PUT", "", whole),
        ("PATCH", "", r#"{"title":"two"}"#),
        ("PUT", "/title", r#""two""#),
        ("DELETE", "/contact", ""),
    ] {
        let answer = shop.ask(method, &format!("{path}{part}"), body, &[]);
        assert_eq!((answer.status, answer.code().as_str()), (428, "precondition_required"), "{method} {part}");
        let star = shop.ask(method, &format!("{path}{part}?validateOnly=true"), body, &[("if-none-match", "\"0\"")]);
        assert_eq!(star.status, 428, "{method} {part}: If-None-Match is no knowledge of a state");
    }
    assert_eq!(shop.ask("GET", &path, "", &[]).status, 200);
    assert_eq!(shop.ask("PUT", &path, whole, &[("if-match", &tag)]).status, 200);
    assert_eq!(shop.ask("PUT", &path, whole, &[("if-match", &tag)]).status, 412);
}
