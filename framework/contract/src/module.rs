//! `GET /operations`: the list of every operation of the running application.

use enaction_core::{Module, ReadContext, Result, Singleton, catalogue};
use enaction_macros::process;
use serde_json::{Value, json};

use crate::documents;

/// Lists every operation of the service: method, path, target, process, effect, permission, faults, schemas, an example.
#[process(crate = enaction_core)]
pub(crate) async fn list_operations(cx: &ReadContext) -> Result<Value> {
    let operations = documents(cx.operations().iter().map(AsRef::as_ref));
    let operations = serde_json::to_value(operations);
    let operations =
        operations.map_err(|_| catalogue::INTERNAL.because("the operations can not be written as JSON"))?;
    Ok(json!({ "items": operations }))
}

/// The module that every application of the facade has.
#[must_use]
pub fn module() -> Module {
    Module::new("").singleton(Singleton::new("operations").read::<list_operations>())
}
