//! From what was written to what it means: one file per crate whose settings are filled, all faults together.

mod app_probes;
mod azure;
mod credentials;
mod emails;
mod entra_id;
mod everybody;
mod further_providers;
mod gateway;
mod github;
mod google;
mod injection;
mod judge;
mod log_format;
mod login_parameters;
mod logs;
mod oidc;
mod pages;
mod paths;
mod process;
mod provider;
mod redirect;
mod registration;
mod routes;
mod secret_source;
mod session;
mod surroundings;
mod tls;
mod upstream;

use std::path::PathBuf;

use sidecar_core::Secret;
use sidecar_net::{Inside, TlsSettings};

pub(crate) use self::judge::Judge;
pub use self::log_format::{LogFormat, LogStream, NoLine};
pub use self::logs::{ErrorStream, LogFile, LogFormats, LogSettings, LogZone, OldFiles};
pub use self::process::{Listen, Shutdown};
pub(crate) use self::surroundings::Surroundings;
pub use self::tls::SecureListen;
use crate::fault::Warning;
use crate::options::Options;
use crate::structured::Structured;

/// What the program is told: the settings of every crate, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The identity provider.
    pub provider: sidecar_providers::Settings,
    /// Whose bearer tokens count besides the provider's (`extra-jwt-issuers`).
    pub extra_issuers: Vec<sidecar_oidc::ExtraIssuerSettings>,
    /// Whom TLS to the provider trusts.
    pub provider_tls: TlsSettings,
    /// Called at sign-out, `{id_token}` replaced (`backend-logout-url`).
    pub backend_logout_url: Option<Secret<String>>,
    /// When the provider's metadata is needed.
    pub discovery: Discovery,
    /// Where sessions are kept.
    pub sessions: sidecar_session::StoreSettings,
    /// How logins are remembered.
    pub logins: sidecar_session::LoginSettings,
    /// The app.
    pub upstream: sidecar_upstream::Settings,
    /// The life of a request.
    pub gateway: sidecar_gateway::Settings,
    /// Where requests come in; `None` for nowhere.
    pub listen: Option<Listen>,
    /// Where requests come in by TLS; `None` for nowhere.
    pub secure_listen: Option<SecureListen>,
    /// Where probes of the app come in (`app-probe-address`); `None` for nowhere.
    pub app_probe_listen: Option<Listen>,
    /// Where metrics are served (`metrics-address`); `None` for nowhere.
    pub metrics: Option<Listen>,
    /// Where metrics are served by TLS (`metrics-secure-address`); `None` for nowhere.
    pub secure_metrics: Option<SecureListen>,
    /// The largest head of a request, in bytes.
    pub max_header_bytes: usize,
    /// What is logged.
    pub logs: LogSettings,
    /// How the process stops.
    pub shutdown: Shutdown,
    /// Files whose content is part of this, and whose change counts at once.
    pub parts: Vec<PathBuf>,
    /// Whether a change of the configuration files themselves counts at once (`watch-config`).
    pub watches_configuration: bool,
    /// What an operator should know, for the log at start.
    pub warnings: Vec<Warning>,
}

/// When the provider's metadata is needed (`oidc-discovery-required`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// Before serving: without it the process ends.
    AtStart,
    /// At the first login; until then it is tried again and again.
    InBackground,
}

impl Config {
    /// Says what all that was written means, and tells `judge` everything that is wrong with it. `None` only after a fault.
    pub(crate) fn new(
        options: &Options,
        structured: &Structured,
        surroundings: Surroundings<'_>,
        judge: &mut Judge,
    ) -> Option<Self> {
        let provider = provider::settings(options, structured, surroundings, judge);
        let extra_issuers = credentials::extra_issuers(options, judge);
        let provider_tls = provider::tls(options, judge);
        let backend_logout_url = provider::backend_logout_url(&options.backend_logout_url, judge);
        let stores = session::settings(options, structured, judge);
        let upstream = upstream::settings(options, structured, surroundings, judge);
        let gateway = gateway::settings(options, judge);
        let listen = process::listen(structured, judge);
        let secure_listen = tls::listen(&structured.server, Inside::Http1And2, surroundings, judge);
        let force_https = tls::force_https(options, structured, judge);
        let app_probe_listen = app_probes::listen(options, judge);
        let metrics = process::metrics(structured, judge);
        let secure_metrics = tls::listen(&structured.metrics_server, Inside::Http1, surroundings, judge);
        let max_header_bytes = process::max_header_bytes(&options.max_header_bytes, judge);
        let logs = logs::logs(options, judge);
        let shutdown = process::shutdown(options, judge);
        let (sessions, logins) = stores?;
        Some(Self {
            provider: provider?,
            extra_issuers,
            provider_tls,
            backend_logout_url,
            discovery: if options.oidc_discovery_required.value { Discovery::AtStart } else { Discovery::InBackground },
            sessions,
            logins,
            upstream: upstream?,
            gateway: sidecar_gateway::Settings { force_https: force_https?, ..gateway? },
            listen: listen?,
            secure_listen: secure_listen?,
            app_probe_listen: app_probe_listen?,
            metrics: metrics?,
            secure_metrics: secure_metrics?,
            max_header_bytes: max_header_bytes?,
            logs: logs?,
            shutdown: shutdown?,
            parts: parts(options, structured),
            watches_configuration: options.watch_config.value,
            warnings: std::mem::take(&mut judge.warnings),
        })
    }
}

/// The files that options name and that are read at start. One that is read at each use (`client-secret-file`) is none.
fn parts(options: &Options, structured: &Structured) -> Vec<PathBuf> {
    let secret = &options.cookie_secret_file.value;
    let secret = if options.cookie_secret.value.expose().is_empty() { Some(secret) } else { None };
    let people = [&options.authenticated_emails_file.value, &options.htpasswd_file.value];
    let lists = options.cookie_secret_previous_file.value.iter().chain(&options.provider_ca_files.value);
    let named = secret.into_iter().chain(people).chain(lists);
    let named = named.filter(|path| !path.is_empty()).map(PathBuf::from);
    let servers = [&structured.server, &structured.metrics_server];
    named.chain(servers.into_iter().flat_map(tls::files)).collect()
}
