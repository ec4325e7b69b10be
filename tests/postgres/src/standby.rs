//! A standby: a copy of a cluster that follows it, and can take its place.

use crate::cluster::{Cluster, Durability, done};

impl Cluster {
    /// A copy that follows this cluster, under a name that `synchronous_standby_names` may hold. It takes reads.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        let mut standby = Self::new(Durability::Durable, &[("cluster_name", name)]);
        let source = format!("host=127.0.0.1 port={} user=postgres", self.port());
        let mut copy = standby.program("pg_basebackup");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &source]);
        done(copy.arg("--pgdata").arg(standby.files()));
        standby.run();
        self.until(|| {
            self.ask(&format!("SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}'")) == "1"
        });
        standby
    }

    /// Acknowledges no commit any more that the standby of this name does not hold on its disk.
    pub fn wait_for_standby(&self, name: &str) {
        self.set("synchronous_standby_names", name);
        self.until(|| self.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1");
    }

    /// Lets a standby take the place of what it followed.
    pub fn promote(&self) {
        assert_eq!(self.ask("SELECT pg_promote()"), "t", "{}", self.log().join("\n"));
    }

    /// Changes a setting of the running server.
    pub fn set(&self, name: &str, value: &str) {
        self.ask(&format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.ask("SELECT pg_reload_conf()");
    }
}
