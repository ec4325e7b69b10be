//! The limits of the store, and their defaults.

/// Limits of a [`SqliteStore`](super::SqliteStore).
///
/// ```
/// use enaction_stores::SqliteSettings;
/// let settings = SqliteSettings { cache_bytes_max: 256 << 20, ..SqliteSettings::default() };
/// assert_eq!(settings.queue_units_max, 4096);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteSettings {
    /// Bytes of hot entities kept in memory; 0 for none. Default 64 MiB.
    pub cache_bytes_max: usize,
    /// Units that may wait for the writer; one more is refused as unavailable. Default 4,096, at least 1.
    pub queue_units_max: usize,
    /// Units that share one transaction and one write to the disk. Default 512, at least 1.
    pub group_units_max: usize,
    /// Connections that read at the same time; one more read waits for one of them. Default 16, at least 1.
    pub read_connections_max: usize,
    /// Milliseconds to wait for another program (a backup, a shell) that holds the file. Default 5,000.
    pub busy_ms_max: u32,
    /// Acknowledges commits that are not on the disk yet. There is one use for it: to show that the durability test fails
    /// without durability. Default false.
    #[doc(hidden)]
    pub lose_acknowledged_commits_on_power_cut: bool,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self {
            cache_bytes_max: 64 << 20,
            queue_units_max: 4096,
            group_units_max: 512,
            read_connections_max: 16,
            busy_ms_max: 5_000,
            lose_acknowledged_commits_on_power_cut: false,
        }
    }
}
