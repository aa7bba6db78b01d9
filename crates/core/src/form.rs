//! Form encoding, `application/x-www-form-urlencoded`, as query strings and form bodies use it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Why a query string or form body does not parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A `;` stands where only `&` separates.
    #[error("a semicolon in the query")]
    Semicolon,
    /// A `%` without two hexadecimal digits behind it.
    #[error("an invalid percent escape in the query")]
    Escape,
    /// The decoded bytes are not UTF-8, where they must be.
    #[error("a query that is not UTF-8")]
    Utf8,
}

/// Whether `;` separates pairs as `&` does, or makes the text invalid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semicolons {
    /// An error, as in Go since 1.17.
    #[default]
    Refused,
    /// A separator (`allow-query-semicolons`).
    Separate,
}

/// The pairs of a form, decoded, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// Parses every pair or none.
    ///
    /// # Errors
    /// The first fault found: [`FormError::Semicolon`] or [`FormError::Escape`].
    pub fn parse(text: &'a str, semicolons: Semicolons) -> Result<Self, FormError> {
        raw_pairs(text, semicolons).map(decoded_pair).collect::<Result<_, _>>().map(Self)
    }

    /// The pairs that can be read; the others are left out.
    #[must_use]
    pub fn readable(text: &'a str, semicolons: Semicolons) -> Self {
        Self(raw_pairs(text, semicolons).filter_map(|pair| decoded_pair(pair).ok()).collect())
    }

    /// The first value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_ref())
    }

    /// All values of `key`, in order.
    pub fn all<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_ref())
    }

    /// Appends the pairs of another form.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All pairs, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }
}

fn decoded_pair(pair: &str) -> Result<(Cow<'_, str>, Cow<'_, str>), FormError> {
    if pair.contains(';') {
        return Err(FormError::Semicolon);
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Ok((decode_text(key)?, decode_text(value)?))
}

/// Splits a form into its encoded pairs; empty ones are left out.
pub fn raw_pairs(text: &str, semicolons: Semicolons) -> impl Iterator<Item = &str> {
    text.split(move |c| c == '&' || (c == ';' && semicolons == Semicolons::Separate)).filter(|pair| !pair.is_empty())
}

/// Undoes form encoding of one key or value: `+` is a space, `%XX` a byte.
///
/// # Errors
/// [`FormError::Escape`] for a bad escape, [`FormError::Utf8`] for bytes that are not UTF-8.
pub fn decode(text: &str) -> Result<Cow<'_, str>, FormError> {
    decode_or(text, |_| Err(FormError::Utf8))
}

/// The same, but bytes that are not UTF-8 stay escaped, `%xx` in lower case: an app may take queries in another charset.
///
/// # Errors
/// [`FormError::Escape`]
pub fn decode_text(text: &str) -> Result<Cow<'_, str>, FormError> {
    decode_or(text, |bytes| Ok(escape_what_is_not_utf8(bytes)))
}

fn decode_or(text: &str, not_utf8: impl FnOnce(&[u8]) -> Result<String, FormError>) -> Result<Cow<'_, str>, FormError> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Ok(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    let bytes = percent_decode(&spaced).ok_or(FormError::Escape)?;
    String::from_utf8(bytes).or_else(|error| not_utf8(error.as_bytes())).map(Cow::Owned)
}

fn escape_what_is_not_utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "%{byte:02x}"); // a String takes everything
        }
    }
    text
}

/// Decodes every `%XX`; `None` when one is incomplete or not hexadecimal.
#[must_use]
pub fn percent_decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let mut rest = text.as_ref();
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = tail else { return None };
        bytes.push(hex(*high)? << 4 | hex(*low)?);
        rest = tail;
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Appends `text` form-encoded: `A-Z a-z 0-9 - _ . ~` stay, a space becomes `+`, every other byte `%XX` in upper case.
pub fn encode_into(text: impl AsRef<[u8]>, encoded: &mut String) {
    for &byte in text.as_ref() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            byte => encoded.extend(['%', upper_digit(byte >> 4), upper_digit(byte & 15)]),
        }
    }
}

/// The hexadecimal digit of a number below 16.
fn upper_digit(number: u8) -> char {
    char::from(if number < 10 { b'0' + number } else { b'A' - 10 + number })
}

/// `text` form-encoded, as [`encode_into`] says.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    encode_into(text, &mut encoded);
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_semicolon_is_an_error_unless_it_separates() {
        assert_eq!(Form::parse("a=1;b=2", Semicolons::Refused), Err(FormError::Semicolon));
        let form = Form::parse("a=1;b=2", Semicolons::Separate).unwrap();
        assert_eq!(form.get("b"), Some("2"));
    }

    #[test]
    fn bad_escapes_are_errors() {
        assert_eq!(Form::parse("a=%", Semicolons::Refused), Err(FormError::Escape));
        assert_eq!(Form::parse("a=%zz", Semicolons::Refused), Err(FormError::Escape));
    }

    #[test]
    fn bytes_that_are_not_utf8_stay_escaped_in_a_form_and_are_an_error_by_themselves() {
        let form = Form::parse("q=caf%E9+%C3%A9&%FF=%C3%28", Semicolons::Refused).unwrap();
        assert_eq!(form.pairs().collect::<Vec<_>>(), [("q", "caf%e9 \u{e9}"), ("%ff", "%c3(")]);
        assert_eq!(decode("%ff"), Err(FormError::Utf8));
    }

    #[test]
    fn what_can_be_read_is_read() {
        let form = Form::readable("a=1&b;c&&d=%zz&e=2+3", Semicolons::Refused);
        assert_eq!(form.pairs().collect::<Vec<_>>(), [("a", "1"), ("e", "2 3")]);
        assert_eq!(encode("2 3~%"), "2+3~%25");
    }

    #[test]
    fn repeated_keys_keep_their_order() {
        let form = Form::parse("k=1&x&k=2&&k", Semicolons::Refused).unwrap();
        assert_eq!(form.all("k").collect::<Vec<_>>(), ["1", "2", ""]);
        assert_eq!(form.get("x"), Some(""));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in ".*") {
            let encoded = encode(&text);
            prop_assert_eq!(decode(&encoded).unwrap(), text);
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text in ".*") {
            let _ = Form::parse(&text, Semicolons::Refused);
        }
    }
}
