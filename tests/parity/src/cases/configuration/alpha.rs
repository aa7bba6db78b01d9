//! Structured configurations, sound ones and broken ones.

use crate::startup::{Attempt, with};

/// A provider that both programs take.
const PROVIDER: &str = "providers:\n- id: p\n  provider: oidc\n  clientID: c\n  clientSecret: marked-secret\n  oidcConfig:\n    issuerURL: http://127.0.0.1:1\n";
/// An app and a listener.
const REST: &str = "server:\n  bindAddress: 127.0.0.1:4180\nupstreamConfig:\n  upstreams:\n  - id: a\n    path: /\n    uri: http://127.0.0.1:1/\n";

fn more(name: &str, yaml: &str) -> Attempt {
    with(name, &[]).alpha(format!("{PROVIDER}{REST}{yaml}"))
}

fn alone(name: &str, yaml: &str) -> Attempt {
    with(name, &[]).alpha(yaml)
}

/// With one more line for the provider.
fn of_provider(name: &str, line: &str) -> Attempt {
    with(name, &[]).alpha(format!("{PROVIDER}  {line}\n{REST}"))
}

/// With one more line for the OpenID settings.
fn of_oidc(name: &str, line: &str) -> Attempt {
    with(name, &[]).alpha(format!("{PROVIDER}    {line}\n{REST}"))
}

/// With one more line for the app.
fn of_app(name: &str, line: &str) -> Attempt {
    with(name, &[]).alpha(format!("{PROVIDER}{REST}    {line}\n"))
}

/// With Google for a second provider, whose directory this says how to ask.
fn google(name: &str, directory: &str) -> Attempt {
    let second = "- id: q\n  provider: google\n  clientID: c\n  clientSecret: marked-secret\n  googleConfig:";
    with(name, &[]).alpha(format!("{PROVIDER}{second} {}\n{REST}", flow(directory)))
}

/// A mapping on one line.
fn flow(entries: &str) -> String {
    if entries.starts_with('{') { entries.to_owned() } else { format!("{{{entries}}}") }
}

/// Every attempt.
#[must_use]
pub fn all() -> Vec<Attempt> {
    [documents(), provider(), apps(), headers(), beside()].concat()
}

fn documents() -> Vec<Attempt> {
    vec![
        more("alpha: sound", ""),
        alone("alpha: no YAML", "providers: ["),
        alone("alpha: a tab", "providers:\n\t- id: p\n"),
        alone("alpha: a list as the root", "- a\n"),
        alone("alpha: a text as the root", "text\n"),
        more("alpha: an unknown key at the root", "cookie: {}\n"),
        more("alpha: a key twice", "server: {}\n"),
        more("alpha: a second document", "---\nrubbish: 1\n"),
        more("alpha: a comment", "# ${UNSET} is nothing\n"),
        more("alpha: an open brace", "# ${UNSET\n"),
        alone("alpha: keys in other letters", &format!("{PROVIDER}{REST}").replace("clientID", "CLIENTid")),
        alone("alpha: from the environment", &format!("{PROVIDER}{REST}").replace("clientID: c", "clientID: ${ID}"))
            .env("ID", "client"),
        alone("alpha: from nothing", &format!("{PROVIDER}{REST}").replace("clientID: c", "clientID: ${ID}")),
        alone("alpha: a default", &format!("{PROVIDER}{REST}").replace("clientID: c", "clientID: ${ID:-client}")),
        alone(
            "alpha: a number from the environment",
            &format!("{PROVIDER}{REST}").replace("clientID: c", "clientID: ${ID}"),
        )
        .env("ID", "123"),
        with("alpha: a file that is not there", &["--alpha-config=/nowhere.yaml"]).alpha(""),
    ]
}

fn provider() -> Vec<Attempt> {
    vec![
        of_provider("alpha: an unknown key of the provider", "colour: red"),
        of_provider("alpha: a text for a switch", "useSystemTrustStore: \"yes\""),
        of_provider("alpha: yes for a switch", "useSystemTrustStore: yes"),
        of_provider("alpha: a switch", "useSystemTrustStore: true"),
        of_provider("alpha: a text for a list", "allowedGroups: admins"),
        of_provider("alpha: a list", "allowedGroups: [admins, devs]"),
        of_provider("alpha: a number for a text", "scope: 5"),
        of_provider("alpha: nothing for a text", "scope: null"),
        of_provider("alpha: PKCE", "code_challenge_method: S256"),
        of_provider("alpha: a login parameter", "loginURLParameters: [{name: prompt, default: [login]}]"),
        of_provider("alpha: a login parameter without a name", "loginURLParameters: [{default: [login]}]").row("D35"),
        of_provider("alpha: a CA that is not there", "caFiles: [/nowhere/ca.pem]"),
        of_oidc("alpha: an unknown key of OpenID", "colour: red"),
        of_oidc("alpha: an algorithm", "enabledSigningAlgs: [RS256]"),
        of_oidc("alpha: no algorithm", "enabledSigningAlgs: [none]"),
        of_oidc("alpha: claims", "emailClaim: mail\n    groupsClaim: roles\n    audienceClaims: [aud, azp]"),
        google("alpha: a second provider with a directory and no administrator", "serviceAccountJson: /nowhere"),
        google("alpha: a second provider with a directory and no proof", "adminEmail: a@example.com"),
        google(
            "alpha: a second provider with a directory and two proofs",
            "{adminEmail: a@example.com, serviceAccountJson: /nowhere, useApplicationDefaultCredentials: true}",
        ),
        google("alpha: a second provider without a directory", "targetPrincipal: principal"),
        alone("alpha: no client id", &format!("{PROVIDER}{REST}").replace("  clientID: c\n", "")),
        alone("alpha: no secret", &format!("{PROVIDER}{REST}").replace("  clientSecret: marked-secret\n", "")),
        alone("alpha: no id", &format!("{PROVIDER}{REST}").replace("id: p\n  provider", "provider")),
        alone("alpha: no providers", REST),
    ]
}

