//! What a scan finds, and in which order.

use enaction_core::store::{Claim, IndexKey, Page, Range, Write};

use crate::harness::*;

async fn with_ids(store: &Subjected, ids: &[&str]) {
    for id in ids {
        done(store, unit().writes(id, 0, &[])).await;
    }
}

async fn with_names(store: &Subjected, names: &[(&str, &str)]) {
    for (id, value) in names {
        done(store, unit().writes(id, 0, &[name(value)])).await;
    }
}

fn names(from: &str, to: Option<&str>, after: Option<(&str, &str)>) -> Range {
    Range::Entries {
        index: BY_NAME,
        collection: BASKETS,
        from: name(from).key,
        to: to.map(|to| name(to).key),
        after: after.map(|(value, id)| (name(value).key, id.into())),
    }
}

pub(crate) async fn ids_come_in_the_order_of_their_bytes(store: Subjected) {
    with_ids(&store, &["b", "ab", "a", "Z", "~", "é", "\u{10ffff}", "\u{ffff}", "10", "9", "a\u{1}"]).await;
    let expected = ["10", "9", "Z", "a", "a\u{1}", "ab", "b", "~", "é", "\u{ffff}", "\u{10ffff}"];
    assert_eq!(found(&store, &all_ids(), 99).await, expected);
}

pub(crate) async fn ids_with_a_prefix(store: Subjected) {
    with_ids(&store, &["a", "a.1", "a.2", "a/", "b", "\u{7f}", "\u{7f}x", "\u{80}", "é1", "ê"]).await;
    for (prefix, expected) in [
        ("a.", &["a.1", "a.2"][..]),
        ("a", &["a", "a.1", "a.2", "a/"]),
        ("\u{7f}", &["\u{7f}", "\u{7f}x"]),
        ("é", &["é1"]),
        ("c", &[]),
    ] {
        assert_eq!(found(&store, &ids(prefix, None), 99).await, expected, "{prefix:?}");
    }
}

pub(crate) async fn ids_behind_another(store: Subjected) {
    with_ids(&store, &["a", "a.1", "a.2", "b", "b\u{1}"]).await;
    for (prefix, after, expected) in [
        ("", "a", &["a.1", "a.2", "b", "b\u{1}"][..]),
        ("", "a.1x", &["a.2", "b", "b\u{1}"]),
        ("", "b", &["b\u{1}"]),
        ("", "b\u{1}", &[]),
        ("a.", "a.1", &["a.2"]),
        ("a.", "a", &["a.1", "a.2"]),
        ("a.", "a.2", &[]),
        ("a.", "b", &[]),
    ] {
        assert_eq!(found(&store, &ids(prefix, Some(after)), 99).await, expected, "{prefix:?} behind {after:?}");
    }
}

pub(crate) async fn entries_come_by_key_and_then_by_id(store: Subjected) {
    with_names(&store, &[("3", "b"), ("1", "b"), ("2", "a"), ("0", "c"), ("4", "aa")]).await;
    assert_eq!(found(&store, &entries(BY_NAME), 99).await, ["2", "4", "1", "3", "0"]);
}

pub(crate) async fn entries_from_a_key_to_another(store: Subjected) {
    with_names(&store, &[("1", "a"), ("2", "b"), ("3", "b"), ("4", "c"), ("5", "d")]).await;
    for (from, to, expected) in [
        ("b", Some("c"), &["2", "3"][..]),
        ("b", Some("d"), &["2", "3", "4"]),
        ("b", None, &["2", "3", "4", "5"]),
        ("bb", None, &["4", "5"]),
        ("b", Some("b"), &[]),
        ("c", Some("b"), &[]),
        ("e", None, &[]),
    ] {
        assert_eq!(found(&store, &names(from, to, None), 99).await, expected, "{from} to {to:?}");
    }
}

