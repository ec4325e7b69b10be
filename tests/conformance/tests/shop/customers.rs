//! Collections inside of items, three deep, that are taken as a whole too.

use enaction::{Singleton, prelude::*};

/// Who buys.
#[entity("customers", unique = "code")]
pub struct Customer {
    pub id: Id<Customer>,
    /// No two have the same.
    #[validate(length(max = 12))]
    pub code: Option<String>,
    #[validate(length(max = 30))]
    pub name: String,
    #[entity(read_only)]
    pub points: u32,
}

/// What a customer ordered.
#[entity("orders", unique = "number", list(by = "number"), list(sort = "-total"))]
pub struct Order {
    pub id: Id<Order>,
    /// No two of one customer have the same.
    #[validate(length(max = 12))]
    pub number: Option<String>,
    #[validate(range(min = 0, max = 1000))]
    pub total: i64,
    #[validate(nested, length(max = 50))]
    pub positions: Vec<Position>,
}

/// A position of an order.
#[value]
pub struct Position {
    #[value(key)]
    pub line: u32,
    #[validate(length(max = 20))]
    pub what: String,
    #[value(read_only)]
    pub packed: bool,
}

/// What an order is sent in.
#[entity("parcels")]
pub struct Parcel {
    pub id: Id<Parcel>,
    #[entity(required)]
    #[validate(length(min = 1, max = 20))]
    pub label: String,
}

pub(super) fn customers() -> Resource<Customer> {
    let parcels = Resource::<Parcel>::stored().whole_collection().demand_if_match_of_whole();
    let orders = Resource::<Order>::stored()
        .search()
        .batch()
        .create::<order>()
        .members("positions", Members::new().create::<add_position>().whole_collection())
        .view::<turnover>("turnover")
        .action::<double>("double")
        .whole_collection()
        .alias::<latest>("LATEST")
        .collection("parcels", parcels);
    Resource::stored()
        .batch()
        .whole_collection()
        .singleton("favourite", Singleton::new("favourite").read::<favourite>().replace::<set_favourite>())
        .collection("orders", orders)
        .alias::<best>("BEST")
}

/// The customer with the most points, the first of them.
#[process]
pub async fn best(cx: &ReadContext) -> Result<Option<Stored<Customer>>> {
    let all = cx.list::<Customer>(&PageRequest::default()).await?.items;
    Ok(all.into_iter().rev().max_by_key(|customer| customer.points))
}

/// The id of the last order of a customer.
#[process]
pub async fn latest(cx: &ReadContext, id: Id<Customer>) -> Result<Option<String>> {
    let all = cx.inside(&id).list::<Order>(&PageRequest::default()).await?.items;
    Ok(all.last().map(|order| order.id.to_string()))
}

/// What a customer likes best.
#[value]
pub struct Favourite {
    #[validate(length(max = 30))]
    pub favourite: String,
}

/// Tells what a customer likes best.
#[process]
pub async fn favourite(cx: &ReadContext, id: Id<Customer>) -> Result<Favourite> {
    Ok(Favourite { favourite: cx.read(&id).await?.name.clone() })
}

/// Sets what a customer likes best.
#[process]
pub async fn set_favourite(cx: &mut WriteContext, id: Id<Customer>, favourite: Favourite) -> Result<Favourite> {
    let customer = cx.read(&id).await?.into_inner();
    cx.update(Customer { name: favourite.favourite.clone(), ..customer }).await?;
    Ok(favourite)
}

/// Orders something for a customer.
#[process]
pub async fn order(cx: &mut WriteContext, id: Id<Customer>, order: Order) -> Result<Stored<Order>> {
    cx.inside(&id).create(order).await
}

/// Adds up the orders of a customer.
#[process]
pub async fn turnover(cx: &ReadContext, id: Id<Customer>) -> Result<i64> {
    let orders = cx.inside(&id).list::<Order>(&PageRequest::default()).await?;
    Ok(orders.items.iter().map(|order| order.total).sum())
}

/// Doubles an order.
#[process]
pub async fn double(cx: &mut WriteContext, id: Id<Customer>, order_id: Id<Order>) -> Result<Stored<Order>> {
    let mut orders = cx.inside(&id);
    let order = orders.read(&order_id).await?.into_inner();
    orders.update(Order { total: (order.total * 2).min(1000), ..order }).await
}

/// Adds a position to an order.
#[process]
pub async fn add_position(
    cx: &mut WriteContext,
    id: Id<Customer>,
    order_id: Id<Order>,
    what: Option<String>,
) -> Result<Position> {
    let mut orders = cx.inside(&id);
    let mut order = orders.read(&order_id).await?.into_inner();
    let line = order.positions.iter().map(|one| one.line).max().unwrap_or(0) + 1;
    let position = Position { line, what: what.unwrap_or_default(), packed: false };
    order.positions.push(position.clone());
    orders.update(order).await?;
    Ok(position)
}
