//! Requests that come again under their `Idempotency-Key`: which are the same, what they are answered, and for how long.

use std::sync::Arc;

use enaction::{
    limits::Limits,
    store::Scope,
    testkit::{Answer, FixedClock},
};
use enaction_conformance::repeats::OF_EACH;

use crate::shop::{Shop, service};

const KEY: (&str, &str) = ("idempotency-key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"");

/// All of an answer that has to be the same.
pub(crate) fn same(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let fields = answer.headers.iter().filter(|(name, _)| !OF_EACH.contains(&name.as_str()));
    let mut fields: Vec<_> = fields.cloned().collect();
    fields.sort();
    (answer.status, fields, String::from_utf8_lossy(&answer.body).into_owned())
}

pub(crate) fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

/// A shop in which there is one of each.
fn filled(shop: Shop) -> Shop {
    for (path, body) in [
        ("/plains", r#"{"id":"one","code":"a"}"#),
        ("/things", r#"{"id":"it","notes":[{"number":1,"text":"x"}]}"#),
        ("/customers", r#"{"id":"c","name":"Carla"}"#),
        ("/customers", r#"{"id":"d","name":"Dora"}"#),
        ("/receipts", r#"{"id":"r","text":"thank you"}"#),
    ] {
        let made =
            shop.ask("POST", path, body, &[("idempotency-key", &format!("fill-{body}").replace(['"', ',', ' '], ""))]);
        assert_eq!(made.status, 201, "{path} {body}: {}", made.json());
    }
    shop
}

/// Asks with the key of this file.
fn keyed(shop: &Shop, method: &str, path: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
    shop.ask(method, path, body, &[&[KEY], fields].concat())
}

type Sent<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Each kind of answer.
const EACH: &[Sent<'_>] = &[
    ("POST", "/plains", r#"{"id":"two","code":"b"}"#, &[]),
    ("POST", "/plains", "", &[]),
    ("POST", "/plains", "{}", &[("prefer", "return=minimal")]),
    ("POST", "/things/it/copy", "", &[]),
    ("POST", "/things/it/notes", "", &[]),
    ("POST", "/things/it/shut", "", &[]),
    ("POST", "/things/it/rename", r#"{"name":"x"}"#, &[]),
    ("POST", "/things/it/tidy", "", &[]),
    ("POST", "/things/sweep", "", &[]),
    ("PATCH", "/things/it/title", "\"x\"", &[]),
    ("PATCH", "/plains/one", r#"{"name":"x"}"#, &[]),
    ("PATCH", "/plains/one", "{}", &[]),
    ("PATCH", "/plains/one", r#"{"name":"x"}"#, &[("prefer", "return=minimal")]),
    ("PATCH", "/plains/one/name", "\"x\"", &[]),
    ("PATCH", "/customers", r#"[{"id":"c","name":"x"},{"id":"d","name":"y"}]"#, &[("if-match", "*")]),
    ("POST", "/receipts/r/print", "", &[]),
];

#[test]
fn an_answer_comes_again_byte_for_byte_and_nothing_happens() {
    for (method, path, body, fields) in EACH {
        let shop = filled(Shop::open());
        let first = keyed(&shop, method, path, body, fields);
        assert!((200..300).contains(&first.status), "{method} {path}: {}", first.json());
        assert!(!is_replayed(&first), "{method} {path}");
        // What happens in between does not matter.
        for change in
            [("PUT", "/plains/one", r#"{"name":"z"}"#), ("DELETE", "/things/it", ""), ("DELETE", "/customers/d", "")]
        {
            assert_eq!(shop.ask(change.0, change.1, change.2, &[]).status, 200);
        }
        let state =
            || ["/plains", "/things", "/customers", "/receipts"].map(|path| shop.ask("GET", path, "", &[]).body);
        let before = state();
        let again = keyed(&shop, method, path, body, fields);
        assert!(is_replayed(&again), "{method} {path}: {}", again.json());
        assert_eq!(same(&again), same(&first), "{method} {path}");
        assert_eq!(state(), before, "{method} {path}");
    }
}

#[test]
fn an_answer_comes_again_after_a_thousand_other_writes() {
    let shop = filled(Shop::open());
    let first = keyed(&shop, "POST", "/plains", "{}", &[]);
    for count in 0..1_000 {
        assert_eq!(shop.ask("PUT", "/plains/one/small", &count.to_string(), &[]).status, 200);
    }
    let again = keyed(&shop, "POST", "/plains", "{}", &[]);
    assert_eq!((is_replayed(&again), same(&again)), (true, same(&first)));
}

#[test]
fn a_long_answer_is_read_again() {
    for (method, path, body, fields) in EACH {
        let mut limits = Limits::default();
        limits.idempotency_answer_bytes_max = 1;
        let shop = filled(Shop::of(service().limits(limits).start()));
        let first = keyed(&shop, method, path, body, fields);
        let again = keyed(&shop, method, path, body, fields);
        assert!(is_replayed(&again), "{method} {path}: {}", again.json());
        // A piece of an entity may have its members in another order when it is read.
        let (first_json, again_json) = (first.json(), again.json());
        let head = |answer| same(&Answer { body: Vec::new(), ..answer });
        assert_eq!((head(again), again_json), (head(first), first_json), "{method} {path}");
    }
}

#[test]
fn of_a_long_answer_status_and_location_stay_and_the_entity_is_what_it_is_now() {
    let shop = filled(Shop::open());
    let labels = format!(r#"{{"id":"long","labels":{{"a":"{}"}}}}"#, "x".repeat(70_000));
    let first = keyed(&shop, "POST", "/plains", &labels, &[]);
    assert_eq!(first.status, 201, "{}", first.json());
    let now = shop.ask("PUT", "/plains/long", r#"{"name":"short"}"#, &[]);
    let again = keyed(&shop, "POST", "/plains", &labels, &[]);
    assert_eq!((again.status, again.header("location"), is_replayed(&again)), (201, first.header("location"), true));
    assert_eq!((&again.body, again.header("etag")), (&now.body, now.header("etag")));
    assert_eq!(shop.ask("DELETE", "/plains/long", "", &[]).status, 200);
    let gone = keyed(&shop, "POST", "/plains", &labels, &[]);
    assert_eq!((gone.status, gone.header("location"), is_replayed(&gone)), (201, first.header("location"), true));
    assert!(gone.body.is_empty());
}

#[test]
fn what_is_read_again_is_what_its_caller_sees() {
    let mut limits = Limits::default();
    limits.idempotency_answer_bytes_max = 1;
    let shop = Shop::of(service().limits(limits).start());
    let blind = shop.service.caller("acme").may(["patrons.create", "patrons.modify", "patrons.read"]);
    for (method, path, body) in
        [("POST", "/patrons", r#"{"id":"p","name":"Eve"}"#), ("PATCH", "/patrons/p", r#"{"name":"Ada"}"#)]
    {
        let key = ("idempotency-key", method);
        let [first, again] = [(); 2].map(|()| shop.ask_as(&blind, method, path, body, &[key]));
        assert_eq!((is_replayed(&again), same(&again)), (true, same(&first)), "{method}: {}", again.json());
        assert_eq!((again.json()["name"].is_string(), again.json().get("rating")), (true, None), "{method}");
    }
}

#[test]
fn who_may_not_read_is_told_that_it_was_done_and_not_what_became_of_it() {
    let mut limits = Limits::default();
    limits.idempotency_answer_bytes_max = 1;
    let shop = filled(Shop::of(service().limits(limits).start()));
    let may = ["plains.create", "plains.modify", "customers.modifyAll", "customers.modify"];
    let too = ["plains.read", "customers.list"];
    let about = |path: &str| ["/plains", "/plains/one", "/customers"].contains(&path);
    for (index, (method, path, body, fields)) in EACH.iter().filter(|(_, path, ..)| about(path)).enumerate() {
        let sent = [&[KEY], *fields].concat();
        let ask = |may: &[&str]| {
            let caller = shop.service.caller("acme").named(&format!("usr_{index}")).may(may.iter().copied());
            shop.ask_as(&caller, method, path, body, &sent)
        };
        let first = ask(&may);
        assert!((200..300).contains(&first.status), "{method} {path}: {}", first.json());
        let [unread, read] = [ask(&may), ask(&[&may[..], &too].concat())];
        assert_eq!((is_replayed(&unread), unread.body.as_slice()), (true, &b""[..]), "{method} {path}");
        assert_eq!(unread.header("location"), first.header("location"), "{method} {path}");
        assert_eq!((is_replayed(&read), same(&read)), (true, same(&first)), "{method} {path}");
    }
}

#[test]
fn another_request_under_a_key_is_refused() {
    let shop = filled(Shop::open());
    let first: Sent<'_> = ("PATCH", "/plains/one", r#"{"name":"x"}"#, &[]);
    let ask = |(method, path, body, fields): Sent<'_>| keyed(&shop, method, path, body, fields);
    assert_eq!(ask(first).status, 200);
    let before = shop.ask("GET", "/plains", "", &[]).body;
    let others: &[Sent<'_>] = &[
        ("PATCH", "/plains/one", r#"{"name":"y"}"#, &[]),
        ("PATCH", "/plains/one", r#"{ "name":"x"}"#, &[]),
        ("PATCH", "/things/it", r#"{"name":"x"}"#, &[]),
        ("PATCH", "/plains/%6fne", r#"{"name":"x"}"#, &[]),
        ("PATCH", "/plains/one?validateOnly=false", r#"{"name":"x"}"#, &[]),
        ("PATCH", "/plains/one", r#"{"name":"x"}"#, &[("prefer", "return=minimal")]),
        ("PATCH", "/plains/one", r#"{"name":"x"}"#, &[("accept", "application/json")]),
        ("POST", "/plains", r#"{"name":"x"}"#, &[]),
        ("POST", "/things/it/shut", "", &[]),
    ];
    for other in others {
        let answer = ask(*other);
        assert_eq!((answer.status, answer.code().as_str()), (422, "idempotency_key_reused"), "{other:?}");
    }
    assert_eq!(shop.ask("GET", "/plains", "", &[]).body, before);
    assert!(is_replayed(&ask(first)));
}

#[test]
fn what_had_no_effect_is_evaluated_anew() {
    let stale = ("if-match", "\"0\"");
    for (what, path, body, fields, status, mend) in [
        ("a fault", "/things/new/shut", "", &[][..], 409, ("POST", "/things/new/notes", "")),
        (
            "nothing there",
            "/things/none/shut",
            "",
            &[],
            404,
            ("POST", "/things", r#"{"id":"none","notes":[{"number":1}]}"#),
        ),
        ("a value that is taken", "/plains", r#"{"code":"a"}"#, &[], 409, ("PUT", "/plains/one", "{}")),
        ("a precondition", "/plains", "{}", &[stale], 412, ("GET", "/plains", "")),
        ("only validated", "/plains?validateOnly=true", "{}", &[], 200, ("GET", "/plains", "")),
    ] {
        let shop = filled(Shop::open());
        assert_eq!(shop.ask("POST", "/things", r#"{"id":"new"}"#, &[]).status, 201);
        for _ in 0..2 {
            let answer = keyed(&shop, "POST", path, body, fields);
            assert_eq!((answer.status, is_replayed(&answer)), (status, false), "{what}: {}", answer.json());
        }
        assert!(shop.ask(mend.0, mend.1, mend.2, &[]).status < 300, "{what}");
        let plain = path.split('?').next().unwrap_or(path);
        let done = keyed(&shop, "POST", plain, body, &[]);
        assert!(done.status < 300 && !is_replayed(&done), "{what}: {}", done.json());
        assert_eq!(same(&keyed(&shop, "POST", plain, body, &[])), same(&done), "{what}");
    }
}

#[test]
fn an_answer_comes_again_although_its_precondition_does_not_hold_any_more() {
    let shop = filled(Shop::open());
    let tag = shop.tag("/plains/one");
    let ask = || keyed(&shop, "PATCH", "/plains/one", r#"{"name":"x"}"#, &[("if-match", &tag)]);
    let first = ask();
    assert_eq!((first.status, is_replayed(&first)), (200, false));
    assert_ne!(shop.tag("/plains/one"), tag);
    let again = ask();
    assert_eq!((is_replayed(&again), same(&again)), (true, same(&first)));
    // The tag is not a part of what the request is, and another key is another request.
    assert!(is_replayed(&keyed(&shop, "PATCH", "/plains/one", r#"{"name":"x"}"#, &[])));
    let other = [("if-match", tag.as_str()), ("idempotency-key", "other")];
    assert_eq!(shop.ask("PATCH", "/plains/one", r#"{"name":"x"}"#, &other).status, 412);
}

#[test]
fn a_key_has_a_form_and_is_passed_over_where_the_method_is_idempotent_by_itself() {
    let shop = filled(Shop::open());
    let long = "k".repeat(256);
    let malformed = ["", "\"\"", "a b", "\"a", "\"a\";b", "a,b", &long];
    for (method, path, body, status) in [
        ("POST", "/plains", "{}", 400),
        ("PATCH", "/plains/one", "{}", 400),
        ("POST", "/things/it/shut", "", 400),
        ("GET", "/plains/one", "", 200),
        ("PUT", "/plains/one", "{}", 200),
        ("DELETE", "/plains/one/name", "", 200),
        ("POST", "/echo", r#"{"text":"x"}"#, 0),
        ("POST", "/plains/one", "{}", 409),
    ] {
        let plain = shop.ask(method, path, body, &[]).status;
        for key in malformed {
            let answer = shop.ask(method, path, body, &[("idempotency-key", key)]);
            let expected = if status == 0 { plain } else { status };
            assert_eq!(answer.status, expected, "{method} {path} {key:?}: {}", answer.json());
            assert!(status != 400 || answer.code() == "header_malformed", "{method} {path} {key:?}");
        }
        let twice = shop.ask(method, path, body, &[("idempotency-key", "a"), ("idempotency-key", "a")]);
        assert_eq!(twice.status == 400, status == 400 || plain == 400, "{method} {path}");
        for key in [format!("\"{method}{path}\""), format!("{method}-{path}"), format!("{method}{path:-<250}")] {
            let answer = shop.ask(method, path, body, &[("idempotency-key", &key)]);
            assert_eq!(answer.status, plain, "{method} {path} {key}: {}", answer.json());
        }
    }
}

#[test]
fn each_operation_of_a_batch_has_its_own_key() {
    let shop = filled(Shop::open());
    let batch = |keys: [&str; 3]| {
        let operations = keys.map(|key| {
            let headers = serde_json::json!({ "idempotency-key": key });
            serde_json::json!({ "method": "POST", "path": "/things/it/notes", "headers": headers })
        });
        let body = serde_json::json!({ "operations": operations }).to_string();
        let answer = shop.ask("POST", "/things:batch", &body, &[]);
        assert_eq!(answer.status, 200, "{}", answer.json());
        let results = answer.json()["results"].as_array().cloned().unwrap_or_default();
        let replayed = |one: &serde_json::Value| one["headers"]["idempotency-replayed"] == "true";
        results
            .iter()
            .map(|one| (one["status"].clone(), one["body"]["number"].clone(), replayed(one)))
            .collect::<Vec<_>>()
    };
    let done = |number: u32, replayed: bool| (201.into(), number.into(), replayed);
    let malformed = (400.into(), serde_json::Value::Null, false);
    assert_eq!(batch(["a", "b", "a"]), [done(2, false), done(3, false), done(2, true)]);
    assert_eq!(batch(["b", "c", "no key"]), [done(3, true), done(4, false), malformed]);
}

#[test]
fn a_resource_may_demand_a_key() {
    let shop = filled(Shop::open());
    for (method, path, body, demanded) in [
        ("POST", "/receipts", "{}", true),
        ("PATCH", "/receipts/r", "{}", true),
        ("PATCH", "/receipts/r/text", "\"x\"", true),
        ("POST", "/receipts/r/print", "", true),
        ("GET", "/receipts/r", "", false),
        ("PUT", "/receipts/r", "{}", false),
        ("PUT", "/receipts/r/text", "\"x\"", false),
        ("DELETE", "/receipts/r/text", "", false),
    ] {
        let without = shop.ask(method, path, body, &[]);
        let told = (without.status, without.code());
        assert_eq!(told == (400, "idempotency_key_required".to_owned()), demanded, "{method} {path}: {told:?}");
        let with =
            shop.ask(method, path, body, &[("idempotency-key", &format!("k{}{method}", path.replace('/', "-")))]);
        assert!((200..300).contains(&with.status), "{method} {path}: {}", with.json());
    }
}

#[test]
fn a_key_belongs_to_one_caller_of_one_company() {
    let shop = filled(Shop::open());
    let body = r#"{"id":"mine"}"#;
    let first = keyed(&shop, "POST", "/plains", body, &[]);
    assert_eq!(first.status, 201);
    let colleague = shop.anna.clone().named("usr_bob");
    let stranger = shop.service.caller("globex").named("usr_acme").at("0001", "EUR").may(["*"]);
    for (caller, body, status) in [
        // Of the same company: the id is taken, by another request.
        (&colleague, body, 409),
        (&colleague, r#"{"id":"ours"}"#, 201),
        (&stranger, r#"{"id":"theirs"}"#, 201),
    ] {
        let answer = shop.ask_as(caller, "POST", "/plains", body, &[KEY]);
        assert_eq!((answer.status, is_replayed(&answer)), (status, false), "{body}: {}", answer.json());
    }
    assert_eq!(same(&keyed(&shop, "POST", "/plains", body, &[])), same(&first));
}

#[test]
fn who_may_no_longer_ask_is_not_answered_again() {
    let shop = filled(Shop::open());
    let patron = r#"{"id":"p","name":"Eve","birthplace":"Rom"}"#;
    let first = keyed(&shop, "POST", "/patrons", patron, &[]);
    assert_eq!((first.status, &first.json()["birthplace"]), (201, &"Rom".into()));
    let with = |permissions: &[&str]| {
        let caller = shop.service.caller("acme").at("0001", "EUR").may(permissions.iter().copied());
        shop.ask_as(&caller, "POST", "/patrons", patron, &[KEY])
    };
    assert_eq!((with(&["patrons.read"]).status, with(&["patrons.read"]).code()), (403, "permission_denied".to_owned()));
    let nobody = shop.service.post("/patrons").header(KEY.0, KEY.1).json(patron).send();
    assert_eq!((nobody.status, nobody.code().as_str()), (401, "tokens_missing"));
    // Who asks for something that it may no longer see is told so, as of any member that is not known.
    assert_eq!(with(&["patrons.create"]).status, 422);
    // What a caller sent who never saw it does not come back to it either.
    let blind = shop.service.caller("acme").named("usr_blind").at("0001", "EUR").may(["patrons.create"]);
    for replayed in [false, true] {
        let answer = shop.ask_as(&blind, "POST", "/patrons", r#"{"id":"q","name":"Eve"}"#, &[KEY]);
        assert_eq!((answer.status, is_replayed(&answer)), (201, replayed), "{}", answer.json());
        assert_eq!((answer.json().get("rating"), answer.json()["name"].as_str()), (None, Some("Eve")));
    }
    // The same request of the same caller, who sees more by now.
    let seeing = blind.may(["*"]);
    let more = shop.ask_as(&seeing, "POST", "/patrons", r#"{"id":"q","name":"Eve"}"#, &[KEY]);
    assert_eq!((is_replayed(&more), more.json()["rating"].as_u64()), (true, Some(4_042_313_373)));
}

#[test]
fn an_answer_is_kept_for_72_hours() {
    const HOURS_72_MS: i64 = 72 * 3_600_000;
    let clock = Arc::new(FixedClock::default());
    let shop = Shop::of(service().clock(Arc::clone(&clock) as _).start());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let scope = Scope::Company("acme".into());
    let purged = || runtime.block_on(shop.service.application().purge_kept(&scope)).expect("the store answers");
    let ask = || keyed(&shop, "POST", "/plains", "{}", &[]);
    let first = ask();
    clock.advance_ms(HOURS_72_MS - 1);
    assert_eq!(purged(), 0);
    assert_eq!((is_replayed(&ask()), same(&ask())), (true, same(&first)));
    clock.advance_ms(1);
    let second = ask();
    assert_eq!((second.status, is_replayed(&second)), (201, false));
    assert_ne!(second.header("location"), first.header("location"));
    // It is kept anew, for 72 hours from now.
    assert_eq!(same(&ask()), same(&second));
    assert_eq!(purged(), 0);
    for number in 0..250 {
        let key = format!("many-{number}");
        assert_eq!(shop.ask("POST", "/plains", "{}", &[("idempotency-key", &key)]).status, 201);
    }
    clock.advance_ms(HOURS_72_MS);
    assert_eq!(shop.ask("POST", "/plains", "{}", &[("idempotency-key", "late")]).status, 201);
    assert_eq!((purged(), purged()), (251, 0));
    assert!(!is_replayed(&ask()));
    assert!(is_replayed(&shop.ask("POST", "/plains", "{}", &[("idempotency-key", "late")])));
}
