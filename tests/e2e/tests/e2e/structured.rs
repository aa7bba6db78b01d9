//! The structured configuration: what it alone can say, and that a converted one says what was converted.

use std::fmt::Write as _;

use sidecar_testkit::{App, Browser, Launch, Provider, Request, Which};

use crate::site::{PASSWORD, Site, get_with, parameter};

/// The flags that have a place in the structured configuration are left out beside one.
const CORE: [&str; 5] = ["--redirect-url", "--email-domain", "--cookie-secure", "--cookie-secret", "--skip-auth-route"];

fn core(flags: &[String]) -> impl Iterator<Item = &String> {
    flags.iter().filter(|flag| CORE.contains(&flag.split('=').next().unwrap_or_default()))
}

/// The flags of most tests, for a program that listens where its settings say.
fn flags(launch: &Launch, upstream: &str) -> Vec<String> {
    let mut flags = vec![
        format!("--redirect-url={}", launch.callback()),
        "--email-domain=*".to_owned(),
        "--cookie-secure=false".to_owned(),
        "--cookie-secret=0123456789abcdef0123456789abcdef".to_owned(),
        format!("--upstream={upstream}"),
        format!("--http-address={}", launch.address()),
    ];
    flags.extend(Provider::shared().flags());
    flags
}

/// A site whose program reads this structured configuration, which begins with its listener, its app and its provider.
fn structured(rest_of_provider: &str, rest: &str, flags_beside: &[&str]) -> Site {
    let app = App::start();
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let provider = Provider::shared();
    let mut yaml = format!(
        "server:\n  bindAddress: {}\nupstreamConfig:\n  upstreams:\n  - {{id: app, path: /, uri: '{}'}}\n",
        launch.address(),
        app.upstream()
    );
    let (issuer, id, secret) = (provider.issuer(), provider.client_id(), provider.client_secret());
    let _ = writeln!(
        yaml,
        "providers:\n- id: one\n  provider: oidc\n  clientID: {id}\n  clientSecret: {secret}\n  \
         scope: openid email profile groups\n  oidcConfig: {{issuerURL: '{issuer}'}}\n{rest_of_provider}{rest}"
    );
    let path = launch.write("alpha.yaml", &yaml);
    let beside = flags(&launch, "");
    let launch = launch.flags(core(&beside)).flag(&format!("--alpha-config={}", path.display())).flags(flags_beside);
    Site { program: launch.start(), app }
}

#[test]
fn a_converted_configuration_signs_visitors_in_as_the_options_did() {
    let app = App::start();
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let mut flags = flags(&launch, &app.upstream());
    flags.extend(["--set-xauthrequest", "--pass-access-token", "--basic-auth-password=p$HOME"].map(str::to_owned));
    let convert = Launch::new(Which::Ours).listening_as_configured().flags(&flags).flag("--convert-config-to-alpha");
    let finished = convert.run();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    let path = launch.write("alpha.yaml", &finished.stdout);
    let program = launch.flags(core(&flags)).flag(&format!("--alpha-config={}", path.display())).start();
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&program.url("/oauth2/start?rd=/"), "alice", PASSWORD);
    assert_eq!(page.status(), 200, "{page} {}", program.said());
    let seen = app.last();
    for (name, value) in [
        ("X-Forwarded-Email", "alice@example.com"),
        ("X-Auth-Request-User", "alice"),
        ("Authorization", "Basic YWxpY2U6cCRIT01F"),
    ] {
        assert_eq!(seen.headers.get(name), Some(value), "{name}");
    }
    assert!(seen.headers.has("X-Forwarded-Access-Token"));
}

