//! What scrapes are told: the counters of all threads, added up when somebody asks.
//!
//! ```text
//! gateway::Tallies, connections, log ─► Metrics ─► text ─► server, on a listener of its own
//! ```

mod process;
mod server;
mod text;

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use sidecar_core::metric::{self, Label, ReloadOutcome};
use sidecar_gateway::{Counters, Tallies};
use sidecar_oidc::Provider;
use sidecar_upstream::Tunnels;

pub(crate) use server::serve;
use text::{Text, whole};

/// What is counted outside of requests. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Meters(Arc<Shared>);

#[derive(Default)]
struct Shared {
    connections: AtomicU64,
    lost_lines: AtomicU64,
    reloads: Counters<ReloadOutcome, { ReloadOutcome::ALL.len() }>,
    provider: Mutex<Option<Arc<dyn Provider>>>,
}

/// An open connection; not counted any more when dropped.
pub(crate) struct Connected(Meters);

impl Meters {
    /// A connection is open.
    pub(crate) fn connected(&self) -> Connected {
        self.0.connections.fetch_add(1, Relaxed);
        Connected(self.clone())
    }

    /// Log lines went nowhere.
    pub(crate) fn lost_lines(&self, count: u64) {
        self.0.lost_lines.fetch_add(count, Relaxed);
    }

    /// The configuration was read again.
    pub(crate) fn reloaded(&self, outcome: ReloadOutcome) {
        self.0.reloads.count(outcome);
    }

    /// Who signs visitors in from now on.
    pub(crate) fn provider_is(&self, provider: Arc<dyn Provider>) {
        *self.0.provider.lock().unwrap_or_else(PoisonError::into_inner) = Some(provider);
    }

    /// Whether logins can begin.
    fn provider_is_ready(&self) -> Option<bool> {
        let provider = self.0.provider.lock().unwrap_or_else(PoisonError::into_inner);
        provider.as_ref().map(|provider| provider.status().is_ok())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.connections.fetch_sub(1, Relaxed);
    }
}

/// Everything that a scrape is told.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// What threads count.
    pub(crate) tallies: Tallies,
    /// What is counted beside.
    pub(crate) meters: Meters,
    /// The WebSockets that are open.
    pub(crate) tunnels: Tunnels,
}

impl Metrics {
    /// Everything as it is now, in Prometheus' text format.
    fn text(&self) -> String {
        let totals = self.tallies.totals();
        let Shared { connections, lost_lines, reloads, .. } = &*self.meters.0;
        let mut text = Text::default();
        // compat: before the first request of any kind there is no gauge, before the first that counts no series.
        if let Some(in_flight) = totals.in_flight {
            text.single(&metric::IN_FLIGHT, whole(u64::try_from(in_flight).unwrap_or(0)));
        }
        if !totals.statuses.is_empty() {
            let codes: Vec<_> = totals.statuses.iter().map(|(status, count)| (status.to_string(), *count)).collect();
            text.family(&metric::REQUESTS, codes.iter().map(|(code, count)| (code.as_str(), whole(*count))));
            text.histograms(&metric::DURATION, totals.durations.iter().map(|(method, times)| (method.as_str(), times)));
        }
        text.single(&metric::LOGINS_BEGUN, whole(totals.logins_begun));
        text.family(&metric::LOGINS, words(totals.logins));
        text.family(&metric::SESSIONS, words(totals.sessions));
        text.family(&metric::REFRESHES, words(totals.refreshes));
        text.family(&metric::UPSTREAM_ERRORS, words(totals.upstream));
        if let Some(ready) = self.meters.provider_is_ready() {
            text.single(&metric::PROVIDER_READY, f64::from(u8::from(ready)));
        }
        text.single(&metric::CONNECTIONS, whole(connections.load(Relaxed)));
        text.single(&metric::WEBSOCKETS, whole(self.tunnels.count() as u64));
        text.family(&metric::RELOADS, words(reloads.each()));
        text.single(&metric::LOG_LINES_LOST, whole(lost_lines.load(Relaxed)));
        text.family(&metric::BUILD_INFO, [(env!("CARGO_PKG_VERSION"), 1.0)]);
        process::write(&mut text);
        text.finish()
    }
}

fn words<L: Label>(counts: impl IntoIterator<Item = (L, u64)>) -> impl Iterator<Item = (&'static str, f64)> {
    counts.into_iter().map(|(value, count)| (value.as_str(), whole(count)))
}
