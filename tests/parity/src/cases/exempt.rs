//! Requests that need no session: routes, methods, paths that could be read in two ways.

use super::rows;
use crate::case::{Case, Configuration, ask, case, configuration, get};

/// Rules of every form.
pub(super) fn rules() -> Configuration {
    let mut cases = matches();
    cases.extend(ambiguous());
    cases.extend(endpoints());
    configuration(
        "exempt routes",
        &[
            "--skip-auth-route=^/any$",
            "--skip-auth-route=GET=^/read",
            "--skip-auth-route=HEAD,POST=^/write",
            "--skip-auth-route=put!=^/closed",
            "--skip-auth-regex=^/pub",
            "--skip-auth-preflight=true",
            "--api-route=^/api",
            "--api-route=\\?json=1",
            "--set-xauthrequest=true",
        ],
        cases,
    )
}

/// A negated rule, a trusted address, JSON for all.
pub(super) fn negated() -> Configuration {
    configuration(
        "exempt but for some",
        &["--skip-auth-route=!=^/closed", "--force-json-errors=true"],
        vec![
            case("another path", get("/other")),
            case("the closed path", get("/closed/x")),
            case("the closed path spelled otherwise", get("/%63losed/x")),
            case("a path with a parameter", get("/other;x")),
            case("a path with two encoded slashes", get("/other%2F%2Fx")),
            case("auth is exempt", get("/oauth2/auth")),
            case("userinfo is exempt", get("/oauth2/userinfo")),
            case("sign-out is exempt", get("/oauth2/sign_out")),
            case("sign-out with an ID token that is not there", get("/oauth2/sign_out?rd=%2Fbye%3F%7Bid_token%7D"))
                .explained_by(rows::no_crash()),
            case("with a session", get("/other").signed_in()),
            case("with a broken session", get("/other").cookie(|_, options| format!("{}=x", options.name))),
            case(
                "with forged headers",
                get("/other").with("X-Forwarded-User", "root").with("X_Forwarded_Email", "root@x"),
            ),
        ],
    )
}

/// Loopback itself is trusted.
pub(super) fn trusted_address() -> Configuration {
    configuration(
        "trusted address",
        &["--trusted-ip=127.0.0.0/8"],
        vec![
            case("a page", get("/page")),
            case("an ambiguous page", get("/page/..;/x")),
            case("userinfo", get("/oauth2/userinfo")),
            case("auth", get("/oauth2/auth")),
            case("sign-out", get("/oauth2/sign_out?rd=/bye")),
            case("a page with a session", get("/page").signed_in()),
            case("constraints hold for a session", get("/page?allowed_groups=other").signed_in()),
            case("constraints without a session", get("/page?allowed_groups=other")),
        ],
    )
}

fn matches() -> Vec<Case> {
    let paths = ["/any", "/any?x=1", "/any?x=a;b", "/any?x=%", "/%61ny", "/any/more", "/any%2F", "/any%23x", "/any?a"];
    let mut cases: Vec<Case> = paths.iter().map(|path| case(format!("any method {path}"), get(*path))).collect();
    cases.extend([
        case("any method by POST", ask("POST", "/any").body("x")),
        case("GET by GET", get("/read/x")),
        case("GET by HEAD", ask("HEAD", "/read/x")),
        case("GET by POST", ask("POST", "/read/x")),
        case("a list is two rules", ask("POST", "/write/x")),
        case("the first of the list is a pattern", get("/x/HEAD")),
        case("a method is upper-cased, its rule negated", ask("PUT", "/elsewhere")),
        case("a method is upper-cased, its rule negated, closed", ask("PUT", "/closed/x")),
        case("preflight", ask("OPTIONS", "/secret").with("Origin", "https://x.example.com")),
        case("preflight with a session", ask("OPTIONS", "/secret").signed_in()),
        case("an API route", get("/api/x")),
        case("an API route spelled otherwise", get("/%61pi/x")),
        case("an API route by its query", get("/page?json=1")),
        case("an API route with a session", get("/api/x").signed_in()),
    ]);
    cases
}

/// What may be read in two ways needs a session.
fn ambiguous() -> Vec<Case> {
    let same = [
        "/pub",
        "/pub%20x",
        "/pub/...",
        "/public/x",
        "/pub%2F..%2Fsecret",
        "/pub/%2e%2e/x",
        "/pub/..;/x",
        "/pub;v=1",
        "/pub%3Fx",
        "/pub%2F%2Fx",
        "/pub%5Cx",
        "/pub%00",
        "/pub/%2e/x",
        "/pub%0a",
    ];
    let ours_alone = ["/pub%2Fx", "/pub%252f..%252fsecret", "/pub%ff"];
    let mut cases: Vec<Case> = same.iter().map(|path| case(format!("ambiguous {path}"), get(*path))).collect();
    cases.extend(
        ours_alone.iter().map(|path| case(format!("ambiguous {path}"), get(*path)).explained_by(rows::never_exempt())),
    );
    cases.push(case("ambiguous with a session", get("/pub/..;/x").signed_in()));
    cases
}

fn endpoints() -> Vec<Case> {
    vec![
        case("an exempt page with a session", get("/pub/x").signed_in()),
        case(
            "an exempt page with forged headers",
            get("/pub/x")
                .with("X-Forwarded-User", "root")
                .with("X_forwarded_email", "r@x")
                .with("Authorization", "Bearer x"),
        ),
        case("an exempt page with a session that is refused elsewhere", get("/pub/x?allowed_groups=none").signed_in()),
    ]
}
