//! Finding the provider's metadata in the background (OIDC Discovery §4), so that a provider that is down at start stops
//! nobody (D18).
//!
//! ```text
//! start ─► fetch ─ok─► kept ── about 1 h later ─► fetch ─ok─► kept …
//!            │                                      │
//!            └─ fault ─► wait 1 s, 2 s, … 30 s ─► fetch      a kept copy serves for 24 h after its fetch
//! ```
//!
//! One task fetches, so there is never more than one request under way; logins wait for nothing.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use crate::client::{Call, CallError, Client, Follow};
use crate::endpoint_url::{EndpointUrl, EndpointUrlError};
use crate::error::Unavailable;
use crate::metadata::{Metadata, MetadataError};
use crate::settings::IssuerCheck;

/// After a success the metadata is looked at again: providers move endpoints rarely, and announce it.
const RENEW_AFTER: Duration = Duration::from_hours(1);
/// An older copy starts no login: the provider may long be another.
const MAX_AGE: Duration = Duration::from_hours(24);
/// The wait after the first fault; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait: a provider that is back is found within half a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why there is no metadata yet.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// No usable answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A document that must not be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// The metadata of a provider, kept up to date by a task that ends with this value.
pub(crate) struct Discovery {
    state: watch::Receiver<State>,
    task: AbortHandle,
}

#[derive(Clone, Default)]
struct State {
    kept: Option<(Arc<Metadata>, Instant)>,
    fault: Option<(DiscoveryError, Instant)>,
}

impl Discovery {
    /// Begins to look for the metadata of `issuer`, at once and on `runtime`.
    ///
    /// # Errors
    /// [`EndpointUrlError`] when the issuer is no URL to ask at.
    pub(crate) fn start(
        client: Client,
        issuer: &str,
        check: IssuerCheck,
        runtime: &Handle,
    ) -> Result<Self, EndpointUrlError> {
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let url = EndpointUrl::parse(&format!("{base}/.well-known/openid-configuration"))?;
        let (sender, state) = watch::channel(State::default());
        let search = Search { client, url, issuer: issuer.to_owned(), check };
        let task = runtime.spawn(keep(search, sender)).abort_handle();
        Ok(Self { state, task })
    }

    /// The metadata as it is known now.
    pub(crate) fn metadata(&self) -> Result<Arc<Metadata>, Unavailable> {
        let state = self.state.borrow();
        match &state.kept {
            Some((metadata, fetched_at)) if fetched_at.elapsed() < MAX_AGE => Ok(Arc::clone(metadata)),
            Some(_) | None => Err(state.unavailable()),
        }
    }

    /// Waits until the first attempt came to an end, either way.
    pub(crate) async fn first_attempt(&self) -> Result<(), DiscoveryError> {
        let mut state = self.state.clone();
        let done = state.wait_for(|state| state.kept.is_some() || state.fault.is_some()).await;
        match done.as_deref() {
            Ok(State { kept: None, fault: Some((error, _)) }) => Err(error.clone()),
            // The sender is gone only while everything ends.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Drop for Discovery {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn unavailable(&self) -> Unavailable {
        match &self.fault {
            Some((error, retry_at)) => Unavailable {
                reason: text_with_causes(error),
                retry_after: retry_at.saturating_duration_since(Instant::now()),
            },
            None => Unavailable { reason: "discovery has not finished yet".to_owned(), retry_after: FIRST_PAUSE },
        }
    }
}

struct Search {
    client: Client,
    url: EndpointUrl,
    issuer: String,
    check: IssuerCheck,
}

impl Search {
    async fn fetch(&self) -> Result<Metadata, DiscoveryError> {
        let answer = self.client.get_following(Call::Discovery, &self.url, HeaderMap::new(), Follow::Anywhere).await?;
        let body = answer.into_ok_body(Call::Discovery, &self.url)?;
        Ok(Metadata::parse(&body, &self.issuer, self.check)?)
    }
}

/// Fetches for ever; the owner aborts it.
async fn keep(search: Search, state: watch::Sender<State>) {
    let mut faults = 0;
    loop {
        let pause = match search.fetch().await {
            Ok(metadata) => {
                if faults > 0 || state.borrow().kept.is_none() {
                    tracing::info!(url = %search.url, "the provider's metadata is known");
                }
                faults = 0;
                state.send_replace(State { kept: Some((Arc::new(metadata), Instant::now())), fault: None });
                jittered(RENEW_AFTER)
            }
            Err(error) => {
                let pause = jittered(FIRST_PAUSE.saturating_mul(1 << faults).min(LONGEST_PAUSE));
                faults = (faults + 1).min(5);
                tracing::warn!(reason = %text_with_causes(&error), retry_in = ?pause, "discovery failed");
                state.send_modify(|state| state.fault = Some((error, Instant::now() + pause)));
                pause
            }
        };
        sleep(pause).await;
    }
}

/// Between three quarters and all of `pause`, so that many sidecars do not ask at once.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0];
    match aws_lc_rs::rand::fill(&mut random) {
        Ok(()) => pause.mul_f64(1.0 - f64::from(random[0]) / 1024.0),
        Err(_) => pause,
    }
}

/// An error with its causes in one line.
pub(crate) fn text_with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
