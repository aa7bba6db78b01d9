//! From an [`Endpoint`] to a [`Stream`].

use std::{sync::Arc, time::Duration};

use rustls_pki_types::ServerName;
use tokio::time::{error::Elapsed, timeout};
use tokio_rustls::TlsConnector;

use crate::{
    DialError, Endpoint, Proxies, Stage, Stream, Tls, connect,
    endpoint::host_port,
    proxy::{Proxy, authority},
    resolve::Resolver,
    tunnel,
};

/// How long each step of a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving and connecting together. Default 30 s, as Go's transport.
    pub connect: Duration,
    /// From `CONNECT` to the proxy's answer. Default 30 s.
    pub tunnel: Duration,
    /// From the connected socket to the finished TLS handshake. Default 10 s, as Go's transport.
    pub handshake: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(30), tunnel: Duration::from_secs(30), handshake: Duration::from_secs(10) }
    }
}

/// What will be spoken over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 or HTTP/1.1, whichever the server picks in the TLS handshake (RFC 7301).
    Http2OrHttp1,
    /// HTTP/2 without a word about it (RFC 9113 3.3).
    Http2,
}

/// Makes connections. Clones share the resolver's cache and the TLS sessions.
#[derive(Clone)]
pub struct Dialer {
    shared: Arc<Shared>,
}

struct Shared {
    resolver: Resolver,
    tls: Tls,
    proxies: Proxies,
    timeouts: Timeouts,
}

impl Dialer {
    /// A dialer that resolves names as the system is configured, once there is one to resolve.
    #[must_use]
    pub fn new(tls: Tls, proxies: Proxies) -> Self {
        let shared = Shared { resolver: Resolver::default(), tls, proxies, timeouts: Timeouts::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The same with other limits, and a resolver of its own.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        let Shared { tls, proxies, .. } = &*self.shared;
        let shared = Shared { resolver: Resolver::default(), tls: tls.clone(), proxies: proxies.clone(), timeouts };
        Self { shared: Arc::new(shared) }
    }

    /// Connects: through a proxy where the settings say so, with TLS for [`Endpoint::Https`].
    ///
    /// # Errors
    /// [`DialError`], which names the stage.
    ///
    /// # Cancel safety
    /// Dropping the future closes whatever was begun.
    pub async fn dial(&self, endpoint: &Endpoint) -> Result<Stream, DialError> {
        self.dial_for(endpoint, Offer::Http1).await
    }

    /// The same for a conversation in one of these protocols; [`Stream::agreed`] tells which it is.
    pub(crate) async fn dial_for(&self, endpoint: &Endpoint, offer: Offer) -> Result<Stream, DialError> {
        match self.shared.proxies.towards(endpoint) {
            None => self.direct(endpoint, offer).await,
            Some(proxy) => self.through(proxy, endpoint, offer).await,
        }
    }

    /// The credentials for a proxy that leads to a plain-HTTP endpoint: there is no tunnel to present them to.
    pub(crate) fn proxy_authorization(&self, endpoint: &Endpoint) -> Option<&http::HeaderValue> {
        match endpoint {
            Endpoint::Http { .. } => self.shared.proxies.towards(endpoint)?.authorization.as_ref(),
            Endpoint::Https { .. } | Endpoint::Unix(_) => None,
        }
    }

    async fn direct(&self, endpoint: &Endpoint, offer: Offer) -> Result<Stream, DialError> {
        match endpoint {
            Endpoint::Http { host, port } => self.tcp(host, *port).await,
            Endpoint::Https { host, port } => {
                let stream = self.tcp(host, *port).await?;
                self.secure(stream, host, *port, offer).await
            }
            Endpoint::Unix(path) => {
                let made = timeout(self.shared.timeouts.connect, connect::unix(path)).await;
                made.map_err(|_: Elapsed| DialError::timed_out(Stage::Connect, endpoint))?
                    .map(Stream::unix)
                    .map_err(|error| DialError::new(Stage::Connect, endpoint, error))
            }
        }
    }

    async fn through(&self, proxy: &Proxy, endpoint: &Endpoint, offer: Offer) -> Result<Stream, DialError> {
        let mut stream = self.direct(&proxy.endpoint, Offer::Http1).await.map_err(DialError::at_proxy)?;
        // A proxy that is asked in HTTP/1 hands on HTTP/1: whatever else is spoken needs a tunnel.
        if !matches!(endpoint, Endpoint::Https { .. }) && offer != Offer::Http2 {
            return Ok(stream.at_proxy());
        }
        let authority = authority(endpoint).unwrap_or_default();
        timeout(self.shared.timeouts.tunnel, tunnel::open(&mut stream, &authority, proxy))
            .await
            .map_err(|_: Elapsed| DialError::timed_out(Stage::Proxy, &proxy.endpoint))?
            .map_err(|error| DialError::new(Stage::Proxy, &proxy.endpoint, error))?;
        match endpoint {
            Endpoint::Https { host, port } => self.secure(stream, host, *port, offer).await,
            Endpoint::Http { .. } | Endpoint::Unix(_) => Ok(stream),
        }
    }

    async fn tcp(&self, host: &str, port: u16) -> Result<Stream, DialError> {
        let mut stage = Stage::Resolve;
        let made = timeout(self.shared.timeouts.connect, async {
            let addresses = self.shared.resolver.addresses(host, port).await?;
            stage = Stage::Connect;
            let made = connect::tcp(&addresses, port).await;
            made.map_err(|error| DialError::new(Stage::Connect, host_port(host, port), error))
        });
        let made = made.await;
        made.map_err(|_: Elapsed| DialError::timed_out(stage, host_port(host, port)))?.map(Stream::tcp)
    }

    async fn secure(&self, stream: Stream, host: &str, port: u16, offer: Offer) -> Result<Stream, DialError> {
        let target = || host_port(host, port);
        let failed = |source: crate::BoxError| DialError::new(Stage::Tls, target(), source);
        let config = self.shared.tls.config().map_err(|error| failed(error.into()))?;
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned()).map_err(|error| failed(error.into()))?;
        let connector = TlsConnector::from(config);
        let shaking = match offer {
            Offer::Http2OrHttp1 => {
                connector.with_alpn(vec![b"h2".to_vec(), b"http/1.1".to_vec()]).connect(name, stream)
            }
            Offer::Http1 | Offer::Http2 => connector.connect(name, stream),
        };
        let session = timeout(self.shared.timeouts.handshake, shaking).await;
        session
            .map_err(|_: Elapsed| DialError::timed_out(Stage::Tls, target()))?
            .map(Stream::tls)
            .map_err(|error| failed(error.into()))
    }
}
