//! Filters, orders, fields and counts: the grammar as a table.

use enaction::limits::Limits;
use serde_json::{Value, json};

use crate::shop::{Shop, service};

/// Items of `/plains`, whose lists are: kind, open, level, -share; name, -created; -until, name; code.
fn shop() -> Shop {
    filled(Shop::open())
}

fn filled(shop: Shop) -> Shop {
    for (id, kind, open, level, share, name, until, code) in [
        ("a", "RED", true, 1, 0.5, "Apple, red", Some("2026-01-01T00:00:00Z"), Some("1")),
        ("b", "RED", true, 2, 1.0, "Apple", None, None),
        ("c", "RED", false, 2, -1.5, "", Some("2026-01-02T00:00:00+01:00"), Some("2")),
        ("d", "DARK_BLUE", false, -5, 2.0, "Pear", Some("2026-01-03T00:00:00.500Z"), None),
        ("e", "RED", true, 2, 7.0, "a\u{1f600}", None, Some("%")),
    ] {
        let body = json!({
            "id": id, "kind": kind, "open": open, "level": level, "share": share, "name": name, "until": until, "code": code,
        });
        let answer = shop.ask("POST", "/plains", &body.to_string(), &[]);
        assert_eq!(answer.status, 201, "{}", answer.json());
    }
    shop
}

