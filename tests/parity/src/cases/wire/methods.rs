//! Every endpoint by every method, with a session and without, with a body and without.

use crate::case::{Ask, Case, Configuration, ask, case, configuration};
use crate::cases::rows;

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![grid(), bodies(), button()]
}

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

const PLACES: [&str; 13] = [
    "/ping",
    "/ready",
    "/robots.txt",
    "/oauth2/auth",
    "/oauth2/sign_in?rd=/x",
    "/oauth2/start?rd=/x",
    "/oauth2/callback?code=c&state=one",
    "/oauth2/userinfo",
    "/oauth2/sign_out?rd=/x",
    "/oauth2/static/nothing",
    "/oauth2/unknown",
    "/page",
    "//page",
];

/// No route looks at the method.
fn grid() -> Configuration {
    let mut cases = Vec::new();
    for place in PLACES {
        for method in METHODS {
            cases.push(case(format!("{method} {place}"), ask(method, place)));
            cases.push(case(format!("{method} {place} with a session"), ask(method, place).signed_in()));
        }
    }
    cases.extend(METHODS.map(|method| {
        let sheet = ask(method, "/oauth2/static/css/bulma.min.css");
        case(format!("{method} a style sheet"), sheet).explained_by(rows::own_style_sheets())
    }));
    configuration("methods", &["--set-xauthrequest=true"], cases)
}

/// Bodies of several kinds; only a form of POST, PUT and PATCH is read.
fn bodies() -> Configuration {
    const ENDPOINTS: [&str; 7] = [
        "/ping",
        "/oauth2/auth",
        "/oauth2/sign_in?rd=/query",
        "/oauth2/start?rd=/query",
        "/oauth2/callback?code=c",
        "/oauth2/userinfo",
        "/oauth2/sign_out?rd=/query",
    ];
    let mut cases: Vec<Case> = Vec::new();
    for endpoint in ENDPOINTS {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            cases
                .push(case(format!("{method} {endpoint} with a form"), ask(method, endpoint).form("rd=/form&state=s")));
        }
        cases.extend(kinds(endpoint));
    }
    cases.push(case("the app by POST with a form", ask("POST", "/page?rd=/query").form("rd=/form").signed_in()));
    cases.push(case("the app by GET with a body", ask("GET", "/page").body("body of a GET").signed_in()));
    cases.push(case("the app by HEAD with a body", ask("HEAD", "/page").body("body of a HEAD").signed_in()));
    cases.push(case("the app by DELETE with a body", ask("DELETE", "/page").body("x").signed_in()));
    cases.push(case("the app by OPTIONS with a body", ask("OPTIONS", "/page").body("x").signed_in()));
    cases.push(case("a page by GET with a form", ask("GET", "/page").form("rd=/form")));
    configuration("bodies", &[], cases)
}

fn kinds(endpoint: &'static str) -> Vec<Case> {
    let post = |kind: &'static str, body: &'static str| ask("POST", endpoint).with("Content-Type", kind).body(body);
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"rd\"\r\n\r\n/multipart\r\n--x--\r\n";
    let named = |name: &str, ask: Ask| case(format!("POST {endpoint} with {name}"), ask);
    vec![
        named("a form of several parts", post("multipart/form-data; boundary=x", multipart)),
        named("JSON", post("application/json", "{\"rd\":\"/json\"}")),
        named("a form without a type", ask("POST", endpoint).body("rd=/untyped")),
        named("a form with a charset", post("application/x-www-form-urlencoded; charset=utf-8", "rd=/charset")),
        named("a form in capitals", post("APPLICATION/X-WWW-FORM-URLENCODED", "rd=/capitals")),
        named("an empty form", post("application/x-www-form-urlencoded", "")),
        named("two targets in the form", post("application/x-www-form-urlencoded", "rd=/one&rd=/two")),
        named("an empty target in the form", post("application/x-www-form-urlencoded", "rd=")),
        named("a semicolon in the form", post("application/x-www-form-urlencoded", "rd=/a;b=c")),
        named("a bad escape in the form", post("application/x-www-form-urlencoded", "rd=/a%zz")),
        named("a form that is chunked", chunked(endpoint)),
    ]
}

fn chunked(endpoint: &str) -> Ask {
    let form = ask("POST", endpoint).with("Content-Type", "application/x-www-form-urlencoded");
    form.with("Transfer-Encoding", "chunked").body("a\r\nrd=/chunks\r\n0\r\n\r\n")
}

/// The same grid for requests that a login answers at once.
fn button() -> Configuration {
    let mut cases = Vec::new();
    for place in ["/oauth2/sign_in?rd=/x", "/page?a=b", "/oauth2/unknown"] {
        for method in METHODS {
            cases.push(case(format!("{method} {place}"), ask(method, place)));
        }
    }
    cases.push(case("a form for the app", ask("POST", "/page?a=b").form("x=y")));
    configuration("methods without a button", &["--skip-provider-button=true"], cases)
}
