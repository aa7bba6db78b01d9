//! What both programs tell of the same requests on `metrics-address`: the series of v7, name by name.

use sidecar_parity::launch;
use sidecar_testkit::http::ask;
use sidecar_testkit::metrics::series;
use sidecar_testkit::process::eventually;
use sidecar_testkit::websocket;
use sidecar_testkit::{App, Program, Reply, Request, Response, Which, place};

struct Side {
    which: Which,
    program: Program,
    metrics: u16,
    _app: App,
}

impl Side {
    fn start(which: Which) -> Self {
        let app = App::with(|seen| match seen.target.as_str() {
            "/socket" => Reply::WebSocketEcho,
            "/hang" => Reply::Silence,
            "/418" => Reply::Text(418, Vec::new(), "tea".to_owned()),
            _ => Reply::Text(200, Vec::new(), "the app".to_owned()),
        });
        let metrics = place::free_port();
        let program = launch::without_provider(which, &app)
            .flags(["--skip-auth-route=^/(418|socket|hang|open)", "--upstream=http://127.0.0.1:1/away/"])
            .flag(&format!("--metrics-address=127.0.0.1:{metrics}"))
            .start();
        Self { which, program, metrics, _app: app }
    }

    fn ask(&self, request: &Request) -> Response {
        ask(place::loopback(self.metrics), request)
    }

    /// The series that both have, as Prometheus reads them; of the process their names alone, whose values differ.
    fn series(&self) -> Vec<String> {
        let all = series(&self.ask(&Request::get("/metrics")).text());
        let shared = all.into_iter().filter(|line| line.contains("oauth2_proxy_") || line.contains("process_"));
        shared
            .map(|line| match line.find("process_") {
                Some(_) => line.rsplit_once(' ').expect("a value").0.to_owned(),
                None => line,
            })
            .collect()
    }

    fn wait_for(&self, wanted: &str) {
        let there = || self.series().iter().any(|line| line == wanted).then_some(());
        eventually(std::time::Duration::from_secs(20), there, || {
            format!("{:?}: {wanted} in {:#?}", self.which, self.series())
        });
    }

    /// Everything that is counted, and what is not; returns the statuses.
    fn visit(&self) -> Vec<u16> {
        let mut statuses = Vec::new();
        for target in [
            "/ping",
            "/ready",
            "//a",
            "/open/a",
            "/open/b?c",
            "/418",
            "/page",
            "/robots.txt",
            "/oauth2/auth",
            "/oauth2/start",
        ] {
            statuses.push(self.program.get(target).status);
        }
        for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "NOTIFY", "PATCH", "BREW", "Get"] {
            statuses.push(self.program.ask(&Request::new(method, "/open")).status);
        }
        drop(websocket::open(self.program.connect(), Request::get("/socket")).expect("a socket"));
        self.wait_for("gauge oauth2_proxy_requests_in_flight{} 0");
        let mut connection = self.program.connect();
        connection.send(&Request::get("/hang")).expect("sent");
        self.wait_for("gauge oauth2_proxy_requests_in_flight{} 1");
        drop(connection);
        self.wait_for("counter oauth2_proxy_requests_total{code=\"502\"} 1");
        self.wait_for("gauge oauth2_proxy_requests_in_flight{} 0");
        statuses
    }
}

#[test]
fn the_same_requests_are_told_alike() {
    let [original, ours] = [Which::Original, Which::Ours].map(Side::start);
    assert_eq!(ours.series(), original.series(), "after a ping");
    assert_eq!(ours.visit(), original.visit());
    assert_eq!(ours.series(), original.series());
}

#[test]
fn an_open_websocket_is_in_flight_on_both() {
    for side in [Which::Original, Which::Ours].map(Side::start) {
        let socket = websocket::open(side.program.connect(), Request::get("/socket")).expect("a socket");
        side.wait_for("gauge oauth2_proxy_requests_in_flight{} 1");
        assert!(!side.series().iter().any(|line| line.contains("requests_total")), "{:?}", side.which);
        drop(socket);
        side.wait_for("counter oauth2_proxy_requests_total{code=\"200\"} 1");
    }
}

#[test]
fn every_request_is_answered_with_the_same_head() {
    let [original, ours] = [Which::Original, Which::Ours].map(Side::start);
    for request in [
        Request::get("/"),
        Request::get("/debug/pprof/"),
        Request::new("POST", "/metrics").body("x"),
        Request::new("HEAD", "/metrics"),
        Request::get("/metrics").header("Accept-Encoding", "gzip"),
        Request::get("/metrics")
            .header("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"),
        Request::get("/metrics").header("Accept", "text/plain;version=1.0.0;escaping=allow-utf-8"),
        Request::get("/metrics").header("Host", "metrics.example.com"),
    ] {
        let heads = [&original, &ours].map(|side| {
            let answer = side.ask(&request);
            let header = |name| answer.headers.get(name).map(str::to_owned);
            (answer.status, header("Content-Type"), header("Content-Encoding"), answer.body.is_empty())
        });
        assert_eq!(heads[1], heads[0], "{request:?}");
    }
}
