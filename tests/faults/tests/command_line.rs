//! The command line beside the server: tokens, calls by name, the list of operations.

use std::{collections::BTreeSet, path::Path};

use enaction_faults::{
    client::Client,
    program::{Ended, enaction, run},
    server::Server,
};
use serde_json::{Value, json};

fn in_data(data: &Path, arguments: &[&str]) -> Ended {
    run(enaction().args(arguments).arg("--data").arg(data))
}

#[test]
fn token_prints_the_two_header_lines_and_nothing_else() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    for (arguments, status) in [
        (&["token"][..], 403),
        (&["token", "--as", "cashier", "--site", "0002"], 403),
        (&["token", "--as", "manager"], 201),
        (&["token", "--as", "manager", "--company", "globex"], 201),
        (&["token", "--as", "till-1"], 403),
    ] {
        let ended = in_data(&data, arguments);
        assert!(ended.status.success() && ended.err.is_empty(), "{arguments:?}: {ended:?}");
        let lines: Vec<_> = ended.out.lines().map(|line| line.split_once(": ").expect("a field")).collect();
        assert_eq!(lines.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["id_token", "site_token"]);
        for (name, token) in lines {
            let plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            assert!(plain && token.len() < 1_500 && token.split('.').count() == 3, "{name}: {token}");
        }
        let mut client = Client::new(server.address, &ended.out);
        assert_eq!(client.send("GET", "/baskets", None).expect("an answer").status, 200, "{arguments:?}");
        let body = json!({"id": "new", "description": "New", "unitPrice": 1}).to_string();
        let made = client.send("POST", "/products", Some(&body)).expect("an answer");
        assert_eq!(made.status, status, "{arguments:?} changes products: {made:?}");
    }
    for arguments in
        [&["token", "--as", "nobody"][..], &["token", "--company", "nowhere"], &["token", "--site", "9999"]]
    {
        let ended = in_data(&data, arguments);
        assert!(!ended.status.success() && ended.out.is_empty(), "{arguments:?}: {ended:?}");
    }
    server.stop();
}

#[test]
fn call_runs_a_process_on_the_same_store_with_the_server_stopped_and_with_it_running() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    let call = |name: &str, parameters: &str| in_data(&data, &["call", name, parameters, "--as", "cashier"]);
    let create = |id: &str| {
        let ended = call("baskets.create", &json!({"basketType": "BASKET", "id": id}).to_string());
        assert!(ended.status.success() && ended.err.is_empty(), "{ended:?}");
        serde_json::from_str::<Value>(&ended.out).expect("a basket")
    };
    let while_running = create("RUNNING");
    assert_eq!(over_http(&mut server.client(), "RUNNING"), while_running);
    server.stop();

    let while_stopped = create("STOPPED");
    let again = call("baskets.create", r#"{"id": "STOPPED"}"#);
    assert!(!again.status.success() && again.out.is_empty() && again.err.contains("already_exists"), "{again:?}");
    let wrong = call("baskets.create", r#"{"basketType": 7, "unheard": 1}"#);
    assert!(wrong.err.contains("/basketType") && wrong.err.contains("/unheard"), "{wrong:?}");
    assert!(call("baskets.unheard", "{}").err.contains("baskets.unheard"));

    let mut server = Server::start(&data);
    server.ready();
    assert_eq!(over_http(&mut server.client(), "STOPPED"), while_stopped);
    let line = call("baskets.items.create", r#"{"id": "STOPPED", "itemId": "1001"}"#);
    assert!(line.status.success(), "{line:?}");
    assert_eq!(over_http(&mut server.client(), "STOPPED")["lastLineNumber"], 1, "a call while it runs is seen at once");
    let forbidden = call("products.create", r#"{"description": "New", "unitPrice": 1}"#);
    assert!(!forbidden.status.success(), "a cashier may not: {forbidden:?}");
    let ended = in_data(&data, &["call", "products.create", r#"{"id": "n", "description": "New"}"#, "--as", "manager"]);
    assert!(ended.status.success(), "a manager may: {ended:?}");
    server.stop();
}

fn over_http(client: &mut Client, id: &str) -> Value {
    let answer = client.send("GET", &format!("/baskets/{id}"), None).expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[test]
fn routes_lists_every_operation_of_the_server() {
    let root = tempfile::tempdir().expect("a directory");
    let mut server = Server::start(&root.path().join("data"));
    server.ready();
    let mut client = Client::new(server.address, &server.tokens_of("manager"));
    let answer = client.send("GET", "/operations", None).expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned();
    let operations = answer.json();
    assert!(operations["next"].is_null(), "one page holds them");
    let served: BTreeSet<_> = operations["items"]
        .as_array()
        .unwrap_or_else(|| panic!("a list: {operations}"))
        .iter()
        .map(|one| (text(one, "method"), text(one, "path")))
        .collect();
    server.stop();

    let plain = run(enaction().arg("routes").current_dir(root.path()));
    assert!(plain.status.success() && plain.err.is_empty(), "{plain:?}");
    let listed: BTreeSet<_> = plain
        .out
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace();
            (words.next().expect("a method").to_owned(), words.next().expect("a path").to_owned())
        })
        .collect();
    assert_eq!(listed, served);
    let path = |path: &str, method: &str| (method.to_owned(), path.to_owned());
    for known in [path("/baskets", "POST"), path("/baskets/{id}/submit", "POST"), path("/identity/token", "POST")] {
        assert!(listed.contains(&known), "{known:?}: {listed:?}");
    }
    let full = run(enaction().args(["routes", "--json"]).current_dir(root.path()));
    let full: Vec<Value> = serde_json::from_str(&full.out).expect("a list");
    assert_eq!(full.len(), listed.len());
    assert!(full.iter().all(|one| one["process"].is_string() && one["effect"].is_string()), "{full:?}");
}
