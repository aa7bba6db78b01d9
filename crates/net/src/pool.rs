//! HTTP/1.1 connections, kept for the next request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Extensions, HeaderValue, Request, Uri, header};
use http_body::Body;
use hyper_util::{
    client::legacy::{Client, Error, ResponseFuture},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tower_service::Service;

use crate::{BoxError, Dialer, Endpoint, Stream, stream::Traffic};

/// How connections are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// An idle connection is closed after this. Default 90 s.
    pub idle_timeout: Duration,
    /// How many idle connections are kept per host. Default 64: a busy app behind a sidecar has as many requests in
    /// flight, and every connection beyond would be made anew each time.
    pub max_idle_per_host: usize,
    /// Whether connections are kept at all.
    pub keep_alive: KeepAlive,
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
        Self { idle_timeout: Duration::from_secs(90), max_idle_per_host: 64, keep_alive: KeepAlive::On }
    }
}

/// An HTTP/1.1 client over connections that it keeps. Clones share them.
///
/// A request that meets a kept connection which turns out to be closed before a byte was written is sent again on
/// another; nothing else is repeated. Redirects are answers like any other. Answers with more than 100 header lines
/// are refused. The pool belongs to the runtime in which it is used: its connections are tasks there.
#[derive(Clone)]
pub struct Pool<B> {
    client: Client<Connector, B>,
    connector: Connector,
    keep_alive: KeepAlive,
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
        let max_idle = match settings.keep_alive {
            KeepAlive::On => settings.max_idle_per_host,
            KeepAlive::Off => 0,
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.idle_timeout)
            .pool_max_idle_per_host(max_idle)
            .build(connector.clone());
        Self { client, connector, keep_alive: settings.keep_alive }
    }

    /// Sends a request; its URI is absolute, and `Host` is made of it unless the headers have one.
    ///
    /// The future ends with the head of the answer. Its error leads to a [`DialError`](crate::DialError) when there was
    /// no connection ([`DialError::find`](crate::DialError::find)).
    ///
    /// # Cancel safety
    /// Dropping the future, or the body of the answer before its end, closes the connection.
    pub fn request(&self, mut request: Request<B>) -> ResponseFuture {
        if self.keep_alive == KeepAlive::Off {
            request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(authorization) = self.connector.proxy_authorization(request.uri()) {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization.clone());
        }
        self.client.request(request)
    }
}

/// Whether a request of a [`Pool`] failed because the kept connection it was given turned out to be dead: it had served
/// before, and not a byte came back.
///
/// An idempotent request without a body may then be sent again (RFC 9110 9.2.2): the other side closes an idle
/// connection whenever it likes, and cannot tell us in time.
#[must_use]
pub fn died_idle(error: &Error) -> bool {
    let mut extras = Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut extras);
    }
    extras.get::<Traffic>().is_some_and(Traffic::is_unanswered_reuse)
}

/// Makes the connections of a [`Pool`].
#[derive(Clone)]
pub struct Connector {
    dialer: Dialer,
    to: To,
}

#[derive(Clone)]
enum To {
    // Shared, because hyper-util clones its connector for every request.
    Fixed(Arc<Endpoint>),
    Uri,
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

    /// What an HTTP proxy wants to see with each request that is not tunnelled.
    fn proxy_authorization(&self, uri: &Uri) -> Option<&HeaderValue> {
        if !self.dialer.has_proxies() {
            return None;
        }
        match &self.to {
            To::Fixed(endpoint) => self.dialer.proxy_authorization(endpoint),
            To::Uri => self.dialer.proxy_authorization(&Endpoint::of(uri).ok()?),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { dialer, to } = self.clone();
        Box::pin(async move {
            let stream = match to {
                To::Fixed(endpoint) => dialer.dial(&endpoint).await?,
                To::Uri => dialer.dial(&Endpoint::of(&uri)?).await?,
            };
            Ok(TokioIo::new(stream))
        })
    }
}
