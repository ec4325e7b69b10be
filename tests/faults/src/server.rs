//! The server `enaction` on a data directory.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    client::Client,
    program::{Ended, Program, Signal, enaction, run},
};

/// What a start may take on a slow machine, where nothing is said about it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that listens on a free port of this machine.
#[derive(Debug)]
pub struct Server {
    program: Program,
    data: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts it on a data directory.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, |_| ())
    }

    /// The same, with more arguments or variables.
    ///
    /// # Panics
    /// When it does not come to listen.
    #[must_use]
    pub fn start_with(data: &Path, more: impl FnOnce(&mut Command)) -> Self {
        Self::start_at(data, SocketAddr::from(([127, 0, 0, 1], 0)), more)
    }

    /// The same, where it is to listen.
    ///
    /// # Panics
    /// When it does not come to listen.
    #[must_use]
    pub fn start_at(data: &Path, address: SocketAddr, more: impl FnOnce(&mut Command)) -> Self {
        let mut command = enaction();
        command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(data);
        more(&mut command);
        let mut program = Program::start(&mut command);
        let address = program.wait_until("it says where it listens", PATIENCE, |program| {
            let out = program.out();
            let (_, rest) = out.split_once("http://")?;
            let (address, _) = rest.split_once([',', '/'])?;
            address.parse().ok()
        });
        Self { program, data: data.to_owned(), address }
    }

    /// Waits until it says that it is ready; how long that took since its start.
    ///
    /// # Panics
    /// When it does not within the limit.
    pub fn ready_within(&mut self, limit: Duration) -> Duration {
        let address = self.address;
        self.program.wait_until("it is ready", limit, |program| {
            let answer = Client::new(address, "").send("GET", "/health/ready", None).ok()?;
            let took = program.started.elapsed();
            (answer.status == 200 && took <= limit).then_some(took)
        })
    }

    /// Waits until it says that it is ready.
    pub fn ready(&mut self) -> Duration {
        self.ready_within(PATIENCE)
    }

    /// The two header lines of the cashier.
    #[must_use]
    pub fn tokens(&self) -> String {
        self.tokens_of("cashier")
    }

    /// The two header lines of someone in the development data.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn tokens_of(&self, subject: &str) -> String {
        let mut command = enaction();
        command.args(["token", "--as", subject, "--server", &format!("http://{}", self.address), "--data"]);
        let ended = run(command.arg(&self.data));
        assert!(ended.status.success(), "tokens of {subject}: {ended:?}");
        ended.out
    }

    /// A client of the cashier.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address, &self.tokens())
    }

    /// What it printed, when it ends with this.
    pub fn printed(&mut self, end: &str) -> String {
        self.program.wait_until("it prints", PATIENCE, |program| {
            let out = program.out();
            out.trim_end().ends_with(end).then_some(out)
        })
    }

    /// Whether it complained about something.
    #[must_use]
    pub fn has_complained(&self, what: &str) -> bool {
        self.program.err().contains(what)
    }

    /// Waits until it complains about something.
    pub fn complains(&mut self, what: &str) {
        self.program.wait_until(what, PATIENCE, |program| program.err().contains(what).then_some(()));
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.program.signal(signal);
    }

    /// Ends it without a word (`kill -9`).
    pub fn kill(self) -> Ended {
        self.program.kill()
    }

    /// Waits for its end.
    #[must_use]
    pub fn wait(self, limit: Duration) -> Ended {
        self.program.wait(limit)
    }

    /// Ends it as an operator would.
    ///
    /// # Panics
    /// When it does not end well.
    pub fn stop(self) {
        self.signal(Signal::TERM);
        let ended = self.wait(PATIENCE);
        assert!(ended.status.success(), "it ends well: {ended:?}");
    }
}
