//! What a lane sends, whom it refuses, and that no slot is lost.

use enaction_core::{
    Time,
    store::{Key, Record, Scope, Write},
};
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use super::*;

type Answered = Receiver<Result<Committed, Refusal>>;

fn lane(kind: Kind) -> Lane {
    ("c:acme".into(), kind)
}

/// A unit with a body of so many bytes.
fn waiting(bytes: usize) -> (Waiting, Answered) {
    let mut unit = Unit::new(Scope::Company("acme".into()));
    let (at, by, body) = (Time::from_millis(0), "till-7".into(), vec![b' '; bytes].into());
    let record = Record { schema_version: 1, version: 0, at, by, body };
    let key = Key { collection: "baskets", id: "a".into() };
    unit.writes.push(Write { key, expected: 0, record: Some(record), claims: Vec::new() });
    let (answer, answered) = oneshot::channel();
    (Waiting { unit, answer }, answered)
}

/// Fills a lane, and lets so many wait behind that. Gives who goes and who waits.
fn busy(lanes: &Arc<Lanes>, kind: Kind, waits: usize) -> (Vec<Slot>, Vec<Answered>) {
    let enters = |_| lanes.enter(lane(kind), waiting(1).0).unwrap().0;
    let slots = (0..kind.under_way_max()).map(enters).collect();
    let waits_behind = |_| {
        let (waiting, answered) = waiting(1);
        assert!(lanes.enter(lane(kind), waiting).is_none());
        answered
    };
    (slots, (0..waits).map(waits_behind).collect())
}

fn why(answered: &mut Answered) -> String {
    match answered.try_recv() {
        Ok(Err(Refusal::Unavailable(why))) => why,
        other => panic!("{other:?}"),
    }
}

fn is_idle(lanes: &Lanes) -> bool {
    lanes.lock().is_empty()
}

#[test]
fn a_statement_takes_what_its_kind_and_the_settings_allow() {
    for (kind, group_units_max, slots, units) in
        [(Kind::Creates, 50, 2, 50), (Kind::Creates, 1, 2, 1), (Kind::Changes, 50, 1, 30), (Kind::Changes, 7, 1, 7)]
    {
        let lanes = Lanes::new(&PostgresSettings { group_units_max, ..Default::default() });
        let (mut under_way, _answered) = busy(&lanes, kind, 60);
        assert_eq!(under_way.len(), slots, "{kind:?}");
        assert_eq!(under_way[0].next().len(), units, "{kind:?} {group_units_max}");
    }
}

#[test]
fn a_group_ends_before_it_is_too_large_and_a_unit_may_be_larger() {
    let lanes = Lanes::new(&PostgresSettings::default());
    let (mut slots, _) = busy(&lanes, Kind::Changes, 0);
    let mut answers = Vec::new();
    for bytes in [GROUP_BYTES_MAX / 2, GROUP_BYTES_MAX / 2, 1, GROUP_BYTES_MAX * 2, 1] {
        let (waiting, answered) = waiting(bytes);
        assert!(lanes.enter(lane(Kind::Changes), waiting).is_none());
        answers.push(answered);
    }
    let groups: Vec<usize> = std::iter::from_fn(|| Some(slots[0].next().len())).take(5).collect();
    assert_eq!(groups, [2, 1, 1, 1, 0]);
    assert!(is_idle(&lanes));
}

#[test]
fn more_than_may_wait_are_refused_at_once() {
    let lanes = Lanes::new(&PostgresSettings { queue_units_max: 3, ..Default::default() });
    let (mut slots, mut answers) = busy(&lanes, Kind::Creates, 5);
    for full in &mut answers[3..] {
        assert!(why(full).contains("queue_units_max"));
    }
    // Another lane is another queue, and room comes back.
    let (_other, mut others) = busy(&lanes, Kind::Changes, 1);
    assert_eq!(slots[0].next().len(), 3);
    let (waiting, mut answered) = waiting(1);
    assert!(lanes.enter(lane(Kind::Creates), waiting).is_none());
    for waits in [&mut others[0], &mut answered] {
        assert_eq!(waits.try_recv(), Err(TryRecvError::Empty));
    }
}

#[test]
fn who_waited_too_long_is_told_so_and_who_went_away_is_not_sent() {
    let lanes = Lanes::new(&PostgresSettings { connect_ms_max: 0, ..Default::default() });
    let (mut slots, mut answers) = busy(&lanes, Kind::Changes, 2);
    assert!(slots[0].next().is_empty());
    for late in &mut answers {
        assert!(why(late).contains("connect_ms_max"));
    }
    assert!(is_idle(&lanes));

    let lanes = Lanes::new(&PostgresSettings::default());
    let (mut slots, mut answers) = busy(&lanes, Kind::Changes, 3);
    answers.remove(1);
    assert_eq!(slots[0].next().len(), 2);
}

#[test]
fn a_slot_whose_task_panicked_is_given_back_and_the_last_lets_go_of_who_waits() {
    let lanes = Lanes::new(&PostgresSettings::default());
    let (mut slots, mut answers) = busy(&lanes, Kind::Creates, 1);
    drop(slots.pop());
    assert_eq!(answers[0].try_recv(), Err(TryRecvError::Empty), "the other slot takes it along");
    let (waiting, _answered) = waiting(1);
    slots.extend(lanes.enter(lane(Kind::Creates), waiting).map(|(slot, _)| slot));
    assert_eq!(slots.len(), 2);
    let panicked = std::thread::spawn(move || {
        let _slots = slots;
        panic!("as a bug would");
    });
    assert!(panicked.join().is_err());
    assert!(why(&mut answers[0]).contains("before it was sent"));
    assert!(is_idle(&lanes));
    let (waiting, _answered) = self::waiting(1);
    assert!(lanes.enter(lane(Kind::Creates), waiting).is_some());
}
