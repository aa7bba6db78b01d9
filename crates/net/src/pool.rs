//! Connections, kept for the next request. Those of HTTP/1.1 carry one at a time and are here; those of HTTP/2 are in
//! [`crate::shared`].
//!
//! ```text
//! request ─► take a kept one, else dial ─► send ─► head of the answer
//!                 ▲                                      │ the sender waits in its connection's `Seat`
//!                 └──────── Driver: answer was read ◄────┘
//! ```
//!
//! A connection's own task puts it back once the answer has been read: no other task, and no wrapper around the body.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response, Uri, Version, header, uri::Scheme};
use http_body::Body;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use crate::{
    BoxError, DialError, Dialer, Endpoint, EndpointError, Stream,
    shared::{Open, Outcome},
    stream::Traffic,
};

/// How connections are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// An idle connection is closed after this. Default 90 s.
    pub idle_timeout: Duration,
    /// How many idle connections are kept. Default 64: a busy app behind a sidecar has as many requests in flight, and
    /// every connection beyond would be made anew each time.
    pub max_idle: usize,
    /// Whether connections are kept at all.
    pub keep_alive: KeepAlive,
    /// What is spoken. Default HTTP/1.1.
    pub protocols: Protocols,
}

/// What a pool speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// Over TLS what the server picks (ALPN, RFC 7301), HTTP/2 before HTTP/1.1; without TLS HTTP/1.1. An upgrade always
    /// goes over HTTP/1.1.
    ByAlpn,
    /// HTTP/2, also without TLS and without asking (prior knowledge, RFC 9113 3.3). There are no upgrades.
    Http2,
}

/// Whether a connection serves more than one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeepAlive {
    /// It does.
    #[default]
    On,
    /// Each request has its own and says `Connection: close`.
    Off,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(90),
            max_idle: 64,
            keep_alive: KeepAlive::On,
            protocols: Protocols::Http1,
        }
    }
}

