//! Clients that write at the same time until the server goes: they open baskets, add lines, change quantities, submit.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crate::{
    client::{Answer, Client, Cut},
    journal::{Basket, Change, Journal, Line, Owned, Sent, Shared},
    random::Random,
};

/// How many clients write.
pub const CLIENTS: usize = 8;
/// A client adds at most so many lines to the shared basket of a round, which all together stay below its limit.
const SHARED_LINES_MAX: u32 = 25;
/// Baskets that a client has open.
const OPEN_MAX: usize = 6;
/// What the store says of a write that it did not do, or does not know to have done.
const REFUSALS: [(u16, &str); 3] = [(503, "outcome_unknown"), (503, "store_unavailable"), (507, "store_full")];
/// How long a client waits before it sends again what was refused.
const PAUSE: Duration = Duration::from_millis(10);
/// A load that nothing ends, ends.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Whom the clients speak to, and what they sell.
#[derive(Clone, Debug)]
pub struct Load<'a> {
    /// Where the nodes of the server listen.
    pub nodes: &'a [SocketAddr],
    /// How long a client sends a write again that was not answered, or was asked to. Nothing: it ends with the server.
    pub tries_for: Duration,
    /// The two header lines.
    pub tokens: &'a str,
    /// Ids of products.
    pub items: &'a [String],
    /// Part of every id, so that no round uses those of another.
    pub round: usize,
    /// Where the randomness begins.
    pub seed: u64,
}

impl Load<'_> {
    /// Writes while something happens, and puts what was acknowledged into the journal.
    ///
    /// # Panics
    /// When a write is answered with anything but its success, or a refusal of the store.
    pub fn run(&self, journal: &mut Journal, happens: impl FnOnce()) {
        let shared = format!("S{}", self.round);
        journal.owned.insert(shared.clone(), Owned::default());
        let mut first = self.writer(CLIENTS);
        let opened = first.write(&shared, Change::Create);
        assert!(opened, "the shared basket is opened before anything happens");
        first.journal.owned.remove(&shared);
        journal.owned.remove(&shared);
        first.journal.shared.insert(shared.clone(), Shared::default());
        journal.take(first.journal);
        let happened = AtomicBool::new(false);
        let ended: Vec<Journal> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let (writer, shared, happened) = (self.writer(number), &shared, &happened);
                    scope.spawn(move || writer.run(shared, happened))
                })
                .collect();
            happens();
            happened.store(true, Ordering::SeqCst);
            clients.into_iter().map(|client| client.join().expect("a client wrote")).collect()
        });
        ended.into_iter().for_each(|one| journal.take(one));
    }

    fn writer(&self, number: usize) -> Writer<'_> {
        let mut nodes = self.nodes.to_vec();
        nodes.rotate_left(number % self.nodes.len());
        Writer {
            load: self,
            number,
            client: Client::of_nodes(&nodes, self.tokens, self.tries_for),
            random: Random::new(self.seed, u64::try_from(self.round * (CLIENTS + 1) + number).unwrap_or(0)),
            journal: Journal::default(),
            open: Vec::new(),
            opened: 0,
            shared_lines: 0,
            sent: 0,
        }
    }
}

struct Writer<'a> {
    load: &'a Load<'a>,
    number: usize,
    client: Client,
    random: Random,
    journal: Journal,
    /// Ids of its baskets that are not submitted.
    open: Vec<String>,
    opened: usize,
    shared_lines: u32,
    sent: usize,
}

