//! A proxy between a server and its database that fails as networks do: it stalls, it parts the two, it cuts connections,
//! and it swallows the answer of one statement that was carried out.

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// It arrives.
    #[default]
    Whole,
    /// It waits until the network is whole again. New connections wait too.
    Stalled,
    /// It is lost, without a word to either side; when the network is whole again the connections of that time are cut.
    Parted,
    /// Every connection is cut, and no new one comes about.
    Cut,
}

/// A proxy in front of one address, on a free port of this machine.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    to: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
    /// Connections so far: the newest of them was made in this state of the network or later.
    connections: AtomicUsize,
    swallowed: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    network: Network,
    /// Connections up to this number lost something, and end when they move again.
    broken: usize,
    /// The answer of the next statement with this text in it is swallowed, and its connection cut.
    swallow: Option<String>,
    streams: HashMap<usize, [TcpStream; 2]>,
    ended: bool,
}

impl Proxy {
    /// Starts it.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            to,
            state: Mutex::default(),
            changed: Condvar::new(),
            connections: AtomicUsize::new(0),
            swallowed: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.state().ended {
                    return;
                }
                if let Ok(client) = client {
                    let shared = Arc::clone(&accepting);
                    std::thread::spawn(move || shared.connect(client));
                }
            }
        });
        Self { address, shared }
    }

    /// Lets the network be so from now on.
    pub fn be(&self, network: Network) {
        let mut state = self.shared.state();
        match network {
            Network::Cut => state.cut(usize::MAX),
            Network::Parted => state.broken = self.shared.connections.load(Ordering::SeqCst),
            Network::Whole => {
                let broken = state.broken;
                state.cut(broken);
            }
            Network::Stalled => {}
        }
        state.network = network;
        self.shared.changed.notify_all();
    }

    /// Swallows the answer of the next statement that has this in its text: the database carries it out, and the server is
    /// not told, because its connection is cut then.
    pub fn swallow_answer_of(&self, text: &str) {
        self.shared.state().swallow = Some(text.to_owned());
    }

    /// How many answers were swallowed.
    #[must_use]
    pub fn swallowed(&self) -> usize {
        self.shared.swallowed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.be(Network::Cut);
        self.shared.state().ended = true;
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    /// Cuts the connections up to a number.
    fn cut(&mut self, last: usize) {
        for (_, streams) in self.streams.extract_if(|number, _| *number <= last) {
            streams.iter().for_each(end);
        }
    }
}

fn end(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked with it")
    }

    /// Waits until something may move; false when what moves then is lost, or its connection is.
    fn may_pass(&self, connection: usize) -> bool {
        let waits = |state: &mut State| state.network == Network::Stalled && !state.ended;
        let state = self.changed.wait_while(self.state(), waits).expect("nobody panicked with it");
        state.network == Network::Whole && connection > state.broken
    }

    fn connect(self: Arc<Self>, client: TcpStream) {
        let connection = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        // What is parted does not even refuse.
        while !self.may_pass(connection) {
            let state = self.state();
            if state.network != Network::Parted || state.ended {
                return end(&client);
            }
            drop(state);
            std::thread::sleep(Duration::from_millis(5));
        }
        let Ok(server) = TcpStream::connect(self.to) else { return end(&client) };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("a socket takes it");
        }
        let copies = [&client, &server].map(|stream| stream.try_clone().expect("a descriptor"));
        self.state().streams.insert(connection, copies);
        let swallows = Arc::new(Mutex::new(false));
        let there = {
            let (shared, swallows) = (Arc::clone(&self), Arc::clone(&swallows));
            let (from, to) = (client.try_clone().expect("a descriptor"), server.try_clone().expect("a descriptor"));
            let mut statements = Statements::default();
            std::thread::spawn(move || {
                shared.carry(connection, from, to, |shared, bytes| {
                    statements.feed(bytes, |text| {
                        let mut state = shared.state();
                        if state.swallow.as_deref().is_some_and(|wanted| text.contains(wanted)) {
                            state.swallow = None;
                            *swallows.lock().expect("nobody panicked with it") = true;
                        }
                    });
                    true
                });
            })
        };
        self.carry(connection, server, client, |shared, _| {
            let swallow = *swallows.lock().expect("nobody panicked with it");
            if swallow {
                shared.swallowed.fetch_add(1, Ordering::SeqCst);
            }
            !swallow
        });
        let _ = there.join();
        self.state().streams.remove(&connection);
    }

    /// Carries bytes from one side to the other, until one of them ends or `look` says so. Then both end.
    fn carry(
        &self,
        connection: usize,
        mut from: TcpStream,
        mut to: TcpStream,
        mut look: impl FnMut(&Self, &[u8]) -> bool,
    ) {
        let mut piece = [0; 16 * 1024];
        loop {
            let count = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            if self.may_pass(connection) && (!look(self, &piece[..count]) || to.write_all(&piece[..count]).is_err()) {
                break;
            }
        }
        if self.state().network == Network::Parted {
            // Neither side learns of the end of the other.
            return;
        }
        [&from, &to].into_iter().for_each(end);
    }
}

/// What a client of PostgreSQL asks, told from the messages of its protocol: the text of each statement that is bound.
#[derive(Default)]
struct Statements {
    bytes: Vec<u8>,
    begun: bool,
    texts: HashMap<Vec<u8>, String>,
}

impl Statements {
    fn feed(&mut self, bytes: &[u8], mut asked: impl FnMut(&str)) {
        self.bytes.extend_from_slice(bytes);
        while let Some((kind, body)) = self.next_message() {
            let mut parts = body.split(|byte| *byte == 0);
            let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            match kind {
                // Parse: the name of a statement and its text.
                b'P' => drop(self.texts.insert(first.to_owned(), String::from_utf8_lossy(second).into_owned())),
                // Bind: the name of a portal and of its statement.
                b'B' => asked(self.texts.get(second).map_or("", String::as_str)),
                _ => {}
            }
        }
    }

    /// The first message has no kind.
    fn next_message(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = usize::from(self.begun);
        let length: [u8; 4] = self.bytes.get(head..head + 4)?.try_into().ok()?;
        let end = head + usize::try_from(u32::from_be_bytes(length)).ok()?;
        let body = self.bytes.get(head + 4..end)?.to_vec();
        let kind = if self.begun { self.bytes[0] } else { 0 };
        self.begun = true;
        self.bytes.drain(..end);
        Some((kind, body))
    }
}
