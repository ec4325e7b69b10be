//! Several nodes of one server on one database.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    check::{Catalogue, catalogue, check},
    client::Client,
    journal::Journal,
    load::Load,
    program::Signal,
    server::Server,
};

/// What the end of a node may take.
const STOPS: Duration = Duration::from_secs(30);

/// Nodes that are started, killed and started again, each on the address that it had. All of them are known to every
/// client, which goes to another when one does not answer.
#[derive(Debug)]
pub struct Nodes {
    root: TempDir,
    url: String,
    nodes: Vec<Option<Server>>,
    /// Where each listens.
    pub addresses: Vec<SocketAddr>,
}

impl Nodes {
    /// Starts so many of them; the first makes the development data.
    ///
    /// # Panics
    /// When one does not come up.
    #[must_use]
    pub fn start(count: usize, url: &str) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let mut nodes = Self { root, url: url.to_owned(), nodes: Vec::new(), addresses: Vec::new() };
        for number in 0..count {
            let mut node = Server::start_with(&nodes.data(number), |command| on(command, url));
            node.ready();
            nodes.addresses.push(node.address);
            nodes.nodes.push(Some(node));
        }
        nodes
    }

    /// The two header lines of the cashier. Any node's are good for all.
    ///
    /// # Panics
    /// When the first does not run.
    #[must_use]
    pub fn tokens(&self) -> String {
        self.tokens_of("cashier")
    }

    /// The two header lines of someone in the development data.
    ///
    /// # Panics
    /// When the first does not run.
    #[must_use]
    pub fn tokens_of(&self, subject: &str) -> String {
        self.nodes[0].as_ref().expect("the first node runs").tokens_of(subject)
    }

    /// Ends a node without a word.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self, number: usize) {
        self.nodes[number].take().expect("it runs").kill();
    }

    /// Ends a node as an operator would.
    ///
    /// # Panics
    /// When it does not end well.
    pub fn stop(&mut self, number: usize) {
        let node = self.nodes[number].take().expect("it runs");
        node.signal(Signal::TERM);
        let ended = node.wait(STOPS);
        assert!(ended.status.success(), "it ends well: {ended:?}");
    }

    /// Starts a node again where it was.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self, number: usize) {
        let (data, address) = (self.data(number), self.addresses[number]);
        let mut node = Server::start_at(&data, address, |command| on(command, &self.url));
        node.ready();
        self.nodes[number] = Some(node);
    }

    /// Writes to all of them while something happens to them; what was acknowledged, and all that is wrong then, whichever
    /// node is asked. A client sends a write again, to another node, for so long.
    ///
    /// # Panics
    /// When a write is not acknowledged in that time.
    pub fn under_load(
        &mut self,
        seed: u64,
        tries_for: Duration,
        happens: impl FnOnce(&mut Self),
    ) -> (Journal, Vec<String>) {
        let (tokens, addresses) = (self.tokens(), self.addresses.clone());
        let known: Catalogue = catalogue(&mut Client::new(addresses[0], &tokens));
        let items: Vec<String> = known.keys().cloned().collect();
        let mut journal = Journal::default();
        let load = Load { nodes: &addresses, tries_for, tokens: &tokens, items: &items, round: 0, seed };
        load.run(&mut journal, || happens(self));
        let mut wrong = Vec::new();
        for address in addresses {
            let found = check(&mut Client::new(address, &tokens), &known, &mut journal);
            wrong.extend(found.wrong.into_iter().map(|one| format!("{address}: {one}")));
            wrong.extend(found.unanswered.iter().map(|one| format!("{address}: {one:?} was never acknowledged")));
        }
        (journal, wrong)
    }

    fn data(&self, number: usize) -> PathBuf {
        self.root.path().join(number.to_string())
    }
}

/// Lets a server keep its data in a database.
pub fn on(command: &mut Command, url: &str) {
    command.env("ENACTION_STORE", url);
}

/// A server on a database, with a data directory of its own.
#[must_use]
pub fn on_database(data: &Path, url: &str) -> Server {
    Server::start_with(data, |command| on(command, url))
}
