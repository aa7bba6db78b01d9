//! Each counterpart signs somebody in through the original: what a test with our program then shows is about our program.

use std::net::SocketAddr;

use sidecar_testkit::emulator::{Base, ORGANIZATIONS_OF_DAVE};
use sidecar_testkit::{
    App, Browser, Elsewhere, Emulator, Fault, Front, Gitea, Launch, Page, Program, Spoiler, Tenant, Which, gitea,
};

/// The original before an app that echoes.
struct Site {
    program: Program,
    app: App,
}

impl Site {
    fn start(with: impl FnOnce(Launch) -> Launch) -> Self {
        let app = App::start();
        let launch = Launch::before(Which::Original, &app.upstream());
        let program = with(launch.flags(["--skip-provider-button", "--set-xauthrequest"])).start();
        Self { program, app }
    }

    /// Opens a page of the app, and gets to the provider's.
    fn open(&self, browser: &mut Browser) -> Page {
        browser.open(&self.program.url("/deep?x=1"))
    }

    /// What the app was told about the person in its last request.
    fn told(&self, name: &str) -> String {
        self.app.last().headers.get(name).unwrap_or_default().to_owned()
    }
}

fn at_gitea(more: &[&str], user: &str) -> (Site, Page) {
    let gitea = Gitea::shared();
    let site = Site::start(|launch| {
        let client = gitea.register(&[&launch.callback()]);
        launch.flags(gitea.flags(&client)).flags(more)
    });
    let mut browser = Browser::new();
    let page = site.open(&mut browser);
    let page = gitea.log_in(&mut browser, page, user);
    (site, page)
}

#[test]
fn gitea_tells_organizations_and_teams() {
    for (user, email, groups) in [
        ("alice", "alice@example.com", "acme,globex,acme:platform,globex:staff"),
        ("bob", "bob@example.com", "acme,acme:platform"),
        ("carol", "carol@other.test", ""),
    ] {
        let (site, page) = at_gitea(&[], user);
        assert_eq!(page.status(), 200, "{user}: {page}");
        let told = ["X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups"].map(|name| site.told(name));
        assert_eq!(told, [user, email, groups]);
    }
}

#[test]
fn gitea_gives_many_organizations_on_several_pages() {
    let (site, page) = at_gitea(&[], "dave");
    assert_eq!(page.status(), 200, "{page}");
    let groups = site.told("X-Forwarded-Groups");
    assert_eq!(groups.split(',').filter(|group| !group.contains(':')).count(), gitea::ORGANIZATIONS_OF_DAVE);
    assert!(groups.contains("many-64,") && groups.ends_with("many-64:Owners"), "{groups}");
}

#[test]
fn gitea_answers_for_every_kind_of_restriction() {
    let team = ["--github-org=acme", "--github-team=platform"];
    let rows: [(&[&str], [u16; 3]); 8] = [
        (&["--github-org=acme"], [200, 200, 500]),
        (&team, [200, 200, 500]),
        (&["--github-repo=acme/private-repo"], [200, 200, 200]),
        (&["--github-repo=acme/closed-repo"], [500, 500, 200]),
        (&["--github-user=alice"], [200, 500, 500]),
        (&["--github-org=acme", "--github-team=Owners,nobody"], [500, 500, 500]),
        (&["--github-team=globex:staff"], [200, 500, 500]),
        (&["--github-org=acme", "--github-user=carol"], [200, 200, 200]),
    ];
    for (flags, statuses) in rows {
        for (user, status) in ["alice", "bob", "carol"].into_iter().zip(statuses) {
            let (_site, page) = at_gitea(flags, user);
            assert_eq!(page.status(), status, "{flags:?} {user}: {page}");
        }
    }
}

#[test]
fn the_github_emulator_signs_in_through_its_front_page_by_page() {
    let app = App::start();
    let launch = Launch::before(Which::Original, &app.upstream()).flag("--skip-provider-button");
    let github = Emulator::github(&[&launch.callback()]);
    let program = launch.flags(github.flags()).start();
    for (user, groups) in [("alice", "acme,globex,acme:platform-team"), ("bob", ""), ("carol", "acme")] {
        let mut browser = Browser::new();
        let page = browser.open(&program.url("/deep?x=1"));
        let page = github.log_in(&mut browser, &page, user);
        assert_eq!(page.status(), 200, "{user}: {page}");
        assert_eq!(app.last().headers.get("X-Forwarded-User"), Some(user));
        assert_eq!(app.last().headers.get("X-Forwarded-Groups").unwrap_or_default(), groups);
    }
    let mut browser = Browser::new();
    let page = browser.open(&program.url("/deep?x=1"));
    let page = github.log_in(&mut browser, &page, "dave");
    assert_eq!(page.status(), 200, "{page}");
    let groups = app.last().headers.get("X-Forwarded-Groups").unwrap_or_default().to_owned();
    assert_eq!(groups.split(',').count(), ORGANIZATIONS_OF_DAVE);
    let pages = github.front().seen().iter().filter(|seen| seen.target.starts_with("/user/orgs?page=4")).count();
    assert_eq!(pages, 1, "the page after the last");
}

