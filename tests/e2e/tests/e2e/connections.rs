//! More connections than there may be.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Connection, Issuer, Launch, Program, Reply, Request, Which, place, websocket};

/// How many files the program may have open: 64 for itself, and two for each of 40 connections.
const FILES: usize = 64 + 2 * 40;

/// A program that may not have more files open than this.
fn with_few_files(issuer: &Issuer, app: &App) -> Program {
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags()).flag("--skip-auth-route=.*");
    let script = format!("#!/bin/sh\nulimit -n {FILES} && exec {} \"$@\"\n", place::ours().display());
    let path = launch.write("with-few-files", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("a script");
    launch.binary(path).start()
}

#[test]
fn idle_connections_give_way_to_others_and_busy_ones_do_not() {
    let (sender, events) = channel();
    let events = Mutex::new(Some(events));
    let app = App::with(move |seen| match seen.target.as_str() {
        "/events" => Reply::Events(events.lock().expect("not poisoned").take().expect("asked once")),
        "/chat" => Reply::WebSocketEcho,
        _ => Reply::Echo,
    });
    let issuer = Issuer::start();
    let program = with_few_files(&issuer, &app);
    let mut stream = program.connect();
    stream.send(&Request::get("/events")).expect("sent");
    assert_eq!(stream.read_head("GET").expect("a head").status, 200);
    let mut socket = websocket::open(program.connect(), Request::get("/chat")).expect("a WebSocket");

    // Many more than there is room for: some have asked for something, some are slow with a head, some say nothing.
    let mut idle: Vec<Connection> = Vec::new();
    for number in 0..200 {
        let Ok(mut connection) = Connection::try_open(program.address()) else { continue };
        let sent = match number % 3 {
            0 => connection.send(&Request::get("/ping")),
            1 => connection.write(b"GET /slow HTTP/1.1\r\nHost:"),
            _ => Ok(()),
        };
        // One may have been closed meanwhile.
        drop(sent);
        idle.push(connection);
    }
    for _ in 0..3 {
        eventually(
            Duration::from_mins(2),
            || {
                let mut connection = Connection::try_open(program.address()).ok()?;
                connection.exchange(&Request::get("/other")).ok().filter(|answer| answer.status == 200)
            },
            || format!("others are served; {}", program.said()),
        );
    }
    sender.send("still here".to_owned()).expect("the app listens");
    let mut seen = String::new();
    while !seen.contains("still here") {
        seen += &String::from_utf8_lossy(&stream.read_some().expect("the stream is alive"));
    }
    socket.send("hello".into()).expect("sent");
    assert_eq!(socket.read().expect("the echo").into_text().expect("text").as_str(), "hello");
    assert!(!program.said().contains("Too many open files"), "{}", program.said());
    drop(idle);
}
