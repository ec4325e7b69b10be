//! Where the tokens may stand, and what is said when they do not.

use enaction_tokens::{Pair, carriers};

use crate::world::told;

/// A sentence, header fields, and the answer: code, token, reason.
type Row<'a> = (&'static str, Vec<(&'static str, &'a str)>, &'static str);

#[test]
fn a_pair_is_found_in_one_carrier_for_each_token() {
    let long = "x".repeat(4097);
    let bearer_long = format!("Bearer {long}");
    let rows: Vec<Row<'_>> = vec![
        ("the names of the product", vec![("id_token", "a"), ("site_token", "b")], "ok"),
        ("in any case", vec![("ID_Token", "a"), ("SITE_TOKEN", "b")], "ok"),
        ("with hyphens", vec![("Id-Token", "a"), ("site-token", "b")], "ok"),
        ("one of each", vec![("id-token", "a"), ("site_token", "b")], "ok"),
        ("as a bearer", vec![("authorization", "Bearer b"), ("id_token", "a")], "ok"),
        (
            "as a bearer in any case, after several spaces",
            vec![("Authorization", "bEARER   b"), ("id_token", "a")],
            "ok",
        ),
        (
            "another scheme is ignored",
            vec![("authorization", "Basic dTpw"), ("id_token", "a"), ("site_token", "b")],
            "ok",
        ),
        (
            "a scheme that begins like it is another",
            vec![("authorization", "Bearers b"), ("id_token", "a"), ("site_token", "b")],
            "ok",
        ),
        (
            "other fields are ignored",
            vec![("cookie", "id_token=z"), ("x-id-token", "z"), ("id_token", "a"), ("site_token", "b")],
            "ok",
        ),
        ("nothing", vec![], "tokens_missing - missing"),
        ("nothing but another scheme", vec![("authorization", "Basic dTpw")], "tokens_missing - missing"),
        ("no id_token", vec![("site_token", "b")], "id_token_missing id missing"),
        ("no site_token", vec![("id_token", "a"), ("authorization", "Basic b")], "site_token_missing site missing"),
        ("twice", vec![("id_token", "a"), ("id_token", "a"), ("site_token", "b")], "invalid_request id sent_twice"),
        (
            "two spellings",
            vec![("id_token", "a"), ("id-token", "a"), ("site_token", "b")],
            "invalid_request id sent_twice",
        ),
        (
            "field and bearer",
            vec![("id_token", "a"), ("site_token", "b"), ("authorization", "Bearer b")],
            "invalid_request site sent_twice",
        ),
        (
            "two bearers",
            vec![("id_token", "a"), ("authorization", "Bearer b"), ("authorization", "Bearer c")],
            "invalid_request site sent_twice",
        ),
        (
            "twice, and the other missing",
            vec![("site_token", "b"), ("site-token", "b")],
            "invalid_request site sent_twice",
        ),
        (
            "both twice",
            vec![("site_token", "b"), ("site-token", "b"), ("id_token", "a"), ("id-token", "a")],
            "invalid_request id sent_twice",
        ),
        ("too long, and the other missing", vec![("site_token", &long)], "token_too_long site too_long"),
        ("too long as a bearer", vec![("authorization", &bearer_long)], "token_too_long site too_long"),
        (
            "too long, and twice",
            vec![("id_token", &long), ("id_token", "a"), ("site_token", "b")],
            "token_too_long id too_long",
        ),
    ];
    for (sentence, fields, answer) in rows {
        let found = carriers(fields.iter().map(|(name, value)| (*name, value.as_bytes())), 4096);
        assert_eq!(told(&found), answer, "{sentence}");
        if let Ok(pair) = found {
            assert_eq!(pair, Pair::new("a", "b"), "{sentence}");
        }
    }
}

#[test]
fn a_bearer_without_credentials_is_an_empty_token() {
    let fields: [(&str, &[u8]); 2] = [("id_token", b"a"), ("authorization", b"Bearer")];
    assert_eq!(carriers(fields, 4096).ok(), Some(Pair::new("a", "")));
}

#[test]
fn the_challenge_names_an_error_only_when_a_token_was_sent() {
    let challenge = |fields: &[(&'static str, &'static [u8])]| {
        let refusal = carriers(fields.iter().copied(), 4096).unwrap_err();
        (refusal.fault().kind().status(), refusal.challenge().map(str::to_owned))
    };
    assert_eq!(challenge(&[]), (401, Some("Bearer realm=\"api\"".into())));
    assert_eq!(challenge(&[("id_token", b"a")]), (401, Some("Bearer realm=\"api\"".into())));
    assert_eq!(
        challenge(&[("id_token", b"a"), ("id_token", b"a")]),
        (
            400,
            Some(
                "Bearer realm=\"api\", error=\"invalid_request\", \
                 error_description=\"a token was sent more than once\", token=\"id\""
                    .into()
            )
        )
    );
}
