//! The right to commit: until when what this program announced holds.

use std::{
    sync::{PoisonError, RwLock},
    time::SystemTime,
};

/// A time by the clock of the database; none before the program was first announced.
pub(super) type End = Option<SystemTime>;

/// Until when this program is announced.
///
/// Every commit tells the database this time, and is refused when it is over. So a program that was stopped and goes on
/// can not write what others no longer reckon with; no clock but the database's is asked.
#[derive(Debug, Default)]
pub(super) struct Lease(RwLock<End>);

impl Lease {
    pub(super) fn end(&self) -> End {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announcements may answer out of order.
    pub(super) fn extend(&self, end: SystemTime) {
        let mut own = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *own = (*own).max(Some(end));
    }
}

/// Announces one program and lists all that may write, one row each: program, what it says, until when. A statement that
/// began in time may run for `statement_ms_max` and its grace, so a silent program is reckoned with for so much longer.
/// The row of the program itself says in the end whether it was announced before and in time.
/// Parameters: program, what it says, lease and grace in milliseconds.
pub(super) const ANNOUNCE: &str = "WITH before AS (
        SELECT expires FROM programs WHERE program = $1
    ), gone AS (
        DELETE FROM programs WHERE expires + $4 * interval '1 millisecond' < clock_timestamp() AND program <> $1
    ), own AS (
        INSERT INTO programs VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
        ON CONFLICT (program) DO UPDATE SET says = excluded.says, expires = excluded.expires
        RETURNING program, says, expires
    )
    SELECT program, says, expires, coalesce((SELECT expires >= clock_timestamp() FROM before), false) FROM (
        SELECT program, says, expires FROM own
        UNION ALL
        SELECT program, says, expires FROM programs
        WHERE program <> $1 AND expires + $4 * interval '1 millisecond' >= clock_timestamp()
    ) announced ORDER BY program";

/// Parameter: program.
pub(super) const WITHDRAW: &str = "DELETE FROM programs WHERE program = $1";
