//! The limits of a server: each with a name, a default and what it bounds. One struct and one table made from one list.

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $default:expr;)*) => {
        /// The limits of a server. Units stand last in the names.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits { $($(#[doc = $doc])+ pub $name: usize,)* }

        impl Default for Limits {
            fn default() -> Self { Self { $($name: $default,)* } }
        }

        /// Name, default and meaning of every limit.
        pub const LIMITS: &[(&str, usize, &str)] = &[$((stringify!($name), $default, concat!($($doc),+)),)*];

        impl Limits {
            /// Sets a limit by its name.
            ///
            /// # Errors
            /// When there is no limit of this name.
            pub fn set(&mut self, name: &str, value: usize) -> Result<(), UnknownLimit> {
                match name {
                    $(stringify!($name) => self.$name = value,)*
                    _ => return Err(UnknownLimit(name.to_owned())),
                }
                Ok(())
            }
        }
    };
}

/// A name that no limit has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLimit(pub String);

impl std::fmt::Display for UnknownLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "set the limit {:?}: there is none of this name", self.0)
    }
}

impl std::error::Error for UnknownLimit {}

limits! {
    /// The request head: request line and fields, in bytes. 431.
    head_bytes_max: 16_384;
    /// Field lines of a request. 431.
    head_fields_max: 64;
    /// The request target. 414.
    target_bytes_max: 4_096;
    /// One token. 431.
    token_chars_max: 4_096;
    /// The body. 413.
    body_bytes_max: 1_048_576;
    /// Nesting of a document. 400.
    depth_max: 64;
    /// Violations told in one answer.
    violations_max: 100;
    /// Items of a page when `limit` is not given.
    page_items_default: 50;
    /// Items of a page; a larger `limit` is refused. 400.
    page_items_max: 500;
    /// Rows of a page when `pageSize` is not given, where a list takes it.
    page_rows_default: 10;
    /// Rows of a page; a larger `pageSize` is refused. 400.
    page_rows_max: 100;
    /// Rows that a `pageOffset` passes over; each costs what a row of a page costs. 400.
    page_offset_rows_max: 10_000;
    /// Values in the filters of one query. 400.
    filter_values_max: 100;
    /// A text in a filter; more than 128 are never taken, for an index holds no more. 400.
    filter_value_chars_max: 128;
    /// Names in `fields`. 400.
    fields_max: 100;
    /// How far `count=true` counts.
    count_max: 10_000;
    /// Items of a collection that is replaced, changed or emptied as a whole; as many as one page shows. 422.
    collection_items_max: 500;
    /// How long a process may take. 503.
    process_ms_max: 10_000;
    /// How long the body may take to arrive. 408, and the connection is closed.
    body_ms_max: 10_000;
    /// How long the first head of a connection may take to arrive. 408, without a body.
    head_ms_max: 5_000;
    /// How long a connection may stay idle.
    idle_ms_max: 15_000;
    /// How long running requests may take after the signal to stop.
    stop_ms_max: 10_000;
    /// Requests that one worker may have running. 503.
    requests_running_max: 25_000;
    /// Connections of one worker.
    connections_max: 25_000;
    /// Records and scans that one unit of work may hold. 422.
    unit_items_max: 10_000;
    /// Operations of a JSON Patch. 422.
    patch_operations_max: 1_000;
    /// What the operations of one JSON Patch may put in, copies included. 422.
    patch_growth_bytes_max: 1_048_576;
    /// `Idempotency-Key`. 400.
    idempotency_key_chars_max: 255;
    /// The entities of an answer that is kept under an `Idempotency-Key`; longer ones are read again for a repeated request.
    idempotency_answer_bytes_max: 65_536;
    /// Operations of a batch. 422.
    batch_operations_max: 100;
    /// What the operations of one batch are answered with, together; those behind are not run. 422.
    batch_answer_bytes_max: 8_388_608;
    /// How often a command is run on conflicts. 409.
    command_attempts_max: 8;
}
