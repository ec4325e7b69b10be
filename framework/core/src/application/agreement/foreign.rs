//! The entries of indexes that only others declare, made of what is stored alone.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use crate::{
    context::Place,
    store::{Claim, INDEX_KEYS, IndexKey},
};

use super::{IndexForm, says::UniqueIn};

/// An index that another program on the store declares, and this one does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) index: &'static str,
    pub(crate) form: IndexForm,
    /// Nobody declares it any more: its entries are written until that was said.
    pub(crate) leaves: bool,
}

impl Foreign {
    /// Whether this program can write its entries.
    pub(super) fn can_be_kept(form: &IndexForm, own: u16) -> bool {
        form.keys == INDEX_KEYS && form.since <= own && form.version == 0
    }

    fn claim(&self, members: &BTreeMap<String, &RawValue>, place: Place<'_>) -> Option<Claim> {
        let IndexForm { unique, members: parts, .. } = &self.form;
        let value = |name: &str| members.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let mut key = IndexKey::default();
        for part in parts {
            let value = value(&part.name).unwrap_or_else(|| part.absent.clone());
            key = match unique {
                None if part.descends => key.descending(|key| key.scalar(&value)),
                None => key.scalar(&value),
                // As the values of unique members are indexed.
                Some(_) => match &value {
                    Value::String(text) if !text.is_empty() => key.text(text),
                    Value::Number(number) => key.integer(number.as_i64()?),
                    _ => return None,
                },
            };
        }
        let key = match unique {
            Some(UniqueIn::Installation) => key.into_bytes(),
            _ => place.index_key(key.into_bytes()),
        };
        Some(Claim { index: self.index, key, unique: unique.is_some() })
    }
}

/// The entries of a representation in them.
pub(crate) fn claims(foreign: &[Foreign], body: &[u8], place: Place<'_>) -> Vec<Claim> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap_or_default();
    foreign.iter().filter_map(|one| one.claim(&members, place)).collect()
}
