//! Probes at paths and by agents of every form.

use crate::case::{Case, Configuration, Logs, ask, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![off(), agents(), google(), over_endpoints(), odd_paths()]
}

const GOOGLE: &str = "GoogleHC/1.0";

fn usual(agent: &'static str) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in
        ["/ping", "/ready", "/ping?x", "/ready?x", "/ping/", "/liveness_check", "/readiness_check", "/health", "/"]
    {
        cases.push(case(format!("{path} by nobody"), get(path).with("Accept", "application/json")));
        let named = |agent: &'static str| get(path).with("Accept", "application/json").with("User-Agent", agent);
        cases.push(case(format!("{path} by the agent"), named(agent)));
        cases.push(case(format!("{path} by another"), named("curl/8")));
    }
    cases.push(case("ping by HEAD", ask("HEAD", "/ping").with("User-Agent", agent)));
    cases.push(case("ping by POST", ask("POST", "/ping").with("User-Agent", agent).body("x")));
    cases.push(case("an agent in other letters", get("/ping").with("User-Agent", agent.to_ascii_lowercase())));
    cases.push(case("an agent with more", get("/ping").with("User-Agent", format!("{agent} x"))));
    cases
        .push(case("an agent in the second line", get("/ping").with("User-Agent", "curl/8").with("User-Agent", agent)));
    cases
}

fn off() -> Configuration {
    configuration("probes off", &["--ping-path=", "--ready-path="], usual("Probe/1"))
}

fn agents() -> Configuration {
    let flags = ["--ping-user-agent=Probe/1", "--silence-ping-logging=true"];
    Configuration { logs: Logs::Compared, ..configuration("probes by an agent", &flags, usual("Probe/1")) }
}

fn google() -> Configuration {
    let flags = ["--gcp-healthchecks=true", "--ping-user-agent=Probe/1", "--ping-path=/health"];
    configuration("probes by Google", &flags, usual(GOOGLE))
}

/// A probe comes before every route.
fn over_endpoints() -> Configuration {
    let cases = vec![
        case("ping in place of auth", get("/oauth2/auth")),
        case("ready in place of robots", get("/robots.txt")),
        case("the usual ping", get("/ping").with("Accept", "application/json")),
        case("by POST", ask("POST", "/oauth2/auth").body("x")),
    ];
    configuration("probes over endpoints", &["--ping-path=/oauth2/auth", "--ready-path=/robots.txt"], cases)
}

fn odd_paths() -> Configuration {
    let json = |path: &str| case(path.to_owned(), get(path).with("Accept", "application/json"));
    let cases =
        vec![json("/a%20b"), json("/a%2520b"), json("/both"), json("/both?x=y"), json("/both/"), json("/%62oth")];
    configuration("probes at odd paths", &["--ping-path=/a%20b", "--ready-path=/both"], cases)
}
