//! The advisories that the form for users of a file concerns: 1 to 4 and 8.

use sidecar_testkit::{App, Launch, Provider, Request, Which};
use url::form_urlencoded::byte_serialize;

use super::hands_out_a_session;
use crate::site::{SESSION, Site};

/// alice, whose password is `pw`.
const USERS: &str = "alice:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=\n";

fn site() -> Site {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let file = launch.write("users", USERS);
    let launch = launch.flag(&format!("--htpasswd-file={}", file.display()));
    Site { program: launch.flag("--whitelist-domain=.bar.foo").start(), app }
}

#[test]
fn ghsa_5m6c_jp6f_2vcv_and_the_three_beside_it_who_signs_in_by_the_form_lands_on_this_host() {
    let site = site();
    for (target, location) in [
        ("/\\evil.com", "/"),
        ("/ /evil.com", "/"),
        ("/\t\\evil.com", "/"),
        ("/\u{b}/evil.com", "/"),
        ("/\n/evil.com", "/"),
        ("/./\\evil.com", "/"),
        ("/..//evil.com", "/"),
        ("/\t/\t\\evil.com", "/"),
        ("/a//b", "/"),
        ("http://evilbar.foo/", "/"),
        ("https://bar.foo@evil.com", "/"),
        ("http://sub.bar.foo/", "http://sub.bar.foo/"),
        ("/ok?x=1", "/ok?x=1"),
    ] {
        let target: String = byte_serialize(target.as_bytes()).collect();
        let form = format!("username=alice&password=pw&rd={target}");
        let answer = site.program.ask(&Request::post_form("/oauth2/sign_in", &form));
        assert_eq!((answer.status, answer.location()), (302, location), "{target}: {}", answer.text());
        assert!(hands_out_a_session(&answer), "{target}");
    }
}

#[test]
fn ghsa_f24x_5g9q_753f_a_wrong_password_takes_away_the_session_that_was_there() {
    let site = site();
    let cookie = site.alices_cookie();
    for form in ["username=alice&password=wrong", "username=nobody&password=pw", "username=alice&password="] {
        let answer = site.program.ask(&Request::post_form("/oauth2/sign_in", form).cookie(&cookie));
        assert!(matches!(answer.status, 400 | 401), "{form}: {}", answer.status);
        let cleared = format!("{SESSION}=; ");
        let line = answer.headers.all("Set-Cookie").find(|line| line.starts_with(&cleared));
        assert!(line.is_some_and(|line| line.contains("Max-Age=0")), "{form}: {:?}", answer.headers);
        assert!(!hands_out_a_session(&answer), "{form}");
    }
}
