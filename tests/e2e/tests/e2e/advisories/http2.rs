//! The advisories about headers and paths once more, over HTTP/2.

use sidecar_testkit::Request;
use sidecar_testkit::http2::Http2Client;

use super::paths::{CLEANED_WHEN_DECODED, ONE_READING_TOO_MANY};
use super::{assert_denied, assert_open};
use crate::site::{Site, get_with};

#[test]
fn ghsa_vjrc_mh2v_45x6_no_alias_of_an_identity_header_comes_by_http2() {
    let client = Http2Client::start();
    let site = Site::start(&["--skip-auth-route=^/public/"]);
    let cookie = site.alices_cookie();
    let names = ["x_forwarded_user", "x-forwarded_user", "x.forwarded.user", "x~forwarded~user", "x-forwarded-user"];
    let emails = ["x_forwarded_email", "x_forwarded_groups", "x_forwarded_preferred_username", "x_auth_request_user"];
    for name in names.into_iter().chain(emails) {
        for request in [get_with("", "/public/x"), get_with(&cookie, "/public/x"), get_with(&cookie, "/x")] {
            let request = request.header(name, "root-was-here").header("x-forwarded-user", "root-was-here");
            let answer = client.ask(site.program.address(), &request);
            let seen = site.app.last();
            assert_open(&site, &answer, name);
            let head = String::from_utf8_lossy(&seen.raw_head).into_owned();
            assert!(!head.contains("root-was-here"), "{name}: {head}");
        }
    }
    let _ = client.ask(site.program.address(), &get_with(&cookie, "/x").header("x_forwarded_user", "root"));
    assert_eq!(site.app.last().headers.folded("X-Forwarded-User").collect::<Vec<_>>(), ["alice"]);
}

#[test]
fn ghsa_63jm_59jj_478j_no_skip_rule_opens_an_ambiguous_path_of_http2() {
    let client = Http2Client::start();
    let site = Site::start(&["--skip-auth-route=^/public/", "--skip-auth-route=^/foo/.*/bar$"]);
    let cookie = site.alices_cookie();
    for target in ONE_READING_TOO_MANY {
        assert_denied(&site, &client.ask(site.program.address(), &Request::get(target)), target);
        let answer = client.ask(site.program.address(), &get_with(&cookie, target));
        assert_eq!(site.app.last().target, target);
        assert_open(&site, &answer, target);
    }
    let more = ["/public/../admin", "/foo/secret?/bar", "/foo/secret%23/bar", "/foo/secret#/bar"];
    for target in CLEANED_WHEN_DECODED.into_iter().chain(more) {
        assert_denied(&site, &client.ask(site.program.address(), &Request::get(target)), target);
    }
    for target in ["/public/x", "/public/x?next=/../y;v=1&t=%23", "/public/a%20b", "/public/%66ile", "/foo/a/bar"] {
        let answer = client.ask(site.program.address(), &Request::get(target));
        assert_eq!(site.app.last().target, target);
        assert_open(&site, &answer, target);
    }
}

#[test]
fn ghsa_5hvv_m4w4_gf6v_the_agent_of_a_health_check_opens_nothing_by_http2() {
    let client = Http2Client::start();
    let site = Site::start(&["--ping-user-agent=kube-probe/1.30"]);
    let ask = |target: &str| {
        client.ask(site.program.address(), &Request::get(target).header("User-Agent", "kube-probe/1.30"))
    };
    assert_eq!(ask("/oauth2/auth").status, 401);
    assert_denied(&site, &ask("/admin"), "/admin");
    assert_eq!(ask("/ping").status, 200);
}
