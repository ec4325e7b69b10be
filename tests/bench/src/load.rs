//! The load: connections that stay open, each sending its next request when the last one was answered.

use std::{
    cell::RefCell,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::{Builder, Runtime},
};

/// Requests in an order that is repeated, and the status that each is answered with.
#[derive(Clone, Debug)]
pub(crate) struct Script(pub(crate) Vec<(Vec<u8>, u16)>);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Connections to one server.
pub(crate) struct Load {
    connections: Vec<Connection>,
    runtime: Runtime,
}

impl Load {
    pub(crate) fn new(address: SocketAddr, connections: usize) -> Self {
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        let connections = runtime.block_on(join_all((0..connections).map(|_| Connection::open(address))));
        Self { connections, runtime }
    }

    /// Sends one request and gives its answer.
    pub(crate) fn one(&mut self, request: &[u8]) -> Answer {
        let connection = self.connections.first_mut().expect("a connection");
        self.runtime.block_on(connection.exchange(request)).text()
    }

    /// Sends so many requests, and says how long it took. It ends the program when one is answered otherwise than the
    /// script has it.
    pub(crate) fn run(&mut self, script: &Script, requests: usize) -> Duration {
        let numbers = RefCell::new(0..requests);
        let since = Instant::now();
        let connections = self.connections.iter_mut().map(async |connection| {
            while let Some(number) = next(&numbers) {
                let (request, status) = &script.0[number % script.0.len()];
                let answer = connection.exchange(request).await;
                assert_eq!(answer.status, *status, "{}", answer.text().body);
            }
        });
        self.runtime.block_on(join_all(connections));
        since.elapsed()
    }
}

fn next(numbers: &RefCell<std::ops::Range<usize>>) -> Option<usize> {
    numbers.borrow_mut().next()
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer in the bytes of its connection.
struct Seen<'a> {
    status: u16,
    head: &'a [u8],
    body: &'a [u8],
}

impl Seen<'_> {
    fn text(&self) -> Answer {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Answer { status: self.status, head: text(self.head), body: text(self.body) }
    }
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("connect");
        stream.set_nodelay(true).expect("send at once");
        Self { stream, read: Vec::with_capacity(65_536) }
    }

    async fn exchange(&mut self, request: &[u8]) -> Seen<'_> {
        self.stream.write_all(request).await.expect("send a request");
        self.read.clear();
        let (mut head, mut end) = (None, usize::MAX);
        while self.read.len() < end {
            let count = self.stream.read_buf(&mut self.read).await.expect("read an answer");
            assert!(count > 0, "the server closed the connection");
            if head.is_none() {
                head = self.read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
                end = head.map_or(usize::MAX, |head| head + content_length(&self.read[..head]));
            }
        }
        assert_eq!(self.read.len(), end, "one answer to one request");
        let (head, body) = self.read.split_at(head.unwrap_or_default());
        let status = head.get(9..12).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
        Seen { status: status.expect("a status"), head, body }
    }
}

fn content_length(head: &[u8]) -> usize {
    let name = b"content-length: ";
    // An answer without content (204, 304) has none.
    let Some(at) = head.windows(name.len()).position(|field| field.eq_ignore_ascii_case(name)) else { return 0 };
    let digits = head[at + name.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}
