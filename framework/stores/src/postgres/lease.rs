//! The right to commit: until when what this program announced holds.

use std::{
    sync::{PoisonError, RwLock},
    time::SystemTime,
};

/// A time by the clock of the database; none before the program was first announced.
pub(super) type End = Option<SystemTime>;

/// Until when this program is announced, as far as the database told it so: an announcement whose answer was lost counts for
/// nothing here.
///
/// Every commit tells the database this time, and is refused when it is over. So a program that was stopped and goes on
/// can not write what others no longer reckon with; no clock but the database's is asked.
#[derive(Debug, Default)]
pub(super) struct Lease(RwLock<Ends>);

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    commits: End,
    announced: End,
}

impl Lease {
    /// Until when it may commit.
    pub(super) fn end(&self) -> End {
        self.ends().commits
    }

    /// Until when it has to be announced again to go on as before.
    pub(super) fn announced(&self) -> End {
        self.ends().announced
    }

    fn ends(&self) -> Ends {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The new end, also where it is before the old one: after a failover another clock goes on.
    pub(super) fn extend(&self, end: SystemTime) {
        self.set(Ends { commits: Some(end), announced: Some(end) });
    }

    /// It was announced too late: it commits nothing before it is announced once more, by this end.
    pub(super) fn interrupt(&self, end: SystemTime) {
        self.set(Ends { commits: Some(SystemTime::UNIX_EPOCH), announced: Some(end) });
    }

    fn set(&self, ends: Ends) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = ends;
    }
}

/// Announces one program: until when, and whether it goes on as before: it is still listed, and the end that it was told last
/// is not over. The end in its row does not tell that: an announcement whose answer was lost set it.
/// Parameters: program, what it says, lease and grace in milliseconds, the end that it was told last.
pub(super) const ANNOUNCE: &str = "WITH before AS (
        SELECT FROM programs WHERE program = $1
    ), gone AS (
        DELETE FROM programs WHERE expires + $4 * interval '1 millisecond' < clock_timestamp() AND program <> $1
    )
    INSERT INTO programs VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
    ON CONFLICT (program) DO UPDATE SET says = excluded.says, expires = excluded.expires
    RETURNING expires, EXISTS (SELECT FROM before) AND coalesce($5::timestamptz >= clock_timestamp(), false)";

/// Lists all programs that may write, and what they say. A statement that began in time may run for `statement_ms_max` and
/// its grace, so a silent program is reckoned with for so much longer.
///
/// Sent when the announcement is committed, as a statement of its own: of two programs that are announced at the same
/// moment the one that asks last hears both, where neither sees what the other's statement has not committed yet.
/// Parameters: program, grace in milliseconds.
pub(super) const HEAR: &str = "SELECT program, says FROM programs
    WHERE program = $1 OR expires + $2 * interval '1 millisecond' >= clock_timestamp() ORDER BY program";

/// Of a program that committed all it began. Parameter: program.
pub(super) const WITHDRAW: &str = "DELETE FROM programs WHERE program = $1";

/// Of a program of which a statement may still run: the others reckon with it for the grace. Parameter: program.
pub(super) const WITHDRAW_LATER: &str =
    "UPDATE programs SET expires = least(expires, clock_timestamp()) WHERE program = $1";
