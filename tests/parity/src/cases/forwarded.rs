//! Behind a reverse proxy: which facts of a request are the proxy's to say.

use super::rows;
use crate::case::{Ask, Case, Configuration, Listens, Logs, case, configuration, get};

/// Everybody who can reach the port is believed.
pub(super) fn reverse_proxy() -> Configuration {
    let mut cases = facts();
    cases.extend(client_addresses());
    let proxied = configuration(
        "reverse proxy",
        &[
            "--reverse-proxy=true",
            "--whitelist-domain=.example.com",
            "--skip-auth-route=^/open",
            "--trusted-ip=192.0.2.7",
            "--cookie-domain=.example.com",
        ],
        cases,
    );
    Configuration { explained: rows::list_of_hosts(), ..proxied }
}

/// Only proxies elsewhere are believed, so the forwarded headers here say nothing.
pub(super) fn of_others() -> Configuration {
    configuration(
        "reverse proxy elsewhere",
        &[
            "--reverse-proxy=true",
            "--trusted-proxy-ip=192.0.2.0/24",
            "--skip-auth-route=^/open",
            "--trusted-ip=192.0.2.7",
        ],
        facts(),
    )
}

/// A peer on a unix socket is believed whoever is listed, and has no address of its own.
pub(super) fn over_a_socket() -> Configuration {
    let mut cases = facts();
    cases.push(case("a client told by nobody", get("/page").signed_in()));
    cases.push(case("a chain", get("/page").with("X-Forwarded-For", "203.0.113.5, 10.0.0.1").signed_in()));
    let flags = [
        "--reverse-proxy=true",
        "--trusted-proxy-ip=192.0.2.0/24",
        "--whitelist-domain=.example.com",
        "--skip-auth-route=^/open",
        "--trusted-ip=192.0.2.7",
    ];
    let proxied = configuration("reverse proxy over a socket", &flags, cases);
    Configuration { listens: Listens::OnSocket, explained: rows::list_of_hosts(), ..proxied }
}

/// The same without `reverse-proxy`: nobody is trusted, also not by address.
pub(super) fn over_a_socket_directly() -> Configuration {
    let cases = vec![
        case("a page", get("/page")),
        case("the app", get("/page").signed_in()),
        case("a client told by itself", get("/page").with("X-Real-Ip", "127.0.0.1")),
        case("start", get("/oauth2/start?rd=/x")),
        case("auth", get("/oauth2/auth")),
    ];
    let direct = configuration("a socket", &["--trusted-ip=127.0.0.1", "--trusted-ip=::/0"], cases);
    Configuration {
        listens: Listens::OnSocket,
        logs: Logs::Compared,
        explained: rows::no_query_of_ours_in_logs(),
        ..direct
    }
}

/// The client's address from `X-Forwarded-For`, behind proxies that are listed.
pub(super) fn chain() -> Configuration {
    let forwarded = |name: &str, value: &str| case(name.to_owned(), get("/page").with("X-Forwarded-For", value));
    configuration(
        "reverse proxy chain",
        &[
            "--reverse-proxy=true",
            "--real-client-ip-header=X-Forwarded-For",
            "--trusted-proxy-ip=127.0.0.1,10.0.0.0/8",
            "--trusted-ip=192.0.2.0/24,2001:db8::/32",
        ],
        vec![
            forwarded("the client alone", "192.0.2.1"),
            forwarded("through a proxy", "192.0.2.1, 10.1.1.1"),
            forwarded("a forged first entry", "192.0.2.1, 198.51.100.9"),
            forwarded("with a port", "192.0.2.1:4711"),
            forwarded("IPv6", "2001:db8::7"),
            forwarded("IPv6 with a port", "[2001:db8::7]:80"),
            forwarded("mapped IPv4", "::ffff:192.0.2.4"),
            forwarded("only proxies", "10.0.0.1, 10.0.0.2"),
            forwarded("rubbish at the end", "192.0.2.1, junk"),
            forwarded("rubbish before the client", "junk, 192.0.2.1"),
            forwarded("a trailing comma", "192.0.2.1,"),
            case("no such header", get("/page")),
            case("two lines", get("/page").with("X-Forwarded-For", "192.0.2.1").with("X-Forwarded-For", "10.0.0.3")),
        ],
    )
}

/// Nobody is listed as a trusted proxy, which the two programs take in different ways.
pub(super) fn nobody_listed() -> Configuration {
    let page = |chain: &str| get("/page").with("X-Forwarded-For", chain);
    configuration(
        "reverse proxy, nobody listed",
        &["--reverse-proxy=true", "--real-client-ip-header=X-Forwarded-For", "--trusted-ip=192.0.2.7"],
        vec![
            case("the client alone", page("192.0.2.7")),
            case("the client through a private proxy", page("192.0.2.7, 10.1.1.1")),
            case("a forged first entry", page("192.0.2.7, 198.51.100.9")).explained_by(rows::chain_from_the_right()),
            case("a forged private entry", page("10.9.8.7, 192.0.2.7")).explained_by(rows::chain_from_the_right()),
            case("rubbish", page("192.0.2.7, junk")),
        ],
    )
}