#[test]
fn the_google_emulator_signs_in_as_google_and_as_any_provider() {
    for as_oidc in [false, true] {
        let app = App::start();
        let launch = Launch::before(Which::Original, &app.upstream()).flag("--skip-provider-button");
        let google = Emulator::google(&[&launch.callback()]);
        let flags = if as_oidc { google.flags_as_oidc() } else { google.flags() };
        let program = launch.flags(flags).start();
        for (user, status) in [("alice@example.com", 200), ("unverified@example.com", 403)] {
            let mut browser = Browser::new();
            let page = browser.open(&program.url("/deep?x=1"));
            let page = google.log_in(&mut browser, &page, user);
            assert_eq!(page.status(), status, "{user}: {page}");
        }
        assert_eq!(app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    }
}

#[test]
fn the_microsoft_emulator_signs_in_one_tenant_by_query_and_by_form() {
    for mode in ["query", "form_post"] {
        let app = App::start();
        let launch = Launch::before(Which::Original, &app.upstream()).flag("--skip-provider-button");
        let microsoft = Emulator::microsoft(Base::Microsofts, &[&launch.callback()]);
        let tenant = format!("--entra-id-allowed-tenant={}", sidecar_testkit::emulator::TENANT);
        let mode = format!("--auth-request-response-mode={mode}");
        let program = launch.flags(microsoft.flags()).flags([tenant, mode]).start();
        for (user, status) in [("alice@example.com", 200), ("mallory@outlook.com", 403)] {
            let mut browser = Browser::new();
            let page = browser.open(&program.url("/deep?x=1"));
            let page = microsoft.log_in(&mut browser, &page, user);
            assert_eq!(page.status(), status, "{user}: {page}");
        }
    }
}

#[test]
fn the_microsoft_emulator_is_an_ordinary_provider_under_its_own_url() {
    let app = App::start();
    let launch = Launch::before(Which::Original, &app.upstream()).flag("--skip-provider-button");
    let microsoft = Emulator::microsoft(Base::Own, &[&launch.callback()]);
    let program = launch.flags(microsoft.flags_as_oidc()).start();
    let mut browser = Browser::new();
    let page = browser.open(&program.url("/deep?x=1"));
    let page = microsoft.log_in(&mut browser, &page, "alice@example.com");
    assert_eq!(page.status(), 200, "{page}");
}

/// A browser that finds these hosts at one address.
fn browser_of(hosts: &[&str], address: SocketAddr) -> Browser {
    hosts.iter().fold(Browser::new(), |browser, host| browser.with_host(host, address, Front::Direct))
}

#[test]
fn the_built_in_urls_of_github_lead_to_the_emulator() {
    let app = App::start();
    let launch = Launch::before(Which::Original, &app.upstream()).flag("--skip-provider-button");
    let github = Emulator::github(&[&launch.callback()]);
    let hosts = ["github.com", "api.github.com"];
    let elsewhere = Elsewhere::with(&hosts.map(|host| (host, github.address())));
    let program = launch.flag("--provider=github").flags(github.client().flags()).through(&elsewhere).start();
    let mut browser = browser_of(&hosts, github.address());
    let page = browser.open(&program.url("/deep?x=1"));
    assert_eq!(page.url.host_str(), Some("github.com"));
    let page = github.log_in(&mut browser, &page, "alice");
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(app.last().headers.get("X-Forwarded-Groups"), Some("acme,globex,acme:platform-team"));
    assert!(elsewhere.asked().iter().any(|asked| asked == "api.github.com:443"), "{:?}", elsewhere.asked());
}

#[test]
fn the_tenant_signs_in_as_azure_and_as_entra_id_with_groups_from_graph() {
    let hosts = ["login.microsoftonline.com", "graph.microsoft.com"];
    let graph = "X-Forwarded-Groups";
    let tenant = Tenant::start();
    let rows = [
        (tenant.flags_as_azure(), "alice", "alice@example.com", "g-token"),
        (tenant.flags_as_azure(), "bob", "bob@example.com", ""),
        (tenant.flags_as_azure_v2(), "alice", "alice@example.com", "g-token,g-1,g-2,g-3,g-4,g-5"),
        (tenant.flags_as_entra_id(), "alice", "alice@example.com", "g-token"),
        (tenant.flags_as_entra_id(), "carol", "carol@example.com", "g-3,g-6,g-7"),
    ];
    for (flags, user, email, groups) in rows {
        let elsewhere = tenant.elsewhere(tenant.address());
        let site = Site::start(|launch| launch.flags(&flags).through(&elsewhere));
        let mut browser = browser_of(&hosts, tenant.address());
        let page = site.open(&mut browser);
        let page = browser.choose(&page, user);
        assert_eq!(page.status(), 200, "{flags:?} {user}: {page}");
        assert_eq!(
            (site.told("X-Forwarded-Email"), site.told(graph)),
            (email.to_owned(), groups.to_owned()),
            "{flags:?}"
        );
    }
}

#[test]
fn a_fault_before_gitea_reaches_the_program() {
    let gitea = Gitea::shared();
    let spoiler = Spoiler::before(sidecar_testkit::place::loopback(gitea.port()));
    let site = Site::start(|launch| {
        let client = gitea.register(&[&launch.callback()]);
        launch.flags(gitea.flags_with_api_at(&spoiler.url(), &client))
    });
    let log_in = || {
        let mut browser = Browser::new();
        let page = site.open(&mut browser);
        gitea.log_in(&mut browser, page, "alice").status()
    };
    assert_eq!(log_in(), 200);
    for fault in [Fault::HangUp, Fault::Status(500), Fault::HalfTheBody, Fault::CutOff] {
        spoiler.spoil("/api/v1/user/orgs", fault.clone());
        assert_eq!(log_in(), 500, "{fault:?}");
    }
    spoiler.heal();
    assert_eq!(log_in(), 200);
}
