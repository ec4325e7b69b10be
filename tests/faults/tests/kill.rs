//! `kill -9` at random moments under load.

use std::time::Duration;

use enaction_faults::{
    random::seed,
    rounds::{Rounds, kill_at, rounds},
    server::Server,
};

/// The promise: ready again within this time.
const READY: Duration = Duration::from_secs(2);

#[test]
fn after_a_kill_every_acknowledged_write_is_there_once_and_nothing_is_half_there() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let rounds = rounds(40, 200);
    let figures = Rounds {
        data: &data,
        seed: seed(),
        start: &mut |data| Server::start(data),
        end: &mut kill_at,
        meanwhile: &mut |_| (),
        due_ms: (30, 500),
        ready_within: READY,
    }
    .run(rounds);
    println!("kills: {figures:?}");
    assert_eq!(figures.wrong, [""; 0]);
    assert!(figures.acknowledged > rounds * 4, "there was load: {figures:?}");
    assert!(figures.unanswered_there + figures.unanswered_absent > 0, "kills met writes: {figures:?}");
}
