//! The program's own addresses.

use sidecar_testkit::Request;

use crate::site::{SESSION, Site, get_with};

#[test]
fn ping_ready_and_robots_answer_everybody_and_never_the_app() {
    let site = Site::start(&[]);
    for (path, body) in [("/ping", "OK"), ("/ready", "OK"), ("/robots.txt", "User-agent: *\nDisallow: /\n")] {
        for method in ["GET", "POST"] {
            let answer = site.program.ask(&Request::new(method, path));
            assert_eq!((answer.status, answer.text().as_str()), (200, body), "{method} {path}");
            assert!(!answer.headers.has("Set-Cookie"));
        }
        let head = site.program.ask(&Request::new("HEAD", path));
        assert_eq!((head.status, head.body.len()), (200, 0), "HEAD {path}");
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn userinfo_tells_the_visitor_who_they_are() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let answer = site.program.ask(&get_with(&cookie, "/oauth2/userinfo"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get("Content-Type"), Some("application/json"));
    let expected = serde_json::json!({
        "user": "alice", "email": "alice@example.com", "groups": ["admins", "devs"], "preferredUsername": "alice",
    });
    assert_eq!(answer.json(), expected);
    assert!(answer.text().ends_with("}\n"));
    assert_eq!(site.program.get("/oauth2/userinfo").status, 401);
}

#[test]
fn auth_answers_202_with_the_identity_or_401_and_never_a_page() {
    let site = Site::start(&["--set-xauthrequest"]);
    let cookie = site.alices_cookie();
    let answer = site.program.ask(&get_with(&cookie, "/oauth2/auth"));
    assert_eq!((answer.status, answer.body.len()), (202, 0));
    assert_eq!(answer.headers.get("X-Auth-Request-Email"), Some("alice@example.com"));
    assert_eq!(answer.headers.get("X-Auth-Request-User"), Some("alice"));
    assert_eq!(answer.headers.get("X-Auth-Request-Groups"), Some("admins,devs"));
    assert_eq!(answer.headers.get("GAP-Auth"), Some("alice@example.com"));
    for accept in ["text/html", "application/json"] {
        let answer = site.program.ask(&Request::get("/oauth2/auth").header("Accept", accept));
        assert_eq!((answer.status, answer.text().as_str()), (401, "Unauthorized\n"), "{accept}");
        assert!(!answer.headers.has("X-Auth-Request-Email"));
    }
    for (query, status) in [
        ("allowed_groups=devs", 202),
        ("allowed_groups=ops,admins", 202),
        ("allowed_groups=ops", 403),
        ("allowed_emails=alice@example.com", 202),
        ("allowed_emails=bob@example.com", 403),
        ("allowed_email_domains=example.com", 202),
        ("allowed_email_domains=other.test", 403),
        ("allowed_groups=ops;x=1", 403),
    ] {
        assert_eq!(site.program.ask(&get_with(&cookie, &format!("/oauth2/auth?{query}"))).status, status, "{query}");
    }
}

#[test]
fn signing_out_clears_the_session_and_goes_where_it_may() {
    let site = Site::start(&["--whitelist-domain=.example.com"]);
    for (rd, lands) in [
        ("%2Fping", "/ping"),
        ("https%3A%2F%2Fbye.example.com%2Fx", "https://bye.example.com/x"),
        ("https%3A%2F%2Fevil.test%2F", "/"),
        ("%2F%2Fevil.test", "/"),
    ] {
        let mut browser = site.alice();
        let answer = browser.fetch("GET", &site.program.url(&format!("/oauth2/sign_out?rd={rd}")), &[]);
        assert_eq!((answer.status, answer.location()), (302, lands), "{rd}");
        assert!(browser.jar.get(SESSION).is_none(), "{:?}", answer.headers);
        assert_eq!(browser.open(&site.program.url("/")).status(), 403);
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn the_style_sheet_that_custom_templates_link_to_is_there() {
    let site = Site::start(&[]);
    for path in ["/oauth2/static/css/bulma.min.css", "/oauth2/static/css/all.min.css"] {
        let answer = site.program.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.headers.get("Content-Type").is_some_and(|value| value.starts_with("text/css")), "{path}");
    }
    assert_eq!(site.program.get("/oauth2/static/nothing").status, 404);
    assert!(site.app.seen().is_empty());
}

#[test]
fn other_paths_below_the_prefix_belong_to_the_app_and_need_a_session() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    for path in ["/oauth2/unknown", "/oauth2", "/oauth2/sign_in/", "/oauth2/%61uth"] {
        assert_eq!(site.program.get(path).status, 403, "{path}");
        assert_eq!(site.program.ask(&get_with(&cookie, path)).json()["target"], path);
    }
}

#[test]
fn the_prefix_is_a_setting() {
    let site = Site::start(&["--proxy-prefix=/_login"]);
    assert_eq!(site.program.get("/_login/auth").status, 401);
    assert_eq!(site.program.get("/oauth2/auth").status, 403, "an address of the app now");
    assert!(site.program.get("/").text().contains("/_login/start"));
}
