//! The two tokens as they were sent. Their text can not be printed.

use std::fmt;

use enaction_core::TokenKind;

/// The text of one token, unverified. `Debug` and `Display` print `[token]`, so that no log can hold it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a>(&'a [u8]);

impl<'a> Token<'a> {
    /// The bytes of a header field, whatever they are.
    #[must_use]
    pub fn new(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(text.as_ref())
    }

    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[token]")
    }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[token]")
    }
}

/// Both tokens of a request, unverified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// `id_token`: who calls.
    pub id: Token<'a>,
    /// `site_token`: for which company and site.
    pub site: Token<'a>,
}

impl<'a> Pair<'a> {
    /// Two tokens by their text.
    #[must_use]
    pub fn new(id: &'a (impl AsRef<[u8]> + ?Sized), site: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { id: Token::new(id), site: Token::new(site) }
    }
}

/// One thing for each token, `id` first: the order in which every rule is applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Both<T> {
    pub(crate) id: T,
    pub(crate) site: T,
}

impl<T> Both<T> {
    /// Applies one rule to both tokens and keeps what it answers; the first refusal ends it.
    pub(crate) fn try_map<U, E>(&self, mut rule: impl FnMut(TokenKind, &T) -> Result<U, E>) -> Result<Both<U>, E> {
        Ok(Both { id: rule(TokenKind::Id, &self.id)?, site: rule(TokenKind::Site, &self.site)? })
    }

    /// What belongs to one token.
    pub(crate) const fn of(&self, kind: TokenKind) -> &T {
        match kind {
            TokenKind::Id => &self.id,
            TokenKind::Site => &self.site,
        }
    }
}
