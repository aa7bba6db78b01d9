//! How it stops (D19): not ready, then no new connections, then the requests in flight end, then it does.

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use sidecar_testkit::process::eventually;
use sidecar_testkit::websocket::{self, CloseCode, Message};
use sidecar_testkit::{App, Connection, Reply, Request};

use crate::site::Site;

/// How long anything may take that needs no waiting.
const SOON: Duration = Duration::from_secs(10);

/// A program with a download under way, and the sender of its next pieces.
fn downloading(flags: &[&str]) -> (Site, Connection, Sender<String>) {
    let (sender, events) = channel();
    let events = Mutex::new(Some(events));
    let app = App::with(move |seen| match seen.target.as_str() {
        "/events" => Reply::Events(events.lock().expect("not poisoned").take().expect("asked once")),
        _ => Reply::Echo,
    });
    let site = Site::before(app, &[&["--skip-auth-route=.*"], flags].concat());
    let mut connection = site.program.connect();
    connection.send(&Request::get("/events")).expect("sent");
    assert_eq!(connection.read_head("GET").expect("a head").status, 200);
    (site, connection, sender)
}

fn read_until(connection: &mut Connection, text: &str) {
    let mut seen = String::new();
    while !seen.contains(text) {
        let piece = connection.read_some().expect("the connection is alive");
        assert!(!piece.is_empty(), "it ended before {text:?}");
        seen += &String::from_utf8_lossy(&piece);
    }
}

#[test]
fn a_request_in_flight_is_finished_while_new_ones_are_turned_away() {
    let (site, mut connection, sender) = downloading(&[]);
    site.program.terminate();
    let address = site.program.address();
    eventually(SOON, || Connection::try_open(address).is_err().then_some(()), || "the listener closes".to_owned());
    sender.send("after the signal".to_owned()).expect("the app listens");
    read_until(&mut connection, "after the signal");
    drop(sender);
    read_until(&mut connection, "0\r\n\r\n");
    let finished = site.program.wait(SOON);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
}

#[test]
fn an_idle_program_stops_at_once() {
    let site = Site::start(&[]);
    let mut idle = site.program.connect();
    idle.exchange(&Request::get("/ping")).expect("an answer");
    let asked = Instant::now();
    let finished = site.program.stop();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(asked.elapsed() < Duration::from_secs(5), "kept connections without a request do not hold it");
}

#[test]
fn a_request_that_never_ends_is_cut_after_the_shutdown_timeout() {
    let (site, mut connection, _sender) = downloading(&["--shutdown-timeout=1s"]);
    let asked = Instant::now();
    let finished = site.program.stop();
    assert!(asked.elapsed() < SOON);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(!connection.read_to_end().ends_with(b"0\r\n\r\n"), "nobody takes it for the whole");
}

#[test]
fn a_second_signal_cuts_what_is_in_flight_at_once() {
    let (site, _connection, _sender) = downloading(&["--shutdown-timeout=60s"]);
    site.program.terminate();
    let address = site.program.address();
    eventually(SOON, || Connection::try_open(address).is_err().then_some(()), || "the listener closes".to_owned());
    site.program.terminate();
    let finished = site.program.wait(SOON);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains("stopped at once") || finished.stderr.contains("stopped at once"));
}

#[test]
fn during_the_shutdown_delay_it_is_not_ready_and_serves_on() {
    let site = Site::start(&["--shutdown-delay=3s", "--skip-auth-route=.*"]);
    site.program.terminate();
    let program = &site.program;
    eventually(SOON, || (program.get("/ready").status != 200).then_some(()), || "not ready".to_owned());
    assert_eq!(program.get("/served").status, 200);
    assert_eq!(program.get("/ping").status, 200, "it lives, it is only not ready");
    assert_eq!(site.program.wait(Duration::from_secs(20)).status.code(), Some(0));
}

#[test]
fn a_web_socket_is_told_that_the_program_goes_away() {
    let app = App::with(|_| Reply::WebSocketEcho);
    let site = Site::before(app, &["--skip-auth-route=.*"]);
    let mut socket = websocket::open(site.program.connect(), Request::get("/chat")).expect("a WebSocket");
    socket.send("hello".into()).expect("sent");
    assert_eq!(socket.read().expect("the echo").into_text().expect("text").as_str(), "hello");
    site.program.terminate();
    let told = socket.read().expect("a close frame");
    assert!(matches!(&told, Message::Close(Some(frame)) if frame.code == CloseCode::Away), "{told:?}");
    assert_eq!(site.program.wait(SOON).status.code(), Some(0));
}
