//! Names, attributes, domains and lifetimes of cookies, and how many logins may be on their way.

use serde_json::json;

use super::logins::login;
use crate::case::{Case, Configuration, Step, case, configuration, flow, get};
use crate::clock;
use crate::judge::{CookieOptions, Judge};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![domains(), strict(), browser_session(), per_request(), per_request_without_time()]
}

fn starts() -> Vec<Case> {
    let hosts = [
        "app.example.com",
        "app.example.com:8443",
        "a.b.example.com",
        "deep.b.example.com",
        "example.com",
        "EXAMPLE.com",
        "badexample.com",
        "other.net",
        "[::1]:80",
        "127.0.0.1",
    ];
    hosts
        .iter()
        .flat_map(|host| {
            [
                case(format!("start at {host}"), get("/oauth2/start?rd=/x").at(host)),
                case(format!("sign-out at {host}"), get("/oauth2/sign_out").at(host).signed_in()),
            ]
        })
        .collect()
}

fn domains() -> Configuration {
    let flags = [
        "--cookie-domain=.example.com",
        "--cookie-domain=.b.example.com",
        "--cookie-domain=other.net",
        "--cookie-samesite=lax",
    ];
    configuration("cookie domains", &flags, starts())
}

fn strict() -> Configuration {
    let flags = [
        "--cookie-name=__Secure-sid",
        "--cookie-path=/apps",
        "--cookie-samesite=strict",
        "--cookie-csrf-samesite=none",
        "--cookie-csrf-expire=5m",
        "--cookie-expire=2h",
        "--cookie-httponly=false",
    ];
    configuration(
        "cookie attributes",
        &flags,
        vec![
            case("start", get("/oauth2/start?rd=/apps/x")),
            case("sign-out", get("/oauth2/sign_out").signed_in()),
            case("the app", get("/apps/x").signed_in()),
            case(
                "the sign-in page clears a broken one",
                get("/apps/x").cookie(|_, options| format!("{}=x", options.name)),
            ),
        ],
    )
}

fn browser_session() -> Configuration {
    let flags = [
        "--cookie-secure=false",
        "--cookie-expire=0s",
        "--cookie-csrf-expire=0s",
        "--cookie-name=s",
        "--cookie-samesite=none",
        "--redirect-url=https://auth.example.com/oauth2/callback",
    ];
    let mut cases = vec![
        case("start", get("/oauth2/start?rd=/x")),
        case("start over a port", get("/oauth2/start?rd=/x").at("app.example.com:4180")),
        case("sign-out", get("/oauth2/sign_out").signed_in()),
    ];
    cases.push(flow("a login", login("https://auth.example.com/oauth2/start?rd=/x", "alice")));
    configuration("cookies for one browser session", &flags, cases)
}

fn per_request() -> Configuration {
    configuration(
        "login cookies per request",
        &["--cookie-csrf-per-request=true", "--cookie-csrf-per-request-limit=2", "--cookie-domain=.example.com"],
        vec![
            case("start", get("/oauth2/start?rd=/x")),
            case("start with two on their way", get("/oauth2/start?rd=/x").cookie(|j, o| on_their_way(j, o, 2))),
            case("start with three on their way", get("/oauth2/start?rd=/x").cookie(|j, o| on_their_way(j, o, 3))),
            case("start with five on their way", get("/oauth2/start?rd=/x").cookie(|j, o| on_their_way(j, o, 5))),
            case(
                "start with unreadable ones",
                get("/oauth2/start").cookie(|_, o| format!("{0}_aaaaaaaa_csrf=x; {0}_b_csrf=y; {0}_c_csrf=z", o.name)),
            ),
            flow("a login", login("https://auth.example.com/oauth2/start?rd=/x", "alice")),
            flow("two logins, the second finished first", two_logins()),
        ],
    )
}

fn per_request_without_time() -> Configuration {
    configuration(
        "login cookies per request, unbounded",
        &["--cookie-csrf-per-request=true", "--cookie-csrf-expire=0s"],
        vec![
            case("start with five on their way", get("/oauth2/start?rd=/x").cookie(|j, o| on_their_way(j, o, 5))),
            flow("a login", login("https://auth.example.com/oauth2/start?rd=/x", "alice")),
        ],
    )
}

/// So many logins, the oldest first in age and last in the header.
fn on_their_way(judge: &mut Judge, options: &CookieOptions, count: u8) -> String {
    let pairs: Vec<String> = (0..count)
        .map(|n| {
            let login = json!({"s": format!("{n:02x}").repeat(32), "n": "00".repeat(32)});
            judge.mint_login(options, &login, clock::seconds_ago(10.0 * f64::from(n))).0
        })
        .collect();
    pairs.join("; ")
}

fn two_logins() -> Vec<Step> {
    let start = |target: &str| Step::Open(format!("https://auth.example.com/oauth2/start?rd={target}"));
    vec![
        start("/first"),
        start("/second"),
        Step::SignIn("alice"),
        Step::Return(str::to_owned),
        Step::Open("https://auth.example.com/oauth2/userinfo".into()),
    ]
}
