//! A unit test of a process over the memory store, without a server.

use enaction::{prelude::*, testkit::TestApplication};

/// A counter.
#[entity("counters")]
pub struct Counter {
    pub id: Id<Counter>,
    pub count: i64,
}

/// Counts on, and gives the new count.
#[process]
pub async fn count_on(cx: &mut WriteContext, id: Id<Counter>, by: i64) -> Result<i64> {
    let mut counter = match cx.get(&id).await? {
        Some(counter) => counter.into_inner(),
        None => cx.create(Counter { id, ..Counter::default() }).await?.into_inner(),
    };
    counter.count += by;
    Ok(cx.update(counter).await?.count)
}

fn main() {
    let application = TestApplication::new(
        Module::new("").resource(Resource::<Counter>::stored()).process::<count_on>("counters.on"),
    );
    let id: Id<Counter> = "till".parse().expect("an id");
    println!("{:?}", application.run::<count_on>((id.clone(), 2)));
    println!("{:?}", application.run::<count_on>((id, 3)));
}

#[test]
fn a_counter_counts_on_from_where_it_was() {
    let application = TestApplication::new(
        Module::new("").resource(Resource::<Counter>::stored()).process::<count_on>("counters.on"),
    );
    let id: Id<Counter> = "till".parse().unwrap();
    assert_eq!(application.run::<count_on>((id.clone(), 2)), Ok(2));
    assert_eq!(application.run::<count_on>((id, 3)), Ok(5));
    main();
}
