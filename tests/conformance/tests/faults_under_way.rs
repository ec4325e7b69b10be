//! A process that panics or runs past its time answers a problem document, writes nothing, and the server serves on.

use std::time::{Duration, Instant};

use enaction::{
    prelude::*,
    testkit::{Answer, Running, TestService},
};

use crate::shop;

/// Something that is counted.
#[entity("tallies")]
pub struct Tally {
    pub id: Id<Tally>,
    pub count: i64,
}

async fn count(cx: &mut WriteContext, id: Id<Tally>) -> Result<Stored<Tally>> {
    let tally = cx.read(&id).await?.into_inner();
    cx.create(Tally { count: 99, ..Tally::default() }).await?;
    cx.update(Tally { count: tally.count + 1, ..tally }).await
}

/// Counts, and panics.
#[process]
pub async fn stumble(cx: &mut WriteContext, id: Id<Tally>) -> Result<Stored<Tally>> {
    count(cx, id).await?;
    panic!("on purpose");
}

/// Counts, panics on another thread of thought: while it waits.
#[process]
pub async fn trip(cx: &mut WriteContext, id: Id<Tally>) -> Result<Stored<Tally>> {
    count(cx, id).await?;
    tokio::time::sleep(Duration::from_millis(1)).await;
    panic!("on purpose");
}

/// Counts, and never comes to an end.
#[process]
pub async fn sleep(cx: &mut WriteContext, id: Id<Tally>) -> Result<Stored<Tally>> {
    let tally = count(cx, id).await?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(tally)
}

/// Panics while it reads.
#[process]
pub async fn stare(cx: &ReadContext, id: Id<Tally>) -> Result<i64> {
    assert!(cx.read(&id).await?.count < 0, "on purpose");
    Ok(1)
}

/// Reads, and never comes to an end.
#[process]
pub async fn dream(cx: &ReadContext, id: Id<Tally>) -> Result<i64> {
    let tally = cx.read(&id).await?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(tally.count)
}

faults! {
    /// Not declared below.
    UNTOLD: Conflict = "untold", "Nobody was told";
}

/// Counts, and gives a fault that it has not declared.
#[process]
pub async fn blurt(cx: &mut WriteContext, id: Id<Tally>) -> Result<Stored<Tally>> {
    count(cx, id).await?;
    Err(UNTOLD.into())
}

/// Counts.
#[process]
pub async fn count_on(cx: &mut WriteContext, id: Id<Tally>) -> Result<Stored<Tally>> {
    count(cx, id).await
}

fn start() -> Running {
    let tallies = Resource::<Tally>::stored()
        .action::<stumble>("stumble")
        .action::<trip>("trip")
        .action::<sleep>("sleep")
        .action::<blurt>("blurt")
        .action::<count_on>("countOn")
        .view::<stare>("stare")
        .view::<dream>("dream");
    TestService::new().module(Module::new("").resource(tallies)).limits(shop::hasty()).start()
}

fn told(answer: &Answer) -> (u16, String, Option<&str>) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.json()["status"], answer.status);
    assert!(answer.json()["traceId"].as_str().is_some_and(|id| id.len() == 32), "{}", answer.json());
    (answer.status, answer.code(), answer.header("retry-after"))
}

#[test]
fn what_goes_wrong_under_way_is_told_and_writes_nothing() {
    let service = start();
    let anna = service.caller("acme").may(["*"]);
    let made = service.post("/tallies").json(r#"{"id":"one"}"#).from(&anna).send();
    assert_eq!(made.status, 201);
    let before = service.get("/tallies").from(&anna).send();
    for (method, part, status, code, later) in [
        ("POST", "stumble", 500, "internal", None),
        ("POST", "trip", 500, "internal", None),
        ("POST", "sleep", 503, "process_timeout", Some("1")),
        ("POST", "blurt", 500, "internal", None),
        ("GET", "stare", 500, "internal", None),
        ("GET", "dream", 503, "process_timeout", Some("1")),
    ] {
        let since = Instant::now();
        let answer = service.request(method, &format!("/tallies/one/{part}")).from(&anna).send();
        assert_eq!(told(&answer), (status, code.to_owned(), later), "{part}");
        assert!(since.elapsed() < Duration::from_secs(5), "{part} took {:?}", since.elapsed());
        assert!(!String::from_utf8_lossy(&answer.body).contains("on purpose"), "{part} tells what nobody is to know");
        let limit = answer.json()["limit"].as_str().map(str::to_owned);
        assert_eq!(limit, (status == 503).then(|| "process_ms_max".to_owned()), "{part}");
        let after = service.get("/tallies").from(&anna).send();
        assert_eq!(
            (after.header("etag"), &after.body),
            (before.header("etag"), &before.body),
            "{part} wrote something"
        );
    }
}

#[test]
fn the_server_serves_on_after_many_of_them() {
    let service = start();
    let anna = service.caller("acme").may(["*"]);
    assert_eq!(service.post("/tallies").json(r#"{"id":"one"}"#).from(&anna).send().status, 201);
    std::thread::scope(|scope| {
        for part in ["stumble", "trip", "sleep", "blurt"] {
            let (service, anna) = (&service, &anna);
            scope.spawn(move || {
                for _ in 0..10 {
                    let answer = service.post(&format!("/tallies/one/{part}")).from(anna).send();
                    assert!(answer.status >= 500, "{part}: {}", answer.status);
                }
            });
        }
        for _ in 0..20 {
            assert_eq!(service.post("/tallies/one/countOn").from(&anna).send().status, 200);
        }
    });
    assert_eq!(service.get("/tallies/one/count").from(&anna).send().json(), 20);
    assert_eq!(service.get("/health/ready").send().status, 200);
}
