//! Generator 8, the canary grep: every secret of a run is looked for in everything that the
//! program said and showed, plain and encoded.

use sidecar_testkit::canary::Canaries;
use sidecar_testkit::oracle::{Oracle, Parser};
use sidecar_testkit::program::COOKIE_SECRET;
use sidecar_testkit::{Browser, Issuer, Launch, Request, Response, Which, cookie, websocket};

use crate::site::{SESSION, Visitor};

/// The places of a request in which somebody may send what they should not.
fn requests(target: &str, canary: &mut impl FnMut(&str) -> String) -> Vec<Request> {
    let mut requests = Vec::new();
    for (name, prefix) in [
        ("Authorization", "Bearer "),
        ("Authorization", "Basic "),
        ("Authorization", ""),
        ("Proxy-Authorization", "Basic "),
        ("Cookie", "other="),
        ("Cookie", "_oauth2_proxy="),
        ("Cookie", "_oauth2_proxy_0="),
        ("Cookie", "_oauth2_proxy_csrf="),
        ("Cookie", "_oauth2_proxy_login_00aa11bb="),
        ("X-Forwarded-Access-Token", ""),
        ("X-Auth-Request-Access-Token", ""),
        ("X-Auth-Request-Redirect", "/x?token="),
        ("X-Forwarded-Uri", "/x?token="),
        ("X-Api-Key", ""),
    ] {
        let value = format!("{prefix}{}", canary(name));
        requests.push(Request::get(target).header(name, &value));
        requests.push(websocket::handshake(Request::get(target).header(name, &value)));
    }
    let separator = if target.contains('?') { '&' } else { '?' };
    for name in ["code", "state", "token", "id_token", "access_token", "password", "rd", "error_description", "iss"] {
        // The query of an app's page is in the log, as v7's format has it; that of our own endpoints is not.
        if target.starts_with("/oauth2/") && target != "/oauth2/unknown" {
            requests.push(Request::get(&format!("{target}{separator}{name}={}", canary(name))));
        }
        requests.push(Request::post_form(target, &format!("{name}={}&username=alice", canary(name))));
    }
    requests
}

fn show(canaries: &Canaries, what: &str, answer: &Response) {
    // What is theirs: where they asked to be sent on, their cookies, and who they are.
    let is_theirs = |name: &str| ["location", "set-cookie"].contains(&name) || name.starts_with("x-auth-request-");
    let lines: Vec<_> = answer.headers.iter().filter(|(name, _)| !is_theirs(&name.to_ascii_lowercase())).collect();
    canaries.assert_absent(what, &format!("{lines:?}"));
    // The text of a redirect is the link once more.
    if !matches!(answer.status, 301 | 302) && answer.headers.get("Content-Type") != Some("application/json") {
        let page = answer.text();
        // The form and the link of the sign-in page lead back to where the visitor was.
        let page: Vec<_> = page.lines().filter(|line| !line.contains("rd=") && !line.contains("\"rd\"")).collect();
        canaries.assert_absent(what, &page.join("\n"));
    }
}

#[test]
fn nothing_that_is_secret_is_said_or_shown_whatever_place_it_came_in() {
    let issuer = Issuer::start();
    let oracle = Oracle::start(Parser::Node);
    let program = Launch::before(Which::Ours, &oracle.upstream())
        .flags(issuer.flags())
        .flags(["--show-debug-on-error", "--set-xauthrequest", "--pass-access-token", "--cookie-refresh=1s"])
        .flags(["--pass-authorization-header", "--reverse-proxy", "--skip-auth-route=^/public/"])
        .env("RUST_LOG", "trace")
        .start();
    let mut canaries = Canaries::default();
    canaries.add("cookie secret", COOKIE_SECRET);
    canaries.add("client secret", "issuer-secret");
    let mut browser = Browser::new();
    let page = browser.open(&program.url("/oauth2/start?rd=/x"));
    assert_eq!(page.status(), 200, "{page}");
    for hop in browser.hops() {
        for (name, value) in hop.url.query_pairs().filter(|(name, _)| name == "code" || name == "nonce") {
            canaries.add(&name, &value);
        }
        for line in hop.set_cookies.iter().filter(|line| line.starts_with(SESSION) && cookie::gives_a_value(line)) {
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            canaries.add(name, value.split(';').next().expect("a value"));
        }
    }
    let told = oracle.drain().pop().expect("the app was asked");
    canaries.add("access token", told.told("X-Forwarded-Access-Token").expect("an access token"));
    canaries.add("ID token", told.told("Authorization").expect("an ID token").trim_start_matches("Bearer "));
    let session = browser.cookies_for(&program.url("/"));

    let mut visitor = Visitor::of(&program);
    let (mut number, mut shown) = (0, 0);
    for target in [
        "/private",
        "/public/x",
        "/a//b",
        "/a%zz",
        "/ping",
        "/ready",
        "/robots.txt",
        "/oauth2/auth",
        "/oauth2/userinfo",
        "/oauth2/start",
        "/oauth2/sign_in",
        "/oauth2/sign_out",
        "/oauth2/callback",
        "/oauth2/callback?code=x&state=x:%2F",
        "/oauth2/callback?error=access_denied",
        "/oauth2/unknown",
        "/oauth2/static/css/bulma.min.css",
    ] {
        let mut added = Vec::new();
        let mut canary = |name: &str| {
            number += 1;
            let value = format!("CaNaRy{number:05}VaLuE");
            added.push((format!("{name} of {target}"), value.clone()));
            value
        };
        let requests = requests(target, &mut canary);
        for (name, value) in added {
            canaries.add(&name, &value);
        }
        for request in requests {
            for request in [request.clone(), request.cookie(&session)] {
                let Some(answer) = visitor.try_ask(&request) else { continue };
                let is_the_apps = answer.headers.get("Content-Type") == Some("application/json");
                if !is_the_apps {
                    show(&canaries, &format!("the answer to {request:.300?}"), &answer);
                    shown += 1;
                }
            }
        }
    }
    println!("canaries: {} secrets, {shown} answers of ours", canaries.count());
    let finished = program.stop();
    let output = format!("{}{}", finished.stdout, finished.stderr);
    assert!(output.contains("/private") && output.contains("AuthSuccess"), "there are logs to look through");
    assert!(!output.contains("panicked"), "{output}");
    canaries.assert_absent("the output", &output);
}
