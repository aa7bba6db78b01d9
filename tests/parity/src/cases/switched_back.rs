//! The switches that bring back the original's behaviour: with all of them set, less differs.

use super::logins::login;
use crate::case::{Base, Configuration, case, configuration, flow, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![everything_back()]
}

fn everything_back() -> Configuration {
    Configuration {
        base: Base::Bare,
        environment: vec![
            ("OAUTH2_PROXY_PASS_SESSION_COOKIE", "true"),
            ("OAUTH2_PROXY_PASS_XAUTHREQUEST", "false"),
            ("OAUTH2_PROXY_LOGIN_RESTART", "false"),
            ("OAUTH2_PROXY_LOGIN_FOR_SUBRESOURCES", "true"),
            ("OAUTH2_PROXY_SESSION_MAX_COOKIE_BYTES", "0"),
            ("OAUTH2_PROXY_INSECURE_OIDC_SKIP_NONCE", "true"),
        ],
        ours_alone: vec![("OAUTH2_PROXY_CODE_CHALLENGE_METHOD", "none")],
        explained: super::rows::target_of_the_login(),
        ..configuration(
            "switched back",
            &["--set-xauthrequest=true"],
            vec![
                case("the app with its cookies", get("/page").signed_in()),
                case("the app is told the old names alone", get("/page").signed_in()),
                case("a script's request", get("/page").with("Sec-Fetch-Mode", "cors")),
                case("start", get("/oauth2/start?rd=/x")),
                case("a callback without a login", get("/oauth2/callback?code=x&state=abc:%2Fx")),
                flow("a login", login("https://auth.example.com/oauth2/start?rd=/x", "alice")),
            ],
        )
    }
}
