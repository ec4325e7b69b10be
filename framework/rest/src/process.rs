//! Process: runs it. A query ends with its client; a command runs to its end, whoever still waits for it.

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use enaction_core::{
    Admission, Application, Caller, Failed, Fault, Operation, Outcome, Sharing, Terms, process::Input, table::Effect,
};

use crate::admission::Running;

/// Runs the process of an operation.
pub(crate) async fn run(
    application: &Arc<Application>,
    operation: &Arc<Operation>,
    caller: Option<Caller>,
    admission: Admission,
    input: Input,
    terms: Terms,
    running: &Rc<Running>,
) -> Result<Outcome, Fault> {
    if operation.process.effect == Effect::Query {
        return application.perform(operation, caller, admission, input, &terms).await;
    }
    let (application, operation, running) = (Arc::clone(application), Arc::clone(operation), Rc::clone(running));
    ToItsEnd::of(async move {
        let result = application.perform(&operation, caller, admission, input, &terms).await;
        // The server waits for it when it stops, also when its client is gone.
        drop(running);
        result
    })
    .await
}

/// Runs operations that share a unit of work.
pub(crate) async fn run_together(
    application: &Arc<Application>,
    caller: Caller,
    operations: Vec<Sharing>,
    running: &Rc<Running>,
) -> Result<Vec<Outcome>, Failed> {
    let (application, running) = (Arc::clone(application), Rc::clone(running));
    ToItsEnd::of(async move {
        let result = application.perform_together(caller, &operations).await;
        drop(running);
        result
    })
    .await
}

/// A future that is finished by itself when who waits for it is gone. A task of its own from the beginning would do the
/// same, but cost every command what only few need.
struct ToItsEnd<F: Future + 'static>(Option<Pin<Box<F>>>);

impl<F: Future> ToItsEnd<F> {
    fn of(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Future> Future for ToItsEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Taken, so that one that panics is not polled again.
        let Some(mut future) = self.0.take() else { return Poll::Pending };
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = Some(future);
        }
        polled
    }
}

impl<F: Future> Drop for ToItsEnd<F> {
    fn drop(&mut self) {
        if let Some(future) = self.0.take() {
            actix_rt::spawn(async move { drop(future.await) });
        }
    }
}
