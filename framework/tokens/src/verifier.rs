//! The verifier: the steps in their order.

mod single;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use enaction_core::{Time, TokenKind};
use futures_util::future::join_all;

use crate::{
    Algorithm, DenyKind, Denylist, Pair, Refusal, TokenFacts, Verified, VerifierSettings, cache::PairCache,
    claims::TokenClaims, header::Header, issuer_keys::IssuerKeys, pair::Both, parts::Parts, refusal::Reason, rules,
    verified::IssuerKey,
};

pub use single::VerifiedId;

/// Verifies token pairs. One for a server, shared by its threads.
///
/// Every step is applied to `id_token`, then to `site_token`, before the next step; nothing of a payload is used before
/// its signature holds. So for two mistakes there is one answer: that of the earlier step.
pub struct Verifier {
    settings: VerifierSettings,
    issuers: Vec<IssuerKeys>,
    denylist: Arc<Denylist>,
    cache: PairCache,
    /// Grows whenever a key set changes.
    keys_generation: Arc<AtomicU64>,
}

/// Why a pair was not verified.
enum Stop {
    Refused(Refusal),
    /// A key is not in the sets. They may be old, so this is no refusal yet; what it would be.
    UnknownKey(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Verifier {
    /// A verifier without keys. Await [`refresh_all`](Self::refresh_all) before the first request, and every 5 minutes.
    #[must_use]
    pub fn new(settings: VerifierSettings, denylist: Arc<Denylist>) -> Self {
        // Said, not left to be found out: when another crate of the program turns on a second one, jsonwebtoken would
        // panic.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let keys_generation = Arc::new(AtomicU64::new(0));
        let keys = |issuer| IssuerKeys::new(issuer, &settings, Arc::clone(&keys_generation));
        let issuers = settings.issuers.iter().map(keys).collect();
        let cache = PairCache::new(settings.cache_pairs_max);
        Self { settings, issuers, denylist, cache, keys_generation }
    }

    /// Finds the pair of a request: [`carriers`](crate::carriers) with the length of these settings.
    ///
    /// # Errors
    /// As [`carriers`](crate::carriers).
    pub fn carriers<'a>(&self, fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Pair<'a>, Refusal> {
        crate::carriers(fields, self.settings.token_chars_max)
    }

    /// A pair that was verified before and still holds. Takes well below a microsecond and allocates nothing.
    #[must_use]
    pub fn try_verify(&self, pair: &Pair<'_>, now: Time) -> Option<Arc<Verified>> {
        let verified = self.cache.get(*pair)?;
        if self.still_holds(&verified, now) {
            return Some(verified);
        }
        self.cache.remove(*pair);
        None
    }

    /// Verifies a pair. It waits only when a key is not known and the key sets may be fetched again, which happens at
    /// most once in 30 seconds. Needs the timers of a tokio runtime.
    ///
    /// # Errors
    /// The [`Refusal`] of the first rule that does not hold.
    ///
    /// # Cancel safety
    /// A fetch that is under way when this is given up is finished by the next that waits for it.
    pub async fn verify(&self, pair: &Pair<'_>, now: Time) -> Result<Arc<Verified>, Refusal> {
        if let Some(verified) = self.try_verify(pair, now) {
            return Ok(verified);
        }
        match self.check(pair, now) {
            Err(Stop::UnknownKey(_)) => {
                self.refresh_for_unknown_key(now).await;
                self.check(pair, now)
            }
            answer => answer,
        }
        .map_err(|(Stop::Refused(refusal) | Stop::UnknownKey(refusal))| refusal)
    }

    /// Fetches the key sets of all issuers. A set that can not be fetched stays as it was. Needs the timers of a tokio
    /// runtime.
    pub async fn refresh_all(&self, now: Time) {
        join_all(self.issuers.iter().map(|keys| keys.refresh(now))).await;
    }

    /// The same where a key is not known, no more often than is good for the sources.
    async fn refresh_for_unknown_key(&self, now: Time) {
        join_all(self.issuers.iter().map(|keys| keys.refresh_for_unknown_key(now))).await;
    }

    /// Whether there is a key set of every issuer: whether the server is ready.
    #[must_use]
    pub fn has_keys(&self, now: Time) -> bool {
        self.issuers.iter().all(|keys| keys.current(now).is_some())
    }

    /// The denylist that pairs are held against.
    #[must_use]
    pub fn denylist(&self) -> &Arc<Denylist> {
        &self.denylist
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &VerifierSettings {
        &self.settings
    }

    /// How many verified pairs are remembered.
    #[must_use]
    pub fn cached_pairs(&self) -> usize {
        self.cache.len()
    }

    /// Steps 1 and 3 to 15.
    fn check(&self, pair: &Pair<'_>, now: Time) -> Result<Arc<Verified>, Stop> {
        // Before anything is looked up: what changes meanwhile is noticed at the next use.
        let clean_at = AtomicU64::new(self.denylist.generation());
        let keys_at = AtomicU64::new(self.keys_generation());
        let settings = &self.settings;
        let tokens = Both { id: pair.id, site: pair.site };

        // 1, 3, 4, 5: what the token looks like
        tokens.try_map(|kind, token| {
            if token.bytes().len() > settings.token_chars_max { Err(Refusal::too_long(kind)) } else { Ok(()) }
        })?;
        let parts = tokens.try_map(|kind, token| Parts::of(*token).map_err(refuse(kind)))?;
        let headers = parts.try_map(|kind, parts| Header::of(&parts.header).map_err(refuse(kind)))?;
        let algorithms = headers.try_map(|kind, header| self.algorithm(header).map_err(refuse(kind)))?;

        // 6, 7, 8: the key that it names
        let keys = headers.try_map(|kind, header| self.key(kind, header, now))?;
        keys.try_map(|kind, key| self.check_key(kind, key, *algorithms.of(kind), now).map_err(refuse(kind)))?;
        headers.try_map(
            |kind, header| {
                if header.has_type_of(kind) { Ok(()) } else { Err(Refusal::invalid(kind, Reason::TYPE)) }
            },
        )?;

        // 9, 10: what was signed
        parts.try_map(|kind, parts| {
            let holds = keys.of(kind).key.verifies(parts.signed, parts.signature);
            if holds { Ok(()) } else { Err(Refusal::invalid(kind, Reason::SIGNATURE)) }
        })?;
        let claims = parts.try_map(|kind, parts| TokenClaims::of(kind, &parts.payload).map_err(refuse(kind)))?;

        // 11, 12, 13, 14: whether it is valid here and now
        claims.try_map(|kind, claims| {
            let owner = self.owner(keys.of(kind)).ok_or_else(|| Refusal::invalid(kind, Reason::ISSUER))?;
            settings.check_validity(kind, claims, owner, now).map_err(refuse(kind))
        })?;
        claims.try_map(|kind, claims| settings.check_audience(kind, claims).map_err(refuse(kind)))?;
        let facts = claims.try_map(|kind, claims| {
            let facts = TokenFacts::of(claims, &keys.of(kind).key);
            if facts.is_denied(&self.denylist, now) { Err(Refusal::invalid(kind, Reason::DENIED)) } else { Ok(facts) }
        })?;
        claims.try_map(
            |kind, claims| {
                if claims.cnf.is_some() { Err(Refusal::invalid(kind, Reason::SENDER)) } else { Ok(()) }
            },
        )?;

        // 15: whether the two belong together
        settings.check_binding(&claims).map_err(Refusal::mismatch)?;

        let verified = Arc::new(Verified {
            caller: rules::caller(&claims),
            expires: settings.usable_until(&claims.id).min(settings.usable_until(&claims.site)),
            on_behalf_of: rules::on_behalf_of(&claims),
            facts,
            keys,
            clean_at,
            keys_at,
        });
        self.cache.insert(*pair, Arc::clone(&verified));
        Ok(verified)
    }

    /// Step 5: an algorithm that some issuer may use. Which issuer it is, only the key tells.
    fn algorithm(&self, header: &Header) -> Result<Algorithm, Reason> {
        let algorithm = header.alg.as_deref().and_then(Algorithm::named).ok_or(Reason::ALGORITHM)?;
        let allowed = self.settings.issuers.iter().any(|issuer| issuer.algorithms.contains(&algorithm));
        if allowed { Ok(algorithm) } else { Err(Reason::ALGORITHM) }
    }

    /// Step 6: the key of the name, from memory.
    fn key(&self, kind: TokenKind, header: &Header, now: Time) -> Result<IssuerKey, Stop> {
        let kid = header.kid().map_err(refuse(kind))?;
        let mut complete = !self.issuers.is_empty();
        for (issuer, keys) in self.issuers.iter().enumerate() {
            match keys.current(now) {
                Some(set) => {
                    if let Some(key) = set.get(kid) {
                        return Ok(IssuerKey { key: Arc::clone(key), issuer });
                    }
                }
                None => complete = false,
            }
        }
        let refusal = if complete { Refusal::invalid(kind, Reason::KEY) } else { Refusal::keys_unavailable(kind) };
        Err(Stop::UnknownKey(refusal))
    }

    /// Step 7.
    fn check_key(&self, kind: TokenKind, found: &IssuerKey, algorithm: Algorithm, now: Time) -> Result<(), Reason> {
        let IssuerKey { key, issuer } = found;
        let allowed = self.settings.issuers.get(*issuer).is_some_and(|issuer| issuer.algorithms.contains(&algorithm));
        if key.algorithm() != algorithm || !allowed || key.kind() != kind {
            Err(Reason::KEY_USE)
        } else if self.denylist.denies(DenyKind::Kid, key.kid(), now, now) {
            Err(Reason::KEY_DENIED)
        } else {
            Ok(())
        }
    }

    fn owner(&self, found: &IssuerKey) -> Option<&str> {
        self.settings.issuers.get(found.issuer).map(|issuer| &*issuer.issuer)
    }

    /// Whether a pair that was verified still holds: in the common case three comparisons.
    fn still_holds(&self, verified: &Verified, now: Time) -> bool {
        now <= verified.expires && self.is_still_clean(verified, now) && self.has_still_keys(verified, now)
    }

    fn is_still_clean(&self, verified: &Verified, now: Time) -> bool {
        let generation = self.denylist.generation();
        if verified.clean_at.load(Ordering::Relaxed) == generation {
            return true;
        }
        let clean = !verified.is_denied(&self.denylist, now);
        if clean {
            verified.clean_at.store(generation, Ordering::Relaxed);
        }
        clean
    }

    fn has_still_keys(&self, verified: &Verified, now: Time) -> bool {
        let generation = self.keys_generation();
        if verified.keys_at.load(Ordering::Relaxed) == generation {
            return true;
        }
        let held = verified.keys.try_map(|_, held| {
            let set = self.issuers.get(held.issuer).and_then(|keys| keys.current(now)).ok_or(())?;
            set.get(held.key.kid()).filter(|key| **key == held.key).map(|_| ()).ok_or(())
        });
        if held.is_ok() {
            verified.keys_at.store(generation, Ordering::Relaxed);
        }
        held.is_ok()
    }

    fn keys_generation(&self) -> u64 {
        self.keys_generation.load(Ordering::Acquire)
    }
}

const fn refuse(kind: TokenKind) -> impl Fn(Reason) -> Refusal {
    move |reason| Refusal::invalid(kind, reason)
}
