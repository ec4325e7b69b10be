//! The server: an application behind sockets.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{HttpServer, dev::AppConfig};
use enaction_core::{Application, Operation, Result as Checked, catalogue, process::Boxed};
use enaction_tokens::Verifier;

use crate::{
    edge::Factory,
    listen::{Listen, Listener},
    pages::Page,
    public::PublicBase,
    route::{Router, Routes, Unroutable},
    shared::{Check, Shared},
    signals::{Signals, wanted},
    stop,
};

/// Serves an application over HTTP/1.1.
pub struct Server {
    application: Arc<Application>,
    verifier: Arc<Verifier>,
    listen: Vec<Listen>,
    public: PublicBase,
    workers: Option<usize>,
    checks: Vec<Check>,
    signals: bool,
}

impl Server {
    /// A server of an application, whose callers are verified by a verifier.
    #[must_use]
    pub fn new(application: Arc<Application>, verifier: Arc<Verifier>) -> Self {
        let (listen, public, checks) = (Vec::new(), PublicBase::default(), Vec::new());
        Self { application, verifier, listen, public, workers: None, checks, signals: true }
    }

    /// Listens on an address or a socket. Call it again for another one.
    #[must_use]
    pub fn listen(mut self, on: impl Into<Listen>) -> Self {
        self.listen.push(on.into());
        self
    }

    /// The URL under which the world finds the service, such as `https://api.example/pos`. Problem types begin with it;
    /// `Location` and links with its path. Empty by default.
    #[must_use]
    pub fn public_base(mut self, url: &str) -> Self {
        self.public = PublicBase::new(url);
        self
    }

    /// The number of worker threads; by default that of the processors.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = Some(count.max(1));
        self
    }

    /// Something more that must be there for `/health/ready`, beside the store, its unique indexes and the keys of
    /// tokens.
    #[must_use]
    pub fn ready_when(mut self, check: impl Fn() -> Boxed<'static, Checked<()>> + Send + Sync + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    /// Leaves SIGTERM and Ctrl-C to whoever runs it; then only its [`Handle`] stops it.
    #[must_use]
    pub fn without_signals(mut self) -> Self {
        self.signals = false;
        self
    }

    /// Builds the router and opens the sockets.
    ///
    /// # Errors
    /// When two operations have the same path and method, or an address can not be listened on.
    pub fn bind(self) -> io::Result<Bound> {
        let router = Router::new(self.application.operations(), Page::all())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let listeners = self.listen.into_iter().map(Listener::open).collect::<io::Result<Vec<_>>>()?;
        let addresses = listeners.iter().map(|one| one.socket().local_addr()).collect::<io::Result<_>>()?;
        let shared = Shared::new(self.application, self.verifier, Routes::new(router), self.public, self.checks);
        Ok(Bound { shared, listeners, addresses, workers: self.workers, signals: self.signals })
    }

    /// Serves until it is told to stop. Blocks, and brings its own runtime.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and when the workers can not be started.
    pub fn run(self) -> io::Result<()> {
        self.bind()?.run()
    }
}

/// A server whose sockets are open.
pub struct Bound {
    shared: Arc<Shared>,
    listeners: Vec<Listener>,
    addresses: Vec<SocketAddr>,
    workers: Option<usize>,
    signals: bool,
}

