//! Sockets that listen.

use std::{
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
};

/// Where a server listens: an address, or a socket that listens already.
#[derive(Debug)]
pub enum Listen {
    /// An address such as `127.0.0.1:8080`; port 0 for any that is free.
    Address(String),
    /// A socket that listens, such as one that a supervisor handed over. It is left open, because others may go on
    /// listening on it.
    Socket(TcpListener),
    /// A socket that the caller opened for this server alone. It is closed when the server stops, as one that the server
    /// opened itself.
    Own(TcpListener),
}

impl From<&str> for Listen {
    fn from(address: &str) -> Self {
        Self::Address(address.to_owned())
    }
}

impl From<String> for Listen {
    fn from(address: String) -> Self {
        Self::Address(address)
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address.to_string())
    }
}

impl From<TcpListener> for Listen {
    fn from(socket: TcpListener) -> Self {
        Self::Socket(socket)
    }
}

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// An open socket that listens.
pub(crate) struct Listener {
    socket: TcpListener,
    /// False for one that was handed over: others may go on listening on it.
    ours: bool,
}

impl Listener {
    pub(crate) fn open(listen: Listen) -> io::Result<Self> {
        let (socket, ours) = match listen {
            Listen::Address(address) => {
                let addresses: Vec<_> = address.to_socket_addrs()?.collect();
                (TcpListener::bind(addresses.as_slice())?, true)
            }
            Listen::Own(socket) => (socket, true),
            Listen::Socket(socket) => (socket, false),
        };
        if ours {
            // Once more, because the standard library asks for a short queue.
            rustix::net::listen(&socket, BACKLOG)?;
        }
        socket.set_nonblocking(true)?;
        Ok(Self { socket, ours })
    }

    pub(crate) fn socket(&self) -> &TcpListener {
        &self.socket
    }

    /// Closes it. actix holds the same socket a while longer, so that to drop it would not be enough.
    pub(crate) fn close(self) {
        if self.ours {
            let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Read);
        }
    }
}
