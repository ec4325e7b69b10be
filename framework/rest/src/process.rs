//! Process: runs it. A query ends with its client; a command runs to its end, whoever still waits for it.

use std::{rc::Rc, sync::Arc};

use enaction_core::{
    Application, Caller, Fault, Operation, Site, catalogue,
    process::{Input, Output},
    table::Effect,
};

use crate::admission::Running;

/// Runs the process of an operation.
pub(crate) async fn run(
    application: &Arc<Application>,
    operation: &Arc<Operation>,
    caller: Option<Caller>,
    site: Site,
    input: Input,
    running: &Rc<Running>,
) -> Result<Output, Fault> {
    if operation.process.effect == Effect::Query {
        return application.run(&operation.process, caller, site, input).await;
    }
    let (application, operation, running) = (Arc::clone(application), Arc::clone(operation), Rc::clone(running));
    let command = actix_rt::spawn(async move {
        let result = application.run(&operation.process, caller, site, input).await;
        // The server waits for it when it stops, also when its client is gone.
        drop(running);
        result
    });
    command.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a command did not run to its end");
        Err(catalogue::INTERNAL.fault())
    })
}
