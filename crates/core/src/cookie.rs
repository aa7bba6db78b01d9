//! Cookies as a request presents them, and the one builder of `Set-Cookie` ([RFC 6265]).
//!
//! [RFC 6265]: https://www.rfc-editor.org/rfc/rfc6265

use std::fmt::Write as _;

use http::header::{COOKIE, HeaderMap, HeaderValue};

/// One cookie of a request, borrowed from its header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// The name, an RFC 9110 token.
    pub name: &'a str,
    /// The value, one pair of surrounding double quotes removed.
    pub value: &'a str,
}

/// The cookies of a request, in the order of its `Cookie` lines.
///
/// Iterating parses as it goes and allocates nothing.
#[derive(Clone, Copy)]
pub struct RequestCookies<'a>(&'a HeaderMap);

impl<'a> RequestCookies<'a> {
    /// Reads from all `Cookie` lines of `headers`.
    #[must_use]
    pub fn new(headers: &'a HeaderMap) -> Self {
        Self(headers)
    }

    /// All well-formed cookies. A pair with an ill-formed name or value is passed over.
    pub fn iter(self) -> impl Iterator<Item = Cookie<'a>> {
        self.0.get_all(COOKIE).iter().flat_map(|line| parse_line(line.as_bytes()))
    }

    /// The values of every cookie called `name`, in order.
    pub fn values(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |cookie| cookie.name == name).map(|cookie| cookie.value)
    }
}

/// Splits one `Cookie` line into its well-formed pairs.
pub fn parse_line(line: &[u8]) -> impl Iterator<Item = Cookie<'_>> {
    let ends = memchr::memchr_iter(b';', line).chain(std::iter::once(line.len()));
    let pairs = ends.scan(0, |start, end| line.get(std::mem::replace(start, end + 1)..end));
    pairs.filter_map(parse_pair)
}

/// Parses one `name=value`. A pair without `=` has an empty value.
fn parse_pair(pair: &[u8]) -> Option<Cookie<'_>> {
    let mut sides = trim(pair).splitn(2, |byte| *byte == b'=');
    let name = trim(sides.next()?);
    let value = match sides.next().unwrap_or(b"") {
        [b'"', inner @ .., b'"'] => inner,
        bare => bare,
    };
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) || !is_well_formed(value) {
        return None;
    }
    Some(Cookie { name: std::str::from_utf8(name).ok()?, value: std::str::from_utf8(value).ok()? })
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// A byte of an RFC 9110 token, which cookie names are made of.
#[must_use]
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a value has only bytes it may have. Looks at all of them: without an early end the compiler checks sixteen at
/// a time, and session cookies have thousands.
fn is_well_formed(value: &[u8]) -> bool {
    value.iter().fold(true, |well_formed, byte| well_formed & is_value(*byte))
}

/// A byte of a cookie value. Spaces and commas occur in the wild and are let through, as Go does.
fn is_value(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b';' && byte != b'\\'
}

/// The attribute `SameSite` (RFC 6265bis §4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent on top-level navigations from elsewhere.
    Lax,
    /// Never sent from elsewhere.
    Strict,
    /// Always sent; browsers want `Secure` with it.
    None,
}

/// The attributes of a `Set-Cookie`, in the order they are printed.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    /// `Path`; an empty one is left out.
    pub path: &'a str,
    /// `Domain`, without a leading dot; `None` makes the cookie host-only.
    pub domain: Option<&'a str>,
    /// `Max-Age` in seconds; `None` lets the cookie end with the browser session, 0 deletes it.
    pub max_age: Option<u64>,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `Secure`.
    pub secure: bool,
    /// `SameSite`; `None` leaves it to the browser.
    pub same_site: Option<SameSite>,
}

/// The text of one `Set-Cookie` header, made only by [`SetCookie::new`].
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie(String);

impl SetCookie {
    /// Puts name, value and attributes together in v7's order and spelling.
    #[must_use]
    pub fn new(name: &str, value: &str, attributes: &Attributes<'_>) -> Self {
        let mut text = String::with_capacity(name.len() + value.len() + 96);
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        attributes.write(&mut text);
        Self(text)
    }

