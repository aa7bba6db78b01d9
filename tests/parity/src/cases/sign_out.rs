//! Signing out: where it leads, and what the provider is told.

use super::logins::login;
use crate::case::{Case, Configuration, Step, ask, case, configuration, flow, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![with_provider(), of_outsiders()]
}

fn with_provider() -> Configuration {
    let mut cases: Vec<Case> = vec![
        case("an ID token in the target", get("/oauth2/sign_out?rd=%2Fbye%3Fhint%3D%7Bid_token%7D").signed_in()),
        case("twice in the target", get("/oauth2/sign_out?rd=%2Fbye%3F%7Bid_token%7D%26%7Bid_token%7D").signed_in()),
        case("an ID token without a session", get("/oauth2/sign_out?rd=%2Fbye%3Fhint%3D%7Bid_token%7D")),
        case(
            "a target in a header",
            get("/oauth2/sign_out").with("X-Auth-Request-Redirect", "/from-header").signed_in(),
        ),
        case("a target in a form", ask("POST", "/oauth2/sign_out").form("rd=/from-form").signed_in()),
        case(
            "the provider as a target that is not on the list",
            get("/oauth2/sign_out?rd=https%3A%2F%2Fother.org%2F").signed_in(),
        ),
        case(
            "with pieces of an old session",
            get("/oauth2/sign_out")
                .cookie(|_, o| format!("{0}_0=a; {0}_1=b; x=y; {0}_login_00000000=z; {0}_csrf=c; {0}=d", o.name)),
        ),
    ];
    for target in ["/oauth2/sign_out?a;b", "/oauth2/sign_out?a=%zz"] {
        cases.push(case(format!("a query that cannot be read {target}"), get(target).signed_in()));
        let broken = get(target).cookie(|_, options| format!("{}=rubbish", options.name));
        cases.push(case(format!("the same with a broken session {target}"), broken));
    }
    cases.push(case(
        "a form that cannot be read",
        ask("POST", "/oauth2/sign_out").form("rd=%zz").cookie(|_, options| format!("{}=", options.name)),
    ));
    let mut steps = login("https://auth.example.com/oauth2/start?rd=/x", "alice");
    steps
        .push(Step::Open("https://auth.example.com/oauth2/sign_out?rd=%2Fend%3Fid_token_hint%3D%7Bid_token%7D".into()));
    cases.push(flow("a real ID token", steps));
    let flags = ["--backend-logout-url={second}/backend?hint={id_token}"];
    Configuration { explained: super::rows::own_calls(), ..configuration("sign-out", &flags, cases) }
}

/// Whoever is not let in stays signed in where the form cannot be read.
fn of_outsiders() -> Configuration {
    let cases = ["/oauth2/sign_out?a;b", "/oauth2/sign_out"].map(|target| case(target, get(target).signed_in()));
    configuration("sign-out of outsiders", &["--allowed-group=others"], cases.into())
}
