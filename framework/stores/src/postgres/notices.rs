//! Programs tell each other which collections they wrote, as far as anybody wants to know.
//!
//! Nothing of it is in a commit: NOTIFY there would take a lock of the whole database. A program gathers what it wrote and tells it
//! at most every 50 ms; one connection listens. What gets lost, because a program or a connection ended, nobody is told:
//! who waits looks by itself every few seconds.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use enaction_core::store::Unit;
use tokio::{
    runtime::Handle,
    sync::{Notify, broadcast},
    task::JoinSet,
};
use tokio_postgres::{AsyncMessage, Error};

use super::connections::{Connections, Purpose};

const TELLS_EVERY: Duration = Duration::from_millis(50);
const CONNECTS_EVERY: Duration = Duration::from_secs(1);
/// The server answers in this time, or is asked again on another connection.
const LISTENS: Duration = Duration::from_secs(3);
/// Who is further behind is told that anything may have changed.
const UNHEARD_MAX: usize = 64;

/// Collections, parted by commas; none for any.
type Notice = Arc<str>;

/// What is written, and who wants to know. Nobody listens and nothing is told before somebody wants to know.
#[derive(Debug)]
pub(super) struct Notices {
    told: Arc<Told>,
    /// They end with the store.
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Debug)]
struct Told {
    channel: String,
    watched: Mutex<BTreeSet<&'static str>>,
    written: Mutex<BTreeSet<&'static str>>,
    wakes: Notify,
    heard: broadcast::Sender<Notice>,
}

impl Notices {
    /// Programs on one schema tell each other.
    pub(super) fn of(schema: &str) -> Self {
        let told = Told {
            channel: format!("{schema}_written"),
            watched: Mutex::default(),
            written: Mutex::default(),
            wakes: Notify::new(),
            heard: broadcast::Sender::new(UNHEARD_MAX),
        };
        Self { told: Arc::new(told), tasks: Mutex::default() }
    }

    /// Waits until one of these collections may have been written.
    pub(super) async fn changed(&self, collections: &[&'static str], connections: &Arc<Connections>, runtime: &Handle) {
        let mut heard = self.told.heard.subscribe();
        lock(&self.told.watched).extend(collections);
        self.start(connections, runtime);
        loop {
            match heard.recv().await {
                Ok(notice) if notice.is_empty() || notice.split(',').any(|one| collections.contains(&one)) => return,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// What a unit writes of what somebody watches.
    pub(super) fn watched(&self, unit: &Unit) -> Vec<&'static str> {
        let watched = lock(&self.told.watched);
        unit.writes.iter().map(|write| write.key.collection).filter(|one| watched.contains(one)).collect()
    }

    /// A unit was committed that writes it.
    pub(super) fn written(&self, watched: &[&'static str]) {
        if !watched.is_empty() {
            lock(&self.told.written).extend(watched);
            self.told.wakes.notify_one();
        }
    }

    fn start(&self, connections: &Arc<Connections>, runtime: &Handle) {
        let mut tasks = lock(&self.tasks);
        if tasks.is_empty() {
            tasks.spawn_on(Arc::clone(&self.told).tell(Arc::clone(connections)), runtime);
            tasks.spawn_on(Arc::clone(&self.told).listen(Arc::clone(connections)), runtime);
        }
    }
}

impl Told {
    async fn tell(self: Arc<Self>, connections: Arc<Connections>) {
        loop {
            self.wakes.notified().await;
            let written: Vec<&str> = std::mem::take(&mut *lock(&self.written)).into_iter().collect();
            let notice = written.join(",");
            let asked = connections.ask(Purpose::Read, "SELECT pg_notify($1, $2)", &[&self.channel, &notice]).await;
            if let Err(failure) = asked {
                tracing::debug!(%failure, "what was written is not told");
            }
            tokio::time::sleep(TELLS_EVERY).await;
        }
    }

    async fn listen(self: Arc<Self>, connections: Arc<Connections>) {
        loop {
            if let Err(error) = self.listen_once(&connections).await {
                tracing::debug!(%error, "nothing is heard of what others write");
            }
            tokio::time::sleep(CONNECTS_EVERY).await;
        }
    }

    /// Until the connection ends. What was missed before it began may be anything.
    async fn listen_once(&self, connections: &Connections) -> Result<(), Error> {
        let Some(connected) = connections.connect().await else { return Ok(()) };
        let (client, mut connection) = connected?;
        let heard = self.heard.clone();
        let hearing = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(notice) = message {
                    let _ = heard.send(notice.payload().into());
                }
            }
        });
        let listening = tokio::time::timeout(LISTENS, client.batch_execute(&format!("LISTEN {}", self.channel))).await;
        let Ok(listening) = listening else { return Ok(()) };
        listening?;
        let _ = self.heard.send("".into());
        let _ = hearing.await;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
