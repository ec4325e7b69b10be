//! The one thread that writes: it takes what waits, applies it in one transaction, commits once, answers each.

use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
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

/// How long a writer that could not recover waits before it tries again.
const RECOVERY_PAUSE: Duration = Duration::from_millis(500);
/// How often the length of the log is looked at while there are commits.
const LOOKS_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Receiver<Pending>,
    pub(super) group_units_max: usize,
    /// None after a failure, until another has recovered.
    pub(super) connection: Option<Connection>,
    /// The connection that failed. It stays open until then: with the last one the index of the log goes, and who opens
    /// the file next finds in the log what was not committed.
    pub(super) failed: Option<Connection>,
    /// When the length of the log is looked at next.
    pub(super) looks_at_log: Instant,
}

/// Why a group was refused whole.
struct GroupRefused {
    refusal: Refusal,
    of_circumstances: bool,
}

impl Writer {
    /// Runs until the store is dropped and the queue is empty.
    pub(super) fn run(mut self) {
        let mut group = Vec::new();
        while let Some(first) = self.wait() {
            group.push(first);
            self.fill(&mut group);
            let answers = self.commit(&group);
            for (pending, answer) in group.drain(..).zip(answers) {
                // Who waited may have gone; the outcome stands.
                let _ = pending.answer.send(answer);
            }
            self.look_at_log();
        }
    }

    /// From time to time. What can not be done now costs nothing: the log keeps what it holds.
    fn look_at_log(&mut self) {
        let now = Instant::now();
        let Some(connection) = self.connection.as_ref().filter(|_| now >= self.looks_at_log) else { return };
        if let Err(failure) = self.shared.database.shorten_log(connection) {
            tracing::warn!(%failure, "the log could not be copied to the file, and stays as long as it is");
        }
        self.looks_at_log = Instant::now() + LOOKS_EVERY;
    }

    /// The next unit; none when the store was dropped and nothing waits. Recovers meanwhile: to a store that says that it
    /// is not ready nobody may come with a unit.
    fn wait(&mut self) -> Option<Pending> {
        let mut pause = Duration::ZERO;
        while self.connection.is_none() {
            match self.queue.recv_timeout(pause) {
                Ok(pending) => return Some(pending),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            match self.recover() {
                Ok(connection) => self.connection = Some(connection),
                Err(failure) if pause.is_zero() => tracing::warn!(%failure, "the store could not recover yet"),
                Err(_) => {}
            }
            pause = RECOVERY_PAUSE;
        }
        self.queue.recv().ok()
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
        let connection = match self.connection.take().map_or_else(|| self.recover(), Ok) {
            Ok(connection) => connection,
            Err(failure) => return vec![Err(failure.before_commit()); group.len()],
        };
        match self.commit_with(&connection, group) {
            Ok(answers) => {
                self.connection = Some(connection);
                answers
            }
            Err(GroupRefused { refusal, of_circumstances }) => {
                tracing::error!(?refusal, units = group.len(), "a group of units was refused");
                let rolled_back = roll_back(&connection).is_ok();
                if of_circumstances && rolled_back {
                    self.shared.cache.end(Vec::new());
                    self.connection = Some(connection);
                } else {
                    self.shared.recovers.store(true, Ordering::Release);
                    self.shared.cache.clear();
                    self.shared.pool.close_idle();
                    // It can not stay open with the lock of its transaction.
                    self.failed = rolled_back.then_some(connection);
                }
                vec![Err(refusal); group.len()]
            }
        }
    }

    /// Another connection in the place of the one that failed.
    fn recover(&mut self) -> Result<Connection, Failure> {
        let connection = self.shared.database.writer()?;
        self.settle(&connection)?;
        self.failed = None;
        self.shared.cache.end(Vec::new());
        self.shared.recovers.store(false, Ordering::Release);
        tracing::warn!("the store has recovered, and takes commits again");
        Ok(connection)
    }

    /// What failed may lie complete behind the end of the log, and come back if the process ends now. Another commit writes
    /// over it, so that what readers see from here on stays.
    fn settle(&self, connection: &Connection) -> Result<(), Failure> {
        execute(connection, sql::BEGIN_WRITE)?;
        self.shared.database.write_log_again()?;
        let latest = Rows::new(connection, "").latest()?;
        write_latest(connection, latest + 1)?;
        execute(connection, sql::COMMIT)
    }

    fn commit_with(&self, connection: &Connection, group: &[Pending]) -> Result<Vec<Answer>, GroupRefused> {
        let failed =
            |failure: &Failure, refusal| GroupRefused { refusal, of_circumstances: failure.is_of_circumstances() };
        let mut changes = Vec::with_capacity(group.len());
        let applied = apply_group(connection, group, &mut changes);
        let applied = applied.map_err(|failure| failed(&failure, failure.before_commit()))?;
        self.shared.cache.begin(&changes);
        let committed = execute(connection, sql::COMMIT);
        committed.map_err(|failure| failed(&failure, failure.at_commit()))?;
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

fn write_latest(connection: &Connection, latest: u64) -> Result<(), Failure> {
    Rows::new(connection, "").execute(sql::WRITE_LATEST, [latest.cast_signed()]).map(drop)
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Failure> {
    Ok(connection.prepare_cached(sql)?.execute([]).map(drop)?)
}

/// SQLite has rolled back by itself after most failures.
fn roll_back(connection: &Connection) -> Result<(), Failure> {
    if connection.is_autocommit() { Ok(()) } else { execute(connection, sql::ROLLBACK) }
}

#[cfg(test)]
mod tests;
