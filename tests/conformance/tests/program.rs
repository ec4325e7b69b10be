//! The server `enaction` as it is built: identity, baskets and the catalogue in one program over SQLite, held to the same
//! conventions from outside.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use enaction_conformance::{Answer, Report, Request, Target, Tokens, World, check, lists, send, tenancy, violations};
use enaction_core::table::{IdempotencyKey, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The program, built like the test that asks.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "enaction-services", "--bin", "enaction"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "the program can be built");
        let test = std::env::current_exe().expect("a test is a program");
        let folder = test.parent().and_then(Path::parent).expect("the folder of what is built");
        folder.join(format!("enaction{}", std::env::consts::EXE_SUFFIX))
    })
}

/// The program with a data directory of its own; both end with it.
struct Server {
    address: SocketAddr,
    data: TempDir,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start() -> Self {
        let data = tempfile::Builder::new().prefix("enaction").tempdir().expect("a directory");
        let path = data.path().join("data");
        let mut child = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("it says where it listens").expect("a line");
        let address = first.split("http://").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok());
        // What it says further is read away, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { address: address.unwrap_or_else(|| panic!("where does it listen? {first}")), data, child }
    }

    /// The tokens of someone of the development data.
    fn tokens(&self, company: &str, who: &str) -> Tokens {
        let made = Command::new(program())
            .args(["token", "--company", company, "--as", who, "--data"])
            .arg(self.data.path().join("data"))
            .output()
            .expect("tokens");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let text = String::from_utf8(made.stdout).expect("tokens are text");
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
        };
        Tokens { id: value("id_token"), site: value("site_token") }
    }

    fn ask(&self, tokens: &Tokens, request: Request) -> Answer {
        send(self.address, &request.with("id_token", &tokens.id).with("site_token", &tokens.site))
    }

    fn post(&self, tokens: &Tokens, path: &str, body: &Value) -> Value {
        let answer = self.ask(tokens, Request::new("POST", path).json(body.to_string()));
        assert_eq!(answer.status, 201, "POST {path} {body}: {}", answer.told());
        answer.json()
    }

    /// A person of a company with a role of its own that holds these permissions. Gives the tokens.
    fn someone(&self, company: &str, name: &str, permissions: &[&str]) -> Tokens {
        let administrator = self.tokens(company, "administrator");
        self.post(&administrator, "/identity/roles", &json!({ "name": name, "permissions": permissions }));
        let person = self.post(&administrator, "/identity/people", &json!({ "name": name }));
        let membership = json!({ "subject": person["id"], "roles": [name] });
        self.post(&administrator, "/identity/memberships", &membership);
        self.tokens(company, name)
    }
}

/// Operations that do not succeed by their examples, with the reason.
const UNSEEN: &[(&str, &str)] = &[
    ("GET /baskets/{id}/deviceId", "who administers calls from no device"),
    ("POST /identity/bootstrap", "it takes a client that holds for one use"),
    ("POST /identity/token", "it takes the secret of a client"),
];

#[test]
fn the_program_keeps_to_the_conventions_with_identity_in_it() {
    let server = Server::start();
    let target = Target {
        address: server.address,
        // Who administers the installation may do everything there is.
        all: server.tokens("system", "administrator"),
        other: server.someone("globex", "everything", &["*"]),
        nobody: server.someone("system", "nothing", &[]),
        narrow: None,
    };
    let report = check(&target);
    report.assert_none();
    println!("{} operations succeeded, {} pairs of mistakes were told in their order", report.succeeded, report.pairs);
    let (world, mut report) = (World::open(&target), report);
    let sent = violations::over_http(&world, &mut report);
    report.assert_none();
    assert!(sent > 300, "{sent}");
    assert!(report.repeated > 50, "{}", report.repeated);
    let secret = world.find(Method::Post, "/identity/clients/{id}/secret").expect("a client's secret is made anew");
    assert_eq!(secret.convention.idempotency_key, IdempotencyKey::Ignored, "what is shown once is kept nowhere");
    let strange: Vec<_> =
        report.unseen.iter().filter(|one| !UNSEEN.iter().any(|(line, _)| one.starts_with(line))).collect();
    assert!(strange.is_empty(), "never seen to succeed: {strange:#?}");
}

#[test]
fn in_the_program_another_company_sees_nothing() {
    let server = Server::start();
    let target = Target {
        address: server.address,
        all: server.someone("acme", "everything", &["*"]),
        other: server.someone("globex", "everything", &["*"]),
        nobody: server.someone("acme", "nothing", &[]),
        narrow: None,
    };
    let (world, mut report) = (World::open(&target), Report::default());
    let tried = tenancy::check(&world, &mut report);
    report.assert_none();
    assert!(tried > 60, "{tried}");
    let tried = lists::check(&world, &mut report);
    report.assert_none();
    assert!(tried.lists > 9 && tried.orders > 3 && tried.cursors > 500, "{tried:?}");
}
