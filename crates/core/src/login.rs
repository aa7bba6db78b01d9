//! What one login needs to remember between its start and its callback.

use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::Secret;
use crate::form;

/// Base64url without padding; reading takes padding and stray trailing bits, as Go's decoder does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random generator failed")]
pub struct RandomError;

/// A random value of which the outside sees only the hash (`state`, `nonce`).
#[derive(Clone, Debug)]
pub struct Nonce(Secret<Vec<u8>>);

impl Nonce {
    /// 32 random bytes.
    ///
    /// # Errors
    /// [`RandomError`]
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = vec![0; 32];
        rand::fill(&mut bytes).map_err(|_| RandomError)?;
        Ok(Self::from_bytes(bytes))
    }

    /// A value that was kept in a cookie.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Secret::new(bytes))
    }

    /// The raw bytes, which stay between us and the visitor's sealed cookie.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// The text that is sent: base64url of the SHA-256, 43 characters. An absent nonce has an empty hash.
    #[must_use]
    pub fn hash(&self) -> String {
        nonce_hash(self.expose())
    }
}

/// The text that stands for the raw bytes of a nonce outside: base64url of their SHA-256; empty for no bytes.
#[must_use]
pub fn nonce_hash(raw: &[u8]) -> String {
    if raw.is_empty() {
        return String::new();
    }
    BASE64.encode(digest::digest(&digest::SHA256, raw))
}

/// The secrets of one login attempt; they travel sealed in the visitor's browser, never in our memory.
#[derive(Clone, Debug)]
pub struct LoginAttempt {
    /// Binds the callback to this browser (RFC 6749 §10.12).
    pub state: Nonce,
    /// Binds the ID token to this login (OIDC Core §3.1.2.1).
    pub nonce: Nonce,
    /// The PKCE verifier (RFC 7636 §4.1), if PKCE is used.
    pub code_verifier: Option<Secret<String>>,
}

impl LoginAttempt {
    /// A fresh attempt: two random nonces, and 96 random bytes as verifier when `pkce` is used.
    ///
    /// # Errors
    /// [`RandomError`]
    pub fn random(pkce: Pkce) -> Result<Self, RandomError> {
        let code_verifier = match pkce {
            Pkce::Off => None,
            Pkce::On => {
                let mut bytes = [0; 96];
                rand::fill(&mut bytes).map_err(|_| RandomError)?;
                Some(Secret::new(BASE64.encode(bytes)))
            }
        };
        Ok(Self { state: Nonce::random()?, nonce: Nonce::random()?, code_verifier })
    }
}

/// Whether a login uses Proof Key for Code Exchange (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// With a `code_verifier`.
    On,
    /// Without.
    Off,
}

/// How the `state` parameter is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateEncoding {
    /// `HASH:` and the form-encoded target.
    #[default]
    Plain,
    /// Base64url of `HASH:` and the target (`encode-state`).
    Base64,
}

/// The `state` parameter taken apart: `HASH[~N]:TARGET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateParameter {
    /// [`Nonce::hash`] of the attempt's `state`.
    pub hash: String,
    /// How often this login has restarted by itself (D14).
    pub restarts: u8,
    /// Where the visitor wants to go; not yet validated.
    pub return_to: String,
}

/// Why a `state` parameter cannot be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// No colon, so no target.
    #[error("the state parameter has an invalid length")]
    Length,
    /// The form-encoded target has a bad escape or is not UTF-8.
    #[error("the target in the state parameter is not form-encoded")]
    Target,
}

impl StateParameter {
    /// Writes the parameter's value; URL encoding comes on top.
    #[must_use]
    pub fn encode(&self, encoding: StateEncoding) -> String {
        let mut text = self.hash.clone();
        if self.restarts > 0 {
            text.push('~');
            text.push_str(&self.restarts.to_string());
        }
        text.push(':');
        match encoding {
            StateEncoding::Plain => {
                form::encode_into(&self.return_to, &mut text);
                text
            }
            StateEncoding::Base64 => {
                text.push_str(&self.return_to);
                BASE64.encode(text)
            }
        }
    }

