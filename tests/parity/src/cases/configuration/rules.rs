//! Each rule of the original's validation and each failure at its start that no other attempt breaks.

use super::{CERTIFICATE, CERTIFIED_KEY};
use crate::startup::{Attempt, with};

/// A provider that nobody has to ask for anything at a start.
const PROVIDER: &str = "providers:
- id: p
  provider: oidc
  clientID: c
  clientSecret: marked-secret
  loginURL: http://127.0.0.1:1/l
  redeemURL: http://127.0.0.1:1/t
  oidcConfig:
    issuerURL: http://127.0.0.1:1
    skipDiscovery: true
    jwksURL: http://127.0.0.1:1/k
";
/// The same in flags, for a start that asks nobody.
pub const ENDPOINTS: [&str; 4] = [
    "--skip-oidc-discovery=true",
    "--login-url=http://127.0.0.1:1/l",
    "--redeem-url=http://127.0.0.1:1/t",
    "--oidc-jwks-url=http://127.0.0.1:1/k",
];
/// One more, complete but for what follows.
const SECOND: &str =
    "- provider: oidc\n  clientID: c\n  clientSecret: marked-secret\n  oidcConfig: {issuerURL: http://127.0.0.1:1}\n";
const LISTENER: &str = "server:\n  bindAddress: 127.0.0.1:0\n";
const APPS: &str = "upstreamConfig:\n  upstreams:\n";

/// The secret of 32 bytes in URL-safe base64: padded, and without its padding.
const PADDED: &str = "bWFya2VkLWNvb2tpZS1zZWNyZXQtMzItYnl0ZXMtb2s=";
const UNPADDED: &str = "bWFya2VkLWNvb2tpZS1zZWNyZXQtMzItYnl0ZXMtb2s";

/// A structured configuration with these lines beside a provider and an app.
fn structured(name: &str, yaml: &str) -> Attempt {
    let app = format!("{APPS}  - {{id: a, path: /, uri: http://127.0.0.1:1/}}\n");
    with(name, &[]).alpha(format!("{PROVIDER}{LISTENER}{app}{yaml}"))
}

/// One with these lines for a second provider.
fn second(name: &str, yaml: &str) -> Attempt {
    with(name, &[]).alpha(format!("{PROVIDER}{SECOND}  {yaml}\n{LISTENER}"))
}

/// One with this app alone.
fn app(name: &str, entry: &str) -> Attempt {
    with(name, &[]).alpha(format!("{PROVIDER}{LISTENER}{APPS}  - {{{entry}}}\n"))
}

/// Every attempt.
#[must_use]
pub fn all() -> Vec<Attempt> {
    let start = starts().into_iter().map(|start| start.attempt);
    [cookies(), sessions(), headers(), providers(), apps(), networks(), rest()]
        .concat()
        .into_iter()
        .chain(start)
        .collect()
}

/// 8.1
fn cookies() -> Vec<Attempt> {
    let file = |name: &str, content: &str| {
        with(name, &["--cookie-secret-file=secret"]).without(&["--cookie-secret"]).beside("secret", content)
    };
    let name = |name: &str, length: usize| with(name, &[&format!("--cookie-name={}", "a".repeat(length))]);
    vec![
        file("8.1 a file with 32 raw bytes", "marked-cookie-secret-32-bytes-ok"),
        file("8.1 a file with 32 raw bytes and a line break", "marked-cookie-secret-32-bytes-ok\n"),
        file("8.1 a file with base64", PADDED),
        file("8.1 a file with base64 without padding and a line break", &format!("{UNPADDED}\n")),
        with(
            "8.1 a secret in base64 with a line break",
            &[&format!("--cookie-secret={}\n{}", &PADDED[..20], &PADDED[20..])],
        ),
        with("8.1 a secret in base64 with bits left over", &["--cookie-secret=AAECAwQFBgcICQoLDA0ODx"]),
        with("8.1 a secret in base64 with a sign too many", &[&format!("--cookie-secret={UNPADDED}A")]),
        with("8.1 no secret of either kind", &["--cookie-secret-file="]).without(&["--cookie-secret"]),
        name("8.1 a name of 256 letters", 256),
        name("8.1 a name of 257 letters", 257),
        with("8.1 a name of every sign", &["--cookie-name=!#$%&'*+-.^_`|~aZ9"]),
        with("8.1 a name with brackets", &["--cookie-name=a[0]"]),
        with("8.1 a negative lifetime and refresh", &["--cookie-expire=-2h", "--cookie-refresh=-3h"]).row("P12"),
        with("8.1 a refresh one nanosecond shorter", &["--cookie-expire=1h", "--cookie-refresh=59m59.999999999s"]),
        with("8.1 a path that ends the attribute", &["--cookie-path=/a;b"]).row("P12"),
        with("8.1 a domain that ends the attribute", &["--cookie-domain=a;b"]).row("P12"),
        with("8.1 a login of a negative lifetime", &["--cookie-csrf-expire=-1h"]).row("P12"),
        with("8.1 a login without an end", &["--cookie-csrf-expire=0s"]),
        with("8.1 fewer logins than none", &["--cookie-csrf-per-request", "--cookie-csrf-per-request-limit=-1"]),
    ]
}

