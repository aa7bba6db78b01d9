//! When a proxy stands between us and them: the rules of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.

use std::{net::IpAddr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::{Endpoint, endpoint::host_port, resolve::is_localhost};

/// Whether connections go through a proxy.
#[derive(Debug, Clone, Default)]
pub enum Proxies {
    /// Never.
    #[default]
    Direct,
    /// As the environment variables say.
    Environment(ProxyEnv),
}

/// The meaning of the proxy variables, as Go's net/http reads them.
///
/// Loopback targets (addresses, `localhost`, `*.localhost`) and unix sockets never go through a proxy.
#[derive(Debug, Clone, Default)]
pub struct ProxyEnv {
    http: Option<Arc<Proxy>>,
    https: Option<Arc<Proxy>>,
    except: Except,
}

/// A proxy variable that cannot be used. Names the variable, never its value, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Neither a URL nor `host:port`.
    #[error("{variable} is no proxy URL")]
    Malformed {
        /// The variable.
        variable: &'static str,
    },
    /// A kind of proxy that is not supported (SOCKS).
    #[error("{variable} names a proxy that is neither http nor https")]
    Scheme {
        /// The variable.
        variable: &'static str,
    },
}

/// One proxy and how to present ourselves there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) endpoint: Endpoint,
    /// `Basic …`, marked sensitive, so that it never prints.
    pub(crate) authorization: Option<HeaderValue>,
}

impl ProxyEnv {
    /// Reads the variables through `lookup` (in the program: `std::env::var(name).ok()`); the upper-case name counts
    /// before the lower-case one, an empty value is no value.
    ///
    /// # Errors
    /// [`ProxyError`] for a proxy URL that cannot be used. Odd entries of `NO_PROXY` match nothing.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let value = |names: [&'static str; 2]| {
            let filled = |name| lookup(name).filter(|value| !value.is_empty()).map(|value| (name, value));
            names.into_iter().find_map(filled)
        };
        let proxy = |names| {
            let parse = |(name, value): (_, String)| Proxy::parse(name, &value).map(Arc::new);
            value(names).map(parse).transpose()
        };
        let except = value(["NO_PROXY", "no_proxy"]).map(|(_, value)| Except::parse(&value));
        Ok(Self {
            http: proxy(["HTTP_PROXY", "http_proxy"])?,
            https: proxy(["HTTPS_PROXY", "https_proxy"])?,
            except: except.unwrap_or_default(),
        })
    }
}

impl Proxies {
    /// The proxy that leads to an endpoint; `None` is the direct way.
    pub(crate) fn towards(&self, endpoint: &Endpoint) -> Option<&Proxy> {
        let Self::Environment(env) = self else { return None };
        let (proxy, host, port) = match endpoint {
            Endpoint::Http { host, port } => (env.http.as_deref()?, host, *port),
            Endpoint::Https { host, port } => (env.https.as_deref()?, host, *port),
            Endpoint::Unix(_) => return None,
        };
        let loopback = is_localhost(host) || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        (!loopback && !env.except.covers(host, port)).then_some(proxy)
    }
}

impl Proxy {
    fn parse(variable: &'static str, value: &str) -> Result<Self, ProxyError> {
        let malformed = || ProxyError::Malformed { variable };
        // `proxy:3128` is read as a URL without its scheme.
        let url = if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
        let url = url.map_err(|_| malformed())?;
        let host = match url.host().ok_or_else(malformed)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        let endpoint = match (url.scheme(), url.port_or_known_default()) {
            ("http", Some(port)) => Endpoint::Http { host, port },
            ("https", Some(port)) => Endpoint::Https { host, port },
            _ => return Err(ProxyError::Scheme { variable }),
        };
        Ok(Self { endpoint, authorization: authorization(&url) })
    }
}

fn authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut plain: Vec<u8> = percent_decode_str(url.username()).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(plain))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

// === NO_PROXY ===

#[derive(Debug, Clone, Default)]
enum Except {
    #[default]
    Nothing,
    Everything,
    These(Arc<[Entry]>),
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    what: What,
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Net(IpAddr, u8),
    Ip(IpAddr),
    /// `example.com`: itself and all below it; kept with the leading dot.
    Domain(String),
    /// `.example.com`, `*.example.com`: only what is below it.
    Below(String),
}

impl Except {
    fn parse(list: &str) -> Self {
        let entries = list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty());
        let mut parsed = Vec::new();
        for entry in entries {
            if entry == "*" {
                return Self::Everything;
            }
            parsed.extend(Entry::parse(&entry));
        }
        if parsed.is_empty() { Self::Nothing } else { Self::These(parsed.into()) }
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::These(entries) => {
                let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
                let ip = host.parse().ok();
                entries
                    .iter()
                    .any(|entry| entry.port.is_none_or(|wanted| wanted == port) && entry.what.matches(&host, ip))
            }
        }
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if let Some((ip, bits)) = text.split_once('/')
            && let (Ok(ip), Ok(bits)) = (ip.parse::<IpAddr>(), bits.parse::<u8>())
        {
            let widest = if ip.is_ipv4() { 32 } else { 128 };
            return (bits <= widest).then_some(Self { what: What::Net(ip, bits), port: None });
        }
        let bare = |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(ip) = bare(text) {
            return Some(Self { what: What::Ip(ip), port: None });
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (text, None),
        };
        if let Ok(ip) = bare(name) {
            return Some(Self { what: What::Ip(ip), port });
        }
        let what = match name.strip_prefix('*').unwrap_or(name) {
            "" => return None,
            below if below.starts_with('.') => What::Below(below.to_owned()),
            domain => What::Domain(format!(".{domain}")),
        };
        Some(Self { what, port })
    }
}

