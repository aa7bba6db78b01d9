//! Settings to take or refuse, one fault (or one odd but sound spelling) each.

use std::collections::BTreeMap;

use serde::Deserialize;
use sidecar_testkit::Certificate;

use crate::cases::configuration::{CERTIFICATE, CERTIFIED_KEY};
use crate::startup::{Attempt, with};

/// Every attempt.
#[must_use]
pub fn all() -> Vec<Attempt> {
    [
        spelling(),
        values(),
        cookies(),
        routes(),
        upstreams(),
        identity(),
        provider(),
        sources(),
        pages(),
        credentials(),
        logs(),
        manifests(),
        syntax(),
        listeners(),
    ]
    .concat()
}

/// TLS listeners.
fn listeners() -> Vec<Attempt> {
    let pair = ["--tls-cert-file=tls.crt", "--tls-key-file=tls.key"];
    let tls = |name: &str, more: &[&str]| {
        with(name, &[&pair[..], more].concat())
            .beside("tls.crt", CERTIFICATE)
            .beside("tls.key", CERTIFIED_KEY)
            .beside("other.key", &Certificate::of(&["localhost"]).key)
    };
    let suites = |names: &str| format!("--tls-cipher-suite={names}");
    let mixed = suites("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA");
    vec![
        tls("a TLS listener", &["--https-address=127.0.0.1:0"]),
        tls("a TLS listener at a URL", &["--https-address=https://127.0.0.1:0"]),
        tls("a TLS listener beside a plain one", &["--https-address=:0", "--http-address=:0"]),
        tls("a TLS listener at no port", &["--https-address=localhost"]).row("D35"),
        tls("a TLS listener that is nowhere", &["--https-address=-"]),
        tls("a key of another certificate", &["--tls-key-file=other.key"]).row("D35"),
        tls("a certificate that is not there", &["--tls-cert-file=/nowhere/tls.crt"]).row("D35"),
        tls("a key that is none", &["--tls-key-file=tls.crt"]).row("D35"),
        with("a certificate without a key", &pair[..1]).beside("tls.crt", CERTIFICATE).row("D35"),
        tls("suites of which one is not spoken here", &[&mixed]),
        tls("suites of TLS 1.3", &[&suites("TLS_AES_128_GCM_SHA256")]),
        tls("a suite that is not spoken here", &[&suites("TLS_RSA_WITH_AES_128_CBC_SHA")]).row("P40"),
        tls("a suite in small letters", &[&suites("tls_ecdhe_rsa_with_aes_128_gcm_sha256")]).row("D35"),
        tls("a version in small letters", &["--tls-min-version=tls1.2"]).row("D35"),
        tls("https for everybody", &["--force-https", "--https-address=:0"]),
        with("https for everybody behind a proxy", &["--force-https", "--reverse-proxy"]),
        with("https for everybody and nobody who speaks it", &["--force-https"]).row("D35"),
    ]
}

fn spelling() -> Vec<Attempt> {
    vec![
        with("sound settings", &[]),
        with("a value in an argument of its own", &["--cookie-name", "sid"]),
        with("a flag with one dash", &["-cookie-name=sid"]),
        with("a switch without a value", &["--reverse-proxy"]),
        with("a switch with a value in an argument of its own", &["--reverse-proxy", "true"]),
        with("a switch off", &["--cookie-secure=false"]),
        with("a flag twice", &["--cookie-name=one", "--cookie-name=two"]),
        with("a flag without its value", &["--cookie-name"]),
        with("an unknown flag", &["--no-such-flag=1"]),
        with("a flag in capitals", &["--Cookie-Name=sid"]),
        with("a flag with underscores", &["--cookie_name=sid"]),
        with("a word that is no flag", &["word"]),
        with("two dashes and a word", &["--", "word"]),
        with("an empty argument", &[""]),
        with("a flag that begins with an equals sign", &["--=x"]),
    ]
}

