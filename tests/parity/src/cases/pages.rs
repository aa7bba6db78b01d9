//! What the built-in pages say when the configuration says what they should say, and the files beside them.

use super::rows;
use crate::case::{Configuration, ask, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![words(), status_200()]
}

fn words() -> Configuration {
    let flags = [
        "--provider-display-name=Our Company",
        "--banner=-",
        "--footer=-",
        "--gcp-healthchecks=true",
        "--request-id-header=X-Trace",
    ];
    configuration(
        "pages",
        &flags,
        vec![
            case("the sign-in page", get("/oauth2/sign_in?rd=/x")),
            case("the sign-in page of a page", get("/page?<>\"'&x=1")).explained_by(rows::refused_with_400("D42")),
            case("the sign-in page of a page with odd letters", get("/page?a='b'&c=(d)&e=%3Cf%3E")),
            case("an error page", get("/oauth2/callback?error=%3Cscript%3E")),
            case("a request id of the client", get("/oauth2/callback?error=x").with("X-Trace", "abc")),
            case("the style sheet", get("/oauth2/static/css/bulma.min.css")).explained_by(rows::own_style_sheets()),
            case("the icons' style sheet", get("/oauth2/static/css/all.min.css"))
                .explained_by(rows::own_style_sheets()),
            case("the icons' font", get("/oauth2/static/webfonts/fa-solid-900.woff2"))
                .explained_by(rows::own_style_sheets()),
            case("a folder of files", get("/oauth2/static/css/")).explained_by(rows::no_listing()),
            case("a file that is not there", get("/oauth2/static/nothing.css")),
            case("a file by HEAD", ask("HEAD", "/oauth2/static/css/bulma.min.css"))
                .explained_by(rows::own_style_sheets()),
            case("a health check of Google's", get("/liveness_check").with("User-Agent", "GoogleHC/1.0")),
            case("another health check of Google's", get("/readiness_check").with("User-Agent", "GoogleHC/1.0")),
            case("a health check by others", get("/liveness_check")),
            case("ping needs an agent then", get("/ping")),
            case("ping by Google", get("/ping").with("User-Agent", "GoogleHC/1.0")),
        ],
    )
}

/// The choice of the system that this project implements.
fn status_200() -> Configuration {
    Configuration {
        environment: vec![("OAUTH2_PROXY_SIGN_IN_PAGE_STATUS", "200")],
        ..configuration(
            "sign-in page with 200",
            &[],
            vec![
                case("a page", get("/page")).explained_by(rows::sign_in_page_with_200()),
                case("a page by HEAD", ask("HEAD", "/page")).explained_by(rows::sign_in_page_with_200()),
                case("the sign-in page", get("/oauth2/sign_in")),
                case("JSON", get("/page").with("Accept", "application/json")),
                case("auth", get("/oauth2/auth")),
            ],
        )
    }
}