/// Why a request of a [`Pool`] was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The URI leads nowhere.
    #[error("not a place to connect to")]
    Uri(#[from] EndpointError),
    /// There was no connection.
    #[error("no connection")]
    Dial(#[from] DialError),
    /// The connection broke, or what came back is not HTTP.
    #[error("no answer")]
    Exchange {
        /// What hyper says.
        source: hyper::Error,
        /// See [`RequestError::died_idle`].
        died_idle: bool,
    },
}

impl RequestError {
    /// Whether the request failed because the kept connection it was given turned out to be dead: it had served before,
    /// and not a byte came back.
    ///
    /// An idempotent request without a body may then be sent again (RFC 9110 9.2.2): the other side closes an idle
    /// connection whenever it likes, and cannot tell us in time.
    #[must_use]
    pub fn died_idle(&self) -> bool {
        matches!(self, Self::Exchange { died_idle: true, .. })
    }
}

/// An HTTP client over connections that it keeps. Clones share them.
///
/// A request that meets a kept connection which turns out to be closed before a byte was written is sent again on
/// another; nothing else is repeated. Redirects are answers like any other. Answers with more than 100 header lines
/// are refused. The pool belongs to the runtime in which it is used: its connections are tasks there.
pub struct Pool<B> {
    pub(crate) shared: Arc<Shared<B>>,
}

pub(crate) struct Shared<B> {
    pub(crate) connector: Connector,
    pub(crate) settings: PoolSettings,
    idle: Mutex<Idle<B>>,
}

pub(crate) struct Idle<B> {
    /// Connections of HTTP/2, idle or not.
    pub(crate) open: Vec<Open<B>>,
    /// What was used last is at the end and is used next, so that surplus connections grow old.
    kept: Vec<Kept<B>>,
    /// Whether a task watches over the age of what is kept.
    watched: bool,
}

/// A connection that can take a request.
pub(crate) struct Kept<B> {
    sender: SendRequest<B>,
    endpoint: Arc<Endpoint>,
    traffic: Traffic,
    ends_at_proxy: bool,
    since: Instant,
    seat: Weak<Seat<B>>,
}

/// Where a connection that is still busy with its answer waits; belongs to its [`Driver`].
struct Seat<B>(Mutex<Option<Kept<B>>>);

/// The task of one connection.
struct Driver<C, B> {
    connection: C,
    seat: Arc<Seat<B>>,
    pool: Weak<Shared<B>>,
}

/// Where the connections of a [`Pool`] lead to.
#[derive(Clone)]
pub struct Connector {
    pub(crate) dialer: Dialer,
    to: To,
}

#[derive(Clone)]
enum To {
    Fixed(Arc<Endpoint>),
    Uri,
}

impl<B> Clone for Pool<B> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<B> Pool<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    /// A pool that connects as `connector` says.
    #[must_use]
    pub fn new(connector: Connector, settings: &PoolSettings) -> Self {
        let idle = Mutex::new(Idle { open: Vec::new(), kept: Vec::new(), watched: false });
        Self { shared: Arc::new(Shared { connector, settings: *settings, idle }) }
    }

    /// Sends a request; its URI is absolute, and `Host` is made of it unless the headers have one.
    ///
    /// The future ends with the head of the answer.
    ///
    /// # Errors
    /// [`RequestError`].
    ///
    /// # Cancel safety
    /// Dropping the future, or the body of the answer before its end, closes the connection.
    pub async fn request(&self, mut request: Request<B>) -> Result<Response<Incoming>, RequestError> {
        let endpoint = self.shared.connector.endpoint(request.uri())?;
        self.prepare(&mut request, &endpoint);
        let mut dialed = None;
        if self.shared.settings.protocols != Protocols::Http1 && !request.headers().contains_key(header::UPGRADE) {
            // In a box, so that a request over HTTP/1 has a small future.
            match Box::pin(self.request_shared(request, &endpoint)).await? {
                Outcome::Answered(response) => return Ok(response),
                Outcome::Http1(unsent, stream) => (request, dialed) = (unsent, stream),
            }
            // It may have been made ready for a connection of HTTP/2 that has gone.
            *request.version_mut() = Version::HTTP_11;
            self.prepare(&mut request, &endpoint);
        }
        loop {
            let (mut connection, is_fresh) = match (dialed.take(), self.shared.take(&endpoint)) {
                (Some(stream), _) => (self.over(stream, &endpoint).await?, true),
                (None, Some(kept)) => (kept, false),
                // In a box, so that a request over a kept connection has a small future.
                (None, None) => (Box::pin(self.connect(&endpoint)).await?, true),
            };
            if !connection.ends_at_proxy {
                into_origin_form(request.uri_mut());
            }
            match connection.sender.try_send_request(request).await {
                Ok(response) => {
                    self.put_back(connection);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_fresh => request = unsent,
                    _ => {
                        let died_idle = connection.traffic.is_unanswered_reuse();
                        return Err(RequestError::Exchange { source: error.into_error(), died_idle });
                    }
                },
            }
        }
    }

    fn prepare(&self, request: &mut Request<B>, endpoint: &Endpoint) {
        if !request.headers().contains_key(header::HOST)
            && let Some(host) = host_of(request.uri())
        {
            request.headers_mut().insert(header::HOST, host);
        }
        // An upgrade has its own word in `Connection`, and leaves the connection no other use.
        if self.shared.settings.keep_alive == KeepAlive::Off && !request.headers().contains_key(header::UPGRADE) {
            request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.shared.settings.protocols == Protocols::Http2 {
            return; // behind a tunnel, where there is a proxy at all
        }
        if let Some(authorization) = self.shared.connector.dialer.proxy_authorization(endpoint) {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization.clone());
        }
    }

    async fn connect(&self, endpoint: &Arc<Endpoint>) -> Result<Kept<B>, RequestError> {
        let stream = self.shared.connector.dialer.dial(endpoint).await?;
        self.over(stream, endpoint).await
    }

    async fn over(&self, stream: Stream, endpoint: &Arc<Endpoint>) -> Result<Kept<B>, RequestError> {
        let (traffic, ends_at_proxy) = (stream.traffic(), stream.ends_at_proxy());
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|source| RequestError::Exchange { source, died_idle: false })?;
        let seat = Arc::new(Seat(Mutex::new(None)));
        let kept = Kept {
            sender,
            endpoint: Arc::clone(endpoint),
            traffic,
            ends_at_proxy,
            since: Instant::now(),
            seat: Arc::downgrade(&seat),
        };
        let connection = connection.with_upgrades();
        tokio::spawn(Driver { connection, seat, pool: Arc::downgrade(&self.shared) });
        Ok(kept)
    }

    /// Keeps a connection whose answer has begun, at once or when its end has been read.
    fn put_back(&self, connection: Kept<B>) {
        if self.shared.settings.keep_alive == KeepAlive::Off {
            return;
        }
        // Without its driver the connection is gone.
        let Some(seat) = connection.seat.upgrade() else { return };
        let mut seated = seat.lock();
        // Under the lock, so that the driver sees either a seated connection or none to be seated any more.
        if connection.sender.is_ready() {
            drop(seated);
            self.shared.keep(connection);
        } else {
            *seated = Some(connection);
        }
    }
}

