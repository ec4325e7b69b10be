//! Who waits to commit. A scope has a few statements under way; units that come meanwhile wait, and the next statement takes
//! all that can go together. So nobody waits while there is little to do, and statements grow with the load.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use enaction_core::store::{Committed, Refusal, Unit};
use tokio::{sync::oneshot, time::Instant};

use super::{PostgresSettings, group::Kind};

/// What a group is bounded by beside the number of its units; a single unit may be larger.
const GROUP_BYTES_MAX: usize = 1 << 20;

/// A unit whose caller waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) unit: Unit,
    pub(super) answer: oneshot::Sender<Result<Committed, Refusal>>,
}

impl Waiting {
    /// Who waited may have gone.
    pub(super) fn answer(self, with: Result<Committed, Refusal>) {
        drop(self.answer.send(with));
    }

    /// Of one that was not sent.
    fn refuse(self, why: &str) {
        self.answer(Err(Refusal::Unavailable(why.to_owned())));
    }
}

/// Units of one scope that can go together.
pub(super) type Lane = (String, Kind);

#[derive(Debug)]
pub(super) struct Lanes {
    group_units_max: usize,
    queue_units_max: usize,
    wait_max: Duration,
    lanes: Mutex<HashMap<Lane, Traffic>>,
}

/// Of a lane that has something under way.
#[derive(Debug, Default)]
struct Traffic {
    under_way: usize,
    /// Since when, in the order in which they came.
    waiting: VecDeque<(Instant, Waiting)>,
}

impl Lanes {
    pub(super) fn new(settings: &PostgresSettings) -> Arc<Self> {
        Arc::new(Self {
            group_units_max: settings.group_units_max.max(1),
            queue_units_max: settings.queue_units_max.max(1),
            wait_max: Duration::from_millis(settings.connect_ms_max.into()),
            lanes: Mutex::default(),
        })
    }

    /// Gives the unit back, and the slot that it goes in, where it can go at once. Otherwise who is under way takes it along,
    /// or it is refused where too many wait.
    pub(super) fn enter(self: &Arc<Self>, lane: Lane, waiting: Waiting) -> Option<(Slot, Waiting)> {
        let mut lanes = self.lock();
        let traffic = match lanes.get_mut(&lane) {
            Some(traffic) => traffic,
            None => lanes.entry(lane.clone()).or_default(),
        };
        if traffic.under_way < lane.1.under_way_max() {
            traffic.under_way += 1;
            return Some((Slot { lanes: Arc::clone(self), lane, is_free: false }, waiting));
        }
        if traffic.waiting.len() < self.queue_units_max {
            traffic.waiting.push_back((Instant::now(), waiting));
        } else {
            waiting.refuse("queue_units_max units of its scope wait to be committed");
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lane, Traffic>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among what a lane has under way. It is given back when nobody waits, and when it is dropped before: a task may
/// panic.
#[derive(Debug)]
pub(super) struct Slot {
    lanes: Arc<Lanes>,
    pub(super) lane: Lane,
    is_free: bool,
}

impl Slot {
    /// What goes next; nothing when nobody waits, and then the slot is given back.
    pub(super) fn next(&mut self) -> Vec<Waiting> {
        let mut lanes = self.lanes.lock();
        let (mut group, mut bytes) = (Vec::new(), 0);
        let Some(traffic) = lanes.get_mut(&self.lane).filter(|_| !self.is_free) else { return group };
        let units_max = self.lane.1.units_max(self.lanes.group_units_max);
        let now = Instant::now();
        while group.len() < units_max
            && let Some((since, first)) = traffic.waiting.pop_front()
        {
            if first.answer.is_closed() {
                continue;
            }
            if now - since >= self.lanes.wait_max {
                first.refuse("it waited behind others of its scope for connect_ms_max, and was not sent");
                continue;
            }
            bytes += size(&first.unit);
            if bytes > GROUP_BYTES_MAX && !group.is_empty() {
                traffic.waiting.push_front((since, first));
                break;
            }
            group.push(first);
        }
        if group.is_empty() {
            self.is_free = true;
            leave(&mut lanes, &self.lane);
        }
        group
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.is_free {
            leave(&mut self.lanes.lock(), &self.lane);
        }
    }
}

/// One less is under way. The last takes along who still waits: nobody else would.
fn leave(lanes: &mut HashMap<Lane, Traffic>, lane: &Lane) {
    let Some(traffic) = lanes.get_mut(lane) else { return };
    traffic.under_way -= 1;
    if traffic.under_way == 0 {
        for (_, waiting) in lanes.remove(lane).into_iter().flat_map(|traffic| traffic.waiting) {
            waiting.refuse("what was to take it along failed before it was sent");
        }
    }
}

fn size(unit: &Unit) -> usize {
    unit.writes.iter().filter_map(|write| write.record.as_ref()).map(|record| record.body.len()).sum()
}

#[cfg(test)]
mod tests;