/// What a front proxy asks about, in every form that a header can have: the rules would exempt our own path.
pub(super) fn told_addresses() -> Configuration {
    let about = |uri: &str| get("/oauth2/auth").with("X-Forwarded-Uri", uri);
    let mut cases: Vec<Case> = [
        "/page",
        "/closed",
        "/closed/é",
        "/closed x",
        "/page x",
        "https://app.example.com/closed",
        "https://app.example.com/page",
        "closed",
        "page",
        "?/closed",
        "/closed?x=#",
        "/page?x=#",
        "/%63losed",
        "//closed",
        "/page/../closed",
        "/page;/closed",
        "*",
        "",
    ]
    .into_iter()
    .map(|uri| case(format!("auth of {uri:?}"), about(uri)))
    .collect();
    let twice = case("auth of two addresses", about("/page").with("X-Forwarded-Uri", "/closed"));
    cases.push(twice.explained_by(rows::two_addresses_say_nothing()));
    cases.push(case("auth without an address", get("/oauth2/auth")));
    configuration(
        "addresses told",
        &["--reverse-proxy=true", "--skip-auth-route=!=^/closed", "--skip-auth-route=^/oauth2/auth$"],
        cases,
    )
}

fn forwarded(target: &str) -> Ask {
    get(target)
        .at("upstream.internal:8080")
        .with("X-Forwarded-Proto", "https")
        .with("X-Forwarded-Host", "app.example.com")
}

fn facts() -> Vec<Case> {
    vec![
        case("start", forwarded("/oauth2/start?rd=/x")),
        case("start with the address of the page", forwarded("/oauth2/start").with("X-Forwarded-Uri", "/page?x=1")),
        case(
            "start with http",
            get("/oauth2/start").with("X-Forwarded-Proto", "http").with("X-Forwarded-Host", "app.example.com"),
        ),
        case(
            "start without a scheme",
            get("/oauth2/start").with("X-Forwarded-Host", "other.example.com").with("X-Forwarded-Uri", "/p"),
        ),
        case(
            "start with a host with a port",
            get("/oauth2/start")
                .with("X-Forwarded-Host", "app.example.com:8443")
                .with("X-Forwarded-Proto", "https")
                .with("X-Forwarded-Uri", "/p"),
        ),
        case(
            "start with a host that is not on the list",
            get("/oauth2/start")
                .with("X-Forwarded-Host", "evil.org")
                .with("X-Forwarded-Proto", "https")
                .with("X-Forwarded-Uri", "/p"),
        ),
        case(
            "start with two hosts",
            get("/oauth2/start")
                .with("X-Forwarded-Host", "app.example.com, other")
                .with("X-Forwarded-Proto", "https")
                .with("X-Forwarded-Uri", "/p"),
        ),
        case(
            "start with an address under the prefix",
            forwarded("/oauth2/start").with("X-Forwarded-Uri", "/oauth2/auth"),
        ),
        case("sign-in page of a forwarded page", forwarded("/page?a=b")),
        case("sign-in page with another address", forwarded("/").with("X-Forwarded-Uri", "/where/it/was?q=1")),
        case("auth with a forwarded address", forwarded("/oauth2/auth").with("X-Forwarded-Uri", "/page").signed_in()),
        case("auth of an exempt address", forwarded("/oauth2/auth").with("X-Forwarded-Uri", "/open/x")),
        case("auth of an ambiguous address", forwarded("/oauth2/auth").with("X-Forwarded-Uri", "/open/..;/x")),
        case("auth of a full URL", forwarded("/oauth2/auth").with("X-Forwarded-Uri", "https://app.example.com/open")),
        case("an exempt page", forwarded("/open/page")),
        case("sign-out", forwarded("/oauth2/sign_out").signed_in()),
        case(
            "the app",
            forwarded("/page")
                .with("X-Forwarded-For", "203.0.113.5")
                .with("X-Real-Ip", "203.0.113.5")
                .with("Forwarded", "for=1.2.3.4")
                .signed_in(),
        ),
        case(
            "the app with two hops",
            forwarded("/page").with("X-Forwarded-For", "203.0.113.5").with("X-Forwarded-For", "10.0.0.1").signed_in(),
        ),
        case("a trusted address", forwarded("/page").with("X-Real-Ip", "192.0.2.7")),
        case("a trusted address with a port", forwarded("/page").with("X-Real-Ip", "192.0.2.7:999")),
        case("another address", forwarded("/page").with("X-Real-Ip", "192.0.2.8")),
        case("an unreadable address", forwarded("/page").with("X-Real-Ip", "nonsense")),
        case("a trusted address on sign-out", forwarded("/oauth2/sign_out").with("X-Real-Ip", "192.0.2.7")),
        case("a trusted address on userinfo", forwarded("/oauth2/userinfo").with("X-Real-Ip", "192.0.2.7")),
        case("a trusted address on auth", forwarded("/oauth2/auth").with("X-Real-Ip", "192.0.2.7")),
        case(
            "a trusted address on the app with a session",
            forwarded("/page").with("X-Real-Ip", "192.0.2.7").signed_in(),
        ),
    ]
}

fn client_addresses() -> Vec<Case> {
    vec![
        case("a forwarded address exempts a proxied page", forwarded("/secret").with("X-Forwarded-Uri", "/open/x"))
            .explained_by(rows::forwarded_uri_exempts_no_page()),
    ]
}
