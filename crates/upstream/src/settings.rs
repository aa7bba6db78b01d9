//! What an operator says about upstreams.

use std::{path::PathBuf, time::Duration};

use http::{HeaderName, StatusCode};
use regex::Regex;
use sidecar_core::Secret;
use sidecar_net::{Endpoint, KeepAlive, Protocols, TlsSettings};

use crate::Signature;

/// All upstreams and what they are told about visitors.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// In any order; ids and paths are unique.
    pub upstreams: Vec<UpstreamSettings>,
    /// Which form of a request's path is compared with theirs.
    pub path_form: PathForm,
    /// The identity headers.
    pub injection: Injection,
    /// Whether apps see our own cookies.
    pub session_cookies: SessionCookies,
    /// How requests are signed; `None` for not at all. A body of a signed request is held in memory.
    pub signature: Option<Signature>,
}

/// Whether apps see our session, ticket and login cookies (`pass-session-cookie`, D06).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionCookies {
    /// They are removed from the request.
    #[default]
    Remove,
    /// They are passed on as any other.
    Pass,
}

/// The form of a request's path that chooses the upstream (`proxyRawPath`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PathForm {
    /// Decoded, and clean: `/a%2F%2Fb` is sent to `/a/b` first.
    #[default]
    Decoded,
    /// As it is written: `%2F` is no slash. Patterns of rewrites see the decoded path all the same.
    Raw,
}

/// One upstream.
#[derive(Debug, Clone)]
pub struct UpstreamSettings {
    /// What logs call it.
    pub id: String,
    /// Its path as the operator wrote it. The longest goes first, after all that rewrite.
    pub path: String,
    /// Which requests it serves.
    pub serves: Serves,
    /// What is behind it.
    pub kind: Kind,
}

/// Which requests an upstream serves.
#[derive(Debug, Clone)]
pub enum Serves {
    /// With a final slash all paths that begin so, otherwise exactly this one.
    Path,
    /// Paths that match: what a path with placeholders means (`/team/{name}/`). Anchored as the path needs it.
    Pattern(Regex),
    /// Paths with a match in them, which is replaced.
    Rewritten {
        /// What is looked for, as often as it is there.
        pattern: Regex,
        /// What stands in its place: `$1`, `${1}` and `${name}` are its groups; a query may follow behind a `?`.
        target: String,
    },
}

/// What is behind an upstream.
#[derive(Debug, Clone)]
pub enum Kind {
    /// An HTTP server.
    Http(HttpSettings),
    /// A constant answer.
    Static {
        /// Its status.
        status: StatusCode,
    },
    /// The files of a directory.
    Files {
        /// The directory that stands for the match path.
        dir: PathBuf,
    },
}

/// An HTTP upstream.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The `Host` it is sent.
    pub host: HostHeader,
    /// Whether WebSockets pass.
    pub websockets: WebSockets,
    /// How long to wait for the head of the answer once the request is sent; `None` waits for ever. Default 30 s; not
    /// for WebSockets.
    pub timeout: Option<Duration>,
    /// Whether connections are kept.
    pub keep_alive: KeepAlive,
    /// Whom to trust, for [`Endpoint::Https`].
    pub tls: TlsSettings,
    /// What is spoken there. Default: over TLS what the server picks, HTTP/1.1 without.
    pub protocols: Protocols,
}

impl HttpSettings {
    /// An upstream with every default.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            protocols: Self::usual_protocols(&endpoint),
            endpoint,
            host: HostHeader::default(),
            websockets: WebSockets::default(),
            timeout: Some(Duration::from_secs(30)),
            keep_alive: KeepAlive::default(),
            tls: TlsSettings::default(),
        }
    }
}

impl HttpSettings {
    /// What is spoken at `endpoint` if nothing else is said.
    #[must_use]
    pub fn usual_protocols(endpoint: &Endpoint) -> Protocols {
        match endpoint {
            Endpoint::Https { .. } => Protocols::ByAlpn,
            Endpoint::Http { .. } | Endpoint::Unix(_) => Protocols::Http1,
        }
    }
}

/// The `Host` an upstream is sent (`pass-host-header`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HostHeader {
    /// The one of the request.
    #[default]
    OfClient,
    /// The upstream's own authority; `localhost` for a unix socket.
    OfUpstream,
}

/// Whether an upstream is asked to upgrade to WebSocket (`proxy-websockets`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WebSockets {
    /// As the visitor asks.
    #[default]
    Pass,
    /// The request is served without the upgrade.
    Drop,
}

/// The headers that tell who a request speaks for.
#[derive(Debug, Clone, Default)]
pub struct Injection {
    /// Written on the request to the app.
    pub request: Vec<InjectedHeader>,
    /// Written on the answer to the visitor, and on that of `PREFIX/auth`.
    pub response: Vec<InjectedHeader>,
}

/// One header and where its values come from.
#[derive(Debug, Clone)]
pub struct InjectedHeader {
    /// Its name.
    pub name: HeaderName,
    /// Its values, in order; joined with `,`. Without any the header is absent.
    pub values: Vec<Source>,
    /// What becomes of the visitor's own header of that name. On responses: without meaning.
    pub client_value: ClientValue,
}

/// What becomes of a header that the visitor sent and we inject (`skip-auth-strip-headers`, `preserveRequestValue`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientValue {
    /// Removed in every spelling, with or without a session.
    #[default]
    Remove,
    /// Removed where it is spelled like ours; another spelling (`X_Who` for `X-Who`) reaches the app
    /// (`InsecureSkipHeaderNormalization`).
    InsecureRemoveSameSpelling,
    /// Kept, ours appended: the app must not trust the header then.
    Keep,
}

/// Where a value of an injected header comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A claim of the session; nothing without a session or when it is empty.
    Claim {
        /// Which.
        claim: Claim,
        /// How it is written.
        form: Form,
    },
    /// Always this, with or without a session.
    Fixed(Secret<String>),
}

/// How a claim is written.
#[derive(Debug, Clone)]
pub enum Form {
    /// As it is.
    Plain,
    /// Behind a text, such as `Bearer `.
    Prefixed(String),
    /// As Basic credentials, `base64(claim ":" password)` behind `Basic ` (RFC 7617).
    Basic {
        /// The password for all.
        password: Secret<String>,
    },
}

/// A claim of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The access token.
    AccessToken,
    /// The ID token.
    IdToken,
    /// The refresh token.
    RefreshToken,
    /// The e-mail address.
    Email,
    /// The user, `sub`.
    User,
    /// `preferred_username`.
    PreferredUsername,
    /// One value per group.
    Groups,
    /// When the session was made, as Go prints a time, in the local zone.
    CreatedAt,
    /// When its tokens expire, likewise.
    ExpiresOn,
    /// A claim that was asked for by name; a list gives one value per element.
    Additional(String),
}

impl Claim {
    /// The claim that configuration calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "access_token" => Self::AccessToken,
            "id_token" => Self::IdToken,
            "refresh_token" => Self::RefreshToken,
            "email" => Self::Email,
            "user" => Self::User,
            "preferred_username" => Self::PreferredUsername,
            "groups" => Self::Groups,
            "created_at" => Self::CreatedAt,
            "expires_on" => Self::ExpiresOn,
            other => Self::Additional(other.to_owned()),
        }
    }
}
