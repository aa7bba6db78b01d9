//! Heads of every lawful shape: versions, framings, hosts, targets, lines that come twice, several requests on one
//! connection.

use super::reasons;
use crate::case::{Case, Configuration, ask, case, configuration, get, raw, wire};
use crate::cases::rows;

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![connections(), framings(), long_forms(), hosts(), targets(), doubled(), names()]
}

const HOST: &str = "Host: app.example.com\r\n";

fn head(line: &str, headers: &str) -> String {
    format!("{line}\r\n{headers}\r\n")
}

/// Versions, and what becomes of a connection.
fn connections() -> Configuration {
    let get = |path: &str, version: &str, headers: &str| head(&format!("GET {path} HTTP/{version}"), headers);
    let keep = format!("{HOST}Connection: keep-alive\r\n");
    let close = format!("{HOST}Connection: close\r\n");
    let mut cases = Vec::new();
    for path in ["/open/x", "/ping", "/oauth2/start?rd=/x", "/oauth2/auth", "//x", "/page", "/oauth2/sign_in"] {
        let kept = wire(format!("1.0 keep-alive {path}"), &[("GET", &get(path, "1.0", &keep))]);
        let is_page = matches!(path, "/page" | "/oauth2/sign_in");
        cases.push(if is_page { kept.explained_by(reasons::page_of_known_length()) } else { kept });
        cases.push(wire(format!("1.0 {path}"), &[("GET", &get(path, "1.0", HOST))]));
        cases.push(wire(format!("1.0 without a host {path}"), &[("GET", &get(path, "1.0", ""))]));
        cases.push(wire(format!("1.1 {path}"), &[("GET", &get(path, "1.1", HOST))]));
        cases.push(wire(format!("1.1 close {path}"), &[("GET", &get(path, "1.1", &close))]));
    }
    for (version, headers) in [("1.0", HOST), ("1.0", &keep), ("1.1", HOST), ("1.1", &close)] {
        let pieces = wire(
            format!("pieces of the app, {version} {headers:?}"),
            &[("GET", &get("/answers/chunked", version, headers))],
        );
        cases.push(pieces.explained_by(rows::trailers_on_demand()));
    }
    cases.extend(pipelines());
    configuration("connections", &["--skip-auth-route=^/(open|answers)"], cases)
}