fn apps() -> Vec<Attempt> {
    vec![
        of_app("alpha: an unknown key of the app", "colour: red"),
        of_app("alpha: a timeout", "timeout: 5s"),
        of_app("alpha: a timeout that is none", "timeout: soon"),
        of_app("alpha: a timeout as a fraction", "timeout: 1.5"),
        of_app("alpha: the client's host", "passHostHeader: false"),
        of_app("alpha: a fixed code without static", "staticCode: 204"),
        more("alpha: two apps of one id", "  - id: a\n    path: /b\n    uri: http://127.0.0.1:2/\n"),
        more("alpha: two apps at one path", "  - id: b\n    path: /\n    uri: http://127.0.0.1:2/\n"),
        more("alpha: an app without an id", "  - path: /b\n    uri: http://127.0.0.1:2/\n"),
        more("alpha: an app without a path", "  - id: b\n    uri: http://127.0.0.1:2/\n"),
        more("alpha: an app without an address", "  - id: b\n    path: /b\n"),
        more("alpha: an app of another scheme", "  - id: b\n    path: /b\n    uri: ftp://127.0.0.1/\n"),
    ]
}

fn headers() -> Vec<Attempt> {
    let header = |name: &str, yaml: &str| more(name, &format!("injectRequestHeaders:\n- {yaml}\n"));
    vec![
        header("alpha: a header of a claim", "{name: X-User, values: [{claimSource: {claim: user}}]}"),
        header("alpha: a header without a name", "{values: [{claimSource: {claim: user}}]}"),
        header("alpha: a header of no claim", "{name: X-User, values: [{claimSource: {claim: \"\"}}]}"),
        header("alpha: a header of nothing", "{name: X-User, values: [{}]}"),
        header("alpha: the older form of a value", "{name: X-User, values: [{claim: user}]}"),
        header("alpha: a header without values", "{name: X-User}"),
        header("alpha: a header twice", "{name: X-User}\n- {name: X-User}"),
        header("alpha: a fixed header", "{name: X-Env, values: [{secretSource: {value: marked-text}}]}"),
        header(
            "alpha: a header of a variable that is not there",
            "{name: X-Env, values: [{secretSource: {fromEnv: NO}}]}",
        ),
        header("alpha: a header of a variable", "{name: X-Env, values: [{secretSource: {fromEnv: YES}}]}")
            .env("YES", "marked"),
        header(
            "alpha: a header of a file that is not there",
            "{name: X-Env, values: [{secretSource: {fromFile: /nowhere}}]}",
        ),
        header("alpha: a header of two sources", "{name: X, values: [{secretSource: {value: marked, fromEnv: YES}}]}"),
        header(
            "alpha: a password with a claim",
            "{name: X, values: [{claimSource: {claim: user, basicAuthPassword: {value: marked}}}]}",
        ),
    ]
}

/// What stands beside a structured configuration.
fn beside() -> Vec<Attempt> {
    let mut refused = more("alpha: beside a flag that it replaces", "");
    refused.arguments.push("--client-id=x".to_owned());
    let mut allowed = more("alpha: beside a flag of its own", "");
    allowed.arguments.push("--cookie-name=sid".to_owned());
    vec![
        refused,
        allowed,
        more("alpha: beside a key that it replaces", "").file("client_id = \"x\"\n"),
        more("alpha: beside a key of its own", "").file("cookie_name = \"sid\"\n"),
        more("alpha: beside a variable that it replaces", "").env("OAUTH2_PROXY_CLIENT_ID", "x"),
        more("alpha: beside a variable of its own", "").env("OAUTH2_PROXY_COOKIE_NAME", "sid"),
        more("alpha: beside a broken variable that it replaces", "").env("OAUTH2_PROXY_UPSTREAMS", "http://[::1"),
        more("alpha: beside a broken switch that it replaces", "").env("OAUTH2_PROXY_SKIP_OIDC_DISCOVERY", "maybe"),
        more("alpha: beside a broken duration that it replaces", "").env("OAUTH2_PROXY_UPSTREAM_TIMEOUT", "soon"),
        more("alpha: beside a status that is none", "").env("OAUTH2_PROXY_UPSTREAMS", "static://none"),
    ]
}
