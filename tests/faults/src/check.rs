//! Whether a server holds what the journal says: each acknowledged write once, of the others each whole or not at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    client::Client,
    journal::{Basket, Change, Journal, Line, Owned, Sent, Shared},
};

/// Description and price of each product.
pub type Catalogue = BTreeMap<String, (Value, i64)>;

/// A write that was not answered.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// The basket that it was for.
    pub id: String,
    /// What was sent.
    pub sent: Sent<Change>,
    /// Whether it is there; nothing where that can not be seen, because it changes nothing.
    pub there: Option<bool>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What is not as it should be, one sentence each.
    pub wrong: Vec<String>,
    /// Baskets that were looked at.
    pub baskets: usize,
    /// Writes without an answer.
    pub unanswered: Vec<Unanswered>,
}

impl Findings {
    /// How many writes without an answer are there, or are not.
    #[must_use]
    pub fn unanswered(&self, there: bool) -> usize {
        self.unanswered.iter().filter(|one| one.there.unwrap_or(true) == there).count()
    }
}

/// All items of a collection, page by page.
///
/// # Panics
/// When a page is not answered.
pub fn list(client: &mut Client, collection: &str) -> Vec<Value> {
    let mut target = Some(format!("/{collection}?limit=500"));
    let mut all = Vec::new();
    while let Some(page) = target {
        let answer = client.send("GET", &page, None).expect("a page is answered");
        assert_eq!(answer.status, 200, "{page}: {answer:?}");
        let mut body = answer.json();
        all.append(body["items"].as_array_mut().expect("a page has items"));
        target = body["next"].as_str().map(str::to_owned);
    }
    all
}

/// What the server sells.
///
/// # Panics
/// When it can not be read.
pub fn catalogue(client: &mut Client) -> Catalogue {
    let products = list(client, "products").into_iter();
    let known = products.map(|product| {
        let price = product["unitPrice"].as_i64().expect("a product has a price");
        (product["id"].as_str().expect("a product has an id").to_owned(), (product["description"].clone(), price))
    });
    known.collect()
}

/// Compares every basket of the server with the journal, and settles in the journal what was not answered.
///
/// # Panics
/// When the server does not answer.
pub fn check(client: &mut Client, catalogue: &Catalogue, journal: &mut Journal) -> Findings {
    let mut findings = Findings::default();
    let mut there = BTreeMap::new();
    for value in list(client, "baskets") {
        findings.baskets += 1;
        let id = value["id"].as_str().expect("a basket has an id").to_owned();
        if let Err(why) = read(&value, catalogue).map(|basket| there.insert(id.clone(), basket)) {
            findings.wrong.push(format!("{id}: {why}: {value}"));
        }
    }
    for (id, owned) in &mut journal.owned {
        check_owned(id, owned, there.remove(id), &mut findings);
    }
    for (id, shared) in &mut journal.shared {
        match there.remove(id) {
            Some(basket) => check_shared(id, shared, &basket, &mut findings),
            None => findings.wrong.push(format!("{id}: lost with {} lines", shared.settled.len())),
        }
    }
    findings.wrong.extend(there.keys().map(|id| format!("{id}: nobody opened it")));
    findings
}

fn check_owned(id: &str, owned: &mut Owned, there: Option<Basket>, findings: &mut Findings) {
    let pending = owned.pending.take();
    let with_pending = pending.as_ref().map(|pending| pending.write.applied(&owned.settled));
    let (before, after) = (there == owned.settled, with_pending.is_some() && there == with_pending);
    if !before && !after {
        let expected = &owned.settled;
        findings.wrong.push(format!("{id}: expected {expected:?}, or {with_pending:?}, found {there:?}"));
    }
    if let Some(sent) = pending {
        let there = (before != after).then_some(after);
        findings.unanswered.push(Unanswered { id: id.to_owned(), sent, there });
    }
    owned.settled = there;
}

fn check_shared(id: &str, shared: &mut Shared, there: &Basket, findings: &mut Findings) {
    for (number, line) in &shared.settled {
        if there.lines.get(number) != Some(line) {
            findings.wrong.push(format!("{id}: the line {number} was {line:?}, found {:?}", there.lines.get(number)));
        }
    }
    let mut pending = std::mem::take(&mut shared.pending);
    let unanswered = |Sent { write, key }: Sent<Line>, there: bool| {
        let sent = Sent { write: Change::Add(write), key };
        Unanswered { id: id.to_owned(), sent, there: Some(there) }
    };
    for (number, line) in there.lines.iter().filter(|(number, _)| !shared.settled.contains_key(number)) {
        match pending.iter().position(|one| one.write == *line) {
            Some(at) => findings.unanswered.push(unanswered(pending.swap_remove(at), true)),
            None => findings.wrong.push(format!("{id}: nobody sent the line {number} {line:?}, or it is there twice")),
        }
    }
    if usize::try_from(there.last) != Ok(there.lines.len()) {
        findings.wrong.push(format!("{id}: {} lines, and the last line number is {}", there.lines.len(), there.last));
    }
    findings.unanswered.extend(pending.into_iter().map(|sent| unanswered(sent, false)));
    shared.settled.clone_from(&there.lines);
}

