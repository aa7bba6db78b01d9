//! Callbacks that are forged, replayed, incomplete or refused.

use sidecar_testkit::{Browser, Provider, Response, cookie};

use crate::site::{PASSWORD, SESSION, Site, parameter};

/// The state of the authorization request that an answer redirects to.
fn restarted_state(answer: &Response) -> String {
    assert_eq!(answer.status, 302, "{} {}", answer.status, answer.text());
    parameter(answer.location(), "state").unwrap_or_else(|| panic!("no state in {}", answer.location()))
}

fn encoded(state: &str) -> String {
    url::form_urlencoded::byte_serialize(state.as_bytes()).collect()
}

fn assert_final_page(site: &Site, answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains("Request ID"), "{}", answer.text());
    assert!(answer.text().contains("/oauth2/s"), "a way on: {}", answer.text());
    assert!(answer.headers.get("Cache-Control").is_some_and(|value| value.contains("no-store")));
    assert!(
        !answer
            .headers
            .all("Set-Cookie")
            .any(|line| line.starts_with(&format!("{SESSION}=")) && cookie::gives_a_value(line))
    );
    assert!(site.app.seen().is_empty());
}

#[test]
fn a_forged_callback_restarts_the_login_twice_and_then_ends_in_a_page_even_without_cookies() {
    let site = Site::start(&[]);
    let mut state = "forged:%2Fdeep".to_owned();
    for _ in 0..2 {
        let answer = site.program.get(&format!("/oauth2/callback?code=stolen&state={}", encoded(&state)));
        assert!(!answer.headers.all("Set-Cookie").any(|line| line.starts_with(&format!("{SESSION}="))));
        state = restarted_state(&answer);
        assert!(state.contains("deep"), "towards the same target: {state}");
    }
    let answer = site.program.get(&format!("/oauth2/callback?code=stolen&state={}", encoded(&state)));
    assert_final_page(&site, &answer, 403);
}

#[test]
fn a_restarted_login_that_keeps_its_cookies_succeeds() {
    let site = Site::start(&[]);
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/oauth2/callback?code=old&state=lost:%252Fdeep%253Fx%253D1"));
    let page = browser.sign_in(page, "alice", PASSWORD);
    assert_eq!((page.status(), page.url.as_str()), (200, site.program.url("/deep?x=1").as_str()), "{page}");
}

#[test]
fn without_restarts_a_forged_callback_is_a_403_page() {
    let site = Site::start(&["--login-restart=false"]);
    let answer = site.program.get("/oauth2/callback?code=stolen&state=forged:%2Fdeep");
    assert_final_page(&site, &answer, 403);
}

#[test]
fn a_callback_works_once() {
    let site = Site::start(&["--login-restart=false"]);
    let mut browser = site.alice();
    let callback =
        browser.hops().iter().find(|hop| hop.url.path() == "/oauth2/callback").expect("a callback").url.clone();
    browser.jar.forget(|cookie| cookie.name == SESSION);
    let replayed = browser.open_once(callback.as_str()).response;
    assert_final_page(&site, &replayed, 403);
    assert!(browser.jar.get(SESSION).is_none());
}

#[test]
fn a_target_that_was_changed_on_the_way_through_the_provider_does_not_count() {
    let site = Site::start(&[]);
    let mut browser = Browser::new();
    let login = browser.open_once(&site.program.url("/oauth2/start?rd=/deep")).response;
    let changed = login.location().replace("%252Fdeep", "%252Fother");
    assert_ne!(changed, login.location());
    let page = browser.open(&changed);
    let page = browser.sign_in(page, "alice", PASSWORD);
    assert_eq!(page.url.path(), "/deep", "{page}");
}

#[test]
fn the_callback_of_one_browser_is_worth_nothing_in_another() {
    let site = Site::start(&["--login-restart=false", "--skip-provider-button"]);
    let victim = site.alice();
    let stolen = victim.hops().iter().find(|hop| hop.url.path() == "/oauth2/callback").expect("a callback").url.clone();
    let mut thief = Browser::new();
    // The thief has a login of their own under way, so that there is a cookie to compare with.
    thief.open_once(&site.program.url("/"));
    let answer = thief.open_once(stolen.as_str()).response;
    assert_final_page(&site, &answer, 403);
    assert!(thief.jar.get(SESSION).is_none());
}

