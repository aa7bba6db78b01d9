//! What only the nested form of the configuration can say: the app's parts, headers, listeners and login parameters.
//!
//! It is made from the flat options ([`Structured::from_options`]) or read from a YAML file.
//! From here on nobody knows which of the two it was: a leaf names the option or the path that was
//! written, and where. Nothing is checked here; that is for [`crate::meaning`].

mod headers;
mod legacy;
mod provider;
mod server;
mod upstreams;
mod uri;

use std::borrow::Cow;

pub(crate) use self::headers::{ClaimSource, Header, HeaderValue, SecretSource};
pub(crate) use self::provider::{FurtherProvider, GoogleDirectory, LoginUrlParameter, Provider, UrlParameterRule};
pub(crate) use self::server::{Server, Tls};
pub(crate) use self::upstreams::Upstream;
pub(crate) use self::uri::{Refusal, Uri, WRITE_URL};
use crate::written::{Source, Written};

/// The nested part of a configuration. A leaf that nobody wrote has its default and [`Source::Default`].
#[derive(Clone, Debug)]
pub(crate) struct Structured {
    /// `upstreamConfig.proxyRawPath`
    pub(crate) proxy_raw_path: Written<bool>,
    /// `upstreamConfig.upstreams`: the list as such, for what is said about all of it.
    pub(crate) upstreams: Written<Vec<Upstream>>,
    /// `injectRequestHeaders`
    pub(crate) request_headers: Vec<Header>,
    /// `injectResponseHeaders`
    pub(crate) response_headers: Vec<Header>,
    /// `server`
    pub(crate) server: Server,
    /// `metricsServer`
    pub(crate) metrics_server: Server,
    /// What `providers[0]` has beside options.
    pub(crate) provider: Provider,
    /// `providers[1]` and on, which are checked and not used.
    pub(crate) further_providers: Vec<FurtherProvider>,
}

impl Default for Structured {
    /// What an empty YAML file says.
    fn default() -> Self {
        Self {
            proxy_raw_path: Written::default("upstreamConfig.proxyRawPath", false),
            upstreams: Written::default("upstreamConfig.upstreams", Vec::new()),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            server: Server::unset("server"),
            metrics_server: Server::unset("metricsServer"),
            provider: Provider::unset(),
            further_providers: Vec::new(),
        }
    }
}

impl Structured {
    /// The claims that headers on either side are made from.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &Written<String>> {
        let headers = self.request_headers.iter().chain(&self.response_headers);
        headers.flat_map(|header| &header.values).filter_map(|value| Some(&value.claim_source.as_ref()?.claim))
    }

    /// What somebody wrote in nested form alone, by path: an entry by the leaf that names it.
    pub(crate) fn mentions(&self) -> impl Iterator<Item = (String, Source)> {
        let upstreams = self.upstreams.value.iter().map(|upstream| &upstream.path);
        let headers = self.request_headers.iter().chain(&self.response_headers).map(|header| &header.name);
        let parameters = self.provider.login_url_parameters.iter().map(|parameter| &parameter.name);
        let servers = [&self.server, &self.metrics_server];
        let addresses = servers.into_iter().flat_map(|server| [&server.bind_address, &server.secure_bind_address]);
        upstreams
            .chain(headers)
            .chain(parameters)
            .chain(addresses)
            .filter(|leaf| matches!(leaf.source, Source::File { .. }) && leaf.option.contains('.'))
            .map(|leaf| (leaf.option.to_string(), leaf.source.clone()))
    }
}

/// A leaf below `parent` that nobody wrote.
pub(crate) fn unset<T>(parent: &str, name: &str, value: T) -> Written<T> {
    Written { option: Cow::Owned(format!("{parent}.{name}")), value, source: Source::Default, element: None }
}
