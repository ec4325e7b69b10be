//! Processes: named units of business logic, plain async functions that know nothing of HTTP.

mod answer;
mod arguments;
mod bound;
mod client;
mod description;
mod flags;
mod function;
mod input;
mod unwrap;

pub use answer::{Answer, Output, PlainAnswer, State, value_from, value_output};
pub(crate) use answer::{PAGE_ITEM, page_schema};
pub use arguments::Arguments;
pub(crate) use bound::BoundParameter;
pub use bound::{Access, Body, Cx, Erased, Process, command_body, query_body};
pub use client::ClientAuthentication;
pub(crate) use description::camel_case;
pub use description::{Description, Parameter, ParameterKind};
pub use flags::{Wishes, percent_decode};
pub use function::{Boxed, Callable, Command, CommandFn, Described, Query, QueryFn, run_command, run_query};
pub use input::{Input, PatchForm};
pub use unwrap::{QueryText, Request, Unwrapped, unwrap_request};
pub(crate) use unwrap::{by_name, check_input as check_arguments};
