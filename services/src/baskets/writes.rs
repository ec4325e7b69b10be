//! Creating, replacing, changing, deleting and submitting a basket.

use enaction::prelude::*;

use super::{
    BASKET_EMPTY, BASKET_SUBMITTED, Basket, BasketStatus, next_name,
    settle::{changeable, settle},
};

/// Opens a basket for the calling device.
#[process]
pub async fn open(cx: &mut WriteContext, draft: Basket) -> Result<Stored<Basket>> {
    let caller = cx.caller()?;
    let mut basket = draft;
    if basket.basket_name.is_empty() {
        basket.basket_name = next_name(cx, basket.basket_type).await?;
    }
    basket.site_id = (*cx.site().id).to_owned();
    basket.device_id = caller.device.as_deref().map(str::to_owned);
    settle(cx, &mut basket, None).await?;
    cx.create(basket).await
}

/// Replaces what a client may write of a basket; an empty body resets it.
#[process(faults(BASKET_SUBMITTED))]
pub async fn replace(cx: &mut WriteContext, id: Id<Basket>, basket: Basket) -> Result<Stored<Basket>> {
    write(cx, &id, basket).await
}

/// Changes a basket, or a property of one.
#[process(faults(BASKET_SUBMITTED))]
pub async fn modify(cx: &mut WriteContext, id: Id<Basket>, basket: Basket) -> Result<Stored<Basket>> {
    write(cx, &id, basket).await
}

/// Deletes a basket that was not submitted, and gives what it was.
#[process(faults(BASKET_SUBMITTED))]
pub async fn delete(cx: &mut WriteContext, id: Id<Basket>) -> Result<Stored<Basket>> {
    changeable(&*cx.read(&id).await?)?;
    cx.delete(&id).await
}

/// Completes a basket; it does not change any more.
#[process(faults(BASKET_EMPTY, BASKET_SUBMITTED))]
pub async fn submit(cx: &mut WriteContext, id: Id<Basket>) -> Result<Stored<Basket>> {
    let mut basket = cx.read(&id).await?.into_inner();
    changeable(&basket)?;
    if basket.items.is_empty() {
        return Err(BASKET_EMPTY.into());
    }
    basket.basket_status = BasketStatus::Submitted;
    cx.update(basket).await
}

/// Settles a basket against what is stored and writes it.
pub(super) async fn write(cx: &mut WriteContext, id: &Id<Basket>, mut basket: Basket) -> Result<Stored<Basket>> {
    let stored = cx.read(id).await?;
    changeable(&stored)?;
    settle(cx, &mut basket, Some(&stored)).await?;
    cx.update(basket).await
}
