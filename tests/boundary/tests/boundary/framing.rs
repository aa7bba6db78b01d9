//! Generator 4, raw framing (invariant I-02): what becomes of each odd message, case by
//! case. The table is what the program does with it, which is hyper's parser and our own checks behind it.
//!
//! Behind each message stands a second request on the same connection, and a third on another. The app sees one
//! well-formed message or none, never a byte of the rest; before Node and Go the count is the same.

use sidecar_testkit::oracle::{Oracle, Parser};
use sidecar_testkit::{App, Launch, Program, Provider, Request, Seen, Which};

use crate::site::{Site, sign_in};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// 400, or an end without an answer; the connection is closed; the app hears nothing.
    Refused,
    /// The app gets one message with this body; then the connection is closed, so that nothing behind it is read.
    Last(&'static str),
    /// The app gets one message with this body, and the request behind it is answered as one of its own.
    Served(&'static str),
    /// The head went to the app and the body was found broken: the exchange with the app is cut, so that the app sees no
    /// whole message, and the connection is closed.
    Cut,
}

use Verdict::{Cut, Last, Refused, Served};

/// A message of which `SESSION` stands for the lines of a good request: Host and Cookie.
struct Case {
    what: &'static str,
    head: &'static str,
    body: &'static str,
    verdict: Verdict,
}

const fn case(what: &'static str, head: &'static str, body: &'static str, verdict: Verdict) -> Case {
    Case { what, head, body, verdict }
}

const CHUNKED: &str = "5\r\nhello\r\n0\r\n\r\n";

/// Two framings, and every odd way to write one (RFC 9112 6).
const FRAMINGS: &[Case] = &[
    case("length, then chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked", CHUNKED, Last("hello")),
    case("chunks, then length", "Transfer-Encoding: chunked\r\nContent-Length: 5", CHUNKED, Last("hello")),
    case("chunks and length 0", "Transfer-Encoding: chunked\r\nContent-Length: 0", CHUNKED, Last("hello")),
    case("chunked", "Transfer-Encoding: chunked", CHUNKED, Served("hello")),
    case("Chunked", "Transfer-Encoding: Chunked", CHUNKED, Served("hello")),
    case("chunked and a tab", "Transfer-Encoding: chunked\t", CHUNKED, Served("hello")),
    case("identity, chunked", "Transfer-Encoding: identity, chunked", CHUNKED, Refused),
    case(",chunked", "Transfer-Encoding: ,chunked", CHUNKED, Refused),
    case("gzip, chunked", "Transfer-Encoding: gzip, chunked", CHUNKED, Refused),
    case("chunked twice", "Transfer-Encoding: chunked, chunked", CHUNKED, Refused),
    case("chunked on two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", CHUNKED, Refused),
    case("identity, then chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", CHUNKED, Refused),
    case("chunked, identity", "Transfer-Encoding: chunked, identity", CHUNKED, Refused),
    case("chunked, then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", CHUNKED, Refused),
    case("chunked,", "Transfer-Encoding: chunked,", CHUNKED, Refused),
    case("xchunked", "Transfer-Encoding: xchunked", CHUNKED, Refused),
    case("chunked in quotes", "Transfer-Encoding: \"chunked\"", CHUNKED, Refused),
    case("chunked with a parameter", "Transfer-Encoding: chunked;q=1", CHUNKED, Refused),
    case("a vertical tab before chunked", "Transfer-Encoding: \u{b}chunked", CHUNKED, Refused),
    case("a blank before the colon", "Transfer-Encoding : chunked", CHUNKED, Refused),
    case("identity alone", "Transfer-Encoding: identity", CHUNKED, Refused),
    case("an empty coding", "Transfer-Encoding:", CHUNKED, Refused),
    case("a coding behind a bare LF", "X: y\nTransfer-Encoding: chunked", CHUNKED, Served("hello")),
    case("5, 5", "Content-Length: 5, 5", "hello", Refused),
    case("5,6", "Content-Length: 5,6", "hello", Refused),
    case("+5", "Content-Length: +5", "hello", Refused),
    case("-1", "Content-Length: -1", "hello", Refused),
    case("0x5", "Content-Length: 0x5", "hello", Refused),
    case("5_0", "Content-Length: 5_0", "hello", Refused),
    case("20 digits", "Content-Length: 99999999999999999999", "hello", Refused),
    case("an empty length", "Content-Length:", "hello", Refused),
    case("a length with NUL", "Content-Length: 5\0", "hello", Refused),
    case("a length in other digits", "Content-Length: \u{b2}", "hello", Refused),
    case("two lengths", "Content-Length: 5\r\nContent-Length: 6", "hello", Refused),
    case("one length twice", "Content-Length: 5\r\nContent-Length: 5", "hello", Served("hello")),
    case("05", "Content-Length: 05", "hello", Served("hello")),
    case("blanks around a length", "Content-Length:   5  ", "hello", Served("hello")),
];

/// Odd chunks (RFC 9112 7.1), behind a head that is in order.
const CHUNKS: &[Case] = &[
    case("bare LF", "", "5\nhello\n0\n\n", Cut),
    case("LF in an extension", "", "5;a\nb\r\nhello\r\n0\r\n\r\n", Cut),
    case("0x5", "", "0x5\r\nhello\r\n0\r\n\r\n", Cut),
    case("-0", "", "-0\r\n\r\n", Cut),
    case("a size beyond 64 bits", "", "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n", Cut),
    case("no CRLF behind the data", "", "5\r\nhelloXX0\r\n\r\n", Cut),
    case("more data than the size says", "", "5\r\nhello, world\r\n0\r\n\r\n", Cut),
    case("an empty size", "", "\r\nhello\r\n0\r\n\r\n", Cut),
    case("an extension", "", "5;a=b\r\nhello\r\n0;c\r\n\r\n", Served("hello")),
    case("a blank behind the size", "", "5 \r\nhello\r\n0\r\n\r\n", Served("hello")),
    case("a trailer", "", "5\r\nhello\r\n0\r\nX-Forwarded-User: root\r\nContent-Length: 9\r\n\r\n", Served("hello")),
    case("zeros before the size", "", "0005\r\nhello\r\n000\r\n\r\n", Served("hello")),
];

/// Odd lines of a head (RFC 9112 5).
const LINES: &[Case] = &[
    case("a bare CR in a value", "X-A: b\rX-Forwarded-User: root", "", Refused),
    case("NUL in a value", "X-A: b\0c", "", Refused),
    case("a control in a value", "X-A: b\u{1}c", "", Refused),
    case("NUL in a name", "X\0A: b", "", Refused),
    case("a fold", "X-A: b\r\n c: d", "", Refused),
    case("a fold by a tab", "X-A: b\r\n\tc: d", "", Refused),
    case("a blank before the colon", "X-Forwarded-User : root", "", Refused),
    case("a tab before the colon", "X-Forwarded-User\t: root", "", Refused),
    case("no colon", "X-Forwarded-User", "", Refused),
    case("no name", ": root", "", Refused),
    case("a name with 0xE9", "X-\u{e9}: b", "", Refused),
    case("a name with 0xA0", "X-\u{a0}: b", "", Refused),
    case("a name with 0x0B", "X-\u{b}: b", "", Refused),
    case("a value with 0xE9", "X-A: \u{e9}", "", Served("")),
    case("two hosts", "Host: x", "", Refused),
    case("two authorizations", "Authorization: Bearer a\r\nAuthorization: Bearer b", "", Refused),
    case("Transfer_Encoding", "Transfer_Encoding: chunked", "", Served("")),
    case("an unknown expectation", "Expect: y 100-continue", "", Served("")),
    case("a bare LF between lines", "X-A: b\nX-B: c", "", Served("")),
];

/// Odd request lines (RFC 9112 3), each a whole head but for Host and Cookie.
const REQUEST_LINES: &[(&str, &str, Verdict)] = &[
    ("HTTP/1.2", "GET /a HTTP/1.2", Refused),
    ("HTTP/0.9", "GET /a HTTP/0.9", Refused),
    ("HTTP/2.0", "GET /a HTTP/2.0", Refused),
    ("http/1.1", "GET /a http/1.1", Refused),
    ("HTTP/1.10", "GET /a HTTP/1.10", Refused),
    ("no version", "GET /a", Refused),
    ("two blanks", "GET  /a HTTP/1.1", Refused),
    ("a tab", "GET\t/a HTTP/1.1", Refused),
    ("a blank in the target", "GET /a b HTTP/1.1", Refused),
    ("a blank before the method", " GET /a HTTP/1.1", Refused),
    ("an authority", "GET a HTTP/1.1", Refused),
    ("an asterisk", "GET * HTTP/1.1", Refused),
    ("a query alone", "GET ?x HTTP/1.1", Refused),
    ("a relative path", "GET a/../b HTTP/1.1", Refused),
    ("a scheme without slashes", "GET http:http://x/a HTTP/1.1", Refused),
    ("a URL without a host", "GET http:///a HTTP/1.1", Refused),
    ("a raw <", "GET /a<b HTTP/1.1", Refused),
    ("a raw >", "GET /a?b>c HTTP/1.1", Refused),
    ("a raw quote", "GET /a\"b HTTP/1.1", Refused),
    ("a raw back-quote", "GET /a`b HTTP/1.1", Refused),
    ("0x7F", "GET /a\u{7f} HTTP/1.1", Refused),
    ("0x01", "GET /a\u{1} HTTP/1.1", Refused),
    ("no UTF-8", "GET /a\u{ff} HTTP/1.1", Refused),
    ("a bad escape", "GET /a%zz HTTP/1.1", Refused),
    ("half an escape", "GET /a%4 HTTP/1.1", Refused),
    ("a method with NUL", "G\0T /a HTTP/1.1", Refused),
    ("an empty line before it", "\r\nGET /a HTTP/1.1", Served("")),
    ("a method in small letters", "get /a HTTP/1.1", Served("")),
    ("a method that nobody knows", "GETX /a HTTP/1.1", Served("")),
    ("raw brackets and bars", "GET /a|^{}[] HTTP/1.1", Served("")),
    ("a raw fragment", "GET /a#/b HTTP/1.1", Served("")),
    ("UTF-8", "GET /a\u{c3}\u{a9} HTTP/1.1", Served("")),
    ("a URL", "GET http://x/a HTTP/1.1", Served("")),
];

/// The target that stands behind each message on the same connection.
const BEHIND: &str = "/behind";

struct Site1 {
    program: Program,
    app: App,
    cookie: String,
}

/// What came of one message.
struct Outcome {
    statuses: Vec<u16>,
    seen: Vec<Seen>,
}

/// The bytes of a message, one for each character.
fn bytes(message: &str) -> Vec<u8> {
    message.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect()
}

fn message(request_line: &str, cookie: &str, lines: &str, body: &str) -> String {
    let lines = if lines.is_empty() { String::new() } else { format!("{lines}\r\n") };
    format!("{request_line}\r\nHost: x\r\nCookie: {cookie}\r\n{lines}\r\n{body}")
}

/// Sends a message and a request behind it, and returns the statuses of all answers.
fn send(program: &Program, cookie: &str, message: &str) -> Vec<u16> {
    let behind = format!("GET {BEHIND} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    let mut connection = program.connect();
    // The program may close before it has taken everything.
    let _ = connection.write(&[bytes(message), behind.into_bytes()].concat());
    let mut statuses = Vec::new();
    while let Ok(answer) = connection.read_response("GET") {
        statuses.push(answer.status);
    }
    statuses
}

impl Site1 {
    fn start() -> Self {
        let app = App::start();
        let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).start();
        let cookie = sign_in(&program);
        Self { program, app, cookie }
    }

    fn outcome(&self, message: &str) -> Outcome {
        self.app.forget();
        let statuses = send(&self.program, &self.cookie, message);
        let elsewhere = self.program.ask(&Request::get("/elsewhere").cookie(&self.cookie));
        assert_eq!(elsewhere.status, 200, "another connection is served after {message:?}");
        assert_eq!(elsewhere.json()["target"], "/elsewhere", "and with its own answer");
        let mut seen = self.app.seen();
        assert_eq!(seen.pop().map(|seen| seen.target).as_deref(), Some("/elsewhere"), "{message:?}");
        Outcome { statuses, seen }
    }

    fn assert_verdict(&self, what: &str, message: &str, verdict: Verdict) {
        let Outcome { statuses, seen } = self.outcome(message);
        let (behind, of_message): (Vec<_>, Vec<_>) = seen.iter().partition(|seen| seen.target == BEHIND);
        let bodies: Vec<_> = of_message.iter().map(|seen| String::from_utf8_lossy(&seen.body).into_owned()).collect();
        let what = format!("{what} ({message:?}): {statuses:?} {bodies:?}, {} behind", behind.len());
        for seen in &seen {
            assert_well_formed(&what, seen);
        }
        match verdict {
            Refused => {
                assert!(statuses.is_empty() || statuses == [400], "{what}");
                assert!(of_message.is_empty() && behind.is_empty(), "{what}");
            }
            Cut => {
                assert!(statuses.is_empty() || statuses == [400] || statuses == [502], "{what}");
                assert!(of_message.is_empty() && behind.is_empty(), "{what}");
            }
            Last(body) => {
                assert_eq!((statuses.as_slice(), bodies), (&[200][..], vec![body.to_owned()]), "{what}");
                assert!(behind.is_empty(), "{what}");
            }
            Served(body) => {
                assert_eq!((statuses.as_slice(), bodies), (&[200, 200][..], vec![body.to_owned()]), "{what}");
                assert_eq!(behind.len(), 1, "{what}");
            }
        }
    }
}

/// One framing, by us; one Host; nothing of the visitor's own framing; lines that end in CRLF.
fn assert_well_formed(what: &str, seen: &Seen) {
    let lengths: Vec<_> = seen.headers.all("Content-Length").collect();
    let codings: Vec<_> = seen.headers.all("Transfer-Encoding").collect();
    assert!(lengths.len() + codings.len() <= 1, "{what}: {lengths:?} {codings:?}");
    assert!(codings.iter().all(|coding| *coding == "chunked"), "{what}: {codings:?}");
    assert!(lengths.iter().all(|length| *length == seen.body_length.to_string()), "{what}: {lengths:?}");
    assert_eq!(seen.headers.all("Host").count(), 1, "{what}");
    assert!(!seen.headers.has("Trailer") && !seen.headers.has("Expect"), "{what}");
    assert!(seen.trailers.iter().next().is_none(), "{what}: {:?}", seen.trailers);
    let head = seen.raw_head.as_slice();
    assert!(head.windows(2).all(|pair| (pair[0] == b'\r') == (pair[1] == b'\n')), "{what}: a bare CR or LF");
    assert!(!head.contains(&0), "{what}: NUL");
}

/// Every message with its verdict.
fn messages(cookie: &str) -> Vec<(String, String, Verdict)> {
    let named = |kind: &str, what: &str| format!("{kind}: {what}");
    let post = "POST /a HTTP/1.1";
    let mut messages = Vec::new();
    for Case { what, head, body, verdict } in FRAMINGS {
        messages.push((named("framing", what), message(post, cookie, head, body), *verdict));
    }
    for Case { what, body, verdict, .. } in CHUNKS {
        let message = message(post, cookie, "Transfer-Encoding: chunked", body);
        messages.push((named("chunks", what), message, *verdict));
    }
    for Case { what, head, body, verdict } in LINES {
        messages.push((named("line", what), message("GET /a HTTP/1.1", cookie, head, body), *verdict));
    }
    for (what, line, verdict) in REQUEST_LINES {
        messages.push((named("request line", what), message(line, cookie, "", ""), *verdict));
    }
    messages.push((
        named("1.0", "chunks"),
        message("POST /a HTTP/1.0", cookie, "Transfer-Encoding: chunked", CHUNKED),
        Refused,
    ));
    messages.push((named("1.0", "no length"), message("POST /a HTTP/1.0", cookie, "", ""), Last("")));
    messages.push((
        named("1.0", "keep-alive"),
        message("GET /a HTTP/1.0", cookie, "Connection: keep-alive", ""),
        Served(""),
    ));
    let lf = message("GET /a HTTP/1.1", cookie, "", "").replace("\r\n", "\n");
    messages.push((named("head", "bare LF throughout"), lf, Served("")));
    let empty = format!("{}{}", "\r\n".repeat(20), message("GET /a HTTP/1.1", cookie, "", ""));
    messages.push((named("head", "twenty empty lines before it"), empty, Served("")));
    messages
}

#[test]
fn every_odd_message_has_its_one_verdict_and_the_app_sees_one_well_formed_message_at_most() {
    let site = Site1::start();
    let messages = messages(&site.cookie);
    for (what, message, verdict) in &messages {
        site.assert_verdict(what, message, *verdict);
    }
    println!("raw framing: {} messages", messages.len());
}

#[test]
fn nobody_is_let_in_by_an_odd_message() {
    let site = Site1::start();
    let messages = messages("none=1");
    for (what, message, _) in &messages {
        site.app.forget();
        let statuses = send(&site.program, "none=1", message);
        assert!(statuses.iter().all(|status| matches!(status, 400 | 401 | 403)), "{what}: {statuses:?}");
        assert!(site.app.seen().is_empty(), "{what}: {:?}", site.app.seen());
    }
}

#[test]
fn apps_of_other_parsers_are_asked_as_often() {
    for parser in [Parser::Node, Parser::Go, Parser::Wsgi] {
        let site = Site::before(Oracle::start(parser), &[]);
        let cookie = site.alices_cookie();
        for (what, message, verdict) in messages(&cookie) {
            let statuses = send(&site.program, &cookie, &message);
            let seen = site.oracle.drain();
            let lengths: Vec<_> = seen.iter().map(|seen| (seen.target.as_str(), seen.body_length)).collect();
            // What these two refuse themselves is a whole message all the same: 400 from them, and none of it understood.
            let refused_by_the_app = matches!(verdict, Served(_) | Last(_)) && statuses.first() == Some(&400);
            // WSGI reads no chunks: it answers before the body has come, and ends the connection.
            let at_once = parser == Parser::Wsgi && message.to_ascii_lowercase().contains("chunked");
            let expected = match verdict {
                Cut if at_once => seen.len().min(1),
                Refused | Cut => 0,
                Last(_) => 1,
                Served(_) => 2,
            } - usize::from(refused_by_the_app);
            assert_eq!(seen.len(), expected, "{parser:?}, {what}: {statuses:?} {lengths:?}");
            if let (Served(body) | Last(body), false, true) = (verdict, refused_by_the_app, !at_once) {
                assert_eq!(lengths[0].1, body.len() as u64, "{parser:?}, {what}: {lengths:?}");
            }
        }
    }
}