/// 8.2
fn sessions() -> Vec<Attempt> {
    let minimal = |name: &str, list: &str, claim: &str| {
        let mut attempt =
            structured(name, &format!("{list}:\n- {{name: X, values: [{{claimSource: {{claim: {claim}}}}}]}}\n"));
        attempt.arguments.push("--session-cookie-minimal=true".to_owned());
        attempt
    };
    vec![
        minimal("8.2 minimal sessions with an ID token for the app", "injectRequestHeaders", "id_token"),
        minimal("8.2 minimal sessions with an access token for the app", "injectRequestHeaders", "access_token"),
        minimal("8.2 minimal sessions with an ID token on answers", "injectResponseHeaders", "id_token"),
        minimal("8.2 minimal sessions with an e-mail for the app", "injectRequestHeaders", "email"),
        minimal("8.2 minimal sessions with a refresh token for the app", "injectRequestHeaders", "refresh_token")
            .row("P12"),
        with(
            "8.2 minimal sessions with a negative refresh",
            &["--session-cookie-minimal=true", "--cookie-refresh=-1h"],
        ),
    ]
}

/// 8.3
fn headers() -> Vec<Attempt> {
    let header = |name: &str, list: &str, entry: &str| structured(name, &format!("{list}:\n- {entry}\n"));
    let request = |name: &str, entry: &str| header(name, "injectRequestHeaders", entry);
    let response = |name: &str, entry: &str| header(name, "injectResponseHeaders", entry);
    let password = |password: &str| {
        format!("{{name: X, values: [{{claimSource: {{claim: user, basicAuthPassword: {{{password}}}}}}}]}}")
    };
    vec![
        response("8.3 a header of answers without a name", "{values: [{claimSource: {claim: user}}]}"),
        response("8.3 a header of answers twice", "{name: X}\n- {name: X}"),
        response("8.3 a header of answers of no claim", "{name: X, values: [{claimSource: {claim: \"\"}}]}"),
        request("8.3 a header in two spellings", "{name: X-User}\n- {name: x-user}").row("P32"),
        request(
            "8.3 a value of both kinds",
            "{name: X, values: [{secretSource: {value: a}, claimSource: {claim: user}}]}",
        ),
        request("8.3 a secret of no source", "{name: X, values: [{secretSource: {}}]}"),
        request("8.3 a secret of an empty source", "{name: X, values: [{secretSource: {value: \"\"}}]}"),
        request(
            "8.3 a secret of three sources",
            "{name: X, values: [{secretSource: {value: a, fromEnv: A, fromFile: f}}]}",
        ),
        request("8.3 a secret of an empty variable", "{name: X, values: [{secretSource: {fromEnv: EMPTY}}]}")
            .env("EMPTY", ""),
        request("8.3 a secret of a file", "{name: X, values: [{secretSource: {fromFile: secret}}]}")
            .beside("secret", "marked-secret"),
        request("8.3 a password of no source", &password("")),
        request("8.3 a password of two sources", &password("value: a, fromFile: f")),
        request("8.3 a password of a variable that is not there", &password("fromEnv: NOT_THERE")),
        request("8.3 a password of a file that is not there", &password("fromFile: /nowhere")),
        request("8.3 one good value and one bad", "{name: X, values: [{claimSource: {claim: user}}, {}]}"),
    ]
}

