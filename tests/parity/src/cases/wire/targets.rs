//! Every target of a redirect through every place that takes one.

use super::reasons;
use serde_json::json;

use crate::case::{Case, Configuration, Step, alice_but, case, configuration, flow, get};
use crate::cases::{redirects::TARGETS, rows};
use crate::page::encode_component;

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![pages(), elsewhere(), automatic(), forwarded(), insecure(), finished()]
}

const LISTED: [&str; 4] = [
    "--whitelist-domain=.example.com",
    "--whitelist-domain=other.test:8080",
    "--whitelist-domain=any.test:*",
    "--whitelist-domain=*.star.test",
];

/// Targets whose query or fragment alone holds what a path may not.
const PATTERN_BEHIND_THE_PATH: [&str; 3] = ["/a?b=//c", "/a?u=https://x/", "/foo#/bar//baz"];

/// Further forms, most of them seen in reports about open redirects.
const MORE: [&str; 24] = [
    "/\t\t/evil.org",
    "/\n/evil.org",
    "/\r\n/evil.org",
    "/ \t /evil.org",
    "/.//evil.org",
    "/..//evil.org",
    "/.../evil.org",
    "\\/evil.org",
    "\\\\evil.org",
    "/\\/evil.org",
    "///evil.org",
    "/%2F/evil.org",
    "/%5Cevil.org",
    "https:/evil.org",
    "https:evil.org",
    "http:///evil.org",
    "https://app.example.com.evil.org/",
    "https://app.example.com%2eevil.org/",
    "https://evil.org#.example.com",
    "https://evil.org?.example.com",
    "https://a.example.com:/x",
    "https://a.example.com:80:90/x",
    "data:text/html,x",
    " /x",
];

fn both() -> impl Iterator<Item = &'static str> {
    TARGETS.into_iter().chain(MORE)
}

fn with_target(path: &str, target: &str) -> String {
    format!("{path}?rd={}", encode_component(target))
}

/// Targets that show on pages: of the sign-in endpoint, before a page, and for an account that may not enter.
fn pages() -> Configuration {
    let outsider = || alice_but(&json!({"g": ["others"]}));
    let mut cases = Vec::new();
    for target in both() {
        cases.push(case(format!("sign-in page to {target:?}"), get(with_target("/oauth2/sign_in", target))));
        cases.push(case(format!("page to {target:?}"), get(with_target("/page", target))));
        let kept_out = get(with_target("/page", target)).as_session(outsider());
        cases.push(case(format!("kept out, to {target:?}"), kept_out));
    }
    for target in PATTERN_BEHIND_THE_PATH {
        let page = get(with_target("/oauth2/sign_in", target));
        cases.push(
            case(format!("sign-in page to {target:?}"), page).explained_by(rows::pattern_in_the_path_alone_of_a_page()),
        );
    }
    let flags = [&LISTED[..], &["--allowed-group=admins"]].concat();
    configuration("targets on pages", &flags, cases)
}

/// Targets that show in `Location`: of a sign-out, of a login by header, and the further forms of a login.
fn elsewhere() -> Configuration {
    let mut cases = Vec::new();
    for target in both() {
        cases.push(case(format!("sign-out to {target:?}"), get(with_target("/oauth2/sign_out", target))));
        // What no header may carry cannot come in one.
        if !target.chars().any(|c| c.is_control() && c != '\t') {
            let by_header = get("/oauth2/start").with("X-Auth-Request-Redirect", target);
            cases.push(case(format!("by header to {target:?}"), by_header));
        }
    }
    cases.extend(MORE.map(|target| case(format!("start to {target:?}"), get(with_target("/oauth2/start", target)))));
    for target in PATTERN_BEHIND_THE_PATH {
        let by_header = get("/oauth2/start").with("X-Auth-Request-Redirect", target);
        cases.push(case(format!("by header to {target:?}"), by_header).explained_by(rows::pattern_in_the_path_alone()));
        let out = get(with_target("/oauth2/sign_out", target));
        cases.push(
            case(format!("sign-out to {target:?}"), out).explained_by(reasons::pattern_in_the_path_alone_at_the_end()),
        );
    }
    configuration("targets elsewhere", &LISTED, cases)
}

/// The automatic login before a page takes `rd`, the header and the page's own address.
fn automatic() -> Configuration {
    let mut cases: Vec<Case> =
        both().map(|target| case(format!("page to {target:?}"), get(with_target("/page", target)))).collect();
    for address in
        ["/", "/a?b=c", "/a%2F%2Fb", "/a?", "/a/b/", "/a;b", "/%C3%A9", "/a%0ab", "/oauth2/", "/oauth2", "/oauth2x/a"]
    {
        cases.push(case(format!("page at {address}"), get(address)));
    }
    let flags = [&LISTED[..], &["--skip-provider-button=true"]].concat();
    configuration("targets of automatic logins", &flags, cases)
}

/// The address that a trusted proxy tells.
fn forwarded() -> Configuration {
    let told = |target: &str| {
        let start = get("/oauth2/start").with("X-Forwarded-Host", "app.example.com").with("X-Forwarded-Proto", "https");
        start.with("X-Forwarded-Uri", target)
    };
    let mut cases: Vec<Case> = both()
        .filter(|target| !target.chars().any(char::is_control))
        .map(|target| case(format!("forwarded address {target:?}"), told(target)))
        .collect();
    for proto in ["http", "HTTPS", "Https", "https, http", "ws", "javascript", "", "ftp"] {
        let start = get("/oauth2/start").with("X-Forwarded-Host", "app.example.com").with("X-Forwarded-Uri", "/u");
        cases.push(case(format!("forwarded scheme {proto:?}"), start.with("X-Forwarded-Proto", proto)));
    }
    for host in
        ["app.example.com:443", "APP.example.com", "a.b.example.com", "evil.org", "app.example.com.", "", "[::1]"]
    {
        let start = get("/oauth2/start").with("X-Forwarded-Proto", "https").with("X-Forwarded-Uri", "/u");
        cases.push(case(format!("forwarded host {host:?}"), start.with("X-Forwarded-Host", host)));
    }
    let flags = [&LISTED[..], &["--reverse-proxy=true"]].concat();
    configuration("targets by forwarding", &flags, cases)
}

/// Where cookies are not for https alone, the forwarded scheme counts.
fn insecure() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for proto in ["http", "https", "HTTPS", "wss", "https, http", ""] {
        let start = get("/oauth2/start?rd=/x").with("X-Forwarded-Host", "app.example.com");
        cases.push(case(format!("forwarded scheme {proto:?}"), start.with("X-Forwarded-Proto", proto)));
    }
    cases.push(case("no scheme", get("/oauth2/start?rd=/x")));
    cases.push(case("an absolute target", get("https://app.example.com/oauth2/start?rd=/x")));
    let schemes = configuration("schemes of logins", &["--reverse-proxy=true", "--cookie-secure=false"], cases);
    Configuration { explained: reasons::one_of_two_schemes(), ..schemes }
}

/// Where a login ends whose `state` says this target.
fn finished() -> Configuration {
    let end = |target: &str| {
        let start = "https://auth.example.com/oauth2/start?rd=/deep".to_owned();
        flow(
            format!("a login ends at {target:?}"),
            vec![Step::Open(start), Step::SignIn("alice"), Step::ReturnTo(target.to_owned())],
        )
    };
    let mut cases: Vec<Case> = both().map(end).collect();
    cases.extend(
        PATTERN_BEHIND_THE_PATH.map(|target| end(target).explained_by(reasons::pattern_in_the_path_alone_at_the_end())),
    );
    configuration("targets of finished logins", &LISTED, cases)
}
