//! What somebody without a session gets, and that the app hears nothing of it.

use sidecar_testkit::Request;

use crate::htpasswd::with_users;
use crate::site::Site;

#[test]
fn a_program_that_asks_for_json_gets_401_and_an_empty_object() {
    let site = Site::start(&["--api-route=^/api/"]);
    let asking = [
        Request::get("/data").header("Accept", "text/html, application/json"),
        Request::get("/api/items"),
        Request::get("/api/items").header("Accept", "text/html"),
    ];
    for request in asking {
        let answer = site.program.ask(&request);
        assert_eq!((answer.status, answer.text().as_str()), (401, "{}"), "{request:?}");
        assert_eq!(answer.headers.get("Content-Type"), Some("application/json"));
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn a_browser_request_that_is_no_navigation_gets_401_instead_of_a_page_or_a_login() {
    for flags in [&[][..], &["--skip-provider-button"]] {
        let site = Site::start(flags);
        for mode in ["cors", "no-cors", "same-origin", "websocket"] {
            let answer = site.program.ask(&Request::get("/app.js").header("Sec-Fetch-Mode", mode));
            assert_eq!(answer.status, 401, "{mode}");
            assert!(!answer.headers.has("Set-Cookie"), "no login begins: {:?}", answer.headers);
        }
        let answer = site.program.ask(&Request::get("/").header("Sec-Fetch-Mode", "navigate"));
        assert_ne!(answer.status, 401, "a navigation can follow a redirect or show a page");
        assert!(site.app.seen().is_empty());
    }
}

#[test]
fn logins_for_subresources_can_be_switched_on() {
    let site = Site::start(&["--skip-provider-button", "--login-for-subresources"]);
    let answer = site.program.ask(&Request::get("/app.js").header("Sec-Fetch-Mode", "cors"));
    assert_eq!(answer.status, 302, "{}", answer.text());
}

#[test]
fn the_sign_in_page_is_never_stored_never_framed_and_loads_nothing() {
    let site = Site::start(&[]);
    let answer = site.program.get("/");
    assert_eq!(answer.status, 403);
    assert!(answer.headers.get("Cache-Control").is_some_and(|value| value.contains("no-store")));
    let policy = answer.headers.get("Content-Security-Policy").expect("a policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{part} is missing in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers.get("X-Content-Type-Options"), Some("nosniff"));
    assert!(answer.headers.has("Referrer-Policy"));
    let page = answer.text();
    assert!(page.len() < 15_000, "{} bytes", page.len());
    // An icon that is empty and in the page keeps browsers from asking the app for one.
    let page = page.replace("<link rel=\"icon\" href=\"data:,\">", "");
    for loading in ["<script", "<img", "<link", "<iframe", "@import", "url("] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn what_the_visitor_sent_is_shown_escaped_and_never_becomes_markup() {
    let site = Site::start(&["--show-debug-on-error"]);
    let (with_form, _) = with_users("bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", &["--show-debug-on-error"]);
    let (attack, text) = ("%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "\"><script>alert(1)</script>");
    for target in [
        format!("/{attack}?x={attack}"),
        format!("/oauth2/sign_in?rd=/{attack}"),
        format!("/oauth2/callback?error={attack}&state=x"),
        format!("/oauth2/callback?code={attack}&state={attack}"),
    ] {
        let request = Request::get(&target).header("Host", "app.example.com").header("X-Request-Id", text);
        let request = request.header("X-Auth-Request-Redirect", &format!("/{text}"));
        for site in [&site, &with_form] {
            let answer = site.program.ask(&request);
            assert!(!answer.text().contains("<script"), "{target}: {}", answer.text());
        }
    }
}

#[test]
fn a_request_whose_query_cannot_be_read_gets_a_400_page() {
    let site = Site::start(&[]);
    for target in ["/a?b=c;d=e", "/a?b=%zz"] {
        let answer = site.program.get(target);
        assert_eq!(answer.status, 400, "{target}");
        assert!(answer.text().contains("Request ID"), "{}", answer.text());
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn exempt_routes_and_preflights_reach_the_app_without_a_session_and_without_an_identity() {
    let site = Site::start(&["--skip-auth-route=GET=^/public/", "--skip-auth-preflight"]);
    assert_eq!(site.program.get("/public/x?y=1").status, 200);
    let preflight = Request::new("OPTIONS", "/private")
        .header("Origin", "https://other.test")
        .header("Access-Control-Request-Method", "PUT");
    assert_eq!(site.program.ask(&preflight).status, 200);
    assert_eq!(site.app.seen().len(), 2);
    for seen in site.app.seen() {
        assert!(!seen.headers.has("X-Forwarded-Email") && !seen.headers.has("X-Forwarded-User"), "{:?}", seen.headers);
    }
    site.app.forget();
    for target in ["/private", "/public/..%2Fprivate", "/public/%2e%2e/private", "/public/..;/private", "/public%2Fx"] {
        assert_ne!(site.program.get(target).status, 200, "{target}");
    }
    assert_ne!(site.program.ask(&Request::new("POST", "/public/x")).status, 200, "another method");
    assert!(site.app.seen().is_empty());
}
