//! The declaration of a resource.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Entity,
    process::{Callable, Command, Query},
    schema::Schematic,
    table::{Method, Target},
};

use super::{
    Declared, Members, Singleton,
    above::Above,
    alias::Alias,
    binding::{Binding, Described, Part, own},
    respond::{Responder, responder},
};

/// Declares a collection inside of an item.
pub(crate) type Child = Box<dyn FnOnce(&Above, &mut Declared)>;

/// A collection and its items under one path.
///
/// `Resource::stored()` binds every operation of the table to the store; each can be replaced by a process of your own.
pub struct Resource<E: Entity> {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) create: Binding,
    pub(crate) list: Binding,
    pub(crate) read: Binding,
    pub(crate) replace: Binding,
    pub(crate) modify: Binding,
    pub(crate) delete: Binding,
    pub(crate) replace_all: Binding,
    pub(crate) modify_all: Binding,
    pub(crate) delete_all: Binding,
    pub(crate) parts: Vec<Part>,
    pub(crate) members: Vec<(String, Members)>,
    pub(crate) children: Vec<(String, Child)>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) respond: Option<Responder>,
    pub(crate) demands_if_match: bool,
    pub(crate) demands_if_match_of_whole: bool,
    pub(crate) pages_by_offset: bool,
    pub(crate) demands_idempotency_key: bool,
    pub(crate) reads_may_be_stale: bool,
    pub(crate) searches: bool,
    pub(crate) batches: bool,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Resource<E> {
    /// Nothing is bound: every operation is 405 until it is.
    #[must_use]
    pub fn new() -> Self {
        let none = Binding::None;
        Self {
            path: format!("/{}", E::COLLECTION),
            name: E::COLLECTION.to_owned(),
            create: none,
            list: none,
            read: none,
            replace: none,
            modify: none,
            delete: none,
            replace_all: none,
            modify_all: none,
            delete_all: none,
            parts: Vec::new(),
            members: Vec::new(),
            children: Vec::new(),
            aliases: Vec::new(),
            respond: None,
            demands_if_match: false,
            demands_if_match_of_whole: false,
            pages_by_offset: false,
            demands_idempotency_key: false,
            reads_may_be_stale: false,
            searches: false,
            batches: false,
            of: PhantomData,
        }
    }

    /// Every operation that the table has by default, straight from the store.
    #[must_use]
    pub fn stored() -> Self {
        let stored = Binding::Stored;
        Self {
            create: stored,
            list: stored,
            read: stored,
            replace: stored,
            modify: stored,
            delete: stored,
            ..Self::new()
        }
    }

    /// Reading from the store, nothing else.
    #[must_use]
    pub fn read_only() -> Self {
        Self { list: Binding::Stored, read: Binding::Stored, ..Self::new() }
    }

    /// Another path than `/<collection>`, below the module's.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// Another first part of the names of its processes, and so of its permissions, than the collection.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// POST to the collection.
    #[must_use]
    pub fn create<P: Command>(mut self) -> Self {
        self.create = own::<P>();
        self
    }

    /// GET of the collection.
    #[must_use]
    pub fn list<P: Query>(mut self) -> Self {
        self.list = own::<P>();
        self
    }

    /// GET of an item.
    #[must_use]
    pub fn read<P: Query>(mut self) -> Self {
        self.read = own::<P>();
        self
    }

    /// PUT of an item: the process takes the whole entity, with what only the server writes already in it.
    #[must_use]
    pub fn replace<P: Command>(mut self) -> Self {
        self.replace = own::<P>();
        self
    }

    /// PATCH of an item: the process takes the patched entity or the `Patch` itself.
    #[must_use]
    pub fn modify<P: Command>(mut self) -> Self {
        self.modify = own::<P>();
        self
    }

    /// DELETE of an item.
    #[must_use]
    pub fn delete<P: Command>(mut self) -> Self {
        self.delete = own::<P>();
        self
    }

    /// The list takes `pageSize` and `pageOffset` as well, for clients that know only those: rows, 10 and 0 where they are
    /// not given, up to `page_rows_max` and `page_offset_rows_max`. The rows that are passed over are read and dropped: the
    /// thousandth page costs what a thousand pages cost. What is inserted or deleted meanwhile moves what they mean;
    /// `cursor`, which `next` of such a page goes on with, does not have that.
    ///
    /// ```
    /// use enaction_core::{Id, Module, Resource};
    /// use enaction_macros::entity;
    ///
    /// /// A shelf.
    /// #[entity(crate = enaction_core, "shelves")]
    /// pub struct Shelf {
    ///     pub id: Id<Shelf>,
    /// }
    ///
    /// let module = Module::new("").resource(Resource::<Shelf>::stored().pages_by_offset());
    /// # let _ = module;
    /// ```
    #[must_use]
    pub fn pages_by_offset(mut self) -> Self {
        self.pages_by_offset = true;
        self
    }

    /// PUT, PATCH and DELETE of the whole collection: each item through the process that is bound to it alone, all or
    /// nothing in one commit, up to `collection_items_max`.
    ///
    /// PUT takes the list as GET gives it: items with an id that is there are replaced, the others are created, and those
    /// that are not in the list are deleted. PATCH takes merge patches (RFC 7396), each with the `id` of its item; items
    /// that it does not name stay. At the top these demand `If-Match`, so that nobody overwrites what he has not seen.
    ///
    /// ```
    /// use enaction_core::{Id, Module, Resource};
    /// use enaction_macros::entity;
    ///
    /// /// A shelf.
    /// #[entity(crate = enaction_core, "shelves")]
    /// pub struct Shelf {
    ///     pub id: Id<Shelf>,
    ///     pub label: String,
    /// }
    ///
    /// let module = Module::new("").resource(Resource::<Shelf>::stored().whole_collection());
    /// # let _ = module;
    /// ```
    #[must_use]
    pub fn whole_collection(self) -> Self {
        self.whole(Method::Put).whole(Method::Patch).whole(Method::Delete)
    }

    /// One of the methods of [`whole_collection`](Self::whole_collection).
    #[must_use]
    pub fn whole(mut self, method: Method) -> Self {
        match method {
            Method::Put => self.replace_all = Binding::Stored,
            Method::Patch => self.modify_all = Binding::Stored,
            Method::Delete => self.delete_all = Binding::Stored,
            Method::Post | Method::Get | Method::Query => {}
        }
        self
    }

    /// PUT of the whole collection.
    #[must_use]
    pub fn replace_all<P: Command>(mut self) -> Self {
        self.replace_all = own::<P>();
        self
    }

    /// PATCH of the whole collection.
    #[must_use]
    pub fn modify_all<P: Command>(mut self) -> Self {
        self.modify_all = own::<P>();
        self
    }

    /// DELETE of the whole collection.
    #[must_use]
    pub fn delete_all<P: Command>(mut self) -> Self {
        self.delete_all = own::<P>();
        self
    }

    /// The list by a query as a document, for one that is too long for a URL: `POST /baskets:search` and the method QUERY
    /// (draft-ietf-httpbis-safe-method-w-body) of the collection. Both run the query that is bound to the list, under its
    /// permission, and take the members of a [`PageRequest`](crate::PageRequest); `next` of the answer is the bare cursor
    /// for the next document.
    #[must_use]
    pub fn search(mut self) -> Self {
        self.searches = true;
        self
    }

    /// Several operations of this resource in one request: `POST /baskets:batch`, with a permission of its own
    /// (`baskets.batch`) beside those of the operations in it. They are run in their order, each for itself or, with
    /// `"atomic": true`, all in one commit; up to `batch_operations_max` of them, whose answers are at most
    /// `batch_answer_bytes_max` together, within `process_ms_max`.
    #[must_use]
    pub fn batch(mut self) -> Self {
        self.batches = true;
        self
    }

    /// Takes an operation away: 405.
    #[must_use]
    pub fn without(mut self, method: Method) -> Self {
        match method {
            Method::Post => self.create = Binding::None,
            Method::Get => (self.list, self.read) = (Binding::None, Binding::None),
            Method::Put => self.replace = Binding::None,
            Method::Patch => self.modify = Binding::None,
            Method::Delete => self.delete = Binding::None,
            Method::Query => self.searches = false,
        }
        self
    }

    /// A read-only answer under a name: of an item when the query takes its `id`, else of the collection.
    #[must_use]
    pub fn view<P: Query>(self, name: &str) -> Self {
        self.part::<P>(name, Target::View, Method::Get, false)
    }

    /// POST under a name: on an item when the command takes its `id`, else on the collection.
    #[must_use]
    pub fn action<P: Command>(self, name: &str) -> Self {
        self.part::<P>(name, Target::Action, Method::Post, false)
    }

    /// An action that makes an item of this collection: 201 with its `Location`.
    #[must_use]
    pub fn creating_action<P: Command>(self, name: &str) -> Self {
        self.part::<P>(name, Target::Action, Method::Post, true)
    }

    /// PATCH under a name.
    #[must_use]
    pub fn patch_action<P: Command>(self, name: &str) -> Self {
        self.part::<P>(name, Target::Action, Method::Patch, false)
    }

    fn part<P: Callable>(mut self, name: &str, target: Target, method: Method, created: bool) -> Self {
        self.parts.push(Part { name: name.to_owned(), target, method, process: Described::new::<P>(), created });
        self
    }

    /// Makes a list member of the entity a sub-collection whose items are named by the member with `#[value(key)]`.
    #[must_use]
    pub fn members(mut self, name: &str, members: Members) -> Self {
        self.members.push((name.to_owned(), members));
        self
    }

    /// A collection inside of each item, stored by itself: `/customers/{id}/orders` and `/customers/{id}/orders/{orderId}`,
    /// with everything that a resource has, further collections inside of it too.
    ///
    /// Ids and unique values are unique inside of one item. Listing and creating is 404 where there is no such item, and
    /// an item is deleted only when it is empty: 409 `not_empty`. Processes get the ids on the way by their names in the
    /// path, and reach what is inside by [`ReadContext::inside`](crate::ReadContext::inside).
    ///
    /// ```
    /// use enaction_core::{Id, Module, Resource, Result, Stored, WriteContext};
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
    /// /// Orders something for a customer.
    /// #[process(crate = enaction_core)]
    /// pub async fn order(cx: &mut WriteContext, id: Id<Customer>, order: Order) -> Result<Stored<Order>> {
    ///     cx.inside(&id).create(order).await
    /// }
    ///
    /// let orders = Resource::<Order>::stored().create::<order>();
    /// let module = Module::new("").resource(Resource::<Customer>::stored().collection("orders", orders));
    /// # let _ = module;
    /// ```
    #[must_use]
    pub fn collection<C: Entity>(mut self, name: &str, inside: Resource<C>) -> Self {
        let segment = name.to_owned();
        let child: Child = Box::new(move |above, out| inside.declare_inside(&segment, above, out));
        self.children.push((name.to_owned(), child));
        self
    }

    /// One thing inside of each item, without an id: `/customers/{id}/address`. Its processes take the ids of the path.
    #[must_use]
    pub fn singleton(mut self, name: &str, inside: Singleton) -> Self {
        let segment = name.to_owned();
        let child: Child = Box::new(move |above, out| inside.declare_inside(&segment, above, out));
        self.children.push((name.to_owned(), child));
        self
    }

    /// A word in the place of an id, for the item whose id the query gives: in every path of the item and of what is in
    /// it. The query takes the ids of the items above, if there are any; 404 where it gives nothing. No item can have
    /// the word as its id (422 `id_reserved`). Answers name the item by its id; a `Location` inside of it keeps the word.
    ///
    /// ```
    /// use enaction_core::{Id, Module, PageRequest, ReadContext, Resource, Result, Stored};
    /// use enaction_macros::{entity, process};
    ///
    /// /// A till.
    /// #[entity(crate = enaction_core, "tills")]
    /// pub struct Till {
    ///     pub id: Id<Till>,
    /// }
    ///
    /// /// The first till of all.
    /// #[process(crate = enaction_core)]
    /// pub async fn first_till(cx: &ReadContext) -> Result<Option<Stored<Till>>> {
    ///     Ok(cx.list(&PageRequest::default()).await?.items.into_iter().next())
    /// }
    ///
    /// // GET /tills/FIRST
    /// let module = Module::new("").resource(Resource::<Till>::stored().alias::<first_till>("FIRST"));
    /// # let _ = module;
    /// ```
    #[must_use]
    pub fn alias<P: Query>(mut self, word: &str) -> Self {
        self.aliases.push(Alias { word: word.to_owned(), query: Described::new::<P>() });
        self
    }

    /// Answers a response object of its own instead of the bare entity, made by a pure function of the entity and of
    /// flags: on creating, reading, replacing, changing and deleting an item. No process sees the flags.
    #[must_use]
    pub fn respond<F, R>(mut self, respond: fn(E, F) -> R) -> Self
    where
        F: DeserializeOwned + Default + Schematic + Send + 'static,
        R: Serialize + Schematic + 'static,
    {
        self.respond = Some(responder(respond));
        self
    }

    /// PUT, PATCH and DELETE of an item and of its parts demand `If-Match`: 428 without it (RFC 6585).
    #[must_use]
    pub fn demand_if_match(mut self) -> Self {
        self.demands_if_match = true;
        self
    }

    /// PUT, PATCH and DELETE of the whole collection demand `If-Match`, also where it is inside of an item. At the top they
    /// always do.
    #[must_use]
    pub fn demand_if_match_of_whole(mut self) -> Self {
        self.demands_if_match_of_whole = true;
        self
    }

    /// POST and PATCH of the collection, of its items and of their parts demand an `Idempotency-Key`
    /// (draft-ietf-httpapi-idempotency-key-header): 400 `idempotency_key_required` without it. They take one in any case.
    #[must_use]
    pub fn demand_idempotency_key(mut self) -> Self {
        self.demands_idempotency_key = true;
        self
    }

    /// GET, search and QUERY of the collection, of its items and of their parts are answered by a replica of the store, where
    /// the deployment has one ([`Builder::replica`](crate::application::Builder::replica)): without what was written in the last
    /// moments, the caller's own writes too. Commands never read there.
    #[must_use]
    pub fn reads_may_be_stale(mut self) -> Self {
        self.reads_may_be_stale = true;
        self
    }
}

impl<E: Entity> Default for Resource<E> {
    fn default() -> Self {
        Self::stored()
    }
}
