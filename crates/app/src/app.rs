//! From settings to what serves.

use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sidecar_config::Config;
use sidecar_core::clock::Clock;
use sidecar_gateway::{Counted, Gateway, Journal, Parts, Readiness, Renewals, Tallies};
use sidecar_net::{Dialer, Proxies, ProxyEnv, ProxyError, Roots, Tls, TlsError, TlsSettings};
use sidecar_oidc::{BackendLogout, Background, BuildError, Client, EndpointUrlError, ExtraIssuer, Memory, Provider};
use sidecar_session::{CookieStore, LoginCookies};
use sidecar_upstream::{OwnCookies, Table, TableError, Tunnels};
use tokio::runtime::Handle;

use crate::metrics::Meters;

/// Everything that serves, wired.
pub(crate) struct App {
    /// Answers requests; threads take their own by [`Gateway::for_thread`].
    pub(crate) gateway: Gateway,
    /// Who signs visitors in.
    pub(crate) provider: Arc<dyn Provider>,
}

/// What stays when an app takes the place of another.
#[derive(Clone)]
pub(crate) struct Lasting {
    /// Where log lines go.
    pub(crate) journal: Arc<dyn Journal>,
    /// The WebSockets that are open.
    pub(crate) tunnels: Tunnels,
    /// Ended when the process is about to stop.
    pub(crate) readiness: Readiness,
    /// The refreshes of sessions that are under way.
    pub(crate) renewals: Renewals,
    /// What providers said, to somebody who trusted these authorities.
    known: Arc<Mutex<Option<(Trust, Memory)>>>,
    /// What was counted.
    pub(crate) tallies: Tallies,
    /// What is counted outside of requests.
    pub(crate) meters: Meters,
}

/// Whom TLS to the provider trusts: what the settings say, and what is in the files that they name.
type Trust = (TlsSettings, Vec<Vec<u8>>);

impl Lasting {
    /// For a process that begins.
    pub(crate) fn new(journal: Arc<dyn Journal>, counted: Counted, meters: Meters) -> Self {
        let tallies = Tallies::new(counted);
        let renewals = Renewals::new(Clock::system(), tallies.clone());
        let (tunnels, readiness, known) = (Tunnels::default(), Readiness::default(), Arc::default());
        Self { journal, tunnels, readiness, renewals, known, tallies, meters }
    }

    /// For an app that is only looked at: nothing is written down or counted.
    pub(crate) fn for_a_look(journal: Arc<dyn Journal>) -> Self {
        Self::new(journal, Counted::No, Meters::default())
    }

    /// What providers said to whoever trusted the same; nothing when that has changed.
    fn memory(&self, settings: &TlsSettings) -> Memory {
        let files: &[PathBuf] = match &settings.roots {
            Roots::System => &[],
            Roots::Files { files, .. } => files,
        };
        let trust = (settings.clone(), files.iter().map(|path| std::fs::read(path).unwrap_or_default()).collect());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((before, memory)) if *before == trust => memory.clone(),
            _ => known.insert((trust, Memory::default())).1.clone(),
        }
    }
}

/// Why the settings make no program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// A proxy variable of the environment.
    #[error("the proxy named in the environment cannot be used")]
    Proxy(#[from] ProxyError),
    /// The certificate authorities for the provider.
    #[error("TLS to the identity provider cannot be set up")]
    Tls(#[from] TlsError),
    /// The provider.
    #[error("the identity provider cannot be set up")]
    Provider(#[from] BuildError),
    /// An issuer of `extra-jwt-issuers`.
    #[error("an issuer of bearer tokens cannot be set up")]
    Issuer(#[from] EndpointUrlError),
    /// The upstreams.
    #[error("the upstreams cannot be set up")]
    Upstreams(#[from] TableError),
}

/// The proxies that the environment names for calls to others.
///
/// # Errors
/// A proxy that cannot be used.
pub(crate) fn proxies() -> Result<Proxies, ProxyError> {
    ProxyEnv::read(|name| env::var(name).ok()).map(Proxies::Environment)
}

impl App {
    /// Wires everything; connects to nothing but the provider, and that in the background, on `runtime`.
    ///
    /// # Errors
    /// [`AppError`]
    pub(crate) fn build(config: &Config, lasting: &Lasting, runtime: Handle) -> Result<Self, AppError> {
        let proxies = proxies()?;
        let client = Client::new(Dialer::new(Tls::new(&config.provider_tls)?, proxies.clone()))
            .remembering(lasting.memory(&config.provider_tls));
        let background = Background::new(runtime);
        let backend_logout =
            config.backend_logout_url.clone().map(|url| BackendLogout::new(url, client.clone(), background.clone()));
        let issuers = config.extra_issuers.iter();
        let issuers = issuers.map(|issuer| ExtraIssuer::start(issuer.clone(), &client, background.clone()));
        let issuers = issuers.collect::<Result<Vec<_>, _>>()?;
        let provider = sidecar_providers::build(config.provider.clone(), client, background)?;

        let cookies = CookieStore::new(config.sessions.clone());
        let names = cookies.names().clone();
        let table = Table::new(&config.upstream, OwnCookies::new(move |name| names.is_ours(name)), &proxies)?;
        let table = Arc::new(table.with_tunnels(lasting.tunnels.clone()));
        let gateway = Gateway::new(Parts {
            settings: config.gateway.clone(),
            provider: Arc::clone(&provider),
            issuers,
            cookies,
            logins: LoginCookies::new(config.logins.clone()),
            table,
            backend_logout,
            readiness: lasting.readiness.clone(),
            renewals: lasting.renewals.clone(),
            journal: Arc::clone(&lasting.journal),
            tallies: lasting.tallies.clone(),
            clock: Clock::system(),
        });
        Ok(Self { gateway, provider })
    }
}
