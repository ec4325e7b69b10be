//! Who waits to commit. A scope has a few statements under way; units that come meanwhile wait, and the next statement takes
//! all that can go together. So nobody waits while there is little to do, and statements grow with the load.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use enaction_core::store::{Committed, Refusal, Unit};
use tokio::sync::oneshot;

use super::group::Kind;

/// Statements of one scope and kind that are under way at the same time: while one waits for the disk, another executes.
const UNDER_WAY_MAX: usize = 2;
/// What a group is bounded by beside the number of its units; a single unit may be larger.
const GROUP_BYTES_MAX: usize = 1 << 20;

/// A unit whose caller waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) unit: Unit,
    pub(super) answer: oneshot::Sender<Result<Committed, Refusal>>,
}

/// Units of one scope that can go together.
pub(super) type Lane = (String, Kind);

#[derive(Debug)]
pub(super) struct Lanes {
    units_max: usize,
    lanes: Mutex<HashMap<Lane, Traffic>>,
}

#[derive(Debug, Default)]
struct Traffic {
    under_way: usize,
    waiting: VecDeque<Waiting>,
}

impl Lanes {
    pub(super) fn new(group_units_max: usize) -> Self {
        Self { units_max: group_units_max.max(1), lanes: Mutex::default() }
    }

    /// Gives the unit back where it can go at once; otherwise who is under way takes it along.
    pub(super) fn enter(&self, lane: &Lane, waiting: Waiting) -> Option<Waiting> {
        let mut lanes = self.lock();
        let traffic = match lanes.get_mut(lane) {
            Some(traffic) => traffic,
            None => lanes.entry(lane.clone()).or_default(),
        };
        if traffic.under_way < UNDER_WAY_MAX {
            traffic.under_way += 1;
            return Some(waiting);
        }
        traffic.waiting.push_back(waiting);
        None
    }

    /// What goes next; nothing when nobody waits, and then one less is under way.
    pub(super) fn next(&self, lane: &Lane) -> Option<Vec<Waiting>> {
        let mut lanes = self.lock();
        let traffic = lanes.get_mut(lane)?;
        let (mut group, mut bytes) = (Vec::new(), 0);
        // Who waited may have gone.
        traffic.waiting.retain(|waiting| !waiting.answer.is_closed());
        while let Some(first) = traffic.waiting.front().filter(|_| group.len() < self.units_max) {
            bytes += size(&first.unit);
            if bytes > GROUP_BYTES_MAX && !group.is_empty() {
                break;
            }
            group.extend(traffic.waiting.pop_front());
        }
        if !group.is_empty() {
            return Some(group);
        }
        traffic.under_way -= 1;
        if traffic.under_way == 0 {
            lanes.remove(lane);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lane, Traffic>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(unit: &Unit) -> usize {
    unit.writes.iter().filter_map(|write| write.record.as_ref()).map(|record| record.body.len()).sum()
}
