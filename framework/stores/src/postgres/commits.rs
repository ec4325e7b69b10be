//! The way of a unit to the database: together with others where it can, sent again where the database says that it met others.

use std::sync::Arc;

use enaction_core::store::{Committed, Refusal, Unit};
use tokio::{runtime::Handle, sync::oneshot, task::JoinSet};

use super::{
    PostgresSettings,
    backoff::Backoff,
    connections::{Connections, Purpose},
    failure::Failure,
    group::{Answers, Group, Kind},
    lanes::{Lane, Lanes, Slot, Waiting},
    lease::Lease,
    statement::Statement,
};

/// Units that a statement passed by are sent by themselves, so many at a time: all scopes share the connections.
const BY_THEMSELVES_MAX: usize = 4;

pub(super) struct Commits {
    connections: Arc<Connections>,
    attempts_max: u32,
    backoff: Backoff,
    lanes: Arc<Lanes>,
    pub(super) lease: Lease,
    runtime: Handle,
}

impl Commits {
    pub(super) fn new(connections: &Arc<Connections>, settings: &PostgresSettings, runtime: &Handle) -> Self {
        Self {
            connections: Arc::clone(connections),
            attempts_max: settings.serialization_attempts_max.max(1),
            backoff: Backoff::default(),
            lanes: Lanes::new(settings),
            lease: Lease::default(),
            runtime: runtime.clone(),
        }
    }

    /// Commits a unit. One that goes with others runs as a task: whose caller goes away takes nobody with it.
    pub(super) async fn commit(self: &Arc<Self>, unit: Unit) -> Result<Committed, Refusal> {
        let Some(kind) = Kind::of(&unit) else { return self.repeat(&unit, 0, || false).await };
        let (answer, answered) = oneshot::channel();
        let lane = (unit.scope.to_string(), kind);
        if let Some((slot, first)) = self.lanes.enter(lane, Waiting { unit, answer }) {
            self.runtime.spawn(Arc::clone(self).serve(slot, first));
        }
        // A panic, or the end of the program: nobody knows how far the task came.
        let lost = |_| Err(Refusal::Unknown("the task that committed it ended without an answer".into()));
        answered.await.unwrap_or_else(lost)
    }

    /// Commits a unit, and then what came meanwhile, until nobody waits.
    async fn serve(self: Arc<Self>, mut slot: Slot, first: Waiting) {
        let mut group = vec![first];
        while !group.is_empty() {
            self.send(&slot.lane, group).await;
            group = slot.next();
        }
    }

    /// Sends units together. Where that is refused for what one of them is, or met, nothing was done, and the halves are sent
    /// one after the other: a scope whose units fail does not take the connections of the others.
    async fn send(self: &Arc<Self>, lane: &Lane, group: Vec<Waiting>) {
        let (mut next, mut halves) = (Some(group), Vec::new());
        while let Some(mut group) = next {
            if matches!(group.as_slice(), [one] if one.unit.writes.len() == 1) {
                for alone in group {
                    Arc::clone(self).by_itself(alone).await;
                }
            } else {
                match self.together(lane, &group).await {
                    Ok(answers) => self.each(answer(group, answers)).await,
                    Err(failure) if !is_of_one(&failure) => {
                        group.into_iter().for_each(|waiting| waiting.answer(Err(failure.at_commit())));
                    }
                    Err(_) if group.len() == 1 => self.each(group).await,
                    Err(_) => {
                        halves.push(group.split_off(group.len() / 2));
                        halves.push(group);
                    }
                }
            }
            next = halves.pop();
        }
    }

    async fn together(&self, (scope, kind): &Lane, group: &[Waiting]) -> Result<Answers, Failure> {
        let statement = Group::of(*kind, scope, group.iter().map(|waiting| &waiting.unit));
        let lease = self.lease.end();
        let rows = self.connections.ask(Purpose::Commit, statement.sql(), &statement.params(&lease)).await?;
        statement.answers(&rows)
    }

    /// Sends units by themselves, a few at a time, each once.
    async fn each(self: &Arc<Self>, units: Vec<Waiting>) {
        if units.is_empty() {
            return;
        }
        let mut under_way = JoinSet::new();
        for waiting in units {
            if under_way.len() == BY_THEMSELVES_MAX {
                under_way.join_next().await;
            }
            under_way.spawn(Arc::clone(self).by_itself(waiting));
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Sends a unit once. One that met others goes on without a slot: nobody waits for its pauses.
    async fn by_itself(self: Arc<Self>, waiting: Waiting) {
        let scope = waiting.unit.scope.to_string();
        if let Some(known) = self.once(&Statement::of(&waiting.unit, &scope)).await {
            return waiting.answer(known);
        }
        tokio::spawn(async move {
            let known = self.repeat(&waiting.unit, 1, || waiting.answer.is_closed()).await;
            waiting.answer(known);
        });
    }

    /// Sends a unit that was sent so often until the database no longer says that it met others, or nobody waits any more. It
    /// did nothing when it met others, and what these committed is seen the next time.
    async fn repeat(&self, unit: &Unit, sent: u32, is_over: impl Fn() -> bool) -> Result<Committed, Refusal> {
        let scope = unit.scope.to_string();
        let statement = Statement::of(unit, &scope);
        for attempt in sent..self.attempts_max {
            if attempt > 0 {
                tokio::time::sleep(self.backoff.pause(attempt - 1)).await;
            }
            if is_over() {
                break;
            }
            if let Some(known) = self.once(&statement).await {
                return known;
            }
        }
        Err(Refusal::Stale(Vec::new()))
    }

    /// Nothing when it met others.
    async fn once(&self, statement: &Statement<'_>) -> Option<Result<Committed, Refusal>> {
        let lease = self.lease.end();
        let asked = self.connections.ask(Purpose::Commit, statement.sql(), &statement.params(&lease)).await;
        match statement.answer(asked) {
            Ok(answer) => Some(answer),
            Err(failure) if failure.met_others() => None,
            Err(failure) => Some(Err(failure.at_commit())),
        }
    }
}

/// Answers those of whom something is known, and gives the others.
fn answer(group: Vec<Waiting>, answers: Answers) -> Vec<Waiting> {
    let mut unknown = Vec::new();
    for (waiting, known) in group.into_iter().zip(answers) {
        match known {
            Some(known) => waiting.answer(known),
            None => unknown.push(waiting),
        }
    }
    unknown
}

/// Whether a group was refused for what one of its units is, or met, and not for how the server is.
fn is_of_one(failure: &Failure) -> bool {
    // No transaction that writes, no resources, an operator or a time-out, the system.
    const OF_THE_SERVER: [&str; 4] = ["25", "53", "57", "58"];
    matches!(failure, Failure::Refused(said) if !OF_THE_SERVER.iter().any(|class| said.code().code().starts_with(class)))
}
