//! What a client does after a restart: it sends again, under its key, each write that was not answered.

use crate::{
    check::{Findings, Unanswered},
    client::{Answer, Client},
    journal::{Basket, Change, Journal},
};

/// Sends every write that a check found unanswered once more, and puts the answers into the journal: what was done is
/// answered as it would have been then and not done twice, what was not done is done now.
///
/// # Panics
/// When the server does not answer.
pub fn retry(client: &mut Client, journal: &mut Journal, findings: &mut Findings) {
    for one in &findings.unanswered {
        let (method, target, body) = one.sent.write.request(&one.id);
        let answer = client.send_under(&one.sent.key, method, &target, body.as_deref()).expect("it answers");
        let replayed = answer.header("idempotency-replayed") == Some("true");
        if one.there.is_some_and(|there| there != replayed) {
            findings.wrong.push(format!("the write and the record of {one:?} are apart: replayed is {replayed}"));
        }
        let settled = if journal.owned.contains_key(&one.id) { owned } else { shared };
        if !settled(journal, one, &answer) {
            findings.wrong.push(format!("{one:?} was answered {answer:?}"));
        }
        journal.acknowledged += 1;
    }
}

fn owned(journal: &mut Journal, one: &Unanswered, answer: &Answer) -> bool {
    let Some(owned) = journal.owned.get_mut(&one.id) else { return false };
    let after = match &owned.settled {
        Some(settled) if one.there != Some(false) => settled.clone(),
        before => one.sent.write.applied(before),
    };
    let acknowledged = one.sent.write.is_acknowledged_by(answer, &after);
    owned.settled = Some(after);
    acknowledged
}

/// The number of a line that was there is the one that it has; a new line has a new one.
fn shared(journal: &mut Journal, one: &Unanswered, answer: &Answer) -> bool {
    let (Some(shared), Change::Add(line)) = (journal.shared.get_mut(&one.id), &one.sent.write) else { return false };
    let number = answer.json()["lineNumber"].as_u64().and_then(|number| u32::try_from(number).ok());
    let Some(number) = number else { return false };
    let known = shared.settled.insert(number, line.clone());
    let right = if one.there == Some(true) { known.as_ref() == Some(line) } else { known.is_none() };
    let after = Basket { lines: shared.settled.clone(), last: number, submitted: false };
    right && one.sent.write.is_acknowledged_by(answer, &after)
}
