//! Restrictions under single sign-on: a session that an open app's sidecar made does not open a restricted app.
//!
//! Three sidecars as in the example site: app1 is open, app2 is restricted, and all logins come back to auth, which is open.

use sidecar_testkit::app::SOON;
use sidecar_testkit::emulator::{Base, TENANT};
use sidecar_testkit::process::eventually;
use sidecar_testkit::provider::SHARED_CALLBACK;
use sidecar_testkit::{App, Browser, Emulator, Fault, Front, Gitea, Page, Program, Spoiler, place};

use crate::single_sign_on::example;
use crate::site::SESSION;

const HOSTS: [&str; 3] = ["app1.example.com", "app2.example.com", "auth.example.com"];

/// Pages of the two apps.
const OPEN: &str = "https://app1.example.com/open";
const RESTRICTED: &str = "https://app2.example.com/restricted?x=1";

/// What somebody is told who is kept out.
#[derive(Clone, Copy)]
struct Why<'a> {
    code: &'a str,
    /// Words of the page.
    text: &'a str,
}

/// The three sidecars, each before an app.
struct Cluster {
    sidecars: [Program; 3],
    apps: [App; 3],
}

impl Cluster {
    /// All with these flags for their provider, and app2 with a restriction.
    fn start(provider: &[String], restriction: &[&str]) -> Self {
        let apps = [App::start(), App::start(), App::start()];
        let sidecars = [0, 1, 2].map(|n| {
            let own = if n == 1 { restriction } else { &[] };
            example(&apps[n]).flags(provider).flags(own).start()
        });
        Self { sidecars, apps }
    }

    /// With Gitea for their provider.
    fn at_gitea(restriction: &[&str]) -> Self {
        let client = Gitea::shared().register(&[SHARED_CALLBACK]);
        Self::start(&Gitea::shared().flags(&client), restriction)
    }

    fn browser(&self) -> Browser {
        HOSTS
            .iter()
            .zip(&self.sidecars)
            .fold(Browser::new(), |browser, (host, sidecar)| browser.with_host(host, sidecar.address(), Front::Gateway))
    }

    /// Whoever signed in at app1 stays outside app2, is told why, and is still welcome at app1.
    fn assert_kept_out(&self, browser: &mut Browser, why: Why<'_>, account: &str) {
        let cookies = browser.cookies_for(RESTRICTED);
        let page = browser.open(RESTRICTED);
        assert_eq!((page.status(), page.url.as_str()), (403, RESTRICTED), "{page}");
        assert!(page.text().contains(why.text) && page.text().contains(account), "{page}");
        assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some(why.code), "{page}");
        assert!(page.link("Sign in with another account").href.starts_with("/oauth2/"), "{page}");
        let page = browser.open("https://app2.example.com/oauth2/auth");
        assert_eq!(page.status(), 403, "PREFIX/auth: {page}");
        assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some(why.code), "{page}");
        assert_eq!(browser.cookies_for(RESTRICTED), cookies, "the session stays");
        assert_eq!(browser.open(OPEN).status(), 200, "and is good at app1");
        assert!(self.apps[1].seen().is_empty(), "the restricted app heard nothing");
    }
}

/// Opens `url`, signs in at Gitea from the page that comes, and returns the page after that.
fn enter(browser: &mut Browser, url: &str, user: &str) -> Page {
    let page = browser.open(url);
    let login = browser.begin(&page);
    Gitea::shared().log_in(browser, login, user)
}

fn assert_page_of_an_app(page: &Page, url: &str) {
    assert_eq!((page.status(), page.url.as_str()), (200, url), "{page}");
    assert!(page.json()["method"] == "GET", "the app itself answered");
}

/// `inside` may enter app2 with the session of app1, `outside` may not, for the reason that the page gives.
fn assert_holds(restriction: &[&str], inside: &str, outside: &str, code: &str, text: &str) {
    let cluster = Cluster::at_gitea(restriction);
    let mut browser = cluster.browser();
    assert_page_of_an_app(&enter(&mut browser, OPEN, outside), OPEN);
    cluster.assert_kept_out(&mut browser, Why { code, text }, outside);

    // The way on that the page offers, once Gitea has forgotten who was here.
    let page = browser.open(RESTRICTED);
    browser.jar.forget(|cookie| !cookie.name.starts_with(SESSION));
    let page = browser.click(&page, "Sign in with another account");
    assert_eq!(page.status(), 200, "{page}");
    let login = browser.begin(&page);
    let page = Gitea::shared().log_in(&mut browser, login, inside);
    assert_page_of_an_app(&page, RESTRICTED);
    assert_page_of_an_app(&browser.open(OPEN), OPEN);

    let mut browser = cluster.browser();
    assert_page_of_an_app(&enter(&mut browser, OPEN, inside), OPEN);
    assert_page_of_an_app(&browser.open(RESTRICTED), RESTRICTED);
    let auth = browser.open("https://app2.example.com/oauth2/auth");
    assert_eq!(auth.status(), 202, "{auth}");

    // A login that began at app2 comes back by the open callback host, and ends before app2 all the same.
    let mut browser = cluster.browser();
    let seen = cluster.apps[1].seen().len();
    let page = enter(&mut browser, RESTRICTED, outside);
    assert_eq!((page.status(), page.url.as_str()), (403, RESTRICTED), "{page}");
    assert_eq!(cluster.apps[1].seen().len(), seen, "the restricted app heard nothing");
}

