//! Whose tokens hold no more though they have not expired: those of a person, a device or a client that was disabled or
//! deleted, and of whoever lost or changed a membership. Services hear of it with the policy.

use std::{collections::BTreeMap, time::Duration};

use enaction::{catalogue, prelude::*};

use crate::{
    resources::{Membership, SYSTEM, all_of},
    token::SITE_TOKEN_LIFE,
};

/// The revocations of a company, under its id; those of everywhere hold in every company.
#[entity("revocations")]
pub(crate) struct Revocations {
    #[entity(given)]
    pub id: Id<Revocations>,
    /// Of a subject, a client or a device, tokens issued before this time hold no more.
    pub named: BTreeMap<String, Time>,
    /// Of everybody, where more were revoked than are named.
    pub all: Option<Time>,
}

/// In the place of the id of a company: no company has it.
const EVERYWHERE: &str = "everywhere";
/// A command that revokes commits this long after it began, at the latest, by whichever clock: a token issued meanwhile may
/// rest on what is no longer so. Tokens that are issued behind it say that they were issued then.
const SETTLES: Duration = Duration::from_secs(25);
/// Verifiers take no token that was issued further ahead than 60 s.
const AHEAD_MAX: Duration = Duration::from_secs(50);
/// How long a token is met that was issued before: its life, the leeway of verifiers, and room for clocks that differ.
const KEPT: Duration = SITE_TOKEN_LIFE.saturating_add(Duration::from_secs(60));
/// How many are named; for more, every token is revoked that is as old as theirs.
const NAMED_MAX: usize = 500;

impl Revocations {
    fn forget(&mut self, now: Time) {
        let is_met = |time: &Time| time.plus(KEPT) > now;
        self.named.retain(|_, time| is_met(time));
        self.all = self.all.filter(is_met);
    }

    fn add(&mut self, name: &str, now: Time) {
        self.forget(now);
        // Later than the one before, because tokens were issued at that.
        let least = self.issued_at_least(name).map_or(0, |before| before.seconds() + 1);
        let seconds = least.max(now.plus(SETTLES).seconds() + 1);
        self.named.insert(name.to_owned(), Time::from_millis(seconds * 1000));
        while self.named.len() > NAMED_MAX
            && let Some((oldest, time)) = self.named.iter().min_by_key(|(_, time)| **time)
        {
            let (oldest, time) = (oldest.clone(), *time);
            self.named.remove(&oldest);
            self.all = self.all.max(Some(time));
        }
    }

    fn issued_at_least(&self, name: &str) -> Option<Time> {
        self.named.get(name).copied().max(self.all)
    }
}

/// Revokes what was issued to somebody for a company.
pub(crate) async fn revoke(cx: &mut WriteContext, company: &str, name: &str) -> Result<()> {
    let stored = of_company(cx, company).await?;
    let mut revocations = stored.as_deref().cloned().unwrap_or_default();
    revocations.id = company.parse().unwrap_or_default();
    revocations.add(name, cx.now());
    if revocations.issued_at_least(name) > Some(cx.now().plus(AHEAD_MAX)) {
        // Of one that is changed again and again: each time is later than the one before.
        return Err(catalogue::CONTENDED.fault().with_retry_after(Duration::from_secs(1)));
    }
    match stored {
        Some(_) => cx.update(revocations).await?,
        None => cx.create(revocations).await?,
    };
    Ok(())
}

/// When a token for a company says that it was issued: now, and not before what was revoked of one of these names.
pub(crate) async fn issued(cx: &ReadContext, company: &str, names: &[&str]) -> Result<Time> {
    let mut issued = cx.now();
    for revocations in in_force(cx, company).await? {
        let least = names.iter().filter_map(|name| revocations.issued_at_least(name)).max();
        issued = issued.max(least.unwrap_or(issued));
    }
    Ok(issued)
}

/// What holds for the tokens of a company: its own revocations, and those of everywhere.
pub(crate) async fn in_force(cx: &ReadContext, company: &str) -> Result<Vec<Revocations>> {
    let own = of_company(cx, company).await?;
    let mut both: Vec<_> = of_company(cx, EVERYWHERE).await?.into_iter().chain(own).map(Stored::into_inner).collect();
    both.iter_mut().for_each(|revocations| revocations.forget(cx.now()));
    Ok(both)
}

async fn of_company(cx: &ReadContext, company: &str) -> Result<Option<Stored<Revocations>>> {
    let id: Id<Revocations> = company.parse().unwrap_or_default();
    cx.get(&id).await
}

/// Revokes what was issued to a person, a device or a client of the company, or by way of it: in the company itself, and in
/// `system` where it has a membership there. No other company lets it in.
pub(crate) async fn revoke_subject(cx: &mut WriteContext, name: &str) -> Result<()> {
    let company = cx.company();
    revoke(cx, &company, name).await?;
    if *company != *SYSTEM && all_of::<Membership>(cx, SYSTEM).await?.iter().any(|one| one.subject.as_str() == name) {
        revoke(cx, SYSTEM, name).await?;
    }
    Ok(())
}

/// Revokes what anybody was issued by way of a client that may have tokens for anybody.
pub(crate) async fn revoke_everywhere(cx: &mut WriteContext, name: &str) -> Result<()> {
    revoke(cx, EVERYWHERE, name).await
}

/// Takes away what is kept of a company that is deleted.
pub(crate) async fn clear(cx: &mut WriteContext, company: &str) -> Result<()> {
    if let Some(revocations) = of_company(cx, company).await? {
        cx.delete(&revocations.id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use enaction::Time;

    use super::{KEPT, NAMED_MAX, Revocations, SETTLES};

    #[test]
    fn every_token_issued_before_is_revoked_however_many_there_are() {
        let mut revocations = Revocations::default();
        let at = |second: usize| Time::from_millis(1_800_000_000_999 + i64::try_from(second).unwrap_or(i64::MAX) * 100);
        for number in 0..NAMED_MAX * 3 {
            let (name, now) = (number.to_string(), at(number));
            revocations.add(&name, now);
            let until = revocations.issued_at_least(&name);
            assert!(until >= Some(now.plus(SETTLES)), "what is issued while the command runs is revoked too");
            assert_eq!(until.map(|until| until.millis() % 1000), Some(0), "tokens count whole seconds");
        }
        assert_eq!(revocations.named.len(), NAMED_MAX);
        for number in 0..NAMED_MAX * 3 {
            let least = revocations.issued_at_least(&number.to_string());
            assert!(least > Some(at(number)), "{number} is revoked, by name or with all");
        }
        let others = revocations.issued_at_least("another");
        assert!(others < Some(at(NAMED_MAX * 2).plus(SETTLES + SETTLES)), "what is newer of others holds: {others:?}");
        revocations.forget(at(NAMED_MAX * 3).plus(SETTLES + KEPT + SETTLES));
        assert_eq!(revocations, Revocations::default());
    }
}
