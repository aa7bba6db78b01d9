//! A JSON Web Key set ([RFC 7517 §5]): what it says, and which of its keys signed a token.
//!
//! [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5

use serde::Deserialize;

use crate::api::Object;
use crate::jws::Jws;
use crate::key::PublicKey;
use crate::limits::MAX_KEYS;

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
        let Object(Jwks { keys }) = serde_json::from_slice(json).map_err(|_| NotAKeySet)?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::algorithm::Algorithm;

    fn vectors() -> Vec<Value> {
        let file: Value = serde_json::from_str(include_str!("../testdata/vectors.json")).unwrap();
        file["vectors"].as_array().unwrap().clone()
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn one_bad_key_does_not_spoil_the_set() {
        let good = vectors()[0]["jwk"].clone();
        let set = set(&[json!({"kty": "RSA"}), json!(7), json!({"kty": "oct", "k": "AA"}), good]);
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn a_token_is_signed_by_the_key_that_its_kid_names_and_no_other() {
        let vectors = vectors();
        let token = vectors[6]["token"].as_str().unwrap();
        let jws = Jws::parse(token, &Algorithm::ALL).unwrap();
        let all: Vec<_> = vectors.iter().map(|vector| vector["jwk"].clone()).collect();
        assert!(set(&all).signed(&jws));
        let mut renamed = vectors[6]["jwk"].clone();
        renamed["kid"] = json!("other");
        assert!(!set(&[renamed.clone()]).signed(&jws));
        assert!(set(&[renamed]).signed_by_any(&jws));
        let mut unnamed = vectors[6]["jwk"].clone();
        unnamed.as_object_mut().unwrap().remove("kid");
        assert!(!set(&[unnamed]).signed(&jws));
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for json in ["[[]]", "", "{}", "{\"keys\":{}}", "<html>", "null"] {
            assert!(KeySet::parse(json.as_bytes()).is_err(), "{json}");
        }
        let many = vec![json!({}); 50_000];
        assert_eq!(set(&many).len(), 0);
    }

    #[test]
    fn keys_beyond_the_sixty_fourth_are_not_looked_at() {
        let mut keys = vec![vectors()[6]["jwk"].clone(); MAX_KEYS + 8];
        assert_eq!(set(&keys).len(), MAX_KEYS);
        keys[..MAX_KEYS].fill(json!({}));
        assert_eq!(set(&keys).len(), 0, "neither is a good one behind so many bad ones");
    }

    proptest! {
        #[test]
        fn any_members_make_a_key_or_none(kty in "(RSA|EC|OKP|oct|x)", crv in "(P-256|P-521|Ed25519|x)",
            n in "[A-Za-z0-9_=-]{0,90}", e in "[A-Za-z0-9_-]{0,8}", x in "[A-Za-z0-9_-]{0,90}", y in "[A-Za-z0-9_-]{0,90}") {
            let _ = set(&[json!({"kty": kty, "crv": crv, "n": n, "e": e, "x": x, "y": y})]);
        }
    }
}
