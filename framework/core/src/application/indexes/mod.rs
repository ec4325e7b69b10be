//! Indexes that come and go with their declaration, and schemas that take the place of older ones, while others read and write.
//!
//! What is built is kept beside the data, one record per collection in the installation's scope. Before an application
//! uses an index, or writes anything, it compares what is kept with what it declares: a name that came is built by the
//! next round of maintenance, a name that went is no longer called built from then on, because this program does not keep
//! it up. A round walks through all that the collection holds and sets the index entries anew, a few records at a time;
//! when it is killed the next one begins again.
//! In the same round records of an older schema are written in the current one, under the version that they have.

mod built;
mod compare;
mod indexing;
mod progress;
mod schemas;
mod walk;

/// The collections of what is kept, in the installation's scope.
pub(super) const OWN: [&str; 2] = [built::COLLECTION, schemas::COLLECTION];

pub(crate) use indexing::Indexing;
pub(crate) use progress::Progress;
