//! The journal of what was acknowledged. It is kept outside the server, so that nothing that happens there can change it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::Answer;

/// A line of a basket, as the client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which product.
    pub item: String,
    /// How many.
    pub quantity: u32,
}

/// A basket, as the client knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basket {
    /// By line number.
    pub lines: BTreeMap<u32, Line>,
    /// The last line number that was given out.
    pub last: u32,
    /// Whether it was submitted.
    pub submitted: bool,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Opens the basket.
    Create,
    /// Adds a line.
    Add(Line),
    /// Changes how many of a line; 0 takes it away.
    Quantity(u32, u32),
    /// Completes the basket.
    Submit,
}

impl Change {
    /// The basket behind it.
    #[must_use]
    pub fn applied(&self, before: &Option<Basket>) -> Basket {
        let mut basket = before.clone().unwrap_or_default();
        match self {
            Self::Create => {}
            Self::Add(line) => {
                basket.last += 1;
                basket.lines.insert(basket.last, line.clone());
            }
            Self::Quantity(number, 0) => drop(basket.lines.remove(number)),
            Self::Quantity(number, quantity) => {
                basket.lines.entry(*number).and_modify(|line| line.quantity = *quantity);
            }
            Self::Submit => basket.submitted = true,
        }
        basket
    }

    /// Method, target and body of its request.
    #[must_use]
    pub fn request(&self, id: &str) -> (&'static str, String, Option<String>) {
        match self {
            Self::Create => ("POST", "/baskets".into(), Some(json!({"id": id, "basketType": "BASKET"}).to_string())),
            Self::Add(line) => {
                let body = json!({"itemId": line.item, "quantity": line.quantity});
                ("POST", format!("/baskets/{id}/items"), Some(body.to_string()))
            }
            Self::Quantity(number, quantity) => {
                ("PATCH", format!("/baskets/{id}/items/{number}/quantity"), Some(quantity.to_string()))
            }
            Self::Submit => ("POST", format!("/baskets/{id}/submit"), None),
        }
    }

    /// Whether an answer acknowledges it, and says what it did.
    #[must_use]
    pub fn is_acknowledged_by(&self, answer: &Answer, after: &Basket) -> bool {
        let body = answer.json();
        match self {
            Self::Create => answer.status == 201 && body["items"] == json!([]),
            Self::Add(line) => {
                answer.status == 201 && body["lineNumber"] == json!(after.last) && says(&body, line, &line.item)
            }
            Self::Quantity(_, 0) => answer.status == 204,
            Self::Quantity(number, _) => {
                answer.status == 200 && says(&body, &after.lines[number], &after.lines[number].item)
            }
            Self::Submit => answer.status == 200 && body["basketStatus"] == json!("SUBMITTED"),
        }
    }
}

fn says(body: &Value, line: &Line, item: &str) -> bool {
    body["itemId"] == json!(item) && body["quantity"] == json!(line.quantity)
}

/// A write that was sent and not answered, with the key that it may be sent again under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent<W> {
    /// What was to be written.
    pub write: W,
    /// Its `Idempotency-Key`.
    pub key: String,
}

/// A basket that one client alone writes: it is known exactly, but for the one write that was not answered.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    /// What was acknowledged; none when not even its creation was.
    pub settled: Option<Basket>,
    /// What was sent and not answered.
    pub pending: Option<Sent<Change>>,
}

/// A basket to which every client adds lines. Each line that is ever sent to it is a different one.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Acknowledged lines by their number.
    pub settled: BTreeMap<u32, Line>,
    /// Lines that were sent and not answered.
    pub pending: Vec<Sent<Line>>,
}

/// Everything that clients were told, and what they asked without being told.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// By id.
    pub owned: BTreeMap<String, Owned>,
    /// By id.
    pub shared: BTreeMap<String, Shared>,
    /// Writes that were acknowledged.
    pub acknowledged: usize,
    /// How often the store refused a write, by the code of the problem; it was sent again until it was acknowledged.
    pub refused: BTreeMap<String, usize>,
}

impl Journal {
    /// Takes in what one client knows.
    ///
    /// # Panics
    /// When two clients were told the same of a shared basket.
    pub fn take(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.owned.extend(other.owned);
        for (id, theirs) in other.shared {
            let ours = self.shared.entry(id).or_default();
            for (number, line) in theirs.settled {
                let before = ours.settled.insert(number, line);
                assert_eq!(before, None, "the line number {number} was given out twice");
            }
            ours.pending.extend(theirs.pending);
        }
    }
}
