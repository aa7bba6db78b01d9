//! `app-probe-address`: probes reach an app that listens on loopback alone, and nothing else does.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidecar_testkit::http::ask;
use sidecar_testkit::{App, Connection, Launch, Provider, Reply, Request, Which, place, websocket};

use crate::site::Site;

fn probed(app: App, flags: &[&str]) -> (Site, SocketAddr) {
    let address = place::loopback(place::free_port());
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .flag(&format!("--app-probe-address={address}"))
        .flags(["--app-probe-path=/healthz", "--app-probe-path=/ready?full=1"])
        .flags(flags);
    (Site { program: launch.start(), app }, address)
}

#[test]
fn the_named_targets_reach_the_app_by_get_and_head_without_a_session() {
    let (site, probes) = probed(App::start(), &[]);
    for request in [Request::get("/healthz"), Request::new("HEAD", "/healthz"), Request::get("/ready?full=1")] {
        site.app.forget();
        let answer = ask(probes, &request.header("User-Agent", "kube-probe/1.33"));
        assert_eq!(answer.status, 200, "{}", site.program.said());
        assert_eq!(site.app.seen().len(), 1);
        assert_eq!(answer.headers.get("Connection"), Some("close"));
    }
    assert_eq!(site.app.last().headers.get("User-Agent"), Some("kube-probe/1.33"));
    assert_ne!(site.program.get("/healthz").status, 200, "the usual listener still asks for a session");
}

#[test]
fn everything_else_is_not_found_there_and_the_app_hears_nothing() {
    let (site, probes) = probed(App::start(), &[]);
    let cookie = site.alices_cookie();
    site.app.forget();
    for target in [
        "/",
        "/healthz/",
        "/healthz?x",
        "/healthz?",
        "/healthz%2f",
        "/%68ealthz",
        "/HEALTHZ",
        "//healthz",
        "/./healthz",
        "/x/../healthz",
        "/healthz/../admin",
        "/healthz;x",
        "/healthz%00",
        "/ready",
        "/ready?full=2",
        "/ready?full=1&x",
        "/oauth2/userinfo",
        "/oauth2/auth",
        "/ping",
        "/admin",
    ] {
        let answer = ask(probes, &Request::get(target).cookie(&cookie));
        assert_eq!(answer.status, 404, "{target}");
        assert!(!answer.headers.has("X-Auth-Request-Email") && !answer.headers.has("Set-Cookie"), "{target}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        assert_eq!(ask(probes, &Request::new(method, "/healthz")).status, 405, "{method}");
    }
    let with_body = Request::get("/healthz").header("Content-Length", "1").body("x");
    assert_eq!(ask(probes, &with_body).status, 404);
    assert!(site.app.seen().is_empty());
}

#[test]
fn a_probe_carries_no_identity_no_cookie_and_no_upgrade_and_is_one_request() {
    let app = App::with(|seen| if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo });
    let (site, probes) = probed(app, &["--set-xauthrequest", "--pass-access-token"]);
    let cookie = site.alices_cookie();
    site.app.forget();
    let forged = Request::get("/healthz")
        .cookie(&cookie)
        .header("X-Forwarded-User", "root")
        .header("X_Auth_Request_Email", "root@example.com")
        .header("Authorization", "Bearer of-the-probe");
    assert_eq!(ask(probes, &forged).status, 200);
    let seen = site.app.last();
    for name in ["Cookie", "X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-Email", "X-Forwarded-Access-Token"]
    {
        assert_eq!(seen.headers.folded(name).count(), 0, "{name}");
    }
    assert_eq!(seen.headers.get("Authorization"), Some("Bearer of-the-probe"));
    let head = websocket::open(Connection::open(probes), Request::get("/healthz")).expect_err("no WebSocket");
    assert_eq!(head.status, 200);
    site.app.forget();
    let mut connection = Connection::open(probes);
    connection
        .write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("sent");
    connection.read_to_end();
    assert_eq!(site.app.seen().len(), 1);
}

#[test]
fn an_app_that_is_down_fails_its_probe() {
    let (site, probes) = probed(App::on(place::free_port(), |_| Reply::HangUp), &[]);
    assert_eq!(ask(probes, &Request::get("/healthz")).status, 502);
    assert_eq!(site.program.stop().status.code(), Some(0));
}

#[test]
fn idle_connections_keep_no_probe_waiting() {
    let (_site, probes) = probed(App::start(), &[]);
    let idle: Vec<Connection> = (0..50).map(|_| Connection::open(probes)).collect();
    let begun = Instant::now();
    assert_eq!(ask(probes, &Request::get("/healthz")).status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(idle);
}

#[test]
fn the_head_of_a_probe_has_a_limit() {
    let (site, probes) = probed(App::start(), &[]);
    let long = Request::get("/healthz").header("X-Long", &"x".repeat(20 * 1024));
    assert_eq!(ask(probes, &long).status, 431);
    assert!(site.app.seen().is_empty());
}

#[test]
fn nobody_is_who_they_say_there_even_where_the_app_may_be_told_by_visitors() {
    let (site, probes) = probed(
        App::start(),
        &[
            "--skip-auth-strip-headers=false",
            "--set-xauthrequest",
            "--pass-access-token",
            "--pass-basic-auth",
            "--basic-auth-password=x",
        ],
    );
    let names = [
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Forwarded-Access-Token",
        "X-Auth-Request-User",
    ];
    let forged = names.iter().flat_map(|name| [(*name).to_owned(), name.replace('-', "_")]);
    let request = forged
        .chain(["Authorization".to_owned()])
        .fold(Request::get("/healthz"), |request, name| request.header(&name, "root"));
    assert_eq!(ask(probes, &request).status, 200);
    let raw = String::from_utf8_lossy(&site.app.last().raw_head).into_owned();
    assert!(!raw.contains("root"), "{raw}");
}

#[test]
fn an_address_without_paths_ends_the_start() {
    let finished = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:1/")
        .flag("--app-probe-address=127.0.0.1:0")
        .run();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("app-probe-path") || finished.stdout.contains("app-probe-path"), "{finished:?}");
}
