//! `github`: at a real Gitea, at the emulator of GitHub, and at GitHub's own URLs.

use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Browser, Elsewhere, Emulator, Fault, Front, Gitea, Page, Spoiler, emulator, gitea, place};

use crate::site::{Site, get_with, has_session};

/// A program for which Gitea is its GitHub.
pub(crate) fn at_gitea(flags: &[&str]) -> Site {
    let gitea = Gitea::shared();
    Site::set_up(|launch| {
        let client = gitea.register(&[&launch.callback()]);
        launch.flags(gitea.flags(&client)).flags(flags)
    })
}

/// Signs somebody in at Gitea on the way to a page of the app.
pub(crate) fn enter(site: &Site, user: &str) -> (Browser, Page) {
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep?x=1"));
    let page = Gitea::shared().log_in(&mut browser, page, user);
    (browser, page)
}

fn assert_entered(site: &Site, page: &Page) {
    assert_eq!((page.status(), page.url.as_str()), (200, site.program.url("/deep?x=1").as_str()), "{page}");
}

/// 403, with these words, the account, a way to another one, and no session.
fn assert_kept_out(browser: &Browser, page: &Page, words: &str, account: &str) {
    assert_eq!(page.status(), 403, "{page}");
    assert!(page.text().contains(words) && page.text().contains(account), "{page}");
    assert!(page.link("Sign in with another account").href.starts_with("/oauth2/sign_in?rd="), "{page}");
    assert!(!has_session(browser), "{page}");
}

#[test]
fn gitea_tells_the_app_who_somebody_is_and_which_organizations_and_teams_they_are_in() {
    let site = at_gitea(&["--set-xauthrequest"]);
    for (user, email, groups) in [
        ("alice", "alice@example.com", "acme,globex,acme:platform,globex:staff"),
        ("bob", "bob@example.com", "acme,acme:platform"),
        ("carol", "carol@other.test", ""),
    ] {
        let (mut browser, page) = enter(&site, user);
        assert_entered(&site, &page);
        let told = ["X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups"].map(|name| site.told(name));
        assert_eq!(told, [user, email, groups]);
        assert_eq!(site.told("Authorization"), "", "there is no ID token");
        let answer = browser.open(&site.program.url("/oauth2/auth")).response;
        assert_eq!((answer.status, answer.headers.get("X-Auth-Request-User")), (202, Some(user)));
    }
}

#[test]
fn organizations_on_several_pages_are_all_read() {
    let site = at_gitea(&[]);
    let (_, page) = enter(&site, "dave");
    assert_entered(&site, &page);
    let groups = site.told("X-Forwarded-Groups");
    let organizations = groups.split(',').filter(|group| !group.contains(':')).count();
    assert_eq!((organizations, groups.split(',').count()), (gitea::ORGANIZATIONS_OF_DAVE, 2 * organizations));
    assert!(groups.starts_with("many-00,") && groups.ends_with("many-64:Owners"), "{groups}");
}

#[test]
fn every_restriction_lets_in_whom_it_names_and_tells_others_why_not() {
    let organization = "not a member of the organization";
    let team = "not a member of a team";
    let repository = "no access to the repository";
    let user = "certain users";
    let rows: [(&[&str], &str, [u16; 3]); 8] = [
        (&["--github-org=acme"], organization, [200, 200, 403]),
        (&["--github-org=acme", "--github-team=platform"], organization, [200, 200, 403]),
        (&["--github-org=acme", "--github-team=Owners,nobody"], team, [403, 403, 0]),
        (&["--github-team=globex:staff"], team, [200, 403, 403]),
        (&["--github-repo=acme/private-repo"], repository, [200, 200, 200]),
        (&["--github-repo=acme/closed-repo"], repository, [403, 403, 200]),
        (&["--github-user=alice"], user, [200, 403, 403]),
        (&["--github-user=carol", "--github-org=acme"], organization, [200, 200, 200]),
    ];
    for (flags, why, statuses) in rows {
        let site = at_gitea(flags);
        for (user, status) in ["alice", "bob", "carol"].into_iter().zip(statuses) {
            if status == 0 {
                continue;
            }
            let (browser, page) = enter(&site, user);
            if status == 200 {
                assert_entered(&site, &page);
            } else {
                assert_kept_out(&browser, &page, why, user);
            }
            assert_eq!(page.status(), status, "{flags:?} {user}");
        }
    }
}

#[test]
fn a_repository_that_only_collaborators_may_enter_is_asked_with_the_token_of_the_settings() {
    let gitea = Gitea::shared();
    let body = serde_json::json!({ "name": place::free_port().to_string(), "scopes": ["read:repository"] });
    let token = gitea.administer("POST", "/users/root-admin/tokens", &body);
    let token = format!("--github-token={}", token["sha1"].as_str().expect("a token"));
    let site = at_gitea(&["--github-repo=acme/closed-repo", &token]);
    let (_, page) = enter(&site, "carol");
    assert_entered(&site, &page);
    let (browser, page) = enter(&site, "bob");
    assert_kept_out(&browser, &page, "no access to the repository", "bob");
}

