//! A client with a connection that it keeps, and that knows exactly how an answer was cut.

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::Value;

/// An answer that arrived whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, `null` for none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The value of a field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Whether the server closes the connection behind this answer.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Cut {
    /// Nobody listens: nothing was sent.
    Refused,
    /// The connection ended before the first byte of an answer.
    Silent(io::Error),
    /// It ended within an answer: these bytes came.
    Within(Vec<u8>),
}

/// A connection, opened when it is needed and kept as long as the server keeps it.
#[derive(Debug)]
pub struct Client {
    /// The nodes of one server; the first is the one that is spoken to.
    nodes: Vec<SocketAddr>,
    /// How long a request under a key is sent again.
    tries_for: Duration,
    /// Field lines that go with every request.
    fields: String,
    stream: Option<TcpStream>,
    /// How often it was asked to send again, by the code of the problem.
    pub asked_again: BTreeMap<String, usize>,
}

/// No test waits longer for a byte.
const PATIENCE: Duration = Duration::from_secs(60);
/// How soon a request is sent again.
const AGAIN: Duration = Duration::from_millis(20);

impl Client {
    /// A client of a server; `fields` are whole field lines, such as those of the tokens.
    #[must_use]
    pub fn new(address: SocketAddr, fields: &str) -> Self {
        Self::of_nodes(&[address], fields, Duration::ZERO)
    }

    /// A client of several nodes. What one of them does not answer, or asks to send later, it sends again under its key, to
    /// the next, for so long.
    #[must_use]
    pub fn of_nodes(nodes: &[SocketAddr], fields: &str, tries_for: Duration) -> Self {
        let fields = fields.lines().map(|line| format!("{line}\r\n")).collect();
        Self { nodes: nodes.to_vec(), tries_for, fields, stream: None, asked_again: BTreeMap::new() }
    }

    /// Sends a request and waits for its whole answer.
    ///
    /// # Errors
    /// When there is none.
    pub fn send(&mut self, method: &str, target: &str, body: Option<&str>) -> Result<Answer, Cut> {
        self.send_slowly(method, target, body, || ())
    }

    /// The same under an `Idempotency-Key`.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub fn send_under(&mut self, key: &str, method: &str, target: &str, body: Option<&str>) -> Result<Answer, Cut> {
        let plain = self.fields.len();
        self.fields.push_str(&format!("idempotency-key: \"{key}\"\r\n"));
        let (begun, mut sent) = (Instant::now(), false);
        let answer = loop {
            let answer = self.send(method, target, body);
            if !is_to_be_sent_again(&answer) || begun.elapsed() >= self.tries_for {
                break if sent && matches!(answer, Err(Cut::Refused)) { Err(unanswered()) } else { answer };
            }
            sent |= !matches!(answer, Err(Cut::Refused));
            if let Ok(answer) = &answer {
                let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
                *self.asked_again.entry(code).or_default() += 1;
            }
            self.nodes.rotate_left(1);
            self.stream = None;
            std::thread::sleep(AGAIN);
        };
        self.fields.truncate(plain);
        answer
    }

    /// The same as `send`, with a pause in the middle of the body.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub fn send_slowly(
        &mut self,
        method: &str,
        target: &str,
        body: Option<&str>,
        pause: impl FnOnce(),
    ) -> Result<Answer, Cut> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        let body = body.unwrap_or_default();
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n{}", self.nodes[0], self.fields);
        if method != "GET" {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        if !body.is_empty() {
            request.push_str("content-type: application/json\r\n");
        }
        request.push_str("\r\n");
        let half = request.len() + body.len() / 2;
        request.push_str(body);
        // A server that went leaves what it answered before: to fail in writing says nothing yet.
        let _ = stream.write_all(&request.as_bytes()[..half]);
        pause();
        let _ = stream.write_all(&request.as_bytes()[half..]);
        let answer = receive(&mut stream)?;
        if !answer.closes() {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    fn connect(&self) -> Result<TcpStream, Cut> {
        let stream = TcpStream::connect_timeout(&self.nodes[0], PATIENCE).map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => Cut::Refused,
            _ => Cut::Silent(error),
        })?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(Cut::Silent)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(Cut::Silent)?;
        stream.set_nodelay(true).map_err(Cut::Silent)?;
        Ok(stream)
    }
}

fn unanswered() -> Cut {
    Cut::Silent(io::ErrorKind::NotConnected.into())
}

/// No answer, or one that asks for patience.
fn is_to_be_sent_again(answer: &Result<Answer, Cut>) -> bool {
    match answer {
        Ok(answer) => answer.status == 503 || answer.status == 409 && answer.header("retry-after").is_some(),
        Err(_) => true,
    }
}

fn receive(stream: &mut TcpStream) -> Result<Answer, Cut> {
    let mut bytes = Vec::new();
    loop {
        if let Some(answer) = whole(&bytes) {
            return Ok(answer);
        }
        let mut piece = [0; 16 * 1024];
        let end = match stream.read(&mut piece) {
            Ok(0) => io::Error::from(io::ErrorKind::UnexpectedEof),
            Ok(count) => {
                bytes.extend_from_slice(&piece[..count]);
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => error,
        };
        return Err(if bytes.is_empty() { Cut::Silent(end) } else { Cut::Within(bytes) });
    }
}

/// The answer, when these bytes are all of it.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).expect("a head is text");
    let rest = &bytes[end + 4..];
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().expect("a status code");
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let answer = Answer { status, headers, body: Vec::new() };
    let body = if matches!(status, 204 | 304) {
        Vec::new()
    } else if answer.header("transfer-encoding") == Some("chunked") {
        chunks(rest)?
    } else {
        let length: usize = answer.header("content-length").expect("a length").parse().expect("a number");
        rest.get(..length)?.to_vec()
    };
    Some(Answer { body, ..answer })
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).expect("a size is text");
        let size = usize::from_str_radix(size, 16).expect("a size is a number");
        let (from, to) = (end + 2, end + 2 + size);
        let chunk = rest.get(from..to + 2)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..size]);
        rest = &rest[to + 2..];
    }
}
