//! The retail services: baskets and the catalogue. Both are modules of the framework; the server `enaction` runs them.

pub mod baskets;
pub mod catalogue;
pub mod server;
