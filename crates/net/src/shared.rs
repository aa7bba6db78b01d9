//! Connections of HTTP/2, each of which carries many requests at a time.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, Uri, Version, header, uri, uri::Authority};
use http_body::Body;
use hyper::{
    body::Incoming,
    client::conn::http2::{self, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::Instant;

use crate::{
    BoxError, Endpoint, Stream,
    dial::Offer,
    limits::{MAX_HEAD, MAX_STREAMS},
    pool::{KeepAlive, Pool, Protocols, RequestError, Shared},
    server_tls::Agreed,
};

/// A request that a connection carries: the connection counts it until the last clone is dropped. An answer that came
/// over HTTP/2 has one among its extensions.
#[derive(Debug, Clone)]
pub struct InFlight {
    _counted: Arc<()>,
}

/// A connection of HTTP/2.
pub(crate) struct Open<B> {
    sender: SendRequest<B>,
    endpoint: Arc<Endpoint>,
    /// One clone more than there are requests.
    requests: Arc<()>,
    used: Instant,
}

/// What became of a request that may go over HTTP/2.
pub(crate) enum Outcome<B> {
    /// It did.
    Answered(Response<Incoming>),
    /// The server speaks HTTP/1; perhaps over this connection that was just made.
    Http1(Request<B>, Option<Stream>),
}

impl<B> Open<B> {
    fn is_free(&self) -> bool {
        !self.sender.is_closed() && Arc::strong_count(&self.requests) <= MAX_STREAMS
    }

    /// Whether it is in use, or was lately.
    pub(crate) fn is_worth_keeping(&self, idle_timeout: Duration) -> bool {
        let is_used = Arc::strong_count(&self.requests) > 1 || self.used.elapsed() < idle_timeout;
        is_used && !self.sender.is_closed()
    }
}

impl<B> Pool<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    /// Sends a request over a connection of HTTP/2, kept or new, if the server at `endpoint` speaks it.
    pub(crate) async fn request_shared(
        &self,
        mut request: Request<B>,
        endpoint: &Arc<Endpoint>,
    ) -> Result<Outcome<B>, RequestError> {
        loop {
            let (mut sender, in_flight, is_fresh) = if let Some((sender, in_flight)) = self.shared.join(endpoint) {
                (sender, in_flight, false)
            } else {
                let protocols = self.shared.settings.protocols;
                if protocols == Protocols::ByAlpn && self.shared.has_kept(endpoint) {
                    return Ok(Outcome::Http1(request, None));
                }
                let offer = if protocols == Protocols::Http2 { Offer::Http2 } else { Offer::Http2OrHttp1 };
                let stream = self.shared.connector.dialer.dial_for(endpoint, offer).await?;
                if protocols == Protocols::ByAlpn && stream.agreed() == Agreed::Http1 {
                    return Ok(Outcome::Http1(request, Some(stream)));
                }
                let (sender, in_flight) = self.open(stream, endpoint).await?;
                (sender, in_flight, true)
            };
            into_http2(&mut request, endpoint);
            match sender.try_send_request(request).await {
                Ok(mut response) => {
                    response.extensions_mut().insert(in_flight);
                    return Ok(Outcome::Answered(response));
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_fresh => request = unsent,
                    _ => {
                        let source = error.into_error();
                        let died_idle = !is_fresh && was_not_begun(&source);
                        return Err(RequestError::Exchange { source, died_idle });
                    }
                },
            }
        }
    }

    async fn open(&self, stream: Stream, endpoint: &Arc<Endpoint>) -> Result<(SendRequest<B>, InFlight), RequestError> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|source| RequestError::Exchange { source, died_idle: false })?;
        // Its errors reach whoever waits for an answer.
        tokio::spawn(async move { drop(connection.await) });
        let requests = Arc::new(());
        let in_flight = InFlight { _counted: Arc::clone(&requests) };
        if self.shared.settings.keep_alive == KeepAlive::On {
            let mut idle = self.shared.idle();
            let endpoint = Arc::clone(endpoint);
            idle.open.push(Open { sender: sender.clone(), endpoint, requests, used: Instant::now() });
            self.shared.watch_over(idle);
        }
        Ok((sender, in_flight))
    }
}

impl<B> Shared<B> {
    /// A connection that can carry one more request.
    fn join(&self, endpoint: &Arc<Endpoint>) -> Option<(SendRequest<B>, InFlight)> {
        let mut idle = self.idle();
        idle.open.retain(|open| !open.sender.is_closed());
        let open = idle.open.iter_mut().find(|open| open.endpoint == *endpoint && open.is_free())?;
        open.used = Instant::now();
        Some((open.sender.clone(), InFlight { _counted: Arc::clone(&open.requests) }))
    }
}

/// RFC 9113 8.3.1: who is asked stands in the target, and fields of the connection do not exist.
fn into_http2<B>(request: &mut Request<B>, endpoint: &Endpoint) {
    let mut parts = uri::Parts::default();
    parts.path_and_query = request.uri().path_and_query().cloned();
    parts.scheme = Some(match endpoint {
        Endpoint::Https { .. } => uri::Scheme::HTTPS,
        Endpoint::Http { .. } | Endpoint::Unix(_) => uri::Scheme::HTTP,
    });
    let host = request.headers_mut().remove(header::HOST);
    let named = host.as_ref().map(HeaderValue::as_bytes).and_then(|host| Authority::try_from(host).ok());
    parts.authority = named.or_else(|| request.uri().authority().cloned());
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = Version::HTTP_2;
}

/// Whether the server says that it has done nothing of the request (RFC 9113 8.7).
fn was_not_begun(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<h2::Error>());
    source.is_some_and(|error| {
        error.reason() == Some(h2::Reason::REFUSED_STREAM)
            || (error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR))
    })
}
