//! What is settled once for the installation.

use enaction::prelude::*;

/// One setting, under its name.
#[entity("settings")]
pub(crate) struct Setting {
    #[entity(given)]
    pub id: Id<Setting>,
    pub value: String,
}

/// The issuer: what `iss` of every token says.
pub(crate) const ISSUER: &str = "issuer";

/// A setting that was made.
pub(crate) async fn read(cx: &ReadContext, name: &str) -> Result<Option<String>> {
    let id: Id<Setting> = name.parse().unwrap_or_default();
    Ok(cx.get(&id).await?.map(|setting| setting.value.clone()))
}

/// Makes a setting.
pub(crate) async fn make(cx: &mut WriteContext, name: &str, value: String) -> Result<()> {
    let id: Id<Setting> = name.parse().unwrap_or_default();
    cx.create(Setting { id, value, ..Setting::default() }).await?;
    Ok(())
}
