//! Forwarded headers: a capability of trusted peers, and never a way around a decision.

use sidecar_testkit::{App, Launch, Provider, Request, Response, Which};

use crate::site::{Site, get_with, parameter};

/// The address that needs no login.
const EXEMPT: &str = "10.9.8.7";

fn assert_denied(site: &Site, request: &Request, what: &str) {
    let answer = site.program.ask(request);
    assert!([301, 302, 400, 401, 403].contains(&answer.status), "{what}: {}", answer.status);
    assert!(site.app.seen().is_empty(), "{what} reached the app");
}

fn start(site: &Site, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(Request::get("/oauth2/start?rd=/x"), |r, (name, value)| r.header(name, value));
    site.program.ask(&request)
}

#[test]
fn the_sign_in_page_names_no_host_beyond_the_listed_ones() {
    let callback = "--redirect-url=https://auth.example.com/oauth2/callback";
    let program = Launch::oidc(Which::Ours, Provider::shared(), &App::start().upstream())
        .without("--redirect-url")
        .flags([callback, "--whitelist-domain=.example.com", "--reverse-proxy"])
        .start();
    for (forwarded, named) in
        [("app2.example.com", "app2.example.com"), ("evil.test", "app1.example.com"), ("", "app1.example.com")]
    {
        let request = Request::get("/x").header("Host", "app1.example.com");
        let request = if forwarded.is_empty() { request } else { request.header("X-Forwarded-Host", forwarded) };
        let page = program.ask(&request).text();
        assert!(page.contains(&format!("<strong>{named}</strong>")), "{forwarded}: {page}");
        assert!(!page.contains("evil.test"), "{page}");
    }
}

#[test]
fn the_path_in_a_header_never_opens_another_path() {
    // From a peer that is not trusted, from one that is, and with an empty list.
    for trust in ["--trusted-proxy-ip=127.0.0.2/32", "--trusted-proxy-ip=127.0.0.1/32", "--reverse-proxy"] {
        let site = Site::start(&["--reverse-proxy", "--skip-auth-route=^/public/", trust]);
        for name in ["X-Forwarded-Uri", "X-Original-Uri", "X-Original-Url", "X-Rewrite-Url", "X-Forwarded-Path"] {
            let request = Request::get("/admin").header(name, "/public/x");
            assert_denied(&site, &request, &format!("{trust} {name}"));
        }
        for name in ["X-Forwarded-Method", "X-Http-Method-Override", "X-Http-Method"] {
            assert_denied(&site, &Request::get("/admin").header(name, "OPTIONS"), name);
        }
    }
}

#[test]
fn auth_believes_the_path_in_a_header_of_a_trusted_peer_alone() {
    for (trusted, status) in [("127.0.0.1/32", 202), ("127.0.0.2/32", 401)] {
        let trust = format!("--trusted-proxy-ip={trusted}");
        let site = Site::start(&["--reverse-proxy", "--skip-auth-route=^/public/", &trust]);
        let request = Request::get("/oauth2/auth").header("X-Forwarded-Uri", "/public/x");
        assert_eq!(site.program.ask(&request).status, status, "{trusted}");
        for elsewhere in ["/admin", "/public/..%2Fadmin", "https://x/public/x", "public/x", "/public/x#y"] {
            let request = Request::get("/oauth2/auth").header("X-Forwarded-Uri", elsewhere);
            assert_eq!(site.program.ask(&request).status, 401, "{elsewhere}");
        }
    }
}

#[test]
fn auth_of_an_address_that_cannot_be_read_is_open_by_no_rule() {
    // What a front proxy asks about stands in the header alone: our own path must not be judged in its place.
    let site = Site::start(&["--reverse-proxy", "--skip-auth-route=!=^/admin", "--skip-auth-route=^/oauth2/auth$"]);
    let about = |uri: &str| Request::get("/oauth2/auth").header("X-Forwarded-Uri", uri);
    assert_eq!(site.program.ask(&about("/page")).status, 202);
    for uri in ["/admin/\u{e9}", "/admin/\u{c3}\u{a9}", "/admin x", "https://x/admin", "admin", "?/admin"] {
        assert_eq!(site.program.ask(&about(uri)).status, 401, "{uri}");
    }
    assert_eq!(site.program.ask(&about("/page").header("X-Forwarded-Uri", "/admin")).status, 401, "two lines");
}

#[test]
fn an_address_in_a_header_of_an_untrusted_peer_opens_nothing() {
    for header in ["X-Real-IP", "X-Forwarded-For"] {
        let flag = format!("--real-client-ip-header={header}");
        let site = Site::start(&["--reverse-proxy", "--trusted-proxy-ip=127.0.0.2/32", "--trusted-ip=10.9.8.7", &flag]);
        for value in [EXEMPT, "10.9.8.7, 127.0.0.1", "::ffff:10.9.8.7"] {
            for name in ["X-Real-IP", "X-Forwarded-For", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"] {
                assert_denied(&site, &Request::get("/").header(name, value), &format!("{name}: {value}"));
            }
        }
        assert_denied(&site, &Request::get("/").header("Forwarded", "for=10.9.8.7"), "Forwarded");
    }
}

