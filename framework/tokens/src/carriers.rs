//! Where a request carries the two tokens: steps 1 and 2.

use enaction_core::{TokenKind, catalogue};

use crate::{Pair, Refusal, Token};

/// Finds the pair among all header field lines of a request.
///
/// `id_token` and `Id-Token` carry the one; `site_token`, `Site-Token` and `Authorization: Bearer` (RFC 6750 section
/// 2.1) the other. Names and the scheme compare without case; `Authorization` of another scheme is ignored. A token has
/// at most `token_chars_max` characters (default 4,096, see [`VerifierSettings`](crate::VerifierSettings)).
///
/// # Errors
/// In this order: a token longer than allowed (431), a token sent twice or in two carriers (400), neither or one of the
/// two missing (401).
pub fn carriers<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    token_chars_max: usize,
) -> Result<Pair<'a>, Refusal> {
    let (mut id, mut site) = (Found::default(), Found::default());
    for (name, value) in fields {
        match carried(name, value) {
            Some((TokenKind::Id, token)) => id.add(token),
            Some((TokenKind::Site, token)) => site.add(token),
            None => {}
        }
    }
    for (kind, found) in [(TokenKind::Id, &id), (TokenKind::Site, &site)] {
        if found.chars > token_chars_max {
            return Err(Refusal::too_long(kind));
        }
    }
    for (kind, found) in [(TokenKind::Id, &id), (TokenKind::Site, &site)] {
        if found.count > 1 {
            return Err(Refusal::sent_twice(kind));
        }
    }
    match (id.token, site.token) {
        (Some(id), Some(site)) => Ok(Pair { id, site }),
        (None, None) => Err(Refusal::missing(None, catalogue::TOKENS_MISSING)),
        (None, Some(_)) => Err(Refusal::missing(Some(TokenKind::Id), catalogue::ID_TOKEN_MISSING)),
        (Some(_), None) => Err(Refusal::missing(Some(TokenKind::Site), catalogue::SITE_TOKEN_MISSING)),
    }
}

/// What was found of one token.
#[derive(Default)]
struct Found<'a> {
    token: Option<Token<'a>>,
    count: usize,
    chars: usize,
}

impl<'a> Found<'a> {
    fn add(&mut self, token: Token<'a>) {
        self.count += 1;
        self.chars = self.chars.max(token.bytes().len());
        self.token = Some(token);
    }
}

fn carried<'a>(name: &str, value: &'a [u8]) -> Option<(TokenKind, Token<'a>)> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("id_token") || is("id-token") {
        Some((TokenKind::Id, Token::new(value)))
    } else if is("site_token") || is("site-token") {
        Some((TokenKind::Site, Token::new(value)))
    } else if is("authorization") {
        bearer(value).map(|token| (TokenKind::Site, Token::new(token)))
    } else {
        None
    }
}

/// The credentials of the scheme `Bearer`, which may be empty; nothing for another scheme.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("bearer".len())?;
    let ends = rest.first().is_none_or(|byte| *byte == b' ');
    (scheme.eq_ignore_ascii_case(b"bearer") && ends).then(|| rest.trim_ascii())
}
