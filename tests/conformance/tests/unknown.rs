//! A store that does not say whether it committed: a request under a key has its effect once and is answered, whatever
//! became of the commit; without a key the client is told that nobody knows.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use enaction::{
    store::{Committed, Refusal, Store, Unit},
    stores::MemoryStore,
    testkit::Answer,
};
use enaction_tests::store::{Front, Fronted};

use crate::{
    repeats::is_replayed,
    shop::{Shop, service},
};

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is done and told.
    Told,
    /// It is done, and nobody is told.
    Done,
    /// It is lost on the way.
    Lost,
    /// It is under way for so long that the next commit is there first.
    Late,
    /// It is not done, because the store can not be reached.
    Unreached,
}

/// A store whose next commits have these fates.
#[derive(Default)]
struct Uncertain {
    fates: Mutex<VecDeque<Fate>>,
    late: Mutex<Vec<Unit>>,
}

#[async_trait]
impl Front for Uncertain {
    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        let unknown = || Err(Refusal::Unknown("the line is dead".to_owned()));
        let fate = self.fates.lock().expect("no test panicked with it").pop_front().unwrap_or(Fate::Told);
        match fate {
            Fate::Told => {
                let committed = behind.commit(unit).await;
                let late = std::mem::take(&mut *self.late.lock().expect("no test panicked with it"));
                for unit in late {
                    let refused = behind.commit(unit).await;
                    assert!(matches!(refused, Err(Refusal::Stale(_) | Refusal::Exists(_))), "{refused:?}");
                }
                committed
            }
            Fate::Done => behind.commit(unit).await.and_then(|_| unknown()),
            Fate::Lost => unknown(),
            Fate::Late => {
                self.late.lock().expect("no test panicked with it").push(unit);
                unknown()
            }
            Fate::Unreached => Err(Refusal::Unavailable("the line is dead".to_owned())),
        }
    }
}

const NOTE: (&str, &str) = ("/things/it/notes", "");
const BATCH: (&str, &str) = (
    "/things:batch",
    r#"{"atomic":true,"operations":[{"method":"POST","path":"/things/it/notes"},{"method":"POST","path":"/things/it/notes"}]}"#,
);

/// What is answered to a request whose commits have these fates, how often its effect is there then, and how often after
/// the client has sent it again under its key, where it has one.
fn asked((path, body): (&str, &str), key: Option<&str>, fates: &[Fate]) -> (Answer, usize, usize) {
    let store = Fronted::new(Uncertain::default(), MemoryStore::default());
    let shop = Shop::of(service().store(Arc::clone(&store) as _).start());
    assert_eq!(shop.ask("POST", "/things", r#"{"id":"it"}"#, &[]).status, 201);
    let fields: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    let notes = || shop.ask("GET", "/things/it", "", &[]).json()["notes"].as_array().map_or(0, Vec::len);
    store.fates.lock().expect("no test panicked with it").extend(fates);
    let answer = shop.ask("POST", path, body, &fields);
    store.fates.lock().expect("no test panicked with it").clear();
    let first = notes();
    if key.is_some() {
        let again = shop.ask("POST", path, body, &fields);
        // A batch tells it of its operations.
        assert!(path == BATCH.0 || is_replayed(&again) == (first > 0), "{fates:?}");
    }
    (answer, first, notes())
}

#[test]
fn under_a_key_the_server_finds_out_by_itself() {
    for fates in [
        &[Fate::Done][..],
        &[Fate::Lost],
        &[Fate::Late],
        &[Fate::Lost, Fate::Done],
        &[Fate::Late, Fate::Lost, Fate::Late],
        &[Fate::Lost; 7],
    ] {
        for (request, status, effects) in [(NOTE, 201, 1), (BATCH, 200, 2)] {
            let (answer, first, again) = asked(request, Some("one"), fates);
            assert_eq!(answer.status, status, "{fates:?}: {}", answer.json());
            assert_eq!((first, again), (effects, effects), "{fates:?} {request:?}");
        }
    }
}

#[test]
fn where_it_can_not_find_out_the_client_is_told_so_and_has_one_effect_when_it_asks_again() {
    for (fates, first) in [
        (&[Fate::Lost, Fate::Unreached][..], 0),
        (&[Fate::Lost; 8], 0),
        (&[Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost, Fate::Done], 1),
    ] {
        let (answer, there, again) = asked(NOTE, Some("one"), fates);
        assert_eq!((answer.status, answer.code().as_str()), (503, "outcome_unknown"), "{fates:?}");
        assert_eq!((answer.header("retry-after"), there, again), (Some("1"), first, 1), "{fates:?}");
    }
}

#[test]
fn without_a_key_nothing_is_run_again() {
    for (fate, first) in [(Fate::Done, 1), (Fate::Lost, 0), (Fate::Late, 0)] {
        let (answer, there, _) = asked(NOTE, None, &[fate]);
        assert_eq!((answer.status, answer.code().as_str()), (503, "outcome_unknown"), "{fate:?}");
        assert_eq!(there, first, "{fate:?}");
    }
}
