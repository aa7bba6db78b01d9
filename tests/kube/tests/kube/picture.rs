//! The example site, for real: visitor, gateway, sidecars, apps.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use sidecar_testkit::http::ask;
use sidecar_testkit::{Page, Process, Request, Which, place};

use crate::site::{SHARING, Site};

/// A browser starts, draws and judges on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a visitor may write into a request to be taken for somebody else, or to be sent elsewhere.
const FORGED: [(&str, &str); 13] = [
    ("X-Auth-Request-Email", "ceo@example.com"),
    ("X-Auth-Request-User", "ceo@example.com"),
    ("X-Auth-Request-Preferred-Username", "ceo@example.com"),
    ("X-Auth-Request-Groups", "ceo@example.com"),
    ("x_auth_request_email", "ceo@example.com"),
    ("X-Forwarded-Email", "ceo@example.com"),
    ("X-Forwarded-User", "ceo@example.com"),
    ("X-Forwarded-Groups", "ceo@example.com"),
    ("X-Forwarded-Access-Token", "ceo@example.com"),
    ("X-Forwarded-Host", "evil.test"),
    ("X-Forwarded-Uri", "//evil.test/"),
    ("X-Real-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1;host=evil.test"),
];

#[test]
fn a_browser_signs_in_once_through_auth_example_com_uses_both_apps_and_signs_out() {
    let site = Site::start(&SHARING, Which::Ours);
    place::installed("/usr/bin/chromium".into(), "tests/counterparts/install.sh browser");
    let arguments = json!({
        "rules": ["MAP *.example.com 127.0.0.1"],
        "home": site.certificate.home(),
        "shots": place::tree().join("target/screenshots/kube"),
    });
    let mut command = Command::new("node");
    command.arg(place::tree().join("tests/e2e/browser/journey.mjs")).arg(arguments.to_string());
    let finished = Process::start("journey.mjs", command).wait(PATIENCE);
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    assert!(!site.heads_seen_by("app1").is_empty() && !site.heads_seen_by("app2").is_empty());
    for pod in site.pods.values().flatten() {
        let memory = pod.memory().expect("the manifests set a limit");
        println!("{}: at most {} KiB of its limit", pod.name(), memory.peak() / 1024);
        assert_eq!(memory.kills(), 0, "{}", pod.name());
    }
}

#[test]
fn an_app_with_a_provider_of_its_own_has_a_session_of_its_own() {
    let site = Site::start(&["auth", "app1", "app3"], Which::Ours);
    let mut browser = site.signed_in();
    let page = browser.open("https://app3.example.com/deep");
    assert!(page.link("/oauth2/start").text.contains("Google"), "{page}");
    assert_eq!(site.heads_seen_by("app3"), Vec::<String>::new());

    let page = browser.click(&page, "/oauth2/start");
    let page = site.google.log_in(&mut browser, &page, "alice@example.com");
    assert_eq!((page.status(), page.url.as_str()), (200, "https://app3.example.com/deep"), "{page}");
    let page = browser.open("https://app3.example.com/oauth2/sign_out");
    assert!(page.links().iter().any(|link| link.href.starts_with("/oauth2/start")), "{page}");
    let page = browser.open("https://app1.example.com/still");
    assert_eq!((page.status(), page.url.as_str()), (200, "https://app1.example.com/still"), "{page}");
}

