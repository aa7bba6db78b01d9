//! Advisories 6, 9, 11 and 13: an exemption was granted to one reading of a request, and the app had another.

use sidecar_testkit::Request;

use super::{TRUST, TRUSTED, assert_denied, assert_open, with_handshake};
use crate::site::{Site, get_with};

/// Nobody without a session gets this target from the app, as a page or as a WebSocket.
fn assert_closed(site: &Site, target: &str) {
    for request in with_handshake(Request::get(target)) {
        assert_denied(site, &site.program.ask(&request), target);
    }
}

/// Anybody gets this target from the app.
fn assert_exempt(site: &Site, target: &str, forwarded: &str) {
    for request in with_handshake(Request::get(target)) {
        let answer = site.program.ask(&request);
        assert_eq!(site.app.last().target, forwarded, "{target}");
        assert_open(site, &answer, target);
    }
}

/// What `PREFIX/auth` says of a URI that the trusted front proxy names.
fn auth(site: &Site, uri: &str) -> u16 {
    let request = Request::get("/oauth2/auth").header("X-Forwarded-Uri", uri);
    site.program.ask_from(TRUSTED, &request).status
}

fn site(rules: &[&str]) -> Site {
    let rules: Vec<_> = rules.iter().map(|rule| format!("--skip-auth-route={rule}")).collect();
    let flags: Vec<_> = rules.iter().map(String::as_str).chain(TRUST).collect();
    Site::start(&flags)
}

#[test]
fn ghsa_7rh7_c77v_6434_a_skip_rule_never_sees_the_query() {
    let site = site(&["^/api/.*/status$", "GET=^/public/", "^/foo/.*/bar$"]);
    for target in [
        "/api/private/sensitive?path=/status",
        "/foo/secret?/bar",
        "/foo/secret%3F/bar",
        "/foo/secret%3f/bar",
        "/admin?/public/",
        "/admin?x=/foo/a/bar",
        "/admin%3F/public/",
        "/api/private/sensitive",
    ] {
        assert_closed(&site, target);
        assert_eq!(auth(&site, target), 401, "{target}");
    }
    for target in ["/api/private/status", "/api/private/status?path=/other", "/foo/a/bar"] {
        assert_exempt(&site, target, target);
        assert_eq!(auth(&site, target), 202, "{target}");
    }
}

#[test]
fn ghsa_5hvv_m4w4_gf6v_the_agent_of_a_health_check_opens_no_other_path() {
    const PROBE: &str = "kube-probe/1.30";
    const GOOGLE: &str = "GoogleHC/1.0";
    for (flags, listed) in [
        (&["--ping-user-agent=kube-probe/1.30"][..], &[PROBE][..]),
        (&["--gcp-healthchecks"], &[GOOGLE]),
        (&["--ping-user-agent=kube-probe/1.30", "--gcp-healthchecks"], &[PROBE, GOOGLE]),
    ] {
        let site = Site::start(flags);
        for agent in [PROBE, GOOGLE, "curl/8"] {
            let ask = |target: &str| site.program.ask(&Request::get(target).header("User-Agent", agent));
            for target in ["/oauth2/auth", "/oauth2/userinfo"] {
                assert_eq!(ask(target).status, 401, "{flags:?} {agent} {target}");
            }
            for target in ["/admin", "/oauth2/sign_in/x", "/%70ing", "/ping/", "/ping/../admin", "/ping%2f..%2fadmin"] {
                assert_denied(&site, &ask(target), &format!("{flags:?} {agent} {target}"));
            }
            assert_eq!(ask("/ping/../admin").status, 301);
            if flags == ["--ping-user-agent=kube-probe/1.30"] {
                let answer = ask("/ping");
                if listed.contains(&agent) {
                    assert_eq!((answer.status, answer.text().trim_end()), (200, "OK"), "{agent}");
                } else {
                    assert_denied(&site, &answer, agent);
                }
                assert_denied(&site, &ask("/"), &format!("{agent} /"));
            }
            assert!(site.app.seen().is_empty(), "{flags:?} {agent}");
        }
    }
}

#[test]
fn ghsa_pxq7_h93f_9jrg_a_fragment_is_no_part_of_the_path_that_a_skip_rule_sees() {
    let site = site(&["^/foo/.*/bar$", "GET=^/public/"]);
    for target in ["/foo/secret#/bar", "/foo/secret%23/bar", "/admin#/public/", "/foo/secret%2523/bar"] {
        assert_closed(&site, target);
        assert_eq!(auth(&site, target), 401, "{target}");
    }
    assert_exempt(&site, "/foo/a/bar", "/foo/a/bar");
    assert_eq!(auth(&site, "/foo/a/bar"), 202);

    let cookie = site.alices_cookie();
    let answer = site.program.ask(&get_with(&cookie, "/foo/secret#/bar"));
    let line = String::from_utf8(site.app.last().raw_head).expect("ASCII");
    assert!(line.starts_with("GET /foo/secret HTTP/1.1\r\n") && !line.contains('#'), "{line}");
    assert_open(&site, &answer, "with a session");
}

