//! A request, read once.
//!
//! Everything that later steps decide by is worked out here: the real client, the host and scheme that the visitor's
//! browser sees, the request id. Identity headers that a visitor may not send are gone from here on, on every branch.

use std::net::SocketAddr;

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request, Version};
use hyper::body::Incoming;
use sidecar_core::origin::{Host, Scheme};
use sidecar_core::policy::ClientIp;
use sidecar_core::request_id::RequestId;
use sidecar_upstream::ProtectedNames;

use crate::sessions::Presented;
use crate::settings::{Forwarding, Settings};
use crate::{forwarded, http2};

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A TCP peer with which we speak TLS.
    Tls(SocketAddr),
    /// A peer on a unix socket, which has no address.
    Unix,
}

impl Peer {
    /// Its address, if it has one.
    #[must_use]
    pub fn ip(self) -> Option<std::net::IpAddr> {
        match self {
            Self::Tcp(address) | Self::Tls(address) => Some(address.ip()),
            Self::Unix => None,
        }
    }
}

/// A request with its facts; made only by [`Inbound::receive`].
pub(crate) struct Inbound {
    /// The request, free of identity headers that only we may write.
    pub(crate) request: Request<Incoming>,
    /// Who sent it to us.
    pub(crate) peer: Peer,
    /// The client's address.
    pub(crate) client: ClientIp,
    /// The request's name.
    pub(crate) id: RequestId,
    /// The host that the visitor's browser sees; empty for HTTP/1.0 without one.
    pub(crate) host: HeaderValue,
    /// The scheme that the visitor's browser sees, if anybody said so.
    pub(crate) scheme: Option<Scheme>,
    /// Whether the visitor came by `https`, to us or to a trusted proxy before us.
    pub(crate) is_https: bool,
    /// The URI that a trusted front proxy tells; empty if it cannot be read.
    pub(crate) forwarded_uri: Option<HeaderValue>,
    /// Whether a trusted peer names another host than the request's own.
    pub(crate) is_forwarded: bool,
    /// The `Authorization` header as it came, if it may count. The app gets another one where the settings say so.
    pub(crate) authorization: Option<HeaderValue>,
}

/// A request that we do not take apart any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Ambiguous or malformed; 400, and the connection ends.
    Malformed,
    /// A method that is never forwarded (D45); 405.
    Method,
    /// `OPTIONS *`, which asks about the server as a whole; 200.
    Asterisk,
}

