//! WebSockets, in what is not asked about them elsewhere.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::websocket::{self, Message};
use sidecar_testkit::{App, Browser, Launch, Provider, Reply, Request, Which, place};

use crate::site::Site;

const OPEN: &str = "--skip-auth-route=.*";

/// What the program may have resident at most, whatever passes through it.
const MEMORY_KIB: u64 = 32 * 1024;

/// A handshake as bytes, with whatever follows.
fn handshake(target: &str, more: &[u8]) -> Vec<u8> {
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: app.example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    [head.as_bytes(), more].concat()
}

/// An app that takes one connection, reads a head, and does with it as told.
fn once(
    serve: impl FnOnce(&mut BufReader<std::net::TcpStream>) + Send + 'static,
) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind(place::loopback(place::free_port())).expect("a free port");
    let upstream = format!("http://{}/", listener.local_addr().expect("bound"));
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            line.clear();
        }
        serve(&mut reader);
    });
    (upstream, serving)
}

const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#[test]
fn an_app_on_a_unix_socket_has_websockets_too() {
    let folder = place::temporary_folder();
    let app = App::on_socket(&folder.path().join("app.sock"), |_| Reply::WebSocketEcho);
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flag(OPEN).start();
    let mut socket = websocket::open(program.connect(), Request::get("/chat?a;b")).expect("a WebSocket");
    socket.send("hello".into()).expect("sent");
    assert_eq!(socket.read().expect("the echo").into_text().expect("text").as_str(), "hello");
    assert_eq!(app.last().target, "/chat?a;b");
}

#[test]
fn bytes_behind_the_handshake_reach_the_app_after_its_101_and_unchanged() {
    // A masked frame, which no proxy may unmask, and bytes that are no frame at all.
    let more =
        [&[0x81, 0x85, 1, 2, 3, 4, 0x69, 0x67, 0x6f, 0x68, 0x6e][..], b"GET /admin HTTP/1.1\r\n\r\n", &[0xff; 5]]
            .concat();
    let expected = more.clone();
    let (upstream, serving) = once(move |reader| {
        assert!(reader.buffer().is_empty(), "something came before the app agreed");
        reader.get_mut().write_all(SWITCHING).expect("sent");
        let mut got = vec![0; expected.len()];
        reader.read_exact(&mut got).expect("the bytes");
        assert_eq!(got, expected);
        reader.get_mut().write_all(b"done").expect("sent");
    });
    let program = Launch::oidc(Which::Ours, Provider::shared(), &upstream).flag(OPEN).start();
    let mut connection = program.connect();
    connection.write(&handshake("/ws", &more)).expect("sent");
    let head = connection.read_head("GET").expect("a head");
    assert_eq!((head.status, head.headers.get("Upgrade")), (101, Some("websocket")));
    assert_eq!(connection.read_some().expect("an answer"), b"done");
    serving.join().expect("the app got what it should");
}

#[test]
fn each_side_hears_that_the_other_has_ended() {
    let (upstream, serving) = once(|reader| {
        reader.get_mut().write_all(SWITCHING).expect("sent");
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).expect("the visitor's end");
        assert_eq!(rest, b"last words");
        reader.get_mut().write_all(b"of the app").expect("sent");
    });
    let program = Launch::oidc(Which::Ours, Provider::shared(), &upstream).flag(OPEN).start();
    let mut connection = program.connect();
    connection.write(&handshake("/ws", b"last words")).expect("sent");
    assert_eq!(connection.read_head("GET").expect("a head").status, 101);
    connection.finish_sending().expect("half closed");
    assert_eq!(connection.read_to_end(), b"of the app");
    serving.join().expect("the app ended well");
}

#[test]
fn large_messages_pass_both_ways_and_a_slow_reader_fills_no_memory() {
    let site = Site::before(App::with(|_| Reply::WebSocketEcho), &[OPEN]);
    let mut socket = websocket::open(site.program.connect(), Request::get("/chat")).expect("a WebSocket");
    let large = Message::from(vec![0xa5_u8; 8 << 20]);
    socket.send(large.clone()).expect("sent");
    assert_eq!(socket.read().expect("the echo"), large);

    // An app that sends without end, and a visitor that reads none of it.
    let (upstream, serving) = once(|reader| {
        let out = reader.get_mut();
        out.set_write_timeout(Some(Duration::from_secs(2))).expect("set");
        out.write_all(SWITCHING).expect("sent");
        let piece = [0x82, 0x7e, 0x40, 0].into_iter().chain([b'x'; 1 << 14]).collect::<Vec<u8>>();
        let mut sent = 0_usize;
        while sent < 256 << 20 && out.write_all(&piece).is_ok() {
            sent += piece.len();
        }
        assert!(sent < 256 << 20, "all of it was taken in");
    });
    let program = Launch::oidc(Which::Ours, Provider::shared(), &upstream).flag(OPEN).start();
    let mut connection = program.connect();
    connection.write(&handshake("/ws", b"")).expect("sent");
    assert_eq!(connection.read_head("GET").expect("a head").status, 101);
    serving.join().expect("the app was held back");
    for peak in [site.program.process().peak_memory_kib(), program.process().peak_memory_kib()] {
        assert!(peak < MEMORY_KIB, "{peak} KiB were resident");
    }
}

