//! The rules of the payload and of the binding of the pair, steps 10 to 15, one row per case.

use enaction_tokens::TokenKind;
use serde_json::{Value, json};

use crate::{
    rows::{check, seconds},
    world::{ISSUED, World, at},
};

#[tokio::test]
async fn step_10_the_payload_is_a_strict_object() {
    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }
    check(&[
        (
            "a duplicate member",
            |d| d.id.raw(|text| text.replacen('{', r#"{"sub":"usr_2","#, 1)),
            "invalid_token id payload",
        ),
        (
            "a duplicate member, spelt with an escape",
            |d| d.id.raw(|text| text.replacen('{', r#"{"s\u0075b":"usr_2","#, 1)),
            "invalid_token id payload",
        ),
        (
            "a duplicate member inside",
            |d| d.site.raw(|text| text.replacen('{', r#"{"x":[{"y":1,"y":2}],"#, 1)),
            "invalid_token site payload",
        ),
        ("8 levels", |d| d.id.raw(|text| text.replacen('{', &format!(r#"{{"x":{},"#, nested(7)), 1)), "ok"),
        (
            "9 levels",
            |d| d.id.raw(|text| text.replacen('{', &format!(r#"{{"x":{},"#, nested(8)), 1)),
            "invalid_token id payload",
        ),
        ("a thousand levels", |d| d.id.raw_payload = Some(nested(1000).into_bytes()), "invalid_token id payload"),
        ("a list", |d| d.id.raw_payload = Some(b"[]".to_vec()), "invalid_token id payload"),
        ("no JSON", |d| d.id.raw_payload = Some(b"usr_1".to_vec()), "invalid_token id payload"),
        ("something after the object", |d| d.id.raw(|text| text + "x"), "invalid_token id payload"),
        (
            "a lone surrogate",
            |d| d.id.raw(|text| text.replacen('{', r#"{"x":"\ud800","#, 1)),
            "invalid_token id payload",
        ),
        ("not UTF-8", |d| d.site.raw_payload = Some(b"{\"sub\":\"\xff\"}".to_vec()), "invalid_token site payload"),
        ("3 KiB", |d| d.id.raw(|text| text.clone() + &" ".repeat(3072 - text.len())), "token_too_long id too_long"),
        ("an empty object", |d| d.id.raw_payload = Some(b"{}".to_vec()), "invalid_token id claims"),
    ])
    .await;
}

#[tokio::test]
async fn step_10_a_payload_has_at_most_3_kib() {
    for (bytes, answer) in [(3072, "ok"), (3073, "invalid_token id payload")] {
        let world = World::not_loaded(|settings| settings.token_chars_max = 8192);
        world.verifier.refresh_all(at(0)).await;
        let mut drafts = world.drafts();
        drafts.id.raw(|text| text.clone() + &" ".repeat(bytes - text.len()));
        assert_eq!(world.answer(&drafts).await, answer, "{bytes} bytes");
    }
}

#[tokio::test]
async fn step_10_a_known_claim_of_the_wrong_type_is_refused_in_either_token() {
    let text = || vec![json!(1), json!(null), json!(""), json!(true), json!({}), json!(["x"]), json!("a\nb")];
    let time = || {
        vec![json!("9999"), json!(null), json!(1.5), json!(-1), json!(1e300), json!(u64::MAX), json!([]), json!(true)]
    };
    let wrong: Vec<(&str, Vec<Value>)> = vec![
        ("iss", text()),
        ("sub", text()),
        (
            "aud",
            vec![json!(1), json!(null), json!([]), json!([1]), json!(["urn:enaction:api", 1]), json!(""), json!({})],
        ),
        ("azp", text()),
        ("exp", time()),
        ("iat", time()),
        ("nbf", time()),
        ("jti", text()),
        ("token_use", text()),
        ("sub_type", vec![json!("robot"), json!("User"), json!(1), json!(null)]),
        ("dev", text()),
        ("sid", text()),
        ("auth_time", time()),
        ("client_id", text()),
        ("company", text()),
        ("site", text()),
        ("scope", vec![json!(1), json!(null), json!(["x"]), json!("a\"b"), json!("a\tb"), json!("é")]),
        ("roles", vec![json!("cashier"), json!(null), json!([1]), json!([""]), json!({})]),
        ("act", vec![json!("svc_1"), json!(null), json!({}), json!({"sub": 1}), json!({"sub": ""}), json!([])]),
        ("cnf", vec![json!("jkt"), json!(null), json!([])]),
    ];
    let world = World::new().await;
    for (claim, values) in wrong {
        for value in values {
            for (kind, name) in [(TokenKind::Id, "id"), (TokenKind::Site, "site")] {
                let mut drafts = world.drafts();
                drafts.of(kind).set(claim, value.clone());
                assert_eq!(world.answer(&drafts).await, format!("invalid_token {name} claims"), "{claim} = {value}");
            }
        }
    }
}

#[tokio::test]
async fn step_10_a_required_claim_that_is_absent_is_refused() {
    let id =
        ["iss", "sub", "aud", "azp", "exp", "iat", "jti", "token_use", "sub_type"].map(|claim| (TokenKind::Id, claim));
    let site = ["iss", "sub", "aud", "client_id", "exp", "iat", "jti", "token_use", "company"]
        .map(|claim| (TokenKind::Site, claim));
    let world = World::new().await;
    for (kind, claim) in id.into_iter().chain(site) {
        let mut drafts = world.drafts();
        drafts.of(kind).without(claim);
        let refusal = world.verify(&drafts).await.unwrap_err();
        assert_eq!((refusal.token(), refusal.reason()), (Some(kind), "claims"), "{claim}");
    }
}

#[tokio::test]
async fn step_11_issuer_times_and_kind() {
    check(&[
        ("another issuer", |d| d.both("iss", json!("https://evil.example")), "invalid_token id issuer"),
        ("the issuer with a slash", |d| d.site.set("iss", json!("https://id.example/")), "invalid_token site issuer"),
        ("exactly at the leeway", |d| seconds(d, 330), "ok"),
        ("one second past the leeway", |d| seconds(d, 331), "invalid_token site expired"),
        (
            "a millisecond past the leeway",
            |d| d.now = at(330).plus(std::time::Duration::from_millis(1)),
            "invalid_token site expired",
        ),
        ("both expired", |d| seconds(d, 931), "invalid_token id expired"),
        ("issued 60 seconds from now", |d| seconds(d, -60), "ok"),
        ("issued 61 seconds from now", |d| seconds(d, -61), "invalid_token id not_yet"),
        ("not before 60 seconds from now", |d| d.site.set("nbf", json!(ISSUED + 60)), "ok"),
        ("not before 61 seconds from now", |d| d.site.set("nbf", json!(ISSUED + 61)), "invalid_token site not_yet"),
        ("an id_token for 60 minutes", |d| d.id.set("exp", json!(ISSUED + 3600)), "ok"),
        ("an id_token for longer", |d| d.id.set("exp", json!(ISSUED + 3601)), "invalid_token id lifetime"),
        ("a site_token for 15 minutes", |d| d.site.set("exp", json!(ISSUED + 900)), "ok"),
        ("a site_token for longer", |d| d.site.set("exp", json!(ISSUED + 901)), "invalid_token site lifetime"),
        ("a token that expires when it is issued", |d| d.site.set("exp", json!(ISSUED)), "invalid_token site lifetime"),
        ("an id_token that says site", |d| d.id.set("token_use", json!("site")), "invalid_token id token_use"),
        ("a site_token that says access", |d| d.site.set("token_use", json!("access")), "invalid_token site token_use"),
    ])
    .await;
}

#[tokio::test]
async fn steps_12_and_14_audience_and_sender() {
    check(&[
        ("an id_token for its client alone", |d| d.id.set("aud", json!("pos")), "invalid_token id audience"),
        (
            "a site_token for another service",
            |d| d.site.set("aud", json!(["urn:other:api"])),
            "invalid_token site audience",
        ),
        (
            "an audience that only begins so",
            |d| d.site.set("aud", json!("urn:enaction:api2")),
            "invalid_token site audience",
        ),
        ("a pair that is bound to a key", |d| d.both("cnf", json!({"jkt": "x"})), "invalid_token id sender_constraint"),
        (
            "a site_token that is bound to a key",
            |d| d.site.set("cnf", json!({})),
            "invalid_token site sender_constraint",
        ),
    ])
    .await;
}

#[tokio::test]
async fn step_15_the_two_tokens_were_issued_to_one_caller() {
    check(&[
        ("two subjects", |d| d.site.set("sub", json!("usr_2")), "pair_mismatch - pair_sub"),
        ("an actor that is not the caller", |d| d.site.set("act", json!({"sub": "svc_1"})), "pair_mismatch - pair_sub"),
        (
            "the subject's own id_token beside an actor",
            |d| {
                d.id.set("sub", json!("usr_1"));
                d.site.set("act", json!({"sub": "svc_1"}))
            },
            "pair_mismatch - pair_sub",
        ),
        (
            "an actor that is history",
            |d| {
                d.id.set("sub", json!("svc_2"));
                d.site.set("act", json!({"sub": "svc_1", "act": {"sub": "svc_2"}}))
            },
            "pair_mismatch - pair_sub",
        ),
        ("two clients", |d| d.site.set("client_id", json!("web")), "pair_mismatch - pair_client"),
        ("two sessions", |d| d.site.set("sid", json!("sid_2")), "pair_mismatch - pair_sid"),
        ("a session in one alone", |d| d.id.without("sid"), "pair_mismatch - pair_sid"),
        ("two devices", |d| d.site.set("dev", json!("dev_2")), "pair_mismatch - pair_dev"),
        ("a device in one alone", |d| d.site.without("dev"), "pair_mismatch - pair_dev"),
        (
            "a site_token from before the login",
            |d| d.id.set("auth_time", json!(ISSUED + 61)),
            "pair_mismatch - pair_auth_time",
        ),
        ("a login within the leeway", |d| d.id.set("auth_time", json!(ISSUED + 60)), "ok"),
    ])
    .await;
}
