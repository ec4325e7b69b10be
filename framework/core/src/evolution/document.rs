//! The stored JSON object that a step between two schemas changes.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::RawValue;

use crate::{Fault, Result, catalogue};

/// A stored JSON object, without a type, as it was written by an older version of a program or is written for one.
///
/// A step changes its members one by one. What it does not touch stays as it is, to the byte, also what neither version
/// knows. A document inside of it is read and written as any other value:
///
/// ```
/// use enaction_core::{Document, Result};
///
/// /// Prices were in whole units and are in minor ones.
/// fn minor_units(basket: &mut Document) -> Result<()> {
///     let mut lines: Vec<Document> = basket.take("items")?.unwrap_or_default();
///     for line in &mut lines {
///         let price: i64 = line.take("price")?.unwrap_or_default();
///         line.set("priceMinor", price * 100)?;
///     }
///     basket.set("items", lines)
/// }
///
/// let mut basket: Document = serde_json::from_str(r#"{"id":"b1","items":[{"price":3}]}"#).unwrap();
/// minor_units(&mut basket).unwrap();
/// assert_eq!(serde_json::to_string(&basket).unwrap(), r#"{"id":"b1","items":[{"priceMinor":300}]}"#);
/// ```
#[derive(Clone, Default)]
pub struct Document {
    /// In the order in which they were written.
    members: Vec<(String, Box<RawValue>)>,
    /// The only members that may be changed; nothing for all.
    changes: Option<&'static [&'static str]>,
}

impl Document {
    /// The value of a member; `None` where it is absent, or `null`.
    ///
    /// # Errors
    /// `internal` when it is of another type.
    pub fn get<T: DeserializeOwned>(&self, member: &str) -> Result<Option<T>> {
        let Some((_, value)) = self.members.iter().find(|(name, _)| name == member) else { return Ok(None) };
        serde_json::from_str(value.get()).map_err(|_| mistake(format!("the member {member:?} is of another type")))
    }

    /// The same, and the member is gone.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `internal` when the step does not declare that it changes the member.
    pub fn take<T: DeserializeOwned>(&mut self, member: &str) -> Result<Option<T>> {
        let value = self.get(member)?;
        self.remove(member)?;
        Ok(value)
    }

    /// Gives a member a value, which takes the place of the one that it has; `None` takes the member away.
    ///
    /// # Errors
    /// `internal` when the value can not be written as JSON, or the step does not declare that it changes the member.
    pub fn set(&mut self, member: &str, value: impl Serialize) -> Result<()> {
        self.may_change(member)?;
        let value = serde_json::value::to_raw_value(&value);
        let value = value.map_err(|_| mistake(format!("the member {member:?} can not be written")))?;
        if value.get() == "null" {
            return self.remove(member);
        }
        match self.members.iter_mut().find(|(name, _)| name == member) {
            Some((_, place)) => *place = value,
            None => self.members.push((member.to_owned(), value)),
        }
        Ok(())
    }

    /// Gives a member another name, and its value stays; one that has the new name already is replaced.
    ///
    /// # Errors
    /// `internal` when the step does not declare that it changes both.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        self.may_change(from)?;
        self.may_change(to)?;
        if from != to && self.members.iter().any(|(name, _)| name == from) {
            self.remove(to)?;
            self.members.iter_mut().filter(|(name, _)| name == from).for_each(|(name, _)| to.clone_into(name));
        }
        Ok(())
    }

    /// Takes a member away, if it is there.
    ///
    /// # Errors
    /// `internal` when the step does not declare that it changes the member.
    pub fn remove(&mut self, member: &str) -> Result<()> {
        self.may_change(member)?;
        self.members.retain(|(name, _)| name != member);
        Ok(())
    }

    /// Only these members may be changed from here on.
    pub(super) fn only(&mut self, members: &'static [&'static str]) {
        self.changes = Some(members);
    }

    fn may_change(&self, member: &str) -> Result<()> {
        if self.changes.is_none_or(|members| members.contains(&member)) {
            return Ok(());
        }
        Err(mistake(format!("the step does not declare that it changes {member:?}")))
    }
}

fn mistake(why: String) -> Fault {
    catalogue::INTERNAL.because(why)
}

impl fmt::Debug for Document {
    /// The names of its members: the values may be what nobody should read in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|(name, _)| name)).finish()
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        self.members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Document { members, changes: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_not_touched_stays_to_the_byte() {
        let text = r#"{"z":1.0,"a":[1e2, 123456789012345678901234567890],"ä":{"b" :null}}"#;
        assert_eq!(serde_json::to_string(&document(text)).unwrap(), text);
    }

    #[test]
    fn members_are_changed_where_they_stand() {
        type Change = fn(&mut Document) -> Result<()>;
        let cases: [(Change, &str); 8] = [
            (|one| one.set("a", 7), r#"{"a":7,"b":"x","n":null}"#),
            (|one| one.set("c", [true]), r#"{"a":1,"b":"x","n":null,"c":[true]}"#),
            (|one| one.set("a", None::<i64>), r#"{"b":"x","n":null}"#),
            (|one| one.rename("a", "c"), r#"{"c":1,"b":"x","n":null}"#),
            (|one| one.rename("b", "a"), r#"{"a":"x","n":null}"#),
            (|one| one.rename("none", "a"), r#"{"a":1,"b":"x","n":null}"#),
            (|one| one.rename("a", "a"), r#"{"a":1,"b":"x","n":null}"#),
            (|one| one.remove("n"), r#"{"a":1,"b":"x"}"#),
        ];
        for (change, result) in cases {
            let mut changed = document(r#"{"a":1,"b":"x","n":null}"#);
            change(&mut changed).unwrap();
            assert_eq!(serde_json::to_string(&changed).unwrap(), result);
        }
    }

    #[test]
    fn what_is_absent_is_nothing_and_what_is_of_another_type_is_told() {
        let mut one = document(r#"{"a":1,"n":null}"#);
        assert_eq!(one.get::<i64>("a"), Ok(Some(1)));
        assert_eq!(one.take::<i64>("n"), Ok(None));
        assert_eq!(one.get::<i64>("none"), Ok(None));
        assert!(one.take::<String>("a").is_err());
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"a":1}"#);
    }

    #[test]
    fn only_what_a_step_declares_may_be_changed() {
        let mut one = document(r#"{"a":1,"b":2}"#);
        one.only(&["a"]);
        assert!(one.get::<i64>("b").is_ok() && one.set("a", 2).is_ok());
        assert!(one.set("b", 3).is_err() && one.remove("b").is_err() && one.take::<i64>("b").is_err());
        assert!(one.rename("a", "b").is_err() && one.rename("b", "a").is_err());
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"a":2,"b":2}"#);
    }
}
