use std::fs;

use proptest::prelude::*;
use sidecar_gateway::RedirectUri;
use sidecar_net::Endpoint;
use sidecar_oidc::{ClientCredential, SecretSource};
use sidecar_providers::Settings as Provider;
use tempfile::TempDir;

use super::*;
use crate::meaning::Listen;

mod all_at_once;
mod credentials;
mod github;
mod google;
mod keycloak;
mod microsoft;
mod pages;
mod rotation;
mod structured;
mod tls;

/// A command line, an environment and a folder of files.
struct Start {
    folder: TempDir,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Start {
    /// Nothing but what every start needs.
    fn minimal() -> Self {
        Self::empty()
            .with("PROVIDER", "oidc")
            .with("OIDC_ISSUER_URL", "https://idp.example.com")
            .with("CLIENT_ID", "app")
            .with("CLIENT_SECRET", "marked-client-secret")
            .with("COOKIE_SECRET", "0123456789abcdef")
            .with("EMAIL_DOMAINS", "*")
    }

    fn empty() -> Self {
        Self { folder: TempDir::new().expect("a folder"), arguments: Vec::new(), environment: Vec::new() }
    }

    /// Sets a variable; an earlier value of it is forgotten.
    fn with(mut self, name: &str, value: &str) -> Self {
        let name = OsString::from(format!("OAUTH2_PROXY_{name}"));
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
        self
    }

    fn flag(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn load(&self) -> Result<Command, Faults> {
        load(&self.arguments, &self.environment)
    }

    fn config(&self) -> Config {
        match self.load() {
            Ok(Command::Run(config)) => *config,
            Ok(_) => panic!("another command"),
            Err(faults) => panic!("{faults}"),
        }
    }

    /// What is wrong, with the folder's name taken out.
    fn faults(&self) -> Vec<String> {
        let folder = self.folder.path().to_str().expect("UTF-8");
        match self.load() {
            Ok(_) => panic!("nothing is wrong"),
            Err(faults) => faults.list().iter().map(|fault| fault.to_string().replace(folder, "DIR")).collect(),
        }
    }

    /// The one thing that is wrong.
    fn fault(&self) -> String {
        let faults = self.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap_or_default()
    }

    fn warnings(&self) -> Vec<String> {
        self.config().warnings.iter().map(ToString::to_string).collect()
    }
}

/// What a provider of the kind `oidc` is told.
fn oidc(config: &Config) -> &sidecar_oidc::Settings {
    let Provider::OpenId(settings) = &config.provider else { panic!("another provider") };
    settings
}

#[test]
fn the_lines_of_the_seed_load_as_they_are() {
    let start = Start::empty()
        .with("REDIRECT_URL", "https://auth.example.com/oauth2/callback")
        .with("UPSTREAMS", "http://127.0.0.1:8080")
        .with("CLIENT_ID", "from-the-secret")
        .with("CLIENT_SECRET", "marked-client-secret")
        .with("COOKIE_SECRET", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        .with("SIGN_IN_PAGE_STATUS", "200");
    let file = start.file(
        "oauth2_proxy.cfg",
        "provider = \"github\"\n\
         cookie_domains = [\".example.com\"]\n\
         skip_provider_button = false\n\
         custom_templates_dir = \"/templates-that-are-not-mounted\"\n\
         http_address = \"0.0.0.0:4180\"\n\
         email_domains = [\"*\"]\n\
         whitelist_domains = [\".example.com\"]\n\
         reverse_proxy = true\n\
         set_xauthrequest = true\n",
    );
    let start = start.flag(&format!("--config={file}"));
    let config = start.config();
    assert_eq!(config.listen, Some(Listen::Tcp { host: Some("0.0.0.0".to_owned()), port: 4180 }));
    let Provider::GitHub(settings) = &config.provider else { panic!("GitHub") };
    let registration = &settings.registration;
    assert_eq!(registration.client_id, "from-the-secret");
    assert!(matches!(registration.credential, ClientCredential::Secret(SecretSource::Value(_))));
    assert_eq!(config.sessions.cookie.domains, [".example.com"]);
    assert_eq!(config.gateway.pages.sign_in_status, http::StatusCode::OK);
    assert_eq!(
        config.gateway.login.redirect_uri,
        RedirectUri::Fixed {
            uri: "https://auth.example.com/oauth2/callback".to_owned(),
            host: Some("auth.example.com".to_owned()),
        }
    );
    let sidecar_upstream::Kind::Http(app) = &config.upstream.upstreams[0].kind else { panic!("an http upstream") };
    assert_eq!(app.endpoint, Endpoint::Http { host: "127.0.0.1".to_owned(), port: 8080 });
    assert_eq!(config.upstream.injection.request.len(), 8);
    let warnings: Vec<_> = config.warnings.iter().map(|warning| warning.subject.as_ref()).collect();
    assert_eq!(warnings, ["email-domain", "trusted-proxy-ip", "custom-templates-dir"]);
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let start = Start::empty()
        .with("COOKIE_SECRET", "too-short-marked")
        .with("COOKIE_SECRET_FILE", "")
        .with("COOKIE_REFRESH", "200h")
        .with("EMAIL_DOMAINS", "example.com,,@x")
        .with("UPSTREAMS", "localhost:8080")
        .with("SKIP_AUTH_ROUTES", "GET=^/a!=b")
        .with("REAL_CLIENT_IP_HEADER", "X-Mine")
        .with("TRUSTED_IPS", "10.0.0.1/8")
        .with("HTTP_ADDRESS", "https://:443")
        .with("MAX_HEADER_BYTES", "10")
        .flag("--reverse-proxy")
        .flag("--api-route=(");
    let file = start
        .file("a.cfg", "client_idd = 'x'\nredis_use_cluster = true\ncookie_name = 'a b'\nupstream_timeout = 'soon'\n");
    let start = start.flag("--config").flag(&file);
    let start = start.with("COOKIE_SECRET", "marked-secret");
    assert_eq!(
        start.faults(),
        [
            "client_idd (DIR/a.cfg:1:1): unknown key; did you mean client_id?",
            "upstream-timeout (DIR/a.cfg:4:20): \"soon\" is not a duration; write a number and a unit, as in 90s, 15m or \
             1h30m",
            "redis-use-cluster (DIR/a.cfg:2:21): this version does not serve sessions in Redis yet; leave it out or at false",
            "client-id (not set): is required; write the client id that the provider gave you",
            "client-secret (not set): is required, here or in the file of client-secret-file; write the client secret \
             that the provider gave you",
            "cookie-secret (environment variable OAUTH2_PROXY_COOKIE_SECRET): the secret must be 16, 24 or 32 bytes, as \
             they are or in URL-safe base64, but is 13; write the output of: openssl rand -base64 32 | tr -- '+/' '-_'",
            "cookie-name (DIR/a.cfg:3:15): \"a b\" is no cookie name; write letters, digits, - and _",
            "cookie-refresh (environment variable OAUTH2_PROXY_COOKIE_REFRESH): 200h0m0s is not shorter than \
             cookie-expire, 168h0m0s; write a shorter one",
            "upstream (environment variable OAUTH2_PROXY_UPSTREAMS): \"localhost:8080\" is no URL; write it as in \
             http://127.0.0.1:8080",
            "email-domain (environment variable OAUTH2_PROXY_EMAIL_DOMAINS): has an empty element; remove it; a comma \
             too many makes one",
            "email-domain (environment variable OAUTH2_PROXY_EMAIL_DOMAINS): \"@x\" is no domain; write what follows \
             the @, as in example.com",
            "skip-auth-route (environment variable OAUTH2_PROXY_SKIP_AUTH_ROUTES): \"GET=^/a!=b\" has two readings: \
             paths that do not match it, as oauth2-proxy takes every rule with a != in it, or paths that match it; \
             write METHOD!=REGEX to negate, and [!]= for a != within a regex",
            "trusted-ip (environment variable OAUTH2_PROXY_TRUSTED_IPS): element 1, \"10.0.0.1/8\", is a CIDR network \
             with host bits set; write an address, or a network such as 10.0.0.0/8",
            "real-client-ip-header (environment variable OAUTH2_PROXY_REAL_CLIENT_IP_HEADER): \"X-Mine\" is none of the \
             headers that proxies use for it; write X-Forwarded-For, X-Real-IP, X-ProxyUser-IP, \
             X-Envoy-External-Address or CF-Connecting-IP",
            "api-route (command line): \"(\" is no regular expression: unclosed group; write one in the syntax of RE2",
            "http-address (environment variable OAUTH2_PROXY_HTTP_ADDRESS): \"https://:443\" is for TLS, and this \
             is the plain listener; write HOST:PORT, or https-address",
            "max-header-bytes (environment variable OAUTH2_PROXY_MAX_HEADER_BYTES): 10 is out of range; write a number \
             of bytes from 8192 to 16777216",
        ]
    );
}

#[test]
fn modes_come_before_everything_else() {
    let nonsense = || Start::empty().flag("--nonsense").flag("--version");
    assert!(matches!(nonsense().load(), Ok(Command::Version)));
    assert!(
        matches!(Start::empty().flag("--help").load(), Ok(Command::Help(text)) if text.contains("--cookie-secret "))
    );
    assert!(matches!(Start::minimal().flag("--config-test").load(), Ok(Command::Test(_))));
    let faults = Start::empty().flag("--nonsense").load().expect_err("an unknown flag");
    assert_eq!((faults.stage(), faults.exit_code()), (Stage::CommandLine, 2));
    let faults = Start::empty().load().expect_err("nothing is set");
    assert_eq!((faults.stage(), faults.exit_code()), (Stage::Configuration, 1));
}

#[test]
fn a_file_that_cannot_be_used_is_the_one_fault() {
    let start = Start::empty().flag("--config=/nowhere/a.cfg");
    assert!(start.fault().starts_with("config (command line): cannot read \"/nowhere/a.cfg\": "), "{}", start.fault());
    let start = Start::empty();
    let file = start.file("a.cfg", "scope = 'a'\ncookie_secret = hunter2\n");
    let fault = start.flag("--config").flag(&file).fault();
    assert!(fault.starts_with("config (DIR/a.cfg:2:17): is not TOML: ") && !fault.contains("hunter2"), "{fault}");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_named_by_its_place() {
    use std::os::unix::ffi::OsStringExt as _;
    let mut start = Start::minimal().flag("--scope=a");
    start.arguments.push(OsString::from_vec(b"--banner=\xff".to_vec()));
    assert_eq!(start.fault(), "argument 2 (command line): is not UTF-8; write it in UTF-8");
}

#[test]
fn secrets_may_come_from_files() {
    let start = Start::minimal().with("CLIENT_SECRET", "").with("COOKIE_SECRET", "");
    let client_secret = start.file("client-secret", "s\n");
    let cookie_secret = start.file("cookie-secret", "0123456789abcdef");
    let start = start.with("CLIENT_SECRET_FILE", &client_secret).with("COOKIE_SECRET_FILE", &cookie_secret);
    let ClientCredential::Secret(SecretSource::File(path)) = oidc(&start.config()).registration.credential.clone()
    else {
        panic!("the secret is in a file");
    };
    assert_eq!(path, Path::new(&client_secret));
    assert!(start.warnings()[0].contains("line break"), "{:?}", start.warnings());
    start.file("cookie-secret", "0123456789abcdefghijklmnopqr!?@\n\n");
    start.file("client-secret", "");
    assert_eq!(
        start.faults(),
        [
            "client-secret-file (environment variable OAUTH2_PROXY_CLIENT_SECRET_FILE): \"DIR/client-secret\" is empty; \
             write the secret into it",
            "cookie-secret-file (environment variable OAUTH2_PROXY_COOKIE_SECRET_FILE): the content of \
             \"DIR/cookie-secret\" must be 16, 24 or 32 bytes, as they are or in URL-safe base64, but is 33; write the output of: openssl rand \
             -base64 32 | tr -- '+/' '-_'",
        ]
    );
}

#[test]
fn a_cookie_secret_that_only_a_line_break_spoils_is_told_by_the_line_break() {
    let start = Start::minimal().with("COOKIE_SECRET", "");
    let file = start.file("cookie-secret", "ODAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGU=\r\n");
    let start = start.with("COOKIE_SECRET_FILE", &file);
    assert!(
        start.fault().contains("ends in a line break, which counts and makes it 46 bytes; take the"),
        "{}",
        start.fault()
    );
    let start = Start::minimal().with("COOKIE_SECRET", "0123456789abcdef\n");
    assert!(start.fault().contains("the secret ends in a line break"), "{}", start.fault());
}

#[test]
fn a_callback_that_no_login_can_reach_is_told() {
    let start = |url: &str| Start::minimal().with("UPSTREAMS", "static://200").with("REDIRECT_URL", url);
    for (url, said) in [
        ("https://app.example.com/callback", "\"/callback\" is not the path of the callback, /oauth2/callback"),
        ("https://app.example.com/oauth2/callback/", "is not the path of the callback"),
        ("/callback", "is not the path of the callback"),
        ("http://app.example.com/oauth2/callback", "a browser keeps no cookie of cookie-secure, so no login ends"),
    ] {
        let warnings = start(url).warnings();
        assert!(warnings.len() == 1 && warnings[0].contains(said), "{url}: {warnings:?}");
    }
    for url in ["https://app.example.com", "https://app.example.com/oauth2/callback?a=b", "http://localhost:4180"] {
        assert_eq!(start(url).warnings(), Vec::<String>::new(), "{url}");
    }
    let warnings = start("https://app.example.com").with("COOKIE_DOMAINS", ".example.org,ample.com").warnings();
    assert!(warnings[0].starts_with("cookie-domain (") && warnings[0].contains("app.example.com"), "{warnings:?}");
    assert_eq!(
        start("https://app.example.com").with("COOKIE_DOMAINS", "App.Example.com").warnings(),
        Vec::<String>::new()
    );
    let warnings = start("https://app.example.com").with("COOKIE_DOMAINS", "example.org:80").warnings();
    assert!(!warnings.iter().any(|warning| warning.contains("no login ends")), "{warnings:?}");
}

#[test]
fn a_cookie_domain_that_is_none_is_warned_of() {
    let warned = |domain| {
        let warnings = Start::minimal().with("COOKIE_DOMAINS", domain).warnings();
        warnings.iter().any(|warning| warning.starts_with("cookie-domain (") && warning.contains("is no domain"))
    };
    for domain in ["https://example.com", "*.example.com", "example.com:8443", "example.com/"] {
        assert!(warned(domain), "{domain}");
    }
    for domain in [".example.com", "example.com", "localhost", "127.0.0.1"] {
        assert!(!warned(domain), "{domain}");
    }
}

#[test]
fn a_variable_that_was_probably_meant_for_an_option_is_told() {
    let start = Start::minimal()
        .with("UPSTREAMS", "static://200")
        .with("CLIENT_SECERT", "marked")
        .with("SERVICE_HOST", "10.0.0.1")
        .with("PORT_4180_TCP", "tcp://10.0.0.1:4180");
    assert_eq!(
        start.warnings(),
        ["client-secret (environment variable OAUTH2_PROXY_CLIENT_SECERT): no option has this variable, so it is not \
             read; did you mean OAUTH2_PROXY_CLIENT_SECRET?"]
    );
}

#[test]
fn a_word_that_was_probably_meant_for_a_switch_is_told() {
    let start = Start::minimal().with("UPSTREAMS", "static://200").flag("--cookie-secure").flag("false");
    assert_eq!(
        start.warnings(),
        ["cookie-secure (command line): the word behind it is not read; write --cookie-secure=false"]
    );
    let start = Start::minimal().with("UPSTREAMS", "static://200").flag("--cookie-secure").flag("serve");
    assert_eq!(start.warnings(), Vec::<String>::new());
}

#[test]
fn provider_ids_are_told_apart() {
    for (provider, said) in [
        ("gitlab", "this version does not serve the provider gitlab yet"),
        ("gitub", "\"gitub\" is no kind of provider; did you mean github?"),
        ("keycloak", "this version does not serve the provider keycloak yet"),
        ("odic", "\"odic\" is no kind of provider; did you mean oidc?"),
        ("OIDC", "\"OIDC\" is no kind of provider; did you mean oidc?"),
        ("keycloack", "\"keycloack\" is no kind of provider; did you mean keycloak-oidc?"),
        ("frobnicate", "\"frobnicate\" is no kind of provider; write github, "),
    ] {
        let fault = Start::minimal().with("PROVIDER", provider).fault();
        assert!(fault.contains(said), "{fault}");
    }
}

#[test]
fn one_wrong_value_is_one_fault_that_names_it() {
    for (name, value, option, said) in [
        ("OIDC_ISSUER_URL", "idp.example.com", "oidc-issuer-url", "not an absolute URL"),
        ("OIDC_ISSUER_URL", "https://u:marked@idp/", "oidc-issuer-url", "credentials"),
        ("REDEEM_URL", "ftp://x", "redeem-url", "neither http nor https"),
        ("VALIDATE_URL", "x", "validate-url", "not an absolute URL"),
        ("BACKEND_LOGOUT_URL", "x/{id_token}", "backend-logout-url", "not an absolute URL"),
        ("CODE_CHALLENGE_METHOD", "s256", "code-challenge-method", "write nothing, S256, plain or none"),
        ("FORCE_CODE_CHALLENGE_METHOD", "no", "force-code-challenge-method", "not one of its values"),
        ("OIDC_ENABLED_SIGNING_ALGS", "RS256,none", "oidc-enabled-signing-alg", "\"none\" is no signature algorithm"),
        ("OIDC_ENABLED_SIGNING_ALGS", "HS256", "oidc-enabled-signing-alg", "leaves no algorithm"),
        ("OIDC_EXTRA_AUDIENCES", "a,", "oidc-extra-audience", "empty element"),
        ("ALLOWED_GROUPS", ",", "allowed-group", "empty element"),
        ("EMAIL_DOMAINS", "a,,b", "email-domain", "empty element"),
        ("EMAIL_DOMAINS", "a, b", "email-domain", "\" b\" is no domain"),
        ("PROVIDER_CA_FILES", "/nowhere/ca.pem", "provider-ca-file", "/nowhere/ca.pem"),
        ("COOKIE_SAMESITE", "Lax", "cookie-samesite", "write nothing, lax, strict or none"),
        ("COOKIE_CSRF_SAMESITE", "loose", "cookie-csrf-samesite", "not one of its values"),
        ("COOKIE_EXPIRE", "-1h", "cookie-expire", "negative"),
        ("COOKIE_CSRF_EXPIRE", "-1s", "cookie-csrf-expire", "negative"),
        ("COOKIE_NAME", "a=b", "cookie-name", "no cookie name"),
        ("COOKIE_DOMAINS", "a;b", "cookie-domain", "no cookie attribute"),
        ("COOKIE_PATH", "/\u{7f}", "cookie-path", "no cookie attribute"),
        ("SESSION_STORE_TYPE", "redis", "session-store-type", "does not serve sessions in Redis yet"),
        ("SESSION_STORE_TYPE", "Cookie", "session-store-type", "no kind of store"),
        ("SESSION_MAX_COOKIE_BYTES", "-1", "session-max-cookie-bytes", "no size"),
        ("REFRESH_GRACE", "-1s", "refresh-grace", "negative"),
        ("SHUTDOWN_DELAY", "-1s", "shutdown-delay", "negative"),
        ("UPSTREAMS", "http://a/,http://b/", "upstream", "as another one does"),
        ("UPSTREAMS", "http://a/,unix:///s", "upstream", "as another one does"),
        ("UPSTREAMS", "http://u:marked@a/", "upstream", "\"http://…@a/\" has credentials"),
        ("REDIRECT_URL", "https://a/%zz", "redirect-url", "neither an http(s) URL nor a path"),
        ("REDIRECT_URL", "auth.example.com", "redirect-url", "write https://HOST/oauth2/callback"),
        ("PROXY_PREFIX", "/oauth2/", "proxy-prefix", "no prefix of paths"),
        ("PROXY_PREFIX", "oauth2", "proxy-prefix", "no prefix of paths"),
        ("PROXY_PREFIX", "/a/../b", "proxy-prefix", "no prefix of paths"),
        ("PING_PATH", "ping", "ping-path", "begin it with a slash"),
        ("SIGN_IN_PAGE_STATUS", "401", "sign-in-page-status", "write 403 or 200"),
        ("REQUEST_ID_HEADER", "a b", "request-id-header", "no header name"),
        ("TRUSTED_PROXY_IPS", "10.0.0.0/8,x", "trusted-proxy-ip", "element 2, \"x\","),
        ("SKIP_AUTH_REGEX", "(?=a)", "skip-auth-regex", "no regular expression"),
        ("SKIP_AUTH_ROUTES", "GET=[", "skip-auth-route", "no regular expression"),
        ("HTTP_ADDRESS", "4180", "http-address", "has no port"),
    ] {
        let start = Start::minimal().with(name, value);
        let fault = start.fault();
        assert!(fault.starts_with(&format!("{option} (environment variable OAUTH2_PROXY_{name}): ")), "{fault}");
        assert!(fault.contains(said) && !fault.contains("marked"), "{fault}");
    }
}

#[test]
fn a_minimal_session_allows_nothing_that_needs_a_token() {
    let start = Start::minimal()
        .flag("--session-cookie-minimal")
        .flag("--pass-access-token")
        .flag("--pass-authorization-header")
        .flag("--cookie-refresh=1h");
    let faults = start.faults();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.contains("session-cookie-minimal leaves out")), "{faults:?}");
}

#[test]
fn prefixed_cookie_names_need_their_attributes() {
    for (start, sound) in [
        (Start::minimal().with("COOKIE_NAME", "__Host-s"), true),
        (Start::minimal().with("COOKIE_NAME", "__Host-s").flag("--cookie-secure=false"), false),
        (Start::minimal().with("COOKIE_NAME", "__Host-s").with("COOKIE_DOMAINS", "a.b"), false),
        (Start::minimal().with("COOKIE_NAME", "__Host-s").with("COOKIE_PATH", "/a"), false),
        (Start::minimal().with("COOKIE_NAME", "__Secure-s").with("COOKIE_DOMAINS", "a.b"), true),
        (Start::minimal().with("COOKIE_NAME", "__Secure-s").flag("--cookie-secure=false"), false),
        (Start::minimal().with("COOKIE_NAME", &"n".repeat(256)), true),
        (Start::minimal().with("COOKIE_NAME", &"n".repeat(257)), false),
    ] {
        assert_eq!(start.load().is_ok(), sound);
    }
}

#[test]
fn without_discovery_the_endpoints_must_be_there() {
    let start = Start::minimal().flag("--skip-oidc-discovery");
    let faults = start.faults();
    assert_eq!(faults.len(), 3, "{faults:?}");
    for (fault, option) in faults.iter().zip(["login-url", "redeem-url", "oidc-jwks-url"]) {
        assert!(fault.starts_with(&format!("{option} (not set): is required with skip-oidc-discovery")), "{fault}");
    }
    let start = start.with("LOGIN_URL", "https://idp/a").with("REDEEM_URL", "https://idp/t");
    let pem = "-----BEGIN PUBLIC KEY-----\n\
               MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
               -----END PUBLIC KEY-----\n";
    let key = start.file("key.pem", pem);
    let start = start.with("OIDC_PUBLIC_KEY_FILES", &key);
    assert!(start.load().is_ok());
    start.file("key.pem", "no key");
    assert!(start.fault().contains("DIR/key.pem\": "), "{}", start.fault());
    let start = start.with("OIDC_JWKS_URL", "https://idp/keys");
    assert!(start.faults()[0].contains("cannot be used together with oidc-jwks-url"), "{:?}", start.faults());
}

#[test]
fn what_is_insecure_or_wide_is_said_at_start() {
    let start = Start::minimal()
        .with("UPSTREAMS", "http://127.0.0.1:8080")
        .flag("--insecure-oidc-skip-nonce")
        .flag("--ssl-insecure-skip-verify")
        .flag("--ssl-upstream-insecure-skip-verify")
        .flag("--cookie-secure=false")
        .flag("--code-challenge-method=none")
        .flag("--skip-auth-regex=/public")
        .flag("--skip-auth-route=GET=^/")
        .flag("--skip-auth-route=!=^/private");
    let warnings = start.warnings();
    for option in [
        "insecure-oidc-skip-nonce",
        "ssl-insecure-skip-verify",
        "ssl-upstream-insecure-skip-verify",
        "cookie-secure",
        "code-challenge-method",
        "skip-auth-regex",
        "skip-auth-route",
        "redirect-url",
    ] {
        assert!(warnings.iter().any(|warning| warning.starts_with(&format!("{option} ("))), "{option}: {warnings:#?}");
    }
    assert_eq!(Start::minimal().with("UPSTREAMS", "static://200").warnings(), Vec::<String>::new());
}

#[test]
fn settings_that_tell_nobody_or_trust_an_address_are_said_at_start() {
    let silent = ["--standard-logging=false", "--auth-logging=false", "--request-logging=false"];
    let start = silent.into_iter().fold(Start::minimal(), Start::flag);
    assert!(start.warnings().iter().any(|warning| warning.starts_with("standard-logging (")), "{:?}", start.warnings());
    let start = Start::minimal().flag("--trusted-ip=10.0.0.1").flag("--reverse-proxy");
    assert!(start.warnings().iter().any(|warning| warning.starts_with("trusted-ip (")), "{:?}", start.warnings());
}

#[test]
fn a_pattern_that_opens_more_than_it_says_is_named() {
    for (pattern, said) in [
        ("/public", Some("matches anywhere")),
        ("^/public", Some("opens longer paths too")),
        (".*\\.js$", Some("matches anywhere")),
        ("^/api/.*", Some("opens every path that its .* can stand for")),
        ("^/", Some("opens everything")),
        ("^/public/", None),
        ("^/api/v[0-9]+/health$", None),
    ] {
        let start =
            Start::minimal().with("UPSTREAMS", "static://200").with("SKIP_AUTH_ROUTES", &format!("GET={pattern}"));
        let warnings = start.warnings();
        assert_eq!(warnings.len(), usize::from(said.is_some()), "{pattern}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains(said.unwrap_or_default())), "{warnings:?}");
    }
}

#[test]
fn a_secret_that_anybody_can_guess_is_named() {
    let start = |secret| Start::minimal().with("UPSTREAMS", "static://200").with("COOKIE_SECRET", secret);
    for secret in ["0000000000000000", "OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w="] {
        let warnings = start(secret).warnings();
        assert!(warnings[0].contains("anybody can guess") && !warnings[0].contains(secret), "{warnings:?}");
    }
}

#[test]
fn a_shared_callback_host_wants_a_whitelist() {
    let start = |whitelist: &str| {
        Start::minimal()
            .with("UPSTREAMS", "static://200")
            .with("REDIRECT_URL", "https://auth.example.com/oauth2/callback")
            .with("COOKIE_DOMAINS", ".example.com")
            .with("WHITELIST_DOMAINS", whitelist)
    };
    assert!(start("").warnings()[0].contains("add .example.com"), "{:?}", start("").warnings());
    assert!(start(".other.com").warnings()[0].contains("add .example.com"));
    assert_eq!(start(".example.com").warnings(), Vec::<String>::new());
    assert_eq!(start(".example.com:*").warnings(), Vec::<String>::new());
}

#[test]
fn older_names_count_while_the_newer_have_their_defaults() {
    let claim = |start: Start| oidc(&start.config()).email_claim.clone();
    assert_eq!(claim(Start::minimal()), "email");
    assert_eq!(claim(Start::minimal().with("USER_ID_CLAIM", "upn")), "upn");
    assert_eq!(claim(Start::minimal().with("USER_ID_CLAIM", "upn").with("OIDC_EMAIL_CLAIM", "mail")), "mail");
}

#[test]
fn the_authorization_request_carries_a_prompt_of_either_kind() {
    let parameters = |start: Start| {
        let parameters = oidc(&start.config()).registration.login_parameters.clone();
        assert!(parameters.iter().all(|parameter| parameter.allow.is_empty()));
        parameters.into_iter().map(|parameter| (parameter.name, parameter.default)).collect::<Vec<_>>()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
    assert_eq!(parameters(Start::minimal()), [pair("approval_prompt", "force")]);
    assert_eq!(parameters(Start::minimal().flag("--approval-prompt=")), [pair("approval_prompt", "force")]);
    assert_eq!(
        parameters(Start::minimal().with("PROMPT", "login").with("ACR_VALUES", "mfa")),
        [pair("acr_values", "mfa"), pair("prompt", "login")]
    );
}

#[test]
fn the_banner_tells_the_accepted_domains_as_text() {
    let banner = |start: Start| start.config().gateway.pages.banner;
    assert_eq!(banner(Start::minimal()), None);
    assert_eq!(banner(Start::minimal().with("BANNER", "-").with("EMAIL_DOMAINS", "a.b")), None);
    assert_eq!(banner(Start::minimal().with("BANNER", "<b>hi</b>")).as_deref(), Some("<b>hi</b>"));
    let one = banner(Start::minimal().with("EMAIL_DOMAINS", "A<b>.com"));
    assert_eq!(one.as_deref(), Some("Sign in with your a&lt;b&gt;.com account."));
    let two = banner(Start::minimal().with("EMAIL_DOMAINS", "a.com,*"));
    assert_eq!(two.as_deref(), Some("Sign in with an account of a.com, *."));
}

#[test]
fn no_debug_output_of_a_configuration_shows_a_secret() {
    let start =
        Start::minimal().with("BASIC_AUTH_PASSWORD", "marked-password").with("COOKIE_SECRET", "marked-0123456789");
    assert!(start.load().is_err());
    let start = start.with("COOKIE_SECRET", "marked-012345678");
    assert!(!format!("{:?}", start.config()).contains("marked"));
}

/// Values that one kind of option or another might stumble over.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            "-",
            "*",
            ",",
            "a,",
            "/",
            "//",
            "true",
            "maybe",
            "0",
            "-1",
            "1h",
            "-1h",
            "9223372036854775807",
            "none",
            "oidc",
            "GET=^/x",
            "!=",
            "a!=b=c",
            "(",
            "[[",
            "\\Q",
            "https://a/b?c#d",
            "http://a:99999/",
            "unix:///s,mode=8",
            "fd:99999999999",
            "static://0",
            "file:///",
            "https://idp.example.com",
            "[::1]:1",
            "10.0.0.0/8",
            "S256",
            "{id_token}",
            "/nowhere",
            "\u{0}",
            "\u{202e}",
            "é",
            "\"",
            "a\"b",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
    ]
}

proptest! {
    #[test]
    fn whatever_is_written_gives_a_command_or_faults(
        written in prop::collection::vec((0usize..300, 0u8..3, hostile()), 0..8),
    ) {
        let rows: Vec<_> = crate::table::rows().collect();
        let mut start = Start::minimal();
        let mut file = String::new();
        for (at, source, value) in written {
            let row = rows[at % rows.len()];
            match (source, row.key) {
                (0, Some(key)) => start = start.with(&key.to_uppercase(), &value.replace('\0', "")),
                (1, Some(key)) => file.extend([key, " = ", &value, "\n"]),
                _ => start = start.flag(&format!("--{}={value}", row.flag)),
            }
        }
        let path = start.file("a.cfg", &file);
        let start = start.flag("--config").flag(&path);
        if let Err(faults) = start.load() {
            prop_assert!(!faults.list().is_empty());
            let text = faults.to_string();
            let heads = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).count();
            prop_assert_eq!(heads, faults.list().len(), "{}", faults);
        }
    }
}
