//! From no cookie to a page of the app.

use sidecar_testkit::{App, Browser, Launch, Provider, Which, place};

use crate::site::{PASSWORD, SESSION, Site, parameter};

#[test]
fn a_visitor_signs_in_and_lands_on_the_page_they_asked_for() {
    let site = Site::start(&["--skip-provider-button"]);
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&site.program.url("/deep/page?tab=2&x=%2F"), "alice", PASSWORD);
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(page.url.as_str(), site.program.url("/deep/page?tab=2&x=%2F"));
    assert_eq!(page.json()["target"], "/deep/page?tab=2&x=%2F");
}

#[test]
fn the_sign_in_page_leads_by_its_link_through_the_provider_back_to_the_deep_page() {
    let site = Site::start(&["--provider-display-name=Example Login"]);
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep/page?tab=2"));
    assert_eq!(page.status(), 403, "{page}");
    assert!(page.text().contains("Example Login"), "{page}");
    let provider = browser.click(&page, "/oauth2/start");
    let page = browser.sign_in(provider, "alice", PASSWORD);
    assert_eq!((page.status(), page.url.as_str()), (200, site.program.url("/deep/page?tab=2").as_str()), "{page}");
    assert!(site.app.seen().iter().all(|seen| seen.target == "/deep/page?tab=2"), "nothing else reached the app");
}

#[test]
fn the_status_of_the_sign_in_page_is_a_setting() {
    let site = Site::start(&["--sign-in-page-status=200"]);
    let page = site.program.get("/deep");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("/oauth2/start"), "{}", page.text());
    assert_eq!(site.program.get("/oauth2/sign_in").status, 200);
    assert_eq!(site.program.get("/oauth2/auth").status, 401, "auth stays as it was");
    assert!(site.app.seen().is_empty());
}

#[test]
fn the_authorization_request_carries_state_nonce_and_an_s256_challenge() {
    // The option would turn PKCE on by itself.
    let launch = Launch::oidc(Which::Ours, Provider::shared(), "static://200").without("--code-challenge-method");
    let site = launch.flag("--skip-provider-button").start();
    let answer = site.get("/deep");
    assert_eq!(answer.status, 302);
    let location = answer.location();
    assert!(location.starts_with(&format!("{}/auth?", Provider::shared().issuer())), "{location}");
    assert_eq!(parameter(location, "response_type").as_deref(), Some("code"));
    assert_eq!(parameter(location, "client_id").as_deref(), Some("sidecar"));
    assert_eq!(parameter(location, "redirect_uri"), Some(site.url("/oauth2/callback")));
    assert_eq!(parameter(location, "code_challenge_method").as_deref(), Some("S256"));
    for (name, length) in [("state", 43), ("nonce", 43), ("code_challenge", 43)] {
        let value = parameter(location, name).unwrap_or_else(|| panic!("no {name} in {location}"));
        assert!(value.len() >= length, "{name} is {value}");
    }
    assert_ne!(parameter(site.get("/deep").location(), "state"), parameter(location, "state"), "one per login");
}

#[test]
fn the_session_cookie_is_for_this_site_alone_and_out_of_reach_of_scripts() {
    let site = Site::start(&["--cookie-secure=true", "--cookie-samesite=lax"]);
    let browser = site.alice();
    let cookie = browser.jar.get(SESSION).expect("a session cookie");
    assert!(cookie.secure && cookie.http_only && cookie.host_only, "{}", cookie.attributes);
    assert_eq!(cookie.same_site.as_deref(), Some("Lax"), "{}", cookie.attributes);
    assert_eq!(browser.jar.starting_with(&format!("{SESSION}_")).count(), 0, "the login's own cookies are gone");
}

#[test]
fn keycloak_signs_alice_in_and_a_session_too_long_for_one_cookie_is_split() {
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::keycloak(), &app.upstream())
        .without("--client-id")
        .without("--client-secret")
        .flags(["--client-id=sidecar-wide", "--client-secret=wide-secret", "--skip-provider-button"])
        .start();
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&program.url("/deep?x=1"), "alice", PASSWORD);
    assert_eq!((page.status(), page.url.as_str()), (200, program.url("/deep?x=1").as_str()), "{page}");
    let seen = app.last();
    assert_eq!(seen.headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    assert_eq!(seen.headers.get("X-Forwarded-Preferred-Username"), Some("alice"));
    assert_eq!(seen.headers.get("X-Forwarded-Groups"), Some("/admins,/devs/backend"));
    let pieces: Vec<_> = browser.jar.starting_with(SESSION).map(|cookie| cookie.name.clone()).collect();
    assert_eq!(pieces, [format!("{SESSION}_0"), format!("{SESSION}_1")]);
    assert!(browser.jar.starting_with(SESSION).all(|cookie| cookie.name.len() + cookie.value.len() <= 4096));
    let page = browser.open(&program.url("/oauth2/sign_out?rd=%2Fping"));
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(browser.jar.starting_with(SESSION).count(), 0, "both pieces are cleared");
}

#[test]
fn an_es256_token_beside_an_rs256_key_is_verified() {
    let provider = Provider::oidc_provider_at(place::free_port(), &[]).as_client("sidecar-es256", "es-secret");
    let site = Site::with(&provider, App::start(), &[]);
    let mut browser = Browser::new();
    let page = site.sign_in(&mut browser, "alice", "/");
    assert_eq!(page.status(), 200, "{page}");
}

#[test]
fn claims_that_only_userinfo_has_reach_the_app() {
    let environment = [("PROVIDER_CLAIMS_AT_USERINFO", "1")];
    let provider = Provider::oidc_provider_at(place::free_port(), &environment);
    let site = Site::with(&provider, App::start(), &[]);
    let page = site.sign_in(&mut Browser::new(), "alice", "/");
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(site.app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    assert_eq!(site.app.last().headers.get("X-Forwarded-Groups"), Some("admins,devs"));
}

#[test]
fn somebody_whose_address_is_not_verified_is_refused_with_a_page_that_has_a_request_id() {
    let site = Site::start(&[]);
    let mut browser = Browser::new();
    let page = site.sign_in(&mut browser, "bob", "/");
    assert_eq!(page.status(), 403, "{page}");
    assert!(browser.jar.get(SESSION).is_none());
    assert!(page.text().contains("Request ID"), "{page}");
    assert!(site.app.seen().is_empty());
}

#[test]
fn somebody_of_another_mail_domain_is_refused() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let program = launch.without("--email-domain").flag("--email-domain=example.com").start();
    let site = Site { program, app };
    let mut browser = Browser::new();
    assert_eq!(site.sign_in(&mut browser, "carol", "/").status(), 403);
    assert!(browser.jar.get(SESSION).is_none());
    assert_eq!(site.sign_in(&mut Browser::new(), "alice", "/").status(), 200);
}

#[test]
fn a_return_address_elsewhere_is_not_followed() {
    let site = Site::start(&[]);
    for elsewhere in ["https://evil.test/", "//evil.test/", "/%5Cevil.test", "javascript:alert(1)", "/%09/evil.test"] {
        let page = site.sign_in(&mut Browser::new(), "alice", elsewhere);
        assert_eq!(page.url.host_str(), Some("127.0.0.1"), "{elsewhere} led to {page}");
        assert_eq!(page.url.port(), Some(site.program.address().port()), "{elsewhere} led to {page}");
    }
}