impl Writer<'_> {
    fn run(mut self, shared: &str, happened: &AtomicBool) -> Journal {
        let end = Instant::now() + TIME_MAX;
        while Instant::now() < end && !happened.load(Ordering::SeqCst) {
            let goes_on = match self.random.below(10) {
                0 | 1 if self.shared_lines < SHARED_LINES_MAX => self.add_to(shared),
                _ => self.write_own(),
            };
            if !goes_on {
                break;
            }
        }
        self.journal
    }

    /// Writes to a basket of its own; false when the server went.
    fn write_own(&mut self) -> bool {
        if self.open.is_empty() || self.open.len() < OPEN_MAX && self.random.below(8) == 0 {
            let id = format!("K{}-{}-{}", self.load.round, self.number, self.opened);
            self.opened += 1;
            self.open.push(id.clone());
            return self.write(&id, Change::Create);
        }
        let at = self.random.below(self.open.len());
        let id = self.open[at].clone();
        let basket = self.journal.owned[&id].settled.clone().expect("its creation was acknowledged");
        let change = self.next_change(&basket);
        if change == Change::Submit {
            self.open.swap_remove(at);
        }
        self.write(&id, change)
    }

    fn next_change(&mut self, basket: &Basket) -> Change {
        let numbers: Vec<u32> = basket.lines.keys().copied().collect();
        match self.random.below(10) {
            0 if !numbers.is_empty() => Change::Submit,
            1..4 if !numbers.is_empty() => {
                let quantity = if self.random.below(4) == 0 { 0 } else { self.quantity() };
                Change::Quantity(*self.random.one_of(&numbers), quantity)
            }
            _ => Change::Add(Line { item: self.random.one_of(self.load.items).clone(), quantity: self.quantity() }),
        }
    }

    /// A key for one write.
    fn key(&mut self) -> String {
        self.sent += 1;
        format!("{}-{}-{}", self.load.round, self.number, self.sent)
    }

    fn quantity(&mut self) -> u32 {
        u32::try_from(1 + self.random.below(99)).unwrap_or(1)
    }

    /// Sends a write under a key, again and again while the store refuses it.
    fn send(&mut self, key: &str, (method, target, body): (&str, String, Option<String>)) -> Result<Answer, Cut> {
        let (end, mut sent) = (Instant::now() + TIME_MAX, false);
        loop {
            let answer = match self.client.send_under(key, method, &target, body.as_deref()) {
                // It was sent before, and what became of it is not known.
                Err(Cut::Refused) if sent => return Err(Cut::Silent(io::ErrorKind::ConnectionRefused.into())),
                answer => answer?,
            };
            sent = true;
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            if !REFUSALS.contains(&(answer.status, &code)) || Instant::now() > end {
                return Ok(answer);
            }
            *self.journal.refused.entry(code).or_default() += 1;
            std::thread::sleep(PAUSE);
        }
    }

    /// Writes to a basket that nobody else writes to.
    fn write(&mut self, id: &str, change: Change) -> bool {
        let key = self.key();
        let answer = self.send(&key, change.request(id));
        let owned = self.journal.owned.entry(id.to_owned()).or_default();
        let after = change.applied(&owned.settled);
        match answer {
            Ok(answer) => {
                assert!(change.is_acknowledged_by(&answer, &after), "{id} {change:?}: {answer:?}");
                owned.settled = Some(after);
                self.journal.acknowledged += 1;
                true
            }
            Err(Cut::Refused) => false,
            Err(Cut::Silent(_) | Cut::Within(_)) => {
                owned.pending = Some(Sent { write: change, key });
                false
            }
        }
    }

    /// Adds a line that no other is like to the basket of all.
    fn add_to(&mut self, shared: &str) -> bool {
        let number = u32::try_from(self.number).unwrap_or(0) * SHARED_LINES_MAX + self.shared_lines;
        self.shared_lines += 1;
        let line = Line { item: self.load.items[0].clone(), quantity: 1 + number };
        let key = self.key();
        let answer = self.send(&key, Change::Add(line.clone()).request(shared));
        let known = self.journal.shared.entry(shared.to_owned()).or_default();
        match answer {
            Ok(answer) if answer.status == 409 && answer.json()["code"] == "contended" => true,
            Ok(answer) => {
                assert_eq!(answer.status, 201, "{shared} {line:?}: {answer:?}");
                let number = answer.json()["lineNumber"].as_u64().and_then(|number| u32::try_from(number).ok());
                let before: &mut BTreeMap<u32, Line> = &mut known.settled;
                let twice = before.insert(number.expect("a line has a number"), line);
                assert_eq!(twice, None, "a line number was given out twice");
                self.journal.acknowledged += 1;
                true
            }
            Err(Cut::Refused) => false,
            Err(Cut::Silent(_) | Cut::Within(_)) => {
                known.pending.push(Sent { write: line, key });
                false
            }
        }
    }
}
