//! AES in cipher feedback mode with full-block feedback, as v7 encrypts what the browser keeps.
//!
//! CFB alone proves nothing about who wrote a text: callers check the signature of the envelope first.

use aes::cipher::{InnerIvInit as _, KeyInit as _};
use aes::{Aes128Enc, Aes192Enc, Aes256Enc};
use cfb_mode::{Decryptor, Encryptor};
use sidecar_core::login::RandomError;

/// Bytes of the initialisation vector in front of the ciphertext.
pub(crate) const IV_LEN: usize = 16;

/// An AES key schedule for CFB, which needs the forward direction only.
pub(crate) enum Cfb {
    Aes128(Aes128Enc),
    Aes192(Aes192Enc),
    Aes256(Aes256Enc),
}

impl Cfb {
    /// Expands `key`; `None` unless it has 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128Enc::new_from_slice(key).ok().map(Self::Aes128),
            24 => Aes192Enc::new_from_slice(key).ok().map(Self::Aes192),
            32 => Aes256Enc::new_from_slice(key).ok().map(Self::Aes256),
            _ => None,
        }
    }

    /// Encrypts under a fresh random IV, which comes first in the result.
    pub(crate) fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, RandomError> {
        let mut iv = [0; IV_LEN];
        aws_lc_rs::rand::fill(&mut iv).map_err(|_| RandomError)?;
        Ok(self.seal_under(iv, plaintext))
    }

    /// Encrypts under a given IV; apart from tests it must be random.
    pub(crate) fn seal_under(&self, iv: [u8; IV_LEN], plaintext: &[u8]) -> Vec<u8> {
        let mut text = plaintext.to_vec();
        match self {
            Self::Aes128(aes) => Encryptor::inner_iv_init(aes, &iv.into()).encrypt(&mut text),
            Self::Aes192(aes) => Encryptor::inner_iv_init(aes, &iv.into()).encrypt(&mut text),
            Self::Aes256(aes) => Encryptor::inner_iv_init(aes, &iv.into()).encrypt(&mut text),
        }
        [iv.as_slice(), &text].concat()
    }

    /// Decrypts in place and gives the plaintext; `None` when there is no whole IV.
    pub(crate) fn open<'a>(&self, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (iv, text) = sealed.split_first_chunk_mut::<IV_LEN>()?;
        let iv = (*iv).into();
        match self {
            Self::Aes128(aes) => Decryptor::inner_iv_init(aes, &iv).decrypt(text),
            Self::Aes192(aes) => Decryptor::inner_iv_init(aes, &iv).decrypt(text),
            Self::Aes256(aes) => Decryptor::inner_iv_init(aes, &iv).decrypt(text),
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_iv_is_another_one() {
        let cfb = Cfb::new(&[7; 32]).unwrap();
        let ivs: std::collections::HashSet<Vec<u8>> =
            (0..1000).map(|_| cfb.seal(b"same").unwrap()[..IV_LEN].to_vec()).collect();
        assert_eq!(ivs.len(), 1000);
    }

    #[test]
    fn keys_of_other_lengths_make_no_cipher() {
        for length in (0..40).filter(|length| !matches!(length, 16 | 24 | 32)) {
            assert!(Cfb::new(&vec![0; length]).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn opening_undoes_sealing_and_never_panics(
            text in proptest::collection::vec(any::<u8>(), 0..600),
            noise in proptest::collection::vec(any::<u8>(), 0..40),
            length in prop_oneof![Just(16_usize), Just(24), Just(32)],
        ) {
            let cfb = Cfb::new(&vec![9; length]).unwrap();
            let mut sealed = cfb.seal(&text).unwrap();
            prop_assert_eq!(cfb.open(&mut sealed), Some(text.as_slice()));
            let mut noise = noise;
            let whole = noise.len() >= IV_LEN;
            prop_assert_eq!(cfb.open(&mut noise).is_some(), whole);
        }
    }
}
