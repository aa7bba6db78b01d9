//! What a provider has said of itself, for whoever takes the place of a relying party: when the configuration is read again
//! while the provider is away, logins and sessions go on with what was known before.
//!
//! Metadata and keys are public, and as old as they are: a copy serves no longer for having been handed on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::endpoint_url::EndpointUrl;
use crate::key_set::KeySet;
use crate::metadata::Metadata;
use crate::settings::IssuerCheck;

/// Copies of metadata and key sets. Clones share them. For relying parties whose TLS trusts the same authorities: what
/// one was told by somebody whom the other does not trust must not be handed on.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Copies>>);

#[derive(Default)]
struct Copies {
    metadata: HashMap<(String, IssuerCheck), (Arc<Metadata>, Instant)>,
    keys: HashMap<String, (Arc<KeySet>, Instant)>,
}

impl Memory {
    /// The metadata of this issuer, and when it was read.
    pub(crate) fn metadata(&self, issuer: &str, check: IssuerCheck) -> Option<(Arc<Metadata>, Instant)> {
        self.copies(|copies| copies.metadata.get(&(issuer.to_owned(), check)).cloned())
    }

    /// Takes down what was read now.
    pub(crate) fn keep_metadata(&self, issuer: &str, check: IssuerCheck, metadata: &Arc<Metadata>) {
        let copy = (Arc::clone(metadata), Instant::now());
        self.copies(|copies| copies.metadata.insert((issuer.to_owned(), check), copy));
    }

    /// The keys from this place, and when they were read.
    pub(crate) fn keys(&self, jwks_uri: &EndpointUrl) -> Option<(Arc<KeySet>, Instant)> {
        self.copies(|copies| copies.keys.get(&jwks_uri.to_string()).cloned())
    }

    /// Takes down what was read now.
    pub(crate) fn keep_keys(&self, jwks_uri: &EndpointUrl, keys: &Arc<KeySet>) {
        let copy = (Arc::clone(keys), Instant::now());
        self.copies(|copies| copies.keys.insert(jwks_uri.to_string(), copy));
    }

    fn copies<T>(&self, with: impl FnOnce(&mut Copies) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory(..)")
    }
}