#[test]
fn a_code_of_somebody_elses_login_is_worth_nothing_in_a_login_of_ones_own() {
    let site = Site::start(&["--login-restart=false"]);
    let login = site.program.get("/oauth2/start?rd=/");
    let mut attacker = Browser::new();
    let page = attacker.open(login.location());
    // Without the cookie of that login its code is not redeemed.
    let page = attacker.sign_in(page, "alice", PASSWORD);
    assert_eq!(page.status(), 403, "{page}");
    let code = parameter(page.url.as_str(), "code").expect("a code");

    let mut victim = Browser::new();
    let login = victim.open_once(&site.program.url("/oauth2/start?rd=/")).response;
    let (state, issuer) = (encoded(&restarted_state(&login)), encoded(Provider::shared().issuer()));
    let callback = format!("/oauth2/callback?code={}&state={state}&iss={issuer}", encoded(&code));
    let answer = victim.open_once(&site.program.url(&callback)).response;
    // The provider refuses it for its verifier (RFC 7636 §4.6); a token of another nonce would be a 403.
    assert_final_page(&site, &answer, 500);
    assert!(victim.jar.get(SESSION).is_none());
}

#[test]
fn a_login_refused_by_the_provider_is_a_403_page() {
    let site = Site::start(&[]);
    let mut browser = Browser::new();
    let login = browser.open_once(&site.program.url("/oauth2/start?rd=/deep")).response;
    let state = restarted_state(&login);
    let callback = format!("/oauth2/callback?error=access_denied&error_description=%25s%25n&state={}", encoded(&state));
    let answer = browser.open_once(&site.program.url(&callback)).response;
    assert_final_page(&site, &answer, 403);
    assert!(!answer.text().contains("MISSING"), "provider text is no format string");
}

#[test]
fn a_code_that_the_provider_does_not_know_is_an_error_page() {
    let site = Site::start(&[]);
    let mut browser = Browser::new();
    let login = browser.open_once(&site.program.url("/oauth2/start?rd=/deep")).response;
    let issuer = encoded(Provider::shared().issuer());
    let state = encoded(&restarted_state(&login));
    let callback = format!("/oauth2/callback?code=made-up&state={state}&iss={issuer}");
    let answer = browser.open_once(&site.program.url(&callback)).response;
    assert_final_page(&site, &answer, 500);
    assert!(!answer.text().contains("made-up"));
}

#[test]
fn the_answer_of_another_issuer_or_of_none_is_refused_where_the_provider_names_itself() {
    let site = Site::start(&[]);
    for issuer in ["", "&iss=https%3A%2F%2Fevil.test"] {
        let mut browser = Browser::new();
        let login = browser.open_once(&site.program.url("/oauth2/start?rd=/deep")).response;
        let state = encoded(&restarted_state(&login));
        let callback = format!("/oauth2/callback?code=mixed-up&state={state}{issuer}");
        assert_final_page(&site, &browser.open_once(&site.program.url(&callback)).response, 403);
    }
}

#[test]
fn a_parameter_given_twice_is_a_400_page() {
    let site = Site::start(&[]);
    for query in [
        "code=a&code=b&state=x:/",
        "code=a&state=x:/&state=y:/",
        "error=a&error=b&state=x:/",
        "code=a&state=x:/&iss=1&iss=2",
    ] {
        let answer = site.program.get(&format!("/oauth2/callback?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains("Request ID"));
    }
}

#[test]
fn a_callback_with_nonsense_is_an_answer_without_a_session() {
    let site = Site::start(&["--login-restart=false"]);
    for query in ["", "code=x", "state=x", "code=x&state=", "code=x&state=%ff%00:%2F", "code=&state=x:%2F", "a=%zz"] {
        let answer = site.program.get(&format!("/oauth2/callback?{query}"));
        assert!((400..=500).contains(&answer.status), "{query}: {}", answer.status);
        assert!(
            !answer
                .headers
                .all("Set-Cookie")
                .any(|line| line.starts_with(&format!("{SESSION}=")) && cookie::gives_a_value(line))
        );
    }
    assert_eq!(site.program.get("/ping").status, 200);
}

#[test]
fn two_logins_at_once_in_one_browser_both_succeed() {
    let site = Site::start(&[]);
    let mut browser = Browser::new();
    let first = browser.open(&site.program.url("/oauth2/start?rd=/first"));
    let second = browser.open(&site.program.url("/oauth2/start?rd=/second"));
    let page = browser.sign_in(first, "alice", PASSWORD);
    assert_eq!((page.status(), page.url.path()), (200, "/first"), "{page}");
    let page = browser.sign_in(second, "alice", PASSWORD);
    assert_eq!((page.status(), page.url.path()), (200, "/second"), "{page}");
}

#[test]
fn a_browser_that_starts_many_logins_is_not_stuffed_with_cookies() {
    let site = Site::start(&["--skip-provider-button"]);
    let mut browser = Browser::new();
    for n in 0..20 {
        assert_eq!(browser.open_once(&site.program.url(&format!("/page/{n}"))).status(), 302);
    }
    let kept = browser.jar.starting_with(SESSION).count();
    assert!((2..=9).contains(&kept), "the shared one and at most eight: {kept}");
}
