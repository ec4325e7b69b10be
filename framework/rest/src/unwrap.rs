//! Unwrap: path, query and document become the checked input of the process. The rules are core's.

use std::borrow::Cow;

use enaction_core::{
    Fault, Withheld,
    limits::Limits,
    process::{Request, Unwrapped, unwrap_request},
};

use crate::{envelope::Opened, target::Ready};

/// The input of the process, every violation at once.
pub(crate) fn input(
    ready: &Ready,
    path: &[Cow<'_, str>],
    query: Option<&str>,
    opened: &mut Opened,
    withheld: &Withheld,
    limits: &Limits,
) -> Result<Unwrapped, Fault> {
    let process = &ready.operation.process;
    let operation = &ready.operation;
    let may_validate_only = operation.endpoint.is_none();
    let may_select = operation.has_fields();
    let (body, patch) = (opened.document.as_ref(), opened.patch);
    let request = Request { path, query, body, patch, may_validate_only, may_select, withheld };
    let mut unwrapped = unwrap_request(process, &request, limits)?;
    if let (Some(parameter), Some(client)) = (ready.client, opened.client.take()) {
        unwrapped.input.set(parameter, client);
    }
    Ok(unwrapped)
}
