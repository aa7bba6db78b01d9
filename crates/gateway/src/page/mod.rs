//! The pages that visitors see: ours, or the operator's own in their place.
//!
//! Whoever needs a page says what it is about and gets text with the policy that goes with it; which of the two kinds it
//! came from shows here alone.

mod built_in;
mod custom;
mod letters;
mod logo;
mod template;

use http::{HeaderValue, StatusCode};
use sidecar_core::code::Code;
use sidecar_gotmpl::RenderError;

use self::built_in::BuiltIn;
use self::custom::Custom;
pub use self::custom::{CustomPages, Oddity, PageKind};
use crate::settings::Pages;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The pages, made ready at start.
pub(crate) struct Renderer {
    built_in: BuiltIn,
    custom: Option<Custom>,
}

/// A page as it goes out.
pub(crate) struct Page {
    /// Its HTML.
    pub(crate) html: String,
    /// Its Content-Security-Policy. Pages of the operator's own have none, since only they know what they load (D61).
    pub(crate) policy: Option<HeaderValue>,
}

/// What the sign-in page says.
pub(crate) struct SignInPage<'a> {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// The host that the visitor wants to reach.
    pub(crate) host: &'a str,
    /// Where the visitor lands after logging in.
    pub(crate) return_to: &'a str,
}

/// What an error page says.
pub(crate) struct ErrorPage<'a> {
    /// The status.
    pub(crate) status: StatusCode,
    /// What happened, in plain words.
    pub(crate) message: &'a str,
    /// What went wrong, for whoever looks it up.
    pub(crate) code: Code,
    /// What to quote when asking for help.
    pub(crate) request_id: &'a str,
    /// Whom it is about, if somebody is logged in and that matters.
    pub(crate) account: Option<&'a str>,
    /// The ways on.
    pub(crate) ways: Ways<'a>,
}

/// The ways on from an error page.
#[derive(Clone, Copy)]
pub(crate) enum Ways<'a> {
    /// None that we know of; the visitor may reload.
    Reload,
    /// Back to the target, or through the sign-in page to it.
    To(&'a str),
    /// To the target with another account: with this one trying again is of little use.
    OtherAccount {
        /// The target.
        target: &'a str,
        /// Where the visitor chooses it.
        chosen_at: ChosenAt,
    },
}

/// Where a visitor chooses another account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChosenAt {
    /// At the provider, which shows the accounts it knows.
    Provider,
    /// On our sign-in page, for lack of that.
    SignInPage,
}

impl<'a> Ways<'a> {
    /// Where they lead in the end.
    fn target(self) -> Option<&'a str> {
        match self {
            Self::Reload => None,
            Self::To(target) | Self::OtherAccount { target, .. } => Some(target),
        }
    }
}

impl Renderer {
    pub(crate) fn new(pages: &Pages, prefix: &str, provider: &str) -> Self {
        Self {
            built_in: BuiltIn::new(pages, prefix, provider),
            custom: pages.custom.as_ref().map(|custom| Custom::new(custom, pages, prefix, provider)),
        }
    }

    /// The Content-Security-Policy of our own pages, and of redirects.
    pub(crate) fn policy(&self) -> HeaderValue {
        self.built_in.policy()
    }

    /// The sign-in page.
    ///
    /// # Errors
    /// The operator's own fails on this data.
    pub(crate) fn sign_in(&self, page: &SignInPage<'_>) -> Result<Page, RenderError> {
        match self.custom.as_ref().and_then(|custom| custom.sign_in(page)) {
            Some(html) => html.map(Page::custom),
            None => Ok(Page { html: self.built_in.sign_in(page), policy: Some(self.built_in.sign_in_policy()) }),
        }
    }

    /// An error page.
    ///
    /// # Errors
    /// The operator's own fails on this data.
    pub(crate) fn error(&self, page: &ErrorPage<'_>) -> Result<Page, RenderError> {
        match self.custom.as_ref().and_then(|custom| custom.error(page)) {
            Some(html) => html.map(Page::custom),
            None => Ok(self.own(self.built_in.error(page))),
        }
    }

    fn own(&self, html: String) -> Page {
        Page { html, policy: Some(self.policy()) }
    }
}

impl Page {
    fn custom(html: String) -> Self {
        Self { html, policy: None }
    }
}
