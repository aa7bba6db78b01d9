//! Where the hosts of a demo live, and what URLs into them look like.

/// How visitors reach the sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP, for `*.localhost`.
    Http,
    /// TLS, ended by a gateway.
    Https,
}

/// A domain whose hosts share a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// How visitors come.
    pub scheme: Scheme,
    /// Without a dot in front: `demo.localhost`, `example.com`.
    pub name: &'static str,
    /// The port in URLs; `None` is the one of the scheme.
    pub port: Option<u16>,
}

impl Domain {
    /// What browsers find by themselves (RFC 6761, section 6.3), on `port`.
    #[must_use]
    pub fn localhost(port: u16) -> Self {
        Self { scheme: Scheme::Http, name: "demo.localhost", port: Some(port) }
    }

    /// What the example site uses.
    #[must_use]
    pub fn example_com() -> Self {
        Self { scheme: Scheme::Https, name: "example.com", port: None }
    }

    /// The host that `label` names in it.
    #[must_use]
    pub fn host(&self, label: &str) -> String {
        format!("{label}.{}", self.name)
    }

    /// A URL on that host; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, label: &str, path: &str) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let number = self.port.map(|number| format!(":{number}")).unwrap_or_default();
        format!("{scheme}://{}{number}{path}", self.host(label))
    }

    /// The value for `cookie_domains`: all hosts of the domain.
    #[must_use]
    pub fn cookie_domain(&self) -> String {
        format!(".{}", self.name)
    }

    /// The value for `whitelist_domains`: all hosts of the domain, on any port if URLs have one.
    #[must_use]
    pub fn whitelist_domain(&self) -> String {
        format!(".{}{}", self.name, if self.port.is_some() { ":*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_the_port_only_where_it_is_not_that_of_the_scheme() {
        assert_eq!(Domain::localhost(8099).url("app1", "/a?b"), "http://app1.demo.localhost:8099/a?b");
        assert_eq!(Domain::example_com().url("auth", "/"), "https://auth.example.com/");
        assert_eq!(Domain::localhost(1).whitelist_domain(), ".demo.localhost:*");
        assert_eq!(Domain::example_com().whitelist_domain(), ".example.com");
    }
}
