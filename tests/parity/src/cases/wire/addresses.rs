//! Whose address counts: every header that may tell it, in every form, and networks in every notation.

use crate::case::{Case, Configuration, Logs, case, configuration, get};
use crate::cases::rows;

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![
        header("X-Real-IP", "client address by X-Real-IP", "--real-client-ip-header=X-Real-IP"),
        header("X-ProxyUser-IP", "client address by X-ProxyUser-IP", "--real-client-ip-header=X-ProxyUser-IP"),
        header(
            "X-Envoy-External-Address",
            "client address by X-Envoy-External-Address",
            "--real-client-ip-header=X-Envoy-External-Address",
        ),
        header("CF-Connecting-IP", "client address by CF-Connecting-IP", "--real-client-ip-header=CF-Connecting-IP"),
        header("X-Forwarded-For", "client address by X-Forwarded-For", "--real-client-ip-header=X-Forwarded-For"),
        several_lines(),
        peers(),
        direct("the peer's own address", "--trusted-ip=127.0.0.1"),
        direct("the peer's mapped address", "--trusted-ip=::ffff:127.0.0.1"),
        direct("the peer's network", "--trusted-ip=127.0.0.0/30"),
        direct("another network", "--trusted-ip=128.0.0.0/1,::/0"),
    ]
}

const VALUES: [&str; 22] = [
    "192.0.2.7",
    "192.0.2.7:80",
    " 192.0.2.7 ",
    "192.0.2.7,198.51.100.1",
    "198.51.100.1,192.0.2.7",
    "198.51.100.1, 192.0.2.7 , 127.0.0.1",
    "192.0.2.8",
    "192.0.2.007",
    "192.0.2.7:",
    "192.0.2.7:x",
    "192.0.2",
    "3221225991",
    "::ffff:192.0.2.7",
    "[::ffff:192.0.2.7]:80",
    "2001:db8::7",
    "[2001:db8::7]",
    "[2001:db8::7]:443",
    "2001:db8::7%eth0",
    "2001:db9::7",
    "unknown",
    "\"192.0.2.7\"",
    "",
];

/// An address in this header, which the configuration names, and in the one that it does not name.
fn header(name: &'static str, title: &'static str, flag: &'static str) -> Configuration {
    let mut cases: Vec<Case> = VALUES
        .iter()
        .map(|value| {
            case(format!("{name}: {value:?}"), get("/page").with("Accept", "application/json").with(name, *value))
        })
        .collect();
    let page = || get("/page").with("Accept", "application/json");
    if name == "X-Forwarded-For" {
        cases.push(case("two lines", page().with(name, "192.0.2.7").with(name, "198.51.100.1")));
        cases.push(case("two lines, the other way round", page().with(name, "198.51.100.1").with(name, "192.0.2.7")));
    }
    let other = if name == "X-Real-IP" { "CF-Connecting-IP" } else { "X-Real-IP" };
    cases.push(case("another header", page().with(other, "192.0.2.7")));
    cases.push(case("no header", page()));
    cases.push(case("on auth", get("/oauth2/auth").with(name, "192.0.2.7")));
    cases.push(case("on userinfo", get("/oauth2/userinfo").with(name, "192.0.2.7")));
    cases.push(case("with a session", get("/page").with(name, "192.0.2.7").signed_in()));
    let flags = [
        "--reverse-proxy=true",
        flag,
        "--trusted-ip=192.0.2.7",
        "--trusted-ip=2001:db8::/32",
        "--trusted-proxy-ip=127.0.0.1",
    ];
    Configuration { logs: Logs::Compared, ..configuration(title, &flags, cases) }
}

/// Several lines of a header that is one address: a proxy may have put its own behind the visitor's.
fn several_lines() -> Configuration {
    let page = || get("/page").with("Accept", "application/json");
    let (trusted, other) = ("192.0.2.7", "198.51.100.1");
    let cases = vec![
        case("a trusted address first", page().with("X-Real-IP", trusted).with("X-Real-IP", other))
            .explained_by(rows::two_clients_are_nobody()),
        case("a trusted address last", page().with("X-Real-IP", other).with("X-Real-IP", trusted)),
    ];
    let flags = ["--reverse-proxy=true", "--trusted-ip=192.0.2.7", "--trusted-proxy-ip=127.0.0.1"];
    configuration("client addresses in several lines", &flags, cases)
}

/// Which peers are believed.
fn peers() -> Configuration {
    let page = || get("/page").with("Accept", "application/json");
    let cases = vec![
        case("a forwarded client", page().with("X-Real-IP", "192.0.2.7")),
        case("a forwarded host", get("/oauth2/start").with("X-Forwarded-Host", "x.example.com")),
        case("nothing", page()),
    ];
    let flags = [
        "--reverse-proxy=true",
        "--trusted-proxy-ip=::ffff:127.0.0.0/104",
        "--trusted-ip=192.0.2.7",
        "--trusted-ip=127.0.0.1",
    ];
    configuration("mapped networks of proxies", &flags, cases)
}

/// Without `reverse-proxy` the peer itself is looked at.
fn direct(title: &'static str, flag: &'static str) -> Configuration {
    let page = || get("/page").with("Accept", "application/json");
    let cases = vec![
        case("a page", page()),
        case("a page with a forwarded address", page().with("X-Real-IP", "192.0.2.7")),
        case("auth", get("/oauth2/auth")),
        case("userinfo", get("/oauth2/userinfo")),
        case("an ambiguous path", get("/a%2F..%2Fb").with("Accept", "application/json")),
        case("a session is kept", get("/page").signed_in()),
    ];
    configuration(title, &[flag], cases)
}
