//! An application: everything that was declared, checked and compiled, and the store that it runs on.

mod agreement;
mod build;
mod check;
mod indexes;
mod maintain;
mod one;
mod operation;
mod queue;
mod repeat;
mod replica;
mod run;
mod state;
mod terms;
mod together;
mod unit;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

use serde_json::{Value, value::RawValue};

pub use build::{Builder, Mistakes};
pub(crate) use indexes::Indexing;
pub use operation::{MediaTypes, Operation};
pub use repeat::Repeatable;
pub use terms::{Conditions, Outcome, States, Terms};
pub use together::{Failed, Sharing};

use crate::{
    Clock, Entity, Fault, IdSource, PolicySource, Result, catalogue,
    layout::Layout,
    limits::Limits,
    process::{Callable, Process},
    query::Queries,
    sensitive::{Veil, Withheld},
    shape::{Shape, ShapeError},
    store::{Key, Scope, Store},
};

/// Collections that the framework keeps for itself in a store; their ids are no path of items.
pub const OWN_COLLECTIONS: [&str; 3] = {
    let [built, schemas] = indexes::OWN;
    [repeat::KEPT, built, schemas]
};

/// Everything that was declared, checked and compiled, and what it runs on.
pub struct Application {
    pub(crate) store: Arc<dyn Store>,
    /// What answers where an answer may be stale, when that is not the store.
    stale: Option<replica::Replica>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) policies: Arc<dyn PolicySource>,
    /// The limits that it was given.
    pub limits: Limits,
    operations: Vec<Arc<Operation>>,
    processes: HashMap<String, Arc<Process>>,
    by_type: HashMap<TypeId, Arc<Process>>,
    collections: HashMap<&'static str, Collection>,
    provided: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    queue: queue::Queue,
    indexes: indexes::Progress,
    agreements: agreement::Agreements,
    under_way: repeat::UnderWay,
    /// Every permission that a member of anything needs, in order.
    sensitive: Vec<Arc<str>>,
}

/// What the application knows of a stored collection.
pub(crate) struct Collection {
    pub(crate) shape: Shape,
    pub(crate) layout: Layout,
    /// Where it holds what is sensitive.
    pub(crate) veil: Option<Veil>,
    /// What can be asked of it.
    pub(crate) queries: Queries,
    /// Literal path segments below the collection, which no id may be.
    pub(crate) reserved: Vec<String>,
    /// The collections inside of its items.
    pub(crate) children: Vec<&'static str>,
    /// How many items it is inside of; nothing where no resource declares it.
    pub(crate) depth: Option<usize>,
}

impl Collection {
    pub(crate) fn compile(schema: &Value, reserved: Vec<String>, depth: Option<usize>) -> Result<Self, ShapeError> {
        let (shape, layout, veil) = (Shape::compile(schema)?, Layout::of(schema), Veil::of(schema));
        let queries = Queries::of(schema);
        Ok(Self { shape, layout, veil, queries, reserved, children: Vec::new(), depth })
    }

    /// A fault without what it says of places that do not exist for a caller.
    pub(crate) fn untold(&self, fault: Fault, withheld: &Withheld) -> Fault {
        match &self.veil {
            Some(veil) if veil.hides(withheld) => veil.untold(fault, withheld),
            _ => fault,
        }
    }

    /// Whether something of it does not exist for a caller.
    pub(crate) fn hides(&self, withheld: &Withheld) -> bool {
        self.veil.as_ref().is_some_and(|veil| veil.hides(withheld))
    }

    /// The members of a stored representation that this program does not know.
    pub(crate) fn unknown_members(&self, body: &[u8]) -> Vec<(String, Box<RawValue>)> {
        let members: std::collections::BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap_or_default();
        let unknown = members.into_iter().filter(|(name, _)| self.layout.member(name).is_none());
        unknown.map(|(name, value)| (name, value.to_owned())).collect()
    }
}

impl Application {
    /// A builder.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Every operation, in the order of paths and methods.
    #[must_use]
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// A process by name.
    #[must_use]
    pub fn process(&self, name: &str) -> Option<Arc<Process>> {
        self.processes.get(name).cloned()
    }

    /// Every process, by name.
    pub fn processes(&self) -> impl Iterator<Item = &Arc<Process>> {
        self.processes.values()
    }

    /// The time by the application's clock.
    #[must_use]
    pub fn now(&self) -> crate::Time {
        self.clock.now()
    }

    /// Randomness by the application's source.
    #[must_use]
    pub fn random(&self) -> [u8; 16] {
        self.ids.draw()
    }

    /// What a query reads from.
    pub(crate) fn read_store(&self, may_be_stale: bool) -> &dyn Store {
        match &self.stale {
            Some(stale) if may_be_stale => stale,
            _ => &*self.store,
        }
    }

    /// Waits until something may have been written to one of these collections, by this program or by another on the same
    /// store; for ever where the store can not tell ([`Store::changed`]).
    pub async fn changed(&self, collections: &[&'static str]) {
        self.store.changed(collections).await;
    }

    /// Whether the store answers a trivial read, and does not recover from a failure.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn store_answers(&self) -> Result<()> {
        let nothing = Key { collection: "health", id: "".into() };
        let answer = match self.store.ready().await {
            Ok(()) => self.store.get(&Scope::Company("".into()), &[nothing]).await.map(drop),
            Err(error) => Err(error),
        };
        answer.map_err(|error| {
            tracing::warn!(%error, "the store does not answer");
            catalogue::STORE_UNAVAILABLE.fault().with_retry_after(std::time::Duration::from_secs(1))
        })
    }

    pub(crate) fn process_of<P: Callable>(&self) -> Result<Arc<Process>> {
        self.by_type.get(&TypeId::of::<P>()).cloned().ok_or_else(|| {
            catalogue::INTERNAL.because(format!("the process `{}` is not registered", P::DESCRIPTION.function))
        })
    }

    pub(crate) fn provided<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.provided.get(&TypeId::of::<T>()).cloned()?.downcast().ok()
    }

    /// What is known of a collection, by its name.
    pub(crate) fn known(&self, collection: &str) -> Result<&Collection> {
        self.collections.get(collection).ok_or_else(|| {
            catalogue::INTERNAL
                .because(format!("{collection:?} is no collection of a resource, nor of what a module keeps"))
        })
    }

    /// What is known of the collection of an entity.
    pub(crate) fn collection<E: Entity>(&self) -> Result<&Collection> {
        self.known(E::COLLECTION)
    }
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Application({} operations)", self.operations.len())
    }
}
