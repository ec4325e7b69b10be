//! The builder of an application: gathers what was declared, tells every mistake at once, and compiles the rest.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    Application, Clock, Fault, IdSource, InstallationCapability, Policy, PolicySource, SystemClock, SystemIds,
    catalogue,
    evolution::Evolving,
    limits::Limits,
    process::{Access, Callable, page_schema},
    resource::{Declaration, DeclaredCollection, Module},
    sensitive::Veil,
    store::Store,
    table::{Effect, IdempotencyKey},
};

use super::{
    Collection, Operation,
    agreement::Agreements,
    check::mistakes,
    indexes::Progress,
    queue::Queue,
    repeat::{Again, UnderWay},
    replica::Replica,
    state::StateOf,
};

/// Gathers modules and what they run on.
pub struct Builder {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    policies: Arc<dyn PolicySource>,
    replica: Option<Arc<dyn Store>>,
    limits: Limits,
    modules: Vec<Module>,
    replaced: Vec<(String, crate::resource::Replacement)>,
    capability: Option<InstallationCapability>,
}

/// Every mistake of the declarations, in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0.len() == 1 { "mistake" } else { "mistakes" };
        write!(f, "build the application: {} {noun} in the declarations", self.0.len())?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

/// Without a policy source nobody holds a permission.
struct NoPolicies;

#[async_trait]
impl PolicySource for NoPolicies {
    fn cached(&self, _: &str) -> Option<Arc<Policy>> {
        None
    }

    async fn policy(&self, _: &str) -> Result<Arc<Policy>, Fault> {
        Err(catalogue::KEYS_UNAVAILABLE.because("no source of policies was configured"))
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            policies: Arc::new(NoPolicies),
            replica: None,
            limits: Limits::default(),
            modules: Vec::new(),
            replaced: Vec::new(),
            capability: Some(InstallationCapability::made_by_the_application_builder()),
        }
    }

    /// Gives away the capability to touch the data of the whole installation, once.
    pub fn take_capability(&mut self) -> Option<InstallationCapability> {
        self.capability.take()
    }

    /// Where time comes from.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where randomness comes from.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Where the policies of companies come from.
    #[must_use]
    pub fn policies(mut self, policies: Arc<dyn PolicySource>) -> Self {
        self.policies = policies;
        self
    }

    /// A copy of the store that is a little behind: it answers what may be stale
    /// ([`Resource::reads_may_be_stale`](crate::Resource::reads_may_be_stale)). While it does not answer, the store itself
    /// does.
    #[must_use]
    pub fn replica(mut self, replica: Arc<dyn Store>) -> Self {
        self.replica = Some(replica);
        self
    }

    /// Other limits than the defaults.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Puts a deployment's own process in the place of another with the same signature.
    #[must_use]
    pub fn replace<P: Callable>(mut self, name: &str) -> Self {
        self.replaced.push((name.to_owned(), crate::resource::Replacement::new::<P>()));
        self
    }

    /// Checks every declaration and compiles the application.
    ///
    /// # Errors
    /// All mistakes of the declarations together.
    pub fn build(self, store: Arc<dyn Store>) -> Result<Arc<Application>, Mistakes> {
        let mut found = mistakes(&self.modules);
        let mut parts = Parts::default();
        for module in self.modules {
            parts.module(module, &mut found);
        }
        for (name, replacement) in self.replaced {
            parts.replace(&name, &replacement, &mut found);
        }
        if !found.is_empty() {
            found.sort();
            found.dedup();
            return Err(Mistakes(found));
        }
        parts.operations.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
        let sensitive = parts.sensitive();
        for (above, name) in parts.inside {
            if let Some(collection) = parts.collections.get_mut(above) {
                collection.children.push(name);
            }
        }
        let all = &parts.operations;
        let reads: Vec<_> = all.iter().map(|one| (StateOf::find(one, all), Again::find(one, all))).collect();
        for (operation, (state, again)) in parts.operations.iter_mut().zip(reads) {
            (operation.state, operation.again) = (state, again);
        }
        Ok(Arc::new(Application {
            stale: self.replica.map(|replica| Replica::new(replica, Arc::clone(&store))),
            store,
            clock: self.clock,
            ids: self.ids,
            policies: self.policies,
            limits: self.limits,
            operations: parts.operations.into_iter().map(Arc::new).collect(),
            processes: parts.processes.into_iter().collect(),
            by_type: parts.by_type,
            collections: parts.collections.into_iter().collect(),
            provided: parts.provided,
            queue: Queue::default(),
            indexes: parts.indexes,
            agreements: Agreements::default(),
            under_way: UnderWay::default(),
            sensitive,
        }))
    }
}

