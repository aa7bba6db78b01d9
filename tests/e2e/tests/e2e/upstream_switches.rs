//! Switches of how apps are reached, seen at the app.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::channel;

use sidecar_testkit::{App, Elsewhere, Launch, Provider, Reply, Request, Which, place, websocket};

use crate::site::Site;

const OPEN: &str = "--skip-auth-route=.*";

#[test]
fn each_request_has_a_connection_of_its_own_without_keep_alives() {
    let connections = |flags: &[&str]| {
        let site = Site::start(&[&[OPEN], flags].concat());
        let mut visitor = site.program.connect();
        for _ in 0..5 {
            assert_eq!(visitor.exchange(&Request::get("/a")).expect("an answer").status, 200);
        }
        (site.app.connections(), site.app.last().headers.get("Connection").map(str::to_owned))
    };
    assert_eq!(connections(&[]).0, 1);
    let (without, told) = connections(&["--disable-keep-alives"]);
    assert_eq!(without, 5);
    assert_eq!(told.as_deref(), Some("close"), "the app hears of it");
}

#[test]
fn an_app_with_a_certificate_of_nobody_is_reached_only_with_the_insecure_switch() {
    let app = App::start();
    let elsewhere = Elsewhere::with(&[("app.example.com", app.address())]);
    let status = |flags: &[&str]| {
        let program = Launch::oidc(Which::Ours, Provider::shared(), "https://app.example.com")
            .env("HTTPS_PROXY", &elsewhere.proxy())
            .env("NO_PROXY", "127.0.0.1")
            .flag(OPEN)
            .flags(flags)
            .start();
        (program.get("/a").status, program.said())
    };
    let (refused, said) = status(&[]);
    assert_eq!(refused, 502, "{said}");
    assert!(app.seen().is_empty());
    let (reached, said) = status(&["--ssl-upstream-insecure-skip-verify"]);
    assert_eq!(reached, 200, "{said}");
    assert!(said.contains("ssl-upstream-insecure-skip-verify"), "the switch is named at start: {said}");
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn a_request_for_a_websocket_is_served_without_the_upgrade_when_they_are_off() {
    let app = App::with(|seen| if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo });
    let site = Site::before(app, &[OPEN, "--proxy-websockets=false"]);
    let head = websocket::open(site.program.connect(), Request::get("/chat")).expect_err("no WebSocket");
    assert_eq!(head.status, 200);
    let seen = site.app.last();
    assert!(!seen.headers.has("Upgrade") && !seen.headers.lists("Connection", "upgrade"));
}

/// An app that sends half of a body of known length, and the other half when the test says so.
#[test]
fn half_an_answer_is_not_held_back_however_long_the_flush_interval_is() {
    let listener = TcpListener::bind(place::loopback(place::free_port())).expect("a free port");
    let upstream = format!("http://{}/", listener.local_addr().expect("bound"));
    let (go_on, wait) = channel::<()>();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut lines = BufReader::new(&stream).lines();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let mut out = &stream;
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhalf").expect("sent");
        wait.recv().expect("the test goes on");
        out.write_all(b"more").expect("sent");
    });
    let program = Launch::oidc(Which::Ours, Provider::shared(), &upstream).flags([OPEN, "--flush-interval=1h"]).start();
    let mut connection = program.connect();
    connection.send(&Request::get("/slow")).expect("sent");
    let head = connection.read_head("GET").expect("a head");
    assert_eq!(head.headers.get("Content-Length"), Some("8"));
    assert_eq!(connection.read_some().expect("the first half"), b"half");
    go_on.send(()).expect("the app waits");
    assert_eq!(connection.read_some().expect("the second half"), b"more");
    serving.join().expect("the app ended well");
}
