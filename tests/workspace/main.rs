//! The workspace itself: which crate may know which, which licences come along, and what every file is like.

mod graph;
mod licences;
mod tidy;