#[test]
fn a_token_that_the_provider_has_revoked_ends_the_session() {
    let mut emulated = None;
    let site = Site::set_up(|launch| {
        let github = emulated.insert(Emulator::github(&[&launch.callback()]));
        launch.flags(github.flags()).flag("--cookie-refresh=1s")
    });
    let github = emulated.expect("it was set up");
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep?x=1"));
    let page = github.log_in(&mut browser, &page, "alice");
    assert_entered(&site, &page);
    assert_eq!(site.told("X-Forwarded-Groups"), "acme,globex,acme:platform-team");
    let asked = || github.front().seen().iter().filter(|seen| seen.target == "/").count();
    let mut again = || browser.open_once(&site.program.url("/again")).status();
    let at_login = asked();
    let validated = || {
        assert_eq!(again(), 200, "{}", site.program.said());
        (asked() > at_login).then_some(())
    };
    eventually(SOON, validated, || site.program.said());
    github.revoke_all();
    eventually(SOON, || (again() == 302).then_some(()), || site.program.said());
    assert!(!has_session(&browser));
}

#[test]
fn the_built_in_urls_lead_to_github_and_pages_of_a_hundred_are_read_to_their_end() {
    let hosts = ["github.com", "api.github.com"];
    let mut around = None;
    let site = Site::set_up(|launch| {
        let github = Emulator::github(&[&launch.callback()]);
        let elsewhere = Elsewhere::with(&hosts.map(|host| (host, github.address())));
        let launch = launch.flag("--provider=github").flags(github.client().flags()).through(&elsewhere);
        around = Some((github, elsewhere));
        launch
    });
    let (github, elsewhere) = around.expect("it was set up");
    let browser = Browser::new().with_host(hosts[0], github.address(), Front::Direct);
    let enter = |user| {
        let mut browser = browser.clone();
        let page = browser.open(&site.program.url("/deep?x=1"));
        assert_eq!(page.url.host_str(), Some("github.com"), "{page}");
        github.log_in(&mut browser, &page, user)
    };
    assert_entered(&site, &enter("alice"));
    assert_eq!(site.told("X-Forwarded-Groups"), "acme,globex,acme:platform-team");
    assert_eq!(site.told("X-Forwarded-Email"), "alice@example.com");
    assert_entered(&site, &enter("dave"));
    assert_eq!(site.told("X-Forwarded-Groups").split(',').count(), emulator::ORGANIZATIONS_OF_DAVE);
    let asked = elsewhere.asked();
    assert!(asked.iter().all(|name| ["github.com:443", "api.github.com:443"].contains(&name.as_str())), "{asked:?}");
}

/// Gitea with something before its API that spoils answers.
fn spoilt() -> (Spoiler, Site) {
    let gitea = Gitea::shared();
    let spoiler = Spoiler::before(place::loopback(gitea.port()));
    let site = Site::set_up(|launch| {
        let client = gitea.register(&[&launch.callback()]);
        launch.flags(gitea.flags_with_api_at(&spoiler.url(), &client))
    });
    (spoiler, site)
}

/// A browser in which alice is logged in at Gitea, which lets her through to the program without a page.
fn known_at_gitea(site: &Site) -> Browser {
    let gitea = Gitea::shared();
    let known = gitea.visitor("alice");
    let mut browser = known.clone();
    let page = browser.open(&site.program.url("/deep?x=1"));
    let page = gitea.log_in(&mut browser, page, "alice");
    assert_entered(site, &page);
    site.app.forget();
    known
}

/// Every call of a login.
const CALLS: [&str; 5] =
    ["/login/oauth/access_token", "/api/v1/user/orgs", "/api/v1/user/teams", "/api/v1/user/emails", "/api/v1/user"];

#[test]
fn no_fault_of_any_call_signs_anybody_in_or_shows_what_the_provider_said() {
    let (spoiler, site) = spoilt();
    let known = known_at_gitea(&site);
    let secret = "words-of-the-provider";
    let faults = [
        Fault::HangUp,
        Fault::Status(500),
        Fault::Status(401),
        Fault::HalfTheBody,
        Fault::CutOff,
        Fault::Instead(serde_json::json!(17)),
        Fault::Instead(serde_json::json!([{ "login": 5, "email": [], "slug": {}, "organization": secret }])),
        Fault::Text("text/html", format!("<h1>{secret}</h1>")),
    ];
    for call in CALLS {
        for fault in &faults {
            spoiler.spoil(call, fault.clone());
            let mut browser = known.clone();
            let page = browser.open(&site.program.url("/deep?x=1"));
            let status = page.status();
            assert!((500..600).contains(&status) || status == 403, "{call} {fault:?}: {page}");
            assert!(page.text().contains("Request ID"), "{call} {fault:?}: {page}");
            assert!(!page.response.text().contains(secret), "{call} {fault:?}: {page}");
            assert!(!has_session(&browser), "{call} {fault:?}");
            spoiler.heal();
        }
    }
    assert!(site.app.seen().is_empty(), "the app heard of nobody");
    let (_, page) = enter(&site, "alice");
    assert_entered(&site, &page);
}

