//! `google`, at the emulator of Google: as itself and as any OpenID provider.

use sidecar_testkit::{Browser, Emulator, Fault, Page, Spoiler};

use crate::site::{Site, has_session};

/// A program and the emulator that its logins go to.
fn at_google(flags: impl FnOnce(&Emulator) -> Vec<String>) -> (Emulator, Site) {
    let mut emulated = None;
    let site = Site::set_up(|launch| {
        let google = emulated.insert(Emulator::google(&[&launch.callback()]));
        launch.flags(flags(google))
    });
    (emulated.expect("it was set up"), site)
}

fn enter(google: &Emulator, site: &Site, user: &str) -> (Browser, Page) {
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep?x=1"));
    let page = google.log_in(&mut browser, &page, user);
    (browser, page)
}

/// alice enters, and whoever Google does not vouch for does not.
fn assert_only_verified_addresses_enter(google: &Emulator, site: &Site) -> Browser {
    let (mut browser, page) = enter(google, site, "unverified@example.com");
    assert_eq!(page.status(), 403, "{page}");
    assert!(page.text().contains("Request ID"), "{page}");
    assert!(!has_session(&browser));
    assert!(site.app.seen().is_empty());
    (browser, _) = enter(google, site, "alice@example.com");
    assert_eq!(site.told("X-Forwarded-Email"), "alice@example.com");
    browser
}

#[test]
fn google_signs_in_whom_it_has_verified_and_nobody_else() {
    let (google, site) = at_google(Emulator::flags);
    let mut browser = assert_only_verified_addresses_enter(&google, &site);
    assert_ne!(site.told("X-Forwarded-User"), "", "the subject");
    let page = browser.open(&site.program.url("/oauth2/userinfo"));
    assert_eq!(page.json()["email"], "alice@example.com");
}

#[test]
fn google_works_as_any_openid_provider_that_takes_secrets_in_the_body_alone() {
    let (google, site) = at_google(Emulator::flags_as_oidc);
    let _ = assert_only_verified_addresses_enter(&google, &site);
}

#[test]
fn a_domain_keeps_others_out() {
    let (google, site) = at_google(|google| google.flags().into_iter().chain(["--pass-access-token".into()]).collect());
    let (_, page) = enter(&google, &site, "testuser@gmail.com");
    assert_eq!(page.status(), 200, "{page}");
    assert_ne!(site.told("X-Forwarded-Access-Token"), "");

    let mut emulated = None;
    let site = Site::set_up(|launch| {
        let google = emulated.insert(Emulator::google(&[&launch.callback()]));
        launch.without("--email-domain").flag("--email-domain=example.com").flags(google.flags())
    });
    let google = emulated.expect("it was set up");
    let (browser, page) = enter(&google, &site, "testuser@gmail.com");
    assert_eq!(page.status(), 403, "{page}");
    assert!(!has_session(&browser));
    assert_eq!(enter(&google, &site, "alice@example.com").1.status(), 200);
}

#[test]
fn a_session_is_renewed_by_answers_without_an_id_token() {
    let more = ["--cookie-refresh=1s".to_owned(), "--pass-access-token".to_owned()];
    let (google, site) = at_google(|google| google.flags().into_iter().chain(more).collect());
    let (mut browser, page) = enter(&google, &site, "alice@example.com");
    assert_eq!(page.status(), 200, "{page}");
    for _ in 0..2 {
        site.assert_renewed(&mut browser, "alice@example.com");
    }
}

#[test]
fn no_fault_of_the_token_endpoint_signs_anybody_in() {
    let mut emulated = None;
    let site = Site::set_up(|launch| {
        let google = Emulator::google(&[&launch.callback()]);
        let spoiler = Spoiler::before(google.address());
        let redeem = format!("--redeem-url={}/oauth2/token", spoiler.url());
        let launch = launch.flags(google.flags()).without("--redeem-url").flag(&redeem);
        emulated = Some((google, spoiler));
        launch
    });
    let (google, spoiler) = emulated.expect("it was set up");
    let token = |id_token: &str| Fault::Instead(serde_json::json!({ "access_token": "a", "id_token": id_token }));
    for fault in [
        Fault::HangUp,
        Fault::Status(500),
        Fault::HalfTheBody,
        Fault::CutOff,
        Fault::Instead(serde_json::json!({ "access_token": "a" })),
        Fault::Instead(serde_json::json!({ "access_token": 7, "id_token": [] })),
        token("no.jwt.at-all"),
        token(""),
        Fault::Redirect(format!("{}/oauth2/token", google.url())),
    ] {
        spoiler.spoil("/oauth2/token", fault.clone());
        let (browser, page) = enter(&google, &site, "alice@example.com");
        assert!((500..600).contains(&page.status()) || page.status() == 403, "{fault:?}: {page}");
        assert!(!has_session(&browser), "{fault:?}");
    }
    assert!(site.app.seen().is_empty());
    spoiler.heal();
    assert_eq!(enter(&google, &site, "alice@example.com").1.status(), 200);
}
