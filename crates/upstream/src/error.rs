//! What went wrong between us and an app.

use std::{fmt, io, sync::Arc};

use sidecar_core::code::Code;
use sidecar_net::{BoxError, DialError, RequestError, Stage, TlsError};

/// Upstreams that cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Two upstreams have the same id.
    #[error("the upstream id {0:?} is used twice")]
    SameId(String),
    /// Two upstreams have the same path.
    #[error("the upstream path {0:?} is used twice")]
    SamePath(String),
    /// The certificate authorities of an upstream cannot be used.
    #[error("upstream {id:?}: TLS cannot be set up")]
    Tls {
        /// Which upstream.
        id: String,
        /// Why.
        source: TlsError,
    },
    /// A host that no `Host` header can name.
    #[error("upstream {id:?}: the host cannot stand in a Host header")]
    Host {
        /// Which upstream.
        id: String,
    },
    /// A fixed value with bytes that no header may carry.
    #[error("the fixed value of header {name} has control characters")]
    FixedValue {
        /// Which header.
        name: http::HeaderName,
    },
}

/// No answer came from the upstream: nothing has been sent to the visitor yet.
///
/// An answer that breaks off later is no such error; its body ends with an error, and the connection is cut.
#[derive(Debug)]
pub struct ForwardError {
    upstream: Arc<str>,
    fault: Fault,
    source: Option<BoxError>,
}

/// Whose fault it is that no answer came, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The upstream: no connection could be made ([`ForwardError::dial`] says why).
    Unreachable,
    /// The upstream: no head of an answer within its time.
    Timeout,
    /// The upstream: it closed the connection instead of answering.
    Closed,
    /// The upstream: what it sent is no HTTP answer, or switches protocols unasked.
    Malformed,
    /// The visitor: the body broke off or is malformed.
    Visitor,
    /// The visitor: the body is larger than one that is signed may be.
    TooLarge,
    /// Ours: the request cannot be written.
    Internal,
}

impl ForwardError {
    pub(crate) fn new(upstream: Arc<str>, fault: Fault, source: Option<BoxError>) -> Self {
        Self { upstream, fault, source }
    }

    pub(crate) fn from_client(upstream: Arc<str>, error: RequestError) -> Self {
        let fault = fault_of(&error);
        Self::new(upstream, fault, Some(error.into()))
    }

    /// The id of the upstream.
    #[must_use]
    pub fn upstream(&self) -> &Arc<str> {
        &self.upstream
    }

    /// Whose fault, and which.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// The code of what happened.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.fault {
            Fault::Unreachable => self.dial().map_or(Code::AppDown, code_of),
            Fault::Timeout => Code::AppTimeout,
            Fault::Closed => Code::AppClosed,
            Fault::Malformed => Code::AppMalformed,
            Fault::Visitor => Code::RequestBody,
            Fault::TooLarge => Code::RequestSize,
            Fault::Internal => Code::Internal,
        }
    }

    /// Why no connection could be made, if that is what happened.
    #[must_use]
    pub fn dial(&self) -> Option<&DialError> {
        DialError::find(self.source.as_deref()?)
    }
}

fn code_of(dial: &DialError) -> Code {
    match dial.stage() {
        Stage::Resolve => Code::AppName,
        Stage::Tls => Code::AppTls,
        Stage::Connect if nobody_listens(dial) => Code::AppRefused,
        Stage::Connect | Stage::Proxy => Code::AppDown,
    }
}

/// Whether the port or socket has nobody behind it.
fn nobody_listens(dial: &DialError) -> bool {
    let mut causes = std::iter::successors(Some(dial as &dyn std::error::Error), |&error| error.source());
    let kind = causes.find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound))
}

fn fault_of(error: &RequestError) -> Fault {
    if DialError::find(error).is_some() {
        return Fault::Unreachable;
    }
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |&error| error.source());
    match causes.find_map(|error| error.downcast_ref::<hyper::Error>()) {
        Some(error) if error.is_user() => Fault::Visitor,
        Some(error) if error.is_parse() => Fault::Malformed,
        Some(_) => Fault::Closed,
        None => Fault::Internal,
    }
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            Fault::Unreachable => "the upstream cannot be reached",
            Fault::Timeout => "the upstream did not answer in time",
            Fault::Closed => "the upstream closed the connection without an answer",
            Fault::Malformed => "the upstream's answer is malformed",
            Fault::Visitor => "the request's body broke off",
            Fault::TooLarge => "the request's body is too large to be signed",
            Fault::Internal => "the request cannot be sent",
        })
    }
}

impl std::error::Error for ForwardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
