//! Every rule from the length of a token to the binding of the pair, one row per case.

use enaction_core::SubjectKind;
use enaction_tokens::{Token, TokenKind};
use serde_json::{Value, json};

use crate::world::{Drafts, ISSUED, Signed, World, at, key, told};

/// A sentence, what is done to a good pair, and the answer: code, token, reason.
type Row = (&'static str, fn(&mut Drafts), &'static str);

async fn check(rows: &[Row]) {
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

fn seconds(drafts: &mut Drafts, now: i64) {
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
