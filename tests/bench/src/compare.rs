//! Both servers by turns, case by case: the time on the processor per request, and the ratio.

use std::time::Duration;

use crate::{
    cases::Case,
    load::{Load, Script},
    server::{Kept, Server, Which, pin},
};

const CONNECTIONS: usize = 64;

/// How much is measured.
struct Effort {
    rounds: usize,
    /// Of a read; the others are fewer by what they cost.
    requests: usize,
}

/// What one round cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) cpu_us: f64,
    pub(crate) wall_us: f64,
}

/// Measures and prints everything.
pub(crate) fn run(quick: bool) {
    let effort = if quick { Effort { rounds: 3, requests: 10_000 } } else { Effort { rounds: 9, requests: 40_000 } };
    pin(None, 1);
    println!(
        "{CONNECTIONS} connections, {} rounds by turns; microseconds on the processor per request (median)",
        effort.rounds
    );
    println!("{:<16}{:>8}{:>8}{:>8}{:>8}   of the rounds", "", "ours", "plain", "ratio", "aim");
    for (case, aim, share) in
        [(Case::Read, "1.10", 1), (Case::Create, "1.25", 1), (Case::List, "0.50", 4), (Case::Mixed, "", 1)]
    {
        let ratios = in_memory(case, effort.rounds, effort.requests / share);
        ratios.print(case.name(), aim);
    }
    println!("{:<16}{:>8}{:>8}", "", "one", "fifty");
    batch(&effort, "in memory", CONNECTIONS, Kept::InMemory);
    batch(&effort, "durable", CONNECTIONS, Kept::In(directory().path()));
    batch(&effort, "of a till", 1, Kept::In(directory().path()));
    println!("{:<16}{:>8}{:>8}", "", "304", "200");
    let unchanged = [
        (Case::Unchanged, Case::Read, 1),
        (Case::UnchangedLarge, Case::Large, 2),
        (Case::UnchangedList, Case::List, 4),
    ];
    for (unchanged, whole, share) in unchanged {
        let servers = [unchanged, whole].map(|case| Prepared::start(Which::Ours, case, Kept::InMemory));
        servers.iter().for_each(|server| server.server.pin(0));
        measure(&servers, effort.rounds, effort.requests / share).print(unchanged.name(), "0.80");
    }
}

fn in_memory(case: Case, rounds: usize, requests: usize) -> Rounds {
    let servers = [Which::Ours, Which::Plain].map(|which| Prepared::start(which, case, Kept::InMemory));
    servers.iter().for_each(|server| server.server.pin(0));
    measure(&servers, rounds, requests)
}

/// One batch of creations beside as many requests: of many clients, or of one that waits for each answer.
fn batch(effort: &Effort, place: &str, connections: usize, kept: Kept<'_>) {
    let fifty = Case::Batch.operations();
    let servers = [(Case::Batch, 1), (Case::Create, fifty)].map(|(case, weight)| {
        let directory = match kept {
            Kept::In(directory) => Some(directory.join(case.name())),
            _ => None,
        };
        directory.iter().for_each(|directory| std::fs::create_dir_all(directory).expect("make a directory"));
        let kept = directory.as_deref().map_or(kept, Kept::In);
        Prepared { weight, ..Prepared::start(Which::Ours, case, kept).asked_by(connections) }
    });
    servers.iter().for_each(|server| server.server.pin(0));
    let rounds = measure(&servers, effort.rounds, effort.requests / fifty / if connections == 1 { 8 } else { 1 });
    rounds.print(&format!("batch {place}"), "0.30");
    let time = median(rounds.0.iter().map(|[batch, one_by_one]| batch.wall_us / one_by_one.wall_us));
    println!("{:<16}{:>8}{:>8}{time:>8.2}{:>8}   of the time that it takes", "", "", "", "");
}

/// On the disk that the program is on: a temporary directory may be in memory.
pub(crate) fn directory() -> tempfile::TempDir {
    let program = std::env::current_exe().expect("find this program");
    tempfile::tempdir_in(program.parent().expect("its directory")).expect("make a directory")
}

/// A server with what is asked of it.
pub(crate) struct Prepared {
    server: Server,
    script: Script,
    /// Requests that are told as one.
    weight: usize,
    connections: usize,
}

impl Prepared {
    pub(crate) fn start(which: Which, case: Case, kept: Kept<'_>) -> Self {
        let server = Server::start(which, kept, None);
        let script = case.prepare(&server);
        Self { server, script, weight: 1, connections: CONNECTIONS }
    }

    pub(crate) fn asked_by(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    fn round(&self, requests: usize) -> Cost {
        let mut load = Load::new(self.server.address, self.connections);
        load.run(&self.script, 2 * self.connections);
        let before = self.server.cpu_time();
        let wall = load.run(&self.script, requests * self.weight);
        let each = |time: Duration| time.as_secs_f64() * 1e6 / requests as f64;
        Cost { cpu_us: each(self.server.cpu_time() - before), wall_us: each(wall) }
    }
}

/// Both by turns.
pub(crate) fn measure(servers: &[Prepared; 2], rounds: usize, requests: usize) -> Rounds {
    for server in servers {
        server.round(requests / 4);
    }
    // Who is first changes, so that a machine that grows slower is fair to both.
    let round = |number: usize| match (number % 2, servers) {
        (0, [ours, plain]) => {
            let ours = ours.round(requests);
            [ours, plain.round(requests)]
        }
        (_, [ours, plain]) => {
            let plain = plain.round(requests);
            [ours.round(requests), plain]
        }
    };
    Rounds((0..rounds).map(round).collect())
}

/// Ours and the other, round by round.
pub(crate) struct Rounds(pub(crate) Vec<[Cost; 2]>);

impl Rounds {
    fn print(&self, name: &str, aim: &str) {
        let [ours, plain] = [0, 1].map(|which: usize| median(self.0.iter().map(|round| round[which].cpu_us)));
        let mut ratios: Vec<f64> = self.0.iter().map(|[ours, plain]| ours.cpu_us / plain.cpu_us).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = median(ratios.iter().copied());
        let (least, most) = (ratios.first().copied().unwrap_or_default(), ratios.last().copied().unwrap_or_default());
        println!("{name:<16}{ours:>8.1}{plain:>8.1}{ratio:>8.2}{aim:>8}   {least:.2} to {most:.2}");
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
