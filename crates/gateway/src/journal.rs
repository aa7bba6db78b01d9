//! What is told about requests and logins, and to whom.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use http::{Method, Version};
use sidecar_core::policy::ClientIp;
use sidecar_core::request_id::RequestId;

use crate::inbound::{Inbound, Peer};
use crate::settings::Forwarding;

/// Takes down what happened. Implementations must not block.
pub trait Journal: Send + Sync {
    /// A request was answered.
    fn request(&self, line: &RequestLine<'_>);
    /// Somebody logged in, or was turned away.
    fn auth(&self, line: &AuthLine<'_>);
}

/// The facts of one answered request.
#[derive(Debug)]
pub struct RequestLine<'a> {
    /// Who asked.
    pub client: ClientLabel,
    /// The request's name.
    pub request_id: &'a RequestId,
    /// E-mail address or user of the session.
    pub username: Option<&'a str>,
    /// When the request began.
    pub started: SystemTime,
    /// The host that the visitor's browser sees.
    pub host: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The id of the upstream that served it, if one did.
    pub upstream: Option<&'a str>,
    /// Path and query as received; without the query on our own endpoints, where it holds `code` and `state`.
    pub uri: &'a str,
    /// The path alone, still escaped.
    pub path: &'a str,
    /// The HTTP version.
    pub version: Version,
    /// The header `User-Agent`.
    pub user_agent: &'a [u8],
    /// The status; 0 for a connection that became a WebSocket, as v7 writes it.
    pub status: u16,
    /// Bytes of the body that were written.
    pub size: u64,
    /// From the head's arrival to the end of the answer.
    pub duration: Duration,
}

/// The facts of one login or refusal.
#[derive(Debug)]
pub struct AuthLine<'a> {
    /// Who asked.
    pub client: ClientLabel,
    /// The request's name.
    pub request_id: &'a RequestId,
    /// The account concerned, if known.
    pub username: Option<&'a str>,
    /// The host that the visitor's browser sees.
    pub host: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The HTTP version.
    pub version: Version,
    /// The header `User-Agent`.
    pub user_agent: &'a [u8],
    /// What came of it.
    pub status: AuthStatus,
    /// In words; holds no secret.
    pub message: &'a str,
}

/// What came of an attempt to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthStatus {
    /// Logged in.
    Success,
    /// Turned away.
    Failure,
    /// Could not be completed.
    Error,
}

impl AuthStatus {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "AuthSuccess",
            Self::Failure => "AuthFailure",
            Self::Error => "AuthError",
        }
    }
}

/// How a log names the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientLabel {
    /// The TCP peer, with its port: nobody stands before us.
    Peer(SocketAddr),
    /// An address without a port: the client that a proxy tells, or the proxy itself.
    Address(IpAddr),
    /// A peer on a unix socket, nobody before us: `@`.
    UnixPeer,
    /// A peer on a unix socket that tells no client: empty.
    Unknown,
}

impl ClientLabel {
    pub(crate) fn of(inbound: &Inbound, forwarding: &Forwarding) -> Self {
        match (forwarding, inbound.client, inbound.peer) {
            (Forwarding::Ignored, _, Peer::Tcp(address) | Peer::Tls(address)) => Self::Peer(address),
            (Forwarding::Ignored, _, Peer::Unix) => Self::UnixPeer,
            (Forwarding::Trusted { .. }, ClientIp::Known(ip), _) => Self::Address(ip),
            (Forwarding::Trusted { .. }, ClientIp::Unknown, Peer::Tcp(address) | Peer::Tls(address)) => {
                Self::Address(address.ip())
            }
            (Forwarding::Trusted { .. }, ClientIp::Unknown, Peer::Unix) => Self::Unknown,
        }
    }
}
