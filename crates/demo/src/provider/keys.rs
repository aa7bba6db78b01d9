//! The key that signs ID tokens, made at start and never written down.

use std::fmt;
use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::SigningAlgorithm;

/// A private key and the `kid` it is published under.
pub(super) struct SigningKey {
    kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl SigningKey {
    /// Makes a key of the kind that `algorithm` needs.
    pub(super) fn generate(algorithm: SigningAlgorithm) -> io::Result<Self> {
        let failed = |_| io::Error::other("no signing key could be made");
        let pair = match algorithm {
            SigningAlgorithm::Rs256 => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?),
            SigningAlgorithm::Es256 => {
                Pair::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?)
            }
        };
        let kid = URL_SAFE_NO_PAD.encode(&digest(&SHA256, pair.public()).as_ref()[..9]);
        Ok(Self { kid, pair })
    }

    /// The key's name in the JWKS.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Rsa(_) => SigningAlgorithm::Rs256,
            Pair::Ecdsa(_) => SigningAlgorithm::Es256,
        }
    }

    /// The public half (RFC 7517; RFC 7518, section 6).
    pub(super) fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                json!({
                    "kty": "RSA",
                    "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
                    "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Pair::Ecdsa(pair) => {
                // An uncompressed point: 4, then 32 bytes each of x and y (SEC 1, section 2.3.3).
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC",
                    "crv": "P-256",
                    "x": URL_SAFE_NO_PAD.encode(x),
                    "y": URL_SAFE_NO_PAD.encode(y),
                })
            }
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm().name());
        jwk
    }

    /// Whether this key made `signature` over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match self.pair {
            Pair::Rsa(_) => &RSA_PKCS1_2048_8192_SHA256,
            Pair::Ecdsa(_) => &ECDSA_P256_SHA256_FIXED,
        };
        UnparsedPublicKey::new(algorithm, self.pair.public()).verify(message, signature).is_ok()
    }

    /// The signature over `message` (RFC 7515, section 5.1).
    ///
    /// # Panics
    /// If signing fails, which a key of our own making does not.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("an RSA key of 2048 bits signs");
                signature
            }
            Pair::Ecdsa(pair) => pair.sign(&random, message).expect("a P-256 key signs").as_ref().to_vec(),
        }
    }
}

impl Pair {
    fn public(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::Ecdsa(pair) => pair.public_key().as_ref(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_key_verifies_its_own_signatures_and_no_others() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            let (key, other) = (SigningKey::generate(algorithm).unwrap(), SigningKey::generate(algorithm).unwrap());
            let signature = key.sign(b"message");
            assert!(key.verifies(b"message", &signature));
            assert!(!key.verifies(b"massage", &signature));
            assert!(!other.verifies(b"message", &signature));
        }
    }

    #[test]
    fn the_published_key_has_the_members_of_its_kind() {
        let rsa = SigningKey::generate(SigningAlgorithm::Rs256).unwrap().jwk();
        assert_eq!((&rsa["kty"], &rsa["e"], &rsa["alg"]), (&json!("RSA"), &json!("AQAB"), &json!("RS256")));
        let ec = SigningKey::generate(SigningAlgorithm::Es256).unwrap().jwk();
        assert_eq!((&ec["kty"], &ec["crv"]), (&json!("EC"), &json!("P-256")));
        assert_eq!(ec["x"].as_str().map(str::len), Some(43));
    }
}
