//! What a query has in the place of writes: nothing that could be called, and a message that says so.

use std::future::Ready;

use crate::{Id, Result, Stored};

use super::ReadContext;

/// Nothing is this. The context of a query asks it of everything that is to be written, so that the compiler says what
/// is wrong.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a query can not write",
    label = "this context only reads",
    note = "make the process a command: its first parameter is `cx: &mut WriteContext`"
)]
pub trait WrittenByAQuery {}

#[doc(hidden)]
impl ReadContext {
    /// Can not be called.
    pub fn create<E: WrittenByAQuery>(&self, _: E) -> Ready<Result<Stored<E>>> {
        unreachable_write()
    }

    /// Can not be called.
    pub fn update<E: WrittenByAQuery>(&self, _: E) -> Ready<Result<Stored<E>>> {
        unreachable_write()
    }

    /// Can not be called.
    pub fn delete<E: WrittenByAQuery>(&self, _: &Id<E>) -> Ready<Result<Stored<E>>> {
        unreachable_write()
    }
}

fn unreachable_write<T>() -> Ready<Result<T>> {
    std::future::ready(Err(crate::catalogue::INTERNAL.because("a query wrote")))
}
