//! An app, a provider and the program between them: what most tests start with.

use sidecar_testkit::{App, Browser, Launch, Page, Program, Provider, Which};

/// The password of alice at every provider here; oidc-provider takes any.
pub(crate) const PASSWORD: &str = "alice-pw";

/// An app behind the program, and the provider it asks.
pub(crate) struct Site {
    pub(crate) program: Program,
    pub(crate) app: App,
}

impl Site {
    /// The shared oidc-provider and an app that echoes.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::with(Provider::shared(), App::start(), flags)
    }

    /// This provider and this app.
    pub(crate) fn with(provider: &Provider, app: App, flags: &[&str]) -> Self {
        let program = Launch::oidc(Which::Ours, provider, &app.upstream()).flags(flags).start();
        Self { program, app }
    }

    /// A browser in which alice has signed in.
    pub(crate) fn alice(&self) -> Browser {
        let mut browser = Browser::new();
        let page = self.sign_in(&mut browser, "/");
        assert_eq!(page.status(), 200, "{page}");
        self.app.forget();
        browser
    }

    /// Signs alice in by `PREFIX/start` and returns the page she lands on.
    pub(crate) fn sign_in(&self, browser: &mut Browser, return_to: &str) -> Page {
        browser.sign_in_at(&self.program.url(&format!("/oauth2/start?rd={return_to}")), "alice", PASSWORD)
    }
}
