//! A change of the cookie secret that signs nobody out: secrets of before open, and never seal.

use std::path::Path;
use std::time::Duration;

use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Launch, Program, Provider, Which};

use crate::site::{PASSWORD, SESSION, Site, get_with, has_session};

const OLD: &str = "an old secret 16";
const NEW: &str = "a new secret! 16";

/// How long a changed file may take to count.
const SOON: Duration = Duration::from_secs(20);

/// A program with this secret, and maybe those before it.
fn with_secret(secret: &str, more: &[&str]) -> Site {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--cookie-secret");
    Site { program: launch.flag(&format!("--cookie-secret={secret}")).flags(more).start(), app }
}

fn status(site: &Site, cookie: &str) -> u16 {
    site.program.ask(&get_with(cookie, "/page")).status
}

#[test]
fn a_session_of_the_secret_before_is_opened_and_sealed_anew_with_the_new_one() {
    let cookie = with_secret(OLD, &[]).alices_cookie();
    assert_eq!(status(&with_secret(NEW, &[]), &cookie), 403, "without it nobody is known");
    let rotated = with_secret(NEW, &[&format!("--cookie-secret-previous={OLD}"), "--refresh-before-expiry=1h"]);
    rotated.wait_for_the_provider();
    let answer = rotated.program.ask(&get_with(&cookie, "/page"));
    assert_eq!(answer.status, 200, "{}", rotated.program.said());
    let line = answer.headers.all("Set-Cookie").find(|line| line.starts_with(SESSION)).expect("a renewed session");
    let renewed = line.split(';').next().expect("a cookie").to_owned();
    assert_eq!(status(&with_secret(NEW, &[]), &renewed), 200, "sealed with the new secret");
    assert_eq!(status(&with_secret(OLD, &[]), &renewed), 403, "and not with the old one");
}

#[test]
fn the_newest_of_several_secrets_before_is_one_of_many_and_a_stranger_is_none() {
    let previous = "--cookie-secret-previous=another secret 6,an old secret 16";
    let rotated = with_secret(NEW, &[previous]);
    assert_eq!(status(&rotated, &with_secret(OLD, &[]).alices_cookie()), 200);
    assert_eq!(status(&rotated, &with_secret("a stranger's one", &[]).alices_cookie()), 403);
    assert!(rotated.program.said().contains("code=E-SESSION-SEAL"), "{}", rotated.program.said());
}

/// Writes a file, and waits until the program has read everything again as often as `times`.
fn change(program: &Program, file: &Path, secret: &str, times: usize) {
    std::fs::write(file, secret).expect("written");
    let read = || program.said().matches("read again and is in use").count();
    eventually(SOON, || (read() >= times).then_some(()), || program.said());
}

#[test]
fn a_secret_is_changed_in_its_files_while_somebody_is_signed_in_and_somebody_else_is_signing_in() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--cookie-secret");
    let (current, before) = (launch.write("current", OLD), launch.write("before", "even older! 16!!"));
    let flags = [
        format!("--cookie-secret-file={}", current.display()),
        format!("--cookie-secret-previous-file={}", before.display()),
        "--login-restart=false".to_owned(),
    ];
    let site = Site { program: launch.flags(flags).start(), app };
    let cookie = site.alices_cookie();
    let mut browser = Browser::new();
    let login = browser.open(&site.program.url("/oauth2/start?rd=/page"));

    change(&site.program, &before, OLD, 1);
    change(&site.program, &current, NEW, 2);
    assert_eq!(status(&site, &cookie), 200, "alice stays signed in: {}", site.program.said());
    let page = browser.sign_in(login, "alice", PASSWORD);
    assert_eq!((page.status(), has_session(&browser)), (200, true), "a login that had begun ends well: {page}");
    browser.jar.forget(|cookie| !cookie.name.starts_with(SESSION));
    let fresh = browser.cookies_for(&site.program.url("/"));
    assert_eq!(status(&with_secret(OLD, &[]), &fresh), 403, "new sessions are not sealed with the old secret");

    // What is taken away opens nothing any more.
    change(&site.program, &before, "even older! 16!!", 3);
    assert_eq!((status(&site, &cookie), status(&site, &fresh)), (403, 200), "{}", site.program.said());
}