#[test]
fn an_organization_is_required_of_sessions_that_another_app_made() {
    assert_holds(&["--github-org=acme"], "bob", "carol", "E-ACCESS-ORGANIZATION", "not a member of the organization");
}

#[test]
fn a_team_is_required_of_sessions_that_another_app_made() {
    let team = ["--github-org=globex", "--github-team=staff"];
    assert_holds(&team, "alice", "bob", "E-ACCESS-ORGANIZATION", "not a member of the organization");
    assert_holds(
        &["--github-org=acme", "--github-team=platform,Owners"],
        "bob",
        "carol",
        "E-ACCESS-ORGANIZATION",
        "not a member of the",
    );
    assert_holds(&["--github-team=globex:staff"], "alice", "bob", "E-ACCESS-TEAM", "not a member of a team");
}

#[test]
fn a_user_is_required_of_sessions_that_another_app_made() {
    assert_holds(&["--github-user=carol"], "carol", "alice", "E-ACCESS-USER", "certain users");
}

#[test]
fn access_to_a_repository_is_required_of_sessions_that_another_app_made() {
    assert_holds(
        &["--github-repo=acme/closed-repo"],
        "carol",
        "alice",
        "E-ACCESS-REPOSITORY",
        "no access to the repository",
    );
}

#[test]
fn a_repository_is_asked_about_once_for_each_session() {
    let gitea = Gitea::shared();
    let spoiler = Spoiler::before(place::loopback(gitea.port()));
    let client = gitea.register(&[SHARED_CALLBACK]);
    let flags = gitea.flags_with_api_at(&spoiler.url(), &client);
    let cluster = Cluster::start(&flags, &["--github-repo=acme/closed-repo"]);
    let repository = "/api/v1/repos/acme/closed-repo";
    let asked = || spoiler.seen().iter().filter(|seen| seen.target.starts_with(repository)).count();
    for (user, status) in [("carol", 200), ("alice", 403)] {
        spoiler.forget();
        let mut browser = cluster.browser();
        assert_page_of_an_app(&enter(&mut browser, OPEN, user), OPEN);
        assert_eq!(asked(), 0, "nobody needs to know yet");
        for _ in 0..3 {
            assert_eq!(browser.open(RESTRICTED).status(), status);
        }
        assert_eq!(asked(), 1, "{user}");
    }

    // A provider that gives no answer opens nothing and ends nothing.
    let mut browser = cluster.browser();
    assert_page_of_an_app(&enter(&mut browser, OPEN, "carol"), OPEN);
    for fault in [Fault::HangUp, Fault::Status(500), Fault::CutOff] {
        spoiler.spoil(repository, fault.clone());
        let page = browser.open(RESTRICTED);
        assert_eq!(page.status(), 503, "{fault:?}: {page}");
        assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some("E-ACCESS-UNKNOWN"), "{page}");
        assert_eq!(browser.open(OPEN).status(), 200);
    }
    spoiler.heal();
    // It is asked again in a little while.
    eventually(SOON, || (browser.open(RESTRICTED).status() == 200).then_some(()), || cluster.sidecars[1].said());
}

#[test]
fn a_tenant_is_required_of_sessions_that_another_app_made() {
    let microsoft = Emulator::microsoft(Base::Microsofts, &[SHARED_CALLBACK]);
    let restriction = format!("--entra-id-allowed-tenant={TENANT}");
    let cluster = Cluster::start(&microsoft.flags(), &[&restriction]);
    let enter = |user| {
        let mut browser = cluster.browser();
        let page = browser.open(OPEN);
        let page = browser.begin(&page);
        assert_page_of_an_app(&microsoft.log_in(&mut browser, &page, user), OPEN);
        browser
    };
    let mut mallory = enter("mallory@outlook.com");
    let why = Why { code: "E-ACCESS-TENANT", text: "organization" };
    cluster.assert_kept_out(&mut mallory, why, "mallory@outlook.com");
    assert_page_of_an_app(&enter("alice@example.com").open(RESTRICTED), RESTRICTED);
}
