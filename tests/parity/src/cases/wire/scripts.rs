//! Requests that browsers make for pages and scripts rather than for people (`Sec-Fetch-Mode`).

use super::reasons;
use crate::case::{Case, Configuration, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![
        with("subresources", &[]),
        with("subresources without a button", &["--skip-provider-button=true"]),
        switched_back(),
    ]
}

const MODES: [&str; 5] = ["cors", "no-cors", "same-origin", "websocket", "nested-navigate"];

const ENDPOINTS: [&str; 6] = [
    "/oauth2/sign_in?rd=/x",
    "/oauth2/start?rd=/x",
    "/oauth2/sign_out?rd=/x",
    "/oauth2/auth",
    "/oauth2/userinfo",
    "/oauth2/callback?error=x",
];

fn with(name: &'static str, flags: &[&'static str]) -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for mode in MODES {
        cases.push(
            case(format!("a page, {mode}"), get("/page").with("Sec-Fetch-Mode", mode))
                .explained_by(reasons::no_login_for_subresources()),
        );
        cases.push(case(
            format!("a page with a session, {mode}"),
            get("/page").with("Sec-Fetch-Mode", mode).signed_in(),
        ));
        cases.push(case(
            format!("a page as JSON, {mode}"),
            get("/page").with("Sec-Fetch-Mode", mode).with("Accept", "application/json"),
        ));
        // Our own endpoints do what they are there for.
        cases.extend(
            ENDPOINTS.map(|endpoint| case(format!("{endpoint}, {mode}"), get(endpoint).with("Sec-Fetch-Mode", mode))),
        );
    }
    cases.push(case("a page, navigate", get("/page").with("Sec-Fetch-Mode", "navigate")));
    cases.push(case(
        "a page in a frame",
        get("/page").with("Sec-Fetch-Mode", "navigate").with("Sec-Fetch-Dest", "iframe"),
    ));
    cases.push(case(
        "other metadata alone",
        get("/page").with("Sec-Fetch-Site", "cross-site").with("Sec-Fetch-Dest", "image"),
    ));
    configuration(name, flags, cases)
}

fn switched_back() -> Configuration {
    let page = |mode: &&str| case(format!("a page, {mode}"), get("/page").with("Sec-Fetch-Mode", *mode));
    let cases = MODES.iter().map(page).collect();
    Configuration {
        environment: vec![("OAUTH2_PROXY_LOGIN_FOR_SUBRESOURCES", "true")],
        ..configuration("logins for subresources", &[], cases)
    }
}
