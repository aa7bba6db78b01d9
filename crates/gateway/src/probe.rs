//! Health and readiness.

use http::header::USER_AGENT;

use crate::inbound::Inbound;
use crate::settings::Probes;

/// Which probe a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Does the process live?
    Ping,
    /// Are requests served?
    Ready,
}

impl Probe {
    /// Matches the escaped path, and for pings the user agent if agents are named.
    pub(crate) fn of(inbound: &Inbound, probes: &Probes) -> Option<Self> {
        let path = inbound.path();
        if probes.ping_paths.iter().any(|ping| ping == path) {
            let agent = inbound.headers().get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
            if probes.ping_agents.is_empty() || probes.ping_agents.iter().any(|named| named.as_bytes() == agent) {
                return Some(Self::Ping);
            }
        }
        (probes.ready_path.as_deref() == Some(path)).then_some(Self::Ready)
    }
}