pub(crate) async fn entries_behind_another(store: Subjected) {
    with_names(&store, &[("1", "a"), ("2", "b"), ("3", "b"), ("4", "c")]).await;
    for (from, to, after, expected) in [
        ("a", None, ("b", "2"), &["3", "4"][..]),
        ("a", None, ("b", "25"), &["3", "4"]),
        ("a", None, ("b", ""), &["2", "3", "4"]),
        ("a", Some("c"), ("b", "2"), &["3"]),
        ("b", None, ("a", "9"), &["2", "3", "4"]),
        ("a", None, ("c", "4"), &[]),
        ("a", Some("b"), ("c", "1"), &[]),
    ] {
        assert_eq!(found(&store, &names(from, to, Some(after)), 99).await, expected, "from {from} behind {after:?}");
    }
}

pub(crate) async fn entries_of_another_index_or_collection_are_left_out(store: Subjected) {
    done(&store, unit().writes("a", 0, &[code("x")])).await;
    let mut elsewhere = unit();
    let mut place = key("b");
    place.collection = "orders";
    elsewhere.writes.push(Write { key: place, expected: 0, record: Some(record("1")), claims: vec![name("x")] });
    done(&store, elsewhere).await;
    assert!(found(&store, &entries(BY_NAME), 99).await.is_empty());
    let orders = Range::Entries { index: BY_NAME, collection: "orders", from: vec![], to: None, after: None };
    assert_eq!(found(&store, &orders, 99).await, ["b"]);
}

pub(crate) async fn a_limit_cuts_and_says_whether_there_is_more(store: Subjected) {
    with_names(&store, &[("1", "a"), ("2", "b"), ("3", "c")]).await;
    for range in [all_ids(), entries(BY_NAME)] {
        for (limit, expected) in [
            (0, &[".."][..]),
            (1, &["1", ".."]),
            (2, &["1", "2", ".."]),
            (3, &["1", "2", "3"]),
            (4, &["1", "2", "3"]),
            (usize::MAX, &["1", "2", "3"]),
        ] {
            assert_eq!(found(&store, &range, limit).await, expected, "{limit} of {range:?}");
        }
    }
    assert!(found(&store, &ids("9", None), 0).await.is_empty());
}

pub(crate) async fn pages_behind_each_other_give_everything_once(store: Subjected) {
    let named = [("1", "b"), ("2", "a"), ("3", "b"), ("4", "a"), ("5", "b"), ("6", "a"), ("7", "c")];
    with_names(&store, &named).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(&acme(), &names("a", None, after), 2).await.unwrap();
        seen.extend(page.items.iter().map(|item| item.id.to_string()));
        if !page.more {
            break;
        }
        after = named.iter().find(|(id, _)| seen.last().is_some_and(|last| last == id)).map(|(id, name)| (*name, *id));
    }
    assert_eq!(seen, ["2", "4", "6", "1", "3", "5", "7"]);
}

pub(crate) async fn index_keys_of_values_scan_in_the_order_of_the_values(store: Subjected) {
    let text = |value: &str| IndexKey::default().text(value).into_bytes();
    let number = |value: i64| IndexKey::default().integer(value).into_bytes();
    let in_order = [
        IndexKey::default().absent().into_bytes(),
        IndexKey::default().truth(false).into_bytes(),
        IndexKey::default().truth(true).into_bytes(),
        number(i64::MIN),
        number(-1),
        number(0),
        number(255),
        number(i64::MAX),
        text(""),
        text("a"),
        text("a\0"),
        text("a\u{1}"),
        text("ab"),
        IndexKey::default().text("b").integer(-5).into_bytes(),
        IndexKey::default().text("b").integer(5).into_bytes(),
        text("\u{10ffff}"),
        vec![0xff; 3],
    ];
    for (at, key) in in_order.iter().enumerate().rev() {
        let claim = Claim { index: BY_NAME, key: key.clone(), unique: false };
        done(&store, unit().writes(&format!("{at:02}"), 0, &[claim])).await;
    }
    let expected: Vec<_> = (0..in_order.len()).map(|at| format!("{at:02}")).collect();
    assert_eq!(found(&store, &entries(BY_NAME), 99).await, expected);
}

