//! The original and ours decide the same about the same people, at the same providers, which neither of them wrote.
//!
//! Both programs stand before the same app and the same provider at once. Everybody signs in at both; who gets in, what the
//! app is told about them and what `PREFIX/auth` and `PREFIX/userinfo` say must be the same. The one difference is D41 of
//! docs/compatibility.md: whom a restriction keeps out reads 403 instead of 500.

use serde_json::Value;
use sidecar_testkit::emulator::{self, Base};
use sidecar_testkit::{App, Browser, Emulator, Front, Gitea, Launch, Page, Program, Request, Tenant, Which};

/// The original and ours, before one app.
struct Both {
    app: App,
    programs: [Program; 2],
}

/// What came of one login.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// The status and the path of the page that the login ended on.
    page: (u16, String),
    /// What the app was told, if it was asked: a value, or only that there is one where each login has its own.
    told: Vec<(&'static str, String)>,
    /// The status of `PREFIX/auth`, and what it says about the person.
    auth: (u16, Vec<(&'static str, String)>),
    /// What `PREFIX/userinfo` says.
    userinfo: Value,
}

const TOLD: [&str; 4] =
    ["X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Groups"];
const SECRETS: [&str; 2] = ["X-Forwarded-Access-Token", "Authorization"];
const AUTH: [&str; 4] =
    ["X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username", "X-Auth-Request-Groups"];

impl Both {
    /// Starts both as `with` sets them up, given the callbacks of both.
    fn start<'a>(with: impl FnOnce(&[&str]) -> Box<dyn Fn(Launch) -> Launch + 'a>) -> Self {
        let app = App::start();
        let launches = [Which::Original, Which::Ours].map(|which| {
            Launch::before(which, &app.upstream()).flags([
                "--skip-provider-button",
                "--set-xauthrequest",
                "--pass-access-token",
                "--pass-authorization-header",
            ])
        });
        let callbacks = launches.each_ref().map(Launch::callback);
        let with = with(&callbacks.each_ref().map(String::as_str));
        Self { programs: launches.map(|launch| with(launch).start()), app }
    }

    /// Signs somebody in at both, which have these flags, and compares.
    fn compare(
        &self,
        flags: &[impl AsRef<str>],
        browser: &Browser,
        user: &str,
        log_in: impl Fn(&mut Browser, Page) -> Page,
    ) {
        let outcomes = self.programs.each_ref().map(|program| {
            let mut browser = browser.clone();
            self.app.forget();
            let page = browser.open(&program.url("/deep?x=1"));
            let page = log_in(&mut browser, page);
            self.outcome(program, &browser, &page)
        });
        let [original, mut ours] = outcomes;
        let flags: Vec<_> = flags.iter().map(AsRef::as_ref).collect();
        // D41.
        let restricted = flags.iter().any(|flag| flag.starts_with("--github-"));
        if restricted && (original.page.0, ours.page.0) == (500, 403) {
            ours.page.0 = 500;
        }
        assert_eq!(original, ours, "{flags:?} {user}: the original, then ours; {}", self.programs[1].said());
    }

    fn outcome(&self, program: &Program, browser: &Browser, page: &Page) -> Outcome {
        let mut told = Vec::new();
        if let Some(seen) = self.app.seen().pop() {
            told.extend(TOLD.map(|name| (name, seen.headers.get(name).unwrap_or_default().to_owned())));
            told.extend(SECRETS.map(|name| (name, seen.headers.has(name).to_string())));
        }
        let cookies = browser.cookies_for(&program.url("/"));
        let ask = |path| program.ask(&Request::get(path).cookie(&cookies));
        let auth = ask("/oauth2/auth");
        let said = AUTH.map(|name| (name, auth.headers.get(name).unwrap_or_default().to_owned()));
        let userinfo = ask("/oauth2/userinfo");
        Outcome {
            page: (page.status(), page.url.path().to_owned()),
            told,
            auth: (auth.status, said.to_vec()),
            userinfo: serde_json::from_slice(&userinfo.body).unwrap_or_default(),
        }
    }
}

/// The flags that every login of a scenario is tried with, each by itself.
type Rows = &'static [&'static [&'static str]];

fn owned(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|&flag| flag.to_owned()).collect()
}

#[test]
fn at_gitea_with_every_restriction() {
    let gitea = Gitea::shared();
    let rows: Rows = &[
        &[],
        &["--github-org=acme"],
        &["--github-org=acme", "--github-team=platform"],
        &["--github-org=acme", "--github-team=Owners,nobody"],
        &["--github-team=globex:staff"],
        &["--github-repo=acme/private-repo"],
        &["--github-repo=acme/closed-repo"],
        &["--github-repo=acme/public-repo"],
        &["--github-user=alice"],
        &["--github-user=carol", "--github-org=acme"],
        &["--allowed-group=acme:platform"],
    ];
    // Whoever is logged in at Gitea is not asked for a password again, which takes it half a second each time.
    let visitors = ["alice", "bob", "carol", "dave"].map(|user| (user, gitea.visitor(user)));
    for row in rows {
        let both = Both::start(|callbacks| {
            // Gitea holds a later login of the same visitor to the PKCE challenge of an earlier one, so both use it.
            let flags = gitea.flags(&gitea.register(callbacks)).into_iter().chain(owned(row));
            let flags: Vec<_> = flags.chain(["--code-challenge-method=S256".to_owned()]).collect();
            Box::new(move |launch| launch.flags(&flags))
        });
        for (user, visitor) in &visitors {
            let consent = |browser: &mut Browser, page: Page| {
                let is_asked = page.url.port() == Some(gitea.port());
                if is_asked { gitea.log_in(browser, page, user) } else { page }
            };
            both.compare(row, visitor, user, consent);
        }
    }
}

/// Everybody of an emulator, with each row of flags.
fn at_an_emulator(
    start: impl Fn(&[&str]) -> Emulator,
    flags: impl Fn(&Emulator) -> Vec<String>,
    rows: Rows,
    users: &[&str],
) {
    for row in rows {
        let mut emulator = None;
        let both = Both::start(|callbacks| {
            let emulator = emulator.insert(start(callbacks));
            let flags: Vec<_> = flags(emulator).into_iter().chain(owned(row)).collect();
            Box::new(move |launch| launch.flags(&flags))
        });
        let emulator = emulator.expect("started");
        for user in users {
            let log_in = |browser: &mut Browser, page: Page| emulator.log_in(browser, &page, user);
            both.compare(row, &Browser::new(), user, log_in);
        }
    }
}

#[test]
fn at_the_emulator_of_github() {
    let rows: Rows = &[
        &[],
        &["--github-org=acme", "--github-team=platform-team"],
        &["--github-repo=acme/private-repo"],
        &["--github-repo=acme/public-repo", "--github-token=admin_pat"],
    ];
    at_an_emulator(Emulator::github, Emulator::flags, rows, &["alice", "bob", "carol", "dave"]);
}

#[test]
fn at_the_emulator_of_google() {
    let users = ["alice@example.com", "unverified@example.com", "testuser@gmail.com"];
    at_an_emulator(Emulator::google, Emulator::flags, &[&[]], &users);
    at_an_emulator(Emulator::google, Emulator::flags_as_oidc, &[&[]], &users);
}

#[test]
fn at_the_emulator_of_microsoft() {
    let microsoft = |callbacks: &[&str]| Emulator::microsoft(Base::Microsofts, callbacks);
    let rows: Rows = &[
        &[],
        &["--entra-id-allowed-tenant=85d7d600-7804-4d92-8d43-9c33c21c130c"],
        &["--auth-request-response-mode=form_post"],
    ];
    assert!(rows[1][0].ends_with(emulator::TENANT));
    at_an_emulator(microsoft, Emulator::flags, rows, &["alice@example.com", "mallory@outlook.com"]);
}

#[test]
fn at_a_tenant_under_the_names_of_microsoft() {
    let tenant = Tenant::start();
    let found_at = |browser: Browser, host| browser.with_host(host, tenant.address(), Front::Direct);
    let browser = ["login.microsoftonline.com", "graph.microsoft.com"].into_iter().fold(Browser::new(), found_at);
    for (flags, row) in [
        (tenant.flags_as_azure(), owned(&[])),
        (tenant.flags_as_azure_v2(), owned(&[])),
        (tenant.flags_as_azure_v2(), owned(&["--azure-graph-group-field=displayName"])),
        (tenant.flags_as_entra_id(), owned(&[])),
        (tenant.flags_as_entra_id(), owned(&["--allowed-group=g-7", "--scope=openid email profile"])),
    ] {
        let elsewhere = tenant.elsewhere(tenant.address());
        let flags: Vec<_> = flags.into_iter().chain(row).collect();
        let both = Both::start(|_| Box::new(|launch| launch.flags(&flags).through(&elsewhere)));
        for user in ["alice", "bob", "carol"] {
            let log_in = |browser: &mut Browser, page: Page| browser.choose(&page, user);
            both.compare(&flags, &browser, user, log_in);
        }
    }
}
