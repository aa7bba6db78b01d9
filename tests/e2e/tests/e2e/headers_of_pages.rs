//! What keeps our own pages and redirects to the visitor they are for.

use sidecar_testkit::{Launch, Provider, Request, Response, Which, place};

use crate::site::{Site, get_with};

/// Our own answers that are pages or redirects, by what they are.
fn pages() -> Vec<(&'static str, u16, Response)> {
    let site = Site::start(&["--login-restart=false"]);
    let cookie = site.alices_cookie();
    let nobody = format!("http://127.0.0.1:{}/", place::free_port());
    let app_away = Launch::oidc(Which::Ours, Provider::shared(), &nobody).start();
    let provider_away = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream())
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url={nobody}"))
        .start();
    let closed = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream())
        .without("--email-domain")
        .flag("--email-domain=elsewhere.org")
        .start();
    let get = |target: &str| site.program.get(target);
    let with_session = |target: &str| get_with(&cookie, target);
    vec![
        ("the sign-in page", 200, get("/oauth2/sign_in")),
        ("the sign-in page before a page", 403, get("/page")),
        ("a query that cannot be read", 400, get("/page?a;b")),
        ("a lost login", 403, get("/oauth2/callback?code=x&state=y:/")),
        ("a refusal of the provider", 403, get("/oauth2/callback?error=access_denied&state=x")),
        ("a state that cannot be read", 500, get("/oauth2/callback?code=x&state=y")),
        ("an account that may not enter", 403, closed.ask(&with_session("/page"))),
        ("an app that is away", 502, app_away.ask(&with_session("/page"))),
        ("a provider that is away", 503, provider_away.get("/oauth2/start?rd=/")),
        ("the start of a login", 302, get("/oauth2/start?rd=/")),
        ("the start of a login by POST", 302, site.program.ask(&Request::post_form("/oauth2/start", "rd=/"))),
        ("a sign-out", 302, site.program.ask(&with_session("/oauth2/sign_out?rd=/"))),
        ("a path that is cleaned", 301, get("//page")),
    ]
}

#[test]
fn every_page_and_redirect_of_ours_has_the_strict_headers() {
    for (what, status, answer) in pages() {
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        let header = |name: &str| answer.headers.get(name).unwrap_or_default();
        let policy = header("Content-Security-Policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{what}: {part} is missing in {policy:?}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{what}: {policy}");
        assert_eq!(header("X-Content-Type-Options"), "nosniff", "{what}");
        assert_eq!(header("Referrer-Policy"), "same-origin", "{what}");
        assert!(header("Cache-Control").contains("no-store"), "{what}: {:?}", answer.headers);
        assert!(answer.headers.has("Date"), "{what}");
        assert!(!answer.headers.has("Server"), "{what}");
    }
}

#[test]
fn a_failure_that_will_pass_says_when_to_come_back_and_no_other_does() {
    for (what, status, answer) in pages() {
        assert_eq!(answer.headers.has("Retry-After"), status == 503, "{what}: {:?}", answer.headers);
    }
}