#[derive(Default)]
struct Parts {
    operations: Vec<Operation>,
    processes: BTreeMap<String, Arc<crate::process::Process>>,
    by_type: HashMap<TypeId, Arc<crate::process::Process>>,
    collections: BTreeMap<&'static str, Collection>,
    /// Collections with those that are inside of their items.
    inside: Vec<(&'static str, &'static str)>,
    provided: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    indexes: Progress,
}

impl Parts {
    fn module(&mut self, module: Module, found: &mut Vec<String>) {
        let Module { base, installation, declared, processes, provided } = module;
        for (process, of) in processes {
            match process {
                Ok(mut process) => {
                    process.installation = installation;
                    process.know_answer();
                    self.register(Arc::new(process), Some(of), found);
                }
                Err(error) => found.push(error.to_string()),
            }
        }
        for declared in declared {
            let entities = Entities::of(&declared.collections);
            for collection in declared.collections {
                self.collection(collection, &declared.operations, found);
            }
            for declaration in declared.operations {
                let about = entities.about(&declaration);
                self.operation(&base, installation, declaration, about, found);
            }
        }
        self.provided.extend(provided);
    }

    fn collection(&mut self, one: DeclaredCollection, operations: &[Declaration], found: &mut Vec<String>) {
        let reserved = [reserved(&one.path, operations), one.aliases].concat();
        let collection = match Collection::compile(&one.schema, reserved, one.inside.as_ref().map(Vec::len)) {
            Ok(collection) => collection,
            Err(error) => return found.push(format!("{}: {error}", one.name)),
        };
        if let Some(above) = one.inside.as_ref().and_then(|inside| inside.last()) {
            self.inside.push((*above, one.name));
        }
        match self.collections.get_mut(one.name) {
            Some(known) => {
                known.reserved.extend(collection.reserved);
                known.depth = known.depth.or(collection.depth);
            }
            None => {
                self.indexes.declare(one.indexing);
                self.collections.insert(one.name, collection);
            }
        }
    }

    fn operation(
        &mut self,
        base: &str,
        installation: bool,
        one: Declaration,
        (entity, whole): (Option<Evolving>, bool),
        found: &mut Vec<String>,
    ) {
        let path = format!("{base}{}", one.path);
        let mut process = match one.process {
            Ok(process) => process,
            Err(error) => return found.push(format!("{} {path}: {error}", one.method.as_str())),
        };
        process.installation = installation;
        process.know_answer();
        // The tag of a piece is that of the whole.
        process.steps = process.steps.max(entity.map_or(0, |entity| entity.steps()));
        process.entity = entity.filter(|_| whole);
        let process = Arc::new(process);
        if one.registered {
            self.register(Arc::clone(&process), one.of, found);
        }
        let base_segments = base.split('/').filter(|segment| !segment.is_empty()).count();
        let below = one.location.split('/').filter(|segment| !segment.is_empty()).count();
        let mut convention = one.convention;
        // What writes nothing needs no key, what has no caller has nobody to give an answer to again, and a secret that is
        // shown once must be kept nowhere.
        let repeatable =
            process.effect == Effect::Command && process.access != Access::Public && !process.answers_secret();
        if !repeatable {
            convention.idempotency_key = IdempotencyKey::Ignored;
        }
        self.operations.push(Operation {
            method: one.method,
            target: one.target,
            path,
            convention,
            may_be_stale: one.may_be_stale && process.effect == Effect::Query,
            process,
            succeeds: one.succeeds,
            location_segments: base_segments + below,
            repeatable,
            state: None,
            again: None,
            endpoint: one.endpoint,
        });
    }

