//! Every rule from the length of a token to its signature, steps 1 to 9, one row per case.

use enaction_core::SubjectKind;
use enaction_tokens::{Token, TokenKind};
use serde_json::{Value, json};

use crate::world::{Drafts, Signed, World, at, key, told};

/// A sentence, what is done to a good pair, and the answer: code, token, reason.
type Row = (&'static str, fn(&mut Drafts), &'static str);

pub(crate) async fn check(rows: &[Row]) {
    for (sentence, change, answer) in rows {
        let world = World::new().await;
        let mut drafts = world.drafts();
        change(&mut drafts);
        assert_eq!(world.answer(&drafts).await, *answer, "{sentence}");
        // Alone, an id_token is held against the same rules.
        if *answer == "ok" || answer.contains(" id ") {
            let token = drafts.id.token();
            let alone = world.verifier.verify_id(Token::new(&token), drafts.now).await;
            assert_eq!(told(&alone), *answer, "{sentence}, alone");
        }
    }
}

pub(crate) fn seconds(drafts: &mut Drafts, now: i64) {
    drafts.now = at(now);
}

/// Makes the text as long as this by a claim that is not known.
fn stretch(mut text: String, chars: usize) -> String {
    text.truncate(chars);
    while text.len() < chars {
        text.push('A');
    }
    text
}

/// 64 bytes are 86 characters, the last of which carries two bits: the next one in the alphabet means the same bytes.
fn leave_bits_over(mut text: String) -> String {
    let last = text.pop().unwrap();
    text.push(char::from(last as u8 + 1));
    text
}

