//! A shape never accepts what serde_json refuses, and never refuses a valid value: properties over arbitrary documents.

#![cfg(test)]

mod shape_types;
#[path = "shape_types/values.rs"]
mod values;

use enaction_core::shape::{Mode, ShapeLimits};
use proptest::prelude::*;
use shape_types::{ALL, agree};
use values::basket;

/// Overwrites, inserts or removes a few bytes.
fn mutated(mut bytes: Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    const TELLING: &[u8] = b"{}[],:\"\\0123456789.-+eEntfu \n\x00\x1f\x7f\x80\xc3\xe2\xed\xff";
    for (place, action, byte) in edits {
        let byte = TELLING.get(usize::from(*byte) % (TELLING.len() * 2)).copied().unwrap_or(*byte);
        let at = place.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match action % 3 {
            0 => bytes.insert(at, byte),
            1 if !bytes.is_empty() => bytes[at] = byte,
            _ if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_value_suits(basket in basket()) {
        let bytes = serde_json::to_vec(&basket).unwrap();
        let limits = ShapeLimits::default();
        for mode in [Mode::Create, Mode::Full] {
            prop_assert_eq!(ALL[0].shape.check(&bytes, mode, &limits), Ok(()), "{}", String::from_utf8_lossy(&bytes));
        }
        let pretty = serde_json::to_vec_pretty(&basket).unwrap();
        prop_assert_eq!(ALL[0].shape.check(&pretty, Mode::Full, &limits), Ok(()));
    }

    #[test]
    fn arbitrary_bytes_are_judged_alike(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        agree(&bytes).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn arbitrary_marks_of_json_are_judged_alike(text in "[\\[\\]{}:,\"a\\\\u0d1e.+tfn \\-]{0,16}") {
        agree(text.as_bytes()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_mutated_document_is_judged_alike(
        basket in basket(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 0..4),
    ) {
        let mut documents = vec![serde_json::to_vec(&basket).unwrap()];
        for item in &basket.items {
            documents.push(serde_json::to_vec(item).unwrap());
        }
        documents.push(serde_json::to_vec(&basket.payment).unwrap());
        documents.push(serde_json::to_vec(&basket.discount).unwrap());
        documents.push(serde_json::to_vec(&basket.note).unwrap());
        documents.push(serde_json::to_vec(&basket.open).unwrap());
        documents.push(serde_json::to_vec(&basket.envelope).unwrap());
        for document in documents {
            agree(&mutated(document, &edits)).map_err(TestCaseError::fail)?;
        }
    }
}
