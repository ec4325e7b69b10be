//! The side that signs, and the key sets that it publishes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction_tokens::{Error, KeySet, SigningKey, TokenKind, key_set_document};
use serde_json::{Value, json};

use crate::world::key;

#[test]
fn a_key_survives_pkcs8_with_its_name() {
    let made = key(TokenKind::Site);
    let kept = SigningKey::from_pkcs8(TokenKind::Site, &made.to_pkcs8().unwrap()).unwrap();
    assert_eq!((kept.kid(), kept.public_jwk()), (made.kid(), made.public_jwk()));
    assert_eq!(SigningKey::from_pkcs8(TokenKind::Id, b"no key").err(), Some(Error::Pkcs8));
}

#[test]
fn a_key_prints_its_name_and_no_secret() {
    let made = key(TokenKind::Id);
    assert_eq!(format!("{made:?}"), format!("SigningKey {{ kid: {:?}, kind: Id, .. }}", made.kid()));
}

#[test]
fn a_key_is_named_by_its_rfc_7638_thumbprint() {
    let jwk = key(TokenKind::Id).public_jwk();
    let text = |member: &str| jwk[member].as_str().unwrap();
    let required = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y"));
    let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, required.as_bytes());
    assert_eq!(text("kid"), URL_SAFE_NO_PAD.encode(thumbprint));
    let members: Vec<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "crv", "kid", "kind", "kty", "use", "x", "y"]);
}

#[test]
fn a_token_says_what_it_is_in_three_members() {
    for (kind, typ) in [(TokenKind::Id, "JWT"), (TokenKind::Site, "at+jwt")] {
        let made = key(kind);
        let token = made.sign(&json!({"sub": "usr_1"})).unwrap();
        let part = |place: usize| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(place).unwrap()).unwrap()).unwrap()
        };
        assert_eq!(part(0), json!({"alg": "ES256", "kid": made.kid(), "typ": typ}));
        assert_eq!(part(1), json!({"sub": "usr_1"}));
    }
    assert_eq!(key(TokenKind::Id).sign(&json!("usr_1")), Err(Error::Claims));
}

#[test]
fn a_key_set_takes_the_keys_that_it_understands() {
    let good = key(TokenKind::Id).public_jwk();
    let changed = |member: &str, value: Value| {
        let mut jwk = key(TokenKind::Id).public_jwk();
        jwk[member] = value;
        jwk
    };
    for (sentence, jwk, taken) in [
        ("a good key", good, 1),
        ("a member that nobody knows", changed("x5t", json!("y")), 1),
        ("for verifying", changed("key_ops", json!(["verify"])), 1),
        ("another type", changed("kty", json!("RSA")), 0),
        ("another curve", changed("crv", json!("P-384")), 0),
        ("another algorithm", changed("alg", json!("ES384")), 0),
        ("no kind", changed("kind", json!("events")), 0),
        ("for encryption", changed("use", json!("enc")), 0),
        ("for signing alone", changed("key_ops", json!(["sign"])), 0),
        ("a private key", changed("d", json!("AAAA")), 0),
        ("a key of one site", changed("x-site", json!("sit_1")), 0),
        ("a name that is none", changed("kid", json!("a b")), 0),
        ("a short coordinate", changed("x", json!("AAAA")), 0),
        ("a padded coordinate", changed("y", json!("A".repeat(43) + "=")), 0),
        ("an object without members", json!({}), 0),
    ] {
        let set = KeySet::parse(&key_set_document([jwk]).json).unwrap();
        assert_eq!(set.len(), taken, "{sentence}");
        assert_eq!(set.is_empty(), taken == 0, "{sentence}");
    }
}

#[test]
fn a_document_that_is_no_key_set_is_refused() {
    let twice = key(TokenKind::Id).public_jwk();
    let documents = [
        "".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"keys":{}}"#.to_owned(),
        r#"{"keys":[1]}"#.to_owned(),
        r#"{"keys":[],"keys":[]}"#.to_owned(),
        json!({"keys": [twice, twice]}).to_string(),
        json!({"keys": vec![json!({}); 65]}).to_string(),
    ];
    for document in documents {
        assert!(matches!(KeySet::parse(document.as_bytes()), Err(Error::KeySet(_))), "{document}");
    }
    assert!(KeySet::parse(json!({"keys": vec![json!({}); 64]}).to_string().as_bytes()).is_ok());
}

#[test]
fn a_key_is_found_by_its_name() {
    let made = key(TokenKind::Site);
    let set = KeySet::parse(&key_set_document([made.public_jwk()]).json).unwrap();
    let found = set.get(made.kid()).unwrap();
    assert_eq!((found.kid(), found.kind(), found.algorithm().name()), (made.kid(), TokenKind::Site, "ES256"));
    assert!(set.get("another").is_none());
}
