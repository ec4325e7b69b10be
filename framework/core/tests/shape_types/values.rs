//! Valid values of the types.

use proptest::{collection, option, prelude::*};
use serde_json::Value;

use crate::shape_types::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z\"\\\\/ ]{0,8}", "\\PC{0,6}", Just("\u{0}\u{1f}\u{7f}😀".to_owned())]
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        -1e6..1e6_f64,
        any::<f64>().prop_filter("finite", |float| float.is_finite()),
        Just(f64::MAX),
        Just(-0.0),
        Just(5e-324)
    ]
}

fn line() -> impl Strategy<Value = Line> {
    let leaf = (
        ("[a-z]{1,8}", any::<u8>(), any::<i64>(), any::<u64>()),
        (finite(), prop_oneof![-1e30..1e30_f32, Just(f32::MAX), Just(f32::MIN)], option::of(any::<bool>())),
    )
        .prop_map(|((sku, quantity, price, total), (weight, ratio, flag))| Line {
            sku,
            quantity,
            price,
            total,
            weight,
            ratio,
            flag,
            parts: Vec::new(),
        });
    leaf.prop_recursive(3, 6, 2, |inner| {
        (inner.clone(), collection::vec(inner, 0..2)).prop_map(|(line, parts)| Line { parts, ..line })
    })
}

fn address() -> impl Strategy<Value = Address> {
    let site = Just(uuid_text::UuidText("67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned()));
    (option::of(text()), "[a-z]{1,5}@[a-z]{1,5}\\.com", option::of(site)).prop_map(|(city, mail, site)| Address {
        city,
        mail,
        site,
    })
}

fn payment() -> impl Strategy<Value = Payment> {
    prop_oneof![
        any::<i64>().prop_map(|amount| Payment::Cash { amount }),
        address().prop_map(Payment::Address),
        Just(Payment::Free)
    ]
}

fn discount() -> impl Strategy<Value = Discount> {
    prop_oneof![
        Just(Discount::None),
        any::<u8>().prop_map(Discount::Percent),
        (any::<i64>(), text()).prop_map(|(minor, why)| Discount::Both(minor, why)),
        (any::<i64>(), option::of(text())).prop_map(|(minor, why)| Discount::Amount { minor, why }),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Note::Number),
        text().prop_map(Note::Text),
        text().prop_map(|name| Note::Named { name })
    ];
    leaf.prop_recursive(3, 8, 3, |inner| collection::vec(inner, 0..3).prop_map(Note::Listed))
}

fn envelope() -> impl Strategy<Value = Envelope> {
    prop_oneof![
        line().prop_map(Envelope::Letter),
        collection::vec(text(), 0..3).prop_map(|words| Envelope::Card { words }),
        Just(Envelope::Empty)
    ]
}

fn free() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        finite().prop_map(Value::from),
        text().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            collection::btree_map(text(), inner, 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Any valid basket.
pub(crate) fn basket() -> impl Strategy<Value = Basket> {
    let one = (
        "[^\\pC]{0,20}",
        collection::vec(line(), 0..3),
        option::of(address().prop_map(Box::new)),
        any::<bool>(),
        0..4_u8,
    );
    let two = (payment(), collection::vec(discount(), 0..3), note(), collection::btree_map(text(), any::<i64>(), 0..3));
    let three =
        (collection::btree_set(text(), 0..3), (any::<u8>(), text()), any::<char>(), any::<[u8; 3]>(), -5..=5_i32);
    let open = (any::<i16>(), collection::btree_map("[a-e]{1,3}", any::<bool>(), 0..3))
        .prop_map(|(first, rest)| Open { first, rest });
    (one, two, three, free(), open, envelope()).prop_map(|(one, two, three, free, open, envelope)| {
        let (description, items, address, closed, channel) = one;
        let (payment, discount, note, labels) = two;
        let (sets, pair, letter, bytes, level) = three;
        let state = if closed { State::Closed } else { State::Open };
        let channel = [None, Some(Channel::Till), Some(Channel::Web), Some(Channel::Phone)][usize::from(channel)];
        let nothing = ();
        Basket {
            description,
            items,
            address,
            state,
            channel,
            payment,
            discount,
            note,
            labels,
            sets,
            pair,
            letter,
            bytes,
            level,
            free,
            nothing,
            open,
            envelope,
        }
    })
}
