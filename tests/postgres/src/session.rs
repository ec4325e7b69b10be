//! A session that stays open and holds what it took.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

/// Dropping it ends the session, and undoes its transaction.
#[derive(Debug)]
pub struct Session {
    psql: Child,
}

impl Session {
    pub(crate) fn begin(mut command: Command, sql: &str) -> Self {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut psql = spawned.expect("psql runs");
        let input = psql.stdin.as_mut().expect("standard input is piped");
        writeln!(input, "{sql};").expect("psql reads");
        let output = psql.stdout.take().expect("standard output is piped");
        let row = BufReader::new(output).lines().next();
        assert!(row.is_some_and(|row| row.is_ok()), "the session took hold: {sql}");
        Self { psql }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.psql.stdin.take());
        let _ = self.psql.wait();
    }
}
