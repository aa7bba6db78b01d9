//! Where a visitor may be sent: every form of `rd`, with and without domains on the whitelist.

use super::rows;
use crate::case::{Case, Configuration, ask, case, configuration, get};
use crate::page::encode_component;

/// Targets, valid and not, each as it would stand decoded in `rd`.
pub(super) const TARGETS: [&str; 41] = [
    "/foo",
    "/foo?a=b&c=d#frag",
    "/",
    "",
    "foo",
    "?x",
    "//evil.example.org/",
    "/\\evil.example.org",
    "/ /evil",
    "/\t/evil",
    "/\u{b}/evil",
    "/a//b",
    "/a/./b",
    "/a/../b",
    "/a/..b",
    "/x\\/y",
    "/a\\b",
    "/%09/x",
    "/a%2F%2Fb",
    "/é",
    "/a b",
    "/foo#/bar",
    "/oauth2/sign_in",
    "/oauth2/start?rd=/x",
    "javascript:alert(1)",
    "HTTPS://app.example.com/",
    "https:///x",
    "https://[::1]/",
    "https://example.com",
    "https://app.example.com/x?y=z",
    "https://app.example.com/../x//y",
    "https://app.example.com:443/",
    "https://app.example.com:8443/",
    "https://user@app.example.com/",
    "https://app.example.com\\@evil.org/",
    "https://APP.example.com/",
    "https://evilexample.com/",
    "http://other.test/p",
    "http://other.test:8080/p",
    "https://any.test:99/x",
    "https://star.test/",
];

/// No domain but the request's own.
pub(super) fn own_host_only() -> Configuration {
    configuration("redirects, no whitelist", &[], starts(&TARGETS[..32]))
}

/// A whitelist of every form of entry.
pub(super) fn whitelist() -> Configuration {
    let mut cases = starts(&TARGETS[26..]);
    cases.extend(sign_outs());
    cases.extend(sources());
    configuration(
        "redirects, whitelist",
        &[
            "--whitelist-domain=.example.com",
            "--whitelist-domain=other.test:8080",
            "--whitelist-domain=any.test:*",
            "--whitelist-domain=*.star.test",
        ],
        cases,
    )
}

fn starts(targets: &[&str]) -> Vec<Case> {
    targets.iter().map(|target| case(format!("start to {target:?}"), get(start(target)))).collect()
}

fn start(target: &str) -> String {
    format!("/oauth2/start?rd={}", encode_component(target))
}

fn sign_outs() -> Vec<Case> {
    let to =
        ["/bye", "/bye?a=b c#d", "/bye/../x", "https://app.example.com/bye", "https://evil.org/", "/bye?t={id_token}"];
    to.iter()
        .flat_map(|target| {
            let path = format!("/oauth2/sign_out?rd={}", encode_component(target));
            [
                case(format!("sign-out to {target:?}"), get(path.clone())),
                case(format!("sign-out to {target:?} with a session"), get(path).signed_in()),
            ]
        })
        .collect()
}

fn sources() -> Vec<Case> {
    let header = "X-Auth-Request-Redirect";
    vec![
        case("the header says where", get("/oauth2/start").with(header, "/from-header")),
        case("rd beats the header", get("/oauth2/start?rd=/from-rd").with(header, "/from-header")),
        case("an invalid rd leaves it to the header", get("/oauth2/start?rd=//x").with(header, "/from-header")),
        case("an invalid header is passed over", get("/oauth2/sign_in").with(header, "https://evil.org/")),
        case("the first rd counts", get("/oauth2/start?rd=/one&rd=/two")),
        case("the form beats the query", ask("POST", "/oauth2/start?rd=/query").form("rd=/form")),
        case("a GET has no form", get("/oauth2/start?rd=/query").form("rd=/form")),
        case("a page's own address", get("/deep/page?x=y&z=%2F")),
        case("a page under the prefix", get("/oauth2/nothing?x=y")),
        case("a page with a URL in its query", get("/a?u=https://x/"))
            .explained_by(rows::pattern_in_the_path_alone_of_a_page()),
        case("rd with a URL in its query", get(start("/a?u=https://x/")))
            .explained_by(rows::pattern_in_the_path_alone()),
        case("rd with slashes in its fragment", get(start("/foo#/bar//baz")))
            .explained_by(rows::pattern_in_the_path_alone()),
        case(
            "a forwarded address without reverse-proxy",
            get("/oauth2/start")
                .with("X-Forwarded-Host", "evil.org")
                .with("X-Forwarded-Uri", "/fw")
                .with("X-Forwarded-Proto", "https"),
        ),
    ]
}