/// 8.4
fn providers() -> Vec<Attempt> {
    const TOKEN: &str = "AZURE_FEDERATED_TOKEN_FILE";
    let none = |name: &str| with(name, &[]).alpha(format!("providers: []\n{LISTENER}"));
    let mut choice = second("8.4 two providers and no button to choose by", "id: q");
    choice.arguments.push("--skip-provider-button=true".to_owned());
    let workload = |name: &str| {
        let flags = ["--provider=entra-id", "--entra-id-federated-token-auth=true"];
        with(name, &flags).without(&["--client-secret"])
    };
    let google = |name: &str, config: &str| {
        let provider = "- id: q\n  provider: google\n  clientID: c\n  clientSecret: marked-secret\n  googleConfig:";
        with(name, &[]).alpha(format!("{PROVIDER}{provider} {{{config}}}\n{LISTENER}"))
    };
    let signing = |name: &str, names: &str| with(name, &[&format!("--oidc-enabled-signing-alg={names}")]);
    vec![
        none("8.4 an empty list of providers").row("P81"),
        choice,
        second("8.4 two providers and a button", "id: q"),
        second("8.4 two providers of one id", "id: p"),
        second("8.4 a second provider without an id", "name: Q"),
        second(
            "8.4 a second provider with an algorithm that is none",
            "id: q\n- {id: r, provider: oidc, clientID: c, clientSecret: x, oidcConfig: {enabledSigningAlgs: [rs256]}}",
        ),
        second("8.4 authorities of a second provider that are not there", "id: q\n  caFiles: [/nowhere/ca.pem]"),
        google("8.4 a directory with a key", "adminEmail: a@example.com, serviceAccountJson: key").beside("key", "{}"),
        google(
            "8.4 a directory with a key that is not there",
            "adminEmail: a@example.com, serviceAccountJson: /nowhere",
        ),
        google(
            "8.4 a directory with the machine's own key",
            "adminEmail: a@example.com, useApplicationDefaultCredentials: true",
        ),
        workload("8.4 workload identity").env(TOKEN, "token").beside("token", "marked-token"),
        workload("8.4 workload identity without its variable"),
        workload("8.4 workload identity without its file").env(TOKEN, "/nowhere/token"),
        signing("8.4 every algorithm with a key pair", "EdDSA,RS256,RS384,RS512,ES256,ES384,ES512,PS256,PS384,PS512"),
        signing("8.4 an algorithm with a shared secret among others", "HS256,HS384,HS512,RS256"),
        signing("8.4 an algorithm with a shared secret alone", "HS256").row("P82"),
        signing("8.4 no signature at all", "none"),
        with("8.4 an empty client secret in a file", &["--client-secret-file=secret"])
            .without(&["--client-secret"])
            .beside("secret", "")
            .row("P12"),
    ]
}

/// 8.6
fn apps() -> Vec<Attempt> {
    vec![
        app("8.6 an app with a broken address", "id: a, path: /, uri: \"http://[::1\""),
        app("8.6 an app with an empty id", "id: \"\", path: /, uri: http://127.0.0.1:1/"),
        app("8.6 an app with an empty path", "id: a, path: \"\", uri: http://127.0.0.1:1/"),
        app("8.6 an app on a socket", "id: a, path: /, uri: unix:///run/app.sock"),
        app("8.6 an app of files", "id: a, path: /, uri: file:///tmp"),
        app("8.6 a fixed answer", "id: a, path: /, static: true, staticCode: 204"),
        app(
            "8.6 a fixed answer with all that it does not use",
            "id: a, path: /, static: true, uri: http://127.0.0.1:1/, insecureSkipTLSVerify: true, \
             flushInterval: 1s, passHostHeader: true, proxyWebSockets: true",
        ),
        with("8.6 one path at two addresses", &["--upstream=https://127.0.0.1:2/"]),
        with("8.6 one path by a fragment", &["--upstream=file:///tmp#/"]),
    ]
}

