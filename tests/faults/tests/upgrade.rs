//! Three nodes of a service are upgraded one after the other, while all of them are written to: the old version and the new
//! one work side by side on one database, and a client that sends again sees no failure.

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use enaction_faults::{
    client::Client,
    program::{Program, Signal, built},
    server::Server,
};
use enaction_postgres_cluster::{Cluster, Durability};
use serde_json::{Value, json};

const NODES: usize = 3;
const CLIENTS: usize = 6;
/// How long a client goes on, and what a start may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than programs wait before they announce themselves again.
const A_WHILE: Duration = Duration::from_millis(4_000);

/// A version of the service.
#[derive(Clone, Copy)]
enum Version {
    First,
    Second,
}

/// What every node needs to know.
struct Installation<'a> {
    identity: SocketAddr,
    store: String,
    root: &'a Path,
}

impl Installation<'_> {
    fn start(&self, number: usize, at: Option<SocketAddr>, version: Version) -> (Program, SocketAddr) {
        let listen = at.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut command = Command::new(built("enaction-notes-under-test"));
        command.env("ENACTION_LOG", "warn").env("ENACTION_STORE", &self.store);
        command.env("NOTES_VERSION", if matches!(version, Version::First) { "1" } else { "2" });
        command.args(["--issuer", &format!("http://{}/identity", self.identity), "--listen", &listen.to_string()]);
        command.arg("--data").arg(self.root.join(number.to_string()));
        let mut program = Program::start(&mut command);
        let address = program.wait_until("it says where it listens", PATIENCE, |program| {
            let out = program.out();
            let (_, rest) = out.split_once("http://")?;
            rest.split_once(',')?.0.parse().ok()
        });
        program.wait_until("it is ready", PATIENCE, |_| {
            let answer = Client::new(address, "").send("GET", "/health/ready", None).ok()?;
            (answer.status == 200).then_some(())
        });
        (program, address)
    }
}

/// A client with notes of its own: what it knows is all that there is of them.
struct Writer {
    number: usize,
    client: Client,
    /// How often each note was read.
    notes: Vec<i64>,
    sent: usize,
}

impl Writer {
    fn send(&mut self, method: &str, target: &str, body: Option<&Value>) -> Value {
        self.sent += 1;
        let key = format!("{}-{}", self.number, self.sent);
        let answer = self.client.send_under(&key, method, target, body.map(Value::to_string).as_deref());
        let answer = answer.expect("a node answers");
        assert!(answer.status < 300, "{method} {target}: {} {}", answer.status, answer.json());
        answer.json()
    }

    fn write(&mut self) {
        let (writer, count) = (self.number, self.notes.len());
        if self.sent.is_multiple_of(5) {
            let body = json!({ "id": format!("n{writer}-{count}"), "topic": format!("t{writer}") });
            self.send("POST", "/notes", Some(&body));
            self.notes.push(0);
        } else {
            let at = self.sent % count;
            let read = self.send("POST", &format!("/notes/n{writer}-{at}/readAgain"), None);
            self.notes[at] += 1;
            assert_eq!(read, self.notes[at], "n{writer}-{at}");
        }
    }

    /// Looks for all of them, with what they say.
    fn look(&mut self) {
        let writer = self.number;
        let mut found = Vec::new();
        let mut target = Some(format!("/notes?filter[topic]=t{writer}&limit=500"));
        while let Some(page) = target {
            let page = self.send("GET", &page, None);
            found.extend(page["items"].as_array().expect("a list").iter().map(|note| note["read"].as_i64()));
            target = page["next"].as_str().map(str::to_owned);
        }
        found.sort_unstable();
        let mut expected: Vec<_> = self.notes.iter().map(|read| Some(*read)).collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "the notes of {writer}");
    }

    fn run(mut self, ended: &AtomicBool) -> Self {
        while !ended.load(Ordering::SeqCst) {
            self.write();
            if self.sent.is_multiple_of(7) {
                self.look();
            }
        }
        self
    }
}

