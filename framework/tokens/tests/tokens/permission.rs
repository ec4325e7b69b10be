//! What a verified caller may do.

use std::sync::Arc;

use enaction_core::{Caller, Claims, Policy};
use enaction_tokens::{require_permission, require_scope};

fn caller(scope: Option<&[&str]>, roles: &[&str]) -> Caller {
    let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>();
    Caller::new(Claims { scope: scope.map(names), roles: names(roles), ..Claims::default() })
}

#[test]
fn step_17_a_scope_narrows() {
    for (scope, permission, allowed) in [
        (None, "baskets.create", true),
        (Some(&["baskets.create"][..]), "baskets.create", true),
        (Some(&["stock.read", "baskets.*"][..]), "baskets.create", true),
        (Some(&["stock.read"][..]), "baskets.create", false),
        (Some(&[][..]), "baskets.create", false),
    ] {
        assert_eq!(require_scope(&caller(scope, &[]), permission).is_ok(), allowed, "{scope:?} for {permission}");
    }
}

#[test]
fn step_17_the_challenge_names_the_scope() {
    let refusal = require_scope(&caller(Some(&[]), &[]), "baskets.create").unwrap_err();
    assert_eq!((refusal.fault().code(), refusal.fault().kind().status()), ("insufficient_scope", 403));
    assert_eq!(
        refusal.challenge(),
        Some(
            "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"the token was issued for less\", \
             token=\"site\", scope=\"baskets.create\""
        )
    );
}

#[test]
fn step_18_a_role_holds_permissions() {
    let policy = Policy { roles: [("cashier".to_owned(), vec!["baskets.*".to_owned()])].into(), ..Policy::default() };
    assert!(require_permission(&caller(None, &["cashier"]), &policy, "baskets.create").is_ok());
    for roles in [&[][..], &["manager"][..]] {
        let refusal = require_permission(&caller(None, roles), &policy, "baskets.create").unwrap_err();
        assert_eq!((refusal.fault().code(), refusal.challenge()), ("permission_denied", None));
    }
    assert!(require_permission(&caller(None, &["cashier"]), &policy, "stock.read").is_err());
}
