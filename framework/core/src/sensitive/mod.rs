//! Members that do not exist for who lacks a permission: where they are in the documents of a schema, which permissions a
//! caller lacks, and what a caller is given instead of what a process gave.

mod body;
mod output;
mod veil;
mod withheld;

pub(crate) use body::{as_unknown, unknown};
pub(crate) use output::changed;
pub(crate) use veil::Veil;
pub use withheld::Withheld;

use serde_json::Value;

/// The member of a schema that names the permission without which the member that it describes does not exist.
const MARK: &str = "x-sensitive";

/// The permission that the schema of a member names.
pub(crate) fn permission(schema: &Value) -> Option<&str> {
    schema.get(MARK)?.as_str()
}

/// Puts the mark on a schema.
pub(crate) fn mark(schema: &mut Value, permission: &str) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(MARK.to_owned(), permission.into());
    }
}