/// Forwarded as they are to whoever has a session.
pub(super) const ONE_READING_TOO_MANY: [&str; 12] = [
    "/public/..;/admin",
    "/public/a;v=1",
    "/public/a%3Bv",
    "/public/a\\b",
    "/public/a%5Cb",
    "/public/a%23b",
    "/public/a%3Fb",
    "/public/a%00",
    "/public/a%7f",
    "/public/%252e%252e/admin",
    "/public%2Fa",
    "/public/%ff",
];

/// Redirected to their cleaned, decoded path.
pub(super) const CLEANED_WHEN_DECODED: [&str; 3] = ["/public/..%2fadmin", "/public/%2e%2e/admin", "/public%2F%2Fa"];

#[test]
fn ghsa_63jm_59jj_478j_no_skip_rule_opens_an_ambiguous_path() {
    let site = site(&["^/public/"]);
    for target in ONE_READING_TOO_MANY.into_iter().chain(CLEANED_WHEN_DECODED) {
        assert_closed(&site, target);
    }
    for target in ["/public/../admin", "/public//x", "//admin"] {
        let answer = site.program.get(target);
        assert_eq!(answer.status, 301, "{target}");
        assert_denied(&site, &answer, target);
    }
    assert_eq!(site.program.get("/public/%zz").status, 400);
    assert!(site.app.seen().is_empty());
    assert_exempt(&site, "/public/a?x#y", "/public/a?x");
    for target in [
        "/public/x",
        "/public/x?next=/../y;v=1&t=%23",
        "/public/a%20b",
        "/public/%66ile",
        "/public/...",
        "/public/100%25",
    ] {
        assert_exempt(&site, target, target);
    }
}

#[test]
fn ghsa_63jm_59jj_478j_nor_does_a_negated_rule_or_one_that_matches_everything() {
    let negated = site(&["!=^/private"]);
    for target in ["/other;x", "/other%2F%2Fx", "/x/..%2fprivate", "/x%252f..%252fprivate", "/%70rivate", "/private"] {
        assert_closed(&negated, target);
    }
    // Letter case counts, as in the original.
    for target in ["/Private", "/other"] {
        assert_exempt(&negated, target, target);
    }
    let everything = site(&[".*"]);
    for target in ["/a;b", "/a%2fb", "/a\\b", "/a/..;/b"] {
        assert_closed(&everything, target);
    }
    assert_exempt(&everything, "/a#b", "/a");
    assert_exempt(&everything, "/a?b;c", "/a?b;c");
}

#[test]
fn ghsa_63jm_59jj_478j_nor_is_a_uri_that_a_front_proxy_names_read_more_kindly() {
    let site = site(&["^/public/"]);
    for uri in [
        "/public/../admin",
        "/public/%2e%2E/admin",
        "http://h/public/a",
        "//h/public/a",
        "/public/a b",
        "/public/a%00",
        "h/public/a",
        "/public/%252e%252e/x",
        "/public/a#b",
        "/public//a",
    ] {
        assert_eq!(auth(&site, uri), 401, "{uri}");
    }
    for target in ONE_READING_TOO_MANY.into_iter().chain(CLEANED_WHEN_DECODED) {
        assert_eq!(auth(&site, target), 401, "{target}");
    }
    assert_eq!(auth(&site, "/public/a"), 202);
    assert!(site.app.seen().is_empty());
}

#[test]
fn ghsa_63jm_59jj_478j_with_a_session_every_such_path_reaches_the_app_as_it_was_sent() {
    let site = site(&["^/public/"]);
    let cookie = site.alices_cookie();
    for target in ONE_READING_TOO_MANY {
        for request in with_handshake(get_with(&cookie, target)) {
            let answer = site.program.ask(&request);
            assert_eq!(site.app.last().target, target);
            assert_open(&site, &answer, target);
        }
    }
    for (target, clean) in CLEANED_WHEN_DECODED.into_iter().zip(["/admin", "/admin", "/public/a"]) {
        let answer = site.program.ask(&get_with(&cookie, target));
        assert_eq!((answer.status, answer.location()), (301, clean), "{target}");
        assert!(site.app.seen().is_empty(), "{target}");
    }
}

#[test]
fn ghsa_63jm_59jj_478j_what_does_not_look_at_the_path_is_not_moved_by_it() {
    let preflights = Site::start(&["--skip-auth-preflight"]);
    let clients = Site::start(&["--trusted-ip=127.0.0.2/32"]);
    for target in ONE_READING_TOO_MANY {
        assert_open(&preflights, &preflights.program.ask(&Request::new("OPTIONS", target)), target);
        assert_open(&clients, &clients.program.ask_from(TRUSTED, &Request::get(target)), target);
        assert_closed(&preflights, target);
        assert_closed(&clients, target);
    }
}
