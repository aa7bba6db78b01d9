//! Requests that no decent client sends, written byte by byte, with a valid session so that they would be forwarded.
//!
//! What hyper's parser accepts and frames anew is right as long as the app sees one well-formed message and nothing of the
//! rest.

use sidecar_testkit::{Connection, Request, Seen};

use crate::site::{SESSION, Site};

/// The path that must never be asked for: it stands where an attack hides its second request.
const SMUGGLED: &str = "/smuggled";

/// What came of an attack.
struct Outcome {
    statuses: Vec<u16>,
    seen: Vec<Seen>,
}

struct Target {
    site: Site,
    cookie: String,
}

impl Target {
    fn start(flags: &[&str]) -> Self {
        let site = Site::start(flags);
        let cookie = site.alices_cookie();
        Self { site, cookie }
    }

    /// Sends the attack, `S` in it replaced by a header line with the session, and all that may come after it.
    fn attack(&self, attack: &str, and_then: AndThen) -> Outcome {
        self.site.app.forget();
        let attack = attack.replace("Session: yes", &format!("Cookie: {}", self.cookie));
        let mut bytes: Vec<u8> = attack.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect();
        if and_then == AndThen::AnotherRequest {
            bytes.extend(
                format!("GET /canary HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nConnection: close\r\n\r\n", self.cookie)
                    .bytes(),
            );
        }
        let mut connection = self.site.program.connect();
        // The program may close before it has taken everything.
        let _ = connection.write(&bytes);
        if and_then == AndThen::End {
            let _ = connection.finish_sending();
        }
        let statuses = statuses(&mut connection);
        assert_eq!(self.site.program.get("/ping").status, 200, "it is alive after {attack:.200}");
        Outcome { statuses, seen: self.site.app.seen() }
    }

    /// 400 (or an end without an answer), the connection closed, the app asked nothing.
    fn refuses(&self, attack: &str, and_then: AndThen) {
        let outcome = self.attack(attack, and_then);
        assert!(outcome.statuses.iter().all(|status| *status == 400), "{:?} for {attack:?}", outcome.statuses);
        assert!(outcome.statuses.len() <= 1, "{:?} for {attack:?}", outcome.statuses);
        assert!(outcome.seen.is_empty(), "{attack:?} reached the app: {:?}", outcome.seen);
    }

    /// As [`Self::refuses`], or else the app saw one well-formed message and perhaps the request behind it.
    fn refuses_or_frames_anew(&self, attack: &str, and_then: AndThen) {
        let outcome = self.attack(attack, and_then);
        for seen in &outcome.seen {
            assert!(!seen.target.contains(SMUGGLED), "smuggled by {attack:?}");
            assert_well_formed(attack, seen);
        }
        let of_attack = outcome.seen.iter().filter(|seen| seen.target != "/canary").count();
        assert!(of_attack <= 1, "{:?} for {attack:?}", outcome.seen);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AndThen {
    /// An ordinary request follows, which asks for the end of the connection.
    AnotherRequest,
    /// Nothing more is sent.
    End,
}

use AndThen::{AnotherRequest, End};

fn statuses(connection: &mut Connection) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Ok(answer) = connection.read_response("GET") {
        statuses.push(answer.status);
    }
    statuses
}

/// What the app got is ours: one framing, no header text of the client's own framing, no bare control characters.
fn assert_well_formed(attack: &str, seen: &Seen) {
    let lengths: Vec<_> = seen.headers.all("Content-Length").collect();
    let codings: Vec<_> = seen.headers.all("Transfer-Encoding").collect();
    assert!(lengths.len() + codings.len() <= 1, "{lengths:?} {codings:?} for {attack:?}");
    assert!(codings.iter().all(|coding| *coding == "chunked"), "{codings:?} for {attack:?}");
    assert!(lengths.iter().all(|length| *length == seen.body_length.to_string()), "{lengths:?} for {attack:?}");
    assert_eq!(seen.headers.all("Host").count(), 1, "{attack:?}");
    let head = seen.raw_head.as_slice();
    assert!(head.windows(2).all(|pair| (pair[0] == b'\r') == (pair[1] == b'\n')), "bare CR or LF for {attack:?}");
    assert!(!head.contains(&0), "NUL for {attack:?}");
}

#[test]
fn two_framings_in_one_message_never_make_two_requests() {
    let target = Target::start(&[]);
    let hidden = format!("GET {SMUGGLED} HTTP/1.1\r\nHost: x\r\nSession: yes\r\n\r\n");
    let length = hidden.len() + 5;
    for framing in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        "Transfer-Encoding: chunked\r\nContent-Length: 4".to_owned(),
    ] {
        let attack = format!("POST /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\n{framing}\r\n\r\n0\r\n\r\n{hidden}");
        target.refuses_or_frames_anew(&attack, AnotherRequest);
    }
}

