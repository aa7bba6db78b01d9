//! The provider's signing keys ([RFC 7517 §5]): fetched when first needed, renewed in the background from then on, and
//! fetched for a token only within bounds of time, never of traffic.
//!
//! ```text
//! first token ─► fetch ─► kept ── about 1 h later ─► renewed ── about 1 h later ─► …
//!                                                      └─ fault ─► kept keys serve until they are 24 h old;
//!                                                                  tried again after a random wait of up to 5 min
//! ```
//!
//! A token that none of the kept keys signed may cause one fetch more (a key was rotated in), at most one per cool-down
//! whatever it brings; so does a fetch that fails. A key that the provider withdrew is gone within the hour.
//!
//! [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};
use sidecar_core::code::Code;
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::backoff::{Backoff, spread};
use crate::client::{Call, CallError, Client, Fault};
use crate::endpoint_url::EndpointUrl;
use crate::jws::Jws;
use crate::key_set::KeySet;
use crate::limits::{KEYS_COOL_DOWN, LONGEST_ASKED, MAX_AGE};

/// Older keys are renewed in the background.
const RENEW_AFTER: Duration = Duration::from_hours(1);
/// The longest wait between two tries to renew keys that still serve.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Where the public keys of a provider come from.
pub struct Keys(Source);

enum Source {
    /// PEM files of the configuration: no `kid`, so each is tried.
    Fixed(KeySet),
    Remote(Renewed),
}

/// Fetched keys, and the task that renews them, which ends with this value.
struct Renewed {
    remote: Arc<Remote>,
    task: AbortHandle,
}

impl Drop for Renewed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why there are no keys to check a signature with.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The key set could not be fetched.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The last fetch failed, and it is too early for another.
    #[error("the last fetch of the key set failed, and it is too early for another")]
    CoolingDown,
    /// Nobody has said yet where the keys are.
    #[error("where the key set is, is not known yet")]
    NotDiscovered,
}

struct Remote {
    client: Client,
    /// Held while the lock is short; never across an await.
    kept: Mutex<Kept>,
    /// Held across a fetch: whoever waits for it finds what the fetch brought.
    fetching: AsyncMutex<()>,
    /// Tells the task that renews that there is something to renew.
    fetched: Notify,
}

#[derive(Default)]
struct Kept {
    /// Keys belong to the place they came from: when that changes, they are of no use.
    jwks_uri: Option<EndpointUrl>,
    keys: Option<LastGood>,
    no_fetch_before: Option<Instant>,
    backoff: Backoff,
}

/// The last good key set.
struct LastGood {
    set: Arc<KeySet>,
    fetched_at: Instant,
    renew_at: Instant,
}

impl Keys {
    /// The keys of PEM files.
    pub(crate) fn fixed(keys: KeySet) -> Self {
        Self(Source::Fixed(keys))
    }

    /// The keys behind a `jwks_uri`, which [`Keys::move_to`] names. They are renewed by a task on `runtime`.
    pub(crate) fn remote(client: Client, runtime: &Handle) -> Self {
        let remote =
            Remote { client, kept: Mutex::default(), fetching: AsyncMutex::default(), fetched: Notify::default() };
        let remote = Arc::new(remote);
        let task = runtime.spawn(renew(Arc::clone(&remote))).abort_handle();
        Self(Source::Remote(Renewed { remote, task }))
    }

    /// Says where the keys are. Another place than before forgets what is kept.
    pub(crate) fn move_to(&self, jwks_uri: &EndpointUrl) {
        if let Source::Remote(Renewed { remote, .. }) = &self.0 {
            let mut kept = remote.lock();
            if kept.jwks_uri.as_ref() != Some(jwks_uri) {
                // Keys of before are renewed at once, and serve until then.
                let keys = remote.client.memory().keys(jwks_uri);
                let keys = keys.map(|(set, fetched_at)| LastGood { set, fetched_at, renew_at: Instant::now() });
                *kept = Kept { jwks_uri: Some(jwks_uri.clone()), keys, ..Kept::default() };
                remote.fetched.notify_one();
            }
        }
    }

    /// Fetches the keys, unless they are kept.
    pub(crate) async fn reach(&self) -> Result<(), KeysError> {
        match &self.0 {
            Source::Fixed(_) => Ok(()),
            Source::Remote(Renewed { remote, .. }) => remote.current().await.map(drop),
        }
    }

    /// Whether one of the provider's keys signed `token`, as far as is known without a fetch: `None` when one could tell
    /// more.
    pub(crate) fn signed_at_once(&self, token: &Jws<'_>) -> Option<bool> {
        match &self.0 {
            Source::Fixed(keys) => Some(keys.signed_by_any(token)),
            Source::Remote(Renewed { remote, .. }) => {
                let signed = remote.kept()?.signed(token);
                (signed || remote.is_cooling_down()).then_some(signed)
            }
        }
    }

    /// Whether one of the provider's keys signed `token`.
    pub(crate) async fn signed(&self, token: &Jws<'_>) -> Result<bool, KeysError> {
        match &self.0 {
            Source::Fixed(keys) => Ok(keys.signed_by_any(token)),
            Source::Remote(Renewed { remote, .. }) => remote.signed(token).await,
        }
    }
}

