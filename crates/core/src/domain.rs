//! Domain rules as `whitelist-domain` and `allowed_email_domains` write them.

/// One entry: a host, with or without its subdomains, and which ports it covers.
///
/// `h` is that host alone; `.h` and `*.h` are the host and everything below it. Matching is case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRule {
    host: String,
    subdomains: bool,
    port: PortRule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PortRule {
    None,
    Any,
    Exact(String),
}

impl DomainRule {
    /// Parses `host`, `host:port` or `host:*`. A port that is neither a number nor `*` belongs to the host.
    /// `None` for an empty host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, "*")) => (host, PortRule::Any),
            Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                (host, PortRule::Exact(port.to_owned()))
            }
            _ => (text, PortRule::None),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let (host, subdomains) = match host.strip_prefix("*.").or_else(|| host.strip_prefix('.')) {
            Some(parent) => (parent, true),
            None => (host, false),
        };
        (!host.is_empty()).then(|| Self { host: host.to_owned(), subdomains, port })
    }

    /// The host that it names, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host with its port where the rule names one, as a URL has it.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match &self.port {
            PortRule::Exact(port) => format!("{host}:{port}"),
            PortRule::None | PortRule::Any => host,
        }
    }

    /// Whether it covers what is below that host too.
    #[must_use]
    pub fn covers_subdomains(&self) -> bool {
        self.subdomains
    }

    /// Whether the rule covers `host` (no port, no brackets) and `port` (as written in the URL, if at all).
    #[must_use]
    pub fn matches(&self, host: &str, port: Option<&str>) -> bool {
        let host_matches = host == self.host
            || (self.subdomains && host.strip_suffix(self.host.as_str()).is_some_and(|rest| rest.ends_with('.')));
        let port_matches = match &self.port {
            PortRule::Any => true,
            PortRule::None => port.is_none_or(str::is_empty),
            PortRule::Exact(want) => port == Some(want),
        };
        host_matches && port_matches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(rule: &str, host: &str, port: Option<&str>) -> bool {
        DomainRule::parse(rule).unwrap().matches(host, port)
    }

    #[test]
    fn dot_and_star_cover_the_host_and_all_below_it() {
        for rule in [".example.com", "*.example.com"] {
            assert!(matches(rule, "example.com", None));
            assert!(matches(rule, "a.b.example.com", None));
            assert!(!matches(rule, "badexample.com", None));
            assert!(!matches(rule, "A.EXAMPLE.COM", None), "case counts");
        }
        assert!(!matches("example.com", "a.example.com", None));
    }

    #[test]
    fn ports_are_exact_any_or_none() {
        assert!(!matches("h", "h", Some("443")));
        assert!(matches("h:8080", "h", Some("8080")));
        assert!(!matches("h:8080", "h", None));
        assert!(matches("h:*", "h", Some("99")));
        assert!(matches("h:*", "h", None));
        assert!(matches("[::1]:80", "::1", Some("80")));
        assert!(!matches("h:", "h", Some("")) && !matches("h:8x", "h", Some("8x")), "no port, so a part of the host");
    }

    #[test]
    fn an_entry_without_a_host_is_no_rule() {
        assert_eq!(DomainRule::parse(""), None);
        assert_eq!(DomainRule::parse("."), None);
        assert_eq!(DomainRule::parse(":80"), None);
    }
}
