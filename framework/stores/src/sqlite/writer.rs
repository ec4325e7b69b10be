//! The one thread that writes: it takes what waits, applies it in one transaction, commits once, answers each.

use std::sync::{
    Arc,
    mpsc::{Receiver, TryRecvError},
};

use enaction_core::store::{Committed, Refusal, Unit};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    apply::{Change, apply},
    failure::Failure,
    rows::Rows,
    sql,
    store::Shared,
};
use crate::check::Verdict;

/// A unit that waits for the writer.
#[derive(Debug)]
pub(super) struct Pending {
    /// The text of the unit's scope.
    pub(super) scope: String,
    pub(super) unit: Unit,
    pub(super) answer: oneshot::Sender<Answer>,
}

pub(super) type Answer = Result<Committed, Refusal>;

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Receiver<Pending>,
    pub(super) group_units_max: usize,
    /// None after a failure, until it is opened again.
    pub(super) connection: Option<Connection>,
    /// Whether a COMMIT failed and what it left is not settled yet.
    pub(super) unsettled: bool,
}

/// Why a group was refused whole.
struct Failed {
    refusal: Refusal,
    at_commit: bool,
}

impl Writer {
    /// Runs until the store is dropped and the queue is empty.
    pub(super) fn run(mut self) {
        let mut group = Vec::new();
        while let Ok(first) = self.queue.recv() {
            group.push(first);
            self.fill(&mut group);
            let answers = self.commit(&group);
            for (pending, answer) in group.drain(..).zip(answers) {
                // Who waited may have gone; the outcome stands.
                let _ = pending.answer.send(answer);
            }
        }
    }

    fn fill(&self, group: &mut Vec<Pending>) {
        while group.len() < self.group_units_max {
            match self.queue.try_recv() {
                Ok(pending) => group.push(pending),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    fn commit(&mut self, group: &[Pending]) -> Vec<Answer> {
        let committed = match self.connection() {
            Ok(connection) => self.commit_with(&connection, group).map(|answers| (connection, answers)),
            Err(failure) => Err(Failed { refusal: failure.before_commit(), at_commit: false }),
        };
        match committed {
            Ok((connection, answers)) => {
                self.connection = Some(connection);
                answers
            }
            Err(Failed { refusal, at_commit }) => {
                tracing::error!(?refusal, units = group.len(), "a group of units was refused");
                self.unsettled |= at_commit;
                self.shared.cache.clear();
                self.shared.pool.close_idle();
                vec![Err(refusal); group.len()]
            }
        }
    }

    /// The connection, taken; it is put back when a group went well.
    fn connection(&mut self) -> Result<Connection, Failure> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let connection = self.shared.database.writer()?;
        if self.unsettled {
            settle(&connection)?;
            self.shared.cache.end(Vec::new());
            self.unsettled = false;
        }
        Ok(connection)
    }

    fn commit_with(&self, connection: &Connection, group: &[Pending]) -> Result<Vec<Answer>, Failed> {
        let mut changes = Vec::with_capacity(group.len());
        let applied = apply_group(connection, group, &mut changes);
        let applied = applied.map_err(|failure| Failed { refusal: failure.before_commit(), at_commit: false })?;
        self.shared.cache.begin(&changes);
        let committed = execute(connection, sql::COMMIT);
        committed.map_err(|failure| Failed { refusal: failure.at_commit(), at_commit: true })?;
        self.shared.cache.end(changes);
        Ok(applied)
    }
}

/// Begins a transaction and applies the units in their order. Each sees those before it; a refused one leaves nothing.
fn apply_group(connection: &Connection, group: &[Pending], changes: &mut Vec<Change>) -> Result<Vec<Answer>, Failure> {
    execute(connection, sql::BEGIN_WRITE)?;
    let mut rows = Rows::new(connection, "");
    let before = rows.latest()?;
    let mut latest = before;
    let mut answers = Vec::with_capacity(group.len());
    for Pending { scope, unit, .. } in group {
        rows.scope = scope;
        answers.push(match apply(&rows, unit, latest + 1, changes) {
            Ok(()) => {
                latest += u64::from(unit.is_numbered());
                Ok(Committed { version: latest })
            }
            Err(Verdict::Refused(refusal)) => Err(refusal),
            // Found while checking: the unit wrote nothing.
            Err(Verdict::Failed(Failure::Damaged(why))) => Err(Refusal::Unavailable(why)),
            Err(Verdict::Failed(failure)) => return Err(failure),
        });
    }
    if latest != before {
        write_latest(connection, latest)?;
    }
    Ok(answers)
}

/// After a COMMIT that failed, its frames may lie complete behind the end of the log, and come back if the process ends
/// now. Another commit writes over them, so that what readers see from here on stays.
fn settle(connection: &Connection) -> Result<(), Failure> {
    execute(connection, sql::BEGIN_WRITE)?;
    let latest = Rows::new(connection, "").latest()?;
    write_latest(connection, latest + 1)?;
    execute(connection, sql::COMMIT)
}

fn write_latest(connection: &Connection, latest: u64) -> Result<(), Failure> {
    Rows::new(connection, "").execute(sql::WRITE_LATEST, [latest.cast_signed()]).map(drop)
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Failure> {
    Ok(connection.prepare_cached(sql)?.execute([]).map(drop)?)
}

#[cfg(test)]
mod tests;