/// Addresses and networks.
fn networks() -> Vec<Attempt> {
    let texts = [
        "[::1]",
        "fe80::1%eth0",
        "010.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:10.0.0.0/104",
        "10.0.0.0/8",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "2001:db8::1/32",
        "0.0.0.0/0",
        "::/0",
        "10.0.0",
        "10.0.0.1/32/1",
        "host",
    ];
    let attempts = |flag: &str, more: &[&str]| -> Vec<Attempt> {
        let arguments = |text: &str| [&[format!("--{flag}={text}")], owned(more).as_slice()].concat();
        let attempt =
            |text: &&str| Attempt { arguments: arguments(text), ..with(format!("networks, --{flag}={text}"), &[]) };
        texts.iter().map(attempt).collect()
    };
    [attempts("trusted-ip", &[]), attempts("trusted-proxy-ip", &["--reverse-proxy"])].concat()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// 8.5
fn rest() -> Vec<Attempt> {
    let header =
        |name: &str, header: &str| with(name, &["--reverse-proxy", &format!("--real-client-ip-header={header}")]);
    let none = "# nobody\n";
    vec![
        header("8.5 the client in X-Real-IP", "x-real-ip"),
        header("8.5 the client in X-ProxyUser-IP", "X-PROXYUSER-IP"),
        header("8.5 the client in X-Envoy-External-Address", "X-Envoy-External-Address"),
        header("8.5 the client in no header", ""),
        with("8.5 an unknown client header without a proxy", &["--real-client-ip-header=X-Whatever"]),
        with("8.5 a signature of three parts", &["--signature-key=sha256:a:b"]),
        with("8.5 a signature in capitals", &["--signature-key=SHA256:marked-key"]),
        with("8.5 a signature of another algorithm", &["--signature-key=sha3:marked-key"]),
        with("8.5 authorities that hold none", &["--provider-ca-file=none"]).beside("none", none),
        with("8.5 authorities that are not looked at", &["--provider-ca-file=/nowhere", "--ssl-insecure-skip-verify"]),
        with("8.5 one authority of two that is not there", &["--provider-ca-file=ca.pem,/nowhere"])
            .beside("ca.pem", super::CA),
        with("8.5 addresses of a file alone", &["--authenticated-emails-file=emails"])
            .without(&["--email-domain"])
            .beside("emails", "alice@example.com\n"),
        with("8.5 addresses of a file with odd lines", &["--authenticated-emails-file=emails"])
            .beside("emails", "a@example.com\nb\"c@example.com\n\"\n"),
        with("8.5 an API route and a broken one", &["--api-route=^/a,^/("]),
        with("8.5 a rule that is broken behind its method", &["--skip-auth-route=GET=^/("]),
        with("8.5 a rule that is broken behind its negation", &["--skip-auth-route=GET!=^/("]),
        with("8.5 no log at all", &["--standard-logging=false", "--auth-logging=false", "--request-logging=false"]),
    ]
}

/// An attempt that `--config-test` of the original takes and its start does not.
#[derive(Debug, Clone)]
pub struct Start {
    /// The attempt.
    pub attempt: Attempt,
    /// What the original says of it.
    pub says: &'static str,
}

/// 9, but for what needs a provider that answers.
#[must_use]
pub fn starts() -> Vec<Start> {
    let of = |attempt: Attempt, says| Start { attempt, says };
    let start = |name: &str, flags: &[&str], says| of(with(name, &[&ENDPOINTS, flags].concat()).row("D35"), says);
    let users = |name: &str, content: &str, says| {
        let Start { attempt, .. } = start(name, &["--htpasswd-file=users"], says);
        of(attempt.beside("users", content), says)
    };
    let structured_app = |name: &str, entry: &str, says| of(app(name, entry).row("D35"), says);
    let keys = "--oidc-public-key-file=/nowhere/key.pem";
    let tls = |name: &str, flags: &[&str], says| {
        let pair = ["--https-address=127.0.0.1:0", "--tls-cert-file=tls.crt", "--tls-key-file=tls.key"];
        let Start { attempt, .. } = start(name, &[&pair, flags].concat(), says);
        of(attempt.beside("tls.crt", CERTIFICATE).beside("tls.key", CERTIFIED_KEY), says)
    };
    let page = |name: &str, file: &str, template: &str, says| {
        let Start { attempt, .. } = start(name, &[], says);
        of(attempt.page(file, template), says)
    };
    let logo = |name: &str, logo: &str, says| start(name, &[&format!("--custom-sign-in-logo={logo}")], says);
    vec![
        page("a page without an end", "sign_in.html", "<p>{{if .Redirect}}</p>", "template"),
        page("a page with a brace too few", "error.html", "{{.Title}", "template"),
        page("a page that calls nobody", "error.html", "{{nothing .Title}}", "template"),
        page("a page with an open text", "error.html", "{{\"title}}", "template"),
        page("a page with an end too many", "error.html", "{{end}}", "template"),
        page("a page with an unknown variable", "error.html", "{{$x}}", "template"),
        logo("a logo that is not there", "/nowhere/logo.png", "logo"),
        logo("a logo of another kind", "/dev/null", "logo"),
        logo("a logo in clear text", "http://cdn.example.com/logo.png", "logo"),
        start(
            "9.1 addresses of a file that is not there",
            &["--authenticated-emails-file=/nowhere"],
            "authenticated-emails-file",
        ),
        start("9.2 a store in capitals", &["--session-store-type=Cookie"], "unknown session store type"),
        start("9.3 users of a file that is not there", &["--htpasswd-file=/nowhere"], "htpasswd"),
        users("9.3 users of an empty file", "", "htpasswd"),
        users("9.3 a user of one field", "alice\n", "htpasswd"),
        users("9.3 a user whose hash is none, at the end", "alice:secret\n", "htpasswd"),
        start("9.4 an unknown kind of provider", &["--provider=nobody"], "provider"),
        start("9.4 no issuer", &["--oidc-issuer-url="], "issuer"),
        start("9.4 keys at two places", &[keys], "mutually exclusive"),
        start("9.4 keys nowhere", &["--oidc-jwks-url="], "jwks"),
        start("9.4 a key that is not there", &["--oidc-jwks-url=", keys], "key.pem"),
        start("9.4 a login page that is no address", &["--login-url=http://["], "login"),
        start("9.4 two addresses that are none", &["--redeem-url=http://[", "--profile-url=http://["], "profile"),
        structured_app("9.6 a path without a slash", "id: a, path: api, uri: http://127.0.0.1:1/", "upstream"),
        structured_app("9.6 a path with an open brace", "id: a, path: \"/a{b\", uri: http://127.0.0.1:1/", "upstream"),
        structured_app(
            "9.6 a path to rewrite that is no pattern",
            "id: a, path: \"^/(\", rewriteTarget: /x, uri: http://127.0.0.1:1/",
            "upstream",
        ),
        start("9.7 https for everybody and no certificate", &["--force-https"], "HTTPS address"),
        start("9.9 a descriptor that nobody passed", &["--http-address=fd:x"], "listen"),
        start("9.9 a descriptor below 3", &["--http-address=FD:2"], "fd"),
        start("9.9 a socket with a mode that is none", &["--http-address=unix://s,mode=0999"], "mode"),
        start("9.9 a socket with a mode of nothing", &["--http-address=unix://s,mode"], "mode"),
        start("9.9 https at the plain listener", &["--http-address=https://127.0.0.1:0"], "https"),
        start("9.9 no port", &["--http-address=127.0.0.1"], "missing port"),
        tls("9.9 another key", &["--tls-key-file=tls.crt"], "tls"),
        tls("9.9 a certificate that is not there", &["--tls-cert-file=/nowhere"], "nowhere"),
        tls("9.9 a version that is none", &["--tls-min-version=TLS1.1"], "TLS"),
        tls("9.9 an unknown suite", &["--tls-cipher-suite=TLS_NO_SUCH_SUITE"], "TLS"),
    ]
}

/// Ways to listen that the original takes at its start, too.
#[must_use]
pub fn listeners() -> Vec<Attempt> {
    let at = |name: &str, address: &str| with(name, &[&format!("--http-address={address}")]);
    vec![
        at("9.9 a socket with another option", "unix://s,owner=me").row("P80"),
        at("9.9 a listener of the fourth version alone", "tcp4://127.0.0.1:0").row("P80"),
        at("9.9 a listener of the sixth version alone", "tcp6://[::1]:0").row("P80"),
        at("9.9 a socket with its mode", "unix://s,mode=0600"),
        at("9.9 a listener by tcp", "tcp://127.0.0.1:0"),
        at("9.9 no listener", "-"),
    ]
}
