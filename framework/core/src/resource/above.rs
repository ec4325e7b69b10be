//! What stands above a resource: nothing, or the item of another that it is a collection inside of.

use serde_json::Value;

use crate::{Entity, Id, Result, context::Place, process::Input, store::Key};

/// The item that a collection is inside of.
#[derive(Clone, Default)]
pub(crate) struct Above {
    /// The path of the item; empty at the top.
    pub(crate) path: String,
    /// What the names of processes below it begin with.
    pub(crate) name: String,
    /// The parameters of its path: the ids of the items on the way, from the top.
    pub(crate) keys: Vec<(String, Value)>,
    /// The collections on the way, from the top.
    pub(crate) collections: Vec<&'static str>,
    /// Whether the item belongs to a company within the installation's scope.
    pub(crate) owned: bool,
}

impl Above {
    /// How its processes find what is inside.
    pub(crate) fn within(&self) -> Within {
        Within { depth: self.keys.len(), parent: self.collections.last().copied() }
    }
}

/// How a process of the framework finds where the entities of its path are kept: the ids of the items on the way are its
/// first parameters.
#[derive(Clone, Copy, Default)]
pub(crate) struct Within {
    pub(crate) depth: usize,
    /// The collection of the item that is right above.
    parent: Option<&'static str>,
}

impl Within {
    /// The ids of the items on the way, a slash behind each.
    pub(crate) fn ids(self, input: &Input) -> Result<String> {
        let mut ids = String::new();
        for index in 0..self.depth {
            ids.push_str(input.parse::<Id<()>>(index)?.as_str());
            ids.push('/');
        }
        Ok(ids)
    }

    /// The key of the item that is right above; nothing at the top.
    pub(crate) fn parent(self, place: Place<'_>) -> Option<Key> {
        let prefix = place.prefix();
        let id = prefix.strip_suffix('/')?;
        Some(Key { collection: self.parent?, id: id.into() })
    }

    /// The id behind those on the way.
    pub(crate) fn id<E: Entity>(self, input: &Input) -> Result<Id<E>> {
        input.parse(self.depth)
    }
}