#[test]
fn headers_of_ones_own_carry_fixed_values_and_claims() {
    let site = structured(
        "  additionalClaims: [email_verified]\n",
        "injectRequestHeaders:\n\
         - name: X-Site\n  values: [{secretSource: {value: one}}, {secretSource: {fromEnv: HOME}}]\n\
         - name: X-Who\n  values: [{claimSource: {claim: email, prefix: 'mail:'}}, {claimSource: {claim: groups}}]\n\
         - name: X-Verified\n  values: [{claimSource: {claim: email_verified}}]\n\
         - name: X-Gone\n\
         - name: X-Kept\n  preserveRequestValue: true\n",
        &["--skip-auth-route=^/public/"],
    );
    let home = std::env::var("HOME").unwrap_or_default();
    let cookie = site.alices_cookie();
    let request = get_with(&cookie, "/").header("X-Who", "mallory").header("X_Gone", "1").header("X-Kept", "2");
    assert_eq!(site.program.ask(&request).status, 200);
    assert_eq!(site.told("X-Site"), format!("one,{home}"));
    assert_eq!(site.told("X-Who"), "mail:alice@example.com,admins,devs");
    assert_eq!(site.told("X-Verified"), "true");
    assert_eq!((site.told("X-Gone"), site.told("X_Gone")), (String::new(), String::new()));
    assert_eq!(site.told("X-Kept"), "2");
    assert_eq!(site.told("X-Forwarded-Email"), "", "nothing is implied");
    let public = Request::get("/public/x").header("X-Who", "mallory");
    assert_eq!(site.program.ask(&public).status, 200);
    assert_eq!((site.told("X-Who"), site.told("X-Site")), (String::new(), format!("one,{home}")));
}

#[test]
fn a_visitor_may_ask_for_what_the_login_parameters_admit_and_only_when_starting_a_login() {
    let site = structured(
        "  loginURLParameters:\n\
         \x20 - name: login_hint\n    default: [main]\n    allow: [{value: other}, {pattern: '^team-[a-z]+$'}]\n\
         \x20 - {name: ui_locales, default: [de]}\n",
        "",
        &["--skip-provider-button"],
    );
    let hint = |path: &str| {
        let answer = site.program.get(path);
        assert_eq!(parameter(answer.location(), "ui_locales").as_deref(), Some("de"), "{path}");
        assert_eq!(parameter(answer.location(), "approval_prompt"), None, "nothing is implied");
        parameter(answer.location(), "login_hint").unwrap_or_default()
    };
    assert_eq!(hint("/oauth2/start"), "main");
    assert_eq!(hint("/oauth2/start?login_hint=other&ui_locales=en"), "other");
    assert_eq!(hint("/oauth2/start?login_hint=team-x"), "team-x");
    assert_eq!(hint("/oauth2/start?login_hint=team-1"), "main");
    assert_eq!(hint("/oauth2/sign_in?login_hint=other"), "other");
    assert_eq!(hint("/page?login_hint=other"), "main", "nobody asked for a login here");
}

#[test]
fn metrics_are_served_where_the_structure_says() {
    let port = sidecar_testkit::place::free_port();
    let _site = structured("", &format!("metricsServer: {{bindAddress: '127.0.0.1:{port}'}}\n"), &[]);
    let answer = sidecar_testkit::http::ask(sidecar_testkit::place::loopback(port), &Request::get("/metrics"));
    assert!(answer.text().contains("oauth2_proxy_requests_in_flight 0"), "{}", answer.text());
}

#[test]
fn what_is_not_served_yet_is_refused_at_its_path() {
    for (yaml, path) in [
        ("providers: [{provider: gitlab, gitlabConfig: {group: [g]}}]", "providers[0].gitlabConfig.group"),
        ("providers: [{bitbucketConfig: {team: x}}]", "providers[0].bitbucketConfig.team"),
    ] {
        let launch = Launch::new(Which::Ours).listening_as_configured();
        let alpha = launch.write("alpha.yaml", yaml);
        let finished = launch.flag(&format!("--alpha-config={}", alpha.display())).run();
        assert_eq!(finished.status.code(), Some(1));
        let named = |line: &str| line.contains(path) && line.contains("alpha.yaml:1:");
        assert!(finished.stderr.lines().any(named), "{}", finished.stderr);
    }
}