    /// Every permission that a member of something needs.
    fn sensitive(&self) -> Vec<Arc<str>> {
        let processes = self.operations.iter().map(|one| &one.process).chain(self.processes.values());
        let stored = self.collections.values().filter_map(|one| one.veil.as_ref());
        let stored = stored.flat_map(Veil::permissions).map(AsRef::as_ref);
        let all: BTreeSet<&str> = processes.flat_map(|process| process.sensitive()).chain(stored).collect();
        all.into_iter().map(Arc::from).collect()
    }

    fn register(&mut self, process: Arc<crate::process::Process>, of: Option<TypeId>, found: &mut Vec<String>) {
        if let Some(of) = of {
            self.by_type.entry(of).or_insert_with(|| Arc::clone(&process));
        }
        if let Some(before) = self.processes.insert(process.name.clone(), process) {
            found.push(format!("two processes have the name {:?}", before.name));
        }
    }

    /// Every place where the replaced process stands gets the new one's function; so does the search of a list, which runs
    /// a copy of it.
    fn replace(&mut self, name: &str, replacement: &crate::resource::Replacement, found: &mut Vec<String>) {
        let Some(before) = self.processes.get(name).cloned() else {
            return found.push(format!("there is no process {name:?} to replace"));
        };
        match replacement.instead_of(&before) {
            Err(why) => found.push(format!("the replacement of {name:?} {why}")),
            Ok(process) => {
                let searches = |one: &&mut Operation| one.process.name == name && one.searches();
                for one in self.operations.iter_mut().filter(searches) {
                    match replacement.instead_of(&one.process) {
                        Ok(process) => one.process = Arc::new(process),
                        Err(why) => found.push(format!("the replacement of {name:?} {why}")),
                    }
                }
                let process = Arc::new(process);
                let same = |one: &Arc<crate::process::Process>| Arc::ptr_eq(one, &before);
                self.operations
                    .iter_mut()
                    .filter(|one| same(&one.process))
                    .for_each(|one| one.process = Arc::clone(&process));
                self.by_type.values_mut().filter(|one| same(one)).for_each(|one| *one = Arc::clone(&process));
                self.processes.insert(name.to_owned(), process);
            }
        }
    }
}

/// The entities of a resource, by the paths of their collections, with the schemas of one and of a page of them.
struct Entities(Vec<(String, Evolving, [Value; 2])>);

impl Entities {
    fn of(collections: &[DeclaredCollection]) -> Self {
        let entity = |one: &DeclaredCollection| {
            (one.path.clone(), one.indexing.evolving, [one.schema.clone(), page_schema(&one.schema)])
        };
        Self(collections.iter().map(entity).collect())
    }

    /// The one that an operation is about, and whether it answers the whole of it.
    fn about(&self, operation: &Declaration) -> (Option<Evolving>, bool) {
        let below = |rest: &str| rest.is_empty() || rest.starts_with(['/', ':']);
        let path = operation.path.as_str();
        let above = self.0.iter().filter(|(collection, ..)| path.strip_prefix(collection.as_str()).is_some_and(below));
        let Some((_, entity, schemas)) = above.max_by_key(|(collection, ..)| collection.len()) else {
            return (None, false);
        };
        let output = operation.process.as_ref().ok().and_then(|process| process.output.as_ref());
        (Some(*entity), output.is_some_and(|output| schemas.contains(output)))
    }
}

/// The literal segments right below a collection.
fn reserved(path: &str, operations: &[Declaration]) -> Vec<String> {
    let below = operations.iter().filter_map(|one| one.path.strip_prefix(path)?.strip_prefix('/'));
    let mut words: Vec<String> = below
        .filter_map(|rest| rest.split('/').next())
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}
