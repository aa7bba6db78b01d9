//! An app, a provider and the program between them: what most tests start with.

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
