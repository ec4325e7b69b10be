//! No call sees or changes another scope's data.

use enaction_core::store::{Scope, Unit};

use crate::harness::*;

async fn only_acme_has_a(store: &Subjected) {
    done(store, unit().writes("a", 0, &[name("n"), code("c")])).await;
}

pub(crate) async fn a_scope_does_not_see_the_records_of_another(store: Subjected) {
    only_acme_has_a(&store).await;
    for scope in [globex(), Scope::Installation, Scope::Company("acm".into()), Scope::Company("acme2".into())] {
        assert_eq!(store.get(&scope, &[key("a")]).await.unwrap(), [None], "{scope}");
        assert_eq!(store.get(&scope, &[key("a"), key("b")]).await.unwrap(), [None, None], "{scope}");
    }
}

pub(crate) async fn a_scope_does_not_scan_the_records_of_another(store: Subjected) {
    only_acme_has_a(&store).await;
    assert!(store.scan(&globex(), &all_ids(), 9).await.unwrap().items.is_empty());
}

pub(crate) async fn a_scope_does_not_scan_the_entries_of_another(store: Subjected) {
    only_acme_has_a(&store).await;
    for index in [BY_NAME, CODE] {
        assert!(store.scan(&globex(), &entries(index), 9).await.unwrap().items.is_empty());
    }
}

pub(crate) async fn a_write_in_one_scope_does_not_touch_another(store: Subjected) {
    only_acme_has_a(&store).await;
    let before = version(&store, "a").await;
    let theirs = done(&store, Unit::new(globex()).reads("a", 0).writes("a", 0, &[name("n")])).await;
    assert_eq!(version(&store, "a").await, before);
    done(&store, Unit::new(globex()).removes("a", theirs)).await;
    assert_eq!(found(&store, &entries(BY_NAME), 9).await, ["a"]);
}

pub(crate) async fn a_unique_claim_is_free_in_another_scope(store: Subjected) {
    only_acme_has_a(&store).await;
    done(&store, Unit::new(globex()).writes("b", 0, &[code("c")])).await;
    done(&store, Unit::new(Scope::Installation).writes("b", 0, &[code("c")])).await;
    assert_eq!(found(&store, &entries(CODE), 9).await, ["a"]);
}

pub(crate) async fn a_company_that_is_named_like_the_installation_is_not_the_installation(store: Subjected) {
    done(&store, Unit::new(Scope::Installation).writes("a", 0, &[])).await;
    for company in ["i", "", "c:i", "c:"] {
        let scope = Scope::Company(company.into());
        assert_eq!(store.get(&scope, &[key("a")]).await.unwrap(), [None], "{company:?}");
    }
}
