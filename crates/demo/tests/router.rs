//! The door and a sample app behind it, over real sockets.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails panics")]

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use sidecar_demo::router::{Door, Route};
use sidecar_demo::sample_app::{Link, SampleApp, Settings, Tone};
use sidecar_testkit::{Request, Response, http};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

struct World {
    door: Door,
    app: SampleApp,
    _runtime: Runtime,
}

impl World {
    /// A door that leads `app1.demo.localhost` straight to an app, as if that were a sidecar.
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (door, app) = runtime.block_on(async {
            let link = Link { text: "<There>".to_owned(), href: "http://app2.test/".to_owned() };
            let settings = Settings {
                name: "App".to_owned(),
                tone: Tone::Indigo,
                links: vec![link],
                sign_out: "/oauth2/sign_out".to_owned(),
            };
            let app = SampleApp::start(settings).await.unwrap();
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let routes = vec![Route { host: "app1.demo.localhost".to_owned(), sidecar: app.address() }];
            (Door::open(vec![listener], routes, "http://start.test/".to_owned()).unwrap(), app)
        });
        Self { door, app, _runtime: runtime }
    }

    fn ask(&self, request: &Request) -> Response {
        http::ask(self.door.addresses()[0], request)
    }
}

fn told<'a>(answer: &'a Value, name: &str) -> Vec<&'a Value> {
    let lines = answer["told"].as_array().unwrap();
    lines.iter().filter(|line| line[0] == json!(name)).map(|line| &line[1]).collect()
}

#[test]
fn what_a_visitor_claims_about_the_way_it_came_is_replaced() {
    let world = World::new();
    let request = Request::new("GET", "/a%2Fb?q=%20")
        .header("Host", "APP1.demo.localhost:8099")
        .header("Accept", "application/json")
        .header("X-Forwarded-Host", "evil.test")
        .header("X-Forwarded-For", "203.0.113.9")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Uri", "/elsewhere");
    let answer = world.ask(&request).json();
    assert_eq!(told(&answer, "x-forwarded-host"), ["APP1.demo.localhost:8099"]);
    assert_eq!(told(&answer, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(told(&answer, "x-forwarded-proto"), ["http"]);
    assert!(told(&answer, "x-forwarded-uri").is_empty());
    assert_eq!(answer["target"], "/a%2Fb?q=%20");
}

#[test]
fn a_sidecar_that_does_not_answer_is_a_502() {
    let World { door, app, _runtime } = World::new();
    drop(app);
    let request = Request::new("GET", "/").header("Host", "app1.demo.localhost");
    let gone = || {
        let response = http::ask(door.addresses()[0], &request);
        (response.status == 502).then_some(())
    };
    sidecar_testkit::process::eventually(std::time::Duration::from_secs(5), gone, || "still answered".to_owned());
}

#[test]
fn the_page_shows_identity_and_names_of_cookies_and_escapes_what_it_shows() {
    let world = World::new();
    let request = Request::new("GET", "/?a=1&b")
        .header("Host", "app1.demo.localhost")
        .header("X-Auth-Request-Email", "<alice>@example.com")
        .header("Cookie", "session=s3cret; theme=dark");
    let page = world.ask(&request).text();
    assert!(page.contains("&lt;alice&gt;@example.com") && page.contains("&lt;There&gt;"), "{page}");
    assert!(page.contains("session, theme") && !page.contains("s3cret"), "{page}");
    assert!(page.contains("GET /?a=1&amp;b"), "{page}");
}

#[test]
fn the_page_says_so_when_nobody_told_it_who_comes() {
    let page = World::new().ask(&Request::new("GET", "/").header("Host", "app1.demo.localhost")).text();
    assert!(page.contains("Nobody told me who you are"), "{page}");
}
