//! A unit as one statement, and the answer of the database as the port's.

use enaction_core::store::{Claim, Committed, Refusal, Unit};
use tokio_postgres::{Row, types::ToSql};

use super::{
    failure::Failure,
    lease::End,
    single::Single,
    whole::{COMMIT, Whole},
};

const EXISTS: &str = "EN001";
const TAKEN: &str = "EN002";
const HOLDS: &str = "EN003";

/// What is sent for a unit.
pub(super) enum Statement<'a> {
    Single(Box<Single<'a>>),
    Whole(Box<Whole<'a>>),
}

impl<'a> Statement<'a> {
    pub(super) fn of(unit: &'a Unit, scope: &'a str) -> Self {
        match Single::of(unit, scope) {
            Some(single) => Self::Single(Box::new(single)),
            None => Self::Whole(Box::new(Whole::of(unit, scope))),
        }
    }

    pub(super) fn sql(&self) -> &'static str {
        match self {
            Self::Single(single) => single.sql(),
            Self::Whole(_) => COMMIT,
        }
    }

    pub(super) fn params<'p>(&'p self, lease: &'p End) -> Vec<&'p (dyn ToSql + Sync)> {
        match self {
            Self::Single(single) => single.params(lease),
            Self::Whole(whole) => whole.params(lease),
        }
    }

    /// What the database says of the unit; an error is one that says nothing of it.
    pub(super) fn answer(&self, asked: Result<Vec<Row>, Failure>) -> Result<Result<Committed, Refusal>, Failure> {
        match (self, asked) {
            (Self::Single(single), Ok(rows)) => single.answer(one(&rows)?),
            (Self::Whole(whole), Ok(rows)) => whole.answer(one(&rows)?),
            (statement, Err(Failure::Refused(said))) => {
                let detail = said.detail().unwrap_or_default();
                match (statement, said.code().code()) {
                    (Self::Single(single), TAKEN) => Ok(Err(taken(detail, single.claims()))),
                    (Self::Whole(whole), TAKEN) => Ok(Err(taken(detail, whole.claims()))),
                    (Self::Whole(whole), EXISTS) => Ok(Err(whole.existing(detail))),
                    (Self::Whole(_), HOLDS) => Ok(Ok(Committed { version: detail.parse().unwrap_or_default() })),
                    _ => Err(Failure::Refused(said)),
                }
            }
            (_, Err(failure)) => Err(failure),
        }
    }
}

fn taken<'a>(index: &str, mut claims: impl Iterator<Item = &'a Claim>) -> Refusal {
    Refusal::Taken(claims.find(|claim| claim.index == index).map_or("", |claim| claim.index))
}

fn one(rows: &[Row]) -> Result<&Row, Failure> {
    rows.first().ok_or_else(|| Failure::Damaged("read the answer to a commit: it has no row".into()))
}

pub(super) fn expired() -> Refusal {
    Refusal::Unavailable("this program was silent for longer than lease_ms, and has to announce itself again".into())
}