impl What {
    fn matches(&self, host: &str, ip: Option<IpAddr>) -> bool {
        match self {
            Self::Net(net, bits) => ip.is_some_and(|ip| in_net(ip, *net, *bits)),
            Self::Ip(wanted) => ip == Some(*wanted),
            Self::Domain(domain) => host.ends_with(domain.as_str()) || Some(host) == domain.get(1..),
            Self::Below(domain) => host.ends_with(domain.as_str()),
        }
    }
}

fn in_net(ip: IpAddr, net: IpAddr, bits: u8) -> bool {
    match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            ip.to_bits() & mask == net.to_bits() & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(net)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            ip.to_bits() & mask == net.to_bits() & mask
        }
        _ => false,
    }
}

/// What `CONNECT` names (RFC 9110 9.3.6).
pub(crate) fn authority(endpoint: &Endpoint) -> Option<String> {
    match endpoint {
        Endpoint::Http { host, port } | Endpoint::Https { host, port } => Some(host_port(host, *port)),
        Endpoint::Unix(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &[(&str, &str)]) -> Result<ProxyEnv, ProxyError> {
        ProxyEnv::read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn towards(variables: &[(&str, &str)], uri: &str) -> Option<String> {
        let proxies = Proxies::Environment(env(variables).unwrap());
        proxies.towards(&Endpoint::of(&uri.parse().unwrap()).unwrap()).map(|proxy| proxy.endpoint.to_string())
    }

    #[test]
    fn each_scheme_has_its_own_proxy() {
        let both = [("HTTP_PROXY", "http://plain:3128"), ("https_proxy", "secure.example:81")];
        assert_eq!(towards(&both, "http://app.example/").as_deref(), Some("plain:3128"));
        assert_eq!(towards(&both, "https://app.example/").as_deref(), Some("secure.example:81"));
        assert_eq!(towards(&both[..1], "https://app.example/"), None);
        let upper_first = [("HTTP_PROXY", "upper:1"), ("http_proxy", "lower:2")];
        assert_eq!(towards(&upper_first, "http://app.example/").as_deref(), Some("upper:1"));
        let upper_empty = [("HTTP_PROXY", ""), ("http_proxy", "lower:2")];
        assert_eq!(towards(&upper_empty, "http://app.example/").as_deref(), Some("lower:2"));
    }

    #[test]
    fn loopback_never_goes_through_a_proxy() {
        let all = [("HTTP_PROXY", "plain:3128"), ("HTTPS_PROXY", "plain:3128")];
        for uri in
            ["http://localhost:8080", "http://127.0.0.1", "http://127.9.9.9", "https://[::1]", "http://a.localhost"]
        {
            assert_eq!(towards(&all, uri), None, "{uri}");
        }
    }

    #[test]
    fn no_proxy_takes_names_networks_addresses_and_ports() {
        let list = "example.com, .only.below,*.star.test:8443,10.0.0.0/8,fd00::/8,192.0.2.7,host.test:99,[2001:db8::1]:443,10.0.0.0/99";
        let through =
            |uri| towards(&[("HTTP_PROXY", "p:1"), ("HTTPS_PROXY", "p:1"), ("NO_PROXY", list)], uri).is_some();
        let direct = [
            "http://example.com",
            "http://EXAMPLE.com.",
            "http://a.b.example.com:99",
            "http://x.only.below",
            "https://x.star.test:8443",
            "http://10.250.3.4",
            "http://[fd12::1]",
            "http://192.0.2.7:5",
            "http://host.test:99",
            "https://[2001:db8::1]",
        ];
        for uri in direct {
            assert!(!through(uri), "{uri}");
        }
        let proxied = [
            "http://notexample.com",
            "http://only.below",
            "https://x.star.test",
            "http://11.0.0.1",
            "http://[fe80::1]",
            "http://host.test",
            "https://[2001:db8::1]:444",
        ];
        for uri in proxied {
            assert!(through(uri), "{uri}");
        }
        assert_eq!(towards(&[("HTTP_PROXY", "p:1"), ("no_proxy", "a.test, *")], "http://x.test"), None);
    }

    #[test]
    fn credentials_become_a_header_that_does_not_print() {
        let env = env(&[("HTTPS_PROXY", "https://al%69ce:p%40ss@proxy.test")]).unwrap();
        let proxy = env.https.as_deref().unwrap();
        assert_eq!(proxy.endpoint, Endpoint::Https { host: "proxy.test".into(), port: 443 });
        let value = proxy.authorization.as_ref().unwrap();
        assert_eq!(value, &format!("Basic {}", STANDARD.encode("alice:p@ss")));
        assert!(!format!("{env:?}").contains(&STANDARD.encode("alice:p@ss")));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_value() {
        let socks = env(&[("HTTP_PROXY", "socks5://user:secret@p:1080")]).unwrap_err();
        assert_eq!(socks, ProxyError::Scheme { variable: "HTTP_PROXY" });
        assert_eq!(env(&[("https_proxy", "http://")]).unwrap_err(), ProxyError::Malformed { variable: "https_proxy" });
        assert!(!socks.to_string().contains("secret"));
    }
}
