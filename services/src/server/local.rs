//! The local socket of a running server: whoever may read the data directory may call processes by name.
//!
//! One request a connection: a JSON document on one line, answered by one.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::Path,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};

use super::installation::Installation;

/// The name of the socket in the data directory.
pub(super) const SOCKET: &str = "socket";

const REQUEST_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A call by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) process: String,
    pub(super) parameters: String,
    pub(super) company: String,
    pub(super) site: Option<String>,
    pub(super) subject: String,
}

/// What came of it: a value (`null` for nothing), or a fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Response {
    Value(Value),
    Fault(Value),
}

/// Answers calls on the socket until the server ends.
///
/// # Errors
/// When the socket can not be made.
pub(super) fn listen(path: &Path, installation: Arc<Installation>) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = actix_rt::net::UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    actix_rt::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let installation = Arc::clone(&installation);
            actix_rt::spawn(async move {
                let _ = answer(stream, &installation).await;
            });
        }
    });
    Ok(())
}

async fn answer(stream: actix_rt::net::UnixStream, installation: &Arc<Installation>) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(reading.take(REQUEST_BYTES_MAX)).read_line(&mut line).await?;
    let response = match serde_json::from_str::<Request>(&line) {
        Ok(request) => installation.call(&request).await,
        Err(_) => Response::Fault(Value::from("expected a call as JSON on one line")),
    };
    let mut text = serde_json::to_string(&response)?;
    text.push('\n');
    writing.write_all(text.as_bytes()).await
}

/// Calls a process of the server that holds a data directory.
///
/// # Errors
/// When nobody listens or the answer can not be read.
pub(super) fn call(data: &Path, request: &Request) -> io::Result<Response> {
    let mut stream = UnixStream::connect(data.join(SOCKET))?;
    let mut text = serde_json::to_string(request)?;
    text.push('\n');
    stream.write_all(text.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}
