//! Read connections, lent to one read each.

use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use super::{failure::Failure, file::Database};

/// Opens connections as they are needed, up to a number; a read that finds them all lent waits for one.
#[derive(Debug)]
pub(super) struct Pool {
    database: Database,
    connections_max: usize,
    lent: Mutex<Lent>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct Lent {
    idle: Vec<Connection>,
    open: usize,
}

impl Pool {
    pub(super) fn new(database: Database, connections_max: usize) -> Self {
        Self { database, connections_max: connections_max.max(1), lent: Mutex::default(), returned: Condvar::new() }
    }

    /// Reads with a connection. One on which a statement failed is closed.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut lease = self.lease();
        let connection = match lease.connection.take() {
            Some(connection) => connection,
            None => self.database.reader()?,
        };
        let result = read(&connection);
        if !matches!(result, Err(Failure::Sql(_))) {
            lease.connection = Some(connection);
        }
        result
    }

    /// Closes the connections that nobody reads with.
    pub(super) fn close_idle(&self) {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        lent.open -= lent.idle.len();
        lent.idle.clear();
    }

    fn lease(&self) -> Lease<'_> {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |lent: &mut Lent| lent.idle.is_empty() && lent.open >= self.connections_max;
        let mut lent = self.returned.wait_while(lent, full).unwrap_or_else(PoisonError::into_inner);
        let connection = lent.idle.pop();
        if connection.is_none() {
            lent.open += 1;
        }
        Lease { pool: self, connection }
    }
}

/// The right to one connection; given back also when a read panics.
struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut lent = self.pool.lent.lock().unwrap_or_else(PoisonError::into_inner);
        match self.connection.take() {
            Some(connection) => lent.idle.push(connection),
            None => lent.open -= 1,
        }
        drop(lent);
        self.pool.returned.notify_one();
    }
}