impl Inbound {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Refused`], which has nothing to show but a status.
    pub(crate) fn receive(
        mut request: Request<Incoming>,
        peer: Peer,
        settings: &Settings,
        protected: &ProtectedNames,
    ) -> Result<Self, Refused> {
        if request.version() == Version::HTTP_2 {
            http2::in_origin_form(&mut request)?;
        }
        check(&request)?;
        let trusted = settings.forwarding.trusts(peer.ip());
        let own_host = own_host(&request)?;
        let headers = request.headers();
        let host = if trusted { forwarded::host(headers) } else { None };
        let is_forwarded = host.as_ref().is_some_and(|host| host != own_host);
        let told = if trusted { forwarded::scheme(headers) } else { None };
        let scheme = told.or_else(|| request.uri().scheme_str().and_then(Scheme::parse));
        // What a trusted proxy says of the visitor's connection outranks what we see of its own.
        let is_https = scheme == Some(Scheme::Https) || (told.is_none() && matches!(peer, Peer::Tls(_)));
        let client = match &settings.forwarding {
            Forwarding::Trusted { proxies, client_ip_header } if trusted => {
                forwarded::client(headers, client_ip_header, proxies)
            }
            Forwarding::Trusted { .. } | Forwarding::Ignored => peer.ip().map_or(ClientIp::Unknown, ClientIp::Known),
        };
        let id = headers.get(&settings.request_id_header).and_then(|id| RequestId::given(id.as_bytes()));
        let forwarded_uri = if trusted { forwarded::uri(headers) } else { None };
        let authorization = settings.credentials.look_at_headers().then(|| headers.get(AUTHORIZATION)).flatten();
        // compat: an empty one is none.
        let authorization = authorization.filter(|value| !value.is_empty()).cloned();
        protected.strip(request.headers_mut());
        Ok(Self {
            request,
            peer,
            client,
            id: id.unwrap_or_else(RequestId::random),
            host: host.unwrap_or(own_host),
            scheme,
            is_https,
            forwarded_uri,
            is_forwarded,
            authorization,
        })
    }

    /// What sessions look at.
    pub(crate) fn presented(&self) -> Presented<'_> {
        Presented { headers: self.headers(), host: self.host_name(), request_id: &self.id }
    }

    /// The method.
    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The escaped path, without the query.
    pub(crate) fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// The query, without its question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    /// Path and query as received: what is forwarded.
    pub(crate) fn target(&self) -> &str {
        self.request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
    }

    /// The URI as the visitor's browser sees it: the front proxy's word, else our own target.
    pub(crate) fn external_uri(&self) -> &str {
        self.told_uri().unwrap_or_else(|| self.target())
    }

    /// What a trusted front proxy tells, if it does.
    pub(crate) fn told_uri(&self) -> Option<&str> {
        self.forwarded_uri.as_ref().map(|uri| std::str::from_utf8(uri.as_bytes()).unwrap_or_default())
    }

    /// The host that the visitor's browser sees.
    pub(crate) fn host(&self) -> &str {
        self.host.to_str().unwrap_or_default()
    }

    /// The same without its port.
    pub(crate) fn host_name(&self) -> &str {
        Host::parse(self.host()).map_or("", Host::name)
    }
}

/// The same reading of a head, without a connection: its host, if it is not refused.
#[cfg(fuzzing)]
pub(crate) fn read_head<B>(request: &Request<B>) -> Result<HeaderValue, Refused> {
    check(request)?;
    own_host(request)
}

/// What makes a request ambiguous to us (D42, D44, D45, D54); message framing is hyper's.
fn check<B>(request: &Request<B>) -> Result<(), Refused> {
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return Err(Refused::Method);
    }
    let target = request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    if target == "*" {
        return Err(if request.method() == Method::OPTIONS { Refused::Asterisk } else { Refused::Malformed });
    }
    // `GET foo` reads as an authority, which only CONNECT may have.
    if request.uri().path_and_query().is_none() || has_bad_escape(request.uri().path()) || has_odd_framing(request) {
        return Err(Refused::Malformed);
    }
    let hosts = request.headers().get_all(HOST).iter().count();
    let host_is_due = request.version() >= Version::HTTP_11;
    let one_authorization = request.headers().get_all(AUTHORIZATION).iter().count() <= 1;
    let fine = (hosts == 1 || (hosts == 0 && !host_is_due))
        && one_authorization
        && !target.bytes().any(|byte| matches!(byte, b'<' | b'>' | b'"' | b'`'));
    if fine { Ok(()) } else { Err(Refused::Malformed) }
}

/// Whether a `%` is not followed by two hex digits. In a query it may stand for itself.
fn has_bad_escape(path: &str) -> bool {
    let mut pieces = path.split('%').skip(1);
    pieces.any(|piece| !piece.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)))
}

/// Whether the body's framing could be read in two ways (RFC 9112 §6.1): hyper takes any list that ends in `chunked`.
fn has_odd_framing<B>(request: &Request<B>) -> bool {
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    let first = codings.next();
    codings.next().is_some() || first.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
}

/// The request's own host: the authority of an absolute-form target, else the `Host` line.
fn own_host<B>(request: &Request<B>) -> Result<HeaderValue, Refused> {
    let line = request.headers().get(HOST);
    let is_host = |value: &HeaderValue| value.to_str().is_ok_and(|host| Host::parse(host).is_some());
    if line.is_some_and(|line| !is_host(line)) {
        return Err(Refused::Malformed);
    }
    match request.uri().authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok().filter(is_host).ok_or(Refused::Malformed),
        None => Ok(line.cloned().unwrap_or(HeaderValue::from_static(""))),
    }
}
