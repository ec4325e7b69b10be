//! The answer when a request may not pass: the fault, the token that it is about, the challenge, and a word for the
//! log.

use std::fmt;

use enaction_core::{Fault, FaultCode, TokenKind, catalogue};

/// Why a request was refused. It holds no text of a token and no detail of the cryptography.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    fault: Fault,
    token: Option<TokenKind>,
    reason: &'static str,
    challenge: Option<String>,
}

impl Refusal {
    /// The fault that the answer is made of.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The fault that the answer is made of.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        self.0.fault
    }

    /// The token that it is about; nothing when it is about neither or both.
    #[must_use]
    pub fn token(&self) -> Option<TokenKind> {
        self.0.token
    }

    /// The member `token` of the problem document: `id` or `site`.
    #[must_use]
    pub fn token_name(&self) -> Option<&'static str> {
        self.0.token.map(name)
    }

    /// A stable word for the log, such as `expired` or `audience`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.0.reason
    }

    /// The value of `WWW-Authenticate` (RFC 6750 section 3), where the answer carries one.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.0.challenge.as_deref()
    }

    fn new(fault: Fault, token: Option<TokenKind>, reason: &'static str, challenge: Option<String>) -> Self {
        Self(Box::new(Inner { fault, token, reason, challenge }))
    }

    /// Step 1.
    pub(crate) fn too_long(token: TokenKind) -> Self {
        Self::new(catalogue::TOKEN_TOO_LONG.fault().with_limit("token_chars_max"), Some(token), "too_long", None)
    }

    /// Step 2: a token in two field lines.
    pub(crate) fn sent_twice(token: TokenKind) -> Self {
        let challenge = challenge("invalid_request", "a token was sent more than once", Some(token));
        Self::new(catalogue::INVALID_REQUEST.fault(), Some(token), "sent_twice", Some(challenge))
    }

    /// Step 2: no error code for a client that did not know that tokens are needed.
    pub(crate) fn missing(token: Option<TokenKind>, code: FaultCode) -> Self {
        Self::new(code.fault(), token, "missing", Some(BARE.to_owned()))
    }

    /// Steps 3 to 14.
    pub(crate) fn invalid(token: TokenKind, reason: Reason) -> Self {
        let Reason { word, told } = reason;
        let fault = catalogue::INVALID_TOKEN.because(told);
        Self::new(fault, Some(token), word, Some(challenge("invalid_token", told, Some(token))))
    }

    /// Step 6: there is nothing to check tokens with.
    pub(crate) fn keys_unavailable(token: TokenKind) -> Self {
        let fault = catalogue::KEYS_UNAVAILABLE.fault().with_retry_after(crate::issuer_keys::RETRY_NEVER_LOADED);
        Self::new(fault, Some(token), "keys_unavailable", None)
    }

    /// Step 13, where it is the policy that says so.
    #[must_use]
    pub fn revoked(token: TokenKind) -> Self {
        Self::invalid(token, Reason::DENIED)
    }

    /// Step 15. Both tokens are valid; the word says in what they differ.
    pub(crate) fn mismatch(word: &'static str) -> Self {
        let challenge = challenge("invalid_token", "the two tokens do not belong together", None);
        Self::new(catalogue::PAIR_MISMATCH.fault(), None, word, Some(challenge))
    }

    /// Step 17.
    pub(crate) fn insufficient_scope(permission: &str) -> Self {
        let mut challenge = challenge("insufficient_scope", "the token was issued for less", Some(TokenKind::Site));
        if permission.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
            challenge.push_str(&format!(", scope=\"{permission}\""));
        }
        Self::new(catalogue::INSUFFICIENT_SCOPE.fault(), Some(TokenKind::Site), "scope", Some(challenge))
    }

    /// Step 18.
    pub(crate) fn permission_denied() -> Self {
        Self::new(catalogue::PERMISSION_DENIED.fault(), None, "permission", None)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.token_name() {
            Some(token) => write!(f, "{} ({token}: {})", self.0.fault.code(), self.0.reason),
            None => write!(f, "{} ({})", self.0.fault.code(), self.0.reason),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        refusal.into_fault()
    }
}

/// `id` or `site`.
pub(crate) const fn name(token: TokenKind) -> &'static str {
    match token {
        TokenKind::Id => "id",
        TokenKind::Site => "site",
    }
}

const BARE: &str = "Bearer realm=\"api\"";

fn challenge(error: &str, description: &str, token: Option<TokenKind>) -> String {
    let mut text = format!("{BARE}, error=\"{error}\", error_description=\"{description}\"");
    if let Some(token) = token {
        text.push_str(&format!(", token=\"{}\"", name(token)));
    }
    text
}

/// Why one token does not hold: a word for the log, and what its sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    word: &'static str,
    told: &'static str,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $told:expr;)*) => {
        impl Reason {
            $($(#[$doc])* pub(crate) const $name: Self = Self { word: $word, told: $told };)*
        }
    };
}

/// One text for everything between the alphabet and the signature: which of these checks failed is nobody's business.
const UNVERIFIABLE: &str = "the token can not be verified";
const MALFORMED: &str = "the token is malformed";

reasons! {
    /// Step 3.
    FORM = "form", MALFORMED;
    /// Step 4.
    HEADER = "header", MALFORMED;
    /// Step 5.
    ALGORITHM = "algorithm", UNVERIFIABLE;
    /// Step 6.
    KEY = "key", UNVERIFIABLE;
    /// Step 7: another algorithm or kind.
    KEY_USE = "key_use", UNVERIFIABLE;
    /// Step 7: the key is on the denylist.
    KEY_DENIED = "key_denied", UNVERIFIABLE;
    /// Step 8.
    TYPE = "type", UNVERIFIABLE;
    /// Step 9.
    SIGNATURE = "signature", UNVERIFIABLE;
    /// Step 10: not a strict JSON object within its limits.
    PAYLOAD = "payload", MALFORMED;
    /// Step 10: a known claim of the wrong type, or a required one that is absent.
    CLAIMS = "claims", MALFORMED;
    /// Step 11.
    ISSUER = "issuer", "the token is of another issuer";
    /// Step 11.
    EXPIRED = "expired", "the token has expired";
    /// Step 11: `iat` or `nbf` is in the future.
    NOT_YET = "not_yet", "the token is not valid yet";
    /// Step 11.
    LIFETIME = "lifetime", "the token lives longer than allowed";
    /// Step 11.
    TOKEN_USE = "token_use", "the token is of the other kind";
    /// Step 12.
    AUDIENCE = "audience", "the token is for another audience";
    /// Step 13.
    DENIED = "denied", "the token was revoked";
    /// Step 14: proofs of possession are not checked yet, so a token that demands one is refused.
    SENDER = "sender_constraint", "the token is bound to a key that was not proven";
}
