//! Entities in several schemas: what an older program wrote is to a newer one as if it had written it itself.

mod calls;
mod flasks;
mod old_is_as_new;
mod programs;
mod rewriting;
mod side_by_side;
mod stores;
