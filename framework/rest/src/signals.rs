//! SIGTERM and Ctrl-C: the first asks the server to stop, a second one to stop at once.

use std::io;

use crate::shared::Shared;

/// Waits until the server should stop: by a signal, where it listens to them, or by its handle.
pub(crate) async fn wanted(shared: &Shared, signals: Option<&mut Signals>) {
    let mut told = shared.stop.subscribe();
    let handle = async {
        // The sender lives in `shared`, so this ends only when it was told.
        let _ = told.wait_for(|stop| *stop).await;
    };
    match signals {
        Some(signals) => {
            tokio::select! {
                () = handle => {}
                () = signals.next() => {}
            }
        }
        None => handle.await,
    }
}

/// The signals of the operating system that end a server.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: actix_rt::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: actix_rt::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use actix_rt::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        let _ = actix_rt::signal::ctrl_c().await;
    }
}
