//! The example site: a sidecar before each app, one callback host for all, one login for all.

use std::net::SocketAddr;

use sidecar_testkit::program::COOKIE_SECRET;
use sidecar_testkit::provider::SHARED_CALLBACK;
use sidecar_testkit::{App, Browser, Client, Elsewhere, Emulator, Front, Launch, Page, Program, Provider, Which};

use crate::site::{PASSWORD, SESSION, parameter};

/// Its `ConfigMap` as it stands, then what it leaves open.
pub(crate) fn config_map(address: SocketAddr) -> String {
    format!(
        r#"provider = "github"
cookie_domains = [".example.com"]
skip_provider_button = false
custom_templates_dir = "/templates"
# ... more settings
http_address = "{address}"
email_domains = ["*"]
whitelist_domains = [".example.com"]
reverse_proxy = true
set_xauthrequest = true
"#
    )
}

/// A sidecar with its `ConfigMap`, Secret and container environment, but for what its provider knows it by.
pub(crate) fn example(app: &App) -> Launch {
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let config = config_map(launch.address());
    launch
        .config(&config)
        .env("OAUTH2_PROXY_REDIRECT_URL", SHARED_CALLBACK)
        .env("OAUTH2_PROXY_UPSTREAMS", app.upstream().trim_end_matches('/'))
        .env("OAUTH2_PROXY_COOKIE_SECRET", COOKIE_SECRET)
        .env("OAUTH2_PROXY_SIGN_IN_PAGE_STATUS", "200")
}

/// The same with another provider than the example's.
pub(crate) fn sidecar(provider: &Provider, app: &App) -> Program {
    example(app)
        .env("OAUTH2_PROXY_CLIENT_ID", provider.client_id())
        .env("OAUTH2_PROXY_CLIENT_SECRET", provider.client_secret())
        .env("OAUTH2_PROXY_PROVIDER", "oidc")
        .env("OAUTH2_PROXY_OIDC_ISSUER_URL", provider.issuer())
        .env("OAUTH2_PROXY_SCOPE", provider.scope())
        .start()
}

struct Cluster {
    apps: [App; 3],
    sidecars: [Program; 3],
}

const HOSTS: [&str; 3] = ["app1.example.com", "app2.example.com", "auth.example.com"];

impl Cluster {
    fn start(provider: &Provider) -> Self {
        Self::of(|app| sidecar(provider, app))
    }

    fn of(sidecar: impl Fn(&App) -> Program) -> Self {
        let apps = [App::start(), App::start(), App::start()];
        let sidecars = apps.each_ref().map(sidecar);
        Self { apps, sidecars }
    }

    /// A browser that reaches the hosts through the gateway.
    fn browser(&self) -> Browser {
        HOSTS
            .iter()
            .zip(&self.sidecars)
            .fold(Browser::new(), |browser, (host, sidecar)| browser.with_host(host, sidecar.address(), Front::Gateway))
    }
}

fn assert_app_page(page: &Page, url: &str) {
    assert_eq!((page.status(), page.url.as_str()), (200, url), "{page}");
    assert!(page.json()["method"] == "GET", "the app itself answered");
}

fn assert_sign_in_page(page: &Page) {
    assert_eq!(page.status(), 200, "{page}");
    assert!(page.links().iter().any(|link| link.href.starts_with("/oauth2/start")), "{page}");
}

/// One login, which `log_in` brings to its end from the provider's first page, opens app1 and app2 for alice.
fn assert_one_login_for_all(cluster: &Cluster, mut browser: Browser, log_in: impl Fn(&mut Browser, Page) -> Page) {
    let [app1, app2, auth] = &cluster.apps;
    let deep = "https://app1.example.com/deep/page?tab=2&name=a%20b";

    let page = browser.open(deep);
    assert_sign_in_page(&page);
    let page = browser.click(&page, "/oauth2/start");
    let page = log_in(&mut browser, page);
    assert_app_page(&page, deep);
    let callback = browser.hops().iter().find(|hop| hop.url.path() == "/oauth2/callback").expect("a callback");
    assert_eq!(callback.url.host_str(), Some("auth.example.com"), "the login ended at the shared host");
    assert_eq!(callback.status, 302);
    let session = browser.jar.starting_with(SESSION).next().expect("a session");
    assert_eq!((session.domain.as_str(), session.host_only), ("example.com", false));
    assert!(session.secure && session.http_only);
    assert_eq!(app1.last().headers.get("X-Auth-Request-Email"), Some("alice@example.com"));
    assert!(app1.last().headers.has("X-Auth-Request-User"));

    let page = browser.open("https://app2.example.com/other");
    assert_app_page(&page, "https://app2.example.com/other");
    assert_eq!(app2.last().headers.get("X-Auth-Request-Email"), Some("alice@example.com"));
    assert!(auth.seen().is_empty(), "the app behind the callback host heard nothing");

    let page = browser.open("https://app2.example.com/oauth2/sign_out");
    assert_eq!(browser.jar.starting_with(SESSION).count(), 0, "{page}");
    for host in ["app1", "app2"] {
        assert_sign_in_page(&browser.open(&format!("https://{host}.example.com/")));
    }
}