impl Bound {
    /// The addresses that it listens on.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// A handle that works from any thread.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.shared))
    }

    /// Serves until SIGTERM, Ctrl-C or its handle; then it takes no more connections, finishes what runs within
    /// `stop_ms_max`, and returns. Blocks, and brings its own runtime, so it must not be called inside another one.
    ///
    /// # Errors
    /// When the store holds what a newer program wrote, and when the workers can not be started.
    pub fn run(self) -> io::Result<()> {
        actix_rt::System::new().block_on(self.serve())
    }

    async fn serve(self) -> io::Result<()> {
        let mut signals = if self.signals { Some(Signals::listen()?) } else { None };
        may_serve(&self.shared).await?;
        let keys = actix_rt::spawn(refresh_keys(Arc::clone(&self.shared)));
        let announcements = actix_rt::spawn(announce(Arc::clone(&self.shared)));
        let maintenance = actix_rt::spawn(maintain(Arc::clone(&self.shared)));
        let server = self.start()?;
        let handle = server.handle();
        let mut serving = actix_rt::spawn(server);
        tokio::select! {
            ended = &mut serving => return ended.unwrap_or_else(|error| Err(io::Error::other(error))),
            () = wanted(&self.shared, signals.as_mut()) => {}
        }
        stop::stop(&self.shared, &handle, self.listeners, signals.as_mut()).await;
        keys.abort();
        announcements.abort();
        maintenance.abort();
        serving.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    fn start(&self) -> io::Result<actix_web::dev::Server> {
        let limits = &self.shared.application.limits;
        let millis = |limit: usize| Duration::from_millis(u64::try_from(limit).unwrap_or(u64::MAX));
        let shared = Arc::clone(&self.shared);
        let mut server = HttpServer::new(move || Factory::<AppConfig>::new(Arc::clone(&shared)))
            .disable_signals()
            .tcp_nodelay(true)
            // A client that is gone is heard at once, so that its query ends.
            .h1_allow_half_closed(false)
            .keep_alive(millis(limits.idle_ms_max))
            .client_request_timeout(millis(limits.head_ms_max))
            .max_connections(limits.connections_max)
            .shutdown_timeout(millis(limits.stop_ms_max).as_secs() + 1);
        if let Some(workers) = self.workers {
            server = server.workers(workers);
        }
        for listener in &self.listeners {
            server = server.listen(listener.socket().try_clone()?)?;
        }
        Ok(server.run())
    }
}

/// A store that holds what this program can not read is refused; one that can not be reached may still come.
async fn may_serve(shared: &Shared) -> io::Result<()> {
    match shared.application.announce().await {
        Err(fault) if fault.entry() == catalogue::SCHEMA_NEWER => {
            Err(io::Error::other(format!("use the store: {}", fault.detail().unwrap_or_default())))
        }
        _ => Ok(()),
    }
}

/// How often key sets are fetched again.
const KEYS: Duration = Duration::from_secs(300);

async fn refresh_keys(shared: Arc<Shared>) {
    let mut interval = actix_rt::time::interval(KEYS);
    loop {
        interval.tick().await;
        shared.verifier.refresh_all(shared.application.now()).await;
    }
}

/// How often the other programs on the store are told that this one is there, and heard.
const ANNOUNCEMENTS: Duration = Duration::from_secs(3);

async fn announce(shared: Arc<Shared>) {
    let mut interval = actix_rt::time::interval(ANNOUNCEMENTS);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Err(fault) = shared.application.announce().await {
            tracing::error!(%fault, "the other programs on the store were not told of this one: tried again");
        }
    }
}

/// How often what is due beside all requests is done.
const MAINTENANCE: Duration = Duration::from_secs(60);

async fn maintain(shared: Arc<Shared>) {
    let mut interval = actix_rt::time::interval(MAINTENANCE);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = shared.application.due() => {}
        }
        if let Err(fault) = shared.application.maintain().await {
            tracing::error!(%fault, "a round of maintenance failed: tried again");
        }
    }
}

/// Reaches a running server from any thread.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

impl Handle {
    /// Asks it to stop, as SIGTERM does. Returns at once.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Puts another table of operations in the place of the one that is served, whole, between two requests.
    ///
    /// # Errors
    /// When two operations have the same path and method; then the old table stays.
    pub fn route(&self, operations: &[Arc<Operation>]) -> Result<(), Unroutable> {
        self.0.routes.swap(Router::new(operations, Page::all())?);
        Ok(())
    }
}
