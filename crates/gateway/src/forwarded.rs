//! The forwarding headers of a trusted peer, each read once into a closed type.
//!
//! Several lines, a list or a malformed value are "unknown", and unknown is never believed.

use std::net::IpAddr;

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

/// `X-Forwarded-Uri` as it was sent. One that cannot be read is empty rather than absent: the request's own target, which
/// would be looked at in its place, may be one that a rule exempts.
pub(crate) fn uri(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut lines = headers.get_all(X_FORWARDED_URI).iter().filter(|line| !line.is_empty());
    let first = lines.next()?;
    let is_text = std::str::from_utf8(first.as_bytes()).is_ok();
    let readable = is_text && lines.next().is_none();
    Some(if readable { first.clone() } else { HeaderValue::from_static("") })
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    (lines.next().is_none() && !first.is_empty()).then_some(first)
}

/// The client's address. In `X-Forwarded-For`, all lines are read as one list from the right, and hops in `proxies`
/// are skipped; if all are, the leftmost is the client. In any other header, of which there must be one line, the text
/// before the first comma counts.
pub(crate) fn client(headers: &HeaderMap, name: &HeaderName, proxies: &IpNets) -> ClientIp {
    let known = if *name == X_FORWARDED_FOR {
        from_the_right(headers, proxies)
    } else {
        single(headers, name).and_then(|value| value.to_str().ok()).and_then(|value| address(value.split(',').next()?))
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

/// `ip`, `ip:port` or `[ip6]:port`; an IPv4-mapped address is that of IPv4.
///
/// compat: v7 does not look at what stands for the port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let ip = text.parse().ok().or_else(|| {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']')?,
            None => Some(host).filter(|host| !host.contains(':'))?,
        };
        Some(host).filter(|_| !port.contains(['[', ']']))?.parse().ok()
    });
    ip.map(|ip: IpAddr| ip.to_canonical())
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
    }

    #[test]
    fn a_uri_that_cannot_be_read_is_empty_and_not_absent() {
        let told = |lines: &[(&'static str, &str)]| uri(&headers(lines)).map(|uri| uri.as_bytes().to_vec());
        let name = "x-forwarded-uri";
        for uri in ["/x?y=1", "https://a.test/x", "/x y", "/\u{e9}"] {
            assert_eq!(told(&[(name, uri)]).unwrap(), uri.as_bytes());
        }
        assert_eq!(told(&[(name, "/a"), (name, "/b")]).unwrap(), b"");
        let mut bytes = HeaderMap::new();
        bytes.append(name, HeaderValue::from_bytes(b"/admin/\xe9").unwrap());
        assert_eq!(uri(&bytes).unwrap(), "");
        assert_eq!(told(&[(name, "")]), None);
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn an_address_may_have_a_port_and_is_that_of_its_family() {
        for (text, expected) in [
            (" 192.0.2.7 ", Some("192.0.2.7")),
            ("192.0.2.7:80", Some("192.0.2.7")),
            ("192.0.2.7:x", Some("192.0.2.7")),
            ("[2001:db8::7]:80", Some("2001:db8::7")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("[2001:db8::7]", None),
            ("2001:db8::7:80:x", None),
            ("[::1]:[80]", None),
            ("[[::1]]:80", None),
            (":80", None),
            ("", None),
        ] {
            assert_eq!(address(text), expected.map(|ip| ip.parse().unwrap()), "{text:?}");
        }
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
        let client = |lines: &[_]| client(&headers(lines), &name, &IpNets::default());
        assert_eq!(client(&[("x-real-ip", "203.0.113.7, 1.1.1.1")]), ClientIp::Known("203.0.113.7".parse().unwrap()));
        assert_eq!(client(&[("x-real-ip", "nonsense")]), ClientIp::Unknown);
        // Of a proxy that adds its line to the visitor's own, nobody can tell which is whose.
        assert_eq!(client(&[("x-real-ip", "10.9.8.7"), ("x-real-ip", "203.0.113.7")]), ClientIp::Unknown);
    }

    proptest! {
        #[test]
        fn any_forwarded_for_is_read_without_a_panic(value in "[0-9a-f.:,\\[\\] ]{0,60}") {
            let _ = client(&headers(&[("x-forwarded-for", &value)]), &X_FORWARDED_FOR, &IpNets::private());
        }
    }
}
