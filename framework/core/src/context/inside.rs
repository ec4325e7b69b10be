//! What is kept inside of an item: the calls of a context, for the collections that a resource declares in another.

use std::ops::Deref;

use crate::{
    Entity, Id, Page, PageRequest, Result, Stored, catalogue,
    entity::{Indexed, Raw},
    store::Key,
};

use super::{ReadContext, WriteContext, read::typed};

/// What is inside of an item, for whoever reads.
///
/// Ids are unique inside of one item, and so are the values of unique members.
///
/// ```
/// use enaction_core::{Id, PageRequest, ReadContext, Result};
/// use enaction_macros::{entity, process};
///
/// /// A customer.
/// #[entity(crate = enaction_core, "customers")]
/// pub struct Customer {
///     pub id: Id<Customer>,
/// }
///
/// /// What a customer ordered.
/// #[entity(crate = enaction_core, "orders")]
/// pub struct Order {
///     pub id: Id<Order>,
///     pub total: i64,
/// }
///
/// /// Adds up the orders of a customer.
/// #[process(crate = enaction_core)]
/// pub async fn turnover(cx: &ReadContext, id: Id<Customer>) -> Result<i64> {
///     let orders = cx.inside(&id).list::<Order>(&PageRequest::default()).await?;
///     Ok(orders.items.iter().map(|order| order.total).sum())
/// }
/// ```
pub struct Inside<'a> {
    cx: &'a ReadContext,
    /// The ids on the way, a slash behind each.
    path: String,
    /// The item itself.
    item: Key,
}

impl<'a> Inside<'a> {
    pub(super) fn of<P: Entity>(cx: &'a ReadContext, id: &Id<P>) -> Self {
        Self { cx, path: format!("{id}/"), item: cx.ambient.place::<P>("").key(id) }
    }

    /// What is inside of one of the items in there.
    #[must_use]
    pub fn inside<P: Entity>(&self, id: &Id<P>) -> Self {
        let item = self.cx.ambient.place::<P>(&self.path).key(id);
        Self { cx: self.cx, path: format!("{}{id}/", self.path), item }
    }

    /// An entity, if it exists.
    ///
    /// # Errors
    /// When the store can not be reached.
    pub async fn get<E: Entity>(&self, id: &Id<E>) -> Result<Option<Stored<E>>> {
        self.cx.get_in(self.cx.ambient.place::<E>(&self.path), id).await
    }

    /// An entity that must exist.
    ///
    /// # Errors
    /// `not_found`, or when the store can not be reached.
    pub async fn read<E: Entity>(&self, id: &Id<E>) -> Result<Stored<E>> {
        self.get(id).await?.ok_or_else(|| catalogue::NOT_FOUND.fault())
    }

    /// The entity whose unique member (as serialised) has this value.
    ///
    /// # Errors
    /// As [`ReadContext::find`].
    pub async fn find<E: Entity>(&self, member: &str, value: &(impl Indexed + ?Sized)) -> Result<Option<Stored<E>>> {
        self.cx.find_in(self.cx.ambient.place::<E>(&self.path), member, value.index_key()).await
    }

    /// A page of a collection.
    ///
    /// # Errors
    /// `not_found` when there is no such item to be inside of; else as [`ReadContext::list`].
    pub async fn list<E: Entity>(&self, page: &PageRequest) -> Result<Page<Stored<E>>> {
        typed(self.list_raw::<E>(page).await?)
    }

    async fn list_raw<E: Entity>(&self, page: &PageRequest) -> Result<Page<Raw>> {
        self.cx.must_exist(self.item.clone()).await?;
        self.cx.list_raw::<E>(self.cx.ambient.place::<E>(&self.path), page).await
    }
}

/// What is inside of an item, for whoever also writes.
pub struct InsideMut<'a> {
    inside: Inside<'a>,
    cx: &'a WriteContext,
}

impl<'a> Deref for InsideMut<'a> {
    type Target = Inside<'a>;

    fn deref(&self) -> &Inside<'a> {
        &self.inside
    }
}

impl<'a> InsideMut<'a> {
    pub(super) fn of<P: Entity>(cx: &'a mut WriteContext, id: &Id<P>) -> Self {
        let cx = &*cx;
        Self { inside: Inside::of(cx, id), cx }
    }

    /// What is inside of one of the items in there.
    #[must_use]
    pub fn inside<P: Entity>(&mut self, id: &Id<P>) -> InsideMut<'_> {
        InsideMut { inside: self.inside.inside(id), cx: self.cx }
    }

    /// Creates an entity, as [`WriteContext::create`] does.
    ///
    /// # Errors
    /// `not_found` when there is no such item to be inside of; else as [`WriteContext::create`].
    pub async fn create<E: Entity>(&mut self, entity: E) -> Result<Stored<E>> {
        self.cx.must_exist(self.item.clone()).await?;
        self.cx.create_in(self.cx.ambient.place::<E>(&self.path), entity)
    }

    /// Writes an entity in the place of the stored one with its id, as [`WriteContext::update`] does.
    ///
    /// # Errors
    /// As [`WriteContext::update`].
    pub async fn update<E: Entity>(&mut self, entity: E) -> Result<Stored<E>> {
        self.cx.update_in(self.cx.ambient.place::<E>(&self.path), entity).await
    }

    /// Removes an entity and gives what it was.
    ///
    /// # Errors
    /// As [`WriteContext::delete`].
    pub async fn delete<E: Entity>(&mut self, id: &Id<E>) -> Result<Stored<E>> {
        self.cx.delete_in(self.cx.ambient.place::<E>(&self.path), id).await
    }
}
