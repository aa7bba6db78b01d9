//! Who is told in JSON: every form of `Accept`, API routes, and what they do beside rules for exempt routes.

use serde_json::json;

use crate::case::{Ask, Case, Configuration, alice_but, ask, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![accepted(), routes(), forced()]
}

const ACCEPTS: [&str; 20] = [
    "*/*",
    "application/*",
    "application/json",
    "APPLICATION/JSON",
    "Application/Json",
    "application/json;q=1",
    "application/json; charset=utf-8",
    "application/json ,text/html",
    ",application/json",
    "application/json,",
    "text/html,\tapplication/json",
    "text/html;q=0.9,application/json",
    "text/html application/json",
    "\"application/json\"",
    "application/problem+json",
    "application/vnd.api+json",
    "text/json",
    "application/jsonx",
    "application/xml",
    "",
];

fn accepted() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for accept in ACCEPTS {
        cases.push(case(format!("a page, {accept:?}"), get("/page").with("Accept", accept)));
    }
    let json = |ask: Ask| ask.with("Accept", "application/json");
    cases.push(case("two lines", get("/page").with("Accept", "text/html").with("Accept", "application/json")));
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        cases.push(case(format!("a page by {method}"), json(ask(method, "/page"))));
    }
    for endpoint in [
        "/oauth2/sign_in",
        "/oauth2/start",
        "/oauth2/callback?error=x",
        "/oauth2/callback?code=x&state=bad",
        "/oauth2/auth",
        "/oauth2/userinfo",
        "/oauth2/sign_out",
        "/oauth2/unknown",
        "/oauth2/static/nothing",
        "/robots.txt",
        "/ping",
        "//page",
    ] {
        cases.push(case(format!("{endpoint} as JSON"), json(get(endpoint))));
    }
    cases.push(case("a broken session as JSON", json(get("/page")).cookie(|_, o| format!("{}=x", o.name))));
    configuration("Accept", &[], cases)
}

/// API routes match the address with its query, exempt routes the path alone; a session comes before both.
fn routes() -> Configuration {
    let flags = [
        "--api-route=^/api",
        "--api-route=^/both",
        "--api-route=format=json",
        "--api-route=(?i)^/any",
        "--skip-auth-route=^/both",
        "--skip-auth-route=GET=^/api/open",
        "--skip-auth-route=POST!=^/api",
        "--skip-auth-regex=^/deep/[a-z]+$",
        "--allowed-group=admins",
    ];
    let outsider = || alice_but(&json!({"g": ["others"]}));
    let mut cases: Vec<Case> = [
        "/api",
        "/api/",
        "/apix",
        "/API",
        "/x/api",
        "/both",
        "/both/x",
        "/api/open",
        "/api/open/x?y",
        "/ANY",
        "/page?format=json",
        "/page?format=JSON",
        "/page?format%3Djson",
        "/deep/abc",
        "/deep/ABC",
        "/deep/abc/",
        "/api%2Fx",
        "/%2Fapi",
        "/oauth2/api",
        "/api;x",
        "/api?a;b",
    ]
    .into_iter()
    .map(|path| case(format!("GET {path}"), get(path)))
    .collect();
    for path in ["/api", "/both", "/page", "/api/open"] {
        for method in ["POST", "HEAD", "OPTIONS"] {
            cases.push(case(format!("{method} {path}"), ask(method, path)));
        }
        cases.push(case(format!("an outsider at {path}"), get(path).as_session(outsider())));
        cases.push(case(format!("a member at {path}"), get(path).signed_in()));
        cases.push(case(format!("HTML, please, at {path}"), get(path).with("Accept", "text/html")));
    }
    configuration("API routes", &flags, cases)
}

/// With `force-json-errors`, refusals of the app are JSON too; pages of our own endpoints stay pages.
fn forced() -> Configuration {
    let outsider = || alice_but(&json!({"g": ["others"]}));
    let mut cases: Vec<Case> = [
        "/page",
        "/oauth2/sign_in",
        "/oauth2/start",
        "/oauth2/callback?error=x",
        "/oauth2/callback?code=x&state=bad",
        "/oauth2/auth",
        "/oauth2/userinfo",
        "/oauth2/sign_out?rd=/x",
        "/oauth2/unknown",
        "/oauth2/static/nothing",
        "/page?a;b",
        "/page?a=%zz",
    ]
    .into_iter()
    .map(|path| case(format!("GET {path}"), get(path)))
    .collect();
    for method in ["GET", "HEAD", "POST", "OPTIONS"] {
        cases.push(case(format!("{method} by an outsider"), ask(method, "/page").as_session(outsider())));
    }
    cases.push(case("constraints that are not held", get("/page?allowed_groups=none").signed_in()));
    cases.push(case("an app that is away", get("/answers/hang-up").signed_in()));
    configuration("JSON errors", &["--force-json-errors=true", "--allowed-group=admins"], cases)
}