#[test]
fn only_an_address_that_is_primary_and_verified_counts() {
    let (spoiler, site) = spoilt();
    let address = |email: &str, primary: bool, verified: bool| serde_json::json!({ "email": email, "primary": primary, "verified": verified });
    for (addresses, counts) in [
        (vec![address("a@example.com", true, true)], Some("a@example.com")),
        (vec![address("b@example.com", false, true), address("a@example.com", true, true)], Some("a@example.com")),
        (vec![address("a@example.com", true, false)], None),
        (vec![address("a@example.com", true, false), address("b@example.com", false, true)], None),
        (vec![], None),
    ] {
        spoiler.spoil("/api/v1/user/emails", Fault::Instead(addresses.clone().into()));
        let (browser, page) = enter(&site, "alice");
        if let Some(email) = counts {
            assert_entered(&site, &page);
            assert_eq!(site.told("X-Forwarded-Email"), email);
        } else {
            assert_eq!(page.status(), 403, "{addresses:?}: {page}");
            assert!(!has_session(&browser));
        }
    }
}

#[test]
fn the_log_says_which_call_failed_and_how() {
    let (spoiler, site) = spoilt();
    let known = known_at_gitea(&site);
    let secret = "words-of-the-provider";
    let faults = [
        (Fault::HangUp, "connection closed"),
        (Fault::Status(502), "unexpected status 502"),
        (Fault::CutOff, "broke off"),
        (Fault::Text("text/html", format!("<h1>{secret}</h1>")), "not JSON"),
        (Fault::Instead(serde_json::json!({ "message": secret })), "not JSON of the expected form"),
        (Fault::Redirect(format!("http://127.0.0.1:9/{secret}")), "302"),
    ];
    for (n, (fault, how)) in faults.into_iter().enumerate() {
        spoiler.spoil("/api/v1/user/teams", fault.clone());
        assert!(known.clone().open(&site.program.url("/")).status() >= 400, "{fault:?}");
        let line = || {
            let said = site.program.said();
            said.lines().filter(|line| line.contains("teams call to ")).nth(n).map(str::to_owned)
        };
        let line = eventually(SOON, line, || format!("{fault:?}: {}", site.program.said()));
        assert!(line.contains(how) && !line.contains(secret), "{fault:?}: {line}");
    }
}

/// How many pages of organizations were asked for.
fn pages(spoiler: &Spoiler) -> usize {
    spoiler.seen().iter().filter(|seen| seen.target.starts_with("/api/v1/user/orgs")).count()
}

#[test]
fn pages_without_end_are_not_read_without_end() {
    let (spoiler, site) = spoilt();
    spoiler.spoil("/api/v1/user/orgs", Fault::AnotherPageForever(r#"[{"login": "org-{n}"}]"#));
    let (browser, page) = enter(&site, "dave");
    assert!((500..600).contains(&page.status()), "{page}");
    assert!(!has_session(&browser));
    assert!((2..=200).contains(&pages(&spoiler)), "{} pages", pages(&spoiler));
}

#[test]
fn a_server_that_knows_no_pages_is_believed_when_it_says_the_same_again() {
    let (spoiler, site) = spoilt();
    spoiler.spoil("/api/v1/user/orgs", Fault::FirstPageForever);
    let (_, page) = enter(&site, "alice");
    assert_entered(&site, &page);
    assert_eq!(site.told("X-Forwarded-Groups"), "acme,globex,acme:platform,globex:staff");
    assert_eq!(pages(&spoiler), 2);
}

#[test]
fn a_call_that_is_never_answered_ends_in_a_page_that_says_so() {
    let (spoiler, site) = spoilt();
    spoiler.spoil("/api/v1/user/teams", Fault::Silence);
    let (browser, page) = enter(&site, "alice");
    assert!((500..600).contains(&page.status()), "{page}");
    assert!(!has_session(&browser));
    // What failed is in the log; the token is not.
    let token = spoiler.seen().iter().find_map(|seen| seen.headers.get("Authorization").map(str::to_owned));
    let token = token.expect("a token was sent");
    let said = eventually(
        SOON,
        || Some(site.program.said()).filter(|said| said.contains("teams call")),
        || site.program.said(),
    );
    assert!(!said.contains(token.rsplit(' ').next().expect("a token")), "{said}");
}

#[test]
fn a_session_that_the_provider_cannot_be_asked_about_stays() {
    let (spoiler, site) = spoilt();
    let (browser, page) = enter(&site, "alice");
    assert_entered(&site, &page);
    let cookies = browser.cookies_for(&site.program.url("/"));
    for call in CALLS {
        spoiler.spoil(call, Fault::HangUp);
    }
    assert_eq!(site.program.ask(&get_with(&cookies, "/x")).status, 200);
}
