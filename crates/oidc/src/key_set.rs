//! A JSON Web Key set ([RFC 7517 §5]): what it says, and which of its keys signed a token.
//!
//! [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5

use serde::Deserialize;

use crate::jws::Jws;
use crate::key::PublicKey;

/// More keys than this are not looked at: no provider has them, and each costs time with a token without `kid`.
const MAX_KEYS: usize = 64;

/// The usable public keys of a provider.
#[derive(Clone, Default)]
pub(crate) struct KeySet(Vec<PublicKey>);

/// Bytes that are no JSON Web Key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Web Key set")]
pub(crate) struct NotAKeySet;

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a set. Keys that cannot be used are left out one by one, each with a debug event.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, NotAKeySet> {
        let Jwks { keys } = serde_json::from_slice(json).map_err(|_| NotAKeySet)?;
        let mut usable = Vec::new();
        for (index, jwk) in keys.iter().enumerate().take(MAX_KEYS) {
            match PublicKey::from_jwk(jwk) {
                Ok(key) => usable.push(key),
                Err(error) => tracing::debug!(index, %error, "a key of the provider's set is left out"),
            }
        }
        Ok(Self(usable))
    }

    /// How many keys can be used.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether one of the keys that fit the token's `kid`, type and algorithm signed it.
    pub(crate) fn signed(&self, token: &Jws<'_>) -> bool {
        self.0.iter().filter(|key| key.fits(token.kid.as_deref(), token.algorithm)).any(|key| verifies(key, token))
    }

    /// Whether one of the keys signed it, whatever its `kid` (keys from files have none).
    pub(crate) fn signed_by_any(&self, token: &Jws<'_>) -> bool {
        self.0.iter().filter(|key| key.verifies(token.algorithm)).any(|key| verifies(key, token))
    }
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

fn verifies(key: &PublicKey, token: &Jws<'_>) -> bool {
    key.is_signature(token.algorithm, token.signing_input, &token.signature)
}
