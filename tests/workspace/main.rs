//! The workspace itself: which crate may know which, which licences come along, what every file is like, and
//! whether the documents tell the truth.

mod documents;
mod graph;
mod licences;
mod tidy;
