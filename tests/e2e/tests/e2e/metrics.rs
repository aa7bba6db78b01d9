//! Metrics: what is counted, who is told, and what is never in them.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sidecar_testkit::http::ask;
use sidecar_testkit::metrics::{series, value};
use sidecar_testkit::process::eventually;
use sidecar_testkit::websocket::{self, Message};
use sidecar_testkit::{
    App, Browser, Certificate, Connection, Curl, Launch, Program, Provider, Reply, Request, Response, Which, place,
};

use crate::site::{PASSWORD, Site, get_with};

const SOON: Duration = Duration::from_secs(20);

/// A site with metrics beside it.
struct Counted {
    site: Site,
    port: u16,
}

impl Counted {
    fn start(flags: &[&str]) -> Self {
        Self::before(App::start(), flags)
    }

    fn before(app: App, flags: &[&str]) -> Self {
        let port = place::free_port();
        let metrics = format!("--metrics-address=127.0.0.1:{port}");
        let flags: Vec<&str> = flags.iter().copied().chain([metrics.as_str()]).collect();
        Self { site: Site::before(app, &flags), port }
    }

    fn ask(&self, request: &Request) -> Response {
        ask(place::loopback(self.port), request)
    }

    fn text(&self) -> String {
        self.ask(&Request::get("/metrics")).text()
    }

    /// The value of a series; 0 if there is none.
    fn value(&self, series: &str) -> u64 {
        value(&self.text(), series).unwrap_or(0)
    }

    /// Waits until a series has this value.
    fn wait_for(&self, series: &str, wanted: u64) {
        let is_so = || (self.value(series) == wanted).then_some(());
        eventually(SOON, is_so, || format!("{series} {wanted} in {}", self.text()));
    }

    /// Asks the program, and expects this status.
    fn visit(&self, target: &str, status: u16) {
        let answer = self.program().get(target);
        assert_eq!(answer.status, status, "{target}: {}", answer.text());
    }

    fn program(&self) -> &Program {
        &self.site.program
    }
}

#[test]
fn the_three_series_of_v7_appear_and_count_as_they_do_there() {
    let app = App::with(|seen| match seen.target.as_str() {
        "/socket" => Reply::WebSocketEcho,
        "/hang" => Reply::Silence,
        "/999" => Reply::Text(599, Vec::new(), String::new()),
        _ => Reply::Echo,
    });
    // The probe of the start is a ping.
    let counted = Counted::before(app, &["--skip-auth-route=^/"]);
    let text = counted.text();
    assert_eq!(value(&text, "oauth2_proxy_requests_in_flight"), Some(0), "{text}");
    assert!(!text.contains("oauth2_proxy_requests_total") && !text.contains("oauth2_proxy_response"), "{text}");

    let statuses = [("/ping", 200), ("/ready", 200), ("//cleaned", 301), ("/a", 200), ("/b", 200), ("/999", 599)];
    for (target, status) in statuses.into_iter().chain([("/robots.txt", 200)]) {
        counted.visit(target, status);
    }
    assert_eq!(counted.program().ask(&Request::new("BREW", "/pot")).status, 200);
    let mut socket = websocket::open(counted.program().connect(), Request::get("/socket")).expect("a socket");
    counted.wait_for("oauth2_proxy_requests_in_flight", 1);
    assert_eq!(counted.value("oauth2_sidecar_websockets"), 1);
    assert_eq!(counted.value("oauth2_proxy_requests_total{code=\"200\"}"), 4, "/a /b /robots.txt /pot");
    socket.send(Message::text("x")).expect("sent");
    assert_eq!(socket.read().expect("an echo"), Message::text("x"));
    drop(socket);
    counted.wait_for("oauth2_proxy_requests_total{code=\"200\"}", 5);
    counted.wait_for("oauth2_sidecar_websockets", 0);

    let mut connection = counted.program().connect();
    connection.send(&Request::get("/hang")).expect("sent");
    counted.wait_for("oauth2_proxy_requests_in_flight", 1);
    drop(connection);
    counted.wait_for("oauth2_proxy_requests_total{code=\"502\"}", 1);

    let text = counted.text();
    assert_eq!(value(&text, "oauth2_proxy_requests_total{code=\"599\"}"), Some(1), "{text}");
    assert_eq!(value(&text, "oauth2_proxy_response_duration_seconds_count{method=\"get\"}"), Some(6), "{text}");
    assert_eq!(value(&text, "oauth2_proxy_response_duration_seconds_bucket{method=\"unknown\",le=\"+Inf\"}"), Some(1));
    assert_eq!(value(&text, "oauth2_proxy_requests_in_flight"), Some(0), "{text}");
}

