//! Finding the provider's metadata in the background (OIDC Discovery §4), so that a provider that is down at start stops
//! nobody (D18).
//!
//! ```text
//! start ─► fetch ─ok─► kept ── about 1 h later ─► fetch ─ok─► kept …
//!            │                                      │
//!            └─ fault ─► a random wait ─► fetch     └─ fault ─► a longer one ─► fetch
//!                        below 1 s, 2 s, … 30 s                 below 1 s, 2 s, … 5 min
//! ```
//!
//! One task fetches, so there is never more than one request under way; logins wait for nothing. A kept copy serves for
//! 24 h after its fetch, whatever the provider answers in between.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use sidecar_core::code::Code;
use sidecar_core::report::chain;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use crate::backoff::{Backoff, spread};
use crate::client::{Call, CallError, Client, Follow};
use crate::endpoint_url::{EndpointUrl, EndpointUrlError};
use crate::error::Unavailable;
use crate::limits::MAX_AGE;
use crate::memory::Memory;
use crate::metadata::{Metadata, MetadataError};
use crate::settings::IssuerCheck;

/// After a success the metadata is looked at again: providers move endpoints rarely, and announce it.
const RENEW_AFTER: Duration = Duration::from_hours(1);
/// The longest wait after the first fault; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait while logins need the metadata: a provider that is back is found within half a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest wait while a kept copy serves, since nobody misses anything.
const LONGEST_PAUSE_WITH_COPY: Duration = Duration::from_mins(5);

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

/// What is read from the document that is discovered.
pub(crate) trait Document: Sized + Send + Sync + 'static {
    /// Reads it and holds it against the configured issuer.
    fn parse(json: &[u8], issuer: &str, check: IssuerCheck) -> Result<Self, MetadataError>;

    /// What a relying party before this one read, and when. Documents that no login waits for are read anew.
    fn recalled(_: &Memory, _: &str, _: IssuerCheck) -> Option<(Arc<Self>, Instant)> {
        None
    }

    /// Leaves a copy for the relying party after this one.
    fn remember(self: &Arc<Self>, _: &Memory, _: &str, _: IssuerCheck) {}
}

/// The metadata of a provider, kept up to date by a task that ends with this value.
pub(crate) struct Discovery<D = Metadata> {
    state: watch::Receiver<State<D>>,
    task: AbortHandle,
}

struct State<D> {
    kept: Option<(Arc<D>, Instant)>,
    fault: Option<(DiscoveryError, Instant)>,
}

impl<D> Default for State<D> {
    fn default() -> Self {
        Self { kept: None, fault: None }
    }
}

