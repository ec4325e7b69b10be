//! The threads that all connections run on. Who calls a store comes and goes with a runtime of its own: a connection has to
//! outlive the one that happened to need it first.

use std::{
    io,
    num::NonZero,
    sync::{Mutex, PoisonError},
    thread::available_parallelism,
    time::Duration,
};

use tokio::runtime::{Builder, Handle, Runtime};

/// One thread carries some hundred thousand statements a second.
const THREADS_MAX: usize = 4;

/// Shorter than the time of any statement. A runtime that has nothing to wait for before a new time-out is woken to reckon with
/// it, a system call and a turn for each statement; this one always has.
const TICK: Duration = Duration::from_secs(1);

/// The runtime of this program's connections, started when it is first asked for.
pub(super) fn handle() -> io::Result<Handle> {
    static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut known = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*known {
        return Ok(runtime.handle().clone());
    }
    let threads = available_parallelism().map_or(1, NonZero::get).div_ceil(2).min(THREADS_MAX);
    let runtime = Builder::new_multi_thread().worker_threads(threads).thread_name("postgres").enable_all().build()?;
    runtime.spawn(tick());
    Ok(known.insert(runtime).handle().clone())
}

async fn tick() {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
    }
}
