//! The scope of a token request: names of permissions, which narrow, and `openid`, which asks for an `id_token`.

use enaction::Result;

use crate::{INVALID_SCOPE, resources::is_permission};

/// Longer scopes would make tokens that no verifier takes.
const CHARS_MAX: usize = 1_000;
const OPENID: &str = "openid";

/// A scope that was asked for; it can be granted whole, since a name that no role holds allows nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) openid: bool,
    permissions: Vec<String>,
}

impl Scope {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self> {
        let mut scope = Self::default();
        let text = text.unwrap_or_default();
        if text.len() > CHARS_MAX {
            return Err(INVALID_SCOPE.because("expected at most 1000 characters"));
        }
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            if name == OPENID {
                scope.openid = true;
            } else if !is_permission(name) {
                return Err(INVALID_SCOPE.because("expected names of permissions such as baskets.create or baskets.*"));
            } else if !scope.permissions.iter().any(|known| known == name) {
                scope.permissions.push(name.to_owned());
            }
        }
        Ok(scope)
    }

    /// What the claim `scope` says; absent when nothing is narrowed.
    pub(crate) fn claim(&self) -> Option<String> {
        (!self.permissions.is_empty()).then(|| self.permissions.join(" "))
    }

    /// What the answer says.
    pub(crate) fn granted(&self) -> Option<String> {
        let all = self.openid.then_some(OPENID).into_iter().chain(self.permissions.iter().map(String::as_str));
        let all = all.collect::<Vec<_>>().join(" ");
        (!all.is_empty()).then_some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_scope_is_made_of_permission_names_and_openid() {
        for (text, answer) in [
            ("", Some((false, None, None))),
            ("openid", Some((true, None, Some("openid")))),
            ("baskets.*", Some((false, Some("baskets.*"), Some("baskets.*")))),
            ("a.b  openid a.b c", Some((true, Some("a.b c"), Some("openid a.b c")))),
            ("*", Some((false, Some("*"), Some("*")))),
            ("a.*.b", None),
            ("Baskets", None),
            (".a", None),
            ("a..b", None),
            ("a\tb", None),
        ] {
            let scope = Scope::parse(Some(text)).ok();
            let found = scope.as_ref().map(|scope| (scope.openid, scope.claim(), scope.granted()));
            let answer =
                answer.map(|(openid, claim, granted)| (openid, claim.map(str::to_owned), granted.map(str::to_owned)));
            assert_eq!(found, answer, "{text:?}");
        }
        assert!(Scope::parse(Some(&"a ".repeat(501))).is_err());
    }
}
