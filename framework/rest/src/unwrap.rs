//! Unwrap: path, query and document become the checked input of the process. The rules are core's.

use std::borrow::Cow;

use enaction_core::{
    Fault,
    limits::Limits,
    process::{Input, unwrap_request},
};

use crate::{envelope::Opened, target::Ready};

/// The input of the process, every violation at once.
pub(crate) fn input(
    ready: &Ready,
    path: &[Cow<'_, str>],
    query: Option<&str>,
    opened: &mut Opened,
    limits: &Limits,
) -> Result<Input, Fault> {
    let process = &ready.operation.process;
    let mut input = unwrap_request(process, path, query, opened.document.as_ref(), limits)?;
    if let (Some(parameter), Some(client)) = (ready.client, opened.client.take()) {
        input.set(parameter, client);
    }
    Ok(input)
}