#[test]
fn odd_transfer_codings_are_refused_or_framed_anew() {
    let target = Target::start(&[]);
    for coding in [
        "chunked, identity",
        "identity, chunked",
        "chunked,",
        ",chunked",
        "xchunked",
        "chunked\t",
        "\u{b}chunked",
        "\"chunked\"",
        "Chunked",
        "chunked;q=1",
        "gzip, chunked",
        "chunked\r\nTransfer-Encoding: identity",
        "chunked\r\nTransfer-Encoding: chunked",
        "identity",
    ] {
        let attack = format!(
            "POST /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nTransfer-Encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        );
        target.refuses_or_frames_anew(&attack, AnotherRequest);
    }
    for line in ["Transfer-Encoding : chunked", "Transfer_Encoding: chunked", "X: y\nTransfer-Encoding: chunked"] {
        let attack = format!("POST /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\n{line}\r\n\r\n0\r\n\r\n");
        target.refuses_or_frames_anew(&attack, AnotherRequest);
    }
}

#[test]
fn odd_content_lengths_are_refused() {
    let target = Target::start(&[]);
    for length in ["5, 5", "5,6", "+5", "-1", "0x5", "5_0", "99999999999999999999", "", "5\0", "5\r\nContent-Length: 6"]
    {
        let attack = format!("POST /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nContent-Length: {length}\r\n\r\nhello");
        target.refuses(&attack, AnotherRequest);
    }
    for length in ["5\r\nContent-Length: 5", "05", " 5 "] {
        let attack = format!("POST /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nContent-Length: {length}\r\n\r\nhello");
        target.refuses_or_frames_anew(&attack, AnotherRequest);
    }
}

#[test]
fn odd_versions_are_refused_and_http_1_0_has_no_hidden_body() {
    let target = Target::start(&[]);
    for line in ["HTTP/1.2", "HTTP/0.9", "HTTP/2.0", "http/1.1", "HTTP/1.10", ""] {
        let attack = format!("GET /a {line}\r\nHost: x\r\nSession: yes\r\n\r\n");
        target.refuses(&attack, AnotherRequest);
    }
    let chunked = "POST /a HTTP/1.0\r\nHost: x\r\nSession: yes\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    target.refuses(chunked, AnotherRequest);
    let hidden =
        format!("POST /a HTTP/1.0\r\nHost: x\r\nSession: yes\r\n\r\nGET {SMUGGLED} HTTP/1.1\r\nHost: x\r\n\r\n");
    target.refuses_or_frames_anew(&hidden, End);
}

#[test]
fn odd_chunks_never_make_a_second_request() {
    let target = Target::start(&[]);
    for chunks in [
        "5\nhello\n0\n\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 ;\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n",
        "-0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\r\nhello, world\r\n0\r\n\r\n",
    ] {
        let attack = format!(
            "POST /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}GET {SMUGGLED} HTTP/1.1\r\nHost: x\r\n\r\n"
        );
        let outcome = target.attack(&attack, End);
        let of_attack = outcome.seen.iter().filter(|seen| seen.target != SMUGGLED).count();
        assert!(of_attack <= 1, "{chunks:?}");
        // Behind chunks that end properly stands an honest second request, without a session.
        assert!(outcome.seen.iter().all(|seen| seen.target != SMUGGLED), "{chunks:?}");
    }
}

#[test]
fn a_body_that_nobody_read_is_not_the_next_request() {
    let target = Target::start(&["--skip-auth-route=^/nothing$"]);
    let hidden = format!("GET {SMUGGLED} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\n\r\n", target.cookie);
    for path in
        ["/ping", "/ready", "/robots.txt", "/oauth2/auth", "/oauth2/start", "/oauth2/sign_out", "/private", "/a//b"]
    {
        for method in ["POST", "GET", "PUT"] {
            let attack =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len());
            let outcome = target.attack(&attack, AnotherRequest);
            assert!(outcome.seen.iter().all(|seen| seen.target == "/canary"), "{method} {path}");
            assert!(outcome.statuses.len() <= 2, "{method} {path}: {:?}", outcome.statuses);
        }
    }
}

