//! A query as a value: what is selected, in which order, and which part of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Fault, Result, Violation, catalogue, limits::Limits, schema::Schematic as _};

/// Which part of a list: the flags that every list has. A process that takes it hands it to
/// [`ReadContext::list`](crate::ReadContext::list), which checks it against the lists that the entity declares.
///
/// As a query string: `filter[basketType]=BASKET&filter[created][ge]=2026-11-22T00:00:00Z&sort=-created&limit=50`. As a
/// document: `{"filter": {"basketType": "BASKET", "created": {"ge": "2026-11-22T00:00:00Z"}}, "sort": "-created"}`.
///
/// ```
/// use enaction_core::{Id, Page, PageRequest, ReadContext, Result, Stored};
/// use enaction_macros::{entity, process};
///
/// /// A basket.
/// #[entity(crate = enaction_core, "baskets", list(by = "customer", sort = "-created"))]
/// pub struct Basket {
///     pub id: Id<Basket>,
///     pub customer: String,
/// }
///
/// /// Lists baskets as the caller asks for them.
/// #[process(crate = enaction_core)]
/// pub async fn list(cx: &ReadContext, page: PageRequest) -> Result<Page<Stored<Basket>>> {
///     cx.list(&page).await
/// }
/// ```
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
    /// At most so many rows, where the list declares pages by offset.
    #[schemars(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u32>,
    /// So many rows are passed over, where the list declares pages by offset.
    #[schemars(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_offset: Option<u32>,
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

/// The title of the schema of a request for pages by offset.
pub(crate) const BY_OFFSET: &str = "OffsetPageRequest";

/// Which rows of a list are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

impl PageRequest {
    /// The schema where the list declares pages by offset.
    pub(crate) fn schema_by_offset() -> Value {
        let mut schema = Self::schema();
        if let Some(title) = schema.get_mut("title") {
            *title = BY_OFFSET.into();
        }
        if let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            let number = |minimum: u32, text: &str| json!({ "type": ["integer", "null"], "format": "uint32", "minimum": minimum, "description": text });
            members.insert("pageSize".into(), number(1, "At most so many rows, for who does not walk by `cursor`."));
            members.insert("pageOffset".into(), number(0, "So many rows are passed over."));
        }
        schema
    }

    /// Which rows are wanted.
    ///
    /// # Errors
    /// `query_invalid` for what is out of range, and for both ways at once.
    pub(crate) fn window(&self, limits: &Limits) -> Result<Window> {
        let pages = [("pageSize", self.page_size), ("pageOffset", self.page_offset)];
        let given = pages.iter().find(|(_, given)| given.is_some());
        let Some((name, _)) = given else {
            let limit = within("limit", self.limit, 1, limits.page_items_max, "page_items_max")?;
            return Ok(Window { offset: 0, limit: limit.unwrap_or(limits.page_items_default) });
        };
        if self.limit.is_some() || self.cursor.is_some() {
            let detail = "expected either pageSize and pageOffset, or limit and cursor";
            return Err(refused(Violation::new(format!("/{name}"), "mixed", detail)));
        }
        let size = within("pageSize", self.page_size, 1, limits.page_rows_max, "page_rows_max")?;
        let offset = within("pageOffset", self.page_offset, 0, limits.page_offset_rows_max, "page_offset_rows_max")?;
        Ok(Window { offset: offset.unwrap_or(0), limit: size.unwrap_or(limits.page_rows_default) })
    }

    /// Whether it is any page of all items, in the order of their ids.
    pub(crate) fn is_of_all(&self) -> bool {
        self.filter.is_empty() && self.sort.is_none()
    }
}

/// A number that was given, where it is in its range.
fn within(name: &str, given: Option<u32>, least: usize, most: usize, limit: &'static str) -> Result<Option<usize>> {
    let Some(given) = given else { return Ok(None) };
    let given = usize::try_from(given).unwrap_or(usize::MAX);
    if (least..=most).contains(&given) {
        return Ok(Some(given));
    }
    let violation = Violation::new(format!("/{name}"), "range", format!("expected {least} to {most}"));
    Err(refused(violation).with_limit(limit))
}

fn refused(violation: Violation) -> Fault {
    catalogue::QUERY_INVALID.fault().with_violations(vec![violation])
}
