//! Who is let in: groups, domains, constraints in the query.

use serde_json::{Value, json};

use super::rows;
use crate::case::{Ask, Base, Case, Configuration, alice_but, ask, case, configuration, get};

/// Two groups may come in.
pub(super) fn groups() -> Configuration {
    let outsider = || alice_but(&json!({"g": ["others"]}));
    configuration(
        "allowed groups",
        &["--allowed-group=admins", "--allowed-group=ops", "--skip-auth-route=^/open"],
        vec![
            case("a member", get("/page").signed_in()),
            case("an outsider", get("/page").as_session(outsider())),
            case("an outsider is told in HTML all the same", json_please(get("/page")).as_session(outsider())),
            case("an outsider on auth", get("/oauth2/auth").as_session(outsider())),
            case("an outsider on userinfo", get("/oauth2/userinfo").as_session(outsider())),
            case("an outsider signs out", get("/oauth2/sign_out").as_session(outsider())),
            case("an outsider on an exempt page", get("/open").as_session(outsider())),
            case("no groups", get("/page").as_session(json!({"e": "a@example.com", "u": "a"}))),
            case("an outsider posts", ask("POST", "/page?x=1").as_session(outsider()).body("x")),
        ],
    )
}

/// Some domains may come in; errors are JSON.
pub(super) fn domains() -> Configuration {
    let of = |address: &str| alice_but(&json!({"e": address}));
    let page = |address: &'static str| case(format!("e-mail {address:?}"), get("/page").as_session(of(address)));
    Configuration {
        base: Base::NoDomain,
        ..configuration(
            "e-mail domains",
            &[
                "--email-domain=Example.com",
                "--email-domain=.sub.test",
                "--email-domain=*.star.test",
                "--force-json-errors=true",
            ],
            vec![
                page("alice@example.com"),
                page("ALICE@EXAMPLE.COM"),
                page("alice@other.example.com"),
                page("alice@evilexample.com"),
                page("alice@example.com.evil.org"),
                page("a@b@example.com"),
                page("@example.com").explained_by(rows::address_of_two_parts()),
                page("alice"),
                page("alice@sub.test"),
                page("alice@a.sub.test"),
                page("alice@a.star.test"),
                page("alice@star.test"),
                case("no e-mail at all", get("/page").as_session(json!({"u": "a"})))
                    .explained_by(rows::no_address_at_all()),
                case("no session", get("/page")),
                case("no session, the sign-in page", get("/oauth2/sign_in")),
                case("refused on auth", get("/oauth2/auth").as_session(of("alice@evil.org"))),
            ],
        )
    }
}

/// Constraints that a front proxy puts into the query.
pub(super) fn constraints() -> Configuration {
    let mut cases = Vec::new();
    for query in [
        "allowed_groups=admins",
        "allowed_groups=x,devs",
        "allowed_groups=x&allowed_groups=devs",
        "allowed_groups=none",
        "allowed_groups=",
        "allowed_groups=,",
        "allowed_groups=Admins",
        "allowed_emails=alice@example.com",
        "allowed_emails=Alice@example.com",
        "allowed_emails=bob@example.com,alice%40example.com",
        "allowed_email_domains=example.com",
        "allowed_email_domains=.example.com",
        "allowed_email_domains=*.com",
        "allowed_email_domains=Example.com",
        "allowed_email_domains=example.com:80",
        "allowed_email_domains=other.com",
        "allowed_groups=admins&allowed_emails=bob@example.com",
        "allowed_groups=admins&allowed_email_domains=example.com&allowed_emails=alice@example.com",
        "allowed_%67roups=none",
    ] {
        cases.push(case(format!("auth?{query}"), get(format!("/oauth2/auth?{query}")).signed_in()));
    }
    cases.extend(elsewhere());
    configuration("query constraints", &["--skip-auth-route=^/open"], cases)
}

fn elsewhere() -> Vec<Case> {
    let nameless: fn() -> Value = || json!({"u": "nameless"});
    vec![
        case("on the app, held", get("/page?allowed_groups=devs&x=1").signed_in()),
        case("on the app, not held", get("/page?allowed_groups=none").signed_in()),
        case("on the app without a session", get("/page?allowed_groups=none")),
        case("on userinfo they do not count", get("/oauth2/userinfo?allowed_groups=none").signed_in()),
        case("on an exempt page with a session", get("/open?allowed_groups=none").signed_in()),
        case("on an exempt page without", get("/open?allowed_groups=none")),
        case("e-mails without an e-mail", get("/oauth2/auth?allowed_emails=a@b").as_session(nameless())),
        case("domains without an e-mail", get("/oauth2/auth?allowed_email_domains=b").as_session(nameless())),
        case("groups without groups", get("/oauth2/auth?allowed_groups=b").as_session(nameless())),
        case("a semicolon", get("/oauth2/auth?allowed_groups=none;x=1").signed_in())
            .explained_by(rows::malformed_constraint()),
        case("a bad escape", get("/oauth2/auth?allowed_groups=%zz").signed_in())
            .explained_by(rows::malformed_constraint()),
        case("a semicolon in another pair", get("/oauth2/auth?x=1;y&allowed_groups=admins").signed_in()),
    ]
}

fn json_please(request: Ask) -> Ask {
    request.with("Accept", "application/json")
}
