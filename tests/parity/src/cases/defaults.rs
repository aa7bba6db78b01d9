//! Every route and the common answers, with nothing configured that need not be.

use serde_json::json;

use super::rows;
use crate::case::{Base, Case, Configuration, Step, alice_but, ask, case, configuration, flow, get};

/// Nothing but what must be said: here the defaults of nonce and PKCE differ.
pub(super) fn bare() -> Configuration {
    let mut cases = public();
    cases.extend(guarded());
    cases.extend(odd_requests());
    cases.push(flow(
        "a whole login with the defaults",
        vec![
            Step::Open("https://auth.example.com/deep/page?x=1".into()),
            Step::Open("https://auth.example.com/oauth2/start?rd=%2Fdeep%2Fpage%3Fx%3D1".into()),
            Step::SignIn("alice"),
            Step::Return(str::to_owned),
            Step::Follow,
            Step::Open("https://auth.example.com/oauth2/userinfo".into()),
            Step::Open("https://auth.example.com/oauth2/sign_out".into()),
            Step::Open("https://auth.example.com/oauth2/userinfo".into()),
        ],
    ));
    Configuration { base: Base::Bare, explained: rows::defaults_of_the_login(), ..configuration("bare", &[], cases) }
}

fn public() -> Vec<Case> {
    vec![
        case("ping", get("/ping")),
        case("ping with a query", get("/ping?x=1")),
        case("ping by HEAD", ask("HEAD", "/ping")),
        case("ping by POST", ask("POST", "/ping").body("x")),
        case("ping does not compress", get("/ping").with("Accept-Encoding", "gzip, br")),
        case("ping with an encoded letter is the app's", get("/%70ing")),
        case("ready", get("/ready")),
        case("robots", get("/robots.txt")),
        case("robots by DELETE", ask("DELETE", "/robots.txt")),
        case("sign-in page", get("/oauth2/sign_in")),
        case("sign-in page with a target", get("/oauth2/sign_in?rd=%2Fdeep%3Fa%3Db%26c%3Dd")),
        case("sign-in page by POST", ask("POST", "/oauth2/sign_in").form("username=a&password=b")),
        case("sign-in page by HEAD", ask("HEAD", "/oauth2/sign_in")),
        case("sign-in page clears a session", get("/oauth2/sign_in").signed_in()),
        case("start", get("/oauth2/start")),
        case("start with a target", get("/oauth2/start?rd=/deep%3Fa=b")),
        case("start by POST", ask("POST", "/oauth2/start").form("rd=/from-form")),
        case("start by HEAD", ask("HEAD", "/oauth2/start")),
        case("start by PUT with the target in query and form", ask("PUT", "/oauth2/start?rd=/q").form("rd=/f")),
        case("start does not let everybody set parameters", get("/oauth2/start?approval_prompt=x&prompt=none&scope=y")),
        case("callback without anything", get("/oauth2/callback")),
        case("callback with an error", get("/oauth2/callback?error=access_denied&state=x:/")),
        case("callback with a state of one part", get("/oauth2/callback?code=c&state=one")),
        case("callback with a bad escape in the state", get("/oauth2/callback?code=c&state=n:%25zz")),
        case("callback with a bad query", get("/oauth2/callback?code=c;state=n")),
        case("callback by POST with an error", ask("POST", "/oauth2/callback").form("error=server_error")),
    ]
}

fn guarded() -> Vec<Case> {
    vec![
        case("auth without a session", get("/oauth2/auth")),
        case("auth asks for no JSON", get("/oauth2/auth").with("Accept", "application/json")),
        case("auth with a session", get("/oauth2/auth").signed_in()),
        case("auth by HEAD", ask("HEAD", "/oauth2/auth").signed_in()),
        case("auth by POST", ask("POST", "/oauth2/auth").signed_in().body("x")),
        case("userinfo without a session", get("/oauth2/userinfo")),
        case("userinfo", get("/oauth2/userinfo").signed_in()),
        case("userinfo by HEAD", ask("HEAD", "/oauth2/userinfo").signed_in()),
        case(
            "userinfo with all kinds of claims",
            get("/oauth2/userinfo").as_session(alice_but(&json!({
                "u": "<a&b>é\u{2028}",
                "ac": {"z": 42, "a": [1.50, "x", true, null], "o": {"k": "<v>", "b": false}, "big": 12_345_678_901_u64},
            }))),
        ),
        case(
            "userinfo of a session with next to nothing",
            get("/oauth2/userinfo").as_session(json!({"u": "only-user"})),
        ),
        case("sign-out without a session", get("/oauth2/sign_out")),
        case("sign-out", get("/oauth2/sign_out").signed_in()),
        case("sign-out by POST", ask("POST", "/oauth2/sign_out").signed_in()),
        case("the app", get("/some/page?x=1&x=2").signed_in()),
        case("the app without a session", get("/some/page?x=1")),
        case("the app without a session by POST", ask("POST", "/form").form("a=b")),
        case("the app without a session by HEAD", ask("HEAD", "/some/page")),
        case("JSON is told 401", get("/api").with("Accept", "application/json")),
        case("JSON among others is told 401", get("/api").with("Accept", "text/html, application/json")),
        case("JSON with a weight is not", get("/api").with("Accept", "application/json;q=0.9")),
        case("XMLHttpRequest is not", get("/api").with("X-Requested-With", "XMLHttpRequest")),
        case("JSON with a session gets the app", get("/api").with("Accept", "application/json").signed_in()),
        case("a websocket handshake without a session", websocket()),
    ]
}

fn websocket() -> crate::case::Ask {
    get("/socket").upgrading("websocket")
}

fn odd_requests() -> Vec<Case> {
    vec![
        case("unknown under the prefix", get("/oauth2/unknown")),
        case("unknown under the prefix with a session", get("/oauth2/unknown").signed_in()),
        case("the prefix alone", get("/oauth2").signed_in()),
        case("sign_in with a slash", get("/oauth2/sign_in/").signed_in()),
        case("an encoded letter in a route", get("/oauth2/%61uth").signed_in()),
        case("two slashes", get("//a//b?x=//y")),
        case("a dot segment", get("/a/./b/../c?x=1")),
        case("dots above the root", get("/../../etc/passwd")),
        case("a trailing slash is kept", get("/a//b/")),
        case("two slashes and an escape", get("//a%20b")).explained_by(rows::cleaned_once()),
        case("encoded slashes are the app's", get("/a%2Fb%2f").signed_in()),
        case("odd letters in the target", get("/a!$&'()*+,=:@~b?!$'()*,/:@=").signed_in()),
        case("an invalid escape in the query", get("/a?x=%zz&y=%").signed_in()),
        case("a question mark without a query", get("/a?").signed_in()),
        case("an absolute-form target", get("http://other.example.com/abs?x=1").signed_in())
            .explained_by(rows::origin_form()),
        case("PATCH with a body", ask("PATCH", "/a").signed_in().body("{\"a\":1}")),
        case("DELETE", ask("DELETE", "/a").signed_in()),
        case("an unheard-of method", ask("BREW", "/pot").signed_in()),
        case("OPTIONS without a session", ask("OPTIONS", "/a").with("Access-Control-Request-Method", "PUT")),
        case("OPTIONS for the server", ask("OPTIONS", "*")),
        case("a port in the host", get("/oauth2/start").at("app.example.com:8443")),
        case("another host", get("/oauth2/start?rd=https://app.example.com/").at("other.example.net")),
        case("a request id of the client", get("/some/page").with("X-Request-Id", "abc-123")),
    ]
}