impl<D: Document> Discovery<D> {
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
        let kept = D::recalled(client.memory(), issuer, check);
        let (sender, state) = watch::channel(State { kept, fault: None });
        let search = Search { client, url, issuer: issuer.to_owned(), check };
        let task = runtime.spawn(keep(search.url.clone(), async move || search.fetch().await, sender)).abort_handle();
        Ok(Self { state, task })
    }

    /// The metadata as it is known now.
    pub(crate) fn metadata(&self) -> Result<Arc<D>, Unavailable> {
        let state = self.state.borrow();
        state.usable().ok_or_else(|| state.unavailable())
    }

    /// Whether the first attempt came to an end, either way.
    pub(crate) fn has_tried(&self) -> bool {
        let state = self.state.borrow();
        state.kept.is_some() || state.fault.is_some()
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

impl<D> Drop for Discovery<D> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<D> State<D> {
    /// The copy, unless it is too old.
    fn usable(&self) -> Option<Arc<D>> {
        let (metadata, fetched_at) = self.kept.as_ref()?;
        (fetched_at.elapsed() < MAX_AGE).then(|| Arc::clone(metadata))
    }

    fn unavailable(&self) -> Unavailable {
        match &self.fault {
            Some((error, retry_at)) => {
                Unavailable { reason: chain(error), retry_after: retry_at.saturating_duration_since(Instant::now()) }
            }
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
    async fn fetch<D: Document>(&self) -> Result<Arc<D>, DiscoveryError> {
        let answer = self.client.get_following(Call::Discovery, &self.url, HeaderMap::new(), Follow::Anywhere).await?;
        let body = answer.into_ok_body(Call::Discovery, &self.url)?;
        let document = Arc::new(D::parse(&body, &self.issuer, self.check)?);
        document.remember(self.client.memory(), &self.issuer, self.check);
        Ok(document)
    }
}

impl DiscoveryError {
    /// How long the provider wants to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.retry_after,
            Self::Metadata(_) => None,
        }
    }
}

/// Fetches from `url` for ever; the owner aborts it.
async fn keep<D: Document>(
    url: EndpointUrl,
    fetch: impl AsyncFn() -> Result<Arc<D>, DiscoveryError>,
    state: watch::Sender<State<D>>,
) {
    let mut backoff = Backoff::default();
    loop {
        let pause = match fetch().await {
            Ok(metadata) => {
                let before = state.send_replace(State { kept: Some((metadata, Instant::now())), fault: None });
                if before.kept.is_none() || before.fault.is_some() {
                    tracing::info!(%url, "the provider's metadata is known");
                }
                backoff.reset();
                spread(RENEW_AFTER)
            }
            Err(error) => {
                let has_copy = state.borrow().usable().is_some();
                let longest = if has_copy { LONGEST_PAUSE_WITH_COPY } else { LONGEST_PAUSE };
                let pause = backoff.after_fault(FIRST_PAUSE, longest, error.retry_after());
                tracing::warn!(code = %Code::ProviderDiscovery, %url, reason = %chain(&error), retry_in = ?pause, "discovery failed");
                state.send_modify(|state| state.fault = Some((error, Instant::now() + pause)));
                pause
            }
        };
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::advance;

    use super::*;
    use crate::client::Fault;

    const ISSUER: &str = "https://idp.example";
    const DOCUMENT: &str = r#"{"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a",
        "token_endpoint":"https://idp.example/t","jwks_uri":"https://idp.example/k"}"#;

    /// A provider that counts who asks, and when.
    struct Counting {
        begun: Instant,
        asked: Mutex<Vec<Duration>>,
        says: Mutex<Says>,
    }

    #[derive(Clone, Copy)]
    enum Says {
        Document,
        Garbage,
        Nothing,
        Later(u64),
    }

    impl Counting {
        fn new(says: Says) -> Arc<Self> {
            Arc::new(Self { begun: Instant::now(), asked: Mutex::default(), says: Mutex::new(says) })
        }

        fn answer(&self) -> Result<Arc<Metadata>, DiscoveryError> {
            self.asked.lock().unwrap().push(self.begun.elapsed());
            let failed = |fault| CallError::new(Call::Discovery, &url(), fault);
            let json = match *self.says.lock().unwrap() {
                Says::Document => DOCUMENT,
                Says::Garbage => "<html>",
                Says::Nothing => return Err(failed(Fault::Connect("refused".to_owned())).into()),
                Says::Later(seconds) => {
                    let retry_after = Some(Duration::from_secs(seconds));
                    return Err(CallError { retry_after, ..failed(Fault::Status(503)) }.into());
                }
            };
            Ok(Arc::new(Metadata::parse(json.as_bytes(), ISSUER, IssuerCheck::Required)?))
        }

        fn says(&self, says: Says) {
            *self.says.lock().unwrap() = says;
        }

        /// How often it was asked within each second since the start.
        fn by_second(&self) -> Vec<usize> {
            let asked = self.asked.lock().unwrap();
            let last = asked.iter().max().map_or(0, Duration::as_secs);
            let within = |second| asked.iter().filter(|at| at.as_secs() == second).count();
            (0..=last).map(within).collect()
        }

        fn count(&self) -> usize {
            self.asked.lock().unwrap().len()
        }
    }

    fn url() -> EndpointUrl {
        EndpointUrl::parse(ISSUER).unwrap()
    }

    fn sidecar(provider: &Arc<Counting>) -> Discovery {
        let (sender, state) = watch::channel(State::default());
        let provider = Arc::clone(provider);
        let task = tokio::spawn(keep(url(), async move || provider.answer(), sender)).abort_handle();
        Discovery { state, task }
    }

    fn all_know(sidecars: &[Discovery]) -> bool {
        sidecars.iter().all(|sidecar| sidecar.metadata().is_ok())
    }

    /// Lets time pass in steps, and every task do what falls due in each.
    async fn pass(time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            advance(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_sidecars_that_start_at_once_ask_once_each_and_renew_apart() {
        let provider = Counting::new(Says::Document);
        let sidecars: Vec<_> = (0..200).map(|_| sidecar(&provider)).collect();
        pass(Duration::from_mins(44)).await;
        assert!(all_know(&sidecars));
        assert_eq!(provider.count(), 200);
        pass(Duration::from_mins(17)).await;
        let renewals = &provider.by_second()[1..];
        assert_eq!(renewals.iter().sum::<usize>(), 200);
        assert!(renewals.iter().all(|second| *second < 10), "spread over a quarter of an hour");
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_sidecars_do_not_storm_a_provider_that_is_down_and_find_it_when_it_is_back() {
        let provider = Counting::new(Says::Nothing);
        let sidecars: Vec<_> = (0..200).map(|_| sidecar(&provider)).collect();
        pass(Duration::from_mins(5)).await;
        let by_second = provider.by_second();
        assert!(by_second[0] < 600 && by_second[1] < 300, "{:?}", &by_second[..2]);
        // On average each asks every 15 s by then: 13 requests per second.
        assert!(by_second[60..].iter().all(|second| *second < 50), "{by_second:?}");
        let within_a_minute: usize = by_second[60..120].iter().sum();
        assert!((500..1200).contains(&within_a_minute), "{within_a_minute}");

        provider.says(Says::Document);
        let before = provider.count();
        pass(Duration::from_secs(31)).await;
        assert!(all_know(&sidecars));
        assert_eq!(provider.count() - before, 200, "one request each");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_provider_asks_for_is_waited() {
        let provider = Counting::new(Says::Later(20));
        let sidecar = sidecar(&provider);
        pass(Duration::from_millis(19_900)).await;
        assert_eq!(provider.count(), 1);
        assert!(sidecar.metadata().unwrap_err().retry_after <= Duration::from_millis(1_200));
        provider.says(Says::Document);
        pass(Duration::from_millis(1_200)).await;
        assert!(sidecar.metadata().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_good_copy_serves_for_a_day_whatever_is_said_after_it() {
        let provider = Counting::new(Says::Document);
        let sidecar = sidecar(&provider);
        pass(Duration::from_secs(1)).await;
        provider.says(Says::Garbage);
        pass(Duration::from_hours(5)).await;
        assert!(sidecar.metadata().is_ok());
        assert!(provider.count() > 10, "it is tried again");
        assert!(provider.count() < 200, "in no hurry: {}", provider.count());
        for _ in 0..19 {
            advance(Duration::from_hours(1)).await;
        }
        assert!(sidecar.metadata().unwrap_err().reason.contains("JSON document"));
        provider.says(Says::Document);
        pass(Duration::from_mins(6)).await;
        assert!(sidecar.metadata().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_task_ends_with_its_owner() {
        let provider = Counting::new(Says::Nothing);
        drop(sidecar(&provider));
        pass(Duration::from_mins(1)).await;
        assert!(provider.count() <= 1);
    }
}
