//! Semicolons and bad escapes in queries.

use super::rows;
use crate::case::{Case, Configuration, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![refused(), allowed()]
}

fn usual() -> Vec<Case> {
    vec![
        case("the app", get("/page?a=1;b=2").signed_in()),
        case("start", get("/oauth2/start?rd=/x;y")),
        case("start without a target", get("/oauth2/start?a;b")),
        case("sign-out", get("/oauth2/sign_out?rd=/x;y").signed_in()),
        case("sign_in", get("/oauth2/sign_in?a;b")),
        case("auth", get("/oauth2/auth?a;b").signed_in()),
        case("userinfo", get("/oauth2/userinfo?a;b").signed_in()),
        case("JSON", get("/page?a;b").with("Accept", "application/json")),
        case("an encoded semicolon", get("/page?a%3Bb")),
        case("start with a bad escape", get("/oauth2/start?a=%zz")),
        case("sign-out with a bad escape", get("/oauth2/sign_out?a=%zz")),
        case("sign_in with a bad escape", get("/oauth2/sign_in?a=%zz")),
        case("userinfo with a bad escape", get("/oauth2/userinfo?a=%zz").signed_in()),
    ]
}

fn refused() -> Configuration {
    let mut cases = usual();
    cases.push(case("a page without a session", get("/page?a=1;b=2")).explained_by(rows::bad_query_is_400()));
    cases.push(case("a page without a session, bad escape", get("/page?a=%zz")).explained_by(rows::bad_query_is_400()));
    configuration("queries", &[], cases)
}

fn allowed() -> Configuration {
    let mut cases = usual();
    cases.push(case("a page without a session", get("/page?a=1;b=2")));
    cases.push(case("constraints", get("/oauth2/auth?x=1;allowed_groups=none").signed_in()));
    cases.push(case("a callback", get("/oauth2/callback?error=denied;state=a:b")));
    cases.push(case("a callback with a code", get("/oauth2/callback?code=c;state=one")));
    configuration("queries with semicolons", &["--allow-query-semicolons=true"], cases)
}
