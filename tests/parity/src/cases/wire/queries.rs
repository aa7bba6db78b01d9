//! Semicolons and bad escapes at every endpoint, constraints in every place, parameters given twice.

use super::reasons;
use crate::case::{Case, Configuration, Step, ask, case, configuration, flow, get};
use crate::cases::rows;

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![unreadable(), constraints(), twice()]
}

/// D22.
fn unreadable() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for query in
        ["a;b", "a=%zz", "a=%", "%=1", "rd=/x&a;b", "a=1;b=2", ";", "a=%C3%28", "a=%ff", "=", "&&&", "a=b=c", "?"]
    {
        for place in [
            "/oauth2/start",
            "/oauth2/sign_in",
            "/oauth2/sign_out",
            "/oauth2/callback",
            "/oauth2/auth",
            "/oauth2/userinfo",
            "/ping",
            "/robots.txt",
        ] {
            cases.push(case(format!("GET {place}?{query}"), get(format!("{place}?{query}"))));
        }
        cases.push(case(format!("the app ?{query}"), get(format!("/page?{query}")).signed_in()));
        let page = case(format!("a page ?{query}"), get(format!("/page?{query}")));
        let bad = query.contains(';') || ["a=%zz", "a=%", "%=1"].contains(&query);
        cases.push(if bad { page.explained_by(rows::bad_query_is_400()) } else { page });
    }
    for method in ["HEAD", "POST", "PUT", "OPTIONS"] {
        cases.push(case(format!("{method} start"), ask(method, "/oauth2/start?a;b")));
        cases.push(case(format!("{method} sign_in"), ask(method, "/oauth2/sign_in?a;b")));
        cases.push(case(format!("{method} sign_out"), ask(method, "/oauth2/sign_out?a;b")));
    }
    configuration("unreadable queries", &[], cases)
}

fn constraints() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for query in [
        "allowed_groups=admins,",
        "allowed_groups=%20admins",
        "allowed_groups=admins%2Cx",
        "allowed_groups=x&allowed_groups=",
        "allowed_groups",
        "allowed_groups=admins&allowed_groups",
        "allowed_groups=none&allowed_groups=admins",
        "ALLOWED_GROUPS=none",
        "allowed_groups[]=none",
        "allowed_emails=ALICE@EXAMPLE.COM",
        "allowed_emails=*",
        "allowed_emails=%20alice@example.com",
        "allowed_emails=alice+x@example.com",
        "allowed_email_domains=*",
        "allowed_email_domains=.com",
        "allowed_email_domains=com",
        "allowed_email_domains=*.example.com",
        "allowed_email_domains=a.example.com,example.com",
        "allowed_email_domains=@example.com",
        "allowed_email_domains=EXAMPLE.COM",
        "allowed_email_domains=example.com:*",
        "allowed_email_domains=example.com:x",
        "allowed_email_domains=",
        "allowed_email_domains=,,",
        "rd=/x&allowed_groups=none",
        "allowed_groups=+admins",
    ] {
        cases.push(case(format!("auth ?{query}"), get(format!("/oauth2/auth?{query}")).signed_in()));
        cases.push(case(format!("the app ?{query}"), get(format!("/page?{query}")).signed_in()));
    }
    for method in ["HEAD", "POST", "OPTIONS"] {
        cases.push(case(
            format!("auth by {method}, not held"),
            ask(method, "/oauth2/auth?allowed_groups=none").signed_in(),
        ));
        cases
            .push(case(format!("the app by {method}, not held"), ask(method, "/page?allowed_groups=none").signed_in()));
    }
    cases
        .push(case("in a form they do not count", ask("POST", "/oauth2/auth").form("allowed_groups=none").signed_in()));
    cases.push(case("at sign-out they do not count", get("/oauth2/sign_out?allowed_groups=none").signed_in()));
    cases.push(case("as JSON", get("/page?allowed_groups=none").with("Accept", "application/json").signed_in()));
    cases.push(case("of a forwarded address they do not count", {
        get("/oauth2/auth").with("X-Forwarded-Uri", "/page?allowed_groups=none").signed_in()
    }));
    configuration("constraints everywhere", &["--reverse-proxy=true"], cases)
}

/// D58: what says two things at once says nothing.
fn twice() -> Configuration {
    let returning = |name: &str, change: fn(&str) -> String| {
        let start = "https://auth.example.com/oauth2/start?rd=/deep".to_owned();
        flow(name, vec![Step::Open(start), Step::SignIn("alice"), Step::Return(change)])
    };
    let cases = vec![
        returning("a second code", |url| format!("{url}&code=x")).explained_by(rows::parameter_twice()),
        returning("an empty second code", |url| format!("{url}&code=")).explained_by(rows::parameter_twice()),
        returning("a second state", |url| format!("{url}&state=x")).explained_by(rows::parameter_twice()),
        returning("two empty errors", |url| format!("{url}&error=&error=")).explained_by(rows::parameter_twice()),
        returning("a second issuer", |url| format!("{url}&iss=x&iss=y")).explained_by(rows::parameter_twice()),
        returning("one empty error", |url| format!("{url}&error=")),
        returning("an unknown parameter twice", |url| format!("{url}&x=1&x=2")),
        returning("a second description", |url| format!("{url}&error_description=a&error_description=b")),
        case("two errors", get("/oauth2/callback?error=a&error=b&state=x")).explained_by(reasons::error_twice()),
    ];
    configuration("parameters twice", &[], cases)
}
