//! `oauth2-sidecar doctor`: what it finds with a real provider, a real app and a running sidecar, and what when one is away.

use std::time::{Duration, SystemTime};

use sidecar_testkit::app::Reply;
use sidecar_testkit::{App, Finished, Launch, Provider, Which, place};

use crate::site::Site;

/// The lines that are marked so, with what to do about each.
fn marked<'a>(finished: &'a Finished, mark: &str) -> Vec<&'a str> {
    finished.stdout.lines().filter(|line| line.starts_with(mark)).collect()
}

#[track_caller]
fn assert_found(finished: &Finished, mark: &str, parts: &[&str]) {
    let found = marked(finished, mark).into_iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "no line {mark} with {parts:?} in:\n{}{}", finished.stdout, finished.stderr);
}

/// The doctor for an app and a provider that are there.
fn doctor(upstream: &str) -> Launch {
    Launch::oidc(Which::Ours, Provider::shared(), upstream).task("doctor")
}

#[test]
fn all_is_well_where_provider_app_and_redirect_host_answer() {
    let site = Site::start(&[]);
    let finished = doctor(&site.app.upstream())
        .without("--redirect-url")
        .flag(&format!("--redirect-url={}", site.program.url("/oauth2/callback")))
        .flag("--cookie-domain=127.0.0.1")
        .run();
    assert_eq!(finished.status.code(), Some(0), "{}{}", finished.stdout, finished.stderr);
    assert_found(&finished, "ok", &["authorities"]);
    assert_found(&finished, "ok", &["provider", "known"]);
    assert_found(&finished, "ok", &["login page", "GET http://127.0.0.1:", "→"]);
    assert_found(&finished, "ok", &["clock", "Date"]);
    assert_found(&finished, "ok", &["cookies", "127.0.0.1 covers 127.0.0.1"]);
    assert_found(&finished, "ok", &["redirect host", "/oauth2/auth → 401"]);
    assert_found(&finished, "ok", &["app", "→ 200"]);
    assert_found(&finished, "ok", &["listener", "is free"]);
    assert_eq!(marked(&finished, "!!"), [""; 0]);
    assert_eq!(site.app.seen().len(), 1, "the app is asked once, by nobody but the doctor");
}

#[test]
fn what_is_away_is_told_with_the_address_and_what_to_do() {
    let (provider, app) = (place::free_port(), place::free_port());
    let launch = doctor(&format!("http://127.0.0.1:{app}/"));
    let redirect = launch.address();
    let finished = launch
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url=http://127.0.0.1:{provider}"))
        .flag("--cookie-domain=.example.com")
        .run();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stdout);
    assert_found(&finished, "!!", &["provider", &format!("127.0.0.1:{provider}"), "refused"]);
    assert_found(&finished, "!!", &["app", &format!("127.0.0.1:{app}"), "refused"]);
    assert_found(&finished, "!!", &["cookies", ".example.com does not cover 127.0.0.1"]);
    // Many a pod has no way back to its own gateway.
    assert_found(&finished, "??", &["redirect host", &format!("http://{redirect}/oauth2/auth"), "refused"]);
    assert_eq!(finished.stdout.matches("→ start the app").count(), 1, "{}", finished.stdout);
}

#[test]
fn hosts_that_visitors_may_land_on_are_compared_with_the_cookies_and_asked_too() {
    let site = Site::start(&[]);
    let (served, silent) = (site.program.address(), place::loopback(place::free_port()));
    let finished = doctor(&site.app.upstream())
        .flags(["--cookie-domain=127.0.0.1", "--whitelist-domain=.elsewhere.test"])
        .flags([format!("--whitelist-domain={served}"), format!("--whitelist-domain={silent}")])
        .run();
    assert_found(&finished, "??", &["cookies", "127.0.0.1 does not cover the hosts below elsewhere.test"]);
    assert_found(&finished, "ok", &["redirect host", &format!("http://{served}/oauth2/auth → 401")]);
    assert_found(&finished, "??", &["redirect host", &format!("http://{silent}/oauth2/auth"), "refused"]);
    assert!(!finished.stdout.contains("//elsewhere.test"), "nobody knows a host below it: {}", finished.stdout);
}

#[test]
fn a_redirect_host_that_another_program_serves_is_bad() {
    let other = App::start();
    let finished = doctor(&other.upstream())
        .without("--redirect-url")
        .flag(&format!("--redirect-url={}oauth2/callback", other.upstream()))
        .run();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stdout);
    assert_found(&finished, "!!", &["redirect host", "→ 200", "where a sidecar answers 401"]);
}

#[test]
fn an_address_that_is_taken_is_told_apart_by_who_has_it() {
    let site = Site::start(&[]);
    let at = |address: std::net::SocketAddr| {
        doctor(&site.app.upstream()).listening_as_configured().flag(&format!("--http-address={address}")).run()
    };
    assert_found(&at(site.program.address()), "ok", &["listener", "is served already"]);
    assert_found(&at(site.app.address()), "!!", &["listener", "is taken"]);
}

