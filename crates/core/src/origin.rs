//! Where a request was sent to, as the visitor's browser sees it.

use std::fmt;

use crate::limits::MAX_HOST;

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// Parses the exact lower-case or upper-case word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("https") {
            Some(Self::Https)
        } else if text.eq_ignore_ascii_case("http") {
            Some(Self::Http)
        } else {
            None
        }
    }

    /// The scheme's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A host name or address with an optional port, as in the `Host` header ([RFC 9110 §7.2]): one value, no user
/// information, no list, no white space.
///
/// [RFC 9110 §7.2]: https://www.rfc-editor.org/rfc/rfc9110#section-7.2
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Host<'a>(&'a str);

impl<'a> Host<'a> {
    /// Checks the syntax; the text is kept as it is.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let host = Self(text);
        let name = host.name();
        let name_is_good = match name.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok()),
            None => !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
        };
        let port_is_good =
            host.port().is_none_or(|port| port.is_empty() || (port.len() <= 5 && port.parse::<u16>().is_ok()));
        (text.len() <= MAX_HOST && name_is_good && port_is_good).then_some(host)
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The host without its port; an IPv6 address keeps its brackets.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.parts().0
    }

    /// The port's text, without the colon. Empty for a lone colon.
    #[must_use]
    pub fn port(self) -> Option<&'a str> {
        self.parts().1
    }

    fn parts(self) -> (&'a str, Option<&'a str>) {
        match self.0.rsplit_once(':') {
            // A colon inside the brackets of an IPv6 address belongs to it.
            Some((name, port)) if !port.contains(']') => (name, Some(port)),
            _ => (self.0, None),
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_name_or_address_with_an_optional_port() {
        for (text, name, port) in [
            ("app.example.com", "app.example.com", None),
            ("App:8443", "App", Some("8443")),
            ("a:", "a", Some("")),
            ("127.0.0.1:80", "127.0.0.1", Some("80")),
            ("a:65535", "a", Some("65535")),
            ("[::1]:80", "[::1]", Some("80")),
            ("[::1]", "[::1]", None),
            ("under_score", "under_score", None),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((host.name(), host.port()), (name, port), "{text}");
        }
    }

    #[test]
    fn a_scheme_is_one_of_two_words_in_any_case() {
        for (text, scheme) in [("https", Some(Scheme::Https)), ("HTTP", Some(Scheme::Http)), ("ws", None), ("", None)] {
            assert_eq!(Scheme::parse(text), scheme, "{text}");
        }
    }

    #[test]
    fn lists_user_information_and_junk_are_no_host() {
        for text in [
            "", "a, b", "a b", "user@a", "a/b", "a:b", "a:99999", "a:000080", "a:-1", "[::1", "[a]", "::1", "a?x", "é",
            ":80",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        assert!(Host::parse(&"h".repeat(MAX_HOST)).is_some());
        assert_eq!(Host::parse(&"h".repeat(MAX_HOST + 1)), None);
    }
}