fn assert_one_openid_login_for_all(provider: &Provider) {
    let cluster = Cluster::start(provider);
    let log_in = |browser: &mut Browser, page| browser.sign_in(page, "alice", PASSWORD);
    assert_one_login_for_all(&cluster, cluster.browser(), log_in);
    assert_eq!(cluster.apps[0].last().headers.get("X-Auth-Request-Preferred-Username"), Some("alice"));
}

#[test]
fn one_login_at_oidc_provider_opens_every_app_and_one_sign_out_closes_all() {
    assert_one_openid_login_for_all(Provider::shared());
}

#[test]
fn one_login_at_keycloak_opens_every_app_and_one_sign_out_closes_all() {
    assert_one_openid_login_for_all(Provider::keycloak());
}

#[test]
fn the_seeds_own_settings_sign_in_at_github_once_for_all_apps() {
    let github = Emulator::github(&[SHARED_CALLBACK]);
    let hosts = ["github.com", "api.github.com"];
    let elsewhere = Elsewhere::with(&hosts.map(|host| (host, github.address())));
    let Client { id, secret } = github.client();
    let cluster = Cluster::of(|app| {
        let launch = example(app).env("OAUTH2_PROXY_CLIENT_ID", id).env("OAUTH2_PROXY_CLIENT_SECRET", secret);
        launch.through(&elsewhere).start()
    });
    let browser = cluster.browser().with_host("github.com", github.address(), Front::Direct);
    let log_in = |browser: &mut Browser, page: Page| {
        assert_eq!(page.url.host_str(), Some("github.com"), "{page}");
        github.log_in(browser, &page, "alice")
    };
    assert_one_login_for_all(&cluster, browser, log_in);
    let told = cluster.apps[0].last();
    assert_eq!(told.headers.get("X-Auth-Request-Groups"), Some("acme,globex,acme:platform-team"));
}

#[test]
fn a_login_never_lands_on_a_host_that_is_not_ours() {
    let cluster = Cluster::start(Provider::shared());
    let mut browser = cluster.browser().with_host("evil.test", cluster.sidecars[0].address(), Front::Gateway);
    for elsewhere in
        ["https://evil.test/x", "https://app1.example.com.evil.test/", "https://badexample.com/", "//evil.test/"]
    {
        let mut browser = browser.clone();
        let encoded: String = url::form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let page = browser.open(&format!("https://app1.example.com/oauth2/start?rd={encoded}"));
        let page = browser.sign_in(page, "alice", PASSWORD);
        let host = page.url.host_str().expect("a host");
        assert!(host == "example.com" || host.ends_with(".example.com"), "{elsewhere} led to {page}");
    }
    // A visitor who comes by a name that is not ours is not sent back to it either.
    let page = browser.open("https://evil.test/deep");
    let start = page.link("/oauth2/start").href;
    assert_ne!(parameter(&format!("https://x{start}"), "rd").as_deref(), Some("https://evil.test/deep"));
}

#[test]
fn two_tabs_on_two_apps_sign_in_at_the_same_time() {
    let cluster = Cluster::start(Provider::shared());
    let mut browser = cluster.browser();
    let first = browser.open("https://app1.example.com/one");
    let second = browser.open("https://app2.example.com/two");
    let first = browser.click(&first, "/oauth2/start");
    let second = browser.click(&second, "/oauth2/start");
    let page = browser.sign_in(first, "alice", PASSWORD);
    assert_app_page(&page, "https://app1.example.com/one");
    let page = browser.sign_in(second, "alice", PASSWORD);
    assert_app_page(&page, "https://app2.example.com/two");
}

#[test]
fn the_link_on_the_page_and_the_state_name_the_host_the_visitor_came_to() {
    let cluster = Cluster::start(Provider::shared());
    let mut browser = cluster.browser();
    let page = browser.open("https://app1.example.com/deep?x=1");
    let start = format!("https://app1.example.com{}", page.link("/oauth2/start").href);
    assert_eq!(parameter(&start, "rd").as_deref(), Some("https://app1.example.com/deep?x=1"));
    let authorization = browser.open_once(&start).response;
    assert_eq!(parameter(authorization.location(), "redirect_uri").as_deref(), Some(SHARED_CALLBACK));
}
