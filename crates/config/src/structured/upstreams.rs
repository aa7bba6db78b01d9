//! The parts of the app.

use super::unset;
use crate::value::GoDuration;
use crate::written::Written;

/// One part of the app: `upstreamConfig.upstreams[N]`.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// `id`; empty when nobody wrote it.
    pub(crate) id: Written<String>,
    /// `path`; empty when nobody wrote it.
    pub(crate) path: Written<String>,
    /// `rewriteTarget`; empty for none.
    pub(crate) rewrite_target: Written<String>,
    /// `uri`; empty when nobody wrote it.
    pub(crate) uri: Written<String>,
    /// `insecureSkipTLSVerify`
    pub(crate) insecure_skip_tls_verify: Written<bool>,
    /// `static`
    pub(crate) is_static: Written<bool>,
    /// `staticCode`; `None` is 200.
    pub(crate) static_code: Written<Option<i64>>,
    /// `flushInterval`, by default a second.
    pub(crate) flush_interval: Written<GoDuration>,
    /// `passHostHeader`, by default true.
    pub(crate) pass_host_header: Written<bool>,
    /// `proxyWebSockets`, by default true.
    pub(crate) proxy_web_sockets: Written<bool>,
    /// `timeout`, by default 30 seconds.
    pub(crate) timeout: Written<GoDuration>,
    /// `disableKeepAlives`
    pub(crate) disable_keep_alives: Written<bool>,
}

/// How long a streamed answer may be held back when nobody says.
pub(super) const FLUSH_INTERVAL: GoDuration = GoDuration::from_nanos(1_000_000_000);
/// How long the app may take to answer when nobody says.
pub(super) const TIMEOUT: GoDuration = GoDuration::from_nanos(30_000_000_000);

impl Upstream {
    /// The entry at `path` (`upstreamConfig.upstreams[0]`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            id: unset(path, "id", String::new()),
            path: unset(path, "path", String::new()),
            rewrite_target: unset(path, "rewriteTarget", String::new()),
            uri: unset(path, "uri", String::new()),
            insecure_skip_tls_verify: unset(path, "insecureSkipTLSVerify", false),
            is_static: unset(path, "static", false),
            static_code: unset(path, "staticCode", None),
            flush_interval: unset(path, "flushInterval", FLUSH_INTERVAL),
            pass_host_header: unset(path, "passHostHeader", true),
            proxy_web_sockets: unset(path, "proxyWebSockets", true),
            timeout: unset(path, "timeout", TIMEOUT),
            disable_keep_alives: unset(path, "disableKeepAlives", false),
        }
    }
}
