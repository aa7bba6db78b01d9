//! What the app gets of a request, and the client of an answer.

use sidecar_testkit::{App, Launch, Provider, Reply, Request, Which, place, websocket};

use crate::site::{Site, get_with};

#[test]
fn the_target_is_forwarded_as_it_was_sent() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    for target in [
        "/a%20b/%C3%A9?x=%zz;y=1&&z",
        "/path;v=1/x?",
        "/%41%2fx",
        "/?a=b?c=d",
        "/a/?q=http://x/y//z",
        "/caf\u{c3}\u{a9}",
        "/brackets[1]{2}|^",
    ] {
        let answer = site.program.ask(&get_with(&cookie, target));
        assert_eq!(answer.status, 200, "{target}");
        assert_eq!(site.app.last().target, target);
    }
}

#[test]
fn a_path_that_is_not_clean_is_redirected_to_its_clean_form() {
    let site = Site::start(&[]);
    for (target, clean) in
        [("/a//b?x=1", "/a/b?x=1"), ("/a/./b", "/a/b"), ("/a/../b/", "/b/"), ("//evil.test/x", "/evil.test/x")]
    {
        let answer = site.program.get(target);
        assert_eq!((answer.status, answer.location()), (301, clean), "{target}");
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn methods_bodies_and_headers_go_through_and_hop_by_hop_headers_stay() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let request = Request::new(method, "/x")
            .cookie(&cookie)
            .header("Host", "app.example.com")
            .header("X-Own", "one")
            .header("Accept-Language", "de")
            .header("Connection", "keep-alive, X-Hop")
            .header("X-Hop", "1")
            .header("Keep-Alive", "timeout=5")
            .header("Proxy-Authorization", "Basic eDp5")
            .header("TE", "gzip")
            .body("a body");
        assert_eq!(site.program.ask(&request).status, 200, "{method}");
        let seen = site.app.last();
        assert_eq!((seen.method.as_str(), seen.body.as_slice()), (method, b"a body".as_slice()));
        assert_eq!(seen.headers.get("Host"), Some("app.example.com"));
        assert_eq!(seen.headers.get("X-Own"), Some("one"));
        assert_eq!(seen.headers.get("X-Forwarded-For"), Some("127.0.0.1"));
        for hop in ["X-Hop", "Keep-Alive", "Proxy-Authorization", "TE", "Proxy-Connection", "Upgrade"] {
            assert!(!seen.headers.has(hop), "{method} {hop}");
        }
    }
}

#[test]
fn a_chunked_body_arrives_whole_and_in_our_framing() {
    let site = Site::start(&[]);
    let request = Request::new("POST", "/x")
        .cookie(&site.alices_cookie())
        .header("Transfer-Encoding", "chunked")
        .body("5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Forwarded-Email: mallory@evil.test\r\n\r\n");
    assert_eq!(site.program.ask(&request).status, 200);
    let seen = site.app.last();
    assert_eq!(seen.body, b"hello world");
    assert_eq!(seen.headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    assert!(!seen.trailers.has("X-Forwarded-Email"), "trailers of a client stop at us");
}

#[test]
fn the_length_of_a_body_is_kept() {
    let site = Site::start(&[]);
    let request = Request::new("PUT", "/x").cookie(&site.alices_cookie()).body("12345");
    assert_eq!(site.program.ask(&request).status, 200);
    assert_eq!(site.app.last().headers.all("Content-Length").collect::<Vec<_>>(), ["5"]);
    assert!(!site.app.last().headers.has("Transfer-Encoding"));
}

#[test]
fn whoever_waits_for_100_continue_gets_it_only_when_they_may_send() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let asking = Request::new("POST", "/x").header("Expect", "100-continue").header("Content-Length", "5");
    let mut connection = site.program.connect();
    connection.send(&asking.clone().cookie(&cookie)).expect("sent");
    let interim = connection.read_some().expect("an interim answer");
    assert!(interim.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&interim));
    connection.write(b"hello").expect("sent");
    assert_eq!(connection.read_response("POST").expect("an answer").status, 200);
    assert_eq!(site.app.last().body, b"hello");

    let mut connection = site.program.connect();
    connection.send(&asking).expect("sent");
    let refusal = connection.read_some().expect("an answer");
    assert!(refusal.starts_with(b"HTTP/1.1 403"), "{}", String::from_utf8_lossy(&refusal));
}