impl<B> Shared<B> {
    pub(crate) fn idle(&self) -> MutexGuard<'_, Idle<B>> {
        // Nothing in here panics half-way through a change.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kept connection to `endpoint` that was used last and still is alive.
    pub(crate) fn take(&self, endpoint: &Arc<Endpoint>) -> Option<Kept<B>> {
        let mut idle = self.idle();
        loop {
            let found = idle.kept.iter().rposition(|kept| kept.leads_to(endpoint))?;
            let kept = idle.kept.remove(found);
            if kept.is_usable(self.settings.idle_timeout) {
                return Some(kept);
            }
        }
    }
}

impl<B> Shared<B> {
    /// Whether there is a kept connection to `endpoint`.
    pub(crate) fn has_kept(&self, endpoint: &Arc<Endpoint>) -> bool {
        self.idle().kept.iter().any(|kept| kept.leads_to(endpoint) && kept.is_usable(self.settings.idle_timeout))
    }
}

impl<B: Send + 'static> Shared<B> {
    fn keep(self: &Arc<Self>, mut connection: Kept<B>) {
        connection.since = Instant::now();
        let mut idle = self.idle();
        if idle.kept.len() >= self.settings.max_idle {
            return;
        }
        idle.kept.push(connection);
        self.watch_over(idle);
    }

    /// Sees to it that what is kept does not stay for ever.
    pub(crate) fn watch_over(self: &Arc<Self>, mut idle: MutexGuard<'_, Idle<B>>) {
        if !idle.watched {
            idle.watched = true;
            drop(idle);
            tokio::spawn(watch(Arc::downgrade(self), self.settings.idle_timeout));
        }
    }
}

/// Closes what has been idle for too long, as long as anything is kept.
async fn watch<B>(pool: Weak<Shared<B>>, idle_timeout: Duration) {
    loop {
        tokio::time::sleep(idle_timeout).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.idle();
        idle.kept.retain(|kept| kept.is_usable(idle_timeout));
        idle.open.retain(|open| open.is_worth_keeping(idle_timeout));
        if idle.kept.is_empty() && idle.open.is_empty() {
            idle.watched = false;
            return;
        }
    }
}

impl<B> Kept<B> {
    fn leads_to(&self, endpoint: &Arc<Endpoint>) -> bool {
        Arc::ptr_eq(&self.endpoint, endpoint) || self.endpoint == *endpoint
    }

    fn is_usable(&self, idle_timeout: Duration) -> bool {
        self.sender.is_ready() && self.since.elapsed() < idle_timeout
    }
}

impl<B> Seat<B> {
    fn lock(&self) -> MutexGuard<'_, Option<Kept<B>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Future + Unpin, B: Send + 'static> Future for Driver<C, B> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Its errors reach whoever waits for an answer.
        let done = Pin::new(&mut self.connection).poll(cx).map(|_| ());
        if done.is_pending() {
            let rested = self.seat.lock().take_if(|kept| kept.sender.is_ready());
            if let (Some(kept), Some(pool)) = (rested, self.pool.upgrade()) {
                pool.keep(kept);
            }
        }
        done
    }
}

/// RFC 9112 3.2.1: an origin server sees path and query.
fn into_origin_form(uri: &mut Uri) {
    if uri.authority().is_none() {
        return;
    }
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = uri.path_and_query().cloned();
    // `*` and an empty path have no origin form of their own; hyper writes `/` for the default URI.
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

/// The `Host` of a URI: no userinfo, and no port that its scheme implies (RFC 9110 7.2).
fn host_of(uri: &Uri) -> Option<HeaderValue> {
    let implied = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let host = uri.host()?;
    match uri.port_u16() {
        Some(port) if port != implied => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        _ => HeaderValue::from_str(host).ok(),
    }
}

impl Connector {
    /// Always connects to `endpoint`, whatever the request's URI says.
    #[must_use]
    pub fn to(dialer: Dialer, endpoint: Endpoint) -> Self {
        Self { dialer, to: To::Fixed(Arc::new(endpoint)) }
    }

    /// Connects where the request's URI leads to.
    #[must_use]
    pub fn by_uri(dialer: Dialer) -> Self {
        Self { dialer, to: To::Uri }
    }

    fn endpoint(&self, uri: &Uri) -> Result<Arc<Endpoint>, EndpointError> {
        match &self.to {
            To::Fixed(endpoint) => Ok(Arc::clone(endpoint)),
            To::Uri => Endpoint::of(uri).map(Arc::new),
        }
    }
}
