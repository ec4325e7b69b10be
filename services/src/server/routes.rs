//! `enaction routes`: every operation, without a store.

use std::{error::Error, sync::Arc};

use enaction::{contract::documents, store::Store, stores::MemoryStore};

use super::installation::assemble;

/// Prints every operation.
pub(super) fn routes(json: bool) -> Result<(), Box<dyn Error>> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let (application, _) = assemble(store.into(), "http://127.0.0.1:8080/identity")?;
    let documents = documents(application.operations().iter().map(AsRef::as_ref));
    if json {
        return print(&serde_json::to_string_pretty(&documents)?);
    }
    let mut lines = Vec::new();
    for one in documents {
        let effect = serde_json::to_value(one.effect)?;
        let target = serde_json::to_value(one.target)?;
        lines.push(format!(
            "{:<6} {:<58} {:<10} {:<8} {:<34} {}",
            one.method.as_str(),
            one.path,
            target.as_str().unwrap_or_default(),
            effect.as_str().unwrap_or_default(),
            one.permission.as_deref().unwrap_or("(public)"),
            one.faults.join(" "),
        ));
    }
    print(&lines.join("\n"))
}

/// Prints to standard output; a reader that went away is no failure.
pub(super) fn print(text: &str) -> Result<(), Box<dyn Error>> {
    use std::io::Write as _;
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
