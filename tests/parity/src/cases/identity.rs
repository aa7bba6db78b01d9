//! What the app is told about the visitor, and what visitors may not say about themselves.

use serde_json::json;

use super::rows;
use crate::case::{Case, Configuration, alice_but, case, configuration, get};

/// Everything that can be passed is passed.
pub(super) fn everything() -> Configuration {
    let flags = [
        "--pass-access-token=true",
        "--pass-authorization-header=true",
        "--set-xauthrequest=true",
        "--set-authorization-header=true",
    ];
    Configuration { explained: rows::not_the_visitors_to_say(), ..configuration("identity headers", &flags, usual()) }
}

/// A Basic header for the app; the e-mail stands for the user.
pub(super) fn basic() -> Configuration {
    let flags = [
        "--basic-auth-password=p:w",
        "--prefer-email-to-user=true",
        "--set-basic-auth=true",
        "--set-xauthrequest=true",
    ];
    Configuration { explained: rows::not_the_visitors_to_say(), ..configuration("identity by Basic", &flags, usual()) }
}

/// Nothing is passed.
pub(super) fn nothing() -> Configuration {
    Configuration {
        explained: rows::not_the_visitors_to_say(),
        ..configuration("no identity headers", &["--pass-user-headers=false", "--pass-basic-auth=false"], usual())
    }
}

/// The visitor's own values are kept beside ours.
pub(super) fn kept() -> Configuration {
    let flags = ["--skip-auth-strip-headers=false", "--pass-host-header=false", "--skip-auth-route=^/open"];
    Configuration {
        explained: rows::not_the_visitors_to_say(),
        ..configuration("identity headers kept", &flags, usual())
    }
}

fn usual() -> Vec<Case> {
    let mut cases = vec![
        case("the app", get("/page").signed_in()),
        case("auth", get("/oauth2/auth").signed_in()),
        case("user only", get("/page").as_session(json!({"u": "only"}))),
        case("user only on auth", get("/oauth2/auth").as_session(json!({"u": "only"}))),
        case("e-mail only", get("/page").as_session(json!({"e": "only@example.com"}))),
        case("no groups", get("/page").as_session(json!({"u": "u", "e": "e@example.com", "pu": "p"}))),
        case("many groups", get("/page").as_session(alice_but(&json!({"g": ["a", "b,c", "d e", ""]})))),
        case("no tokens", get("/page").as_session(json!({"u": "u", "e": "e@example.com", "at": "", "it": ""}))),
    ];
    cases.extend(forged());
    cases
}

fn forged() -> Vec<Case> {
    vec![
        case(
            "forged user headers",
            get("/page")
                .with("X-Forwarded-User", "root")
                .with("x-forwarded-email", "root@example.com")
                .with("X-FORWARDED-GROUPS", "wheel")
                .with("X-Forwarded-Preferred-Username", "root")
                .signed_in(),
        ),
        case(
            "underscores",
            get("/page").with("X_Forwarded_User", "root").with("x_forwarded_groups", "wheel").signed_in(),
        ),
        case("dots", get("/page").with("X.Forwarded.User", "root").signed_in()),
        case(
            "names of the response",
            get("/page").with("X-Auth-Request-User", "root").with("X-Auth-Request-Groups", "wheel").signed_in(),
        ),
        case("tokens", get("/page").with("X-Forwarded-Access-Token", "t").signed_in()),
        case("credentials", get("/page").with("Authorization", "Basic cm9vdDpyb290").signed_in()),
        case(
            "forged without a session",
            get("/page").with("X-Forwarded-User", "root").with("Accept", "application/json"),
        ),
        case("an exempt page", get("/open").with("X-Forwarded-User", "root")),
    ]
}
