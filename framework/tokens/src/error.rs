//! What can go wrong with keys, apart from refusing a token.

use std::fmt;

/// Why a key, a key set or a key source can not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No key could be generated.
    Generate,
    /// The bytes are not the PKCS#8 form of a P-256 private key.
    Pkcs8,
    /// The signature could not be made.
    Sign,
    /// The claims are not a JSON object.
    Claims,
    /// The document is not a key set (RFC 7517); the text says in which way.
    KeySet(&'static str),
    /// The address of a key set can not be used; the text says why.
    Address(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generate => f.write_str("generate a P-256 key"),
            Self::Pkcs8 => f.write_str("read a private key: expected PKCS#8 with a P-256 key"),
            Self::Sign => f.write_str("sign a token"),
            Self::Claims => f.write_str("sign a token: expected claims that are a JSON object"),
            Self::KeySet(why) => write!(f, "read a key set: {why}"),
            Self::Address(why) => write!(f, "use the address of a key set: {why}"),
        }
    }
}

impl std::error::Error for Error {}
