//! Entities in several schemas: what an older program wrote is to a newer one as if it had written it itself.

mod flasks;
mod old_is_as_new;
mod rewriting;
mod stores;
