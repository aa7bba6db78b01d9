//! The one place that puts cookies together: attributes, `Domain`, deletion.

use std::net::Ipv4Addr;
use std::time::Duration;

use sidecar_core::cookie::{Attributes, SameSite, SetCookie};

use crate::limits::MAX_DELETED;
use crate::settings::CookieSettings;

/// Writes and deletes cookies with the configured attributes.
pub(crate) struct CookieWriter {
    path: String,
    /// Longest first.
    domains: Vec<Domain>,
    http_only: bool,
    secure: bool,
    same_site: Option<SameSite>,
}

struct Domain {
    /// As configured; compared with the end of the request's host.
    suffix: String,
    /// What the attribute says; `None` where it would not be a valid one.
    attribute: Option<String>,
}

impl CookieWriter {
    pub(crate) fn new(settings: &CookieSettings, same_site: Option<SameSite>) -> Self {
        let mut domains: Vec<Domain> = settings.domains.iter().map(|domain| Domain::new(domain)).collect();
        domains.sort_by_key(|domain| std::cmp::Reverse(domain.suffix.len()));
        Self { path: settings.path.clone(), domains, http_only: settings.http_only, secure: settings.secure, same_site }
    }

    /// The attributes for a cookie that lives for `lifetime`, on a request to `host` (with or without a port).
    pub(crate) fn attributes(&self, host: &str, lifetime: Option<Duration>) -> Attributes<'_> {
        // compat: v7 leaves out a Max-Age of no whole second, which would delete the cookie.
        self.attributes_with_max_age(host, lifetime.map(|lifetime| lifetime.as_secs()).filter(|seconds| *seconds > 0))
    }

    /// The lines that make a browser forget the cookies of these names: each name once, the first [`MAX_DELETED`] of them.
    pub(crate) fn delete_all<'n>(&self, names: impl IntoIterator<Item = &'n str>, host: &str) -> Vec<SetCookie> {
        let mut distinct: Vec<&str> = Vec::new();
        for name in names {
            if distinct.len() == MAX_DELETED {
                break;
            }
            if !distinct.contains(&name) {
                distinct.push(name);
            }
        }
        distinct.into_iter().map(|name| self.delete(name, host)).collect()
    }

    /// The line that makes a browser forget the cookie `name`: the same attributes with which it was set.
    pub(crate) fn delete(&self, name: &str, host: &str) -> SetCookie {
        SetCookie::new(name, "", &self.attributes_with_max_age(host, Some(0)))
    }

    fn attributes_with_max_age(&self, host: &str, max_age: Option<u64>) -> Attributes<'_> {
        Attributes {
            path: &self.path,
            domain: self.domain(host),
            max_age,
            http_only: self.http_only,
            secure: self.secure,
            same_site: self.same_site,
        }
    }

    /// The longest configured domain that ends the host, else the shortest.
    fn domain(&self, host: &str) -> Option<&str> {
        let host = without_port(host);
        let domain = self.domains.iter().find(|domain| host.ends_with(&domain.suffix)).or_else(|| {
            let shortest = self.domains.last()?;
            tracing::warn!(host, domain = shortest.suffix, "request host matches no cookie domain");
            Some(shortest)
        })?;
        domain.attribute.as_deref()
    }
}

impl Domain {
    fn new(text: &str) -> Self {
        let name = text.strip_prefix('.').unwrap_or(text);
        let valid = is_domain_name(text) || text.parse::<Ipv4Addr>().is_ok();
        Self { suffix: text.to_owned(), attribute: valid.then(|| name.to_owned()) }
    }
}

/// A host name as v7 prints it in `Domain`: labels of letters, digits and inner hyphens, one letter at least.
fn is_domain_name(text: &str) -> bool {
    let name = text.strip_prefix('.').unwrap_or(text);
    // One dot at the end is let through.
    let labels = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 255 && labels.split('.').all(is_label) && labels.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The host without its port, if it has one in the form that v7's host-and-port splitting takes.
fn without_port(host: &str) -> &str {
    let Some((before, port)) = host.rsplit_once(':') else { return host };
    if port.contains(['[', ']']) {
        return host;
    }
    match before.strip_prefix('[') {
        Some(bracketed) => match bracketed.strip_suffix(']') {
            Some(address) if !address.contains(['[', ']']) => address,
            _ => host,
        },
        None if before.contains([':', '[', ']']) => host,
        None => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(domains: &[&str]) -> CookieWriter {
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        CookieWriter::new(&CookieSettings { domains, ..CookieSettings::default() }, None)
    }

    #[test]
    fn ports_are_removed_as_v7_removes_them() {
        for (host, name) in [
            ("a", "a"),
            ("a:8443", "a"),
            ("a:", "a"),
            ("[::1]:80", "::1"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("a:b:80", "a:b:80"),
            ("[::1", "[::1"),
            ("[a]b:80", "[a]b:80"),
            ("", ""),
            (":80", ""),
        ] {
            assert_eq!(without_port(host), name, "{host}");
        }
    }

    #[test]
    fn the_longest_domain_that_ends_the_host_is_taken_else_the_shortest() {
        let writer = writer(&[".example.com", "app.example.com", ".example.org"]);
        for (host, domain) in [
            ("x.example.com", "example.com"),
            ("x.app.example.com", "app.example.com"),
            ("x.app.example.com:8080", "app.example.com"),
            ("a.example.org", "example.org"),
            ("elsewhere.net", "example.org"),
            ("A.EXAMPLE.COM", "example.org"),
        ] {
            assert_eq!(writer.domain(host), Some(domain), "{host}");
        }
    }

    #[test]
    fn a_value_that_is_no_plain_host_name_makes_the_attribute_vanish() {
        for (configured, attribute) in [
            ("example.com", Some("example.com")),
            (".example.com", Some("example.com")),
            ("my-app.example.com", Some("my-app.example.com")),
            ("10.0.0.1", Some("10.0.0.1")),
            ("localhost", Some("localhost")),
            ("example.com.", Some("example.com.")),
            ("example.com:8080", None),
            ("*.example.com", None),
            ("::1", None),
            ("123.456", None),
            ("a_b.com", None),
            ("-a.com", None),
            ("a-.com", None),
            ("a..com", None),
            ("..a.com", None),
        ] {
            assert_eq!(Domain::new(configured).attribute.as_deref(), attribute, "{configured}");
        }
    }

    #[test]
    fn a_lifetime_of_no_whole_second_does_not_delete_the_cookie() {
        let writer = writer(&[]);
        let max_age = |millis| writer.attributes("h", Some(Duration::from_millis(millis))).max_age;
        assert_eq!((max_age(999), max_age(1999)), (None, Some(1)));
    }

    #[test]
    fn a_deletion_repeats_the_attributes_so_that_browsers_accept_it() {
        let settings = CookieSettings {
            name: "__Secure-n".to_owned(),
            domains: vec![".example.com".to_owned()],
            ..CookieSettings::default()
        };
        let writer = CookieWriter::new(&settings, Some(SameSite::Strict));
        assert_eq!(
            writer.delete("__Secure-n_0", "app.example.com").expose(),
            "__Secure-n_0=; Path=/; Domain=example.com; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
        );
    }
}