#[test]
fn connections_are_kept_on_both_sides() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let before = site.app.connections();
    let mut connection = site.program.connect();
    for n in 0..30 {
        let answer = connection.exchange(&get_with(&cookie, &format!("/{n}"))).expect("the connection is kept");
        assert_eq!(answer.json()["target"], format!("/{n}"));
    }
    assert!(site.app.connections() - before <= 1, "{} connections for 30 requests", site.app.connections() - before);
}

#[test]
fn a_connection_that_the_app_closed_meanwhile_is_not_an_error() {
    let app = App::with(|seen| match seen.target.as_str() {
        "/last" => Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()),
        _ => Reply::Echo,
    });
    let site = Site::before(app, &[]);
    let cookie = site.alices_cookie();
    for _ in 0..20 {
        assert_eq!(site.program.ask(&get_with(&cookie, "/last")).status, 200);
        assert_eq!(site.program.ask(&get_with(&cookie, "/next")).status, 200);
    }
}

#[test]
fn several_upstreams_share_the_paths() {
    let (root, api, exact) = (App::start(), App::start(), App::start());
    let program = Launch::oidc(Which::Ours, Provider::shared(), &root.upstream())
        .flag(&format!("--upstream={}api/", api.upstream()))
        .flag(&format!("--upstream={}exact", exact.upstream()))
        .flag("--upstream=file:///nowhere#/files/")
        .flag("--skip-auth-route=.*")
        .start();
    for (target, app) in [
        ("/", &root),
        ("/apix", &root),
        ("/api/", &api),
        ("/api/deep?x=1", &api),
        ("/exact", &exact),
        ("/exact/below", &root),
        ("/%61pi/x", &api),
    ] {
        for app in [&root, &api, &exact] {
            app.forget();
        }
        assert_eq!(program.get(target).status, 200, "{target}");
        assert_eq!(app.last().target, target);
    }
    assert_eq!(program.get("/files/x").status, 404);
}

#[test]
fn a_static_upstream_answers_by_itself() {
    let program = Launch::oidc(Which::Ours, Provider::shared(), "static://202").flag("--skip-auth-route=.*").start();
    let answer = program.get("/anything");
    assert_eq!((answer.status, answer.text().as_str()), (202, "Authenticated"));
}

#[test]
fn a_unix_socket_upstream_serves_requests_and_web_sockets() {
    let folder = place::temporary_folder();
    let app = App::on_socket(&folder.path().join("app.sock"), |seen| {
        if seen.headers.has("Sec-WebSocket-Key") { Reply::WebSocketEcho } else { Reply::Echo }
    });
    let site = Site::before(app, &[]);
    let cookie = site.alices_cookie();
    let answer = site.program.ask(&get_with(&cookie, "/over/the/socket").header("Host", "app.example.com"));
    assert_eq!((answer.status, answer.json()["target"].as_str()), (200, Some("/over/the/socket")));
    assert_eq!(site.app.last().headers.get("Host"), Some("app.example.com"));
    assert_eq!(site.app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    websocket::open(site.program.connect(), get_with(&cookie, "/ws")).expect("a WebSocket");
}

#[test]
fn the_host_header_is_the_apps_own_when_told_so() {
    let site = Site::start(&["--pass-host-header=false"]);
    let _ = site.program.ask(&get_with(&site.alices_cookie(), "/").header("Host", "app.example.com"));
    let upstream = site.app.upstream();
    assert_eq!(site.app.last().headers.get("Host"), Some(upstream["http://".len()..].trim_end_matches('/')));
}

#[test]
fn forwarding_headers_of_the_gateway_go_on_to_the_app() {
    let site = Site::start(&["--reverse-proxy"]);
    let request = get_with(&site.alices_cookie(), "/")
        .header("X-Forwarded-For", "198.51.100.7")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "app.example.com");
    let _ = site.program.ask(&request);
    let seen = site.app.last();
    assert_eq!(seen.headers.get("X-Forwarded-For"), Some("198.51.100.7, 127.0.0.1"));
    assert_eq!(seen.headers.get("X-Forwarded-Proto"), Some("https"));
    assert_eq!(seen.headers.get("X-Forwarded-Host"), Some("app.example.com"));
}
