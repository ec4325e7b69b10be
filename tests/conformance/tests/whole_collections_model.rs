//! Whole collections against a model: whatever is sent, in whatever order, the collection holds what the model holds.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::shop::Shop;

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];
const PATH: &str = "/customers/anna/orders";

/// What is sent: which items, with which totals.
#[derive(Clone, Debug)]
enum Sent {
    Replace(Vec<(usize, i64)>),
    Modify(Vec<(usize, i64)>),
    Delete,
}

/// The totals by id.
type Model = BTreeMap<&'static str, i64>;

impl Sent {
    fn items(items: &[(usize, i64)]) -> String {
        let one = |(id, total): &(usize, i64)| json!({ "id": IDS[*id], "total": total });
        items.iter().map(one).collect::<Value>().to_string()
    }

    fn request(&self) -> (&'static str, String) {
        match self {
            Self::Replace(items) => ("PUT", Self::items(items)),
            Self::Modify(items) => ("PATCH", Self::items(items)),
            Self::Delete => ("DELETE", String::new()),
        }
    }

    /// Nothing where it is refused.
    fn after(&self, before: &Model) -> Option<Model> {
        let (items, mut after) = match self {
            Self::Delete => return Some(Model::new()),
            Self::Replace(items) => (items, Model::new()),
            Self::Modify(items) => (items, before.clone()),
        };
        for (at, (id, total)) in items.iter().enumerate() {
            let twice = items[..at].iter().any(|(other, _)| other == id);
            let unknown = matches!(self, Self::Modify(_)) && !before.contains_key(IDS[*id]);
            if twice || unknown || *total > 1000 {
                return None;
            }
            after.insert(IDS[*id], *total);
        }
        Some(after)
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let items = || prop::collection::vec((0..IDS.len(), prop_oneof![9 => 0..=1000_i64, 1 => Just(1001)]), 0..5);
    prop_oneof![4 => items().prop_map(Sent::Replace), 4 => items().prop_map(Sent::Modify), 1 => Just(Sent::Delete)]
}

#[test]
fn a_collection_holds_what_its_model_holds() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/customers", r#"{"id":"anna"}"#, &[]).status, 201);
    let mut runner = TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() });
    let result = runner.run(&prop::collection::vec(sent(), 1..12), |all| {
        assert_eq!(shop.ask("DELETE", PATH, "", &[]).status, 204);
        let mut model = Model::new();
        for one in all {
            let (method, body) = one.request();
            let status = shop.ask(method, PATH, &body, &[]).status;
            match one.after(&model) {
                Some(after) => {
                    prop_assert_eq!(status, if method == "DELETE" { 204 } else { 200 });
                    model = after;
                }
                None => prop_assert_eq!(status, 422),
            }
            let page = shop.ask("GET", PATH, "", &[]).json();
            let held = page["items"].as_array().into_iter().flatten();
            let held: Vec<_> = held.map(|item| (item["id"].clone(), item["total"].clone())).collect();
            let expected: Vec<_> = model.iter().map(|(id, total)| (Value::from(*id), Value::from(*total))).collect();
            prop_assert_eq!(held, expected);
        }
        Ok(())
    });
    result.expect("the collection is as the model");
}