#[tokio::test]
async fn a_good_pair_is_verified() {
    check(&[
        ("a good pair", |_| {}, "ok"),
        ("the type of a site_token in full and in capitals", |d| d.site.head("typ", json!("Application/AT+JWT")), "ok"),
        ("an id_token without typ", |d| drop(d.id.header.remove("typ")), "ok"),
        ("one audience as a string", |d| d.id.set("aud", json!("urn:enaction:api")), "ok"),
        ("claims that are not known", |d| d.site.set("x", json!({"y": [null, true, 1.5, -3, "z"]})), "ok"),
        (
            "neither device nor session",
            |d| {
                for token in [&mut d.id, &mut d.site] {
                    token.without("dev");
                    token.without("sid")
                }
            },
            "ok",
        ),
        (
            "no scope, roles or site",
            |d| {
                for claim in ["scope", "roles", "site"] {
                    d.site.without(claim)
                }
            },
            "ok",
        ),
        (
            "a service that acts for a user",
            |d| {
                d.id.set("sub", json!("svc_1"));
                d.site.set("act", json!({"sub": "svc_1", "act": {"sub": "x"}}))
            },
            "ok",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_verified_pair_says_who_calls_and_for_whom() {
    let world = World::new().await;
    let mut drafts = world.drafts();
    drafts.id.set("sub", json!("svc_1"));
    drafts.id.set("sub_type", json!("service"));
    drafts.site.set("act", json!({"sub": "svc_1"}));
    let verified = world.verify(&drafts).await.unwrap();
    let caller = verified.caller();
    assert_eq!((&*caller.subject, caller.kind, &*caller.client), ("svc_1", SubjectKind::Service, "pos"));
    assert_eq!(
        (&*caller.company, caller.site.as_deref(), caller.device.as_deref()),
        ("com_1", Some("sit_1"), Some("dev_1"))
    );
    assert_eq!(caller.roles, ["cashier".into()]);
    assert_eq!(caller.scope.as_deref(), Some(&["baskets.*".into(), "stock.read".into()][..]));
    assert_eq!(verified.on_behalf_of().map(|subject| &**subject), Some("usr_1"));
    assert_eq!(verified.expires(), at(330));
    let (id, site) = (verified.token(TokenKind::Id), verified.token(TokenKind::Site));
    assert_eq!((&*id.jti, &*id.kid, id.session.as_deref(), id.issued), ("id_1", world.id.kid(), Some("sid_1"), at(0)));
    assert_eq!((&*site.jti, &*site.kid, &*site.subject, site.expires), ("site_1", world.site.kid(), "usr_1", at(300)));
}

#[tokio::test]
async fn a_device_that_calls_is_its_own_device_and_an_empty_scope_narrows_to_nothing() {
    let world = World::new().await;
    let mut drafts = world.drafts();
    drafts.both("sub", json!("dev_7"));
    drafts.id.set("sub_type", json!("device"));
    drafts.id.without("dev");
    drafts.site.without("dev");
    drafts.site.set("scope", json!(""));
    let verified = world.verify(&drafts).await.unwrap();
    assert_eq!(verified.caller().device.as_deref(), Some("dev_7"));
    assert_eq!(verified.caller().scope.as_deref(), Some(&[][..]));
    assert_eq!(verified.on_behalf_of(), None);
}

#[tokio::test]
async fn step_1_a_token_has_at_most_4096_characters() {
    check(&[
        (
            "4,096 characters are read, and are no token",
            |d| d.id.finish = |text| stretch(text, 4096),
            "invalid_token id signature",
        ),
        ("4,097 are not read", |d| d.id.finish = |text| stretch(text, 4097), "token_too_long id too_long"),
        ("4,097 of a site_token", |d| d.site.finish = |text| stretch(text, 4097), "token_too_long site too_long"),
    ])
    .await;
}

#[tokio::test]
async fn step_3_a_token_is_three_parts_of_canonical_base64url() {
    check(&[
        ("empty", |d| d.id.finish = |_| String::new(), "invalid_token id form"),
        ("two dots alone", |d| d.id.finish = |_| "..".into(), "invalid_token id form"),
        ("one part", |d| d.id.finish = |text| text.replace('.', ""), "invalid_token id form"),
        ("two parts", |d| d.site.finish = |text| text.rsplit_once('.').unwrap().0.into(), "invalid_token site form"),
        ("four parts", |d| d.site.finish = |text| text + ".AA", "invalid_token site form"),
        ("five parts, as of a JWE", |d| d.site.finish = |text| text + ".AA.AA", "invalid_token site form"),
        (
            "an empty header",
            |d| d.id.finish = |text| format!(".{}", text.split_once('.').unwrap().1),
            "invalid_token id form",
        ),
        ("no signature", |d| d.id.signed_by = Signed::Not, "invalid_token id form"),
        ("padding", |d| d.id.finish = |text| text + "==", "invalid_token id form"),
        ("a space at the end", |d| d.id.finish = |text| text + " ", "invalid_token id form"),
        ("the alphabet with + and /", |d| d.id.finish = |text| format!("+/{text}"), "invalid_token id form"),
        ("a part with bits left over", |d| d.id.finish = leave_bits_over, "invalid_token id form"),
        ("one character too many", |d| d.id.finish = |text| text + "A", "invalid_token id signature"),
        ("a quote", |d| d.id.finish = |text| text + "\"", "invalid_token id form"),
        ("characters beyond ASCII", |d| d.site.finish = |text| text + "é", "invalid_token site form"),
    ])
    .await;
}

#[tokio::test]
async fn step_3_bytes_that_are_not_utf_8_are_refused() {
    let world = World::new().await;
    let site = world.drafts().site.token();
    let pair = enaction_tokens::Pair::new(b"\xff\xfe.\x80.\x80", &site);
    let refusal = world.verifier.verify(&pair, at(0)).await.unwrap_err();
    assert_eq!((refusal.reason(), refusal.fault().kind().status()), ("form", 401));
}

#[tokio::test]
async fn step_4_a_header_has_alg_kid_and_typ_alone() {
    fn raw(d: &mut Drafts, header: &str) {
        d.site.raw_header = Some(header.as_bytes().to_vec());
    }
    check(&[
        ("jku", |d| d.id.head("jku", json!("https://evil.example/keys")), "invalid_token id header"),
        ("jwk", |d| d.id.head("jwk", key(TokenKind::Id).public_jwk()), "invalid_token id header"),
        ("x5u", |d| d.id.head("x5u", json!("https://evil.example/x")), "invalid_token id header"),
        ("x5c", |d| d.id.head("x5c", json!(["MII"])), "invalid_token id header"),
        ("crit", |d| d.id.head("crit", json!(["exp"])), "invalid_token id header"),
        ("b64", |d| d.site.head("b64", json!(false)), "invalid_token site header"),
        ("zip", |d| d.site.head("zip", json!("DEF")), "invalid_token site header"),
        ("enc", |d| d.site.head("enc", json!("A128GCM")), "invalid_token site header"),
        ("p2c", |d| d.site.head("p2c", json!(1_000_000_000)), "invalid_token site header"),
        ("cty", |d| d.site.head("cty", json!("JWT")), "invalid_token site header"),
        ("a member that nobody knows", |d| d.site.head("x", json!(1)), "invalid_token site header"),
        ("alg that is a number", |d| d.site.head("alg", json!(1)), "invalid_token site header"),
        ("kid that is a list", |d| d.site.head("kid", json!(["k"])), "invalid_token site header"),
        ("typ that is null", |d| d.site.head("typ", Value::Null), "invalid_token site header"),
        ("a duplicate member", |d| raw(d, r#"{"alg":"ES256","alg":"ES256"}"#), "invalid_token site header"),
        (
            "a duplicate member, spelt with an escape",
            |d| raw(d, r#"{"alg":"ES256","\u0061lg":"none"}"#),
            "invalid_token site header",
        ),
        ("a list", |d| raw(d, "[]"), "invalid_token site header"),
        ("a string", |d| raw(d, "\"ES256\""), "invalid_token site header"),
        ("no JSON", |d| raw(d, "{"), "invalid_token site header"),
        ("something after the object", |d| raw(d, r#"{"alg":"ES256"} {}"#), "invalid_token site header"),
        ("a byte order mark", |d| raw(d, "\u{feff}{}"), "invalid_token site header"),
        ("not UTF-8", |d| d.site.raw_header = Some(b"{\"alg\":\"\xff\"}".to_vec()), "invalid_token site header"),
        (
            "513 bytes",
            |d| d.site.raw_header = Some(format!("{{{}}}", " ".repeat(511)).into_bytes()),
            "invalid_token site header",
        ),
        (
            "512 bytes",
            |d| d.site.raw_header = Some(format!("{{{}}}", " ".repeat(510)).into_bytes()),
            "invalid_token site algorithm",
        ),
    ])
    .await;
}

#[tokio::test]
async fn steps_5_to_8_the_key_and_what_it_is_for() {
    check(&[
        ("alg none", |d| d.id.head("alg", json!("none")), "invalid_token id algorithm"),
        (
            "alg none, signed by nobody",
            |d| {
                d.id.head("alg", json!("none"));
                d.id.signed_by = Signed::Not
            },
            "invalid_token id form",
        ),
        ("alg of another case", |d| d.id.head("alg", json!("es256")), "invalid_token id algorithm"),
        ("no alg", |d| drop(d.id.header.remove("alg")), "invalid_token id algorithm"),
        (
            "HS256 with the public key as the secret",
            |d| {
                let Signed::By(key) = d.id.signed_by.clone() else { return };
                d.id.head("alg", json!("HS256"));
                d.id.signed_by = Signed::WithPublicKey(key);
            },
            "invalid_token id algorithm",
        ),
        (
            "the same that says ES256",
            |d| {
                let Signed::By(key) = d.id.signed_by.clone() else { return };
                d.id.signed_by = Signed::WithPublicKey(key);
            },
            "invalid_token id signature",
        ),
        ("RS256", |d| d.site.head("alg", json!("RS256")), "invalid_token site algorithm"),
        ("no kid", |d| drop(d.id.header.remove("kid")), "invalid_token id key"),
        ("an empty kid", |d| d.id.head("kid", json!("")), "invalid_token id key"),
        ("a kid that is a path", |d| d.id.head("kid", json!("../../dev/null")), "invalid_token id key"),
        ("a kid of 65 characters", |d| d.id.head("kid", json!("k".repeat(65))), "invalid_token id key"),
        ("an unknown kid", |d| d.site.head("kid", json!("nobody")), "invalid_token site key"),
        ("the two swapped", |d| std::mem::swap(&mut d.id, &mut d.site), "invalid_token id key_use"),
        (
            "an id_token signed by the site key",
            |d| {
                d.id.head("kid", d.site.header["kid"].clone());
                d.id.signed_by = d.site.signed_by.clone();
            },
            "invalid_token id key_use",
        ),
        (
            "a site_token signed by the id key",
            |d| {
                d.site.head("kid", d.id.header["kid"].clone());
                d.site.signed_by = d.id.signed_by.clone();
            },
            "invalid_token site key_use",
        ),
        ("an id_token of another type", |d| d.id.head("typ", json!("at+jwt")), "invalid_token id type"),
        ("a site_token that says JWT", |d| d.site.head("typ", json!("JWT")), "invalid_token site type"),
        ("a site_token without type", |d| drop(d.site.header.remove("typ")), "invalid_token site type"),
    ])
    .await;
}

#[tokio::test]
async fn step_9_the_signature() {
    check(&[
        ("of another key", |d| d.id.signed_by = Signed::By(key(TokenKind::Id)), "invalid_token id signature"),
        ("of the key of the other kind", |d| d.site.signed_by = d.id.signed_by.clone(), "invalid_token site signature"),
        (
            "of nothing but zeros (CVE-2022-21449)",
            |d| d.id.finish = |text| format!("{}.{}", text.rsplit_once('.').unwrap().0, "A".repeat(86)),
            "invalid_token id signature",
        ),
        (
            "of another length",
            |d| d.id.finish = |text| format!("{}.AAAA", text.rsplit_once('.').unwrap().0),
            "invalid_token id signature",
        ),
        (
            "over another payload",
            |d| {
                d.site.finish = |text| {
                    let parts: Vec<&str> = text.split('.').collect();
                    format!("{}.e30.{}", parts[0], parts[2])
                }
            },
            "invalid_token site signature",
        ),
    ])
    .await;
}