#[test]
fn what_a_visitor_forges_passes_the_gateway_and_does_nothing() {
    let site = Site::start(&SHARING, Which::Ours);
    let mut browser = site.browser();
    // Without a session: nobody is let in, and no link leads elsewhere.
    let answer = browser.fetch("GET", "https://app1.example.com/deep", &FORGED);
    let page = Page { url: "https://app1.example.com/deep".parse().expect("a URL"), response: answer };
    assert_eq!(page.status(), 200, "the sign-in page");
    let links: Vec<_> = page.links().into_iter().map(|link| link.href).collect();
    assert!(links.iter().any(|link| link.starts_with("/oauth2/start")), "{links:?}");
    assert!(!links.iter().any(|link| link.contains("evil.test")), "{links:?}");
    assert_eq!(site.heads_seen_by("app1"), Vec::<String>::new());

    // A login that begins so comes back by the callback host, and ends at a host of ours.
    let start = browser.fetch("GET", "https://app1.example.com/oauth2/start?rd=%2Fdeep", &FORGED);
    assert_eq!(start.status, 302, "{}", start.text());
    assert!(start.location().contains("redirect_uri=https%3A%2F%2Fauth.example.com%2F"), "{}", start.location());
    let login = browser.open(start.location());
    let page = browser.sign_in(login, "alice", "any");
    let host = page.url.host_str().expect("a host");
    assert!(host.ends_with(".example.com"), "the login led to {page}");

    // With a session: whoever signed in, and nobody else.
    let answer = browser.fetch("GET", "https://app1.example.com/again", &FORGED);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let heads = site.heads_seen_by("app1");
    let again = heads.iter().find(|head| head.starts_with("GET /again ")).expect("the app was asked").to_lowercase();
    assert!(!again.contains("ceo@"), "{again}");
    assert!(again.contains("x-auth-request-email: alice@example.com\r\n"), "{again}");
}

#[test]
fn every_way_from_the_gateway_to_an_app_leads_through_its_sidecar() {
    let site = Site::start(&SHARING, Which::Ours);
    for host in SHARING {
        let sidecars: BTreeSet<SocketAddr> = site.pods[host].iter().map(|pod| pod.at(4180)).collect();
        assert_eq!(sidecars.len(), 2, "two pods each");
        assert_eq!(site.gateway.endpoints(&site.service(host)), sidecars, "{host}");
    }
    for pod in ["app1", "app2"].iter().flat_map(|host| &site.pods[host]) {
        let around = TcpStream::connect_timeout(&pod.at(8080), Duration::from_secs(5));
        assert!(around.is_err(), "{} is reached past its sidecar", pod.name());
    }
}

/// The other way from istiod to a gateway: `HTTPRoute` in place of `VirtualService`.
#[test]
fn behind_a_gateway_of_the_gateway_api_one_sign_in_counts_for_both_apps_and_nothing_leads_past_a_sidecar() {
    let site = Site::by_gateway_api(&SHARING);
    let plain = ask(site.gateway.http(), &Request::get("/deep?x=1").header("Host", "app1.example.com"));
    assert_eq!((plain.status, plain.location()), (301, "https://app1.example.com/deep?x=1"));
    let mut browser = site.signed_in();
    let answer = browser.fetch("GET", "https://app2.example.com/deep", &FORGED);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let head = site.heads_seen_by("app2").pop().expect("the app was asked").to_lowercase();
    assert!(head.contains("x-auth-request-email: alice@example.com\r\n") && !head.contains("ceo@"), "{head}");
    for host in SHARING {
        let sidecars: BTreeSet<SocketAddr> = site.pods[host].iter().map(|pod| pod.at(4180)).collect();
        assert_eq!(site.gateway.endpoints(&site.service(host)), sidecars, "{host}");
    }
}

/// What only our program knows is in variables that the original passes over.
#[test]
fn the_same_manifests_run_under_the_original_and_apps_move_over_one_by_one_without_signing_anybody_out() {
    let mut site = Site::start(&SHARING, Which::Original);
    let mut browser = site.signed_in();
    let mut still_signed_in = |site: &Site, host: &str| {
        let url = format!("https://{host}.example.com/still");
        let page = browser.open(&url);
        assert_eq!((page.status(), page.url.as_str()), (200, url.as_str()), "{page}");
        let heads = site.heads_seen_by(host);
        heads.last().expect("the app was asked").to_lowercase()
    };
    still_signed_in(&site, "app2");
    for moved in ["app2", "app1", "auth"] {
        site.move_to(Which::Ours, moved);
        for host in ["app1", "app2"] {
            let head = still_signed_in(&site, host);
            assert!(head.contains("alice@example.com"), "{head}");
        }
    }
    // A login that begins now goes through our program alone.
    site.signed_in();
}
