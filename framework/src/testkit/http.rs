//! A plain HTTP/1.1 client for tests: it sends exactly what it is told, also what no well-behaved client would.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

use super::{Running, TestCaller};

/// One request to a service under test.
pub struct Exchange<'a> {
    service: &'a Running,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The fields in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of the first field of a name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let wanted = name.to_ascii_lowercase();
        self.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The code of a problem document.
    #[must_use]
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The pointers of the violations of a problem document, sorted.
    #[must_use]
    pub fn pointers(&self) -> Vec<String> {
        let json = self.json();
        let all = json.get("violations").and_then(Value::as_array).into_iter().flatten();
        let mut pointers: Vec<String> =
            all.filter_map(|one| one.get("pointer").and_then(Value::as_str)).map(str::to_owned).collect();
        pointers.sort();
        pointers
    }
}

impl<'a> Exchange<'a> {
    pub(super) fn new(service: &'a Running, method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { service, method, target, headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body, without saying what it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: impl ToString) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Sends both tokens of a caller.
    #[must_use]
    pub fn from(self, caller: &TestCaller) -> Self {
        let (id, site) = self.service.tokens(caller);
        self.header("id_token", &id).header("site_token", &site)
    }

    /// Sends it on a connection of its own.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send(self) -> Answer {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "QUERY") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        exchange(self.service.address(), &[head.as_bytes(), &self.body].concat(), self.method == "HEAD")
    }
}

fn exchange(address: SocketAddr, request: &[u8], head_only: bool) -> Answer {
    let mut stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set a time-out");
    // A server may answer and close before it has read everything.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    assert!(!bytes.is_empty(), "no answer: {read:?}");
    parse(&bytes, head_only)
}

fn parse(bytes: &[u8], head_only: bool) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of the head");
    let (head, body) = bytes.split_at(end + 4);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked && !head_only { dechunk(body) } else { body.to_vec() };
    Answer { status: status.expect("a status"), headers, body }
}

fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let (size, rest) = body.split_at(end);
        let size = usize::from_str_radix(String::from_utf8_lossy(size).trim(), 16).expect("a chunk size");
        let rest = rest.get(2..).unwrap_or_default();
        whole.extend_from_slice(rest.get(..size).unwrap_or_default());
        if size == 0 {
            break;
        }
        body = rest.get(size + 2..).unwrap_or_default();
    }
    whole
}