/// Reads a basket, and refuses one that contradicts itself.
fn read(value: &Value, catalogue: &Catalogue) -> Result<Basket, String> {
    let mut basket = Basket::default();
    let mut total = 0;
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    basket.last = number(&value["lastLineNumber"]).ok_or("no last line number")?;
    for line in value["items"].as_array().ok_or("no lines")? {
        let line_number = number(&line["lineNumber"]).ok_or("a line without a number")?;
        let quantity = number(&line["quantity"]).ok_or("a line without a quantity")?;
        let item = line["itemId"].as_str().ok_or("a line without an item")?.to_owned();
        let (description, price) = catalogue.get(&item).ok_or("a line with an unknown item")?;
        let worth = price * i64::from(quantity);
        if line["description"] != *description || line["unitPrice"] != json!(price) || line["value"] != json!(worth) {
            return Err(format!("the line {line_number} is not priced as the catalogue says"));
        }
        total += worth;
        if line_number > basket.last || basket.lines.insert(line_number, Line { item, quantity }).is_some() {
            return Err(format!("the line number {line_number} stands twice, or behind the last"));
        }
    }
    basket.submitted = value["basketStatus"] == json!("SUBMITTED");
    let status = match (basket.submitted, basket.lines.is_empty()) {
        (true, false) => "SUBMITTED",
        (true, true) => return Err("submitted without lines".into()),
        (false, true) => "NEW",
        (false, false) => "IN_PROGRESS",
    };
    if value["basketStatus"] != json!(status) || value["total"] != json!(total) {
        return Err(format!("expected {status} and a total of {total}"));
    }
    Ok(basket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Change;

    fn milk(quantity: u32) -> Line {
        Line { item: "1001".into(), quantity }
    }

    fn with(lines: &[(u32, u32)], last: u32) -> Basket {
        let lines = lines.iter().map(|(number, quantity)| (*number, milk(*quantity))).collect();
        Basket { lines, last, submitted: false }
    }

    #[test]
    fn the_check_sees_what_is_lost_doubled_or_half_there() {
        let one = Some(with(&[(1, 3)], 1));
        let sent = |write: Change| Some(Sent { write, key: "k".into() });
        let add = sent(Change::Add(milk(5)));
        for (settled, pending, there, wrong) in [
            (one.clone(), None, one.clone(), 0),
            (one.clone(), add.clone(), one.clone(), 0),
            (one.clone(), add.clone(), Some(with(&[(1, 3), (2, 5)], 2)), 0),
            (None, sent(Change::Create), None, 0),
            (one.clone(), None, None, 1),
            (one.clone(), None, Some(with(&[], 0)), 1),
            (one.clone(), None, Some(with(&[(1, 3), (2, 3)], 2)), 1),
            (one.clone(), add, Some(with(&[(1, 3), (2, 5), (3, 5)], 3)), 1),
            (one, None, Some(with(&[(1, 3)], 2)), 1),
        ] {
            let mut findings = Findings::default();
            check_owned("b", &mut Owned { settled, pending }, there, &mut findings);
            assert_eq!(findings.wrong.len(), wrong, "{findings:?}");
        }
    }

    #[test]
    fn the_check_sees_lines_of_a_shared_basket_that_are_lost_or_doubled() {
        let known = Shared { settled: [(1, milk(1))].into(), pending: vec![Sent { write: milk(2), key: "k".into() }] };
        for (there, wrong) in [
            (with(&[(1, 1)], 1), 0),
            (with(&[(1, 1), (2, 2)], 2), 0),
            (with(&[(1, 2)], 1), 1),
            (with(&[(1, 1), (2, 2), (3, 2)], 3), 1),
            (with(&[(1, 1), (2, 1)], 2), 1),
            (with(&[(1, 1)], 2), 1),
        ] {
            let mut findings = Findings::default();
            check_shared("s", &mut known.clone(), &there, &mut findings);
            assert_eq!(findings.wrong.len(), wrong, "{there:?}: {findings:?}");
        }
    }

    #[test]
    fn the_check_refuses_a_basket_that_contradicts_itself() {
        let catalogue = Catalogue::from([("1001".to_owned(), (json!("Milk"), 129))]);
        let line = json!({"lineNumber": 1, "itemId": "1001", "description": "Milk", "quantity": 2, "unitPrice": 129, "value": 258});
        let whole = json!({"items": [line], "total": 258, "lastLineNumber": 1, "basketStatus": "IN_PROGRESS"});
        assert!(read(&whole, &catalogue).is_ok());
        for (pointer, other) in [
            ("/total", json!(129)),
            ("/lastLineNumber", json!(0)),
            ("/basketStatus", json!("NEW")),
            ("/items/0/value", json!(129)),
            ("/items", json!([])),
        ] {
            let mut half = whole.clone();
            *half.pointer_mut(pointer).expect("it is there") = other;
            assert!(read(&half, &catalogue).is_err(), "{half}");
        }
    }
}
