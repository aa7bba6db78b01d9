//! Three apps under one cookie domain, each with a provider and a cookie name of its own: three logins side by side.

use sidecar_testkit::{App, Browser, Emulator, Front, Page, Program, Provider};

use crate::single_sign_on::example;
use crate::site::PASSWORD;

struct Site {
    url: String,
    name: &'static str,
    cookie: String,
    app: App,
    sidecar: Program,
}

/// The sidecar of `host`, whose logins come back to itself.
fn site(host: &'static str, name: &'static str, provider: &[String]) -> Site {
    let app = App::start();
    let cookie = format!("_{host}");
    let sidecar = example(&app)
        .env("OAUTH2_PROXY_REDIRECT_URL", &callback(host))
        .env("OAUTH2_PROXY_COOKIE_NAME", &cookie)
        .env("OAUTH2_PROXY_PROVIDER_DISPLAY_NAME", name)
        .flags(provider)
        .start();
    Site { url: format!("https://{host}.example.com/deep?x=1"), name, cookie, app, sidecar }
}

fn callback(host: &str) -> String {
    format!("https://{host}.example.com/oauth2/callback")
}

/// The page of the app, which was told `email`.
fn assert_inside(site: &Site, page: &Page, email: &str) {
    assert_eq!((page.status(), page.url.as_str()), (200, site.url.as_str()), "{page}");
    assert_eq!(site.app.last().headers.get("X-Forwarded-Email"), Some(email));
}

#[test]
fn three_logins_stand_side_by_side_and_none_disturbs_another() {
    let github = Emulator::github(&[&callback("app1")]);
    let google = Emulator::google(&[&callback("app2")]);
    let openid = Provider::shared().flags();
    let sites = [
        site("app1", "GitHub of Example", &github.flags()),
        site("app2", "Example Workspace", &google.flags()),
        // The example's callback host is the one that oidc-provider knows.
        site("auth", "Example Login", &openid),
    ];
    let mut browser = sites.iter().fold(Browser::new(), |browser, site| {
        let host = site.url.split('/').nth(2).expect("a host");
        browser.with_host(host, site.sidecar.address(), Front::Gateway)
    });

    // Each page names its own provider. All three logins begin before any ends.
    let begun = sites.each_ref().map(|site| {
        let page = browser.open(&site.url);
        assert!(page.text().contains(site.name), "{page}");
        browser.begin(&page)
    });
    let [at_github, at_google, at_openid] = begun;
    let page = browser.sign_in(at_openid, "alice", PASSWORD);
    assert_inside(&sites[2], &page, "alice@example.com");
    let page = github.log_in(&mut browser, &at_github, "bob");
    assert_inside(&sites[0], &page, "bob@elsewhere.test");
    let page = google.log_in(&mut browser, &at_google, "testuser@gmail.com");
    assert_inside(&sites[1], &page, "testuser@gmail.com");

    // All three are good, whoever came last.
    let emails = ["bob@elsewhere.test", "testuser@gmail.com", "alice@example.com"];
    for (site, email) in sites.iter().zip(emails) {
        let page = browser.open(&site.url);
        assert_inside(site, &page, email);
        assert!(browser.jar.get(&site.cookie).is_some(), "{}", site.cookie);
    }

    // Signing out of one leaves the others.
    browser.open("https://app2.example.com/oauth2/sign_out");
    assert!(browser.jar.get(&sites[1].cookie).is_none());
    for n in [0, 2] {
        assert_inside(&sites[n], &browser.open(&sites[n].url), emails[n]);
    }
    assert!(browser.open(&sites[1].url).text().contains(sites[1].name));
}
