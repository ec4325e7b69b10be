//! The program `enaction`. Only here it can be told to give durability away, so that the tests of power cuts are tested.

use enaction::stores::SqliteSettings;
use enaction_faults::program::LOSES;

fn main() -> std::process::ExitCode {
    let lose_acknowledged_commits_on_power_cut = std::env::var_os(LOSES).is_some();
    let store = SqliteSettings { lose_acknowledged_commits_on_power_cut, ..SqliteSettings::default() };
    enaction_services::server::main_on(store)
}
