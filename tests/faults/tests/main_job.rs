//! The main job: from an empty directory to a sold basket with the commands that the server prints.

use std::{path::Path, process::Command};

use enaction_faults::{
    check::{catalogue, list},
    program::run,
    server::Server,
};
use serde_json::{Value, json};

/// The commands in what the server printed: what is indented below the line that says to paste them.
fn commands(printed: &str) -> String {
    let lines = printed.lines().skip_while(|line| !line.contains("paste into another terminal"));
    let commands: Vec<&str> = lines.filter_map(|line| line.strip_prefix("    ")).collect();
    assert!(commands.len() >= 5, "commands are printed: {printed}");
    commands.join("\n")
}

/// Pastes the commands into a shell; the basket that the last one shows.
fn sell(server: &mut Server, folder: &Path) -> Value {
    let commands = commands(&server.printed("/submit; echo"));
    let mut shell = Command::new("bash");
    let ended = run(shell.args(["-euo", "pipefail", "-c", &commands]).current_dir(folder));
    assert!(ended.status.success() && ended.err.is_empty(), "{commands}\n{ended:?}");
    let last = ended.out.trim_end().lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// Three of the first product and one of the second, at the prices of the catalogue.
fn check(server: &Server, basket: &Value) {
    let prices = catalogue(&mut server.client());
    let total = 3 * prices["1001"].1 + prices["1401"].1;
    assert_eq!((&basket["basketStatus"], &basket["total"]), (&json!("SUBMITTED"), &json!(total)), "{basket}");
    let lines: Vec<_> = basket["items"].as_array().expect("lines").iter().collect();
    let sold: Vec<_> = lines.iter().map(|line| (&line["itemId"], &line["quantity"])).collect();
    assert_eq!(sold, [(&json!("1001"), &json!(3)), (&json!("1401"), &json!(1))]);
    assert_eq!(lines.iter().map(|line| line["value"].as_i64().expect("a value")).sum::<i64>(), total);
}

#[test]
fn a_newcomer_sells_a_basket_with_the_printed_commands_and_again_after_a_kill() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    let first = sell(&mut server, root.path());
    check(&server, &first);
    assert!(list(&mut server.client(), "products").len() >= 50, "a catalogue of at least 50 products");

    let _ = server.kill();
    let mut server = Server::start(&data);
    server.ready();
    let second = sell(&mut server, root.path());
    check(&server, &second);
    assert_ne!(first["id"], second["id"]);
    let baskets = list(&mut server.client(), "baskets");
    for sold in [&first, &second] {
        assert!(baskets.contains(sold), "{sold} is there");
    }
    assert_eq!(baskets.len(), 2);
    server.stop();
}
