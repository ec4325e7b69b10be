//! An answer in the form in which it is kept.

use std::borrow::Cow;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Count, Result, catalogue, entity::Raw, process::Output};

/// An answer with the hash of the request that it is to.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept<'a> {
    /// In hex.
    pub(super) request: String,
    /// How many steps between schemas were behind it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) steps: u32,
    #[serde(borrow)]
    answer: Answer<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer<'a> {
    Nothing,
    #[serde(borrow)]
    Value(&'a RawValue),
    #[serde(borrow)]
    Entity(Item<'a>),
    Page {
        /// Nothing where they were too long.
        #[serde(borrow)]
        items: Option<Vec<Item<'a>>>,
        next: Option<String>,
        version: Option<u64>,
        count: Option<Count>,
    },
}

#[derive(Serialize, Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    /// 0 is the version of the record: that of the commit that wrote both.
    version: u64,
    /// Nothing where it was too long.
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// What is known of an answer that was given.
pub(super) enum Known {
    /// All of it.
    Whole(Output),
    /// What it was, and not what was in it.
    TooLong(Output),
}

impl<'a> Kept<'a> {
    /// An answer, without its bodies where they are longer than so many bytes and can be read again.
    pub(super) fn of(request: &[u8; 32], steps: u32, output: &'a Output, bytes_max: usize) -> Result<Self> {
        let answer = match output {
            Output::Nothing => Answer::Nothing,
            // It can be read nowhere else.
            Output::Value(body) => Answer::Value(json(body)?),
            Output::Entity(raw) => Answer::Entity(Item::of(raw, raw.body.len() <= bytes_max)?),
            Output::Page { items, next, version, count } => {
                let length: usize = items.iter().map(|item| item.body.len()).sum();
                let whole = (length <= bytes_max).then(|| items.iter().map(|item| Item::of(item, true)));
                let items = whole.map(Iterator::collect).transpose()?;
                Answer::Page { items, next: next.clone(), version: *version, count: *count }
            }
        };
        Ok(Self { request: HEXLOWER.encode(request), steps, answer })
    }

    pub(super) fn read(body: &'a [u8]) -> Result<Self> {
        serde_json::from_slice(body).map_err(|_| catalogue::INTERNAL.because("a kept answer can not be read"))
    }

    /// The answer, as it was settled by the commit of this version.
    pub(super) fn known(self, version: u64) -> Known {
        let mut known = match self.answer {
            Answer::Nothing => Known::Whole(Output::Nothing),
            Answer::Value(body) => Known::Whole(Output::Value(bytes(body))),
            Answer::Entity(item) => {
                let there = item.body.is_some();
                let entity = Output::Entity(item.raw());
                if there { Known::Whole(entity) } else { Known::TooLong(entity) }
            }
            Answer::Page { items: Some(items), next, version, count } => {
                Known::Whole(Output::Page { items: items.into_iter().map(Item::raw).collect(), next, version, count })
            }
            Answer::Page { items: None, next, version, count } => {
                Known::TooLong(Output::Page { items: Vec::new(), next, version, count })
            }
        };
        let (Known::Whole(output) | Known::TooLong(output)) = &mut known;
        output.settle(version);
        known
    }
}

impl<'a> Item<'a> {
    fn of(raw: &'a Raw, whole: bool) -> Result<Self> {
        let body = whole.then(|| json(&raw.body)).transpose()?;
        Ok(Self { id: Cow::Borrowed(&raw.id), version: raw.version, body })
    }

    fn raw(self) -> Raw {
        Raw { id: self.id.as_ref().into(), body: self.body.map(bytes).unwrap_or_default(), version: self.version }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(steps: &u32) -> bool {
    *steps == 0
}

fn json(body: &Bytes) -> Result<&RawValue> {
    serde_json::from_slice(body).map_err(|_| catalogue::INTERNAL.because("an answer can not be read as JSON"))
}

fn bytes(body: &RawValue) -> Bytes {
    Bytes::copy_from_slice(body.get().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(id: &str, body: &'static str, version: u64) -> Raw {
        Raw { id: id.into(), body: body.into(), version }
    }

    fn page(items: Vec<Raw>, version: Option<u64>) -> Output {
        Output::Page { items, next: Some("next".into()), version, count: None }
    }

    /// What is read back of an answer that was kept by the commit 7, and whether all of it is.
    fn again(output: &Output, bytes_max: usize) -> (Output, bool) {
        let body = serde_json::to_vec(&Kept::of(&[7; 32], 0, output, bytes_max).unwrap()).unwrap();
        let kept = Kept::read(&body).unwrap();
        assert_eq!(kept.request, "07".repeat(32));
        match kept.known(7) {
            Known::Whole(output) => (output, true),
            Known::TooLong(output) => (output, false),
        }
    }

    #[test]
    fn an_answer_is_read_back_byte_for_byte_with_the_version_of_its_commit() {
        for (output, settled) in [
            (Output::Nothing, Output::Nothing),
            (Output::Value("[1.0, \"\\u00e4\" ]".into()), Output::Value("[1.0, \"\\u00e4\" ]".into())),
            (Output::Value("null".into()), Output::Value("null".into())),
            (Output::Entity(raw("a", "{\"a\":1.0}", 0)), Output::Entity(raw("a", "{\"a\":1.0}", 7))),
            (Output::Entity(raw("a", "{}", 3)), Output::Entity(raw("a", "{}", 3))),
            (
                page(vec![raw("a", "{}", 3), raw("b", "{}", 0)], None),
                page(vec![raw("a", "{}", 3), raw("b", "{}", 7)], None),
            ),
            (page(vec![], Some(0)), page(vec![], Some(7))),
        ] {
            assert_eq!(again(&output, 64), (settled, true));
        }
    }

    #[test]
    fn of_what_is_too_long_only_what_it_was_is_kept() {
        assert_eq!(again(&Output::Entity(raw("a", "{\"a\":1}", 0)), 6), (Output::Entity(raw("a", "", 7)), false));
        let two = page(vec![raw("a", "{}", 0), raw("b", "{}", 0)], None);
        assert_eq!(again(&two, 3), (page(vec![], None), false));
        let value = Output::Value("\"a value can be read nowhere else\"".into());
        assert_eq!(again(&value, 3), (value, true));
    }
}
