//! The data directory: private, held by one server at a time, and the keeper of the issuer.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use enaction_faults::{
    client::Client,
    program::{Ended, Program, enaction, run},
    server::Server,
};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode is set");
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a directory").map(|entry| entry.expect("an entry").path()).collect()
}

/// A start that is to be refused.
fn refused(data: &Path) -> Ended {
    let ended = run(enaction().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data));
    assert_eq!((ended.status.success(), ended.out.as_str()), (false, ""), "{ended:?}");
    assert_eq!(ended.err.lines().count(), 1, "one line says why: {ended:?}");
    ended
}

#[test]
fn the_directory_is_0700_its_files_0600_and_others_are_refused() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    assert_eq!(mode(&data), 0o700);
    for path in entries(&data) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    server.stop();

    for (path, open, private) in [
        (data.clone(), 0o755, 0o700),
        (data.join("store.db"), 0o640, 0o600),
        (data.join("development.json"), 0o604, 0o600),
    ] {
        set_mode(&path, open);
        let ended = refused(&data);
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        for said in [name, &format!("{open:03o}"), &format!("chmod {private:o}")] {
            assert!(ended.err.contains(said), "the message says {said}: {}", ended.err);
        }
        set_mode(&path, private);
    }

    let elsewhere = root.path().join("elsewhere.db");
    fs::rename(data.join("store.db"), &elsewhere).expect("move the store");
    std::os::unix::fs::symlink(&elsewhere, data.join("store.db")).expect("link to it");
    set_mode(&elsewhere, 0o644);
    let ended = refused(&data);
    assert!(ended.err.contains("store.db: its mode is 644"), "what a link names is looked at: {ended:?}");
    set_mode(&elsewhere, 0o600);
    let mut server = Server::start(&data);
    server.ready();
    server.stop();
}

#[test]
fn credentials_that_others_may_read_give_no_token() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    set_mode(&data.join("development.json"), 0o644);
    let ended = run(enaction().args(["token", "--data"]).arg(&data));
    assert!(!ended.status.success() && ended.out.is_empty() && ended.err.contains("chmod 600"), "{ended:?}");
    set_mode(&data.join("development.json"), 0o600);
    server.stop();
}

#[test]
fn a_second_server_on_the_same_directory_is_refused_and_the_first_serves_on() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    let address = fs::read(data.join("address")).expect("the address");
    let ended = refused(&data);
    assert!(ended.err.contains("another server holds it"), "{ended:?}");
    assert_eq!(fs::read(data.join("address")).expect("the address"), address, "nothing was touched");
    assert_eq!(server.client().send("GET", "/baskets", None).expect("an answer").status, 200);
    server.stop();
}

#[test]
fn of_two_servers_that_start_at_once_on_an_empty_directory_one_serves() {
    for _ in 0..3 {
        let root = tempfile::tempdir().expect("a directory");
        let data = root.path().join("data");
        let start = || {
            let mut command = enaction();
            command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
            Program::start(&mut command)
        };
        let started = [start(), start()].map(|program| program.prints("listens on", Duration::from_secs(60)));
        let refused: Vec<&Ended> = started.iter().filter_map(|one| one.as_ref().err()).collect();
        let [ended] = refused[..] else { panic!("one of two is refused: {refused:?}") };
        assert!(ended.err.contains("another server holds it"), "{ended:?}");
    }
}

#[test]
fn bare_makes_no_development_data() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let bare = |data: &Path| {
        Server::start_with(data, |command| {
            command.arg("--bare");
        })
    };
    for start in [0, 1] {
        let mut server = bare(&data);
        server.ready();
        assert!(!data.join("development.json").exists(), "start {start}");
        let ended = run(enaction().args(["token", "--data"]).arg(&data));
        assert!(!ended.status.success() && ended.out.is_empty(), "{ended:?}");
        server.stop();
    }
    let mut server = Server::start(&data);
    server.ready();
    assert!(!data.join("development.json").exists(), "a store that is not empty gets none either");
    server.stop();
}

#[test]
fn the_issuer_stays_when_the_server_listens_elsewhere() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    let (address, tokens, issuer) = (server.address, server.tokens(), issuer(&server));
    assert_eq!(issuer, format!("http://{address}/identity"), "by default it is where the server first listened");
    // The port stays taken, so that the next server has to listen elsewhere.
    server.stop();
    let _taken = std::net::TcpListener::bind(address);

    let mut server = Server::start(&data);
    server.ready();
    assert_ne!(server.address, address);
    let mut client = Client::new(server.address, &tokens);
    let answer = client.send("GET", "/baskets", None).expect("an answer");
    assert_eq!(answer.status, 200, "tokens from before are taken: {answer:?}");
    assert_eq!(server.client().send("GET", "/baskets", None).expect("an answer").status, 200, "and new ones");
    assert_eq!(self::issuer(&server), issuer);
    server.stop();
}

/// The issuer that the metadata tell.
fn issuer(server: &Server) -> String {
    let mut client = Client::new(server.address, "");
    let answer = client.send("GET", "/identity/.well-known/openid-configuration", None).expect("an answer");
    answer.json()["issuer"].as_str().unwrap_or_else(|| panic!("an issuer: {answer:?}")).to_owned()
}
