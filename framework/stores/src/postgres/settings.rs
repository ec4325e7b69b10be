//! The limits of the store, and their defaults.

use std::path::PathBuf;

/// Limits of a [`PostgresStore`](super::PostgresStore), and how it finds its tables.
///
/// ```
/// use enaction_stores::PostgresSettings;
/// let settings = PostgresSettings { connections_max: 64, ..PostgresSettings::default() };
/// assert_eq!(settings.statement_ms_max, 5_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresSettings {
    /// The schema (name space) of the database that holds the tables; made where there is none. Default `enaction`.
    pub schema: String,
    /// Connections that read, and as many again that commit; one more announces the program, and one listens. A call that
    /// finds them all in use waits for one. Default 16, at least 1.
    pub connections_max: usize,
    /// Milliseconds to wait for a connection, whether it is made (then for each host of the URL) or in use by others, and
    /// before that as long again for commits of the same scope. Default 3,000.
    pub connect_ms_max: u32,
    /// Milliseconds that a statement may take; then the server ends it. Where the server says nothing a second later, it is
    /// given up. Default 5,000; less than 9,000, because programs take what is unknown of a commit for done after ten seconds.
    pub statement_ms_max: u32,
    /// Units of one scope that may share a statement when more come than can be sent one by one; of those that change a
    /// record at most 30 do. Default 128, at least 1.
    pub group_units_max: usize,
    /// Units of one scope that may wait to share a statement, those that create and those that change counted apart; one
    /// more is refused as unavailable. Default 4,096, at least 1.
    pub queue_units_max: usize,
    /// So often one unit is handed to the database, when it says that the unit met others; then the command runs again.
    /// Default 16, at least 1.
    pub serialization_attempts_max: u32,
    /// Milliseconds for which an announced program may commit without being announced again. Default 15,000; more than
    /// 10,000, because a program goes by what it heard of the others for ten seconds, and announces itself every three.
    pub lease_ms: u32,
    /// A PEM file of the authorities that may sign the server's certificate; `None` for those that the machine trusts.
    pub root_certificates: Option<PathBuf>,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            schema: "enaction".to_owned(),
            connections_max: 16,
            connect_ms_max: 3_000,
            statement_ms_max: 5_000,
            group_units_max: 128,
            queue_units_max: 4096,
            serialization_attempts_max: 16,
            lease_ms: 15_000,
            root_certificates: None,
        }
    }
}
