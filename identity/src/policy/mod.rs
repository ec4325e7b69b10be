//! What a company's roles allow and what its sites are like: published as a document, and kept in memory for the
//! application that identity runs in.

mod document;
mod known;

pub(crate) use document::read_policy;
pub(crate) use known::Policies;