/// The lines that the system which this program replaces has in its manifests.
fn manifests() -> Vec<Attempt> {
    let file = "provider = \"github\"\ncookie_domains = [\".example.com\"]\nskip_provider_button = false\n\
                custom_templates_dir = \"/templates\"\n";
    let more = "email_domains = [\"*\"]\ncookie_secret = \"marked-cookie-secret-32-bytes-ok\"\n\
                client_secret = \"marked-secret\"\nreverse_proxy = true\n";
    let bare: Vec<&str> = crate::startup::SOUND.iter().filter_map(|flag| flag.split('=').next()).collect();
    let variables = |attempt: Attempt| {
        attempt
            .without(&bare)
            .env("OAUTH2_PROXY_REDIRECT_URL", "https://auth.example.com/oauth2/callback")
            .env("OAUTH2_PROXY_UPSTREAMS", "http://127.0.0.1:8080")
            .env("OAUTH2_PROXY_CLIENT_ID", "client")
            .env("OAUTH2_PROXY_INSECURE_OIDC_SKIP_NONCE", "false")
    };
    vec![
        variables(with("the lines of the manifests alone", &[]).file(file)),
        variables(with("the lines of the manifests with more settings", &[]).file(format!("{file}{more}"))),
    ]
}

/// Values of `spellings.json`, whose spelling the conversion shows: each by flag and by variable.
fn syntax() -> Vec<Attempt> {
    let families: Vec<Family> = serde_json::from_str(include_str!("spellings.json")).expect("spellings.json");
    families.iter().flat_map(Family::attempts).collect()
}

/// Options that take the same kind of value, and spellings of that kind.
#[derive(Debug, Deserialize)]
struct Family {
    /// Each option's flag and its variable.
    options: BTreeMap<String, String>,
    values: Vec<String>,
    /// Values of which the programs think otherwise, with the row that says why.
    #[serde(default)]
    differ: BTreeMap<String, String>,
}

impl Family {
    fn attempts(&self) -> Vec<Attempt> {
        let pairs = self.options.iter().flat_map(|option| self.values.iter().map(move |value| (option, value)));
        pairs.flat_map(|((flag, variable), value)| self.spelled(flag, variable, value)).collect()
    }

    fn spelled(&self, flag: &str, variable: &str, value: &str) -> [Attempt; 2] {
        let by_flag = with(format!("--{flag}={value:?}"), &[&format!("--{flag}={value}")]);
        let by_variable = with(format!("{variable}={value:?}"), &[]).env(variable, value);
        [by_flag, by_variable].map(|attempt| {
            let attempt = attempt.without(&[&format!("--{flag}")]);
            self.differ.get(value).map_or(attempt.clone(), |id| attempt.row(id.clone()))
        })
    }
}

fn values() -> Vec<Attempt> {
    vec![
        with("true as 1", &["--reverse-proxy=1"]),
        with("true as T", &["--reverse-proxy=T"]),
        with("true as TRUE", &["--reverse-proxy=TRUE"]),
        with("true as yes", &["--reverse-proxy=yes"]),
        with("true as nothing", &["--reverse-proxy="]),
        with("hours and minutes", &["--cookie-expire=1h30m"]),
        with("a fraction of an hour", &["--cookie-expire=1.5h"]),
        with("milliseconds", &["--upstream-timeout=1500ms"]),
        with("a day", &["--cookie-expire=1d"]),
        with("a duration without a unit", &["--cookie-expire=3600"]),
        with("zero without a unit", &["--cookie-expire=0"]),
        with("a negative duration", &["--cookie-expire=-1h"]),
        with("a duration with a blank", &["--cookie-expire=1 h"]),
        with("a duration that is too long", &["--cookie-expire=9999999h"]),
        with("a number", &["--cookie-csrf-per-request-limit=3"]),
        with("a number in hexadecimal", &["--cookie-csrf-per-request-limit=0x10"]),
        with("a number that is none", &["--cookie-csrf-per-request-limit=many"]),
        with("a negative number", &["--cookie-csrf-per-request-limit=-1"]),
        with("a list with commas", &["--whitelist-domain=a.example.com,b.example.com"]),
        with("a list with quotes", &["--whitelist-domain=\"a.example.com,b\",c"]),
        with("a list with an open quote", &["--whitelist-domain=\"a.example.com"]),
        with("a list of nothing", &["--whitelist-domain="]),
    ]
}

