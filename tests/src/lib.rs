//! What crosses crates: conformance, clients, faults
