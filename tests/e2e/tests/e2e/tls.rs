//! TLS listeners: what is agreed on, what is refused, and certificates that change; requests that are sent to https.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Certificate, Connection, Curl, Launch, Program, Provider, Request, Which};

/// How long anything may take that is looked for every second.
const SOON: Duration = Duration::from_secs(20);

/// A program with a TLS listener, and how to reach it.
struct Secure {
    program: Program,
    /// The certificate that it began with, as an authority to trust.
    trusted: PathBuf,
}

impl Secure {
    fn start(app: &App, flags: &[&str]) -> Self {
        let Certificate { certificate, key } = Certificate::of(&["localhost"]);
        let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).listening_as_configured();
        let trusted = launch.write("trusted.crt", &certificate);
        let (cert, key) = (launch.write("tls.crt", &certificate), launch.write("tls.key", &key));
        let address = format!("--https-address={}", launch.address());
        let program = launch
            .flag(&address)
            .flag(&format!("--tls-cert-file={}", cert.display()))
            .flag(&format!("--tls-key-file={}", key.display()))
            .flag("--skip-auth-route=^/open/")
            .flags(flags)
            .start();
        Self { program, trusted }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.program.address().port())
    }

    /// A request that trusts `authority` alone.
    fn trusting(&self, authority: &Path) -> Curl {
        Curl::new(&self.url("/open/x")).with(&["--cacert", &authority.display().to_string()])
    }

    fn curl(&self) -> Curl {
        self.trusting(&self.trusted)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.program.folder().join(name), content).expect("written");
    }
}

#[test]
fn tls_agrees_on_http_2_and_on_http_1_for_whoever_wants_that() {
    let app = App::start();
    let secure = Secure::start(&app, &[]);
    let answer = secure.curl().ask();
    assert_eq!((answer.version.as_str(), answer.response.status), ("2", 200));
    let answer = secure.curl().with(&["--http1.1"]).ask();
    assert_eq!((answer.version.as_str(), answer.response.status), ("1.1", 200));
    let host = format!("localhost:{}", secure.program.address().port());
    assert!(app.seen().iter().all(|seen| seen.headers.get("Host") == Some(&host)), "{:?}", app.seen());
}

#[test]
fn the_oldest_tls_is_1_2_and_may_be_1_3() {
    let app = App::start();
    let secure = Secure::start(&app, &[]);
    assert_eq!(secure.curl().with(&["--tls-max", "1.2"]).ask().response.status, 200);
    assert_eq!(secure.curl().with(&["--tlsv1.3"]).ask().response.status, 200);
    assert!(
        secure.curl().with(&["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"]).try_ask().is_err()
    );
    let secure = Secure::start(&app, &["--tls-min-version=TLS1.3"]);
    assert!(secure.curl().with(&["--tls-max", "1.2"]).try_ask().is_err());
    assert_eq!(secure.curl().ask().response.status, 200);
}