#[test]
fn the_address_counts_that_the_nearest_trusted_peer_saw() {
    // The right-most that is no trusted proxy; what cannot be read is nobody.
    let flags = ["--reverse-proxy", "--trusted-proxy-ip=127.0.0.1/32,10.0.0.0/8", "--trusted-ip=10.9.8.7,127.0.0.1"];
    let site = Site::start(&[&flags[..], &["--real-client-ip-header=X-Forwarded-For"]].concat());
    for value in ["10.9.8.7, 203.0.113.5", "10.9.8.7, junk", "10.9.8.7,", "a", "", ",", "[10.9.8.7]", "012.9.8.7"] {
        assert_denied(&site, &Request::get("/").header("X-Forwarded-For", value), value);
    }
    let two_lines = Request::get("/").header("X-Forwarded-For", EXEMPT).header("X-Forwarded-For", "203.0.113.5");
    assert_denied(&site, &two_lines, "two lines");
    assert_denied(&site, &Request::get("/"), "a trusted proxy is not its own client");
    for value in [EXEMPT, "10.9.8.7, 10.1.1.1", "::ffff:10.9.8.7"] {
        let answer = site.program.ask(&Request::get("/").header("X-Forwarded-For", value));
        assert_eq!(answer.status, 200, "{value}");
    }
}

#[test]
fn without_a_list_the_chain_is_still_read_from_the_right() {
    let flags = ["--reverse-proxy", "--trusted-ip=198.51.100.9", "--real-client-ip-header=X-Forwarded-For"];
    let site = Site::start(&flags);
    assert_denied(&site, &Request::get("/").header("X-Forwarded-For", "198.51.100.9, 203.0.113.4"), "a forged left");
    let honest = Request::get("/").header("X-Forwarded-For", "198.51.100.9, 10.1.1.1");
    assert_eq!(site.program.ask(&honest).status, 200, "behind a proxy of the private network");
}

#[test]
fn a_foreign_host_never_becomes_the_callback() {
    let site = Site::start(&["--reverse-proxy", "--trusted-proxy-ip=127.0.0.2/32"]);
    let ours = site.program.url("/oauth2/callback");
    for headers in [
        [("Host", "evil.example"), ("X-A", "b")],
        [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https")],
        [("Forwarded", "host=evil.example;proto=https"), ("X-A", "b")],
    ] {
        let answer = start(&site, &headers);
        assert_eq!(parameter(answer.location(), "redirect_uri").as_deref(), Some(ours.as_str()), "{headers:?}");
        for (name, value) in answer.headers.iter() {
            assert!(!value.contains("evil"), "{headers:?}: {name}: {value}");
        }
    }
}

#[test]
fn without_a_configured_callback_the_host_that_is_believed_makes_it() {
    for (trusted, expected) in [("127.0.0.1/32", "https://good.example"), ("127.0.0.2/32", "http://own.example")] {
        let app = App::start();
        let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
            .without("--redirect-url")
            .flags(["--reverse-proxy", &format!("--trusted-proxy-ip={trusted}")])
            .start();
        let site = Site { program, app };
        let headers = [("Host", "own.example"), ("X-Forwarded-Host", "good.example"), ("X-Forwarded-Proto", "https")];
        let answer = start(&site, &headers);
        let expected = format!("{expected}/oauth2/callback");
        assert_eq!(parameter(answer.location(), "redirect_uri"), Some(expected), "{trusted}");
    }
}

#[test]
fn the_authority_of_an_absolute_target_replaces_the_host() {
    let site = Site::start(&[]);
    let request = get_with(&site.alices_cookie(), "http://good.example/x?y=1").header("Host", "evil.example");
    assert_eq!(site.program.ask(&request).status, 200);
    let seen = site.app.last();
    assert_eq!(seen.headers.all("Host").collect::<Vec<_>>(), ["good.example"]);
}

#[test]
fn paths_that_another_program_reads_differently_are_never_open() {
    let site = Site::start(&["--skip-auth-route=^/public", "--skip-auth-route=!=^/closed", "--skip-auth-route=.*"]);
    for target in [
        "/public/%2e%2e/admin",
        "/public/..%2fadmin",
        "/public%2f..%2fadmin",
        "/public/..;/admin",
        "/public;v=1/admin",
        "/public\\..\\admin",
        "/public%5c..%5cadmin",
        "/public%252f..%252fadmin",
        "/public/%252e%252e/admin",
        "/public%00/admin",
        "/public%0aX",
        "/public%23/../admin",
        "/public%3f/../admin",
        "/public%ff/admin",
        "/public/%c0%ae%c0%ae/admin",
        "/public%2fx",
    ] {
        assert_denied(&site, &Request::get(target), target);
    }
    for target in ["/public/x", "/publi%63/x", "/public%20x", "/public/x?a=..%2f", "/other"] {
        assert_eq!(site.program.get(target).status, 200, "{target}");
        assert_eq!(site.app.last().target, target);
    }
}
