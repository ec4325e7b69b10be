//! What runs beside the server, on a thread of its own: the local socket, and the refresh of keys and policies.

use std::{error::Error, path::PathBuf, sync::Arc, thread::JoinHandle};

use tokio::sync::oneshot;

use super::{installation::Installation, local};

/// The thread beside the server.
pub(super) struct Beside {
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Beside {
    /// Starts it. Without the local socket, such as below a path that is too long for one, the server serves all the same.
    pub(super) fn start(socket: PathBuf, installation: Arc<Installation>) -> Result<Self, Box<dyn Error>> {
        let (end, ended) = oneshot::channel();
        let (ready, told) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("beside".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async {
                if let Err(error) = local::listen(&socket, Arc::clone(&installation)) {
                    tracing::warn!(%error, "calls by name need the server to be stopped: there is no local socket");
                }
                let _ = ready.send(());
                tokio::select! {
                    _ = ended => {}
                    () = installation.identity.keep_fresh() => {}
                }
            });
        })?;
        told.recv()?;
        Ok(Self { end, thread })
    }

    /// Ends it.
    pub(super) fn stop(self) {
        let _ = self.end.send(());
        let _ = self.thread.join();
    }
}
