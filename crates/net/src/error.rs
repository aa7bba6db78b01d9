//! What went wrong on the way to another program.

use std::{error::Error, fmt, io};

/// Any error, boxed, as tower and hyper pass them on.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The step of [`Dialer::dial`](crate::Dialer::dial) that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The name has no address, or no name server answered.
    Resolve,
    /// No address took the connection.
    Connect,
    /// The proxy could not be reached or refused the tunnel.
    Proxy,
    /// The TLS handshake or the check of the certificate.
    Tls,
}

/// A connection that could not be made: where to, at which stage, and why (`source`).
///
/// Its text names host and port only: never a path, a query or credentials.
#[derive(Debug)]
pub struct DialError {
    stage: Stage,
    target: String,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    TimedOut,
    Other(BoxError),
}

impl DialError {
    pub(crate) fn new(stage: Stage, target: impl fmt::Display, source: impl Into<BoxError>) -> Self {
        Self { stage, target: target.to_string(), cause: Cause::Other(source.into()) }
    }

    pub(crate) fn timed_out(stage: Stage, target: impl fmt::Display) -> Self {
        Self { stage, target: target.to_string(), cause: Cause::TimedOut }
    }

    /// The same failure, met on the way to a proxy.
    pub(crate) fn at_proxy(self) -> Self {
        Self { stage: Stage::Proxy, ..self }
    }

    /// The step that failed.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// `host:port` or the socket's path.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether the other side was silent, rather than unwilling.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.cause {
            Cause::TimedOut => true,
            Cause::Other(source) => {
                source.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
            }
        }
    }

    /// Finds the dial error in a chain of causes, for instance below an error of [`Pool`](crate::Pool).
    #[must_use]
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did = match (self.stage, &self.cause) {
            (Stage::Resolve, Cause::TimedOut) => "no name server answered in time for",
            (Stage::Resolve, Cause::Other(_)) => "cannot resolve",
            (Stage::Connect, Cause::TimedOut) => "no connection in time to",
            (Stage::Connect, Cause::Other(_)) => "cannot connect to",
            (Stage::Proxy, Cause::TimedOut) => "no tunnel in time through the proxy",
            (Stage::Proxy, Cause::Other(_)) => "no way through the proxy",
            (Stage::Tls, Cause::TimedOut) => "TLS handshake not finished in time with",
            (Stage::Tls, Cause::Other(_)) => "TLS handshake failed with",
        };
        write!(f, "{did} {}", self.target)
    }
}

impl Error for DialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::TimedOut => None,
            Cause::Other(source) => Some(source.as_ref()),
        }
    }
}