impl Remote {
    async fn signed(&self, token: &Jws<'_>) -> Result<bool, KeysError> {
        let keys = self.current().await?;
        if keys.signed(token) {
            return Ok(true);
        }
        Ok(self.newer_than(&keys).await?.is_some_and(|newer| newer.signed(token)))
    }

    /// The kept keys; without any, what a fetch brings.
    async fn current(&self) -> Result<Arc<KeySet>, KeysError> {
        if let Some(keys) = self.kept() {
            return Ok(keys);
        }
        let _flight = self.fetching.lock().await;
        match self.kept() {
            Some(keys) => Ok(keys),
            None => self.fetch().await,
        }
    }

    /// What a fetch brings for a token that `tried` did not sign; `None` when it is too early for one.
    async fn newer_than(&self, tried: &Arc<KeySet>) -> Result<Option<Arc<KeySet>>, KeysError> {
        let _flight = self.fetching.lock().await;
        match self.kept() {
            Some(keys) if !Arc::ptr_eq(&keys, tried) => return Ok(Some(keys)),
            Some(_) | None => {}
        }
        if self.is_cooling_down() {
            return Ok(None);
        }
        let newer = self.fetch().await?;
        self.lock().no_fetch_before = Some(Instant::now() + KEYS_COOL_DOWN);
        Ok(Some(newer))
    }

    /// Fetches the set and keeps it. The caller holds `fetching`. A failure starts the cool-down and leaves the kept keys.
    async fn fetch(&self) -> Result<Arc<KeySet>, KeysError> {
        let jwks_uri = self.lock().jwks_uri.clone().ok_or(KeysError::NotDiscovered)?;
        if self.is_cooling_down() {
            return Err(KeysError::CoolingDown);
        }
        let fetched = fetch(&self.client, &jwks_uri).await.map(Arc::new);
        let now = Instant::now();
        let mut kept = self.lock();
        match fetched {
            Ok(set) => {
                if kept.jwks_uri.as_ref() == Some(&jwks_uri) {
                    kept.keys =
                        Some(LastGood { set: Arc::clone(&set), fetched_at: now, renew_at: now + spread(RENEW_AFTER) });
                    kept.backoff.reset();
                    self.client.memory().keep_keys(&jwks_uri, &set);
                    self.fetched.notify_one();
                }
                Ok(set)
            }
            Err(error) => {
                let pause = kept.backoff.after_fault(KEYS_COOL_DOWN, LONGEST_PAUSE, error.retry_after);
                let asked = error.retry_after.unwrap_or_default().min(LONGEST_ASKED);
                kept.no_fetch_before = Some(now + KEYS_COOL_DOWN.max(asked));
                if let Some(last_good) = &mut kept.keys {
                    last_good.renew_at = now + KEYS_COOL_DOWN + pause;
                }
                drop(kept);
                tracing::warn!(code = %Code::ProviderKeys, error = %error, cause = %error.fault, "the provider's keys could not be fetched");
                Err(error.into())
            }
        }
    }

    /// The last good keys, unless they are too old.
    fn kept(&self) -> Option<Arc<KeySet>> {
        let kept = self.lock();
        let last_good = kept.keys.as_ref()?;
        (last_good.fetched_at.elapsed() < MAX_AGE).then(|| Arc::clone(&last_good.set))
    }

    /// When the kept keys, if any, are to be renewed; never within the cool-down.
    fn renew_at(&self) -> Option<Instant> {
        let kept = self.lock();
        let renew_at = kept.keys.as_ref()?.renew_at;
        Some(kept.no_fetch_before.map_or(renew_at, |before| before.max(renew_at)))
    }

    fn is_cooling_down(&self) -> bool {
        self.lock().no_fetch_before.is_some_and(|until| Instant::now() < until)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews the keys for ever, once somebody needed them; the owner aborts it.
async fn renew(remote: Arc<Remote>) {
    let is_due = |at: Instant| at <= Instant::now();
    loop {
        match remote.renew_at() {
            None => remote.fetched.notified().await,
            // A token's fetch may put it off meanwhile.
            Some(at) if !is_due(at) => sleep_until(at).await,
            Some(_) => {
                let _flight = remote.fetching.lock().await;
                if remote.renew_at().is_some_and(is_due) {
                    // A failure is told and remembered where it happens.
                    let _ = remote.fetch().await;
                }
            }
        }
    }
}

/// A set without a single usable key is a fault: it would end every login until the provider is well again.
async fn fetch(client: &Client, jwks_uri: &EndpointUrl) -> Result<KeySet, CallError> {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let answer = client.get(Call::Keys, jwks_uri, headers).await?;
    let body = answer.into_ok_body(Call::Keys, jwks_uri)?;
    let fault = |reason| CallError::new(Call::Keys, jwks_uri, Fault::Document(reason));
    let keys = KeySet::parse(&body).map_err(|_| fault("not a JSON Web Key set"))?;
    if keys.len() == 0 {
        return Err(fault("no usable key in the key set"));
    }
    Ok(keys)
}
