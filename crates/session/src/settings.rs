//! What the cookies of this crate look like, as the configuration says.

use std::time::Duration;

use sidecar_core::cookie::SameSite;

use crate::CookieSecret;

/// Name and attributes that all our cookies share.
#[derive(Clone, Debug)]
pub struct CookieSettings {
    /// The session cookie's name, and the prefix of all others. Default `_oauth2_proxy`.
    pub name: String,
    /// `Path`. Default `/`.
    pub path: String,
    /// Candidates for `Domain`, in any order; the longest that is a suffix of the request's host is taken, else the
    /// shortest. Empty (the default) makes host-only cookies.
    pub domains: Vec<String>,
    /// `HttpOnly`. Default true.
    pub http_only: bool,
    /// `Secure`. Default true.
    pub secure: bool,
    /// `SameSite`; `None` (the default) leaves it to the browser.
    pub same_site: Option<SameSite>,
}

impl Default for CookieSettings {
    fn default() -> Self {
        Self {
            name: "_oauth2_proxy".to_owned(),
            path: "/".to_owned(),
            domains: Vec::new(),
            http_only: true,
            secure: true,
            same_site: None,
        }
    }
}

/// How sessions are kept in cookies.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Signs and seals.
    pub secret: CookieSecret,
    /// Secrets of before: they open, but never seal.
    pub previous_secrets: Vec<CookieSecret>,
    /// Name and attributes.
    pub cookie: CookieSettings,
    /// How long a session cookie is valid after it was made (`cookie-expire`, default 7 days); `None` ends it with the
    /// browser session and admits any age.
    pub lifetime: Option<Duration>,
    /// What is written. Default [`Contents::Full`].
    pub contents: Contents,
    /// Above this many bytes of cookie value, parts that no option needs are left out (`session-max-cookie-bytes`,
    /// default 12 KiB); `None` never does, but no more than 16 cookies, about 62 kB, are read back.
    pub max_value_bytes: Option<usize>,
    /// The parts that some configured option needs, which are never left out.
    pub needed: Vec<Part>,
    /// Bounds of the cache of opened sessions.
    pub cache: CacheLimits,
}

impl StoreSettings {
    /// The defaults of every option, with this secret.
    #[must_use]
    pub fn new(secret: CookieSecret) -> Self {
        Self {
            secret,
            previous_secrets: Vec::new(),
            cookie: CookieSettings::default(),
            lifetime: Some(Duration::from_hours(168)),
            contents: Contents::default(),
            max_value_bytes: Some(12 * 1024),
            needed: Vec::new(),
            cache: CacheLimits::default(),
        }
    }
}

/// What a session cookie holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// The whole session.
    #[default]
    Full,
    /// No access, ID or refresh token (`session-cookie-minimal`).
    Minimal,
}

/// A part of a session that can be left out when the cookie grows too big.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The ID token. Needed by injected headers with it, by validation on refresh, by a sign-out that names it.
    IdToken,
    /// The access token. Needed by injected headers with it, by calls to the provider for a session.
    AccessToken,
    /// The refresh token. Needed by `cookie-refresh`.
    RefreshToken,
    /// The additional claims. Needed by injected headers with them.
    AdditionalClaims,
    /// The groups. Needed by restrictions on groups and by injected headers with them.
    Groups,
}

impl Part {
    /// The order in which parts are left out: first what is largest and least often used.
    pub const DROP_ORDER: [Self; 5] =
        [Self::IdToken, Self::AccessToken, Self::RefreshToken, Self::AdditionalClaims, Self::Groups];

    /// The part's name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::AdditionalClaims => "additional_claims",
            Self::Groups => "groups",
        }
    }
}

/// Bounds of the cache of opened sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most sessions kept. 0 keeps none.
    pub entries: usize,
    /// Most bytes kept, an estimate that counts cookie values and what they open to.
    pub bytes: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { entries: 1024, bytes: 512 * 1024 }
    }
}

/// How the state of a login is kept between its start and its callback.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// Signs and seals.
    pub secret: CookieSecret,
    /// Secrets of before: they open, but never seal.
    pub previous_secrets: Vec<CookieSecret>,
    /// Name and attributes of the session cookie, from which those of the login cookies follow.
    pub cookie: CookieSettings,
    /// `SameSite` of the login cookies (`cookie-csrf-samesite`); `None` takes that of the session cookie.
    pub same_site: Option<SameSite>,
    /// How long a login may take (`cookie-csrf-expire`, default 15 min); `None` ends the cookies with the browser
    /// session and admits any age.
    pub lifetime: Option<Duration>,
    /// How the CSRF cookie that v7 can read is named.
    pub csrf: CsrfNaming,
}

impl LoginSettings {
    /// The defaults of every option, with this secret.
    #[must_use]
    pub fn new(secret: CookieSecret) -> Self {
        Self {
            secret,
            previous_secrets: Vec::new(),
            cookie: CookieSettings::default(),
            same_site: None,
            lifetime: Some(Duration::from_mins(15)),
            csrf: CsrfNaming::default(),
        }
    }
}

/// How the CSRF cookie is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CsrfNaming {
    /// `NAME_csrf` for all logins: the last one wins.
    #[default]
    Shared,
    /// `NAME_XXXXXXXX_csrf`, another one for each login (`cookie-csrf-per-request`).
    PerRequest {
        /// Most that are left before a new one comes on top (`cookie-csrf-per-request-limit`); `None` leaves 7.
        limit: Option<usize>,
    },
}