#[test]
fn prometheus_own_parser_and_linter_find_no_fault() {
    let counted = Counted::start(&["--skip-auth-route=^/open"]);
    counted.site.alice();
    counted.visit("/open", 200);
    let found = series(&counted.text());
    for wanted in [
        "counter oauth2_proxy_requests_total{code=\"200\"}",
        "gauge oauth2_proxy_requests_in_flight{} 0",
        "histogram oauth2_proxy_response_duration_seconds{method=\"get\"} count=",
        "counter oauth2_sidecar_logins_total{outcome=\"completed\"} 1",
        "counter oauth2_sidecar_logins_begun_total{} 1",
        "gauge oauth2_sidecar_provider_ready{} 1",
        "gauge oauth2_sidecar_build_info{version=",
        "counter process_cpu_seconds_total{}",
        "gauge process_resident_memory_bytes{}",
    ] {
        assert!(found.iter().any(|series| series.starts_with(wanted)), "{wanted} in {found:#?}");
    }
    let bounds = "bounds=0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,+Inf";
    assert!(found.iter().any(|series| series.ends_with(bounds)), "{found:#?}");
}

#[test]
fn every_path_and_method_is_answered_alike_and_nothing_else_is_there() {
    let counted = Counted::start(&["--skip-auth-route=^/"]);
    for (method, path) in
        [("GET", "/"), ("GET", "/debug/pprof/"), ("POST", "/config"), ("DELETE", "/metrics"), ("GET", "/oauth2/auth?x")]
    {
        let answer = counted.ask(&Request::new(method, path).body("x=y"));
        assert_eq!(answer.status, 200, "{method} {path}");
        let media_type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
        assert_eq!(answer.headers.get("Content-Type"), Some(media_type));
        assert!(answer.text().contains("oauth2_sidecar_build_info"), "{method} {path}");
        assert!(
            answer.headers.get("Access-Control-Allow-Origin").is_none() && answer.headers.get("Set-Cookie").is_none()
        );
    }
    let head = counted.ask(&Request::new("HEAD", "/metrics"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(counted.site.app.seen().is_empty(), "no app is behind it");
}

#[test]
fn idle_connections_keep_no_scrape_waiting() {
    let counted = Counted::start(&[]);
    let address = place::loopback(counted.port);
    let idle: Vec<Connection> = (0..50).map(|_| Connection::open(address)).collect();
    let begun = Instant::now();
    assert_eq!(counted.ask(&Request::get("/metrics")).status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(idle);
}

#[test]
fn the_head_of_a_scrape_has_a_limit() {
    let long = Request::get("/metrics").header("X-Long", &"x".repeat(20 * 1024));
    assert_eq!(Counted::start(&[]).ask(&long).status, 431);
}

#[test]
fn metrics_are_packed_for_whom_takes_gzip() {
    let counted = Counted::start(&[]);
    let answer = counted.ask(&Request::get("/metrics").header("Accept-Encoding", "gzip"));
    assert_eq!(answer.headers.get("Content-Encoding"), Some("gzip"));
    let folder = place::temporary_folder();
    let file = folder.path().join("metrics.gz");
    std::fs::write(&file, &answer.body).expect("a file");
    let output = std::process::Command::new("gzip").arg("-dc").arg(&file).output().expect("gzip");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.len() > 2 * answer.body.len());
    assert!(!series(&text).is_empty());
}

#[test]
fn pages_of_other_sites_are_told_nothing() {
    let counted = Counted::start(&[]);
    let browser = |host: &str| Request::get("/metrics").header("Host", host).header("User-Agent", "Mozilla/5");
    for (request, status) in [
        (Request::get("/metrics").header("Host", "metrics.example.com"), 200),
        (browser("localhost:9090"), 200),
        (browser("rebound.example.com"), 403),
        (Request::get("/metrics").header("Origin", "https://evil.example"), 403),
        (Request::get("/metrics").header("Sec-Fetch-Mode", "cors"), 403),
    ] {
        let answer = counted.ask(&request);
        assert_eq!(answer.status, status);
        assert_eq!(answer.text().contains("oauth2_sidecar"), status == 200);
    }
}

#[test]
fn logins_and_sessions_are_counted_by_what_came_of_them() {
    let counted = Counted::start(&["--login-restart=false"]);
    let cookie = counted.site.alices_cookie();
    let logins = |outcome: &str| counted.value(&format!("oauth2_sidecar_logins_total{{outcome=\"{outcome}\"}}"));
    assert_eq!(logins("completed"), 1);
    counted.visit("/oauth2/callback?error=access_denied&state=a:b", 403);
    assert_eq!(logins("provider_refused"), 1);
    counted.visit("/oauth2/callback?code=x&state=aaaaaaaaaaaaaaaaaaaaaa:%2F", 403);
    assert_eq!(logins("state_lost"), 1);
    counted.visit("/oauth2/callback?code=x", 500);
    assert_eq!(logins("malformed"), 1);

    let sessions = |found: &str| counted.value(&format!("oauth2_sidecar_sessions_total{{found=\"{found}\"}}"));
    let before = ["valid", "absent", "rejected"].map(sessions);
    assert_eq!(counted.program().ask(&get_with(&cookie, "/x")).status, 200);
    counted.visit("/x", 403);
    assert_eq!(counted.program().ask(&get_with("_oauth2_proxy=forged", "/x")).status, 403);
    let after = ["valid", "absent", "rejected"].map(sessions);
    assert_eq!(after, before.map(|count| count + 1));
}

#[test]
fn an_account_that_may_not_enter_and_a_refresh_are_counted() {
    let counted = Counted::start(&["--cookie-refresh=1s", "--pass-access-token"]);
    let mut browser = counted.site.alice();
    browser.open_once(&counted.program().url("/first"));
    counted.site.assert_renewed(&mut browser, "alice@example.com");
    assert!(counted.value("oauth2_sidecar_refreshes_total{outcome=\"renewed\"}") >= 1, "{}", counted.text());

    let closed = Counted::start(&["--allowed-group=nobody-is-in-it"]);
    let mut browser = Browser::new();
    browser.sign_in_at(&closed.program().url("/oauth2/start?rd=/"), "alice", PASSWORD);
    assert_eq!(closed.value("oauth2_sidecar_logins_total{outcome=\"not_allowed\"}"), 1, "{}", closed.text());
}

#[test]
fn an_app_and_a_provider_that_are_away_show() {
    let port = place::free_port();
    let program = Launch::before(Which::Ours, "http://127.0.0.1:1/")
        .flags(["--provider=oidc", "--client-id=c", "--client-secret=s", "--oidc-issuer-url=http://127.0.0.1:1"])
        .flag(&format!("--metrics-address=127.0.0.1:{port}"))
        .flag("--skip-auth-route=^/open")
        .start();
    assert_eq!(program.get("/open").status, 502);
    assert_eq!(program.get("/oauth2/start").status, 503);
    let text = ask(place::loopback(port), &Request::get("/")).text();
    assert_eq!(value(&text, "oauth2_sidecar_upstream_errors_total{fault=\"unreachable\"}"), Some(1), "{text}");
    assert_eq!(value(&text, "oauth2_sidecar_provider_ready"), Some(0), "{text}");
    assert_eq!(value(&text, "oauth2_sidecar_logins_total{outcome=\"provider_down\"}"), Some(1), "{text}");
    assert!(!series(&text).is_empty());
}

#[test]
fn strangers_make_no_series_and_nobody_is_named() {
    let counted = Counted::start(&["--skip-auth-route=^/open"]);
    let cookie = counted.site.alices_cookie();
    let names = |text: &str| {
        let mut names: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.rsplit_once(' ').expect("a value").0.to_owned())
            .collect();
        names.sort();
        names
    };
    let ask_all = |round: usize| {
        let mut connection = counted.program().connect();
        for number in 0..300 {
            let canary = format!("CANARY-{round}-{number}");
            let path = if number % 2 == 0 { format!("/open/{canary}") } else { format!("/{canary}") };
            let request = Request::new(&format!("M{number}R{round}"), &path)
                .header("Host", &format!("{canary}.example.com"))
                .header("User-Agent", &canary)
                .header("X-Request-Id", &canary)
                .header("X-Forwarded-User", &canary)
                .cookie(if number % 3 == 0 { &cookie } else { "_oauth2_proxy=CANARY" });
            connection.exchange(&request).expect("an answer");
        }
        counted.text()
    };
    let (first, second) = (ask_all(0), ask_all(1));
    assert_eq!(names(&first), names(&second));
    assert!(names(&first).len() < 500, "{}", names(&first).len());
    for canary in ["CANARY", "alice", "example.com", "M1R1", "/open"] {
        assert!(!second.contains(canary), "{canary} in {second}");
    }
    assert!(
        value(&second, "oauth2_proxy_response_duration_seconds_count{method=\"unknown\"}") >= Some(600),
        "{second}"
    );
}

#[test]
fn counts_outlive_a_change_of_the_configuration_and_connections_are_given_back() {
    let app = App::start();
    let port = place::free_port();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let program = launch
        .flag(&format!("--metrics-address=127.0.0.1:{port}"))
        .config("banner = 'one'\nskip_auth_routes = ['^/open']\n")
        .start();
    let metric = |name: &str| value(&ask(place::loopback(port), &Request::get("/")).text(), name);
    let mut kept = program.connect();
    for _ in 0..5 {
        assert_eq!(kept.exchange(&Request::get("/open")).expect("an answer").status, 200);
    }
    for number in 0..3_u64 {
        program.process().signal(Signal::HUP);
        let so_often = number + 1;
        eventually(
            SOON,
            || (metric("oauth2_sidecar_reloads_total{outcome=\"used\"}") == Some(so_often)).then_some(()),
            || program.said(),
        );
        assert_eq!(kept.exchange(&Request::get("/open")).expect("an answer").status, 200);
    }
    assert_eq!(metric("oauth2_proxy_requests_total{code=\"200\"}"), Some(8));
    eventually(SOON, || (metric("oauth2_sidecar_connections") == Some(1)).then_some(()), || program.said());
    drop(kept);
    eventually(SOON, || (metric("oauth2_sidecar_connections") == Some(0)).then_some(()), || program.said());
    std::fs::write(program.folder().join("oauth2_proxy.cfg"), "cookie_samesite = 'sometimes'\n").expect("the file");
    program.process().signal(Signal::HUP);
    eventually(
        SOON,
        || (metric("oauth2_sidecar_reloads_total{outcome=\"refused\"}") == Some(1)).then_some(()),
        || program.said(),
    );
}

#[test]
fn an_address_for_metrics_that_is_in_use_ends_the_start() {
    let app = App::start();
    let provider = Provider::shared();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let in_use = taken.local_addr().expect("an address");
    let finished =
        Launch::oidc(Which::Ours, provider, &app.upstream()).flag(&format!("--metrics-address={in_use}")).run();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains(&in_use.to_string()), "{}", finished.stderr);
}

