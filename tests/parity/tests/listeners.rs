//! TLS listeners of both programs, side by side: who is answered, and what; and requests that are sent to https. The client
//! is curl.

use std::path::PathBuf;

use sidecar_parity::cases::configuration::{CERTIFICATE, CERTIFIED_KEY};
use sidecar_testkit::curl::Answer;
use sidecar_testkit::{App, Curl, Launch, Program, Request, Which, place};

const BOTH: [Which; 2] = [Which::Original, Which::Ours];

/// A provider that neither program asks here.
const NOBODY: [&str; 6] = [
    "--provider=github",
    "--client-id=client",
    "--client-secret=marked",
    "--cookie-secret=0123456789abcdef",
    "--email-domain=*",
    "--skip-auth-route=^/open/",
];

struct Side {
    program: Program,
    app: App,
    port: u16,
    trusted: PathBuf,
}

impl Side {
    /// A TLS listener by flags.
    fn by_flags(which: Which, flags: &[&str]) -> Self {
        let app = App::start();
        let launch = Launch::new(which).listening_as_configured().flags(NOBODY).flags(flags);
        let (cert, key) = (launch.write("tls.crt", CERTIFICATE), launch.write("tls.key", CERTIFIED_KEY));
        let (address, port) = (format!("--https-address={}", launch.address()), launch.address().port());
        let files = [format!("--tls-cert-file={}", cert.display()), format!("--tls-key-file={}", key.display())];
        let upstream = format!("--upstream={}", app.upstream());
        let program = launch.flag(&address).flag(&upstream).flags(&files).start();
        Self { program, app, port, trusted: cert }
    }

    /// Both listeners, by a structured file; the port is that of TLS.
    fn structured(which: Which, port: u16, flags: &[&str]) -> Self {
        let app = App::start();
        let launch = Launch::new(which).listening_as_configured();
        let (cert, key) = (launch.write("tls.crt", CERTIFICATE), launch.write("tls.key", CERTIFIED_KEY));
        let yaml = format!(
            "upstreamConfig: {{upstreams: [{{id: app, path: /, uri: '{}'}}]}}\nproviders: [{{id: one, provider: github, \
             clientID: a, clientSecret: b}}]\nserver: {{bindAddress: '{}', secureBindAddress: '127.0.0.1:{port}', tls: \
             {{cert: {{fromFile: '{}'}}, key: {{fromFile: '{}'}}}}}}\n",
            app.upstream(),
            launch.address(),
            cert.display(),
            key.display()
        );
        let alpha = launch.write("alpha.yaml", &yaml);
        let beside: Vec<&&str> = NOBODY[3..].iter().collect();
        let program = launch.flag(&format!("--alpha-config={}", alpha.display())).flags(beside).flags(flags).start();
        Self { program, app, port, trusted: cert }
    }

    fn curl(&self, path: &str) -> Curl {
        let url = format!("https://localhost:{}{path}", self.port);
        Curl::new(&url).with(&["--http1.1", "--cacert", &self.trusted.display().to_string()])
    }
}

/// What two answers are compared by.
fn shown(answer: &Answer) -> (u16, String, Option<String>, String) {
    let response = &answer.response;
    let header = |name| response.headers.get(name).map(str::to_owned);
    (response.status, response.location().to_owned(), header("Content-Type"), response.text())
}

