//! Processes of a whole collection, of singletons and of endpoints, and one that calls others by name.

use bytes::Bytes;
use enaction::{catalogue, prelude::*};
use serde_json::Value;

use super::thing::Thing;

/// Puts other things in the place of all.
#[process]
pub async fn replace_all(cx: &mut WriteContext, things: Vec<Thing>) -> Result<Page<Stored<Thing>>> {
    empty(cx).await?;
    let mut items = Vec::new();
    for thing in things {
        items.push(cx.create(thing).await?);
    }
    Ok(Page { items, ..Page::default() })
}

/// What is changed on all things at once.
#[value]
pub struct Change {
    #[validate(length(max = 30))]
    pub name: Option<String>,
}

/// Changes all things.
#[process]
pub async fn merge_all(cx: &mut WriteContext, change: Change) -> Result<Page<Stored<Thing>>> {
    let mut items = Vec::new();
    let all = PageRequest { limit: Some(500), ..PageRequest::default() };
    for thing in cx.list::<Thing>(&all).await?.items {
        let mut thing = thing.into_inner();
        thing.name = change.name.clone().unwrap_or(thing.name);
        items.push(cx.update(thing).await?);
    }
    Ok(Page { items, ..Page::default() })
}

/// Takes all things away.
#[process]
pub async fn empty(cx: &mut WriteContext) -> Result<()> {
    while let page = cx.list::<Thing>(&PageRequest::default()).await?.items
        && !page.is_empty()
    {
        for thing in page {
            cx.delete(&thing.id).await?;
        }
    }
    Ok(())
}

/// What time it is.
#[value]
pub struct Clock {
    pub now: Time,
}

/// Tells the time.
#[process]
pub async fn tell(cx: &ReadContext) -> Result<Clock> {
    Ok(Clock { now: cx.now() })
}

/// The settings of a company.
#[entity("settings")]
pub struct Settings {
    pub id: Id<Settings>,
    #[validate(length(max = 40))]
    pub greeting: String,
}

fn only() -> Id<Settings> {
    "only".parse().expect("an id")
}

/// Tells the settings.
#[process]
pub async fn settings(cx: &ReadContext) -> Result<Greeting> {
    let found = cx.get(&only()).await?;
    Ok(Greeting { greeting: found.map(|found| found.greeting.clone()).unwrap_or_default() })
}

/// How callers are greeted.
#[value]
pub struct Greeting {
    #[validate(length(max = 40))]
    pub greeting: String,
}

/// Replaces the settings.
#[process]
pub async fn set_settings(cx: &mut WriteContext, greeting: Greeting) -> Result<Greeting> {
    let whole = Settings { id: only(), greeting: greeting.greeting.clone(), ..Settings::default() };
    if cx.get(&only()).await?.is_some() {
        cx.update(whole).await?
    } else {
        cx.create(whole).await?
    };
    Ok(greeting)
}

/// Changes the settings.
#[process]
pub async fn own_settings(cx: &mut WriteContext, greeting: Greeting) -> Result<Greeting> {
    set_settings(cx, greeting).await
}

/// Forgets the settings.
#[process]
pub async fn reset(cx: &mut WriteContext) -> Result<()> {
    if cx.get(&only()).await?.is_some() {
        cx.delete(&only()).await?;
    }
    Ok(())
}

/// Puts an announcement up that nobody can read.
#[process]
pub async fn announce(cx: &mut WriteContext, text: Option<String>) -> Result<()> {
    let _ = (cx.now(), text);
    Ok(())
}

/// Pins.
#[value]
pub struct Pins {
    pub pins: Vec<String>,
}

/// Tells the pins to everybody.
#[process(public)]
pub async fn pinned(cx: &ReadContext) -> Result<Pins> {
    let _ = cx.now();
    Ok(Pins { pins: vec!["one".to_owned()] })
}

/// Gives back what it is given.
#[process]
pub async fn echo(cx: &mut WriteContext, greeting: Greeting) -> Result<Greeting> {
    let _ = cx.now();
    Ok(greeting)
}

/// The fields of a form.
#[value]
pub struct Fields {
    #[value(required)]
    pub what: String,
    pub why: Option<String>,
}

/// Forgets what is in a form.
#[process(public)]
pub async fn forget(cx: &mut WriteContext, fields: Fields) -> Result<Greeting> {
    let _ = (cx.now(), fields.why);
    Ok(Greeting { greeting: fields.what })
}

/// Calls another process by its name with an object of its parameters.
#[process]
pub async fn relay(cx: &mut WriteContext, name: String, parameters: String) -> Result<Value> {
    if name == "relay.call" {
        return Err(catalogue::NOT_FOUND.into());
    }
    cx.call_named(&name, &Bytes::from(parameters)).await
}
