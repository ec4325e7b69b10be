//! A plain HTTP/1.1 client that sends exactly what it is told, on a connection of its own, and hides nothing of the answer.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// A request, as it is sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// As it stands in the request line.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// In their order.
    pub headers: Vec<(String, String)>,
    /// What stands behind the head.
    pub body: Vec<u8>,
    /// What the head says of its length, when that is not the truth.
    pub told_length: Option<usize>,
}

impl Request {
    /// A request without anything but its line.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), ..Self::default() }
    }

    /// The same with a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        let mut request = self.with("content-type", "application/json");
        request.body = body.into();
        request
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// Every byte behind the head.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of the first field of a name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The code of a problem document, or the error of OAuth.
    #[must_use]
    pub fn code(&self) -> String {
        let json = self.json();
        let code = json.get("code").or_else(|| json.get("error")).and_then(Value::as_str);
        code.unwrap_or_default().to_owned()
    }

    /// Pointer and code of every violation, sorted.
    #[must_use]
    pub fn violations(&self) -> Vec<(String, String)> {
        let json = self.json();
        let all = json.get("violations").and_then(Value::as_array).into_iter().flatten();
        let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut found: Vec<_> = all.map(|one| (text(one, "pointer"), text(one, "code"))).collect();
        found.sort();
        found
    }

    /// Whether it is a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Status, code and violations in one text, for messages.
    #[must_use]
    pub fn told(&self) -> String {
        let detail = self.json().get("detail").map(|detail| format!(" {detail}")).unwrap_or_default();
        format!("{} {} {:?}{detail}", self.status, self.code(), self.violations())
    }
}

/// Sends a request to a server.
///
/// # Panics
/// When there is no answer.
#[must_use]
pub fn send(address: SocketAddr, request: &Request) -> Answer {
    let mut head =
        format!("{} {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let takes_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH" | "QUERY");
    match request.told_length {
        Some(length) => head.push_str(&format!("content-length: {length}\r\n")),
        None if takes_body || !request.body.is_empty() => {
            head.push_str(&format!("content-length: {}\r\n", request.body.len()));
        }
        None => {}
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set a time-out");
    // A server may answer and close before it has read everything.
    let _ = stream.write_all(&[head.as_bytes(), &request.body].concat());
    let mut bytes = Vec::new();
    let read = if request.told_length.is_some() {
        // The server waits for the rest of what was told, and nobody sends it.
        read_one(&mut stream, &mut bytes)
    } else {
        stream.read_to_end(&mut bytes)
    };
    let answer = parse(&bytes);
    answer.unwrap_or_else(|| panic!("{} {}: no answer: {read:?}", request.method, request.target))
}

/// Reads no more than one answer.
fn read_one(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut piece = [0; 4096];
    loop {
        let answer = parse(bytes);
        let length = answer.as_ref().and_then(|answer| answer.header("content-length")?.parse().ok());
        if answer.is_some_and(|answer| answer.body.len() >= length.unwrap_or(0)) {
            return Ok(bytes.len());
        }
        match stream.read(&mut piece)? {
            0 => return Ok(bytes.len()),
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields = lines.filter_map(|line| line.split_once(':'));
    let headers = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Some(Answer { status, headers, body: bytes[end + 4..].to_vec() })
}
