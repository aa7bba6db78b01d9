//! Bodies pass through; none is ever held.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use sidecar_testkit::{App, Program, Reply, Request, websocket};

use crate::site::{Site, get_with};

const GIB: u64 = 1 << 30;

/// What the program may have resident at most, whatever passes through it.
const MEMORY_KIB: u64 = 32 * 1024;

fn assert_small(program: &Program) {
    let peak = program.process().peak_memory_kib();
    assert!(peak < MEMORY_KIB, "{peak} KiB were resident");
}

/// An app that streams the events of a test to the first who asks.
fn eventful(events: Receiver<String>) -> App {
    let events = Mutex::new(Some(events));
    App::with(move |seen| match seen.target.as_str() {
        "/events" => Reply::Events(events.lock().expect("not poisoned").take().expect("asked once")),
        _ => Reply::Echo,
    })
}

#[test]
fn a_gibibyte_comes_down_in_little_memory() {
    let site = Site::before(App::with(|_| Reply::Bytes(GIB)), &[]);
    // The app answers the login's own last step with a gibibyte as well; a redirect elsewhere spares it.
    let cookie = {
        let mut browser = sidecar_testkit::Browser::new();
        site.sign_in(&mut browser, "alice", "/ping");
        browser.cookies_for(&site.program.url("/"))
    };
    let mut connection = site.program.connect();
    connection.send(&get_with(&cookie, "/big")).expect("sent");
    let head = connection.read_head("GET").expect("an answer");
    assert_eq!(head.status, 200);
    assert_eq!(head.headers.get("Content-Length"), Some(GIB.to_string().as_str()));
    let mut length = 0;
    connection.read_body(&head, |piece| length += piece.len() as u64).expect("the whole body");
    assert_eq!(length, GIB);
    assert_small(&site.program);
}

#[test]
fn a_gibibyte_goes_up_in_little_memory() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let mut connection = site.program.connect();
    let request = Request::new("POST", "/big").cookie(&cookie).header("Content-Length", &GIB.to_string());
    connection.send(&request).expect("sent");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..GIB >> 20 {
        connection.write(&piece).expect("the program takes it");
    }
    assert_eq!(connection.read_response("POST").expect("an answer").status, 200);
    assert_eq!(site.app.last().body_length, GIB);
    assert_small(&site.program);
}

#[test]
fn a_client_that_reads_slowly_holds_the_app_back_instead_of_filling_memory() {
    let site = Site::before(App::with(|_| Reply::Bytes(GIB)), &["--skip-auth-route=.*"]);
    let mut connection = site.program.connect();
    connection.send(&Request::get("/big")).expect("sent");
    connection.read_head("GET").expect("an answer");
    // Nothing more is read while the program serves many others.
    for _ in 0..200 {
        assert_eq!(site.program.get("/ping").status, 200);
    }
    assert_small(&site.program);
}

#[test]
fn an_event_is_seen_before_the_next_is_sent() {
    let (sender, events) = channel();
    let site = Site::before(eventful(events), &[]);
    let cookie = site.alices_cookie();
    let mut connection = site.program.connect();
    connection.send(&get_with(&cookie, "/events")).expect("sent");
    let head = connection.read_head("GET").expect("the head comes before any event");
    assert_eq!((head.status, head.headers.get("Content-Type")), (200, Some("text/event-stream")));
    for n in 0..5 {
        let event = format!("event-{n}");
        sender.send(event.clone()).expect("the app listens");
        let mut seen = String::new();
        while !seen.contains(&event) {
            seen += &String::from_utf8_lossy(&connection.read_some().expect("the event comes"));
        }
    }
    drop(sender);
    let mut end = Vec::new();
    while !end.ends_with(b"0\r\n\r\n") {
        end.extend(connection.read_some().expect("the end comes"));
    }
}

#[test]
fn an_app_is_asked_before_the_whole_body_is_there() {
    let site = Site::before(
        App::with(|_| Reply::Text(413, vec![("Connection", "close".to_owned())], "too much".to_owned())),
        &["--skip-auth-route=.*"],
    );
    let mut connection = site.program.connect();
    let request = Request::new("POST", "/").header("Transfer-Encoding", "chunked").body("5\r\nhello\r\n0\r\n\r\n");
    assert_eq!(connection.exchange(&request).expect("an answer").status, 413);
}

#[test]
fn trailers_of_the_app_arrive() {
    let app = App::with(|_| Reply::Chunked(vec!["hello", " world"], vec![("X-Checksum", "abc")]));
    let site = Site::before(app, &["--skip-auth-route=.*"]);
    let answer = site.program.ask(&Request::get("/").header("TE", "trailers"));
    assert_eq!(answer.text(), "hello world");
    assert_eq!(answer.trailers.get("X-Checksum"), Some("abc"), "{:?} {:?}", answer.headers, answer.trailers);
}

#[test]
fn web_sockets_carry_messages_both_ways() {
    let site = Site::before(
        App::with(|seen| if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo }),
        &[],
    );
    let cookie = site.alices_cookie();
    let mut socket = websocket::open(site.program.connect(), get_with(&cookie, "/chat?room=a;b")).expect("a WebSocket");
    assert_eq!(site.app.last().target, "/chat?room=a;b");
    assert_eq!(site.app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    let long = "x".repeat(1 << 20);
    for message in ["hello", "", long.as_str()] {
        socket.send(message.into()).expect("sent");
        assert_eq!(socket.read().expect("the echo").into_text().expect("text").as_str(), message);
    }
    socket.close(None).expect("closing begins");
    while socket.read().is_ok() {}
}

#[test]
fn a_web_socket_needs_a_session() {
    let site = Site::before(App::with(|_| Reply::WebSocketEcho), &[]);
    let refused = websocket::open(site.program.connect(), Request::get("/chat")).expect_err("no WebSocket");
    assert!([401, 403].contains(&refused.status), "{}", refused.status);
    assert!(site.app.seen().is_empty());
}

#[test]
fn an_app_that_refuses_a_web_socket_is_heard() {
    let site =
        Site::before(App::with(|_| Reply::Text(426, Vec::new(), "not here".to_owned())), &["--skip-auth-route=.*"]);
    let refused = websocket::open(site.program.connect(), Request::get("/chat")).expect_err("no WebSocket");
    assert_eq!(refused.status, 426);
}
