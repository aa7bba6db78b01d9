//! Requests whose answers are the same, for what both programs write down about them.

use serde_json::json;

use super::logins::login;
use super::rows;
use crate::case::{Ask, Case, Configuration, Logs, alice_but, ask, case, configuration, flow, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![direct(), proxied()]
}

fn direct() -> Configuration {
    let mut cases = usual(|ask| ask);
    cases.push(flow("a login", login("https://auth.example.com/oauth2/start?rd=/x", "alice")));
    cases.push(case("somebody who may not come in", get("/page").as_session(alice_but(&json!({"g": ["others"]})))));
    cases.push(case(
        "somebody of another domain",
        get("/page").as_session(alice_but(&json!({"e": "alice@other.test"}))),
    ));
    let flags = [
        "--allowed-group=admins",
        "--email-domain=example.com",
        "--exclude-logging-path=/quiet",
        "--skip-auth-route=^/open",
    ];
    Configuration {
        base: crate::case::Base::NoDomain,
        logs: Logs::Compared,
        explained: rows::no_query_of_ours_in_logs(),
        ..configuration("log lines", &flags, cases)
    }
}

fn proxied() -> Configuration {
    let forwarded = |ask: Ask| {
        let ask = ask.with("X-Forwarded-Host", "app.example.com").with("X-Forwarded-Proto", "https");
        ask.with("X-Real-Ip", "203.0.113.7")
    };
    let mut cases = usual(forwarded);
    // Where every address may come in, so may a session without one (P63).
    cases.push(case("a session without an e-mail", forwarded(get("/page").as_session(json!({"u": "nameless"})))));
    cases.push(case("no client address", get("/page").with("Accept", "application/json")));
    cases.push(case(
        "an unreadable client address",
        get("/page").with("X-Real-Ip", "x").with("Accept", "application/json"),
    ));
    let flags = [
        "--reverse-proxy=true",
        "--silence-ping-logging=true",
        "--skip-auth-route=^/open",
        "--request-id-header=X-Trace",
    ];
    Configuration {
        logs: Logs::Compared,
        explained: rows::no_query_of_ours_in_logs(),
        ..configuration("log lines behind a proxy", &flags, cases)
    }
}

fn usual(more: impl Fn(Ask) -> Ask) -> Vec<Case> {
    vec![
        case("the app", more(get("/page?x=1&y=%20").signed_in())),
        case("the app by POST", more(ask("POST", "/page").body("x").signed_in())),
        case("the app by HEAD", more(ask("HEAD", "/page").signed_in())),
        case("the app answers 404", more(get("/answers/404").signed_in())),
        case("the app answers chunked", more(get("/answers/redirect").signed_in())),
        case("a user agent", more(get("/page").with("User-Agent", "a \"b\" \\c\té").signed_in())),
        case("a request id", more(get("/page").with("X-Request-Id", "abc-123").with("X-Trace", "trace-1").signed_in())),
        case("not signed in", more(get("/page"))),
        case("JSON", more(get("/page").with("Accept", "application/json"))),
        case("a broken session", more(get("/page").cookie(|_, options| format!("{}=x", options.name)))),
        case("an exempt page", more(get("/open/x"))),
        case("a page that is not written down", more(get("/quiet").signed_in())),
        case("auth", more(get("/oauth2/auth").signed_in())),
        case("auth refused", more(get("/oauth2/auth"))),
        case("userinfo", more(get("/oauth2/userinfo").signed_in())),
        case("the sign-in page", more(get("/oauth2/sign_in?rd=/x"))),
        case("start", more(get("/oauth2/start?rd=/x"))),
        case("sign-out", more(get("/oauth2/sign_out?rd=/x").signed_in())),
        case("an error of the provider", more(get("/oauth2/callback?error=access_denied&state=a:b"))),
        case("ping", more(get("/ping"))),
        case("ready", more(get("/ready"))),
        case("robots", more(get("/robots.txt"))),
        case("an absolute path that is cleaned", more(get("//a"))),
    ]
}
