//! A query as a value: what is selected, in which order, and which part of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which part of a list: the flags that every list has. A process that takes it hands it to
/// [`ReadContext::list`](crate::ReadContext::list), which checks it against the lists that the entity declares.
///
/// As a query string: `filter[basketType]=BASKET&filter[created][ge]=2026-11-22T00:00:00Z&sort=-created&limit=50`. As a
/// document: `{"filter": {"basketType": "BASKET", "created": {"ge": "2026-11-22T00:00:00Z"}}, "sort": "-created"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-flags" = true))]
pub struct PageRequest {
    /// At most so many items.
    #[schemars(range(min = 1))]
    pub limit: Option<u32>,
    /// Where the page before ended: `next` of its answer.
    pub cursor: Option<String>,
    /// What is selected: for each member its value, or what holds for it: `ge` or `gt` and `le` or `lt`; `in`; `prefix`;
    /// `exists`.
    pub filter: Map<String, Value>,
    /// The order: members between commas, with `-` before what descends.
    pub sort: Option<String>,
    /// Whether to count what is selected, up to `count_max`.
    pub count: bool,
}

/// What of a collection is meant, where all of it could be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-flags" = true))]
pub(crate) struct Selection {
    /// What is selected, as a list has it.
    pub(crate) filter: Map<String, Value>,
}

/// How many items a query has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// So many were counted.
    pub value: u64,
    /// Whether there are more: it stopped at `count_max`.
    pub more: bool,
}

impl Count {
    pub(crate) fn of(counted: usize, more: bool) -> Self {
        Self { value: u64::try_from(counted).unwrap_or(u64::MAX), more }
    }
}

impl PageRequest {
    /// Whether it is any page of all items, in the order of their ids.
    pub(crate) fn is_of_all(&self) -> bool {
        self.filter.is_empty() && self.sort.is_none()
    }
}
