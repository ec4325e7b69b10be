//! Stopping: nothing that was accepted is cut.
//!
//! actix closes what is idle at once, and what comes a moment later on such a connection is lost. So first every answer
//! closes its own connection while the old ones are still read, and only when it has become quiet actix is stopped.

use std::{sync::Arc, time::Duration};

use actix_rt::time::{Instant, sleep, timeout};
use actix_web::dev::ServerHandle;

use crate::{late, listen::Listener, shared::Shared, signals::Signals};

/// How often it is looked whether something still runs.
const LOOK: Duration = Duration::from_millis(20);
/// So long nothing must have run or come before the idle connections are closed.
const QUIET: Duration = Duration::from_millis(240);
/// How long the thread that accepts connections may take to hear that it should pause.
const PAUSE: Duration = Duration::from_millis(20);

/// Stops listening, finishes what runs, and stops the server; a further signal, or the end of `stop_ms_max`, cuts it.
pub(crate) async fn stop(
    shared: &Arc<Shared>,
    handle: &ServerHandle,
    listeners: Vec<Listener>,
    signals: Option<&mut Signals>,
) {
    let limit = Duration::from_millis(u64::try_from(shared.application.limits.stop_ms_max).unwrap_or(u64::MAX));
    let end = Instant::now() + limit;
    tracing::info!("stopping: no new connections are taken");
    shared.set_stopping();
    handle.pause().await;
    sleep(PAUSE).await;
    late::serve(shared, listeners).await;
    let finished = async {
        quiet(shared).await;
        handle.stop(true).await;
    };
    let finished = timeout(end.saturating_duration_since(Instant::now()), finished);
    let in_time = match signals {
        Some(signals) => {
            tokio::select! {
                in_time = finished => in_time.is_ok(),
                () = signals.next() => false,
            }
        }
        None => finished.await.is_ok(),
    };
    if !in_time {
        tracing::warn!(running = shared.activity().0, "stopping: what still runs is cut");
        handle.stop(false).await;
    }
}

/// Waits until nothing runs and nothing has come for a while.
async fn quiet(shared: &Shared) {
    let mut since = Instant::now();
    let mut begun = shared.activity().1;
    loop {
        sleep(LOOK).await;
        let (running, ever) = shared.activity();
        if running > 0 || ever != begun {
            (since, begun) = (Instant::now(), ever);
        } else if since.elapsed() >= QUIET {
            return;
        }
    }
}
