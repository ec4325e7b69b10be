//! The way of a unit to the database: together with others where it can, sent again where the database says that it met others.

use std::sync::Arc;

use enaction_core::store::{Committed, Refusal, Unit};
use tokio::{runtime::Handle, sync::oneshot};

use super::{
    PostgresSettings,
    backoff::Backoff,
    commit::Statement,
    connections::{Connections, Purpose},
    failure::Failure,
    group::{Group, Kind},
    lanes::{Lane, Lanes, Waiting},
    lease::Lease,
};

pub(super) struct Commits {
    connections: Arc<Connections>,
    attempts_max: u32,
    backoff: Backoff,
    lanes: Lanes,
    pub(super) lease: Lease,
    runtime: Handle,
}

impl Commits {
    pub(super) fn new(connections: &Arc<Connections>, settings: &PostgresSettings, runtime: &Handle) -> Self {
        Self {
            connections: Arc::clone(connections),
            attempts_max: settings.serialization_attempts_max.max(1),
            backoff: Backoff::default(),
            lanes: Lanes::new(settings.group_units_max),
            lease: Lease::default(),
            runtime: runtime.clone(),
        }
    }

    /// Commits a unit. One that goes with others runs as a task: whose caller goes away takes nobody with it.
    pub(super) async fn commit(self: &Arc<Self>, unit: Unit) -> Result<Committed, Refusal> {
        let Some(kind) = Kind::of(&unit) else { return self.alone(&unit).await };
        let (answer, answered) = oneshot::channel();
        let lane = (unit.scope.to_string(), kind);
        if let Some(first) = self.lanes.enter(&lane, Waiting { unit, answer }) {
            self.runtime.spawn(Arc::clone(self).serve(lane, first));
        }
        // The runtime is at its end.
        let lost = |_| Err(Refusal::Unknown("the store was closed meanwhile".into()));
        answered.await.unwrap_or_else(lost)
    }

    /// Commits a unit, and then what came meanwhile, until nobody waits.
    async fn serve(self: Arc<Self>, lane: Lane, first: Waiting) {
        let mut next = Some(vec![first]);
        while let Some(group) = next {
            self.together(&lane, group).await;
            next = self.lanes.next(&lane);
        }
    }

    async fn together(self: &Arc<Self>, (scope, kind): &Lane, group: Vec<Waiting>) {
        if let [Waiting { unit, .. }] = group.as_slice()
            && let [_] = unit.writes.as_slice()
        {
            let answer = self.alone(unit).await;
            group.into_iter().for_each(|waiting| drop(waiting.answer.send(answer.clone())));
            return;
        }
        let statement = Group::of(*kind, scope, group.iter().map(|waiting| &waiting.unit));
        let lease = self.lease.end();
        let asked = self.connections.ask(Purpose::Commit, statement.sql(), &statement.params(&lease)).await;
        let answers = match asked.and_then(|rows| statement.answers(&rows)) {
            Ok(answers) => answers,
            // It did nothing. Whose fault that is is found out one by one.
            Err(failure) if is_of_one(&failure) => vec![None; group.len()],
            Err(failure) => vec![Some(Err(failure.at_commit())); group.len()],
        };
        for (Waiting { unit, answer }, known) in group.into_iter().zip(answers) {
            match known {
                Some(known) => drop(answer.send(known)),
                None => {
                    let commits = Arc::clone(self);
                    self.runtime.spawn(async move { drop(answer.send(commits.alone(&unit).await)) });
                }
            }
        }
    }

    /// Sends a unit again while the database says that it met others: it did nothing then, and what the others committed
    /// is seen the next time.
    async fn alone(&self, unit: &Unit) -> Result<Committed, Refusal> {
        let scope = unit.scope.to_string();
        let statement = Statement::of(unit, &scope);
        for attempt in 0..self.attempts_max {
            let lease = self.lease.end();
            let params = statement.params(&lease);
            let asked = self.connections.ask(Purpose::Commit, statement.sql(), &params).await;
            match statement.answer(asked) {
                Ok(answer) => return answer,
                Err(failure) if failure.met_others() => tokio::time::sleep(self.backoff.pause(attempt)).await,
                Err(failure) => return Err(failure.at_commit()),
            }
        }
        Err(Refusal::Stale(Vec::new()))
    }
}

/// Whether a group was refused for what one of its units is, or met, and not for how the server is.
fn is_of_one(failure: &Failure) -> bool {
    // No transaction that writes, no resources, an operator or a time-out, the system.
    const OF_THE_SERVER: [&str; 4] = ["25", "53", "57", "58"];
    matches!(failure, Failure::Refused(said) if !OF_THE_SERVER.iter().any(|class| said.code().code().starts_with(class)))
}
