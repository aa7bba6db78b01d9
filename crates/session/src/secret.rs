//! The cookie secret and the keys that come from it.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::hkdf;
use aws_lc_rs::hmac;
use base64::Engine as _;
use zeroize::Zeroizing;

use crate::b64;
use crate::cfb::Cfb;

/// Purpose label of the key that seals per-login cookies.
const LOGIN_LABEL: &[u8] = b"oauth2-sidecar login cookie v1";

/// The cookie secret, ready for use: it signs and seals what the browser keeps.
///
/// Every key is made once, so cloning and using it is cheap. Nothing of it can be printed.
#[derive(Clone)]
pub struct CookieSecret(Arc<Keys>);

struct Keys {
    hmac: hmac::Key,
    cfb: Cfb,
    login: RandomizedNonceKey,
}

/// Why a cookie secret cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The AES key that it stands for has a length AES does not know.
    #[error(
        "the cookie secret must be 16, 24 or 32 bytes, as they are or in URL-safe base64, but makes a key of {0} bytes"
    )]
    KeyLength(usize),
    /// The cryptographic library refused to derive a key.
    #[error("no key could be derived from the cookie secret")]
    Derivation,
}

impl CookieSecret {
    /// Takes the secret exactly as it is configured, byte for byte.
    ///
    /// The HMAC key is the text itself; the AES key is what `aes_key` makes of it.
    ///
    /// # Errors
    /// [`SecretError::KeyLength`] unless the AES key has 16, 24 or 32 bytes.
    pub fn new(secret: &[u8]) -> Result<Self, SecretError> {
        let key = aes_key(secret);
        let cfb = Cfb::new(&key).ok_or(SecretError::KeyLength(key.len()))?;
        let mut login_key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(secret)
            .expand(&[LOGIN_LABEL], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(login_key.as_mut()))
            .map_err(|_| SecretError::Derivation)?;
        let login = RandomizedNonceKey::new(&AES_256_GCM, login_key.as_ref()).map_err(|_| SecretError::Derivation)?;
        Ok(Self(Arc::new(Keys { hmac: hmac::Key::new(hmac::HMAC_SHA256, secret), cfb, login })))
    }

    pub(crate) fn hmac(&self) -> &hmac::Key {
        &self.0.hmac
    }

    pub(crate) fn cfb(&self) -> &Cfb {
        &self.0.cfb
    }

    /// Seals per-login cookies; unrelated to the keys of v7's formats.
    pub(crate) fn login(&self) -> &RandomizedNonceKey {
        &self.0.login
    }
}

impl std::fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieSecret(..)")
    }
}

/// The bytes that v7 uses as AES key.
///
/// The text without its trailing `=` is read as unpadded URL-safe base64; if that gives 16, 24 or 32 bytes, they are
/// the key, otherwise the text itself is. So 32 characters of hexadecimal mean 24 bytes, AES-192.
fn aes_key(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut unpadded = secret;
    while let [rest @ .., b'='] = unpadded {
        unpadded = rest;
    }
    // compat: Go's decoder skips line ends wherever they are.
    let text: Zeroizing<Vec<u8>> =
        Zeroizing::new(unpadded.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect());
    match b64::RAW.decode(text.as_slice()) {
        Ok(key) if matches!(key.len(), 16 | 24 | 32) => Zeroizing::new(key),
        Ok(_) | Err(_) => Zeroizing::new(secret.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTING: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn the_aes_key_is_the_decoded_text_when_it_has_the_right_length() {
        let decoded: Vec<u8> = (0..32).collect();
        for (secret, key) in [
            (format!("{COUNTING}="), decoded.clone()),
            (COUNTING.to_owned(), decoded.clone()),
            (format!("{COUNTING}==="), decoded.clone()),
            (format!("{COUNTING}\n"), decoded.clone()),
            (format!("AAEC\r\n{}", &COUNTING[4..]), decoded),
            (format!("{COUNTING}=\n"), format!("{COUNTING}=\n").into_bytes()),
            ("0123456789abcdef".to_owned(), b"0123456789abcdef".to_vec()),
            ("asdflkjhqwer)(*&".to_owned(), b"asdflkjhqwer)(*&".to_vec()),
            (
                "0123456789abcdef0123456789abcdef".to_owned(),
                vec![
                    0xd3, 0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xd6, 0x9b, 0x71, 0xd7, 0x9f, 0xd3, 0x5d, 0xb7, 0xe3,
                    0x9e, 0xbb, 0xf3, 0xd6, 0x9b, 0x71, 0xd7, 0x9f,
                ],
            ),
            ("+/++".repeat(11), "+/++".repeat(11).into_bytes()),
        ] {
            assert_eq!(*aes_key(secret.as_bytes()), key, "{secret:?}");
        }
    }

    #[test]
    fn trailing_bits_of_the_last_character_do_not_change_the_key() {
        assert_eq!(*aes_key(b"abcdefghijklmnopqrstkg"), *aes_key(b"abcdefghijklmnopqrstkh"));
        assert_eq!(aes_key(b"abcdefghijklmnopqrstkg").len(), 16);
    }

    #[test]
    fn a_secret_of_another_length_is_refused_with_the_length_of_its_key() {
        for (secret, length) in
            [("", 0), ("short", 5), ("exactly-15-byte", 15), ("not base64 of 33 bytes!!!!!!!!!!!", 33)]
        {
            assert_eq!(CookieSecret::new(secret.as_bytes()).unwrap_err(), SecretError::KeyLength(length), "{secret:?}");
        }
        let standard_alphabet = format!("{}+A=", &COUNTING[..41]);
        assert_eq!(CookieSecret::new(standard_alphabet.as_bytes()).unwrap_err(), SecretError::KeyLength(44));
        let padded_with_newline = format!("{COUNTING}=\n");
        assert_eq!(CookieSecret::new(padded_with_newline.as_bytes()).unwrap_err(), SecretError::KeyLength(45));
    }

    #[test]
    fn debug_output_shows_nothing_of_the_secret() {
        assert_eq!(format!("{:?}", CookieSecret::new(COUNTING.as_bytes()).unwrap()), "CookieSecret(..)");
    }
}
