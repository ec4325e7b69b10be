//! A cluster: a data directory, and the server that runs on it.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{installation::Installation, postmaster::Postmaster, session::Session};

/// The role that tests connect as: it owns its databases, and is no superuser, so that row-level security holds for it.
const ROLE: &str = "enaction";
/// Another program may take a free port before the server does.
const STARTS_MAX: usize = 5;
const UNTIL_MAX: Duration = Duration::from_secs(30);

/// What an acknowledged commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Everything, as in production.
    Durable,
    /// The end of the server, and not that of the machine: nothing waits for the disk.
    Quick,
}

/// A PostgreSQL cluster in a temporary directory, on a free port of 127.0.0.1. Dropping it ends the server and takes the
/// directory away.
///
/// ```
/// use enaction_postgres_cluster::{Cluster, Durability};
/// let cluster = Cluster::start(Durability::Quick, &[("max_connections", "20")]);
/// assert_eq!(cluster.ask("SHOW max_connections"), "20");
/// ```
#[derive(Debug)]
pub struct Cluster {
    installation: Installation,
    postmaster: Option<Postmaster>,
    directory: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
}

impl Cluster {
    /// Makes a cluster and starts it with these settings beside the usual ones. It has one database, `enaction`, of the role
    /// `enaction`. Texts are ordered as in English unless a column says otherwise, so that one that forgets to is found.
    #[must_use]
    pub fn start(durability: Durability, settings: &[(&str, &str)]) -> Self {
        let mut cluster = Self::new(durability, settings);
        let mut initdb = cluster.installation.program("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]);
        initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en", "--pgdata"]).arg(cluster.files());
        done(&mut initdb);
        cluster.run();
        cluster.ask_of("postgres", &format!("CREATE ROLE {ROLE} LOGIN"));
        cluster.create_database(ROLE);
        cluster
    }

    /// Nothing but a directory yet.
    pub(crate) fn new(durability: Durability, settings: &[(&str, &str)]) -> Self {
        let installation = Installation::find();
        let directory = tempfile::tempdir().expect("a temporary directory");
        installation.owns(directory.path());
        let quick = [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];
        let quick = quick.iter().filter(|_| durability == Durability::Quick);
        let settings = quick.chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { installation, postmaster: None, directory, port: 0, settings }
    }

    /// Makes another database, of the same role.
    pub fn create_database(&self, name: &str) {
        self.ask_of("postgres", &format!("CREATE DATABASE {name} OWNER {ROLE}"));
    }

    /// Where the role of the tests finds the database `enaction`.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(ROLE)
    }

    /// Where the role of the tests finds a database.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on 127.0.0.1; it stays the same through restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL in the database `enaction` as a superuser; what it gives, columns parted by `|`.
    pub fn ask(&self, sql: &str) -> String {
        self.ask_of(ROLE, sql)
    }

    /// The same in another database.
    pub fn ask_of(&self, database: &str, sql: &str) -> String {
        let mut psql = self.psql("postgres", database);
        psql.args(["--command", sql]);
        text(done(&mut psql).stdout)
    }

    /// Runs SQL in the database `enaction` as the role of the tests.
    ///
    /// # Errors
    /// With what the server says when it refuses.
    pub fn try_as_role(&self, sql: &str) -> Result<String, String> {
        let mut psql = self.psql(ROLE, ROLE);
        let output = psql.args(["--command", sql]).output().expect("psql runs");
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Runs SQL as a superuser whose first row says that it took hold of something, and keeps the session open.
    pub fn hold(&self, sql: &str) -> Session {
        Session::begin(self.psql("postgres", ROLE), sql)
    }

    /// Asks until it is so.
    pub fn until(&self, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(
                began.elapsed() < UNTIL_MAX,
                "it does not come to be so; the server says:\n{}",
                self.log().join("\n")
            );
            std::thread::yield_now();
        }
    }

    pub(crate) fn program(&self, name: &str) -> Command {
        self.installation.program(name)
    }

    fn psql(&self, role: &str, database: &str) -> Command {
        let mut psql = self.installation.program("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--host=127.0.0.1", "--username", role, "--dbname", database]);
        psql.arg(format!("--port={}", self.port));
        psql
    }

    /// What the server said since its last start.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.postmaster.as_ref().map(Postmaster::log).unwrap_or_default()
    }

    /// Ends the server at once without a checkpoint, as a crash does: connections are cut, the log is replayed at the next
    /// start.
    pub fn crash(&mut self) {
        self.end(Signal::QUIT);
    }

    /// Ends the server in order; open transactions are undone.
    pub fn stop(&mut self) {
        self.end(Signal::INT);
    }

    /// Kills every process of the server with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut postmaster) = self.postmaster.take() {
            postmaster.kill();
        }
    }

    /// Starts the server again, on the port that it had; ends it in order before where it runs.
    pub fn restart(&mut self) {
        self.stop();
        self.run();
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut postmaster) = self.postmaster.take() {
            postmaster.end(signal);
        }
    }

    pub(crate) fn files(&self) -> PathBuf {
        self.directory.path().join("cluster")
    }

    /// The first start chooses the port.
    pub(crate) fn run(&mut self) {
        let chosen = self.port != 0;
        let mut why = String::new();
        for _ in 0..STARTS_MAX {
            if !chosen {
                self.port = free_port();
            }
            match Postmaster::start(self.server()) {
                Ok(postmaster) => {
                    self.postmaster = Some(postmaster);
                    return;
                }
                Err(log) => why = log,
            }
        }
        panic!("PostgreSQL does not start:\n{why}");
    }

    fn server(&self) -> Command {
        let mut server = self.installation.program("postgres");
        server.arg("-D").arg(self.files()).args(["-p", &self.port.to_string()]);
        let usual = [("listen_addresses", "127.0.0.1"), ("unix_socket_directories", ""), ("max_connections", "200")];
        let given = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in usual.into_iter().chain(given) {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        server
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("psql speaks UTF-8").trim_end().to_owned()
}

pub(crate) fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
