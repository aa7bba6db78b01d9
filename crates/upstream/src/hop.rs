//! Fields that concern one connection only (RFC 9110 7.6.1): read, then gone, in both directions.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header, request};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Fields of the connection, whether or not `Connection` names them.
static FIXED: [HeaderName; 8] = [
    header::CONNECTION,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What a visitor says of its body and of what it expects; our side of the connection says its own.
static ABOUT_THE_BODY: [HeaderName; 4] = [header::CONTENT_LENGTH, header::TRAILER, header::EXPECT, HTTP2_SETTINGS];

/// What `Connection` may never name, whoever sends it: framing, cookies, credentials and forwarding fields stay as they
/// were read (invariant I-09), each that a client's address may stand in among them (`real-client-ip-header`). Identity
/// headers need no place here: ours are written later, theirs are gone anyway.
const NEVER_NAMED: [HeaderName; 10] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::COOKIE,
    header::AUTHORIZATION,
    header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-proxyuser-ip"),
    HeaderName::from_static("x-envoy-external-address"),
    HeaderName::from_static("cf-connecting-ip"),
];

/// Whether a request asks for a WebSocket in the only form that is passed on: `GET`, HTTP/1.1, no body, and exactly that
/// protocol (D45).
pub(crate) fn asks_for_websocket(parts: &request::Parts) -> bool {
    let mut upgrade = parts.headers.get_all(header::UPGRADE).iter();
    let (Some(protocol), None) = (upgrade.next(), upgrade.next()) else { return false };
    protocol.as_bytes().eq_ignore_ascii_case(b"websocket")
        && parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && names_upgrade(&parts.headers)
}

/// Whether an answer switches to WebSocket.
pub(crate) fn grants_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn names_upgrade(headers: &HeaderMap) -> bool {
    tokens(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case(b"upgrade"))
}

/// Consumes the visitor's connection fields, framing and expectations: what is left concerns the app.
pub(crate) fn consume_request(headers: &mut HeaderMap) {
    let trailers = tokens(headers, &header::TE).any(|token| token.eq_ignore_ascii_case(b"trailers"));
    consume_named(headers);
    remove_fixed(headers);
    remove_all(headers, &ABOUT_THE_BODY);
    if trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
}

/// Consumes the upstream's connection fields. `Trailer` stays: hyper sends the trailers that it announces.
pub(crate) fn consume_response(headers: &mut HeaderMap) {
    consume_named(headers);
    // RFC 9112 6.3: with a transfer coding, Content-Length says nothing.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    remove_fixed(headers);
}

fn remove_fixed(headers: &mut HeaderMap) {
    remove_all(headers, &FIXED);
}

/// Removes these fields. Most messages have none of them, and looking costs less than removing.
fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    if headers.keys().any(|name| names.contains(name)) {
        for name in names {
            headers.remove(name);
        }
    }
}

/// Removes what `Connection` names.
fn consume_named(headers: &mut HeaderMap) {
    let is_option = |token: &[u8]| {
        [&b"keep-alive"[..], b"close", b"upgrade"].iter().any(|option| token.eq_ignore_ascii_case(option))
    };
    if tokens(headers, &header::CONNECTION).all(is_option) {
        return; // nearly always, and it costs nothing
    }
    let named: Vec<HeaderName> = tokens(headers, &header::CONNECTION)
        .filter_map(|token| HeaderName::from_bytes(token).ok())
        .filter(|name| !is_never_named(name))
        .collect();
    for name in named {
        headers.remove(name);
    }
}

fn is_never_named(name: &HeaderName) -> bool {
    NEVER_NAMED.contains(name) || name.as_str().starts_with("x-forwarded-")
}

/// The elements of a comma-separated list, over all its lines.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_connection_names_goes_but_for_what_it_may_not_name() {
        let mut map = headers(&[
            ("connection", "close, X-Mine"),
            ("connection", "cookie,Host, X-FORWARDED-FOR, content-length, authorization, x-real-ip,,"),
            ("connection", "X-ProxyUser-IP, x-envoy-external-address, CF-Connecting-IP"),
            ("x-mine", "1"),
            ("x-proxyuser-ip", "10.0.0.1"),
            ("x-envoy-external-address", "10.0.0.1"),
            ("cf-connecting-ip", "10.0.0.1"),
            ("cookie", "a=1"),
            ("host", "app"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-real-ip", "10.0.0.1"),
            ("authorization", "Basic x"),
            ("accept", "*/*"),
        ]);
        consume_request(&mut map);
        let kept = ["accept", "authorization", "cf-connecting-ip", "cookie", "host", "x-envoy-external-address"];
        assert_eq!(names(&map), [&kept[..], &["x-forwarded-for", "x-proxyuser-ip", "x-real-ip"]].concat());
    }

    #[test]
    fn no_connection_field_or_framing_passes_to_the_app() {
        let mut map = headers(&[
            ("connection", "keep-alive, Upgrade"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic x"),
            ("te", "gzip, Trailers"),
            ("trailer", "X-Forwarded-User"),
            ("transfer-encoding", "gzip, chunked"),
            ("content-length", "05"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABk"),
            ("expect", "100-continue"),
            ("accept", "*/*"),
        ]);
        consume_request(&mut map);
        assert_eq!(names(&map), ["accept", "te"]);
        assert_eq!(map[header::TE], "trailers");
        let mut map = headers(&[("te", "gzip")]);
        consume_request(&mut map);
        assert!(map.is_empty());
    }

    #[test]
    fn only_a_plain_websocket_request_asks_for_one() {
        let asks = |method: &str, connection: &'static str, upgrade: &'static str| {
            let request = Request::builder().method(method).header("connection", connection).header("upgrade", upgrade);
            asks_for_websocket(&request.body(()).unwrap().into_parts().0)
        };
        assert!(asks("GET", "Upgrade", "websocket"));
        assert!(asks("GET", "keep-alive, UPGRADE", "WebSocket"));
        assert!(!asks("POST", "Upgrade", "websocket"));
        assert!(!asks("GET", "keep-alive", "websocket"));
        assert!(!asks("GET", "Upgrade", "websocket, h2c"));
        assert!(!asks("GET", "Upgrade", "h2c"));
        let older =
            Request::get("/").version(Version::HTTP_10).header("connection", "upgrade").header("upgrade", "websocket");
        assert!(!asks_for_websocket(&older.body(()).unwrap().into_parts().0));
    }

    #[test]
    fn an_answer_with_a_transfer_coding_loses_its_length() {
        let mut map = headers(&[("transfer-encoding", "chunked"), ("content-length", "7"), ("trailer", "x-sum")]);
        consume_response(&mut map);
        assert_eq!(names(&map), ["trailer"]);
        let mut map = headers(&[("content-length", "7"), ("connection", "close, x-hop"), ("x-hop", "1")]);
        consume_response(&mut map);
        assert_eq!(names(&map), ["content-length"]);
    }
}
