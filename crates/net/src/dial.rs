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

/// Resolving and connecting together, as Go's default transport.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// From the connected socket to the finished handshake, as Go's default transport.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// From `CONNECT` to the proxy's answer.
const TUNNEL_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes connections. Clones share the resolver's cache and the TLS sessions.
#[derive(Clone)]
pub struct Dialer {
    shared: Arc<Shared>,
}

struct Shared {
    resolver: Resolver,
    tls: Tls,
    proxies: Proxies,
    connect_timeout: Duration,
}

impl Dialer {
    /// A dialer that resolves names as the system is configured, once there is one to resolve.
    #[must_use]
    pub fn new(tls: Tls, proxies: Proxies) -> Self {
        let shared = Shared { resolver: Resolver::default(), tls, proxies, connect_timeout: CONNECT_TIMEOUT };
        Self { shared: Arc::new(shared) }
    }

    /// The same with another limit for resolving and connecting together (default 30 s), and a resolver of its own.
    #[must_use]
    pub fn with_connect_timeout(&self, connect_timeout: Duration) -> Self {
        let Shared { tls, proxies, .. } = &*self.shared;
        let shared =
            Shared { resolver: Resolver::default(), tls: tls.clone(), proxies: proxies.clone(), connect_timeout };
        Self { shared: Arc::new(shared) }
    }

    /// Connects: through a proxy where the settings say so, with TLS for [`Endpoint::Https`] (10 s for the handshake).
    ///
    /// # Errors
    /// [`DialError`], which names the stage.
    ///
    /// # Cancel safety
    /// Dropping the future closes whatever was begun.
    pub async fn dial(&self, endpoint: &Endpoint) -> Result<Stream, DialError> {
        match self.shared.proxies.towards(endpoint) {
            None => self.direct(endpoint).await,
            Some(proxy) => self.through(proxy, endpoint).await,
        }
    }

    /// The credentials for a proxy that leads to a plain-HTTP endpoint: there is no tunnel to present them to.
    pub(crate) fn proxy_authorization(&self, endpoint: &Endpoint) -> Option<&http::HeaderValue> {
        match endpoint {
            Endpoint::Http { .. } => self.shared.proxies.towards(endpoint)?.authorization.as_ref(),
            Endpoint::Https { .. } | Endpoint::Unix(_) => None,
        }
    }

    async fn direct(&self, endpoint: &Endpoint) -> Result<Stream, DialError> {
        match endpoint {
            Endpoint::Http { host, port } => self.tcp(host, *port).await,
            Endpoint::Https { host, port } => {
                let stream = self.tcp(host, *port).await?;
                self.secure(stream, host, *port).await
            }
            Endpoint::Unix(path) => {
                let made = timeout(self.shared.connect_timeout, connect::unix(path)).await;
                made.map_err(|_: Elapsed| DialError::timed_out(Stage::Connect, endpoint))?
                    .map(Stream::unix)
                    .map_err(|error| DialError::new(Stage::Connect, endpoint, error))
            }
        }
    }

    async fn through(&self, proxy: &Proxy, endpoint: &Endpoint) -> Result<Stream, DialError> {
        let mut stream = self.direct(&proxy.endpoint).await.map_err(DialError::at_proxy)?;
        let Endpoint::Https { host, port } = endpoint else {
            return Ok(stream.at_proxy());
        };
        let authority = authority(endpoint).unwrap_or_default();
        timeout(TUNNEL_TIMEOUT, tunnel::open(&mut stream, &authority, proxy))
            .await
            .map_err(|_: Elapsed| DialError::timed_out(Stage::Proxy, &proxy.endpoint))?
            .map_err(|error| DialError::new(Stage::Proxy, &proxy.endpoint, error))?;
        self.secure(stream, host, *port).await
    }

    async fn tcp(&self, host: &str, port: u16) -> Result<Stream, DialError> {
        let mut stage = Stage::Resolve;
        let made = timeout(self.shared.connect_timeout, async {
            let addresses = self.shared.resolver.addresses(host, port).await?;
            stage = Stage::Connect;
            let made = connect::tcp(&addresses, port).await;
            made.map_err(|error| DialError::new(Stage::Connect, host_port(host, port), error))
        });
        let made = made.await;
        made.map_err(|_: Elapsed| DialError::timed_out(stage, host_port(host, port)))?.map(Stream::tcp)
    }

    async fn secure(&self, stream: Stream, host: &str, port: u16) -> Result<Stream, DialError> {
        let target = || host_port(host, port);
        let failed = |source: crate::BoxError| DialError::new(Stage::Tls, target(), source);
        let config = self.shared.tls.config().map_err(|error| failed(error.into()))?;
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned()).map_err(|error| failed(error.into()))?;
        let session = timeout(HANDSHAKE_TIMEOUT, TlsConnector::from(config).connect(name, stream)).await;
        session
            .map_err(|_: Elapsed| DialError::timed_out(Stage::Tls, target()))?
            .map(Stream::tls)
            .map_err(|error| failed(error.into()))
    }
}