fn pipelines() -> Vec<Case> {
    let get = |path: &str| head(&format!("GET {path} HTTP/1.1"), HOST);
    let with_body = |method: &str, path: &str, body: &str| {
        format!("{method} {path} HTTP/1.1\r\n{HOST}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let app = get("/open/x");
    let page = get("/page");
    let post = with_body("POST", "/open/x", "a body");
    let unread = with_body("POST", "/page", "a body that nobody reads");
    let chunked = format!("PUT /open/x HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let form = with_body("POST", "/oauth2/sign_in", "rd=/x");
    let heads = head("HEAD /open/x HTTP/1.1", HOST);
    vec![
        wire("two requests at once", &[("GET", &app), ("GET", &app)]),
        wire("pages at once", &[("GET", &page), ("GET", &page), ("GET", &page)]),
        wire("a body and a request", &[("POST", &post), ("GET", &app)]),
        wire("an unread body and a request", &[("POST", &unread), ("GET", &app)]),
        wire("chunks and a request", &[("PUT", &chunked), ("GET", &app)]),
        wire("a form and a page", &[("POST", &form), ("GET", &page)]),
        wire("HEAD and GET", &[("HEAD", &heads), ("GET", &app)]),
        wire("a ping in between", &[("GET", &app), ("GET", &get("/ping")), ("GET", &app)]),
        wire("lines before a request", &[("GET", &format!("\r\n{app}"))])
            .explained_by(reasons::empty_line_passed_over()),
        wire("lines between requests", &[("GET", &app), ("GET", &format!("\r\n{app}"))])
            .explained_by(reasons::empty_line_passed_over()),
        wire("a cleaned path and a request", &[("GET", &get("//x")), ("GET", &app)]),
        wire("OPTIONS * and a request", &[("OPTIONS", &head("OPTIONS * HTTP/1.1", HOST)), ("GET", &app)]),
    ]
}

/// Lengths, chunks and expectations.
fn framings() -> Configuration {
    let post = |headers: &str, body: &str| format!("POST /x HTTP/1.1\r\n{HOST}{headers}\r\n{body}");
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let one = |name: &str, text: String| wire(name, &[("POST", &text)]);
    let cases = vec![
        one("leading zeros in a length", post("Content-Length: 003\r\n", "abc")),
        one("blanks around a length", post("Content-Length: \t 3 \r\n", "abc")),
        one("no length at all", post("", "")),
        one("a length of zero", post("Content-Length: 0\r\n", "")),
        one("chunks", chunked("3\r\nabc\r\n0\r\n\r\n")),
        one("chunk sizes in capitals", chunked("A\r\n0123456789\r\n0\r\n\r\n")),
        one("chunk sizes with zeros", chunked("0003\r\nabc\r\n000\r\n\r\n")),
        one("an extension of a chunk", chunked("3;a=b\r\nabc\r\n0;c\r\n\r\n")),
        one("an unannounced trailer", chunked("3\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n")),
        one("no chunk but the last", chunked("0\r\n\r\n")),
        one("the coding in capitals", post("Transfer-Encoding: CHUNKED\r\n", "1\r\na\r\n0\r\n\r\n")),
        one("names in capitals", post("CONTENT-LENGTH: 1\r\n", "a")),
        one("names in lower case", post("content-length: 1\r\n", "a")),
        one("no blank behind the colon", post("Content-Length:1\r\n", "a")),
        one("Expect with a length", post("Expect: 100-continue\r\nContent-Length: 1\r\n", "a"))
            .explained_by(reasons::interim_answers_to_nobody()),
        one("Expect in capitals", post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "a"))
            .explained_by(reasons::interim_answers_to_nobody()),
        wire(
            "chunks of a GET",
            &[("GET", &format!("GET /x HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"))],
        ),
        wire(
            "an upgrade without its version",
            &[(
                "GET",
                &format!(
                    "GET /x HTTP/1.1\r\n{HOST}Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
                ),
            )],
        )
        .explained_by(rows::other_upgrades_dropped()),
    ];
    configuration("framings", &["--skip-auth-regex=.*"], cases)
}

/// Forms for our own endpoints that are longer than any form for them.
fn long_forms() -> Configuration {
    let posted = |path: &str, kind: &str, length: usize| {
        let body = format!("rd=/form&x={}", "a".repeat(length));
        format!("POST {path} HTTP/1.1\r\n{HOST}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let form = |path: &str, length: usize| posted(path, "application/x-www-form-urlencoded", length);
    let mut cases: Vec<Case> = Vec::new();
    for path in ["/oauth2/start", "/oauth2/sign_in", "/oauth2/sign_out", "/oauth2/callback"] {
        cases.push(wire(format!("60 kB to {path}"), &[("POST", &form(path, 60_000))]));
        cases.push(
            wire(format!("80 kB to {path}"), &[("POST", &form(path, 80_000))]).explained_by(reasons::form_too_long()),
        );
    }
    for path in ["/oauth2/auth", "/oauth2/userinfo", "/ping", "/robots.txt", "/page"] {
        for length in [80_000, 5_000_000] {
            let unread =
                wire(format!("{} kB to {path}", length / 1000), &[("POST", &posted(path, "text/plain", length))]);
            let reason =
                if length < 100_000 { reasons::unread_body_ends_it() } else { reasons::end_is_not_announced() };
            cases.push(unread.explained_by(reason));
        }
    }
    configuration("long forms", &[], cases)
}

/// Names of header lines in every spelling, on their way to the app.
fn names() -> Configuration {
    let cases = [
        "X_Under",
        "x.dot",
        "X-!#$%&'*+.^_`|~",
        "x-lower",
        "X-UPPER",
        "1-digit",
        "-dash",
        "X--Two",
        "x_forwarded_proto",
        "Content_Length",
        "Sec-Fetch-Site",
        "Upgrade-Insecure-Requests",
        "DNT",
        "Early-Data",
        "Max-Forwards",
        "Forwarded",
        "X-Forwarded-Port",
        "X-Forwarded-Server",
        "X-Original-Url",
        "X-Rewrite-Url",
        "X-Http-Method-Override",
        "Proxy",
        "Content-Md5",
        "Trailer",
    ]
    .into_iter()
    .map(|name| case(format!("a header {name}"), get("/page").with(name, "value").signed_in()))
    .collect();
    configuration("names of headers", &[], cases)
}

/// Hosts in every spelling: what the login's `redirect_uri` makes of them, and what the app gets.
fn hosts() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for host in [
        "APP.example.COM",
        "app.example.com.",
        "app.example.com:80",
        "app.example.com:443",
        "app.example.com:0",
        "app.example.com:",
        "127.0.0.1:8080",
        "[::1]",
        "[2001:db8::1]:4180",
        "app_1.example.com",
        "-",
        "a",
        "xn--bcher-kva.example.com",
        "app.example.com:080",
        "1.2.3",
    ] {
        cases.push(case(format!("start at {host}"), get("/oauth2/start?rd=/x").at(host)));
        cases.push(case(format!("page at {host}"), get("/page?x=y").at(host)));
        cases.push(case(format!("the app at {host}"), get("/page").at(host).signed_in()));
    }
    let no_port = "app.example.com:99999";
    for request in
        [get("/oauth2/start?rd=/x").at(no_port), get("/page").at(no_port), get("/page").at(no_port).signed_in()]
    {
        cases.push(case(format!("no port, {}", request.target), request).explained_by(reasons::no_port()));
    }
    for target in ["http://app.example.com", "http://app.example.com?x=y", "http://app.example.com//page"] {
        cases.push(case(format!("absolute {target}"), get(target)).explained_by(reasons::absolute_form_as_a_path()));
    }
    for target in [
        "http://other.example.com/oauth2/start",
        "https://other.example.com/oauth2/start",
        "HTTP://other.example.com/oauth2/start",
        "http://other.example.com:8080/oauth2/start",
        "http://app.example.com/oauth2/sign_in?rd=/x",
        "http://app.example.com/page",
    ] {
        cases.push(case(format!("absolute {target}"), get(target)));
    }
    configuration("hosts", &[], cases)
}

/// Targets as they come, on the way to the app and into a login.
fn targets() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for target in [
        "/..;/x",
        "/%2e%2e/x",
        "/%2E%2e%2fx",
        "/?",
        "/??",
        "/a?b?c",
        "/;x",
        "/a;b=c/d",
        "/[x]",
        "/{x}",
        "/a|b",
        "/a^b",
        "/a\\b",
        "/~x",
        "/%C3%A9",
        "/%c3%a9",
        "/+",
        "/%20",
        "/a%00b",
        "/a%0d%0aX:y",
        "/a'b",
        "/a(b)",
        "/a,b",
        "/a:b",
        "/a@b",
        "/a=b",
        "/a&b",
        "/a$b",
        "/*",
        "/a%25b",
        "/a?b=[c]",
        "/a?b={c}",
        "/a?b=c|d",
        "/a?b=c\\d",
        "/a?b=c^d",
        "/./",
        "/../",
        "/a/.",
        "/a/..",
        "/a/./",
        "/a/../",
        "/.a/..b/...",
        "/a///b",
        "//",
        "/a/b/../../../c",
        "/a/%2e/b",
        "/a/%2E%2E/b",
        "/a//?x",
        "/oauth2//start",
        "/oauth2/./auth",
        "/oauth2/../page",
        "/ping/",
        "//ping",
        "/./ping",
        "/PING",
        "/robots.txt/",
        "/Robots.txt",
        "/robots.txt?x=1",
    ] {
        cases.push(case(format!("the app {target}"), get(target).signed_in()));
        cases.push(case(format!("a page {target}"), get(target)));
    }
    let behind = "/a?x=//y/../z";
    cases.push(case("the app, dots in the query", get(behind).signed_in()));
    cases
        .push(case("a page, dots in the query", get(behind)).explained_by(rows::pattern_in_the_path_alone_of_a_page()));
    cases.extend(
        ["/%", "/%zz", "/a%2"]
            .map(|target| raw(format!("a bad escape {target}"), format!("GET {target} HTTP/1.1\r\n{HOST}\r\n"))),
    );
    for target in ["//x", "/a/../b", "/a/./b?c=d"] {
        for method in ["HEAD", "POST", "OPTIONS"] {
            cases.push(case(format!("cleaned by {method} {target}"), ask(method, target)));
        }
    }
    configuration("odd targets", &[], cases)
}

/// Header lines that come twice.
fn doubled() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for (name, one, two) in [
        ("Accept", "text/html", "image/png"),
        ("Accept-Encoding", "br", "zstd"),
        ("Accept-Language", "de", "en"),
        ("Cache-Control", "no-cache", "no-store"),
        ("Content-Type", "text/a", "text/b"),
        ("Forwarded", "for=1.2.3.4", "for=5.6.7.8"),
        ("If-None-Match", "\"a\"", "\"b\""),
        ("Origin", "https://a.example.com", "https://b.example.com"),
        ("Pragma", "a", "b"),
        ("Range", "bytes=0-1", "bytes=2-3"),
        ("Referer", "https://a.example.com/", "https://b.example.com/"),
        ("User-Agent", "one", "two"),
        ("Via", "1.1 a", "1.1 b"),
        ("X-Custom", "1", "2"),
        ("X-Custom", "same", "same"),
        ("X-Custom", "", "2"),
        ("X-Custom", "1", ""),
        ("X-Forwarded-For", "192.0.2.1", "192.0.2.2"),
        ("X-Forwarded-Host", "a.example.com", "b.example.com"),
        ("X-Forwarded-Proto", "http", "https"),
        ("X-Forwarded-Uri", "/a", "/b"),
        ("X-Request-Id", "one", "two"),
        ("X-Auth-Request-Redirect", "/one", "/two"),
        ("Sec-Fetch-Dest", "document", "image"),
        ("TE", "trailers", "gzip"),
        ("Date", "Mon, 30 Nov 2026 00:00:00 GMT", "Mon, 30 Nov 2026 00:00:01 GMT"),
    ] {
        let twice = |target: &str| get(target).with(name, one).with(name, two);
        cases.push(case(format!("the app, {name} {one:?} {two:?}"), twice("/page").signed_in()));
        cases.push(case(format!("start, {name} {one:?} {two:?}"), twice("/oauth2/start")));
    }
    configuration("doubled lines", &["--request-id-header=X-Request-Id"], cases)
}
