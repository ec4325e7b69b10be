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

async fn with_records_in(store: &Subjected, scopes: &[Scope]) {
    for scope in scopes {
        done(store, Unit::new(scope.clone()).writes("a", 0, &[name("n")]).writes("b", 0, &[])).await;
    }
}

fn company(id: &str) -> Scope {
    Scope::Company(id.into())
}

pub(crate) async fn the_scopes_that_hold_a_record_come_in_the_order_of_their_texts(store: Subjected) {
    let in_order = ["", "0", "A", "acme", "acme.1", "acme2", "i", "~", "é"].map(company);
    let in_order = [in_order.as_slice(), &[Scope::Installation]].concat();
    with_records_in(&store, &in_order.iter().rev().cloned().collect::<Vec<_>>()).await;
    assert_eq!(store.scopes(None, 99).await.unwrap(), in_order);
    assert_eq!(store.scopes(Some(&acme()), 99).await.unwrap(), in_order[4..]);
    assert_eq!(store.scopes(Some(&company("b")), 2).await.unwrap(), in_order[6..8]);
    assert_eq!(store.scopes(Some(&Scope::Installation), 9).await.unwrap(), []);
    assert_eq!(store.scopes(None, 0).await.unwrap(), []);
}

pub(crate) async fn scopes_behind_each_other_give_every_scope_once(store: Subjected) {
    let all: Vec<_> = (10..33).map(|number| company(&number.to_string())).collect();
    with_records_in(&store, &all).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.scopes(after.as_ref(), 5).await.unwrap();
        after = page.last().cloned();
        seen.extend(page);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

pub(crate) async fn a_scope_that_holds_nothing_is_none(store: Subjected) {
    assert_eq!(store.scopes(None, 9).await.unwrap(), []);
    refused(&store, unit().reads("a", 7).writes("a", 0, &[])).await;
    done(&store, Unit::new(globex()).reads("a", 0)).await;
    assert_eq!(store.scopes(None, 9).await.unwrap(), []);
    let a = done(&store, unit().writes("a", 0, &[name("n")])).await;
    assert_eq!(store.scopes(None, 9).await.unwrap(), [acme()]);
    done(&store, unit().removes("a", a)).await;
    assert_eq!(store.scopes(None, 9).await.unwrap(), []);
}

pub(crate) async fn a_company_of_any_name_has_what_is_its_own(store: Subjected) {
    let names = ["", "acme ", "Acme", "o'brien", "a\\b", "c:acme", "é", "%"];
    for name in names {
        let scope = Scope::Company(name.into());
        done(&store, Unit::new(scope.clone()).reads("a", 0).writes("a", 0, &[code("x")])).await;
        let all = store.scan(&scope, &all_ids(), 9).await.unwrap();
        assert_eq!(all.items.len(), 1, "{name}");
    }
    assert_eq!(version(&store, "a").await, 0);
    assert_eq!(store.scopes(None, 99).await.unwrap().len(), names.len());
}
