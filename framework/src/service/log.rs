//! Where the log of a program goes.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

/// Writes the log to standard error: one line per request, and what went wrong. The environment variable `ENACTION_LOG`
/// chooses otherwise, in the words of `tracing-subscriber`, such as `warn` or `enaction_rest=debug`.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("ENACTION_LOG").unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    // A program that set up a log of its own keeps it.
    let _ = log.try_init();
}