#[test]
fn a_body_that_trickles_without_a_session_is_not_waited_for() {
    let site = Site::start(&[]);
    for path in ["/private", "/oauth2/auth", "/oauth2/userinfo", "/oauth2/nothing", "/ping", "/robots.txt"] {
        let mut connection = site.program.connect();
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx");
        connection.write(request.as_bytes()).expect("sent");
        connection.read_response("POST").unwrap_or_else(|error| panic!("{path}: {error}"));
        // The end, or a reset: of the body something has not been read.
        let end = connection.read_some();
        let has_ended = end.as_ref().is_ok_and(Vec::is_empty)
            || end.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(has_ended, "{path}: {end:?}");
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn control_characters_and_folds_in_a_head_are_refused() {
    let target = Target::start(&[]);
    for lines in [
        "X-A: b\rX-Forwarded-Email: e",
        "X-A: b\0c",
        "X\0A: b",
        "X-A: b\r\n folded: yes",
        " X-A: b",
        "X-A : b",
        "no colon at all",
        ": no name",
        "X-A\u{e9}: b",
        "X-A: b\u{1}c",
        "X-A: b\r\n\tfolded",
    ] {
        let attack = format!("GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\n{lines}\r\n\r\n");
        target.refuses(&attack, AnotherRequest);
    }
    let bare_lf = "GET /a HTTP/1.1\nHost: x\nSession: yes\n\n";
    target.refuses_or_frames_anew(bare_lf, AnotherRequest);
    let blank_lines = format!("{}GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\n\r\n", "\r\n".repeat(20));
    target.refuses_or_frames_anew(&blank_lines, AnotherRequest);
}

#[test]
fn a_doubled_or_missing_host_and_a_doubled_credential_are_refused() {
    let target = Target::start(&[]);
    for lines in [
        "Host: x\r\nHost: x",
        "Host: x\r\nHost: y",
        "Host:",
        "Host: x y",
        "Host: x/y",
        "Host: user@x",
        "X: y",
        "Host: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b",
    ] {
        let attack = format!("GET /a HTTP/1.1\r\n{lines}\r\nSession: yes\r\n\r\n");
        target.refuses(&attack, AnotherRequest);
    }
}

#[test]
fn a_target_with_bytes_that_no_target_has_is_refused() {
    let target = Target::start(&[]);
    for bad in
        ["/a<b", "/a>b", "/a\"b", "/a`b", "/?a<b", "/?a>b", "/?a\"b", "/a\u{ff}b", "/a\u{1}b", "admin", "?x", "/a b"]
    {
        target.refuses(&format!("GET {bad} HTTP/1.1\r\nHost: x\r\nSession: yes\r\n\r\n"), AnotherRequest);
    }
    let outcome = target.attack("GET /a?x=1#/../admin HTTP/1.1\r\nHost: x\r\nSession: yes\r\n\r\n", AnotherRequest);
    let targets: Vec<_> = outcome.seen.iter().map(|seen| seen.target.as_str()).collect();
    assert_eq!(targets, ["/a?x=1", "/canary"], "what comes after a raw # is no part of the target");
}

#[test]
fn a_head_beyond_its_limits_is_refused() {
    let target = Target::start(&[]);
    let long = "x".repeat(66_000);
    for (what, attack, status) in [
        ("one long line", format!("GET /a HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"), 431),
        ("many lines", format!("GET /a HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: b\r\n".repeat(300)), 431),
        ("a long target", format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
    ] {
        let outcome = target.attack(&attack, End);
        assert!(outcome.statuses.is_empty() || outcome.statuses == [status], "{what}: {:?}", outcome.statuses);
        assert!(outcome.seen.is_empty(), "{what}");
    }
    // hyper's buffer takes a head of up to twice the length, if it arrives at once.
    for (length, seen) in [(60_000, 2), (66_000, 0), (100_000, 0)] {
        let attack = format!("GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nX-Long: {}\r\n\r\n", "x".repeat(length));
        let outcome = target.attack(&attack, AnotherRequest);
        assert_eq!(outcome.seen.len(), seen, "{length} bytes: {:?}", outcome.statuses);
    }
    let lines = "X-A: b\r\n".repeat(200);
    let outcome = target.attack(&format!("GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\n{lines}\r\n"), AnotherRequest);
    assert_eq!(outcome.statuses, [200, 200], "200 lines are within the limit");
}

/// A client that takes nothing of its answers holds all of them in memory, by HTTP/2 a hundred to a connection.
#[test]
fn no_answer_of_ours_is_many_times_as_large_as_its_request() {
    let site = Site::start(&[]);
    let names = |form: &dyn Fn(u32) -> String| (0..2_000).map(form).collect::<Vec<_>>().join(";");
    let targets = ["&", "'", "\u{e9}"].map(|letter| ("X-Auth-Request-Redirect", format!("/{}", letter.repeat(30_000))));
    let cookies = [
        format!("{SESSION};").repeat(4_000),
        names(&|n| format!("{SESSION}_{n}")),
        names(&|n| format!("{SESSION}_login_{n:08x}")),
    ];
    for (name, value) in targets.into_iter().chain(cookies.map(|cookies| ("Cookie", cookies))) {
        for path in ["/", "/oauth2/sign_in", "/oauth2/start", "/oauth2/callback", "/oauth2/sign_out"] {
            let mut connection = Connection::open(site.program.address());
            let request = Request::get(path).header(name, &value).header("Connection", "close");
            connection.send(&request).expect("the program reads it");
            let answer = connection.read_to_end();
            assert!(answer.len() < 30_000, "{} bytes at {path} for {name}: {value:.30}", answer.len());
        }
    }
}

#[test]
fn a_larger_head_can_be_allowed() {
    let target = Target::start(&["--max-header-bytes=200000"]);
    let attack = format!("GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000));
    assert_eq!(target.attack(&attack, AnotherRequest).statuses, [200, 200]);
}

#[test]
fn trace_and_connect_are_405_and_never_forwarded() {
    let target = Target::start(&[]);
    for line in ["TRACE /a", "CONNECT evil.test:443", "CONNECT /a"] {
        let attack = format!("{line} HTTP/1.1\r\nHost: x\r\nSession: yes\r\n\r\n");
        let outcome = target.attack(&attack, AnotherRequest);
        assert!(matches!(outcome.statuses.first(), Some(405 | 400)), "{line}: {:?}", outcome.statuses);
        assert!(outcome.seen.iter().all(|seen| seen.target == "/canary"), "{line}: {:?}", outcome.seen);
    }
}

#[test]
fn an_upgrade_to_anything_but_a_websocket_is_dropped_and_the_request_served() {
    let target = Target::start(&[]);
    for upgrade in ["h2c", "h2c, websocket", "TLS/1.0", "foo"] {
        let attack = format!(
            "GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {upgrade}\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
        );
        let outcome = target.attack(&attack, AnotherRequest);
        assert_eq!(outcome.statuses, [200, 200], "{upgrade}");
        assert!(!outcome.seen[0].headers.has("Upgrade") && !outcome.seen[0].headers.has("HTTP2-Settings"));
    }
}

#[test]
fn bytes_behind_a_refused_upgrade_are_a_request_of_their_own() {
    let target = Target::start(&[]);
    let attack = format!(
        "GET /a HTTP/1.1\r\nHost: x\r\nSession: yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nGET {SMUGGLED} HTTP/1.1\r\nHost: x\r\n\r\n"
    );
    let outcome = target.attack(&attack, AnotherRequest);
    assert!(outcome.seen.iter().all(|seen| seen.target != SMUGGLED), "it had no session");
}

#[test]
fn rubbish_instead_of_http_is_refused() {
    let target = Target::start(&[]);
    for rubbish in [
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "\r\n\r\n \r\n\r\n",
    ] {
        target.refuses(rubbish, End);
    }
}

#[test]
fn a_head_that_never_ends_does_not_keep_others_waiting() {
    let target = Target::start(&[]);
    let mut slow: Vec<_> = (0..50)
        .map(|_| {
            let mut connection = target.site.program.connect();
            connection.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow:").expect("sent");
            connection
        })
        .collect();
    assert_eq!(target.site.program.get("/ping").status, 200);
    for connection in &mut slow {
        connection.write(b" done\r\nConnection: close\r\n\r\n").expect("sent");
        assert_eq!(connection.read_response("GET").expect("an answer").status, 403);
    }
}
