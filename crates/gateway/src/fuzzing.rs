//! Ways in for `fuzz/`, in builds for fuzzing alone.

#![expect(clippy::missing_panics_doc, reason = "a finding panics")]

use std::net::IpAddr;

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request};
use sidecar_core::net::IpNets;
use sidecar_core::policy::ClientIp;

use crate::forwarded;
use crate::inbound::{Refused, read_head};

/// Header lines from text, `name: value` each. What is no header is passed over.
fn headers(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in text.lines().take(100) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim())) {
            headers.append(name, value);
        }
    }
    headers
}

/// The forwarding headers of a trusted peer: each is one value of its type, or unknown.
pub fn forwarding(text: &str) {
    let headers = headers(text);
    let lines = |name: &str| headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
    if let Some(host) = forwarded::host(&headers) {
        assert_eq!(lines("x-forwarded-host"), [host.as_bytes()]);
        let odd = |byte: &u8| !byte.is_ascii_graphic() || b",/\\@?#%<>\"'`{}|^".contains(byte);
        assert!(!host.is_empty() && !host.as_bytes().iter().any(odd), "{host:?}");
    }
    if let Some(scheme) = forwarded::scheme(&headers) {
        let [line] = *lines("x-forwarded-proto") else { panic!("several schemes") };
        assert!(line.eq_ignore_ascii_case(scheme.as_str().as_bytes()));
    }
    if let Some(uri) = forwarded::uri(&headers) {
        let mut told = lines("x-forwarded-uri");
        told.retain(|line| !line.is_empty());
        let readable = told.len() == 1 && std::str::from_utf8(told[0]).is_ok();
        assert_eq!(uri.as_bytes(), if readable { told[0] } else { b"" });
    }
    let proxies = IpNets::private();
    let chain = HeaderName::from_static("x-forwarded-for");
    let known = forwarded::client(&headers, &chain, &proxies);
    assert_eq!(known, client(&lines("x-forwarded-for"), &proxies));
    let real = HeaderName::from_static("x-real-ip");
    if let ClientIp::Known(ip) = forwarded::client(&headers, &real, &proxies) {
        let first = lines("x-real-ip")[0].to_vec();
        let text = String::from_utf8(first).expect("an address is ASCII");
        assert_eq!(hop(text.split(',').next().unwrap_or_default()), Some(ip));
    }
}

/// A second reading of `X-Forwarded-For`: one list, from the right, over the hops that are proxies of ours.
fn client(lines: &[&[u8]], proxies: &IpNets) -> ClientIp {
    if lines.is_empty() {
        return ClientIp::Unknown;
    }
    // A line that is not visible ASCII is one hop that nobody knows.
    let is_text = |line: &[u8]| line.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    let mut hops: Vec<Option<IpAddr>> = Vec::new();
    for line in lines {
        match std::str::from_utf8(line) {
            Ok(text) if is_text(line) => hops.extend(text.split(',').map(hop)),
            _ => hops.push(None),
        }
    }
    while hops.len() > 1 && hops.last().is_some_and(|hop| hop.is_some_and(|ip| proxies.contains(ip))) {
        hops.pop();
    }
    hops.last().copied().flatten().map_or(ClientIp::Unknown, ClientIp::Known)
}

fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse::<IpAddr>().ok();
    let (ip, port) = match (bare, text.strip_prefix('[')) {
        (Some(ip), _) => return Some(ip.to_canonical()),
        (None, Some(rest)) => rest.split_once("]:")?,
        (None, None) => text.split_once(':')?,
    };
    // What stands for the port is not looked at.
    let ip = ip.parse::<IpAddr>().ok().filter(|_| !port.contains([':', '[', ']']));
    ip.map(|ip| ip.to_canonical())
}

/// A request's head: `METHOD target`, then header lines. What is not refused has one host, one framing and a target
/// that a browser could have sent.
pub fn head(text: &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Some((method, target)) = line.split_once(' ') else { return };
    let request = Request::builder().method(method).uri(target).body(());
    let Ok(mut request) = request else { return };
    *request.headers_mut() = headers(rest);
    match read_head(&request) {
        Ok(host) => {
            let host = host.to_str().expect("a host is visible text");
            assert!(!host.is_empty(), "HTTP/1.1 has a host");
            assert!(!host.bytes().any(|byte| !byte.is_ascii_graphic() || b",/\\@?#".contains(&byte)), "{host}");
            assert_eq!(request.headers().get_all(HOST).iter().count(), 1);
            assert!(request.headers().get_all(TRANSFER_ENCODING).iter().count() <= 1);
            assert!(!matches!(*request.method(), Method::TRACE | Method::CONNECT));
            let target = request.uri().path_and_query().expect("a path").as_str();
            assert!(target.starts_with('/') || target.starts_with('?'), "{target}");
            assert!(!target.contains(['<', '>', '"', '`', ' ', '#']), "{target}");
        }
        Err(Refused::Method) => assert!(matches!(*request.method(), Method::TRACE | Method::CONNECT)),
        Err(Refused::Asterisk) => assert_eq!(request.method(), Method::OPTIONS),
        Err(_) => {}
    }
}
