//! The rules that the claims of a verified signature are held against: steps 11, 12 and 15.

use std::{sync::Arc, time::Duration};

use enaction_core::{Caller, Claims, Time, TokenKind};

use crate::{
    VerifierSettings,
    claims::TokenClaims,
    pair::Both,
    refusal::{Reason, name},
};

impl VerifierSettings {
    /// Step 11: issued by the owner of the key, valid now, for no longer than its kind may be, as that kind.
    pub(crate) fn check_validity(
        &self,
        kind: TokenKind,
        claims: &TokenClaims,
        owner: &str,
        now: Time,
    ) -> Result<(), Reason> {
        let future = now.plus(self.leeway_future);
        if &*claims.iss != owner {
            Err(Reason::ISSUER)
        } else if now > self.usable_until(claims) {
            Err(Reason::EXPIRED)
        } else if claims.iat > future || claims.nbf.is_some_and(|begin| begin > future) {
            Err(Reason::NOT_YET)
        } else if claims.exp <= claims.iat || claims.exp > claims.iat.plus(self.lifetime_max(kind)) {
            Err(Reason::LIFETIME)
        } else if &*claims.token_use != name(kind) {
            Err(Reason::TOKEN_USE)
        } else {
            Ok(())
        }
    }

    /// Step 12.
    pub(crate) fn check_audience(&self, kind: TokenKind, claims: &TokenClaims) -> Result<(), Reason> {
        let wanted = match kind {
            TokenKind::Id => &self.audience_id,
            TokenKind::Site => &self.audience_site,
        };
        if claims.aud.contains(wanted) { Ok(()) } else { Err(Reason::AUDIENCE) }
    }

    /// Step 15: whether two valid tokens were issued to one caller; what they differ in if not.
    pub(crate) fn check_binding(&self, claims: &Both<TokenClaims>) -> Result<(), &'static str> {
        let Both { id, site } = claims;
        for (equal, word) in [
            (id.iss == site.iss, "pair_iss"),
            (id.sub == *site.actor.as_ref().unwrap_or(&site.sub), "pair_sub"),
            (id.client == site.client, "pair_client"),
            (id.sid == site.sid, "pair_sid"),
            (id.dev == site.dev, "pair_dev"),
            (id.cnf == site.cnf, "pair_cnf"),
            (id.auth_time.is_none_or(|login| site.iat.plus(self.leeway_future) >= login), "pair_auth_time"),
        ] {
            if !equal {
                return Err(word);
            }
        }
        Ok(())
    }

    /// The last moment at which a token is taken.
    pub(crate) fn usable_until(&self, claims: &TokenClaims) -> Time {
        claims.exp.plus(self.leeway_exp)
    }

    const fn lifetime_max(&self, kind: TokenKind) -> Duration {
        match kind {
            TokenKind::Id => self.lifetime_id_max,
            TokenKind::Site => self.lifetime_site_max,
        }
    }
}

/// Who calls, by a pair that holds: the subject of `id_token` with the rights of `site_token`.
pub(crate) fn caller(claims: &Both<TokenClaims>) -> Caller {
    let Both { id, site } = claims;
    Caller::new(Claims {
        subject: id.sub.clone(),
        kind: id.sub_type.unwrap_or_default(),
        client: id.client.clone(),
        device: id.device(),
        company: site.company.clone().unwrap_or_default(),
        site: site.site.clone(),
        roles: site.roles.clone(),
        scope: site.scope.clone(),
        issued: site.iat,
    })
}

/// The subject of `site_token` when another calls for it.
pub(crate) fn on_behalf_of(claims: &Both<TokenClaims>) -> Option<Arc<str>> {
    claims.site.actor.as_ref().map(|_| claims.site.sub.clone())
}

#[cfg(test)]
mod tests {
    use enaction_core::TokenKind;

    use crate::{VerifierSettings, claims::TokenClaims, pair::Both};

    /// Not seen from outside before proofs of possession are checked, since a bound token is refused until then.
    #[test]
    fn step_15_two_tokens_that_are_bound_to_two_keys_do_not_belong_together() {
        const COMMON: &str = r#""iss":"i","sub":"s","aud":"a","exp":9,"iat":1,"jti":"j","token_use":"x""#;
        let id = |cnf: &str| {
            let payload = format!(r#"{{{COMMON},"azp":"c","sub_type":"user"{cnf}}}"#);
            TokenClaims::of(TokenKind::Id, payload.as_bytes()).unwrap()
        };
        let site = |cnf: &str| {
            let payload = format!(r#"{{{COMMON},"client_id":"c","company":"o"{cnf}}}"#);
            TokenClaims::of(TokenKind::Site, payload.as_bytes()).unwrap()
        };
        let (one, other) = (r#","cnf":{"jkt":"1"}"#, r#","cnf":{"jkt":"2"}"#);
        for (of_id, of_site, answer) in [
            ("", "", Ok(())),
            (one, one, Ok(())),
            (one, other, Err("pair_cnf")),
            (one, "", Err("pair_cnf")),
            ("", one, Err("pair_cnf")),
        ] {
            let claims = Both { id: id(of_id), site: site(of_site) };
            assert_eq!(VerifierSettings::default().check_binding(&claims), answer, "{of_id} and {of_site}");
        }
    }
}
