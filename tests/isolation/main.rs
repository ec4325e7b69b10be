//! Commands are serialisable: whatever order their steps come in, the answers and the data are those of some order in
//! which they ran one after the other. Held on every store, at the level of processes.

mod baskets;
mod machine;
mod own_writes;
mod random;
mod scenarios;
mod schedule;
mod serial;
mod stores;
