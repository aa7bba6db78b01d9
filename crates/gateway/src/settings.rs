//! What the gateway is told at start.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, StatusCode};
use regex::Regex;
use sidecar_core::domain::DomainRule;
use sidecar_core::form::Semicolons;
use sidecar_core::login::StateEncoding;
use sidecar_core::net::IpNets;
use sidecar_core::policy::Policy;

use crate::htpasswd::Users;
use crate::page::CustomPages;

/// Everything the gateway needs to know; whoever fills it has checked it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where our own endpoints live, without a trailing slash; default `/oauth2`.
    pub prefix: String,
    /// Who is let through.
    pub policy: Policy,
    /// Health and readiness.
    pub probes: Probes,
    /// Probes of the app on a listener of their own.
    pub app_probes: AppProbes,
    /// What `/robots.txt` answers; `None` is the built-in text that keeps robots out.
    pub robots: Option<Bytes>,
    /// Whose forwarding headers are believed.
    pub forwarding: Forwarding,
    /// The header that names a request; default `X-Request-Id`.
    pub request_id_header: HeaderName,
    /// What says whose a request is, besides a stored session.
    pub credentials: Credentials,
    /// Logging in.
    pub login: Login,
    /// The pages that visitors see.
    pub pages: Pages,
    /// Who gets JSON, and who gets no redirect.
    pub api: Api,
    /// Keeping a session fresh.
    pub refresh: Refresh,
    /// What `;` means in a query string.
    pub semicolons: Semicolons,
    /// Where requests that did not come by `https` are sent (`force-https`); `None` serves them.
    pub force_https: Option<ForceHttps>,
}

/// The `https` side of ourselves, or of who ends TLS before us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForceHttps {
    /// Its port, written where the request's host has one.
    pub port: u16,
}

/// Health and readiness (`ping-path`, `ping-user-agent`, `gcp-healthchecks`, `ready-path`).
#[derive(Clone, Debug, Default)]
pub struct Probes {
    /// Paths that answer that the process lives.
    pub ping_paths: Vec<String>,
    /// If not empty, only these user agents get that answer.
    pub ping_agents: Vec<String>,
    /// The path that answers whether requests are served.
    pub ready_path: Option<String>,
    /// Not ready while the provider is out of reach (`ready-requires-provider`).
    pub ready_requires_provider: bool,
    /// Leaves both out of the request log (`silence-ping-logging`).
    pub silent: bool,
}

/// Probes of the app on a listener of their own (`app-probe-address`, `app-probe-path`).
#[derive(Clone, Debug, Default)]
pub struct AppProbes {
    /// The targets, path and query byte for byte, that are forwarded from there.
    pub targets: Vec<String>,
    /// Lets GET and HEAD of their paths through, and nothing else.
    pub policy: Policy,
}

/// Whose forwarding headers are believed (`reverse-proxy`, `trusted-proxy-ip`, `real-client-ip-header`).
#[derive(Clone, Debug)]
pub enum Forwarding {
    /// Nobody's: we are the edge.
    Ignored,
    /// Those of peers in these networks, and of peers on a unix socket.
    Trusted {
        /// The networks; also the hops that are skipped in `X-Forwarded-For`.
        proxies: IpNets,
        /// Which header tells the client's address.
        client_ip_header: HeaderName,
    },
}

impl Forwarding {
    /// Whether a peer is believed.
    #[must_use]
    pub fn trusts(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Ignored => false,
            Self::Trusted { proxies, .. } => peer.is_none_or(|ip| proxies.contains(ip)),
        }
    }
}

/// What says whose a request is, besides a stored session. By default nothing.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Whether bearer tokens count (`skip-jwt-bearer-tokens`), and what becomes of a request whose token is refused.
    pub bearer: Option<RefusedToken>,
    /// The users of `htpasswd-file`.
    pub users: Option<LocalUsers>,
}

impl Credentials {
    /// Whether there is anything to look for in the headers of a request.
    pub(crate) fn look_at_headers(&self) -> bool {
        self.bearer.is_some() || self.users.is_some()
    }
}

