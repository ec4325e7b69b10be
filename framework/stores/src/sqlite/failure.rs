//! What can go wrong with the database, in the port's words.

use std::io;

use enaction_core::store::{Refusal, StoreError};
use rusqlite::ErrorCode;

/// A statement failed, or what it read is not what was written.
#[derive(Debug)]
pub(super) enum Failure {
    Sql(rusqlite::Error),
    Io(io::Error),
    Damaged(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::types::FromSqlError> for Failure {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl Failure {
    /// For a unit whose transaction was not committed.
    pub(super) fn before_commit(&self) -> Refusal {
        match self {
            Self::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => Refusal::Full,
            other => Refusal::Unavailable(other.to_string()),
        }
    }

    /// Whether the connection is as good as before: there was no room, or another program held the file.
    pub(super) fn is_of_circumstances(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy))
    }

    /// Whether it says something about what is in the file, and not about how things are around it.
    pub(super) fn is_damage(&self) -> bool {
        use ErrorCode::{ConstraintViolation, DatabaseCorrupt, NotADatabase, Unknown};
        match self {
            // Unknown: a table or a column is not there. No code: a value is not of the kind that is kept there.
            Self::Sql(error) => error
                .sqlite_error_code()
                .is_none_or(|code| matches!(code, ConstraintViolation | DatabaseCorrupt | NotADatabase | Unknown)),
            Self::Io(_) => false,
            Self::Damaged(_) => true,
        }
    }

    /// For a unit whose COMMIT failed. Without room the frame that marks the commit was not written.
    pub(super) fn at_commit(&self) -> Refusal {
        match self.before_commit() {
            Refusal::Unavailable(why) => Refusal::Unknown(why),
            full => full,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sql(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Damaged(why) => f.write_str(why),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Sql(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
                _ => Self::Unavailable(error.to_string()),
            },
            Failure::Io(error) => Self::Unavailable(error.to_string()),
            Failure::Damaged(why) => Self::Damaged(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn what_lies_around_the_file_is_no_damage() {
        let is_damage = |code| Failure::Sql(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).is_damage();
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_ERROR, ffi::SQLITE_CONSTRAINT] {
            assert!(is_damage(code), "{code}");
        }
        for code in [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_LOCKED,
            ffi::SQLITE_NOMEM,
            ffi::SQLITE_PERM,
            ffi::SQLITE_PROTOCOL,
            ffi::SQLITE_READONLY,
        ] {
            assert!(!is_damage(code), "{code}");
        }
    }
}
