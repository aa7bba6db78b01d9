//! Endpoints under prefixes of every form.

use crate::case::{Case, Configuration, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![
        below("prefix of two segments", "--proxy-prefix=/a/b", "/a/b"),
        below("prefix with a dot", "--proxy-prefix=/.auth", "/.auth"),
        below("prefix with odd letters", "--proxy-prefix=/a_b~c-d", "/a_b~c-d"),
        below("prefix in capitals", "--proxy-prefix=/OAuth2", "/OAuth2"),
    ]
}

fn below(title: &'static str, flag: &'static str, prefix: &str) -> Configuration {
    let at = |path: &str| get(format!("{prefix}{path}"));
    let mut cases: Vec<Case> = Vec::new();
    for path in [
        "/auth",
        "/sign_in",
        "/start",
        "/callback",
        "/userinfo",
        "/sign_out",
        "/static/x",
        "/unknown",
        "",
        "/",
        "/auth/",
    ] {
        cases.push(case(format!("PREFIX{path}"), at(path)));
        cases.push(case(format!("PREFIX{path} with a session"), at(path).signed_in()));
    }
    cases.push(case("a target under the prefix", at("/start").with("X-Auth-Request-Redirect", format!("{prefix}/x"))));
    cases.push(case("a target at the sign-in page", at(&format!("/sign_in?rd={prefix}/sign_in"))));
    cases.push(case("a page under the prefix", at("/nothing?x=y")));
    cases.push(case("a page beside the prefix", get(format!("{prefix}x/auth"))));
    cases.push(case("the prefix in other letters", get(format!("{}/auth", prefix.to_ascii_uppercase())).signed_in()));
    cases.push(case("the usual prefix", get("/oauth2/sign_in")));
    cases.push(case("a doubled slash", at("//auth")));
    cases.push(case("an encoded letter", at("/%61uth").signed_in()));
    configuration(title, &[flag], cases)
}