#[test]
fn both_answer_over_tls_alike_and_tell_the_app_alike() {
    let sides = BOTH.map(|which| Side::by_flags(which, &[]));
    for (path, more) in [
        ("/open/x?a=b", &[][..]),
        ("/ping", &[]),
        ("/robots.txt", &[]),
        ("/oauth2/auth", &[]),
        ("/open/../x", &[]),
        ("/open/post", &["--data-binary", "body"]),
        ("/open/h", &["--header", "Host: app.test"]),
        ("/open/p", &["--header", "X-Forwarded-Proto: http"]),
    ] {
        let answers = sides.each_ref().map(|side| {
            side.app.forget();
            let answer = side.curl(path).with(more).ask();
            let told = side.app.seen().pop().map(|seen| {
                let of = |name| seen.headers.get(name).map(|value| value.replace(&side.port.to_string(), "PORT"));
                (seen.method.clone(), seen.target.clone(), of("Host"), of("X-Forwarded-Proto"), of("X-Forwarded-For"))
            });
            let (status, location, kind, text) = shown(&answer);
            // The app echoes what it was asked, whose parts are compared above.
            (status, location, kind, if told.is_some() { String::new() } else { text }, told)
        });
        assert_eq!(answers[0], answers[1], "{path} {more:?}");
    }
}

#[test]
fn both_take_and_refuse_the_same_versions_and_suites() {
    let suite = "--tls-cipher-suite=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    for flags in [&[][..], &["--tls-min-version=TLS1.3"], &[suite], &["--tls-cipher-suite=TLS_AES_128_GCM_SHA256"]] {
        let sides = BOTH.map(|which| Side::by_flags(which, flags));
        for client in [
            &["--tls-max", "1.2"][..],
            &["--tlsv1.3"],
            &["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"],
            &["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"],
            &["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"],
            &["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305"],
        ] {
            let taken = sides.each_ref().map(|side| side.curl("/ping").with(client).try_ask().is_ok());
            assert_eq!(taken[0], taken[1], "{flags:?} {client:?}");
        }
    }
}

#[test]
fn both_tell_who_speaks_plain_http_to_the_tls_listener() {
    let statuses = BOTH.map(|which| Side::by_flags(which, &[]).program.get("/ping").status);
    assert_eq!(statuses, [400, 400]);
}

#[test]
fn both_send_the_same_requests_to_https() {
    let ports = [place::free_port(), place::free_port()];
    for flags in [&["--force-https"][..], &["--force-https", "--reverse-proxy", "--trusted-proxy-ip=127.0.0.1"]] {
        let sides =
            [Side::structured(Which::Original, ports[0], flags), Side::structured(Which::Ours, ports[1], flags)];
        let ask = |request: &Request| {
            sides.each_ref().map(|side| {
                let answer = side.program.ask(request);
                let here = [side.port.to_string(), side.program.address().port().to_string()];
                let plain = |text: &str| text.replace(&here[0], "TLS").replace(&here[1], "PLAIN");
                let kind = answer.headers.get("Content-Type").map(str::to_owned);
                let body = if answer.status == 308 { plain(&answer.text()) } else { String::new() };
                (answer.status, plain(answer.location()), kind.filter(|_| answer.status == 308), body)
            })
        };
        let get = Request::get;
        for request in [
            get("/open/x?a=b"),
            get("/open/%2e%2E?"),
            get("/ping"),
            get("/oauth2/start?rd=/x"),
            Request::new("HEAD", "/open/x"),
            Request::post_form("/open/x", "a=b"),
            get("//open//x"),
            get("/open/x").header("Host", "app.test"),
            get("/open/x").header("Host", "app.test:1"),
            get("/open/x").header("Host", "[::1]:1"),
            get("/open/x").header("X-Forwarded-Proto", "https"),
            get("/open/x").header("X-Forwarded-Proto", "HTTPS"),
            get("/open/x").header("X-Forwarded-Proto", "http"),
            get("/open/x").header("X-Forwarded-Host", "front.test:8080"),
            get("/open/x").header("X-Forwarded-Host", "front.test").header("X-Forwarded-Proto", "http"),
        ] {
            let [original, ours] = ask(&request);
            assert_eq!(original, ours, "{flags:?} {request:?}");
        }
        for proto in ["http", "https"] {
            let header = format!("X-Forwarded-Proto: {proto}");
            let statuses =
                sides.each_ref().map(|side| side.curl("/open/x").with(&["--header", &header]).ask().response.status);
            assert_eq!(statuses[0], statuses[1], "{flags:?} over TLS, {proto}");
        }
    }
}
