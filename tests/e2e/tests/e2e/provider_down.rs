//! A provider that is away, at start and later.

use std::time::Duration;

use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Launch, Program, Provider, Response, Which, cookie, place};

use crate::codes::assert_logged;
use crate::site::{PASSWORD, SESSION, Site, get_with};

/// The program, asking a provider at this port, which may not be there.
fn program_asking(port: u16, upstream: &str, flags: &[&str]) -> Program {
    Launch::oidc(Which::Ours, Provider::shared(), upstream)
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url=http://127.0.0.1:{port}"))
        .flags(flags)
        .start()
}

/// 503 with a time to come back, a page for people, and no session.
fn assert_unavailable(answer: &Response) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    let seconds: u32 = answer.headers.get("Retry-After").expect("Retry-After").parse().expect("seconds");
    assert!((1..=300).contains(&seconds));
    assert!(answer.text().contains("Request ID"), "{}", answer.text());
    assert!(!answer.headers.all("Set-Cookie").any(|line| line.starts_with(SESSION) && cookie::gives_a_value(line)));
}

#[test]
fn a_provider_that_is_down_at_start_keeps_nobody_out_but_new_logins() {
    let before = Site::start(&[]);
    let cookie = before.alices_cookie();
    let port = place::free_port();
    let program = program_asking(port, &before.app.upstream(), &["--skip-auth-route=^/public/"]);

    assert_eq!(program.get("/ready").status, 200, "ready does not wait for the provider");
    let answer = program.ask(&get_with(&cookie, "/deep"));
    assert_eq!((answer.status, answer.json()["target"].as_str()), (200, Some("/deep")), "sessions are served");
    assert_eq!(program.get("/public/x").status, 200, "exempt routes are served");
    assert_unavailable(&program.get("/oauth2/start?rd=/deep"));

    let provider = Provider::oidc_provider_at(port, &[]);
    let start = program.url("/oauth2/start?rd=/deep");
    eventually(
        Duration::from_mins(1),
        || (Browser::new().open_once(&start).status() == 302).then_some(()),
        || format!("logins work again; {}", program.said()),
    );
    let page = Browser::new().sign_in_at(&start, "alice", PASSWORD);
    assert_eq!((page.status(), page.url.path()), (200, "/deep"), "{page}");
    drop(provider);
}

#[test]
fn with_the_switch_a_provider_that_is_down_ends_the_start() {
    let launch = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:9/")
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url=http://127.0.0.1:{}", place::free_port()))
        .flag("--oidc-discovery-required");
    let finished = launch.run();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
}

#[test]
fn readiness_follows_the_provider_when_it_is_told_to_and_says_no_reason_to_strangers() {
    let port = place::free_port();
    let app = App::start();
    let program = program_asking(port, &app.upstream(), &["--ready-requires-provider"]);
    let answer = program.get("/ready");
    assert_eq!((answer.status, answer.text().as_str()), (500, "error: not ready\n"));
    assert_logged(&program, "E-PROVIDER-DOWN");
    assert_eq!(program.get("/ping").status, 200);
    let _provider = Provider::oidc_provider_at(port, &[]);
    eventually(
        Duration::from_mins(1),
        || (program.get("/ready").status == 200).then_some(()),
        || format!("ready; {}", program.said()),
    );
}

#[test]
fn a_provider_that_goes_away_during_a_login_is_an_error_page_and_existing_sessions_stay() {
    let provider = Provider::oidc_provider_at(place::free_port(), &[]);
    let site = Site::with(&provider, App::start(), &[]);
    let cookie = site.alices_cookie();
    let mut browser = Browser::new();
    let login = browser.open_once(&site.program.url("/oauth2/start?rd=/")).response;
    let state = crate::site::parameter(login.location(), "state").expect("a state");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("code", "x"), ("state", &state), ("iss", provider.issuer())])
        .finish();
    drop(provider);
    let answer = browser.open_once(&site.program.url(&format!("/oauth2/callback?{query}"))).response;
    assert_unavailable(&answer);
    assert_eq!(site.program.ask(&get_with(&cookie, "/deep")).status, 200);
}
