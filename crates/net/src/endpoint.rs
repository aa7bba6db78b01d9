//! Where a connection goes.

use std::{fmt, path::PathBuf};

use http::{Uri, uri::Scheme};

/// Where a connection goes, and whether TLS is spoken there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Plain TCP. With [`Proxies::Environment`](crate::Proxies) it may lead to a proxy that expects absolute-form
    /// request targets ([`Stream::ends_at_proxy`](crate::Stream::ends_at_proxy)).
    Http {
        /// A name or an IP literal, an IPv6 literal without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// TLS over TCP; the certificate is checked for `host`.
    Https {
        /// A name or an IP literal, an IPv6 literal without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// A unix stream socket, no TLS, never proxied.
    Unix(PathBuf),
}

/// A URI that names no place to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Neither `http` nor `https`.
    #[error("the scheme is neither http nor https")]
    Scheme,
    /// No host.
    #[error("the host is missing")]
    Host,
}

impl Endpoint {
    /// The endpoint an `http` or `https` URI leads to; ports 80 and 443 when it names none.
    ///
    /// # Errors
    /// [`EndpointError`] for another scheme or a URI without host.
    pub fn of(uri: &Uri) -> Result<Self, EndpointError> {
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(EndpointError::Host)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => Ok(Self::Http { host, port: uri.port_u16().unwrap_or(80) }),
            Some(scheme) if *scheme == Scheme::HTTPS => Ok(Self::Https { host, port: uri.port_u16().unwrap_or(443) }),
            _ => Err(EndpointError::Scheme),
        }
    }
}

/// `host:port`, or the socket's path: what error messages and logs say.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { host, port } | Self::Https { host, port } => f.write_str(&host_port(host, *port)),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// `host:port`, with the brackets that an IPv6 literal needs (RFC 3986 3.2.2).
pub(crate) fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::of(&uri.parse().unwrap())
    }

    #[test]
    fn a_uri_names_its_endpoint() {
        let http = |host: &str, port| Ok(Endpoint::Http { host: host.into(), port });
        let https = |host: &str, port| Ok(Endpoint::Https { host: host.into(), port });
        assert_eq!(of("http://app:8080/x?y"), http("app", 8080));
        assert_eq!(of("http://app"), http("app", 80));
        assert_eq!(of("https://idp.example/"), https("idp.example", 443));
        assert_eq!(of("https://[::1]:9000/"), https("::1", 9000));
        assert_eq!(of("ftp://app"), Err(EndpointError::Scheme));
        assert_eq!(of("/path"), Err(EndpointError::Host));
    }

    #[test]
    fn an_ipv6_literal_is_shown_in_brackets() {
        assert_eq!(of("http://[::1]:9000/").unwrap().to_string(), "[::1]:9000");
        assert_eq!(of("http://app:9000/").unwrap().to_string(), "app:9000");
    }
}
