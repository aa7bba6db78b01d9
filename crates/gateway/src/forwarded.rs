//! The forwarding headers of a trusted peer, each read once into a closed type.
//!
//! Several lines, a list or a malformed value are "unknown", and unknown is never believed.

use std::net::{IpAddr, SocketAddr};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use sidecar_core::net::IpNets;
use sidecar_core::origin::{Host, Scheme};
use sidecar_core::policy::ClientIp;

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// `X-Forwarded-Proto`: `http` or `https`.
pub(crate) fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    single(headers, &X_FORWARDED_PROTO).and_then(|value| Scheme::parse(value.to_str().ok()?))
}

/// `X-Forwarded-Host`: one host.
pub(crate) fn host(headers: &HeaderMap) -> Option<HeaderValue> {
    single(headers, &X_FORWARDED_HOST)
        .filter(|value| value.to_str().is_ok_and(|host| Host::parse(host).is_some()))
        .cloned()
}

/// `X-Forwarded-Uri`: one URI in origin form.
pub(crate) fn uri(headers: &HeaderMap) -> Option<HeaderValue> {
    single(headers, &X_FORWARDED_URI)
        .filter(|value| value.as_bytes().starts_with(b"/") && value.as_bytes().iter().all(u8::is_ascii_graphic))
        .cloned()
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    (lines.next().is_none() && !first.is_empty()).then_some(first)
}

/// The client's address. In `X-Forwarded-For`, all lines are read as one list from the right, and hops in `proxies`
/// are skipped; if all are, the leftmost is the client. In any other header the text before the first comma counts.
pub(crate) fn client(headers: &HeaderMap, name: &HeaderName, proxies: &IpNets) -> ClientIp {
    let known = if *name == X_FORWARDED_FOR {
        from_the_right(headers, proxies)
    } else {
        headers.get(name).and_then(|value| value.to_str().ok()).and_then(|value| address(value.split(',').next()?))
    };
    known.map_or(ClientIp::Unknown, ClientIp::Known)
}

fn from_the_right(headers: &HeaderMap, proxies: &IpNets) -> Option<IpAddr> {
    let mut leftmost = None;
    for line in headers.get_all(X_FORWARDED_FOR).iter().rev() {
        for hop in line.to_str().ok()?.rsplit(',') {
            let ip = address(hop)?;
            if !proxies.contains(ip) {
                return Some(ip);
            }
            leftmost = Some(ip);
        }
    }
    leftmost
}

/// `ip`, `ip:port` or `[ip6]:port`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn several_or_malformed_values_are_unknown() {
        let two = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")]);
        assert_eq!(scheme(&two), None);
        assert_eq!(scheme(&headers(&[("x-forwarded-proto", "https,http")])), None);
        assert_eq!(scheme(&headers(&[("x-forwarded-proto", "HTTPS")])), Some(Scheme::Https));
        assert_eq!(host(&headers(&[("x-forwarded-host", "a.test, b.test")])), None);
        assert_eq!(host(&headers(&[("x-forwarded-host", "a.test:8443")])).unwrap(), "a.test:8443");
        assert_eq!(uri(&headers(&[("x-forwarded-uri", "https://a.test/x")])), None);
        assert_eq!(uri(&headers(&[("x-forwarded-uri", "/x y")])), None);
        assert_eq!(uri(&headers(&[("x-forwarded-uri", "/x?y=1")])).unwrap(), "/x?y=1");
    }

    #[test]
    fn the_client_is_the_first_hop_from_the_right_that_is_no_proxy() {
        let proxies = IpNets::private();
        for (lines, expected) in [
            (&["203.0.113.7, 10.0.0.1"][..], Some("203.0.113.7")),
            (&["1.1.1.1, 203.0.113.7, 10.0.0.1"], Some("203.0.113.7")),
            (&["6.6.6.6", "203.0.113.7", "10.0.0.1"], Some("203.0.113.7")),
            (&["10.0.0.2, 10.0.0.1"], Some("10.0.0.2")),
            (&["203.0.113.7:1234, [::1]:80"], Some("203.0.113.7")),
            (&["junk, 203.0.113.7"], Some("203.0.113.7")),
            (&["203.0.113.7, junk"], None),
            (&["203.0.113.7,"], None),
            (&[""], None),
            (&[], None),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            let client = client(&headers(&lines), &X_FORWARDED_FOR, &proxies);
            let expected = expected.map_or(ClientIp::Unknown, |ip| ClientIp::Known(ip.parse().unwrap()));
            assert_eq!(client, expected, "{lines:?}");
        }
    }

    #[test]
    fn other_client_headers_hold_the_client_before_the_first_comma() {
        let name = HeaderName::from_static("x-real-ip");
        let client = |value| client(&headers(&[("x-real-ip", value)]), &name, &IpNets::default());
        assert_eq!(client("203.0.113.7, 1.1.1.1"), ClientIp::Known("203.0.113.7".parse().unwrap()));
        assert_eq!(client("nonsense"), ClientIp::Unknown);
    }

    proptest! {
        #[test]
        fn any_forwarded_for_is_read_without_a_panic(value in "[0-9a-f.:,\\[\\] ]{0,60}") {
            let _ = client(&headers(&[("x-forwarded-for", &value)]), &X_FORWARDED_FOR, &IpNets::private());
        }
    }
}