#[test]
fn what_is_no_proper_handshake_gets_an_answer_and_no_tunnel() {
    let site = Site::before(App::start(), &[OPEN]);
    for (what, head) in [
        (
            "by POST",
            "POST /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
        ),
        ("in HTTP/1.0", "GET /w HTTP/1.0\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
        ("with two protocols", "GET /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n"),
        (
            "with two lines",
            "GET /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n",
        ),
        ("without Connection", "GET /w HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"),
        (
            "with a body",
            "GET /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
        ),
    ] {
        site.app.forget();
        let mut connection = site.program.connect();
        connection.write(head.as_bytes()).expect("sent");
        assert_eq!(connection.read_response("GET").expect("an answer").status, 200, "{what}");
        assert!(!site.app.last().headers.has("Upgrade"), "{what}");
    }
}

#[test]
fn a_session_has_as_many_websockets_as_a_browser_opens_and_others_have_theirs() {
    let site = Site::before(App::with(|_| Reply::WebSocketEcho), &[]);
    let (one, other) = (site.alices_cookie(), site.alices_cookie());
    let open = |cookie: &str| websocket::open(site.program.connect(), Request::get("/chat").cookie(cookie));
    let mut sockets: Vec<_> = (0..256).map(|_| open(&one).expect("a WebSocket")).collect();
    let refused = open(&one).expect_err("one too many");
    assert_eq!((refused.status, refused.headers.get("X-Auth-Request-Error")), (429, Some("E-REQUEST-WEBSOCKETS")));
    assert!(open(&other).is_ok());
    sockets.pop();
    eventually(SOON, || open(&one).ok(), || "no place was free again".to_owned());
}

// What docs/guide/apps.md tells the operator.

#[test]
fn a_page_of_another_origin_opens_a_websocket_where_the_cookie_comes_along_and_the_app_is_told_whose_it_is() {
    let site = Site::before(App::with(|_| Reply::WebSocketEcho), &["--cookie-samesite=lax"]);
    let mut browser = Browser::new();
    let page = site.sign_in(&mut browser, "alice", "/");
    let cookie = browser.cookies_for(&site.program.url("/"));
    let set = browser.hops().iter().flat_map(|hop| &hop.set_cookies).filter(|line| line.starts_with("_oauth2_proxy="));
    assert!(set.clone().count() > 0 && set.clone().all(|line| line.contains("SameSite=Lax")), "{page}");
    for origin in ["https://evil.test", "null", "http://app.example.com:8080", "https://app.example.com.evil.test"] {
        let request = Request::get("/chat").header("Origin", origin).cookie(&cookie);
        assert!(websocket::open(site.program.connect(), request).is_ok(), "{origin}");
        assert_eq!(site.told("Origin"), origin);
    }
    assert!(websocket::open(site.program.connect(), Request::get("/chat")).is_err(), "without the cookie");
}

#[test]
fn a_websocket_outlives_its_session_and_the_next_one_needs_a_new_one() {
    let app = App::with(|_| Reply::WebSocketEcho);
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--email-domain");
    let welcome = launch.write("emails", "alice@example.com\n");
    let program = launch.flag(&format!("--authenticated-emails-file={}", welcome.display())).start();
    let site = Site { program, app };
    let cookie = site.alices_cookie();
    let open = || websocket::open(site.program.connect(), Request::get("/chat").cookie(&cookie));
    let mut socket = open().expect("alice is welcome");
    std::fs::write(welcome, "bob@example.com\n").expect("written");
    eventually(SOON, || open().err(), || "alice is still let in".to_owned());
    socket.send("still there".into()).expect("sent");
    assert_eq!(socket.read().expect("the echo").into_text().expect("text").as_str(), "still there");
}

#[test]
fn requests_of_different_visitors_share_a_connection_to_the_app_unless_it_is_switched_off() {
    // Each worker has connections of its own.
    let visitors = 2 * std::thread::available_parallelism().expect("a number").get() + 1;
    let connections = |flags: &[&str]| {
        let site = Site::start(flags);
        let ask = |_| {
            assert_eq!(site.program.get("/").status, 200);
            site.app.last().connection
        };
        (0..visitors).map(ask).collect::<BTreeSet<_>>().len()
    };
    assert!(connections(&[OPEN]) < visitors);
    assert_eq!(connections(&[OPEN, "--disable-keep-alives=true"]), visitors);
}
