//! Requests on the edge of what HTTP allows, and over it.

use super::rows;
use crate::case::{Base, Case, Configuration, ask, case, configuration, get, latin_1, raw};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![exempt()]
}

/// Nobody needs a session, so what is let through is seen at the app.
fn exempt() -> Configuration {
    let mut cases = refused();
    cases.extend(stricter());
    cases.extend(upgrades());
    Configuration { base: Base::Usual, ..configuration("malformed requests", &["--skip-auth-regex=.*"], cases) }
}

/// A request line and header lines, with what ends them.
fn head(line: &str, headers: &[&str]) -> Vec<u8> {
    let mut text = format!("{line}\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    latin_1(&text)
}

const HOST: &str = "Host: app.example.com";

fn refused() -> Vec<Case> {
    let get = "GET / HTTP/1.1";
    vec![
        raw("no Host", head(get, &[])),
        raw("two Hosts", head(get, &[HOST, HOST])),
        raw("HTTP/1.0 without Host", head("GET /old HTTP/1.0", &[])),
        raw("HTTP/0.9", head("GET /", &[])),
        raw("a Host with a slash", head(get, &["Host: a/b"])),
        raw("a Host with a blank", head(get, &["Host: a b"])),
        raw("a blank before the colon", head(get, &[HOST, "X-A : b"])),
        raw("a header without a colon", head(get, &[HOST, "nonsense"])),
        raw("a header without a name", head(get, &[HOST, ": b"])),
        raw("a blank in a header name", head(get, &[HOST, "X A: b"])),
        raw("a control character in a header", head(get, &[HOST, "X-A: b\u{1}c"])),
        raw("NUL in a header", head(get, &[HOST, "X-A: b\0c"])),
        raw("a lone CR in a header", head(get, &[HOST, "X-A: b\rX-B: c"])),
        raw("a method with a blank", head("G T / HTTP/1.1", &[HOST])),
        raw("a method in lower case", head("get /lower HTTP/1.1", &[HOST])),
        raw("a method that is no token", head("G@T / HTTP/1.1", &[HOST])),
        raw("a target without a slash", head("GET foo HTTP/1.1", &[HOST])),
        raw("a bad escape in the path", head("GET /a%zz HTTP/1.1", &[HOST])),
        raw("a length that is no number", head("POST / HTTP/1.1", &[HOST, "Content-Length: x"])),
        raw("a negative length", head("POST / HTTP/1.1", &[HOST, "Content-Length: -1"])),
        raw("a length with a sign", head("POST / HTTP/1.1", &[HOST, "Content-Length: +0"])),
        raw("two different lengths", head("POST / HTTP/1.1", &[HOST, "Content-Length: 0", "Content-Length: 1"])),
        raw("two equal lengths", head("POST / HTTP/1.1", &[HOST, "Content-Length: 0", "Content-Length: 0"])),
        raw("an unknown coding", head("POST / HTTP/1.1", &[HOST, "Transfer-Encoding: gzip"]))
            .explained_by(rows::unreadable_framing()),
        raw("chunked twice", head("POST / HTTP/1.1", &[HOST, "Transfer-Encoding: chunked, chunked"]))
            .explained_by(rows::unreadable_framing()),
        raw(
            "a chunk without a size",
            [head("POST / HTTP/1.1", &[HOST, "Transfer-Encoding: chunked"]), b"zz\r\n".to_vec()].concat(),
        ),
        raw("HTTP/2.0 in HTTP/1", head("GET / HTTP/2.0", &[HOST])).explained_by(rows::unreadable_framing()),
        raw("another protocol", b"SSH-2.0-x\r\n\r\n".to_vec()),
        raw(
            "a length and chunks",
            [
                head("POST / HTTP/1.1", &[HOST, "Content-Length: 4", "Transfer-Encoding: chunked"]),
                b"0\r\n\r\n".to_vec(),
            ]
            .concat(),
        ),
        raw(
            "chunks in HTTP/1.0",
            [head("POST / HTTP/1.0", &[HOST, "Transfer-Encoding: chunked"]), b"0\r\n\r\n".to_vec()].concat(),
        )
        .explained_by(rows::unreadable_framing()),
        case("OPTIONS *", ask("OPTIONS", "*")),
    ]
}

fn stricter() -> Vec<Case> {
    let long = |length: usize| "a".repeat(length);
    let many: Vec<String> = (0..300).map(|n| format!("X-{n}: 1")).collect();
    let mut lines: Vec<&str> = many.iter().map(String::as_str).collect();
    lines.push(HOST);
    vec![
        raw("HTTP/1.2", head("GET /new HTTP/1.2", &[HOST])).explained_by(rows::refused_with_400("D54")),
        raw("a folded header", head("GET /fold HTTP/1.1", &[HOST, "X-A: b", " c"]))
            .explained_by(rows::refused_with_400("D54")),
        raw("an empty Host", head("GET /empty HTTP/1.1", &["Host:"])).explained_by(rows::refused_with_400("D54")),
        raw("a raw < in the target", head("GET /a<b HTTP/1.1", &[HOST])).explained_by(rows::refused_with_400("D42")),
        raw("a raw quote in the target", head("GET /a\"b HTTP/1.1", &[HOST]))
            .explained_by(rows::refused_with_400("D42")),
        raw("a byte that is no UTF-8 in the target", head("GET /a\u{ff} HTTP/1.1", &[HOST]))
            .explained_by(rows::refused_with_400("D42")),
        case("a raw # in the target", get("/a#b").signed_in()).explained_by(rows::fragment_not_forwarded()),
        raw(
            "two Authorization lines",
            head("GET /two HTTP/1.1", &[HOST, "Authorization: Basic YTpi", "Authorization: Basic Yzpk"]),
        )
        .explained_by(rows::refused_with_400("D44")),
        raw("a head of 100 KiB", head("GET /big HTTP/1.1", &[HOST, &format!("X-Big: {}", long(100_000))]))
            .explained_by(rows::too_large("431")),
        raw("300 header lines", head("GET /many HTTP/1.1", &lines)).explained_by(rows::too_large("431")),
        raw("a target of 100 KiB", head(&format!("GET /{} HTTP/1.1", long(100_000)), &[HOST]))
            .explained_by(rows::too_large("414")),
        raw("a head of 2 MiB", head("GET /huge HTTP/1.1", &[HOST, &format!("X-Big: {}", long(2_000_000))])),
        case("TRACE", ask("TRACE", "/trace")).explained_by(rows::method_refused()),
        raw("CONNECT", head("CONNECT other.example.com:443 HTTP/1.1", &["Host: other.example.com:443"]))
            .explained_by(rows::method_refused()),
    ]
}

fn upgrades() -> Vec<Case> {
    let upgrade = |to: &'static str, target: &str| get(target).upgrading(to);
    vec![
        case("a websocket", upgrade("websocket", "/answers/websocket?a=b")).explained_by(rows::websocket_answers()),
        case("a websocket with a session", upgrade("websocket", "/answers/websocket").signed_in())
            .explained_by(rows::websocket_answers()),
        case("a websocket with a semicolon", upgrade("websocket", "/answers/websocket?a;b&c=%zz&d=e"))
            .explained_by(rows::whole_query_of_a_websocket())
            .explained_by(rows::websocket_answers()),
        case("a websocket to an app that hangs up", upgrade("websocket", "/answers/hang-up"))
            .explained_by(rows::websocket_answers()),
        case("another upgrade", upgrade("h2c", "/page")).explained_by(rows::other_upgrades_dropped()),
    ]
}