pub(crate) async fn entries_follow_the_record_when_it_changes(store: Subjected) {
    with_names(&store, &[("1", "a"), ("2", "b")]).await;
    let before = version(&store, "1").await;
    let now = done(&store, unit().writes("1", before, &[name("c"), name("d"), code("x")])).await;
    assert_eq!(found(&store, &entries(BY_NAME), 99).await, ["2", "1", "1"]);
    let now = done(&store, unit().writes("1", now, &[name("d")])).await;
    assert_eq!(found(&store, &entries(BY_NAME), 99).await, ["2", "1"]);
    assert!(found(&store, &entries(CODE), 99).await.is_empty());
    done(&store, unit().writes("1", now, &[])).await;
    assert_eq!(found(&store, &entries(BY_NAME), 99).await, ["2"]);
}

pub(crate) async fn a_unique_claim_is_found_by_a_scan_of_its_key(store: Subjected) {
    done(&store, unit().writes("1", 0, &[code("x")])).await;
    done(&store, unit().writes("2", 0, &[code("y")])).await;
    let from = code("y").key;
    let to = Some([from.as_slice(), &[0]].concat());
    let holder = Range::Entries { index: CODE, collection: BASKETS, from, to, after: None };
    assert_eq!(found(&store, &holder, 2).await, ["2"]);
}

pub(crate) async fn a_scan_gives_the_records_as_they_are_now(store: Subjected) {
    let first = done(&store, unit().writes("1", 0, &[name("a")])).await;
    let second = done(&store, unit().writes("1", first, &[name("a")])).await;
    for range in [all_ids(), entries(BY_NAME)] {
        let page = scan(&store, &range).await;
        assert_eq!((page.items[0].record.version, page.items.len(), page.more), (second, 1, false));
        let got = store.get(&acme(), &[key("1")]).await.unwrap();
        assert_eq!(got[0].as_ref(), Some(&page.items[0].record));
    }
}

pub(crate) async fn a_count_is_the_number_of_what_a_scan_finds_up_to_its_limit(store: Subjected) {
    with_names(&store, &[("1", "a"), ("1.1", "b"), ("1.2", "b"), ("2", "c")]).await;
    let twice = version(&store, "2").await;
    done(&store, unit().writes("2", twice, &[name("c"), name("d"), code("x")])).await;
    for (range, all) in [
        (all_ids(), 4),
        (ids("1.", None), 2),
        (ids("", Some("1.1")), 2),
        (ids("9", None), 0),
        (entries(BY_NAME), 5),
        (entries(CODE), 1),
        (entries("baskets.none"), 0),
        (names("b", Some("c"), None), 2),
        (names("a", None, Some(("b", "1.1"))), 3),
        (names("c", Some("b"), None), 0),
    ] {
        for (limit, expected) in [(0, 0), (1, all.min(1)), (3, all.min(3)), (usize::MAX, all)] {
            assert_eq!(store.count(&acme(), &range, limit).await, Ok(expected), "{limit} of {range:?}");
            assert_eq!(store.scan(&acme(), &range, limit).await.unwrap().items.len(), expected);
        }
        assert_eq!(store.count(&globex(), &range, 9).await, Ok(0));
    }
}

pub(crate) async fn a_scan_of_nothing_finds_nothing_and_no_more(store: Subjected) {
    done(&store, unit().writes("a", 0, &[name("n")])).await;
    for range in [ids("b", None), ids("", Some("a")), entries(CODE), entries("baskets.none")] {
        assert_eq!(store.scan(&acme(), &range, 9).await.unwrap(), Page::default(), "{range:?}");
        assert_eq!(store.count(&acme(), &range, 9).await.unwrap(), 0, "{range:?}");
    }
}
