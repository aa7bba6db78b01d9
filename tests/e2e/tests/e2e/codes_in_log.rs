//! Codes of what concerns no single request: sessions that cannot be read or renewed, a provider that says nothing.

use std::collections::BTreeSet;

use serde_json::json;
use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::tenant::TENANT;
use sidecar_testkit::{App, Browser, Fault, Launch, Page, Program, Provider, Spoiler, Tenant, Which, place};

use crate::codes::assert_logged;
use crate::provider_options::{at_tenant, enter_at_tenant, keys_of};
use crate::site::{SESSION, Site, get_with};

/// Codes that no test here provokes, and why.
const NOT_PROVOKED: &[&str] = &[
    // Half a minute of waiting: `connection_tests` of the app has it over a socket, in paused time.
    "E-REQUEST-TIMEOUT",
];

#[test]
fn a_session_that_cannot_be_read_is_logged_with_the_code_of_its_reason() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let page = |program: &Program, cookie: &str, code: &str| {
        assert_eq!(program.ask(&get_with(cookie, "/")).status, 403, "the sign-in page");
        assert_logged(program, code);
    };
    page(&site.program, &format!("{cookie}x"), "E-SESSION-SEAL");
    page(&site.program, &cookie.replacen('=', "_0=", 1), "E-SESSION-PIECES");
    // v7 signs name, value and time as one text, so a digit may move from the time to the value.
    let any_age = Site::start(&["--cookie-expire=0s"]);
    let (value, rest) = cookie.split_once('|').expect("an envelope");
    let moved = format!("{value}{}|{}", &rest[..1], &rest[1..]);
    page(&any_age.program, &moved, "E-SESSION-RECORD");

    let short = Site::start(&["--cookie-expire=1s"]);
    let refused = || (short.program.ask(&get_with(&cookie, "/")).status == 403).then_some(());
    eventually(SOON, refused, || short.program.said());
    assert_logged(&short.program, "E-SESSION-EXPIRED");
}

/// A program at the tenant in which every session is due at once, and a browser that has signed in there.
fn due_at_once(tenant: &Tenant, more: &[String]) -> (Site, Browser, Page) {
    let due = ["--refresh-before-expiry=10h".to_owned(), "--scope=openid offline_access".to_owned(), keys_of(tenant)];
    let site = at_tenant(tenant, &[&due, more].concat());
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep"));
    let page = browser.choose(&page, "alice");
    (site, browser, page)
}

#[test]
fn a_session_that_comes_back_as_somebody_else_ends_with_a_code() {
    let tenant = Tenant::start();
    let site = at_tenant(&tenant, &[keys_of(&tenant)]);
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep"));
    assert_eq!(browser.choose(&page, "alice").status(), 200, "{}", site.program.said());
    let cookie = browser.cookies_for(&site.program.url("/"));
    tenant.forge(|signer, mut claims| {
        claims["sub"] = json!("sub-of-mallory");
        signer.sign(&claims)
    });
    let due = at_tenant(&tenant, &[keys_of(&tenant), "--refresh-before-expiry=10h".to_owned()]);
    let answer = due.program.ask(&get_with(&cookie, "/"));
    assert_eq!(answer.status, 302, "to the login: {}", due.program.said());
    assert_logged(&due.program, "E-SESSION-SUBJECT");
}

#[test]
fn a_renewal_that_is_put_off_and_a_profile_that_is_away_are_logged_with_codes() {
    let tenant = Tenant::start();
    let spoiler = Spoiler::before(tenant.address());
    let base = format!("http://{}", spoiler.address());
    let more =
        [format!("--profile-url={base}/oidc/userinfo"), format!("--redeem-url={base}/{TENANT}/oauth2/v2.0/token")];
    let (site, mut browser, page) = due_at_once(&tenant, &more);
    assert_eq!(page.status(), 200, "{page} {}", site.program.said());
    spoiler.spoil("/oidc/userinfo", Fault::HangUp);
    let page = browser.open(&site.program.url("/again"));
    assert_eq!(page.status(), 200, "{page} {}", site.program.said());
    assert_logged(&site.program, "E-PROVIDER-CLAIMS");
    spoiler.spoil(&format!("/{TENANT}/oauth2/v2.0/token"), Fault::Status(500));
    let put_off = || {
        assert_eq!(browser.open(&site.program.url("/again")).status(), 200, "the session goes on");
        site.program.said().contains("E-SESSION-REFRESH").then_some(())
    };
    eventually(SOON, put_off, || site.program.said());
    assert_logged(&site.program, "E-SESSION-REFRESH");
}

#[test]
fn keys_that_cannot_be_fetched_and_a_provider_that_does_not_hear_of_a_sign_out_are_logged_with_codes() {
    let tenant = Tenant::start();
    let nowhere = format!("--oidc-jwks-url=http://{}/nothing", tenant.address());
    let site = at_tenant(&tenant, &[nowhere]);
    let page = enter_at_tenant(&site);
    assert_eq!(page.status(), 500, "{page}");
    assert_logged(&site.program, "E-PROVIDER-KEYS");

    let flag = format!("--backend-logout-url=http://127.0.0.1:{}/out", place::free_port());
    let site = Site::start(&[&flag]);
    let cookie = site.alices_cookie();
    let answer = site.program.ask(&get_with(&cookie, "/oauth2/sign_out"));
    assert_eq!(answer.status, 302, "{}", answer.text());
    assert!(answer.headers.all("Set-Cookie").any(|line| line.starts_with(&format!("{SESSION}=;"))), "signed out here");
    assert_logged(&site.program, "E-PROVIDER-LOGOUT");
}

#[test]
fn metadata_that_cannot_be_read_is_logged_with_a_code() {
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url=http://127.0.0.1:{}", place::free_port()))
        .start();
    assert_logged(&program, "E-PROVIDER-DISCOVERY");
}

#[test]
fn every_code_is_provoked_by_a_test_here_or_is_listed() {
    let read = |path: std::path::PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let reference = read(place::tree().join("docs/reference/errors.md"));
    let codes = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let codes: BTreeSet<&str> = codes.filter(|code| !code.starts_with("E-CONFIG-")).collect();
    assert!(codes.len() > 40, "{codes:?}");
    let folder = place::tree().join("tests/e2e/tests/e2e");
    let files = std::fs::read_dir(folder).expect("a folder of tests").map(|entry| entry.expect("an entry").path());
    let tests: Vec<String> = files.filter(|path| path.is_file()).map(read).collect();
    let in_tests = |code: &str| tests.iter().any(|test| test.matches(&format!("\"{code}\"")).count() > 0);
    let listed = |code: &str| NOT_PROVOKED.contains(&code);
    let silent: Vec<&&str> = codes.iter().filter(|code| !in_tests(code) && !listed(code)).collect();
    assert!(silent.is_empty(), "no test provokes {silent:?}");
    let known: Vec<&&str> = NOT_PROVOKED.iter().filter(|code| codes.contains(**code)).collect();
    assert_eq!(known.len(), NOT_PROVOKED.len(), "listed codes that there are: {known:?}");
}