#[test]
fn three_nodes_are_upgraded_one_by_one_and_no_request_is_lost() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = Cluster::start(Durability::Quick, &[]);
    let mut identity = Server::start(&root.path().join("identity"));
    identity.ready();
    let installation = Installation { identity: identity.address, store: cluster.url(), root: root.path() };
    let (mut nodes, addresses): (Vec<_>, Vec<_>) =
        (0..NODES).map(|number| installation.start(number, None, Version::First)).unzip();
    let tokens = identity.tokens();
    may_write_notes(&identity);
    let ended = AtomicBool::new(false);
    let writers: Vec<Writer> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let mut nodes = addresses.clone();
                nodes.rotate_left(number % NODES);
                let client = Client::of_nodes(&nodes, &tokens, PATIENCE);
                let ended = &ended;
                scope.spawn(move || Writer { number, client, notes: Vec::new(), sent: 0 }.run(ended))
            })
            .collect();
        sleep(A_WHILE);
        for (number, address) in addresses.iter().enumerate() {
            let old = nodes.remove(0);
            old.signal(Signal::TERM);
            assert!(old.wait(PATIENCE).status.success(), "the old version ends well");
            nodes.push(installation.start(number, Some(*address), Version::Second).0);
            sleep(A_WHILE);
        }
        ended.store(true, Ordering::SeqCst);
        writers.into_iter().map(|writer| writer.join().expect("it wrote")).collect()
    });
    let sent: usize = writers.iter().map(|writer| writer.sent).sum();
    let notes: usize = writers.iter().map(|writer| writer.notes.len()).sum();
    let asked_again: Vec<_> = writers.iter().flat_map(|writer| writer.client.asked_again.keys()).collect();
    println!("an upgrade: {sent} requests, {notes} notes, asked to send again: {asked_again:?}");
    let old_and_new = ["index_building", "schema_pending", "schema_newer"];
    assert!(asked_again.iter().all(|code| !old_and_new.contains(&code.as_str())), "{asked_again:?}");
    assert!(notes > 20, "there was load: {notes}");
    for mut writer in writers {
        for address in &addresses {
            writer.client = Client::new(*address, &tokens);
            writer.look();
        }
        becomes_new(&mut writer, &addresses, &tokens);
    }
}

/// Gives the role of the cashier what the service asks for.
fn may_write_notes(identity: &Server) {
    let mut administrator = Client::new(identity.address, &identity.tokens_of("administrator"));
    let roles = administrator.send("GET", "/identity/roles?limit=500", None).expect("an answer").json();
    let role = roles["items"].as_array().expect("a list").iter().find(|role| role["name"] == "cashier");
    let target = format!("/identity/roles/{}", role.expect("a role")["id"].as_str().expect("an id"));
    let body = json!({ "permissions": ["notes.*"] }).to_string();
    let changed = administrator.send("PATCH", &target, Some(&body)).expect("an answer");
    assert_eq!(changed.status, 200, "{}", changed.json());
}

/// When the old version is gone, what only the new one can do is there at every node.
fn becomes_new(writer: &mut Writer, addresses: &[SocketAddr], tokens: &str) {
    let target = format!("/notes?filter[topic]=t{}&sort=title&limit=500&count=true", writer.number);
    for address in addresses {
        let (begun, mut client) = (Instant::now(), Client::new(*address, tokens));
        let page = loop {
            let answer = client.send("GET", &target, None).expect("an answer");
            if answer.status == 200 {
                break answer.json();
            }
            assert_eq!(answer.status, 503, "{}", answer.json());
            assert!(begun.elapsed() < 3 * PATIENCE, "the new index is built: {}", answer.json());
            sleep(Duration::from_millis(100));
        };
        assert_eq!(page["count"]["value"], writer.notes.len(), "{page}");
        for note in page["items"].as_array().expect("a list") {
            assert!(note.get("title").is_some() && note.get("name").is_none(), "{note}");
        }
    }
}
