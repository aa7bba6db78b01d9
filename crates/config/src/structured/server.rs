//! Listeners.

use super::headers::{SecretSource, place};
use super::unset;
use crate::written::Written;

/// The listeners of one server: `server` or `metricsServer`.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// `bindAddress`; empty or `-` for none.
    pub(crate) bind_address: Written<String>,
    /// `secureBindAddress`; empty or `-` for none.
    pub(crate) secure_bind_address: Written<String>,
    /// `tls`
    pub(crate) tls: Option<Tls>,
}

impl Server {
    /// The server at `path` with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            bind_address: unset(path, "bindAddress", String::new()),
            secure_bind_address: unset(path, "secureBindAddress", String::new()),
            tls: None,
        }
    }
}

/// The key of a TLS listener and its limits: `tls`.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// The mapping as such.
    pub(crate) at: Written<()>,
    /// `key`: PEM.
    pub(crate) key: Option<SecretSource>,
    /// `cert`: PEM.
    pub(crate) cert: Option<SecretSource>,
    /// `minVersion`; empty is TLS 1.2.
    pub(crate) min_version: Written<String>,
    /// `cipherSuites`; empty takes the usual ones.
    pub(crate) cipher_suites: Written<Vec<String>>,
}

impl Tls {
    /// The mapping at `path` (`server.tls`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            at: place(path),
            key: None,
            cert: None,
            min_version: unset(path, "minVersion", String::new()),
            cipher_suites: unset(path, "cipherSuites", Vec::new()),
        }
    }
}
