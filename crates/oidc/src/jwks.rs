//! The provider's signing keys ([RFC 7517 §5]): fetched when first needed, kept, and fetched again within bounds of time,
//! never of traffic.
//!
//! ```text
//!            age  0 ─────────── 1 h ─────────────────── 24 h ──────────
//! kept keys      used as they are │ renewed first; used │ not used:
//!                                 │ still if that fails │ fetch or fail
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
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::client::{Call, CallError, Client, Fault};
use crate::endpoint_url::EndpointUrl;
use crate::jws::Jws;
use crate::key_set::KeySet;

/// Between two fetches that tokens nobody signed, or failures, cause.
const COOL_DOWN: Duration = Duration::from_secs(10);
/// Older keys are renewed before they are used.
const RENEW_AFTER: Duration = Duration::from_hours(1);
/// Older keys are not used even when they cannot be renewed.
const MAX_AGE: Duration = Duration::from_hours(24);

/// Where the public keys of a provider come from.
pub struct Keys(Source);

enum Source {
    /// PEM files of the configuration: no `kid`, so each is tried.
    Fixed(KeySet),
    Remote(Box<Remote>),
}

/// Why there are no keys to check a signature with.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The key set could not be fetched.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The last fetch failed, and it is too early for another.
    #[error("the last fetch of the key set failed less than 10 seconds ago")]
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
}

#[derive(Default)]
struct Kept {
    /// Keys belong to the place they came from: when that changes, they are of no use.
    jwks_uri: Option<EndpointUrl>,
    keys: Option<(Arc<KeySet>, Instant)>,
    no_fetch_before: Option<Instant>,
}

enum Age {
    Fresh,
    Stale,
}

impl Keys {
    /// The keys of PEM files.
    pub(crate) fn fixed(keys: KeySet) -> Self {
        Self(Source::Fixed(keys))
    }

    /// The keys behind a `jwks_uri`, which [`Keys::move_to`] names.
    pub(crate) fn remote(client: Client) -> Self {
        let remote = Remote { client, kept: Mutex::default(), fetching: AsyncMutex::default() };
        Self(Source::Remote(Box::new(remote)))
    }

    /// Says where the keys are. Another place than before forgets what is kept.
    pub(crate) fn move_to(&self, jwks_uri: &EndpointUrl) {
        if let Source::Remote(remote) = &self.0 {
            let mut kept = remote.lock();
            if kept.jwks_uri.as_ref() != Some(jwks_uri) {
                *kept = Kept { jwks_uri: Some(jwks_uri.clone()), ..Kept::default() };
            }
        }
    }

    /// Whether one of the provider's keys signed `token`.
    pub(crate) async fn signed(&self, token: &Jws<'_>) -> Result<bool, KeysError> {
        match &self.0 {
            Source::Fixed(keys) => Ok(keys.signed_by_any(token)),
            Source::Remote(remote) => remote.signed(token).await,
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

    /// The kept keys while they are fresh; else renewed ones; else, up to their maximum age, the kept ones after all.
    async fn current(&self) -> Result<Arc<KeySet>, KeysError> {
        match self.kept() {
            Some((keys, Age::Fresh)) => Ok(keys),
            Some((keys, Age::Stale)) => {
                // One caller renews; the others need not wait for what may take its whole deadline.
                let Ok(_flight) = self.fetching.try_lock() else { return Ok(keys) };
                match self.kept() {
                    Some((renewed, Age::Fresh)) => Ok(renewed),
                    Some((_, Age::Stale)) | None => Ok(self.fetch().await.unwrap_or(keys)),
                }
            }
            None => {
                let _flight = self.fetching.lock().await;
                match self.kept() {
                    Some((keys, _)) => Ok(keys),
                    None => self.fetch().await,
                }
            }
        }
    }

    /// What a fetch brings for a token that `tried` did not sign; `None` when it is too early for one.
    async fn newer_than(&self, tried: &Arc<KeySet>) -> Result<Option<Arc<KeySet>>, KeysError> {
        let _flight = self.fetching.lock().await;
        match self.kept() {
            Some((keys, _)) if !Arc::ptr_eq(&keys, tried) => return Ok(Some(keys)),
            Some(_) | None => {}
        }
        if self.is_cooling_down() {
            return Ok(None);
        }
        let newer = self.fetch().await?;
        self.cool_down();
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
            Ok(keys) => {
                if kept.jwks_uri.as_ref() == Some(&jwks_uri) {
                    kept.keys = Some((Arc::clone(&keys), now));
                }
                Ok(keys)
            }
            Err(error) => {
                kept.no_fetch_before = Some(now + COOL_DOWN);
                drop(kept);
                tracing::warn!(error = %error, cause = %error.fault, "the provider's keys could not be fetched");
                Err(error.into())
            }
        }
    }

    fn kept(&self) -> Option<(Arc<KeySet>, Age)> {
        let kept = self.lock();
        let (keys, fetched_at) = kept.keys.as_ref()?;
        let age = fetched_at.elapsed();
        let age = if age < RENEW_AFTER { Age::Fresh } else { Age::Stale };
        (fetched_at.elapsed() < MAX_AGE).then(|| (Arc::clone(keys), age))
    }

    fn is_cooling_down(&self) -> bool {
        self.lock().no_fetch_before.is_some_and(|until| Instant::now() < until)
    }

    fn cool_down(&self) {
        self.lock().no_fetch_before = Some(Instant::now() + COOL_DOWN);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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
