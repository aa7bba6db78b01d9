//! An app, a provider and the program between them: what most tests start with.

use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Launch, Page, Program, Provider, Request, Which};

/// The password of alice at every provider here; oidc-provider takes any.
pub(crate) const PASSWORD: &str = "alice-pw";

/// The name of the session cookie.
pub(crate) const SESSION: &str = "_oauth2_proxy";

/// An app, and the program before it.
pub(crate) struct Site {
    pub(crate) program: Program,
    pub(crate) app: App,
}

impl Site {
    /// The shared oidc-provider and an app that echoes.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::before(App::start(), flags)
    }

    /// The shared oidc-provider and this app.
    pub(crate) fn before(app: App, flags: &[&str]) -> Self {
        Self::with(Provider::shared(), app, flags)
    }

    /// This provider and this app.
    pub(crate) fn with(provider: &Provider, app: App, flags: &[&str]) -> Self {
        let program = Launch::oidc(Which::Ours, provider, &app.upstream()).flags(flags).start();
        Self { program, app }
    }

    /// The program as `with` sets it up, before an app that echoes. Visitors go to their provider at once.
    pub(crate) fn set_up(with: impl FnOnce(Launch) -> Launch) -> Self {
        let app = App::start();
        let launch = Launch::before(Which::Ours, &app.upstream()).flag("--skip-provider-button");
        Self { program: with(launch).start(), app }
    }

    /// What the app was told in this header of its last request; empty when it was not.
    pub(crate) fn told(&self, header: &str) -> String {
        self.app.last().headers.get(header).unwrap_or_default().to_owned()
    }

    /// Asks until the session has another access token; the app is told of the same person all the time.
    pub(crate) fn assert_renewed(&self, browser: &mut Browser, email: &str) {
        let first = self.told("X-Forwarded-Access-Token");
        assert_ne!(first, "");
        let renewed = || {
            let page = browser.open_once(&self.program.url("/again"));
            assert_eq!(page.status(), 200, "{page} {}", self.program.said());
            assert_eq!(self.told("X-Forwarded-Email"), email);
            (self.told("X-Forwarded-Access-Token") != first).then_some(())
        };
        eventually(SOON, renewed, || self.program.said());
    }

    /// Waits until the provider's metadata is known: before that no session is renewed.
    pub(crate) fn wait_for_the_provider(&self) {
        self.program.process().wait_for("the provider's metadata is known", SOON);
    }

    /// A browser in which alice has signed in; what the app was asked meanwhile is forgotten.
    pub(crate) fn alice(&self) -> Browser {
        let mut browser = Browser::new();
        let page = self.sign_in(&mut browser, "alice", "/");
        assert!(browser.jar.starting_with(SESSION).next().is_some(), "no session: {page}");
        self.app.forget();
        browser
    }

    /// The Cookie header of alice's session, without what the provider on the same host gave her.
    pub(crate) fn alices_cookie(&self) -> String {
        let mut browser = self.alice();
        browser.jar.forget(|cookie| !cookie.name.starts_with(SESSION));
        browser.cookies_for(&self.program.url("/"))
    }

    /// Signs in by `PREFIX/start` and returns the page that comes then.
    pub(crate) fn sign_in(&self, browser: &mut Browser, user: &str, return_to: &str) -> Page {
        browser.sign_in_at(&self.program.url(&format!("/oauth2/start?rd={return_to}")), user, PASSWORD)
    }
}

/// Whether the browser has a session, in one cookie or in pieces; the cookies of a login do not count.
pub(crate) fn has_session(browser: &Browser) -> bool {
    let is_one = |name: &str| {
        let rest = name.strip_prefix(SESSION).unwrap_or("_no");
        rest.is_empty() || rest.strip_prefix('_').is_some_and(|piece| piece.parse::<u8>().is_ok())
    };
    browser.jar.starting_with(SESSION).any(|cookie| is_one(&cookie.name))
}

/// GET with these cookies.
pub(crate) fn get_with(cookies: &str, target: &str) -> Request {
    let request = Request::get(target);
    if cookies.is_empty() { request } else { request.cookie(cookies) }
}

/// The `name` parameter of a URL's query.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap_or_else(|e| panic!("{url}: {e}"));
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
