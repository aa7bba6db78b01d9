//! A call to the provider that brought nothing: which one, where to, and what happened.

use std::time::Duration;

use crate::endpoint_url::EndpointUrl;

/// Which call to the provider is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The metadata (OIDC Discovery §4).
    Discovery,
    /// The key set (`jwks_uri`).
    Keys,
    /// The token endpoint.
    Token,
    /// The userinfo endpoint.
    UserInfo,
    /// The configured `validate-url`.
    Validate,
    /// The configured `backend-logout-url`.
    BackendLogout,
    /// The visitor's account.
    User,
    /// The visitor's e-mail addresses.
    Emails,
    /// The organizations that the visitor is a member of.
    Organizations,
    /// The teams that the visitor is a member of.
    Teams,
    /// The groups that the visitor is a member of.
    Groups,
    /// What the visitor may do with a repository.
    Repository,
    /// Whether the visitor is a collaborator of a repository.
    Collaborator,
}

impl Call {
    /// Constant text for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Keys => "keys",
            Self::Token => "token",
            Self::UserInfo => "userinfo",
            Self::Validate => "validate",
            Self::BackendLogout => "backend logout",
            Self::User => "user",
            Self::Emails => "emails",
            Self::Organizations => "organizations",
            Self::Teams => "teams",
            Self::Groups => "groups",
            Self::Repository => "repository",
            Self::Collaborator => "collaborator",
        }
    }
}

/// A call that brought no usable answer. Its text names the call, the host and the fault: never a path's query, a body or
/// a secret. Cheap to copy, since one failed fetch may be the answer for many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider's {} call to {host} failed", call.as_str())]
pub struct CallError {
    /// Which call.
    pub call: Call,
    /// `host` or `host:port` that was to be called.
    pub host: String,
    /// What happened.
    #[source]
    pub fault: Fault,
    /// How long the provider wants to be left alone (`Retry-After` of a refusal, RFC 9110 §10.2.3), if it said so in
    /// seconds.
    pub retry_after: Option<Duration>,
}

impl CallError {
    /// An answer that came, and is not what was asked for. `what` is constant text, so nothing foreign gets into a log.
    #[must_use]
    pub fn document(call: Call, url: &EndpointUrl, what: &'static str) -> Self {
        Self::new(call, url, Fault::Document(what))
    }

    /// Calls that belong together, of which the last had not come to its end when the time for all of them was over.
    #[must_use]
    pub fn timed_out(call: Call, url: &EndpointUrl) -> Self {
        Self::new(call, url, Fault::TimedOut)
    }

    pub(crate) fn new(call: Call, url: &EndpointUrl, fault: Fault) -> Self {
        let host = url.to_uri().authority().map(ToString::to_string).unwrap_or_default();
        Self { call, host, fault, retry_after: None }
    }
}

/// What happened to a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The name could not be resolved.
    #[error("the name cannot be resolved: {0}")]
    Dns(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The proxy in between did not lead there.
    #[error("the proxy gave no connection: {0}")]
    Proxy(String),
    /// TLS failed: a certificate that is not trusted, for instance.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The answer was not complete within the deadline.
    #[error("no complete answer in time")]
    TimedOut,
    /// The connection ended before the answer did, or what came is not HTTP.
    #[error("the answer broke off: {0}")]
    Interrupted(String),
    /// The body is larger than 1 MiB.
    #[error("the answer is too large")]
    TooLarge,
    /// Another status than the call wants.
    #[error("unexpected status {0}")]
    Status(u16),
    /// The provider answers no more calls for a while: we, or this visitor, have made too many.
    #[error("too many calls for the provider's liking (status {0})")]
    RateLimited(u16),
    /// A redirect where none is followed, one too many, or one to a place that is not allowed (D46).
    #[error("a redirect that is not followed (status {0})")]
    Redirect(u16),
    /// The body is not the document that was asked for.
    #[error("the answer is not what was asked for: {0}")]
    Document(&'static str),
}

impl Fault {
    /// Whether the provider could not be reached, or said itself that it is not there (502, 503, 504) or has too much to do:
    /// a later try may well succeed.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Dns(_)
            | Self::Connect(_)
            | Self::Proxy(_)
            | Self::Tls(_)
            | Self::TimedOut
            | Self::Interrupted(_)
            | Self::RateLimited(_)
            | Self::Status(502..=504) => true,
            Self::TooLarge | Self::Status(_) | Self::Redirect(_) | Self::Document(_) => false,
        }
    }
}
