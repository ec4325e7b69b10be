//! Rounds: load, a fault at a random moment, a restart, the check, every unanswered write once more under its key, and the
//! check again; over and over on the same data.

use std::{collections::BTreeMap, path::Path, time::Duration};

use crate::{
    check::{Catalogue, catalogue, check},
    journal::Journal,
    load::Load,
    random::Random,
    retry::retry,
    server::Server,
};

/// How many rounds: all of them when `ENACTION_LONG` is set.
#[must_use]
pub fn rounds(quick: usize, long: usize) -> usize {
    if std::env::var_os("ENACTION_LONG").is_some() { long } else { quick }
}

/// What a number of rounds came to.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Rounds.
    pub rounds: usize,
    /// Baskets that the last check looked at.
    pub baskets: usize,
    /// Writes that were acknowledged.
    pub acknowledged: usize,
    /// How often the store refused a write, by the code of the problem.
    pub refused: BTreeMap<String, usize>,
    /// Writes without an answer that were there afterwards.
    pub unanswered_there: usize,
    /// Writes without an answer that were not.
    pub unanswered_absent: usize,
    /// The longest time from the start of a program to its readiness, after a fault.
    pub slowest: Duration,
    /// What the last check found wrong; it ends the rounds.
    pub wrong: Vec<String>,
}

/// An end without a word at a moment, of a server that had no complaints.
///
/// # Panics
/// When it had.
pub fn kill_at(server: Server, moment: Duration) {
    std::thread::sleep(moment);
    let ended = server.kill();
    assert_eq!(ended.err, "", "a server that was killed has complained before");
}

/// A server that goes down and comes up again.
pub struct Rounds<'a> {
    /// Its data.
    pub data: &'a Path,
    /// Where the randomness begins.
    pub seed: u64,
    /// How it is started.
    pub start: &'a mut dyn FnMut(&Path) -> Server,
    /// How it ends, and what happens before; it is told when the fault is due.
    pub end: &'a mut dyn FnMut(Server, Duration),
    /// What happens to the data between its end and its next start.
    pub meanwhile: &'a mut dyn FnMut(&Path),
    /// When the fault is due, in milliseconds of load.
    pub due_ms: (usize, usize),
    /// How soon it must be ready.
    pub ready_within: Duration,
}

impl Rounds<'_> {
    /// Runs the rounds, until a check finds something wrong.
    ///
    /// # Panics
    /// When a server does not come up in time, or has complained.
    pub fn run(&mut self, rounds: usize) -> Figures {
        let mut random = Random::new(self.seed, u64::MAX);
        let mut figures = Figures::default();
        let mut journal = Journal::default();
        let mut server = (self.start)(self.data);
        server.ready();
        let mut tokens = server.tokens();
        let known: Catalogue = catalogue(&mut crate::client::Client::new(server.address, &tokens));
        let items: Vec<String> = known.keys().cloned().collect();
        for round in 0..rounds {
            let nodes = [server.address];
            let (tries_for, seed) = (Duration::ZERO, self.seed);
            let load = Load { nodes: &nodes, tries_for, tokens: &tokens, items: &items, round, seed };
            let pause = random.between_ms(self.due_ms.0, self.due_ms.1);
            load.run(&mut journal, || (self.end)(server, pause));
            (self.meanwhile)(self.data);
            server = (self.start)(self.data);
            figures.slowest = figures.slowest.max(server.ready_within(self.ready_within));
            tokens = server.tokens();
            let mut client = crate::client::Client::new(server.address, &tokens);
            let mut findings = check(&mut client, &known, &mut journal);
            figures.unanswered_there += findings.unanswered(true);
            figures.unanswered_absent += findings.unanswered(false);
            if findings.wrong.is_empty() {
                retry(&mut client, &mut journal, &mut findings);
            }
            let after = check(&mut client, &known, &mut journal);
            figures.rounds += 1;
            figures.wrong = [findings.wrong, after.wrong].concat();
            figures.baskets = after.baskets;
            if !figures.wrong.is_empty() {
                break;
            }
        }
        figures.acknowledged = journal.acknowledged;
        figures.refused = journal.refused;
        server.stop();
        figures
    }
}