    /// Takes the parameter's decoded value apart.
    ///
    /// A plain target with a raw `/` was written by a version before 7.15.6 and is taken as it is (D39).
    ///
    /// # Errors
    /// [`StateError`]
    pub fn parse(text: &str, encoding: StateEncoding) -> Result<Self, StateError> {
        let decoded;
        let text = match encoding {
            StateEncoding::Plain => text,
            StateEncoding::Base64 => {
                let bytes = BASE64.decode(text.trim_end_matches('=')).map_err(|_| StateError::Length)?;
                decoded = String::from_utf8(bytes).map_err(|_| StateError::Target)?;
                &decoded
            }
        };
        let (head, target) = text.split_once(':').ok_or(StateError::Length)?;
        let return_to = match encoding {
            StateEncoding::Plain if !target.contains('/') => {
                form::decode_text(target).map_err(|_| StateError::Target)?.into_owned()
            }
            StateEncoding::Plain | StateEncoding::Base64 => target.to_owned(),
        };
        let (hash, restarts) = match head.split_once('~') {
            Some((hash, count)) => (hash, count.parse().unwrap_or(u8::MAX)),
            None => (head, 0),
        };
        Ok(Self { hash: hash.to_owned(), restarts, return_to })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0";

    fn state(restarts: u8, return_to: &str) -> StateParameter {
        StateParameter { hash: HASH.to_owned(), restarts, return_to: return_to.to_owned() }
    }

    #[test]
    fn the_hash_of_a_nonce_is_the_vector_of_v7() {
        let bytes: Vec<u8> = (0..32).collect();
        assert_eq!(Nonce::from_bytes(bytes).hash(), HASH);
        assert_eq!(nonce_hash(&[]), "");
    }

    #[test]
    fn state_is_written_as_v7_writes_it() {
        let plain = format!("{HASH}:%2Ffoo%3Fa%3Db");
        let encoded = "WXczTktXYkVNMmFSRWxSSXU3SmJUX1FTcEp4ekxiTElxOEc0V0J2WEVOMDovZm9vP2E9Yg";
        assert_eq!(state(0, "/foo?a=b").encode(StateEncoding::Plain), plain);
        assert_eq!(state(0, "/foo?a=b").encode(StateEncoding::Base64), encoded);
        assert_eq!(StateParameter::parse(&plain, StateEncoding::Plain), Ok(state(0, "/foo?a=b")));
        assert_eq!(StateParameter::parse(encoded, StateEncoding::Base64), Ok(state(0, "/foo?a=b")));
    }

    #[test]
    fn an_older_unencoded_target_is_taken_as_written() {
        let older = format!("{HASH}:/foo?a=b+c&d=%41");
        assert_eq!(StateParameter::parse(&older, StateEncoding::Plain), Ok(state(0, "/foo?a=b+c&d=%41")));
    }

    #[test]
    fn a_restarted_login_carries_its_count() {
        let text = state(2, "/x").encode(StateEncoding::Plain);
        assert_eq!(text, format!("{HASH}~2:%2Fx"));
        assert_eq!(StateParameter::parse(&text, StateEncoding::Plain), Ok(state(2, "/x")));
        assert_eq!(StateParameter::parse("h~x:%2F", StateEncoding::Plain).map(|s| s.restarts), Ok(u8::MAX));
    }

    #[test]
    fn a_state_without_a_target_or_with_a_bad_escape_is_an_error() {
        assert_eq!(StateParameter::parse("abc", StateEncoding::Plain), Err(StateError::Length));
        assert_eq!(StateParameter::parse("abc:%2", StateEncoding::Plain), Err(StateError::Target));
        assert_eq!(StateParameter::parse("!", StateEncoding::Base64), Err(StateError::Length));
    }

    #[test]
    fn padding_that_a_provider_appends_to_an_encoded_state_costs_nothing() {
        let padded = state(0, "/foo").encode(StateEncoding::Base64) + "==";
        assert_eq!(StateParameter::parse(&padded, StateEncoding::Base64), Ok(state(0, "/foo")));
    }

    #[test]
    fn attempts_are_unguessable_and_differ() {
        let attempt = LoginAttempt::random(Pkce::On).unwrap();
        assert_eq!(attempt.code_verifier.as_ref().map(|verifier| verifier.expose().len()), Some(128));
        assert_ne!(attempt.state.hash(), attempt.nonce.hash());
        let other = LoginAttempt::random(Pkce::On).unwrap();
        assert_ne!(other.state.hash(), attempt.state.hash());
        assert_ne!(other.code_verifier.unwrap().expose(), attempt.code_verifier.unwrap().expose());
        assert!(LoginAttempt::random(Pkce::Off).unwrap().code_verifier.is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(target in "/[a-z:?%+é&=]{0,20}", restarts in 0u8..3) {
            for encoding in [StateEncoding::Plain, StateEncoding::Base64] {
                let written = state(restarts, &target);
                prop_assert_eq!(StateParameter::parse(&written.encode(encoding), encoding), Ok(written));
            }
        }
    }
}