/// What becomes of a request whose `Authorization` is no valid token (`bearer-token-login-fallback`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusedToken {
    /// It may still have a session, or gets the login.
    #[default]
    LoggedIn,
    /// 403, whatever else it has, and on exempt routes too.
    Forbidden,
}

/// Users of a file, who sign in with a password.
#[derive(Clone, Debug)]
pub struct LocalUsers {
    /// Who they are.
    pub users: Users,
    /// The groups of each of them (`htpasswd-user-group`).
    pub groups: Vec<String>,
    /// The e-mail address in their sessions.
    pub email: UserEmail,
}

/// The e-mail address of a user of a file who sends the password with the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserEmail {
    /// None.
    #[default]
    Absent,
    /// The user's name (`prefer-email-to-user`).
    IsUser,
}

/// Logging in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The `redirect_uri` (RFC 6749 §3.1.2).
    pub redirect_uri: RedirectUri,
    /// Whether cookies are `Secure`, which also says that visitors come by `https`.
    pub cookie_secure: bool,
    /// Hosts besides our own that a visitor may be sent to (`whitelist-domain`).
    pub allowed_domains: Vec<DomainRule>,
    /// Starts the login at once, without the sign-in page (`skip-provider-button`).
    pub skip_button: bool,
    /// How `state` is written.
    pub state_encoding: StateEncoding,
    /// How often a login whose state was lost restarts by itself; 2, or 0 with `login-restart=false`.
    pub max_restarts: u8,
}

/// Where the provider sends the browser back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectUri {
    /// As configured; `host` is its host with port, if it has one.
    Fixed {
        /// The whole URI.
        uri: String,
        /// Host with port, if the URI has a host.
        host: Option<String>,
    },
    /// The host of each request, with this path.
    OfRequest {
        /// `PREFIX/callback` or the path of `redirect-url`.
        path: String,
    },
}

/// The pages that visitors see.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Status of the sign-in page shown in place of a protected page: 403 or 200 (D37).
    pub sign_in_status: StatusCode,
    /// What the sign-in page shows on top.
    pub logo: Logo,
    /// A line above the button, HTML; `None` shows nothing.
    pub banner: Option<String>,
    /// The last line of every page.
    pub footer: Footer,
    /// Whether the sign-in page asks for a name and a password.
    pub password_form: PasswordForm,
    /// Shows internal error texts (`show-debug-on-error`).
    pub debug: bool,
    /// Pages of the operator's own in place of ours (`custom-templates-dir`).
    pub custom: Option<CustomPages>,
}

/// The form for users of a file on the sign-in page (`display-htpasswd-form`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordForm {
    /// It is not there. What is posted is looked at all the same if there are such users.
    #[default]
    Hidden,
    /// It is there.
    Shown,
}

/// What the sign-in page shows on top (`custom-sign-in-logo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logo {
    /// Our own mark.
    BuiltIn,
    /// Nothing.
    Hidden,
    /// The image at this `https` URL.
    Remote(String),
    /// This SVG document.
    Svg(String),
    /// This picture.
    Raster {
        /// `image/png` or `image/jpeg`.
        media_type: &'static str,
        /// The file's content.
        content: Bytes,
    },
}

/// The last line of every page (`footer`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Footer {
    /// Our name and version.
    BuiltIn,
    /// Nothing.
    Hidden,
    /// This HTML.
    Html(String),
}

/// Who gets JSON, and who gets no redirect.
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// Every failure is JSON (`force-json-errors`).
    pub force_json: bool,
    /// Requests whose URI matches get 401 instead of a login (`api-route`).
    pub routes: Vec<Regex>,
    /// Subresource requests get a login too, as v7 does (`login-for-subresources`).
    pub login_for_subresources: bool,
}

/// Keeping a session fresh.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// A session older than this is refreshed (`cookie-refresh`); `None` never.
    pub period: Option<Duration>,
    /// So long, requests with the old cookie still share the result (`refresh-grace`); default 30 s.
    pub grace: Duration,
    /// Refreshes when the access token has less than this left (`refresh-before-expiry`); `None` never.
    pub before_expiry: Option<Duration>,
}

impl Default for Refresh {
    fn default() -> Self {
        Self { period: None, grace: Duration::from_secs(30), before_expiry: None }
    }
}
