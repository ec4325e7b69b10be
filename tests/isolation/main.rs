//! Commands are serialisable, on every store.
