//! A small service: baskets with lines, some processes that misbehave, and endpoints of other standards.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use enaction_core::{
    ClientAuthentication, Endpoint, Id, Members, Module, ReadContext, Resource, Result, Secret, Stored, WriteContext,
    catalogue, faults,
};
use enaction_macros::{entity, flags, process, value};

/// What a till is selling.
#[entity("baskets", crate = enaction_core)]
pub(crate) struct Basket {
    pub(crate) id: Id<Basket>,
    #[validate(length(max = 20))]
    pub(crate) name: String,
    #[validate(length(max = 9))]
    pub(crate) lines: Vec<Line>,
    #[entity(read_only)]
    pub(crate) total: i64,
}

/// One line of a basket.
#[value(crate = enaction_core)]
pub(crate) struct Line {
    #[value(key)]
    pub(crate) number: u32,
    pub(crate) what: String,
}

/// How a total is told.
#[flags(crate = enaction_core)]
pub(crate) struct TotalFlags {
    pub(crate) rounded: Option<bool>,
}

/// An answer of a view.
#[value(crate = enaction_core)]
pub(crate) struct Sum {
    pub(crate) sum: i64,
    pub(crate) rounded: bool,
}

/// Adds a line.
#[process(crate = enaction_core)]
pub(crate) async fn add_line(cx: &mut WriteContext, id: Id<Basket>, what: String) -> Result<Line> {
    let mut basket = cx.read(&id).await?.into_inner();
    let line = Line { number: basket.lines.iter().map(|line| line.number).max().unwrap_or(0) + 1, what };
    basket.lines.push(line.clone());
    cx.update(basket).await?;
    Ok(line)
}

/// Sums a basket up.
#[process(crate = enaction_core)]
pub(crate) async fn sum(cx: &ReadContext, id: Id<Basket>, flags: TotalFlags) -> Result<Sum> {
    let basket = cx.read(&id).await?;
    Ok(Sum { sum: basket.lines.len() as i64, rounded: flags.rounded.unwrap_or(false) })
}

/// Submits a basket.
#[process(crate = enaction_core)]
pub(crate) async fn submit(cx: &mut WriteContext, id: Id<Basket>) -> Result<Stored<Basket>> {
    let mut basket = cx.read(&id).await?.into_inner();
    basket.total += 1;
    cx.update(basket).await
}

/// Renames a basket and says nothing.
#[process(crate = enaction_core)]
pub(crate) async fn rename(cx: &mut WriteContext, id: Id<Basket>, name: String) -> Result<()> {
    let mut basket = cx.read(&id).await?.into_inner();
    basket.name = name;
    cx.update(basket).await?;
    Ok(())
}

/// Copies a basket.
#[process(crate = enaction_core)]
pub(crate) async fn copy(cx: &mut WriteContext, id: Id<Basket>) -> Result<Stored<Basket>> {
    let basket = cx.read(&id).await?.into_inner();
    cx.create(Basket { id: Id::default(), ..basket }).await
}

/// How many commands ran to their end.
pub(crate) static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Takes its time.
#[process(crate = enaction_core)]
pub(crate) async fn nap(cx: &mut WriteContext, millis: u64) -> Result<u64> {
    let _ = cx.now();
    actix_rt::time::sleep(Duration::from_millis(millis)).await;
    ENDED.fetch_add(1, Ordering::SeqCst);
    Ok(millis)
}

/// How many queries ran to their end.
pub(crate) static DOZED: AtomicUsize = AtomicUsize::new(0);

/// Takes its time and changes nothing.
#[process(crate = enaction_core)]
pub(crate) async fn doze(cx: &ReadContext) -> Result<u64> {
    let _ = cx.now();
    actix_rt::time::sleep(Duration::from_millis(500)).await;
    Ok(DOZED.fetch_add(1, Ordering::SeqCst) as u64)
}

/// Panics.
#[process(crate = enaction_core)]
pub(crate) async fn stumble(cx: &ReadContext) -> Result<u64> {
    let _ = cx.now();
    panic!("on purpose");
}

/// Panics as a command.
#[process(crate = enaction_core)]
pub(crate) async fn fall(cx: &mut WriteContext) -> Result<u64> {
    let _ = cx.now();
    panic!("on purpose");
}

faults! {
    /// The client is not known.
    INVALID_CLIENT: Unauthenticated = "invalid_client", "The client is not known";
    /// The grant does not hold.
    INVALID_GRANT: Malformed = "invalid_grant", "The grant does not hold";
}

/// What a token endpoint gives.
#[value(crate = enaction_core)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) who: String,
}

/// Issues a token.
#[process(crate = enaction_core, public, faults(INVALID_CLIENT, INVALID_GRANT))]
pub(crate) async fn token(
    cx: &mut WriteContext,
    client: ClientAuthentication,
    grant_type: String,
    code: Option<String>,
) -> Result<Issued> {
    let _ = cx.now();
    match grant_type.as_str() {
        "fail" => return Err(catalogue::INTERNAL.fault()),
        "busy" => return Err(catalogue::STORE_UNAVAILABLE.fault().with_retry_after(Duration::from_secs(2))),
        "bad" => return Err(INVALID_GRANT.because("the code \"x\" is used")),
        _ => {}
    }
    if client.client_secret.as_ref().map(Secret::reveal) != Some("s3:cret") {
        return Err(INVALID_CLIENT.fault());
    }
    Ok(Issued { access_token: code.unwrap_or_default(), who: format!("{:?} {}", client.client_id, client.method) })
}

/// The keys.
#[value(crate = enaction_core)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<String>,
}

/// Tells the keys.
#[process(crate = enaction_core, public)]
pub(crate) async fn keys(cx: &ReadContext) -> Result<Keys> {
    let _ = cx.now();
    Ok(Keys { keys: vec!["one".to_owned()] })
}

/// Takes a JSON document.
#[process(crate = enaction_core, public)]
pub(crate) async fn echo(cx: &mut WriteContext, sum: Sum) -> Result<Sum> {
    let _ = cx.now();
    Ok(sum)
}

pub(crate) fn module() -> Module {
    let baskets = Resource::<Basket>::stored()
        .members("lines", Members::new().create::<add_line>().delete_all())
        .view::<sum>("sum")
        .view::<stumble>("stumble")
        .view::<doze>("doze")
        .action::<submit>("submit")
        .action::<rename>("rename")
        .creating_action::<copy>("copy")
        .action::<nap>("nap")
        .action::<fall>("fall");
    Module::new("")
        .resource(baskets)
        .endpoint(Endpoint::form::<token>("/oauth/token", "oauth.token").oauth_errors())
        .endpoint(
            Endpoint::get::<keys>("/oauth/keys", "oauth.keys").media_type("application/jwk-set+json").max_age_s(300),
        )
        .endpoint(Endpoint::post::<echo>("/echo", "echo.post"))
}
