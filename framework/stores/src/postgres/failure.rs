//! What can go wrong between us and the database, in the port's words.

use std::{error::Error, fmt};

use deadpool_postgres::PoolError;
use enaction_core::store::{Refusal, StoreError};
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Why a statement has no answer, or none that can be used.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was not sent.
    Unsent(String),
    /// The database refused it, and undid what it had done.
    Refused(Box<DbError>),
    /// It was sent, and the connection was lost.
    Lost(String),
    /// It was sent, and nothing came in time.
    Silent(u32),
    /// What it read is not what was written.
    Damaged(String),
}

impl Failure {
    /// What a statement that was sent was answered with. Who is told that the session ends can not tell whether the
    /// statement was through.
    pub(super) fn of_sent(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) if matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => {
                Self::Lost(said.message().to_owned())
            }
            Some(said) => Self::Refused(Box::new(said.clone())),
            None => Self::Lost(with_causes(error)),
        }
    }

    /// What was only to be made ready for a statement.
    pub(super) fn of_unsent(error: &tokio_postgres::Error) -> Self {
        match Self::of_sent(error) {
            Self::Lost(why) => Self::Unsent(why),
            other => other,
        }
    }

    /// Whether the database undid the statement because of others that ran at the same time.
    pub(super) fn met_others(&self) -> bool {
        let states = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        matches!(self, Self::Refused(said) if states.contains(said.code()))
    }

    /// Whether the connection is of no use any more: it is lost, or what it leads to no longer takes writes.
    pub(super) fn ends_the_connection(&self) -> bool {
        match self {
            Self::Unsent(_) | Self::Lost(_) | Self::Silent(_) => true,
            Self::Refused(said) => *said.code() == SqlState::READ_ONLY_SQL_TRANSACTION,
            Self::Damaged(_) => false,
        }
    }

    /// For a unit.
    pub(super) fn at_commit(&self) -> Refusal {
        match self {
            Self::Refused(said) if *said.code() == SqlState::DISK_FULL => Refusal::Full,
            // An answer that can not be read may be that of a commit.
            Self::Lost(_) | Self::Silent(_) | Self::Damaged(_) => Refusal::Unknown(self.to_string()),
            Self::Unsent(_) | Self::Refused(_) => Refusal::Unavailable(self.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent(why) | Self::Lost(why) | Self::Damaged(why) => f.write_str(why),
            Self::Refused(said) => write!(f, "{} ({})", said.message(), said.code().code()),
            Self::Silent(statement_ms_max) => {
                write!(f, "no answer a second after statement_ms_max ({statement_ms_max} ms) was over")
            }
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Unsent(match &error {
            PoolError::Backend(cause) => with_causes(cause),
            other => other.to_string(),
        })
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let damaged = [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED];
        match failure {
            Failure::Damaged(why) => Self::Damaged(why),
            Failure::Refused(said) if damaged.contains(said.code()) => Self::Damaged(said.message().to_owned()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// An error with what caused it. The password stands in none of them.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        text = format!("{text}: {one}");
        cause = one.source();
    }
    text
}
