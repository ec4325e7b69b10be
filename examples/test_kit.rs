//! The test kit: a server on a free port, tokens for any caller, fixed clock and ids.

use std::sync::Arc;

use enaction::{
    prelude::*,
    testkit::{CountedIds, FixedClock, TestService},
};

/// A shift of someone at a till.
#[entity("shifts")]
pub struct Shift {
    pub id: Id<Shift>,
    #[entity(read_only)]
    pub subject: String,
    #[entity(read_only)]
    pub site: String,
    #[entity(read_only)]
    pub ended: Option<Time>,
}

/// Begins a shift of whoever calls.
#[process]
pub async fn begin(cx: &mut WriteContext, shift: Shift) -> Result<Stored<Shift>> {
    let subject = cx.caller()?.subject.to_string();
    let site = cx.site().id.to_string();
    cx.create(Shift { subject, site, ..shift }).await
}

/// Ends a shift.
#[process]
pub async fn end(cx: &mut WriteContext, id: Id<Shift>) -> Result<Stored<Shift>> {
    let shift = cx.read(&id).await?.into_inner();
    cx.update(Shift { ended: Some(cx.now()), ..shift }).await
}

fn main() {
    let clock = Arc::new(FixedClock::default());
    let shifts = Resource::<Shift>::stored().create::<begin>().action::<end>("end");
    let service = TestService::new()
        .module(Module::new("").resource(shifts))
        .clock(Arc::clone(&clock) as _)
        .ids(Arc::new(CountedIds::default()))
        .start();
    let anna = service.caller("acme").named("usr_anna").at("0001", "EUR").may(["shifts.*"]);
    let globex = service.caller("globex").may(["*"]);

    let begun = service.post("/shifts").from(&anna).send();
    assert_eq!(begun.status, 201, "{}", begun.json());
    assert_eq!((&begun.json()["subject"], &begun.json()["site"]), (&"usr_anna".into(), &"0001".into()));
    assert_eq!(begun.json()["created"], "2026-11-22T12:00:00.000Z");

    clock.advance_ms(60_000);
    let shift = begun.header("location").expect("a location").to_owned();
    let ended = service.post(&format!("{shift}/end")).from(&anna).send();
    assert_eq!(ended.json()["ended"], "2026-11-22T12:01:00.000Z");

    // Another company's caller sees nothing of it; a caller without the permission may not ask.
    assert_eq!(service.get(&shift).from(&globex).send().status, 404);
    assert_eq!(service.get(&shift).from(&service.caller("acme")).send().status, 403);
    assert_eq!(service.get(&shift).send().status, 401);
    println!("{}", ended.json());
}

#[test]
fn a_service_is_tested_from_outside() {
    main();
}