/// The clock is told by whoever serves the login page, whose Date is `apart` from ours.
#[expect(clippy::disallowed_methods, reason = "it stands for the provider's own clock")]
fn clock_of_a_provider(apart: impl Fn(SystemTime) -> SystemTime + Send + Sync + 'static) -> Finished {
    let provider = App::with(move |_| {
        let date = httpdate::fmt_http_date(apart(SystemTime::now()));
        Reply::Text(200, vec![("Date", date)], "log in".to_owned())
    });
    Launch::before(Which::Ours, "static://200")
        .task("doctor")
        .flags(["--provider=github", "--client-id=a", "--client-secret=b"])
        .flag(&format!("--login-url={}login", provider.upstream()))
        .run()
}

#[test]
fn a_clock_that_is_off_is_told_with_how_far_and_which_way() {
    let hour = Duration::from_hours(1);
    let behind = clock_of_a_provider(move |now| now + hour);
    assert_eq!(behind.status.code(), Some(1), "{}", behind.stdout);
    assert_found(&behind, "!!", &["clock", "ours is 3", "s behind the provider's Date"]);
    let ahead = clock_of_a_provider(move |now| now - Duration::from_mins(1));
    assert_found(&ahead, "??", &["clock", "s ahead of the provider's Date"]);
    assert_found(&clock_of_a_provider(|now| now), "ok", &["clock"]);
}

/// An issuer of tokens, by what it answers at each of its addresses; `ISSUER` in it stands for its own.
fn issuer(answers: &'static [(&'static str, &'static str)]) -> App {
    App::with(move |seen| {
        let issuer = format!("http://{}", seen.headers.get("Host").unwrap_or_default());
        match answers.iter().find(|(target, _)| *target == seen.target) {
            Some((_, json)) => {
                let json_type = ("Content-Type", "application/json".to_owned());
                Reply::Text(200, vec![json_type], json.replace("ISSUER", &issuer))
            }
            None => Reply::Text(404, Vec::new(), String::new()),
        }
    })
}

#[test]
fn every_issuer_of_bearer_tokens_is_asked_for_its_metadata_and_its_keys() {
    const METADATA: &str = "/.well-known/openid-configuration";
    const KEYS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let whole = issuer(&[(METADATA, r#"{"issuer": "ISSUER", "jwks_uri": "ISSUER/keys"}"#), ("/keys", KEYS)]);
    let bare = issuer(&[("/.well-known/jwks.json", KEYS)]);
    let other = issuer(&[(METADATA, r#"{"issuer": "ISSUER/", "jwks_uri": "ISSUER/keys"}"#), ("/keys", KEYS)]);
    let keyless = issuer(&[(METADATA, r#"{"issuer": "ISSUER", "jwks_uri": "ISSUER/none"}"#)]);
    let silent = format!("http://{}", place::loopback(place::free_port()));
    let name = |app: &App| app.upstream().trim_end_matches('/').to_owned();
    let names = [name(&whole), name(&bare), name(&other), name(&keyless), silent];
    let list: Vec<String> = names.iter().map(|name| format!("{name}=api")).collect();
    let issuers = [format!("--extra-jwt-issuers={}", list.join(",")), "--skip-jwt-bearer-tokens=true".to_owned()];
    let finished = doctor("static://200").flags(issuers).run();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stdout);
    let [whole, bare, other, keyless, silent] = &names;
    assert_found(&finished, "ok", &["bearer tokens", whole, "/keys"]);
    assert_found(&finished, "??", &["bearer tokens", bare, "no metadata", "404"]);
    assert_found(&finished, "!!", &["bearer tokens", other, "issuer did not match"]);
    assert_found(&finished, "!!", &["bearer tokens", keyless, "/none", "404"]);
    assert_found(&finished, "!!", &["bearer tokens", silent, "refused"]);
    assert_eq!(finished.stdout.matches("bearer tokens").count(), 5, "{}", finished.stdout);
}

#[test]
fn faults_of_the_configuration_end_it_before_anybody_is_asked() {
    let app = App::start();
    let finished = doctor(&app.upstream()).flag("--cookie-samesite=sometimes").run();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("cookie-samesite"), "{}", finished.stderr);
    assert_eq!(app.seen().len(), 0);
}

#[test]
fn no_secret_is_told() {
    let finished = doctor("http://127.0.0.1:9/").flag("--basic-auth-password=marked-password").run();
    let said = format!("{}{}", finished.stdout, finished.stderr);
    for secret in ["marked-password", Provider::shared().client_secret()] {
        assert!(!said.contains(secret), "{said}");
    }
}
