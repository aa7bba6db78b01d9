//! What an app answers, on its way back: every status, and header lines of every kind.

use crate::case::{Case, Configuration, ask, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![statuses(), lines()]
}

const STATUSES: [u16; 40] = [
    200, 201, 202, 203, 205, 206, 207, 226, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 409,
    410, 413, 418, 421, 422, 425, 428, 429, 431, 451, 500, 501, 502, 503, 504, 511, 599,
];

fn statuses() -> Configuration {
    let mut cases: Vec<Case> = STATUSES
        .iter()
        .map(|status| case(format!("{status}"), get(format!("/answers/status/{status}")).signed_in()))
        .collect();
    for method in ["HEAD", "POST", "DELETE", "OPTIONS"] {
        for status in ["201", "302", "401", "404", "500"] {
            let request = ask(method, format!("/answers/status/{status}"));
            cases.push(case(format!("{status} by {method}"), request.signed_in()));
        }
    }
    configuration("statuses of an app", &["--set-xauthrequest=true"], cases)
}

const LINES: [&str; 13] = [
    "relative-location",
    "many",
    "links",
    "cookies",
    "caching",
    "security",
    "challenge",
    "server",
    "date",
    "empty",
    "odd-names",
    "upgrade",
    "cors",
];

fn lines() -> Configuration {
    let cases = LINES
        .iter()
        .flat_map(|kind| {
            let path = format!("/answers/lines/{kind}");
            [
                case(format!("{kind}, signed in"), get(path.clone()).signed_in()),
                case(format!("{kind}, exempt"), get(path.clone()).with("Authorization", "Bearer of-the-client")),
            ]
        })
        .collect();
    let flags = ["--skip-auth-route=^/answers/", "--set-xauthrequest=true", "--set-authorization-header=true"];
    configuration("header lines of an app", &flags, cases)
}