fn ids(page: &Value) -> String {
    page["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str()).collect()
}

#[test]
fn a_query_selects_and_orders() {
    let (shop, mut wrong) = (shop(), Vec::new());
    for (query, expected) in [
        ("", "abcde"),
        ("filter[kind]=RED", "caeb"),
        ("filter[kind]=DARK_BLUE", "d"),
        ("filter[kind]=RED&filter[open]=true", "aeb"),
        ("filter[kind]=RED&filter[open]=true&filter[level]=2", "eb"),
        ("filter[kind]=RED&filter[open]=true&filter[level][ge]=2", "eb"),
        ("filter[kind]=RED&filter[open]=true&filter[level][gt]=1&filter[level][lt]=2", ""),
        ("filter[kind]=RED&filter[open]=true&filter[level][gt]=2&filter[level][lt]=1", ""),
        ("filter[kind]=RED&filter[open]=true&filter[level][in]=2,1", "aeb"),
        ("filter[kind]=RED&filter[open]=true&filter[level][in]=2&filter[level][in]=1,2", "aeb"),
        ("filter[kind]=RED&filter[open]=true&filter[level]=2&filter[share][le]=1", "b"),
        ("filter[kind]=RED&filter[open]=true&filter[level]=2&filter[share][ge]=1.0", "eb"),
        ("filter[kind]=RED&filter[open]=true&filter[level]=2&filter[share][gt]=1e0", "e"),
        ("filter[kind]=RED&filter[open]=true&sort=level", "aeb"),
        ("filter[kind]=RED&filter[open]=true&sort=level,-share", "aeb"),
        ("filter[kind][in]=RED,DARK_BLUE&sort=kind,open", "dcaeb"),
        ("filter[kind][in]=", "!/filter[kind][in] enum"),
        ("filter[name]=Apple", "b"),
        ("filter[name]=Apple%2C+red", "a"),
        ("filter[name]=Apple,+red", "a"),
        ("filter[name]=", "c"),
        ("filter[name]=apple", ""),
        ("filter[name][in]=Apple%2C%20red,Pear", "ad"),
        ("filter[name][in]=Apple,%20red", "b"),
        ("filter[name][prefix]=Apple", "ba"),
        ("filter[name][prefix]=Apple%2C", "a"),
        ("filter[name][prefix]=", "cbade"),
        ("filter[name][prefix]=%25", ""),
        ("filter[name][ge]=B&sort=name,-created", "de"),
        ("filter%5Bname%5D%5Blt%5D=B", "cba"),
        ("filter[name]=%27%20OR%201%3D1%20--", ""),
        ("filter[name]=a%F0%9F%98%80", "e"),
        ("filter[name]=a%00", ""),
        ("filter[code]=%25", "e"),
        ("filter[code][exists]=true", "eac"),
        ("filter[code][exists]=false", "bd"),
        ("filter[until]=2026-01-01T23:00:00Z", "c"),
        ("filter[until]=2026-01-02T01:00:00%2B02:00", "c"),
        ("filter[until][ge]=2026-01-01T23:00:00Z", "dc"),
        ("filter[until][lt]=2026-01-03T00:00:00.500Z", "ca"),
        ("filter[until][exists]=true&sort=-until", "dca"),
        ("filter[until][exists]=false", "be"),
        ("filter[until][exists]=false&sort=name", "be"),
        ("sort=-until", "dcabe"),
        ("sort=-until,name", "dcabe"),
        ("sort=name", "cbade"),
        ("sort=code", "bdeac"),
        ("sort=kind", "dcaeb"),
    ] {
        let answer = shop.ask("GET", &format!("/plains?{query}"), "", &[]);
        let told = if answer.status == 200 { ids(&answer.json()) } else { format!("!{}", violation(&answer.json())) };
        if told != expected {
            wrong.push(format!("{query}: {told} is not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Pointer and code of the only violation.
fn violation(problem: &Value) -> String {
    assert_eq!(problem["violations"].as_array().map(Vec::len), Some(1), "{problem}");
    let one = &problem["violations"][0];
    format!("{} {}", one["pointer"].as_str().unwrap_or_default(), one["code"].as_str().unwrap_or_default())
}

#[test]
fn what_is_not_declared_is_refused_with_what_is() {
    let shop = shop();
    let long = format!("filter[name]={}", "x".repeat(257));
    let many = format!("filter[name][in]={}", vec!["x"; 101].join(","));
    for (query, told) in [
        ("filter[level]=1", "/filter not_declared"),
        ("filter[kind]=RED&filter[level]=1", "/filter not_declared"),
        ("filter[kind][in]=RED&filter[open]=true", "/filter not_declared"),
        ("filter[name]=a&filter[code]=1", "/filter not_declared"),
        ("filter[small]=1", "/filter[small] not_declared"),
        ("filter[address]=1", "/filter[address] not_declared"),
        ("filter[nothing][in]=1", "/filter[nothing][in] not_declared"),
        ("filter[kind]=RED&sort=name", "/sort not_declared"),
        ("filter[kind]=RED&filter[open]=true&sort=-level", "/sort not_declared"),
        ("filter[kind]=RED&filter[open]=true&sort=-share", "/sort not_declared"),
        ("sort=-name", "/sort not_declared"),
        ("sort=small", "/sort not_declared"),
        ("sort=kind,kind", "/sort not_declared"),
        ("sort=kind%2Copen", "/sort not_declared"),
        ("sort=", "/sort not_declared"),
        ("filter[kind]=GREEN", "/filter[kind] enum"),
        ("filter[open]=1", "/filter[open] type"),
        ("filter[kind]=RED&filter[open]=yes", "/filter[open] type"),
        ("filter[kind]=RED&filter[open]=true&filter[level][ge]=x", "/filter[level][ge] type"),
        ("filter[kind]=RED&filter[open]=true&filter[level][ge]=", "/filter[level][ge] type"),
        ("filter[kind]=RED&filter[open]=true&filter[level]=1.5", "/filter[level] type"),
        ("filter[kind]=RED&filter[open]=true&filter[level][in]=1,,2", "/filter[level][in] type"),
        ("filter[kind]=RED&filter[open]=true&filter[level][prefix]=1", "/filter[level][prefix] type"),
        ("filter[until]=tomorrow", "/filter[until] format"),
        ("filter[until][prefix]=2026", "/filter[until][prefix] type"),
        ("filter[code][exists]=1", "/filter[code][exists] type"),
        ("filter[name][like]=a", "/filter[name][like] unknown"),
        ("filter[name][]=a", "/filter[name][] unknown"),
        ("filter[name]=a&filter[name]=b", "/filter[name] repeated"),
        ("filter[name][ge]=a&filter[name][ge]=b", "/filter[name][ge] repeated"),
        ("filter[name][ge]=a&filter[name][gt]=b", "/filter[name][gt] repeated"),
        ("filter[name][ge]=a&filter[name]=b", "/filter[name] repeated"),
        ("filter[name]=a&filter[name][ge]=b", "/filter[name][ge] repeated"),
        ("filter[name][ge]=a&filter[name][prefix]=b", "/filter[name] repeated"),
        ("filter[name][exists]=true&filter[name][in]=b", "/filter[name] repeated"),
        (&long, "/filter[name] length"),
        (&many, "/filter[name][in] items"),
        ("fields=small,nothing", "/fields unknown"),
        ("fields=address.nothing", "/fields unknown"),
        ("fields=id%2Csmall", "/fields unknown"),
        ("fields=items.id", "/fields unknown"),
        ("fields=id&fields=id", "/fields repeated"),
        ("validateOnly=true", "/validateOnly unknown"),
    ] {
        let answer = shop.ask("GET", &format!("/plains?{query}"), "", &[]);
        assert_eq!((answer.status, answer.code().as_str()), (400, "query_invalid"), "{query}: {}", answer.json());
        assert_eq!(violation(&answer.json()), told, "{query}");
        if told.ends_with("not_declared") {
            let detail = answer.json()["violations"][0]["detail"].to_string();
            assert!(detail.contains("filter kind,open, sort level,-share; filter name, sort -created"), "{detail}");
        }
    }
}

#[test]
fn every_mistake_of_a_query_is_told_at_once() {
    let shop = shop();
    let query = "/plains?filter[kind]=GREEN&filter[open]=maybe&sort=small&limit=0&fields=nothing&what=1";
    let answer = shop.ask("GET", query, "", &[]);
    assert_eq!(
        answer.pointers(),
        ["/fields", "/filter[open]", "/limit", "/what"],
        "what the texts say is told before what they mean"
    );
    let answer = shop.ask("GET", "/plains?filter[kind]=GREEN&filter[until]=x&sort=small&limit=0", "", &[]);
    assert_eq!(answer.pointers(), ["/filter[kind]", "/filter[until]", "/limit", "/sort"]);
}

#[test]
fn fields_are_another_representation_of_the_same_state() {
    let shop = shop();
    let tag = |path: &str| shop.tag(path).trim_matches('"').to_owned();
    let (whole, part) = (tag("/plains/a"), tag("/plains/a?fields=name,address.country"));
    assert!(part.starts_with(&format!("{whole}-")), "{whole} {part}");
    assert_eq!(part, tag("/plains/a?fields=address.country,name,id"));
    assert_ne!(part, tag("/plains/a?fields=name"));
    for (path, expected) in [
        (
            "/plains/a?fields=name,address.country",
            json!({"id":"a","name":"Apple, red","address":{"country":{"code":"DE"}}}),
        ),
        ("/plains/b?fields=until,pieces.what", json!({"id":"b","pieces":[]})),
        ("/plains?limit=1&fields=level", json!({"items":[{"id":"a","level":1}]})),
        ("/clock?fields=nothing", Value::Null),
    ] {
        let mut answer = shop.ask("GET", path, "", &[]).json();
        answer.as_object_mut().unwrap().remove("next");
        match expected {
            Value::Null => assert_eq!(answer["code"], "query_invalid"),
            expected => assert_eq!(answer, expected, "{path}"),
        }
    }
    let tag = format!("\"{part}\"");
    let known = shop.ask("GET", "/plains/a?fields=name,address.country", "", &[("if-none-match", &tag)]);
    assert_eq!(known.status, 304);
    assert_eq!(shop.ask("GET", "/plains/a", "", &[("if-none-match", &tag)]).status, 200);
    assert_eq!(shop.ask("PATCH", "/plains/a", r#"{"small":1}"#, &[("if-match", &tag)]).status, 200);
}

#[test]
fn a_query_is_counted_as_far_as_it_may_be() {
    let shop = shop();
    for (query, count) in [
        ("count=true", json!({"value": 5, "more": false})),
        ("count=true&limit=1&filter[kind]=RED", json!({"value": 4, "more": false})),
        ("count=true&filter[name][in]=Pear,Apple,None", json!({"value": 2, "more": false})),
        ("count=false", Value::Null),
    ] {
        assert_eq!(shop.ask("GET", &format!("/plains?{query}"), "", &[]).json()["count"], count, "{query}");
    }
}

#[test]
fn a_search_takes_the_same_query_as_a_document() {
    let shop = Shop::open();
    for (id, description) in [("a", "Ale"), ("b", "Beer"), ("c", "Bitter")] {
        let body = json!({ "id": id, "description": description }).to_string();
        assert_eq!(shop.ask("POST", "/products", &body, &[]).status, 201);
    }
    for (document, expected) in [
        (json!({"filter": {"description": {"prefix": "B"}}, "sort": "description"}), "bc"),
        (json!({"filter": {"description": {"in": ["Bitter", "Ale"]}}, "fields": "unitPrice"}), "ac"),
        (json!({"filter": {"description": {"ge": "Ale", "lt": "Bitter"}}, "count": true}), "ab"),
    ] {
        let answer = shop.ask("POST", "/products:search", &document.to_string(), &[]).json();
        assert_eq!(ids(&answer), expected, "{document}: {answer}");
        assert_eq!(answer["items"][0].get("description").is_none(), document.get("fields").is_some(), "{answer}");
        assert_eq!(answer.get("count").is_some(), document.get("count").is_some(), "{answer}");
    }
    for (document, status) in [
        (json!({"filter": {"unitPrice": 1}}), 400),
        (json!({"filter": {"description": 1}}), 400),
        (json!({"filter": {"description": null}}), 400),
        (json!({"filter": {"description": {}}}), 400),
        (json!({"filter": {"description": {"in": "Ale"}}}), 400),
        (json!({"filter": []}), 422),
        (json!({"fields": "nothing"}), 400),
        (json!({"fields": 1}), 422),
    ] {
        assert_eq!(shop.ask("POST", "/products:search", &document.to_string(), &[]).status, status, "{document}");
    }
}

#[test]
fn a_count_stops_at_its_limit() {
    for (most, count) in [
        (1, json!({"value": 1, "more": true})),
        (4, json!({"value": 4, "more": true})),
        (5, json!({"value": 5, "more": false})),
    ] {
        let mut limits = Limits::default();
        limits.count_max = most;
        let shop = filled(Shop::of(service().limits(limits).start()));
        for query in ["count=true&limit=2", "count=true&sort=name", "count=true&filter[name][in]=Pear,Apple&limit=1"] {
            let few = json!({"value": most.min(2), "more": most < 2});
            let expected = if query.contains("filter") { &few } else { &count };
            assert_eq!(
                &shop.ask("GET", &format!("/plains?{query}"), "", &[]).json()["count"],
                expected,
                "{most} {query}"
            );
        }
    }
}

#[test]
fn a_count_is_another_representation_of_the_same_state() {
    let shop = Shop::open();
    let create = |id: &str| shop.ask("POST", "/patrons", &json!({ "id": id }).to_string(), &[]).status;
    assert_eq!((create("a"), create("b")), (201, 201));
    let (whole, counted) = (shop.tag("/patrons"), shop.tag("/patrons?count=true"));
    assert!(counted.starts_with(whole.trim_end_matches('"')) && counted != whole, "{whole} {counted}");
    let change = |tag: &str| shop.ask("PATCH", "/patrons", r#"[{"id":"a","name":"Eve"}]"#, &[("if-match", tag)]).status;
    assert_eq!((change(&counted), change(&counted)), (200, 412));
    let first = shop.tag("/patrons?count=true&limit=1");
    assert_eq!(create("c"), 201);
    let again = shop.ask("GET", "/patrons?count=true&limit=1", "", &[("if-none-match", &first)]);
    assert_eq!((again.status, &again.json()["count"]["value"]), (200, &json!(3)));
}

#[test]
fn a_small_body_makes_no_large_answer() {
    let shop = Shop::open();
    let many = |one: &str| vec![one; 100_000].join(",");
    let names = |value: &str| (0..50_000).map(|at| format!("\"n{at}\":{value}")).collect::<Vec<_>>().join(",");
    for (body, told, limit) in [
        (format!(r#"{{"filter":{{"description":{{"in":[{}]}}}}}}"#, many(r#""x""#)), 1, Some("filter_values_max")),
        (format!(r#"{{"filter":{{"description":{{"in":[{}]}}}}}}"#, many("1")), 100, None),
        (format!(r#"{{"filter":{{{}}}}}"#, names("1")), 100, None),
        (format!(r#"{{"filter":{{"description":{{{}}}}}}}"#, names("1")), 100, None),
        (format!("{{{}}}", names("1")), 100, None),
        (format!(r#"{{"fields":"{}"}}"#, many("nothing")), 1, Some("fields_max")),
        (format!(r#"{{"fields":"{}"}}"#, many("id")), 1, Some("fields_max")),
        (format!(r#"{{"fields":"{}"}}"#, vec!["nothing"; 100].join(",")), 100, None),
        (format!(r#"{{"fields":"{}"}}"#, many("id").replace(',', ".")), 1, None),
        (format!(r#"{{"sort":"{}"}}"#, vec!["description"; 50_000].join(",")), 1, None),
    ] {
        let answer = shop.ask("POST", "/products:search", &body, &[]);
        let problem = answer.json();
        let found = problem["violations"].as_array().map_or(0, Vec::len);
        assert_eq!((found, problem["limit"].as_str()), (told, limit), "{}", &body[..60]);
        assert!([400, 422].contains(&answer.status), "{}", &body[..60]);
    }
    let most = vec!["id"; 100].join(",");
    assert_eq!(shop.ask("GET", &format!("/products?fields={most}"), "", &[]).status, 200);
    let query = (0..200).map(|at| format!("n{at}=1&n{at}")).collect::<Vec<_>>().join("&");
    let answer = shop.ask("GET", &format!("/products?{query}&fields={most},id"), "", &[]).json();
    assert_eq!(answer["violations"].as_array().map(Vec::len), Some(100), "{answer}");
}

#[test]
fn a_filter_bounds_what_is_taken_away() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/customers", r#"{"id":"anna"}"#, &[]).status, 201);
    let path = "/customers/anna/orders";
    let fill = || {
        for total in 1..=4 {
            let body = json!({ "id": format!("o{total}"), "total": total }).to_string();
            shop.ask("POST", path, &body, &[]);
        }
    };
    for (query, status, left) in [
        ("?filter[total][ge]=3", 204, "o1o2"),
        ("?filter[total][in]=1,4", 204, "o2o3"),
        ("?filter[total]=9", 204, "o1o2o3o4"),
        ("?filter[id]=o1", 400, "o1o2o3o4"),
        ("?filter[total]=x", 400, "o1o2o3o4"),
        ("?limit=1", 400, "o1o2o3o4"),
        ("?filter=1", 400, "o1o2o3o4"),
        ("?filter[total][ge]=3&validateOnly=true", 204, "o1o2o3o4"),
        ("", 204, ""),
    ] {
        fill();
        let answer = shop.ask("DELETE", &format!("{path}{query}"), "", &[]);
        assert_eq!((answer.status, ids(&shop.ask("GET", path, "", &[]).json())), (status, left.to_owned()), "{query}");
    }
}

#[test]
fn what_a_caller_may_not_see_selects_and_orders_nothing() {
    let shop = Shop::open();
    for (id, born) in [("a", "Ulm"), ("b", "Bonn")] {
        let body = json!({ "id": id, "birthplace": born, "name": "x" }).to_string();
        assert_eq!(shop.ask("POST", "/patrons", &body, &[]).status, 201);
    }
    let less = shop.service.caller("acme").at("0001", "EUR").may(["patrons.list", "patrons.create"]);
    let ask = |query: &str| shop.service.request("GET", &format!("/patrons?{query}")).from(&less).send();
    assert_eq!(ids(&shop.ask("GET", "/patrons?sort=birthplace", "", &[]).json()), "ba");
    for (query, like) in [
        ("filter[birthplace]=Ulm", "filter[nothing]=Ulm"),
        ("filter[birthplace]=Berlin", "filter[nothing]=Berlin"),
        ("filter[birthplace][like]=Berlin", "filter[nothing][like]=Berlin"),
        ("filter[rating]=1", "filter[nothing]=1"),
        ("sort=birthplace", "sort=nothing"),
        ("fields=birthplace", "fields=nothing"),
        ("fields=house.door", "fields=house.nothing"),
    ] {
        let (hidden, unknown) = (ask(query), ask(like));
        let told = |answer: &enaction::testkit::Answer| {
            let text = answer.json()["violations"].to_string();
            (answer.status, text.replace("birthplace", "nothing").replace("rating", "nothing"))
        };
        assert_eq!(told(&hidden), told(&unknown), "{query}");
        assert_eq!(hidden.status, 400, "{query}");
        assert!(!unknown.json().to_string().contains("birthplace"), "{query}: {}", unknown.json());
    }
    assert_eq!(ids(&ask("filter[name]=x").json()), "ab");
}

#[test]
fn pages_by_offset_are_for_lists_that_declare_them() {
    let shop = Shop::open();
    for number in 10..35 {
        let body = json!({ "what": number.to_string() }).to_string();
        assert_eq!(shop.ask("POST", "/sightings", &body, &[]).status, 201);
    }
    let rows = |query: &str| -> Vec<String> {
        let page = shop.ask("GET", &format!("/sightings?{query}"), "", &[]).json();
        page["items"].as_array().into_iter().flatten().map(|item| item["what"].as_str().unwrap().to_owned()).collect()
    };
    let numbers = |from: u32, to: u32| (to..=from).rev().map(|number| number.to_string()).collect::<Vec<_>>();
    for (query, expected) in [
        ("sort=-what&pageOffset=0", numbers(34, 25)),
        ("sort=-what&pageSize=3", numbers(34, 32)),
        ("sort=-what&pageSize=3&pageOffset=3", numbers(31, 29)),
        ("sort=-what&pageSize=100&pageOffset=20", numbers(14, 10)),
        ("sort=-what&pageOffset=25", vec![]),
        ("sort=-what&pageOffset=10000", vec![]),
        ("sort=-what&filter[what][lt]=20&pageSize=2&pageOffset=1", numbers(18, 17)),
    ] {
        assert_eq!(rows(query), expected, "{query}");
    }
    let first = shop.ask("GET", "/sightings?sort=-what&pageSize=4&pageOffset=4", "", &[]).json();
    let next = first["next"].as_str().unwrap();
    assert!(next.ends_with("&sort=-what&limit=4"), "{next}");
    assert_eq!(rows(next.split_once('?').unwrap().1), numbers(26, 23));
    for (path, told) in [
        ("/sightings?pageSize=0", "/pageSize range"),
        ("/sightings?pageSize=101", "/pageSize range"),
        ("/sightings?pageSize=x", "/pageSize type"),
        ("/sightings?pageOffset=-1", "/pageOffset range"),
        ("/sightings?pageOffset=10001", "/pageOffset range"),
        ("/sightings?pageOffset=99999999999", "/pageOffset range"),
        ("/sightings?pageOffset=1&limit=1", "/pageOffset mixed"),
        ("/plains?pageSize=1", "/pageSize unknown"),
        ("/customers?pageOffset=1", "/pageOffset unknown"),
    ] {
        let answer = shop.ask("GET", path, "", &[]);
        assert_eq!((answer.status, violation(&answer.json())), (400, told.to_owned()), "{path}");
    }
}
