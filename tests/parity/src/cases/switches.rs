//! Options that switch something off or choose among a few ways, where the choice shows.

use serde_json::json;

use super::logins::{login, returning_as};
use super::rows;
use crate::case::{Configuration, Logs, Op, alice_but, case, configuration, flow, get};

const START: &str = "https://auth.example.com/oauth2/start?rd=/x";

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![
        no_lines("--auth-logging=false"),
        no_lines("--standard-logging=false"),
        algorithm(),
        other_algorithm(),
        claims(),
        plain(),
    ]
}

/// Requests that have lines of every kind written about them.
fn no_lines(switch: &'static str) -> Configuration {
    let cases = vec![
        flow("a login", login(START, "alice")),
        case("somebody who may not come in", get("/page").as_session(alice_but(&json!({"g": ["others"]})))),
        case("signed in", get("/page").signed_in()),
    ];
    let name = if switch.contains("auth") { "no auth lines" } else { "no standard lines" };
    Configuration {
        logs: Logs::Compared,
        explained: rows::no_query_of_ours_in_logs(),
        ..configuration(name, &[switch, "--allowed-group=admins"], cases)
    }
}

fn algorithm() -> Configuration {
    let flags = ["--oidc-enabled-signing-alg=ES256"];
    let cases = vec![flow("a login", login(START, "alice"))];
    Configuration { provider: Op::Es256, ..configuration("the algorithm of the provider", &flags, cases) }
}

fn other_algorithm() -> Configuration {
    let flags = ["--oidc-enabled-signing-alg=RS256"];
    let cases = vec![
        flow("a login that is refused", returning_as("alice", str::to_owned)).explained_by(rows::login_is_used_up()),
    ];
    Configuration {
        provider: Op::Es256,
        explained: rows::target_of_the_login(),
        ..configuration("another algorithm than the provider's", &flags, cases)
    }
}

fn claims() -> Configuration {
    let flags = ["--skip-claims-from-profile-url=true"];
    let cases = vec![
        flow("a login that is refused", returning_as("alice", str::to_owned)).explained_by(rows::login_is_used_up()),
    ];
    Configuration {
        provider: Op::ClaimsAtUserinfo,
        explained: rows::target_of_the_login(),
        ..configuration("claims left where they are", &flags, cases)
    }
}

fn plain() -> Configuration {
    let flags = ["--code-challenge-method=", "--force-code-challenge-method=plain"];
    let refused = flow("a method that the provider refuses", returning_as("alice", str::to_owned));
    Configuration {
        explained: rows::target_of_the_login(),
        ..configuration("PKCE by its older name", &flags, vec![refused])
    }
}
