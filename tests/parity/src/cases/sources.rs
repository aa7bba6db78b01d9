//! Where settings come from: arguments in every form, the environment, the file, and which of them wins.

use crate::case::{Case, Configuration, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![arguments(), file(), environment()]
}

/// What shows which values are in force.
fn probes() -> Vec<Case> {
    vec![
        case("the login cookie", get("/oauth2/start?rd=/x")),
        case("a target on the list", get("/oauth2/start?rd=https%3A%2F%2Fa.example.com%2F")),
        case("another target on the list", get("/oauth2/start?rd=https%3A%2F%2Fb.example.net%2F")),
        case(
            "a forwarded host",
            get("/oauth2/start")
                .with("X-Forwarded-Host", "a.example.com")
                .with("X-Forwarded-Proto", "https")
                .with("X-Forwarded-Uri", "/f"),
        ),
        case("an exempt page", get("/open")),
        case("the app", get("/page").signed_in()),
        case("a page", get("/page")),
    ]
}

fn arguments() -> Configuration {
    let flags = [
        "--cookie-name=overwritten",
        "--cookie-name=sid",
        "--reverse-proxy",
        "--whitelist-domain=.example.com,b.example.net",
        "--skip-auth-route",
        "^/open",
        "--cookie-samesite",
        "lax",
    ];
    configuration("settings by argument", &flags, probes())
}

fn file() -> Configuration {
    Configuration {
        file: Some(
            "cookie_name = \"overruled\"\nreverse_proxy = true\nset_xauthrequest = true\ncookie_domains = [\".example.com\"]\n\
             whitelist_domains = [\".example.com\", \"b.example.net\"]\nskip_auth_routes = [\"^/open\"]\ncookie_csrf_expire = \"2m\"\n\
             cookie_samesite = \"strict\"\n# a comment\n",
        ),
        environment: vec![("OAUTH2_PROXY_COOKIE_SAMESITE", "lax"), ("OAUTH2_PROXY_COOKIE_CSRF_EXPIRE", "")],
        ..configuration("settings by file", &["--cookie-name=sid"], probes())
    }
}

fn environment() -> Configuration {
    Configuration {
        environment: vec![
            ("OAUTH2_PROXY_COOKIE_NAME", "overruled"),
            ("OAUTH2_PROXY_REVERSE_PROXY", "true"),
            ("OAUTH2_PROXY_WHITELIST_DOMAINS", ".example.com,b.example.net"),
            ("OAUTH2_PROXY_SKIP_AUTH_ROUTES", "^/open,GET=^/page$"),
            ("OAUTH2_PROXY_COOKIE_DOMAINS", ".example.com"),
            ("OAUTH2_PROXY_SET_XAUTHREQUEST", "1"),
        ],
        ..configuration("settings by environment", &["--cookie-name=sid"], probes())
    }
}
