//! Advisory 15: the line that explained a missing cookie printed the whole request.

use serde_json::json;
use sidecar_testkit::canary::Canaries;
use sidecar_testkit::{App, Browser, Issuer, Launch, Program, Request, Which};

use crate::site::{SESSION, parameter};

/// Starts a login and returns the browser and its callback, as the provider sends it back.
fn up_to_the_callback(program: &Program) -> (Browser, String) {
    let mut browser = Browser::new();
    let login = browser.open_once(&program.url("/oauth2/start?rd=/deep")).response;
    let back = browser.open_once(login.location()).response;
    (browser, back.location().to_owned())
}

/// Logs in at a provider that goes wrong in one way, and returns what the visitor reads.
fn fails(program: &Program, canaries: &mut Canaries) -> String {
    let (mut browser, callback) = up_to_the_callback(program);
    for name in ["code", "state"] {
        canaries.add(name, &parameter(&callback, name).expect("there"));
    }
    canaries.add("the login's cookie", &browser.cookies_for(&program.url("/oauth2/callback")));
    let page = browser.open_once(&callback);
    assert!(page.status() >= 400, "{page}");
    page.response.text()
}

#[test]
fn ghsa_hhqp_vx7f_5c6m_a_failed_callback_leaves_no_cookie_code_or_state_in_the_log_or_the_page() {
    for debug in ["--show-debug-on-error=true", "--show-debug-on-error=false"] {
        for restart in ["--login-restart=true", "--login-restart=false"] {
            canaries_stay_inside(debug, restart);
        }
    }
}

fn canaries_stay_inside(debug: &str, restart: &str) {
    let issuer = Issuer::start();
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags()).flags([debug, restart]);
    let program = launch.flag("--cookie-csrf-expire=20m").env("RUST_LOG", "trace").start();
    let mut canaries = Canaries::default();
    for canary in ["CANARYCODE", "CANARYSTATE", "CANARY1-other", "CANARY2-csrf", "CANARY3-named", "CANARY4-bearer"] {
        canaries.add(canary, canary);
    }
    let mut browser = Browser::new();
    browser.open(&program.url("/oauth2/start?rd=/"));
    let session = browser.cookies_for(&program.url("/"));
    assert!(session.contains(SESSION), "{session}");
    canaries.add("the session", session.split_once('=').expect("NAME=VALUE").1);

    let mut pages = Vec::new();
    let callback = Request::get("/oauth2/callback?code=CANARYCODE&state=CANARYSTATE:%2Fx");
    for request in [
        callback.clone().cookie(&format!("{session}; other=CANARY1-other")),
        callback.clone().cookie("_oauth2_proxy_csrf=CANARY2-csrf"),
        callback.clone().cookie("x_csrf=CANARY3-named"),
        callback.header("Authorization", "Bearer CANARY4-bearer"),
        Request::get("/oauth2/callback?error=access_denied&error_description=CANARYCODE&state=CANARYSTATE:%2Fx"),
        Request::get("/oauth2/callback?code=CANARYCODE&code=CANARYCODE&state=CANARYSTATE"),
        Request::get("/oauth2/callback?state=CANARYSTATE"),
    ] {
        let answer = program.ask(&request);
        assert!(matches!(answer.status, 302 | 400..=500), "{request:?}: {}", answer.status);
        pages.push(answer.text());
    }
    issuer.refuse(Some(500));
    pages.push(fails(&program, &mut canaries));
    issuer.refuse(Some(400));
    pages.push(fails(&program, &mut canaries));
    issuer.refuse(None);
    for claims in [
        json!({ "email": "a@b.test", "email_verified": true, "aud": "CANARY-audience" }),
        json!({ "email": "a@b.test", "email_verified": false }),
        json!({ "email": "a@b.test", "email_verified": true, "nonce": "CANARY-nonce" }),
    ] {
        issuer.says(claims);
        pages.push(fails(&program, &mut canaries));
    }
    issuer.forge(|signer, claims| signer.sign(&claims).replace('.', ".CANARY-token"));
    pages.push(fails(&program, &mut canaries));
    canaries.add("a forged token", "CANARY-token");
    for page in &pages {
        canaries.assert_absent("a page", page);
    }
    let finished = program.stop();
    let output = format!("{}{}", finished.stdout, finished.stderr);
    assert!(output.contains("/oauth2/callback"), "there are request lines to look through: {output}");
    canaries.assert_absent("the output", &output);
}

#[test]
fn ghsa_hhqp_vx7f_5c6m_nor_does_a_login_that_came_too_late() {
    let issuer = Issuer::start();
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags());
    let late = ["--cookie-csrf-expire=1ms", "--login-restart=false"];
    let program = launch.flags(late).env("RUST_LOG", "trace").start();
    let mut canaries = Canaries::default();
    let page = fails(&program, &mut canaries);
    canaries.assert_absent("the page", &page);
    let finished = program.stop();
    canaries.assert_absent("the output", &format!("{}{}", finished.stdout, finished.stderr));
}
