//! JSON's strings, numbers and literals, as strict as RFC 8259 and serde_json together.

use std::borrow::Cow;

/// Why the walk can not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It is not JSON; the lexer holds the reason, and stands where it is.
    NotJson,
    /// It is nested too deeply.
    TooDeep,
    /// An alternative that was tried does not fit.
    Unfit,
}

/// A place in a document that is known to be UTF-8.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'d> {
    text: &'d str,
    pub(super) at: usize,
    /// Why it is not JSON. Here, and not in what is returned, because everything returns that.
    pub(super) reason: &'static str,
}

/// A string of the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct StringToken<'d> {
    /// Between the quotes, as it was written.
    raw: &'d str,
    escaped: bool,
}

impl<'d> StringToken<'d> {
    /// What the string says.
    #[inline]
    pub(super) fn text(&self) -> Cow<'d, str> {
        if self.escaped { Cow::Owned(decoded(self.raw)) } else { Cow::Borrowed(self.raw) }
    }
}

/// What a string with escapes says. Its form is known to be right.
#[cold]
fn decoded(raw: &str) -> String {
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_default()
}

/// A number of the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberToken<'d> {
    pub(super) raw: &'d str,
    /// Without fraction and exponent. `-0` is no integer to serde.
    pub(super) is_integer: bool,
    has_exponent: bool,
}

impl NumberToken<'_> {
    /// The integer that it is; `None` where it is none, or beyond any integer of 64 bits.
    pub(super) fn integer(&self) -> Option<i128> {
        let (negative, digits) = match self.raw.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.raw),
        };
        if !self.is_integer {
            return None;
        }
        let magnitude = digits
            .bytes()
            .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0'))))?;
        let magnitude = i128::from(magnitude);
        Some(if negative { -magnitude } else { magnitude })
    }

    /// The number as serde_json reads it; `None` where it is beyond f64.
    pub(super) fn float(&self) -> Option<f64> {
        serde_json::from_str(self.raw).ok()
    }

    /// Whether f64 can hold it, in the measure of serde_json.
    pub(super) fn is_finite(&self) -> bool {
        // A number of so few characters without exponent is far below the greatest f64.
        const SURELY_FINITE: usize = 300;
        (!self.has_exponent && self.raw.len() < SURELY_FINITE) || self.float().is_some()
    }
}

impl<'d> Lexer<'d> {
    pub(super) const fn new(text: &'d str) -> Self {
        Self { text, at: 0, reason: "" }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'d str {
        self.text.get(from..to).unwrap_or_default()
    }

    #[cold]
    pub(super) fn wrong<T>(&mut self, reason: &'static str) -> Result<T, Stop> {
        self.reason = reason;
        Err(Stop::NotJson)
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes a byte if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// Takes a text if it comes next.
    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let here = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
        if here {
            self.at += text.len();
        }
        here
    }

    pub(super) fn literal(&mut self, literal: &'static str) -> Result<(), Stop> {
        for byte in literal.bytes() {
            if !self.take(byte) {
                return self.wrong("expected true, false or null");
            }
        }
        Ok(())
    }

    /// A string, from its opening quote on.
    pub(super) fn string(&mut self, otherwise: &'static str) -> Result<StringToken<'d>, Stop> {
        let open = self.at;
        if !self.take(b'"') {
            return self.wrong(otherwise);
        }
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return self.wrong("a control character in a string"),
                Some(_) => self.at += 1,
                None => return self.wrong("the string does not end"),
            }
        }
        let raw = self.slice(open + 1, self.at);
        self.at += 1;
        Ok(StringToken { raw, escaped })
    }

    /// Goes on by eight bytes while none of them means anything in a string.
    fn skip_plain(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(word) = bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let special = special_bytes(u64::from_le_bytes(*word));
            if special != 0 {
                // Of the marks the lowest is always right.
                self.at += special.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
    }

    fn escape(&mut self) -> Result<(), Stop> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let first = self.unicode_escape()?;
                match first {
                    0xDC00..0xE000 => self.wrong("a surrogate stands alone"),
                    0xD800..0xDC00 => {
                        if self.take(b'\\')
                            && self.peek() == Some(b'u')
                            && (0xDC00..0xE000).contains(&self.unicode_escape()?)
                        {
                            Ok(())
                        } else {
                            self.wrong("a surrogate stands alone")
                        }
                    }
                    _ => Ok(()),
                }
            }
            _ => self.wrong("an unknown escape in a string"),
        }
    }

    /// The four digits after the `u`, at which it stands.
    fn unicode_escape(&mut self) -> Result<u32, Stop> {
        self.at += 1;
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.wrong("expected four hexadecimal digits after \\u");
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// A number, from its sign or first digit on.
    pub(super) fn number(&mut self) -> Result<NumberToken<'d>, Stop> {
        let start = self.at;
        let negative = self.take(b'-');
        let zero = self.take(b'0');
        if zero {
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return self.wrong("a number begins with a superfluous zero");
            }
        } else {
            self.digits()?;
        }
        let integer_end = self.at;
        if self.take(b'.') {
            self.digits()?;
        }
        let has_exponent = self.take(b'e') || self.take(b'E');
        if has_exponent {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let is_integer = self.at == integer_end && !(negative && zero);
        Ok(NumberToken { raw: self.slice(start, self.at), is_integer, has_exponent })
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { self.wrong("expected a digit") } else { Ok(()) }
    }
}

/// Marks the bytes that end the plain part of a string: quote, backslash, control characters.
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let quotes = quote.wrapping_sub(ONES) & !quote;
    let backslashes = backslash.wrapping_sub(ONES) & !backslash;
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    (quotes | backslashes | controls) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_found_and_decoded() {
        for (written, said) in [
            (r#""""#, ""),
            (r#""plain text, longer than a word""#, "plain text, longer than a word"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""12345678\u0061""#, "12345678a"),
            (r#""\ud83d\ude00 \uD83D\uDE00""#, "😀 😀"),
            ("\"åß∂ƒ©˙∆\u{7f}\"", "åß∂ƒ©˙∆\u{7f}"),
        ] {
            let mut lexer = Lexer::new(written);
            assert_eq!(lexer.string("").unwrap().text(), said);
            assert_eq!(lexer.peek(), None);
        }
    }

    #[test]
    fn every_special_byte_is_seen_wherever_it_stands() {
        for byte in 0..=0x7f_u8 {
            for place in 0..8_u32 {
                let word = 0x6161_6161_6161_6161_u64 & !(0xff << (place * 8)) | (u64::from(byte) << (place * 8));
                let special = byte < 0x20 || byte == b'"' || byte == b'\\';
                assert_eq!(special_bytes(word) != 0, special, "byte {byte} at {place}");
                if special {
                    assert_eq!(special_bytes(word).trailing_zeros() / 8, place);
                }
            }
        }
        assert_eq!(special_bytes(u64::MAX), 0);
    }

    #[test]
    fn an_integer_is_known_up_to_64_bits() {
        for (written, value) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("18446744073709551615", Some(i128::from(u64::MAX))),
            ("18446744073709551616", None),
            ("-9223372036854775808", Some(i128::from(i64::MIN))),
            ("-0", None),
            ("1.0", None),
            ("1e0", None),
        ] {
            assert_eq!(Lexer::new(written).number().unwrap().integer(), value, "{written}");
        }
    }
}