#[test]
fn metrics_are_told_by_tls_beside_the_plain_listener_and_a_new_certificate_counts_without_a_restart() {
    let (first, second) = (Certificate::of(&["localhost"]), Certificate::of(&["localhost"]));
    let app = App::start();
    let (plain, secure) = (place::free_port(), place::free_port());
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let trusted = launch.write("first.crt", &first.certificate);
    let renewed = launch.write("second.crt", &second.certificate);
    let (cert, key) = (launch.write("tls.crt", &first.certificate), launch.write("tls.key", &first.key));
    let program = launch
        .flag(&format!("--metrics-address=127.0.0.1:{plain}"))
        .flag(&format!("--metrics-secure-address=127.0.0.1:{secure}"))
        .flag(&format!("--metrics-tls-cert-file={}", cert.display()))
        .flag(&format!("--metrics-tls-key-file={}", key.display()))
        .start();
    let scrape = |authority: &std::path::Path| {
        let url = format!("https://localhost:{secure}/metrics");
        Curl::new(&url).with(&["--cacert", &authority.display().to_string()]).try_ask()
    };
    let told = scrape(&trusted).expect("an answer").response;
    assert_eq!(told.status, 200);
    let names = |text: &str| -> Vec<String> {
        series(text).iter().map(|line| line.split([' ', '{']).next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names(&told.text()), names(&ask(place::loopback(plain), &Request::get("/")).text()));

    std::fs::write(&cert, &second.certificate).expect("written");
    std::fs::write(&key, &second.key).expect("written");
    eventually(SOON, || scrape(&renewed).ok().filter(|answer| answer.response.status == 200), || program.said());
    assert!(scrape(&trusted).is_err(), "the first is not shown any more");
}

#[test]
fn an_address_for_metrics_by_tls_without_a_certificate_is_refused() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let finished = launch.flag("--metrics-secure-address=127.0.0.1:0").run();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("metrics-secure-address"), "{}", finished.stderr);
    assert!(finished.stderr.contains("needs a certificate and its key"), "{}", finished.stderr);
}