#[test]
fn listed_suites_of_tls_1_2_are_offered_and_no_others() {
    let app = App::start();
    let secure = Secure::start(&app, &["--tls-cipher-suite=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]);
    let with = |cipher: &str| secure.curl().with(&["--tls-max", "1.2", "--ciphers", cipher]).try_ask();
    assert_eq!(with("ECDHE-ECDSA-AES256-GCM-SHA384").expect("an answer").response.status, 200);
    assert!(with("ECDHE-ECDSA-AES128-GCM-SHA256").is_err());
    assert_eq!(secure.curl().ask().response.status, 200, "TLS 1.3 has suites of its own");
}

#[test]
fn a_new_certificate_counts_without_a_restart_and_one_that_does_not_fit_leaves_the_old() {
    let app = App::start();
    let secure = Secure::start(&app, &[]);
    let (second, stranger) = (Certificate::of(&["localhost"]), Certificate::of(&["localhost"]));
    // Its key is another's.
    secure.write("tls.crt", &stranger.certificate);
    secure.program.process().wait_for("has another key than the certificate", SOON);
    secure.program.process().wait_for("the one before stays in use", SOON);
    assert_eq!(secure.curl().ask().response.status, 200);

    secure.write("second.crt", &second.certificate);
    secure.write("tls.crt", &second.certificate);
    secure.write("tls.key", &second.key);
    let trusted = secure.program.folder().join("second.crt");
    let renewed = || secure.trusting(&trusted).try_ask().ok().map(|answer| assert_eq!(answer.response.status, 200));
    eventually(SOON, renewed, || secure.program.said());
    assert!(secure.curl().try_ask().is_err(), "the first is not shown any more");
    assert!(!secure.program.said().contains("PRIVATE KEY"));
}

#[test]
fn who_speaks_plain_http_to_the_tls_listener_is_told_and_who_says_nothing_is_cut() {
    let app = App::start();
    let secure = Secure::start(&app, &[]);
    let answer = secure.program.get("/open/x");
    assert_eq!((answer.status, answer.text().as_str()), (400, "This port speaks HTTPS.\n"));
    // Silent from the beginning, and silent in the middle of a handshake: both within ten seconds.
    for said in [&b""[..], &[0x16, 3, 1, 2, 0, 1]] {
        let mut silent = secure.program.connect();
        silent.write(said).expect("sent");
        assert_eq!(silent.read_to_end(), b"");
    }
    assert!(app.seen().is_empty());
}

/// Both listeners, by a structured file; what stands in it beside them goes into `more`.
fn both(flags: &[&str]) -> (Program, u16, PathBuf, App) {
    let app = App::start();
    let Certificate { certificate, key } = Certificate::of(&["localhost"]);
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let port = sidecar_testkit::place::free_port();
    let (cert, key) = (launch.write("tls.crt", &certificate), launch.write("tls.key", &key));
    let yaml = format!(
        "upstreamConfig: {{upstreams: [{{id: app, path: /, uri: '{}'}}]}}\nproviders: [{{id: one, provider: oidc, clientID: \
         a, clientSecret: b, oidcConfig: {{issuerURL: 'http://127.0.0.1:1'}}}}]\nserver: {{bindAddress: '{}', \
         secureBindAddress: '127.0.0.1:{port}', tls: {{cert: {{fromFile: '{}'}}, key: {{fromFile: '{}'}}}}}}\n",
        app.upstream(),
        launch.address(),
        cert.display(),
        key.display()
    );
    let alpha = launch.write("alpha.yaml", &yaml);
    let program = launch
        .flag(&format!("--alpha-config={}", alpha.display()))
        .flag("--cookie-secret=0123456789abcdef")
        .flag("--email-domain=*")
        .flag("--skip-auth-route=^/open/")
        .flags(flags)
        .start();
    (program, port, cert, app)
}

#[test]
fn structured_configuration_has_a_plain_and_a_tls_listener_and_force_https_leads_from_one_to_the_other() {
    let (program, port, cert, app) = both(&["--force-https"]);
    let curl = |url: &str| Curl::new(url).with(&["--cacert", &cert.display().to_string()]);
    let secure = curl(&format!("https://localhost:{port}/open/x")).ask();
    assert_eq!(secure.response.status, 200, "{}", program.said());
    app.forget();
    for (target, location) in [
        ("/open/x?a=b", "/open/x?a=b"),
        ("/ping", "/ping"),
        ("/oauth2/sign_in", "/oauth2/sign_in"),
        ("/open/%2e", "/open/%2e"),
    ] {
        let answer = program.get(target);
        assert_eq!(answer.status, 308, "{target}");
        assert_eq!(answer.location(), format!("https://127.0.0.1:{port}{location}"));
        let over_http2 = Curl::http2(&program.url(target)).ask();
        assert_eq!((over_http2.version.as_str(), over_http2.response.status), ("2", 308), "{target}");
        assert_eq!(over_http2.response.location(), answer.location());
    }
    let without_port = program.ask(&Request::get("/open/x").header("Host", "app.test"));
    assert_eq!(without_port.location(), "https://app.test/open/x");
    // Nobody is believed here.
    let claimed = program.ask(&Request::get("/open/x").header("X-Forwarded-Proto", "https"));
    assert_eq!(claimed.status, 308);
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

#[test]
fn behind_a_proxy_that_ends_tls_force_https_goes_by_what_that_says() {
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .flags(["--force-https", "--reverse-proxy", "--skip-auth-route=^/open/"])
        .start();
    let ask = |proto: &str| program.ask(&Request::get("/open/x").header("X-Forwarded-Proto", proto));
    assert_eq!(ask("https").status, 200);
    assert_eq!(ask("http").status, 308);
    assert_eq!(ask("https,http").status, 308, "two values say nothing");
    assert_eq!(program.get("/open/x").status, 308);
    assert_eq!(app.seen().len(), 1);
    let forwarded = program.ask(&Request::get("/open/x").header("X-Forwarded-Host", "app.test:80"));
    assert_eq!(forwarded.location(), "https://app.test:443/open/x");
}

#[test]
fn force_https_without_anybody_who_speaks_tls_is_refused_at_start() {
    let app = App::start();
    let finished = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flag("--force-https").run();
    assert_eq!(finished.status.code(), Some(1));
    assert!(
        finished.stderr.contains("force-https (command line): no request could come by https"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_connection_of_http_1_stays_open_over_tls_listeners_that_get_another_certificate() {
    let (program, port, cert, _app) = both(&[]);
    let mut plain = Connection::open(program.address());
    assert_eq!(plain.exchange(&Request::get("/open/1")).expect("an answer").status, 200);
    let renewed = Certificate::of(&["localhost"]);
    std::fs::write(program.folder().join("tls.key"), &renewed.key).expect("written");
    std::fs::write(&cert, &renewed.certificate).expect("written");
    let url = format!("https://localhost:{port}/open/x");
    let seen = || Curl::new(&url).with(&["--cacert", &cert.display().to_string()]).try_ask().ok();
    eventually(SOON, seen, || program.said());
    assert_eq!(plain.exchange(&Request::get("/open/2")).expect("the same connection").status, 200);
}
