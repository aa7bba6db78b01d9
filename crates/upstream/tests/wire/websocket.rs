//! Upgrades: to WebSocket and to nothing else.

use crate::support::{App, Conversation, Front, http, line};
use sidecar_net::KeepAlive;
use sidecar_upstream::{HttpSettings, WebSockets};
use tokio::io::AsyncWriteExt;

const HANDSHAKE: &str = "GET /chat?a=1;b=%zz HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
    Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nOrigin: https://h\r\nCookie: _oauth2_proxy=S; a=1\r\n\
    X_Forwarded_User: root\r\n\r\n";

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: y\r\nGAP-Auth: root\r\n\r\n";

/// Accepts the upgrade, sends a greeting at once, and then says everything back.
async fn echo(mut talk: Conversation) {
    talk.head().await;
    talk.say(format!("{SWITCH}welcome")).await;
    while let Some(byte) = talk.byte().await {
        talk.say([byte]).await;
    }
}

#[tokio::test]
async fn a_websocket_carries_bytes_both_ways_from_the_first_one() {
    let app = App::scripted(echo).await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say(format!("{HANDSHAKE}right behind")).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!((line(&head, "connection"), line(&head, "upgrade")), (Some("Upgrade"), Some("websocket")));
    assert_eq!(line(&head, "sec-websocket-accept"), Some("y"));
    assert_eq!(line(&head, "gap-auth"), Some("alice@example.com"));
    assert_eq!(line(&head, "content-length"), None);
    assert_eq!(client.exactly(19).await, "welcomeright behind");
    assert_eq!(front.table.tunnels().count(), 1);
    client.say("more").await;
    assert_eq!(client.exactly(4).await, "more");

    let seen = app.only();
    assert!(seen.starts_with("GET /chat?a=1;b=%zz HTTP/1.1\r\n"), "{seen}");
    for line in [
        "connection: Upgrade\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-key: x\r\n",
        "cookie: a=1\r\n",
        "x-forwarded-user: alice\r\n",
        "origin: https://h\r\n",
    ] {
        assert!(seen.contains(line), "{line} {seen}");
    }
    assert!(!seen.contains("root") && !seen.contains("keep-alive"), "{seen}");

    client.socket.shutdown().await.unwrap();
    assert_eq!(client.rest().await, "");
    while front.table.tunnels().count() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_websocket_passes_although_connections_are_not_kept() {
    let app = App::scripted(echo).await;
    let front = Front::with(HttpSettings { keep_alive: KeepAlive::Off, ..http(&app.endpoint) }).await;
    let mut client = front.client().await;
    client.say(format!("{HANDSHAKE}hello")).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(client.exactly(12).await, "welcomehello");
    assert!(app.only().contains("connection: Upgrade\r\n"));
}

#[tokio::test]
async fn when_the_app_closes_the_visitor_sees_it_and_a_cut_ends_what_is_open() {
    let app = App::scripted(|mut talk: Conversation| async move {
        talk.head().await;
        talk.say(format!("{SWITCH}bye")).await;
    })
    .await;
    let mut client = Front::before(&app).await.client().await;
    client.say(HANDSHAKE).await;
    client.head().await;
    assert_eq!(client.rest().await, "bye");

    let app = App::scripted(echo).await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say(HANDSHAKE).await;
    client.head().await;
    assert_eq!(client.exactly(7).await, "welcome");
    front.table.tunnels().cut();
    assert_eq!(client.rest().await, "");
    assert_eq!(front.table.tunnels().count(), 0);
}

#[tokio::test]
async fn nothing_behind_the_handshake_reaches_an_app_that_does_not_switch() {
    for status in ["200 OK", "404 Not Found", "426 Upgrade Required"] {
        let app = App::answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")).await;
        let front = Front::before(&app).await;
        let mut client = front.client().await;
        client.say(format!("{HANDSHAKE}GET /admin HTTP/1.1\r\nHost: x\r\nx-nobody: 1\r\n\r\n")).await;
        assert!(client.head().await.contains(status));
        // What is behind it is a request of its own, with a decision of its own.
        assert!(client.head().await.contains(status));
        let seen = app.received().concat();
        assert_eq!(seen.matches("x-forwarded-user: alice").count(), 1, "{seen}");
        assert!(seen.contains("GET /admin HTTP/1.1\r\nhost: x\r\n"), "{seen}");
        assert_eq!(front.table.tunnels().count(), 0);
    }
}

#[tokio::test]
async fn an_app_that_switches_to_something_else_is_a_fault() {
    for switch in [
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ] {
        let front = Front::before(&App::answering(switch).await).await;
        let answer = front.ask(HANDSHAKE).await;
        assert_eq!((answer.status(), answer.body.as_str()), (502, "Malformed"));
    }
}

#[tokio::test]
async fn other_upgrades_are_dropped_and_the_request_is_served() {
    let app = App::answering(crate::support::OK).await;
    let front = Front::before(&app).await;
    for lines in [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
        "Connection: Upgrade\r\nUpgrade: websocket, h2c",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2",
        "Upgrade: websocket",
    ] {
        let body = if lines.contains("Content-Length") { "hi" } else { "" };
        let answer = front.ask(&format!("GET / HTTP/1.1\r\nHost: h\r\n{lines}\r\n\r\n{body}")).await;
        assert_eq!(answer.status(), 200, "{lines}");
    }
    let seen = app.received().concat();
    assert!(!seen.contains("pgrade") && !seen.contains("http2-settings"), "{seen}");

    let app = App::answering(crate::support::OK).await;
    let front = Front::with(HttpSettings { websockets: WebSockets::Drop, ..http(&app.endpoint) }).await;
    assert_eq!(front.ask(HANDSHAKE).await.status(), 200);
    assert!(!app.only().contains("pgrade"));
}