fn cookies() -> Vec<Attempt> {
    let secret = "--cookie-secret";
    vec![
        with("no cookie secret", &[]).without(&[secret]),
        with("workload identity with another provider", &["--entra-id-federated-token-auth=true"]),
        with("a secret of 15 bytes", &["--cookie-secret=marked-15-bytes"]),
        with("a secret of 16 bytes", &["--cookie-secret=marked-16-bytes."]),
        with("a secret of 24 bytes", &["--cookie-secret=marked-24-bytes.........."]),
        with("a secret of 33 bytes", &["--cookie-secret=marked-33-bytes.................."]),
        with("a secret in base64", &["--cookie-secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]),
        with("a secret in the other alphabet", &["--cookie-secret=++++AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]),
        with("a secret in hexadecimal", &["--cookie-secret=0123456789abcdef0123456789abcdef"]),
        with("a secret in a file that is not there", &["--cookie-secret-file=/nowhere/secret"]).without(&[secret]),
        with("a secret and a file", &["--cookie-secret-file=/nowhere/secret"]),
        with("a cookie name with a blank", &["--cookie-name=a b"]),
        with("a cookie name with an equals sign", &["--cookie-name=a=b"]),
        with("a cookie name with a semicolon", &["--cookie-name=a;b"]),
        with("a cookie name beyond ASCII", &["--cookie-name=é"]),
        with("no cookie name", &["--cookie-name="]),
        with("a cookie name of 257 letters", &[LONG_NAME]),
        with("a prefixed name without Secure", &["--cookie-name=__Host-x", "--cookie-secure=false"]).row("P12"),
        with("a cookie domain with a star", &["--cookie-domain=*.example.com"]),
        with("an unknown SameSite", &["--cookie-samesite=sometimes"]),
        with("SameSite in capitals", &["--cookie-samesite=Lax"]),
        with("an unknown SameSite for logins", &["--cookie-csrf-samesite=sometimes"]).row("P12"),
        with("a refresh as long as the session", &["--cookie-refresh=1h", "--cookie-expire=1h"]),
        with("a refresh longer than the session", &["--cookie-refresh=2h", "--cookie-expire=1h"]),
        with("a refresh of a session without end", &["--cookie-refresh=1h", "--cookie-expire=0s"]),
        with("minimal sessions", &["--session-cookie-minimal=true"]),
        with("minimal sessions with a refresh", &["--session-cookie-minimal=true", "--cookie-refresh=1h"]),
        with(
            "minimal sessions with tokens for the app",
            &["--session-cookie-minimal=true", "--pass-access-token=true"],
        ),
        with(
            "minimal sessions with a token on responses",
            &["--session-cookie-minimal=true", "--set-authorization-header=true"],
        ),
        with("an unknown session store", &["--session-store-type=disk"]).row("D35"),
        with("a cookie domain with a port", &["--cookie-domain=example.com:80"]),
    ]
}

const LONG_NAME: &str = concat!(
    "--cookie-name=",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
);

fn routes() -> Vec<Attempt> {
    vec![
        with("a skip rule", &["--skip-auth-route=GET=^/x"]),
        with("a skip rule with a broken pattern", &["--skip-auth-route=^/("]),
        with("a skip pattern that is broken", &["--skip-auth-regex=^/("]),
        with("a skip rule that looks back", &["--skip-auth-route=(?<=a)b"]),
        with("a skip rule with an open class", &["--skip-auth-route=[a"]),
        with("a skip rule with a quoted run", &["--skip-auth-regex=^\\Q/a.b\\E$"]),
        with("an empty skip rule", &["--skip-auth-route="]),
        with("an API route that is broken", &["--api-route=*"]),
        with("a trusted address", &["--trusted-ip=10.0.0.1,2001:db8::/32"]),
        with("a trusted address that is none", &["--trusted-ip=10.0.0.300"]),
        with("a network with host bits", &["--trusted-ip=10.0.0.1/8"]),
        with("a network too small", &["--trusted-ip=10.0.0.0/33"]),
        with("a trusted proxy that is none", &["--reverse-proxy=true", "--trusted-proxy-ip=proxy"]),
        with("a trusted proxy without reverse-proxy", &["--trusted-proxy-ip=10.0.0.0/8"]),
        with("a known client header", &["--reverse-proxy=true", "--real-client-ip-header=CF-Connecting-IP"]),
        with("an unknown client header", &["--reverse-proxy=true", "--real-client-ip-header=X-Whatever"]),
        with("a prefix without a slash", &["--proxy-prefix=oauth2"]).row("P12"),
        with("a redirect URL", &["--redirect-url=https://auth.example.com/oauth2/callback"]),
        with("a redirect URL that is a path", &["--redirect-url=/oauth2/callback"]),
        with("a redirect URL that is none", &["--redirect-url=https://[::1"]),
        with("a redirect URL with a bad escape", &["--redirect-url=https://a/%zz"]),
        with("a whitelist entry with a scheme", &["--whitelist-domain=https://a.example.com"]),
        with("an address without a port", &["--http-address=127.0.0.1"]).row("D35"),
        with("an address with a scheme", &["--http-address=http://127.0.0.1:4180"]),
    ]
}

fn upstreams() -> Vec<Attempt> {
    let upstream = "--upstream";
    let one = |name, flag: &'static str| with(name, &[flag]).without(&[upstream]);
    vec![
        with("no app", &[]).without(&[upstream]),
        with("two apps at one path", &["--upstream=http://127.0.0.1:2/"]),
        with("two apps", &["--upstream=http://127.0.0.1:2/two/"]),
        one("an app without a scheme", "--upstream=127.0.0.1:8080"),
        one("an app by name alone", "--upstream=app"),
        one("an app with an unknown scheme", "--upstream=ftp://127.0.0.1/"),
        one("an app with a broken address", "--upstream=http://[::1"),
        one("an app with a bad escape", "--upstream=http://a/%zz"),
        one("an app on a socket", "--upstream=unix:///run/app.sock"),
        one("a fixed answer", "--upstream=static://200"),
        one("a fixed answer that is no number", "--upstream=static://okay"),
        one("an empty app", "--upstream="),
        with("a timeout of nothing", &["--upstream-timeout=0s"]),
        with("an app's certificate is not checked", &["--ssl-upstream-insecure-skip-verify=true"]),
    ]
}

fn identity() -> Vec<Attempt> {
    let domain = "--email-domain";
    vec![
        with("nobody may come in", &[]).without(&[domain]),
        with("an empty domain", &["--email-domain="]).without(&[domain]),
        with("an empty group", &["--allowed-group="]).row("D60"),
        with("an empty group among others", &["--allowed-group=a,,b"]).row("D60"),
        with("Basic for the app", &["--basic-auth-password=marked-password"]),
        with("Basic on responses without a password", &["--set-basic-auth=true"]),
        with(
            "two Authorization headers",
            &["--pass-authorization-header=true", "--basic-auth-password=marked-password"],
        ),
        with(
            "two Authorization headers on responses",
            &["--set-authorization-header=true", "--set-basic-auth=true", "--basic-auth-password=marked-password"],
        ),
        with(
            "everything for the app",
            &["--pass-access-token=true", "--set-xauthrequest=true", "--pass-authorization-header=true"],
        ),
        with("a rule with an inequality in its pattern", &["--skip-auth-route=^/a!=b$"]).row("D32"),
    ]
}

fn provider() -> Vec<Attempt> {
    vec![
        with("an unknown provider", &["--provider=nobody"]).row("D35"),
        with("no client id", &[]).without(&["--client-id"]),
        with("no client secret", &[]).without(&["--client-secret"]),
        with("a client secret in a file that is not there", &["--client-secret-file=/nowhere/secret"])
            .without(&["--client-secret"]),
        with("a client secret and a file", &["--client-secret-file=/nowhere/secret"]),
        with("no issuer", &[]).row("D35").without(&["--oidc-issuer-url"]),
        with("an issuer that is no URL", &["--oidc-issuer-url=://x"]).row("D35"),
        with("discovery off", &["--skip-oidc-discovery=true"]).row("D35"),
        with(
            "discovery off with endpoints",
            &[
                "--skip-oidc-discovery=true",
                "--login-url=http://a/l",
                "--redeem-url=http://a/t",
                "--oidc-jwks-url=http://a/k",
            ],
        ),
        with(
            "discovery off without keys",
            &["--skip-oidc-discovery=true", "--login-url=http://a/l", "--redeem-url=http://a/t"],
        )
        .row("D35"),
        with(
            "an endpoint that is no URL",
            &[
                "--skip-oidc-discovery=true",
                "--login-url=http://[",
                "--redeem-url=http://a/t",
                "--oidc-jwks-url=http://a/k",
            ],
        )
        .row("D35"),
        with("PKCE S256", &["--code-challenge-method=S256"]),
        with("PKCE plain", &["--code-challenge-method=plain"]),
        with("PKCE of another kind", &["--code-challenge-method=S512"]).row("D35"),
        with("both prompts", &["--prompt=login", "--approval-prompt=force"]),
        with("extra audiences", &["--oidc-extra-audience=a,b"]),
        with("an acr", &["--acr-values=high"]),
        with("a CA file that is not there", &["--provider-ca-file=/nowhere/ca.pem"]),
    ]
}

fn sources() -> Vec<Attempt> {
    vec![
        with("a variable", &[]).env("OAUTH2_PROXY_COOKIE_NAME", "sid"),
        with("a switch by variable", &[]).env("OAUTH2_PROXY_REVERSE_PROXY", "true"),
        with("a switch by variable that is none", &[]).env("OAUTH2_PROXY_REVERSE_PROXY", "perhaps"),
        with("a list by variable", &[]).env("OAUTH2_PROXY_WHITELIST_DOMAINS", "a.example.com,b.example.com"),
        with("an empty variable", &[]).env("OAUTH2_PROXY_COOKIE_EXPIRE", ""),
        with("an unknown variable", &[]).env("OAUTH2_PROXY_NO_SUCH_THING", "1"),
        with("a duration by variable that is none", &[]).env("OAUTH2_PROXY_COOKIE_EXPIRE", "soon"),
        with("the secrets by variable", &[])
            .without(&["--cookie-secret", "--client-secret"])
            .env("OAUTH2_PROXY_CLIENT_SECRET", "marked-client-secret")
            .env("OAUTH2_PROXY_COOKIE_SECRET", "marked-cookie-secret-32-bytes-ok"),
        with("a file", &[]).file("cookie_name = \"sid\"\nreverse_proxy = true\nwhitelist_domains = [\".example.com\"]\ncookie_expire = \"1h\"\n"),
        with("a file with an unknown key", &[]).file("cookie_nam = \"sid\"\n"),
        with("a file that is broken", &[]).file("cookie_name = \n"),
        with("a file with a key twice", &[]).file("cookie_name = \"a\"\ncookie_name = \"b\"\n"),
        with("a number for a text", &[]).file("cookie_name = 5\n"),
        with("a text for a switch", &[]).file("reverse_proxy = \"true\"\n"),
        with("a text for a list", &[]).file("whitelist_domains = \".example.com\"\n"),
        with("a number for a duration", &[]).file("cookie_expire = 60\n"),
        with("a table", &[]).file("[cookie]\nname = \"x\"\n"),
        with("a key with a dash", &[]).file("cookie-name = \"x\"\n"),
        with("an empty file", &[]).file(""),
        with("a file that is not there", &["--config=/nowhere/oauth2_proxy.cfg"]),
        with("nothing for a file", &["--config="]),
    ]
}

/// Pages that the start refuses; `--config-test` of the original does not look at them.
fn logs() -> Vec<Attempt> {
    vec![
        with("a format without anything", &["--request-logging-format="]),
        with("a format with a function", &["--auth-logging-format={{printf \"%q\" .Message | html}}"]),
        with("a format that is not closed", &["--standard-logging-format={{.Message"]).row("P50"),
        with("a format with an unknown function", &["--request-logging-format={{json .Host}}"]).row("P50"),
        with("a format with a variable of another stream", &["--auth-logging-format={{.Upstream}}"]).row("P50"),
        with("a format that fails on every line", &["--standard-logging-format={{index .Message \"x\"}}"]).row("P50"),
        with("a format that fails on some lines", &["--standard-logging-format={{slice .Message 0 20}}"]),
        with("a log file", &["--logging-filename=proxy.log", "--logging-max-size=0", "--logging-max-age=0"]),
        with("a log file in no folder", &["--logging-filename=/nowhere/proxy.log"]),
        with("a log file that is a folder", &["--logging-filename=/tmp"]),
        with("a log file that cannot be as small", &["--logging-filename=proxy.log", "--logging-max-size=-1"])
            .row("P51"),
        with("fewer old files than none", &["--logging-filename=proxy.log", "--logging-max-backups=-1"]),
        with("metrics nowhere", &["--metrics-address=-"]),
        with("metrics at what is no address", &["--metrics-address=nonsense"]).row("D35"),
    ]
}

fn pages() -> Vec<Attempt> {
    vec![
        with("a page", &[]).page("sign_in.html", "<p>{{.ProviderName | ToUpper}}</p>"),
        with("a page in a define", &[]).page("error.html", "{{define \"error.html\"}}{{.Title}}{{end}}"),
        with("a variable that is not there", &[]).page("error.html", "<p>{{.Nothing}}</p>"),
        with("a folder of pages that is not there", &["--custom-templates-dir=/nowhere"]),
        with("a page that means two things", &[]).page("error.html", "<a {{if .Title}}href='{{end}}x>").row("P18"),
        with("a page with a value in a script's address", &[])
            .page("error.html", "<a href=\"javascript:alert('{{.RequestID}}')\">x</a>")
            .row("P18"),
        with("a page with a value in a page", &[])
            .page("sign_in.html", "<iframe srcdoc=\"{{.Redirect}}\"></iframe>")
            .row("P18"),
        with("a page of nothing", &[]).page("sign_in.html", "{{/* nothing */}}"),
        with("a logo at an address", &["--custom-sign-in-logo=https://cdn.example.com/logo.gif"]),
        with("no logo", &["--custom-sign-in-logo=-"]),
        with("the form of users of a file, without a file", &["--display-htpasswd-form=true"]),
        with("no form of users of a file", &["--display-htpasswd-form=false"]),
    ]
}

/// Users of a file, and issuers of bearer tokens. The original's check does not open the file.
fn credentials() -> Vec<Attempt> {
    const USER: &str = "alice:$2y$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.\n";
    let users = |name: &str, content: &str| with(name, &["--htpasswd-file=users"]).beside("users", content);
    let tokens = |name: &str, issuers: &str| {
        with(name, &["--skip-jwt-bearer-tokens=true", &format!("--extra-jwt-issuers={issuers}")])
    };
    vec![
        users("users of a file", USER),
        users("users of a file alone", USER).without(&["--email-domain"]),
        with("nobody at all", &[]).without(&["--email-domain"]),
        users("a user with a plain password", "alice:secret\n").row("D35"),
        users("a user with another hash before a good one", &format!("bob:$1$x$y\n{USER}")).row("D35"),
        users("a file of no users", "# nobody\n").row("D35"),
        users("a user of three fields", "a:b:c\n").row("D35"),
        with("a file of users that is not there", &["--htpasswd-file=/nowhere/users"]).row("D35"),
        tokens("an issuer of tokens", "http://127.0.0.1:1=api"),
        tokens("two issuers of tokens", "http://127.0.0.1:1=api,http://127.0.0.1:1/=x=y"),
        tokens("an issuer without an audience", "http://127.0.0.1:1"),
        tokens("an audience without an issuer", "=api"),
        tokens("an issuer with an empty audience", "http://127.0.0.1:1=").row("P46"),
        tokens("an issuer that is no address", "nobody=api").row("P46"),
        with("an issuer where no tokens count", &["--extra-jwt-issuers=nonsense"]),
        with("no fallback where no tokens count", &["--bearer-token-login-fallback=false"]),
    ]
}