    /// The whole text, which is a secret as far as its value is one.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The header value, marked sensitive. `None` when a name, value or attribute has bytes that no header may carry.
    #[must_use]
    pub fn to_header_value(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&self.0).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl std::fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.0.split('=').next().unwrap_or_default();
        write!(f, "SetCookie({name})")
    }
}

impl Attributes<'_> {
    /// Appends the attributes with their leading `; `.
    pub fn write(&self, text: &mut String) {
        if !self.path.is_empty() {
            text.push_str("; Path=");
            text.extend(self.path.chars().filter(|c| matches!(c, ' '..='~') && *c != ';'));
        }
        if let Some(domain) = self.domain {
            text.push_str("; Domain=");
            text.push_str(domain);
        }
        if let Some(seconds) = self.max_age {
            let _ = write!(text, "; Max-Age={seconds}");
        }
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        if self.secure {
            text.push_str("; Secure");
        }
        match self.same_site {
            Some(SameSite::Lax) => text.push_str("; SameSite=Lax"),
            Some(SameSite::Strict) => text.push_str("; SameSite=Strict"),
            Some(SameSite::None) => text.push_str("; SameSite=None"),
            None => {}
        }
    }

    /// The length of what [`Attributes::write`] appends.
    #[must_use]
    pub fn written_len(&self) -> usize {
        let mut text = String::new();
        self.write(&mut text);
        text.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(line: &str) -> Vec<(&str, &str)> {
        parse_line(line.as_bytes()).map(|cookie| (cookie.name, cookie.value)).collect()
    }

    #[test]
    fn ill_formed_pairs_are_passed_over_and_the_rest_is_read() {
        assert_eq!(
            pairs("a=1; b=\"2\"; bad name=3; c=\u{e9}; d=x\\y; e; =f;; g=1=2 ; h=x\"y; _-i!=3"),
            [("a", "1"), ("b", "2"), ("e", ""), ("g", "1=2"), ("_-i!", "3")]
        );
    }

    #[test]
    fn attributes_are_printed_in_the_order_of_v7() {
        let attributes = Attributes {
            path: "/",
            domain: Some("example.com"),
            max_age: Some(604_800),
            http_only: true,
            secure: true,
            same_site: Some(SameSite::Lax),
        };
        let cookie = SetCookie::new("n", "v", &attributes);
        assert_eq!(cookie.expose(), "n=v; Path=/; Domain=example.com; Max-Age=604800; HttpOnly; Secure; SameSite=Lax");
        assert_eq!(attributes.written_len(), cookie.expose().len() - 3);
        assert_eq!(format!("{cookie:?}"), "SetCookie(n)");
    }

    #[test]
    fn attributes_that_are_not_wanted_are_left_out_and_a_path_brings_none() {
        let none =
            Attributes { path: "", domain: None, max_age: None, http_only: false, secure: false, same_site: None };
        assert_eq!(SetCookie::new("n", "v", &none).expose(), "n=v");
        let path = Attributes { path: "/a; Domain=evil.test\r\n\u{e9}", ..none };
        assert_eq!(SetCookie::new("n", "v", &path).expose(), "n=v; Path=/a Domain=evil.test");
    }

    #[test]
    fn a_header_with_a_cookie_is_sensitive_and_one_line() {
        let none =
            Attributes { path: "", domain: None, max_age: None, http_only: false, secure: false, same_site: None };
        let header = |value| SetCookie::new("n", value, &none).to_header_value();
        assert!(header("v").is_some_and(|header| header == "n=v" && header.is_sensitive()));
        assert_eq!(header("v\r\nX: y"), None);
    }

    #[test]
    fn values_are_those_of_the_name_on_every_line() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; b=2"));
        headers.append(COOKIE, HeaderValue::from_static("ab=3; a=4"));
        assert!(RequestCookies::new(&headers).values("a").eq(["1", "4"]));
    }

    #[test]
    fn pairs_are_split_at_every_semicolon() {
        assert_eq!(pairs(";;a=1;;b=2; ;c=3;"), [("a", "1"), ("b", "2"), ("c", "3")]);
        assert!(pairs("").is_empty());
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            for cookie in parse_line(&line) {
                prop_assert!(!cookie.name.is_empty());
            }
        }
    }
}
