//! Where a visitor lands after logging in or out.

use crate::domain::DomainRule;
use crate::limits::MAX_TARGET;
use crate::origin::Host;
use crate::path;

/// A target that a browser resolves to this site or to an allowed one.
///
/// Checked when it arrives and again when it is used: there is no other way to make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

/// Why a target is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReturnToError {
    /// Neither a path nor an `http` or `https` URL.
    #[error("the target is neither a path nor an http(s) URL")]
    Form,
    /// The path could be read as another host or leave its place.
    #[error("the path of the target has an empty or dot segment")]
    Path,
    /// The URL's authority is malformed.
    #[error("the target's host is malformed")]
    Authority,
    /// The URL's host is not in `whitelist-domain`.
    #[error("the target's host is not in whitelist-domain")]
    Domain,
    /// It is longer than any server takes an address.
    #[error("the target is too long")]
    Length,
    /// A control character.
    #[error("the target has a control character")]
    Control,
}

impl ReturnTo {
    /// The site's root, `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Accepts a path of this site, or a URL whose host and port `allowed` covers.
    ///
    /// compat: v7 looks for `//` and dot segments in the query too; we look in the path alone, D53.
    ///
    /// # Errors
    /// The first [`ReturnToError`].
    pub fn parse(text: &str, allowed: &[DomainRule]) -> Result<Self, ReturnToError> {
        if text.len() > MAX_TARGET {
            return Err(ReturnToError::Length);
        }
        if text.starts_with('/') {
            let path = text.split(['?', '#']).next().unwrap_or(text);
            return if leaves_its_place(path) { Err(ReturnToError::Path) } else { Ok(Self(text.to_owned())) };
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(ReturnToError::Form)?;
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err(ReturnToError::Control);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let host = authority_host(authority).ok_or(ReturnToError::Authority)?;
        let name = host.name();
        let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if allowed.iter().any(|rule| rule.matches(name, host.port())) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReturnToError::Domain)
        }
    }

    /// The target as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The target as a `Location` header carries it: a path is cleaned, bytes that no header may hold are escaped.
    #[must_use]
    pub fn location(&self) -> String {
        let text = if self.0.starts_with('/') {
            // Only what was checked is cleaned: dots behind a `#` could take the path back to `/\host`.
            let (path, rest) = self.0.split_at(self.0.find(['?', '#']).unwrap_or(self.0.len()));
            path::cleaned(path).map_or_else(|| self.0.clone(), |clean| clean + rest)
        } else {
            self.0.clone()
        };
        path::visible(text)
    }
}

/// Whether a path holds a slash or backslash, then nothing but white space or one or two dots, then another one:
/// what browsers may take for the start of a host, or for a way up.
fn leaves_its_place(path: &str) -> bool {
    let mut segments = path.split(['/', '\\']).peekable();
    segments.next();
    while let Some(segment) = segments.next() {
        let enclosed = segments.peek().is_some();
        let blank = segment.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' '));
        if enclosed && (blank || segment == "." || segment == "..") {
            return true;
        }
    }
    false
}

/// The host of a URL's authority; user information may stand before it.
fn authority_host(authority: &str) -> Option<Host<'_>> {
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%".contains(&byte);
            user.bytes().all(plain).then_some(host)?
        }
        None => authority,
    };
    Host::parse(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowed() -> Vec<DomainRule> {
        [".example.com", "other.test:8080", "any.test:*"].iter().filter_map(|rule| DomainRule::parse(rule)).collect()
    }

    #[test]
    fn targets_that_lead_elsewhere_are_rejected() {
        for target in [
            "",
            "foo",
            "?x",
            "HTTPS://a.example.com/",
            "javascript:alert(1)",
            "//evil",
            "/\\evil",
            "/ /x",
            "/\t/x",
            "/\u{b}/x",
            "/a//b",
            "/a/./b",
            "/a/../b",
            "/x\\/y",
            "/\t\\evil",
            "http://other.test/p",
            "https://a.example.com:443/",
            "https:///x",
            "https://[::1]/",
            "https://a.example.com\\@evil.com/",
            "https://evil.com#@a.example.com/",
            "https://a.example.com\t.evil.com/",
            "https://evil.com\\.example.com/",
            "https://a.example.com%2eevil.com/",
            "https://EXAMPLE.com/",
            "https://a.example.com:x/",
            "https://evil.com\\@a.example.com/",
            "https://evil.com @a.example.com/",
            "https://a.example.com/\nx",
            "https://a.example.com/?\u{1f}",
            "https://a.example.com/#\u{7f}",
        ] {
            assert!(ReturnTo::parse(target, &allowed()).is_err(), "{target:?}");
        }
    }

    #[test]
    fn targets_on_this_site_or_an_allowed_one_are_accepted() {
        for target in [
            "/",
            "/a\\b",
            "/%09/x",
            "/a%2F%2Fb",
            "/é",
            "/a?u=https://x/",
            "/a?b=//c",
            "/foo#/bar//baz",
            "http://other.test:8080/p",
            "https://any.test/x",
            "https://any.test:99/x",
            "https://example.com",
            "https://user@a.example.com/",
            "https://user:pass-word@a.example.com/",
            "https://a.example.com/a b",
            "https://a.example.com/../x//y",
        ] {
            assert_eq!(ReturnTo::parse(target, &allowed()).as_ref().map(ReturnTo::as_str), Ok(target));
        }
    }

    #[test]
    fn a_target_is_as_long_as_an_address_may_be_and_no_longer() {
        for begin in ["/", "https://any.test/", "/?"] {
            let target = format!("{begin:x<MAX_TARGET$}");
            assert!(ReturnTo::parse(&target, &allowed()).is_ok(), "{begin}");
            assert_eq!(ReturnTo::parse(&(target + "x"), &allowed()), Err(ReturnToError::Length), "{begin}");
        }
    }

    #[test]
    fn a_location_is_cleaned_and_fit_for_a_header() {
        for (target, location) in [
            ("/a/..?x=/../y", "/?x=/../y"),
            ("/a/..#/../y", "/#/../y"),
            ("/#/../\\evil.com", "/#/../\\evil.com"),
            ("/é", "/%c3%a9"),
            ("/a\r\nb", "/a%0d%0ab"),
            ("https://a.example.com/../x//y", "https://a.example.com/../x//y"),
        ] {
            assert_eq!(ReturnTo::parse(target, &allowed()).unwrap().location(), location);
        }
    }

    proptest! {
        #[test]
        fn every_location_is_visible_ascii(target in "/.*") {
            if let Ok(to) = ReturnTo::parse(&target, &[]) {
                prop_assert!(to.location().bytes().all(|byte| matches!(byte, b' '..=b'~')));
            }
        }

        #[test]
        fn neither_an_accepted_path_nor_its_location_starts_like_a_host(target in "/[/\\\\ \t.a?#]{0,9}") {
            if let Ok(to) = ReturnTo::parse(&target, &[]) {
                for text in [to.as_str(), &to.location()] {
                    let stripped: String = text.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
                    prop_assert!(!stripped.starts_with("//") && !stripped.starts_with("/\\"), "{target:?} {text:?}");
                }
            }
        }
    }
}
