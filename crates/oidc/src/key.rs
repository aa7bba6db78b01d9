//! Public keys that sign tokens: from a JSON Web Key ([RFC 7517], [RFC 7518 §6]) or a PEM file, to a verified signature.
//!
//! [RFC 7517]: https://www.rfc-editor.org/rfc/rfc7517
//! [RFC 7518 §6]: https://www.rfc-editor.org/rfc/rfc7518#section-6

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::algorithm::Algorithm;

/// A shorter modulus is within reach of an attacker; a longer one only costs us time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// One public key of the provider.
#[derive(Clone)]
pub(crate) struct PublicKey {
    pub(crate) kid: Option<String>,
    /// `alg` of the key: it signs with nothing else.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    /// A `SubjectPublicKeyInfo`.
    Rsa(Vec<u8>),
    /// A point in uncompressed form, or a `SubjectPublicKeyInfo`.
    Ec(Curve, Vec<u8>),
    /// 32 bytes, or a `SubjectPublicKeyInfo`.
    Ed25519(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

/// Why one key of a set, or a file, is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not an object with members of the right types.
    #[error("the key is malformed")]
    Malformed,
    /// `use` or `key_ops` say that it does not verify signatures.
    #[error("the key is not for signatures")]
    Purpose,
    /// A key type, curve or algorithm that verifies no token here; symmetric keys are among them.
    #[error("the key's type is not supported")]
    Type,
    /// A member that its type needs is missing or not base64url.
    #[error("a member of the key is missing or malformed")]
    Member,
    /// An RSA modulus outside 2048 to 8192 bits, or an exponent that is even, 1, or beyond 33 bits.
    #[error("the RSA key is weak or too large")]
    Weak,
    /// The numbers make no key: a point that is not on its curve, for instance.
    #[error("the key's numbers make no key")]
    Invalid,
    /// No block `PUBLIC KEY` in the file.
    #[error("no PEM block PUBLIC KEY")]
    Pem,
}

/// The members of a JSON Web Key that are looked at. Private members are not read.
#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl PublicKey {
    /// Reads one element of a key set.
    ///
    /// # Errors
    /// [`KeyError`] says why this key is not used; the others of its set are not affected.
    pub(crate) fn from_jwk(jwk: &serde_json::Value) -> Result<Self, KeyError> {
        let jwk = Jwk::deserialize(jwk).map_err(|_| KeyError::Malformed)?;
        if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig")
            || jwk.key_ops.as_ref().is_some_and(|operations| !operations.iter().any(|name| name == "verify"))
        {
            return Err(KeyError::Purpose);
        }
        let algorithm = match &jwk.alg {
            Some(name) => Some(Algorithm::from_name(name).ok_or(KeyError::Type)?),
            None => None,
        };
        let material = match (jwk.kty.as_deref(), jwk.crv.as_deref()) {
            (Some("RSA"), _) => rsa(&member(jwk.n.as_deref())?, &member(jwk.e.as_deref())?)?,
            (Some("EC"), Some("P-256")) => ec(Curve::P256, jwk.x.as_deref(), jwk.y.as_deref())?,
            (Some("EC"), Some("P-384")) => ec(Curve::P384, jwk.x.as_deref(), jwk.y.as_deref())?,
            (Some("EC"), Some("P-521")) => ec(Curve::P521, jwk.x.as_deref(), jwk.y.as_deref())?,
            (Some("OKP"), Some("Ed25519")) => ed25519(member(jwk.x.as_deref())?)?,
            _ => return Err(KeyError::Type),
        };
        Ok(Self { kid: jwk.kid, algorithm, material })
    }

    /// Reads the first block `PUBLIC KEY` (PKIX) of a PEM file: an RSA, ECDSA or Ed25519 key.
    ///
    /// # Errors
    /// [`KeyError`]
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
        const END: &str = "-----END PUBLIC KEY-----";
        let (_, rest) = pem.split_once(BEGIN).ok_or(KeyError::Pem)?;
        let (body, _) = rest.split_once(END).ok_or(KeyError::Pem)?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| KeyError::Pem)?;
        Ok(Self { kid: None, algorithm: None, material: Material::from_spki(der)? })
    }

    /// Whether a token with this `kid` and algorithm may have been signed by this key: the same `kid`, or a token
    /// without one; the right type and curve; not marked for another algorithm.
    pub(crate) fn fits(&self, kid: Option<&str>, algorithm: Algorithm) -> bool {
        kid.is_none_or(|kid| self.kid.as_deref() == Some(kid)) && self.verifies(algorithm)
    }

    /// Whether type, curve and `alg` of the key go with `algorithm`.
    pub(crate) fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|only| only == algorithm) && self.material.verification(algorithm).is_some()
    }

    /// Checks `signature` over `message`.
    pub(crate) fn is_signature(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.material.verification(algorithm).is_some_and(|verification| {
            UnparsedPublicKey::new(verification, self.material.bytes()).verify(message, signature).is_ok()
        })
    }
}

impl Material {
    fn from_spki(der: Vec<u8>) -> Result<Self, KeyError> {
        if let Ok(key) = PublicEncryptingKey::from_der(&der) {
            return if RSA_BITS.contains(&key.key_size_bits()) { Ok(Self::Rsa(der)) } else { Err(KeyError::Weak) };
        }
        if ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).is_ok() {
            return Err(KeyError::Weak); // an RSA key all the same, of a size that the line above does not take
        }
        for curve in [Curve::P256, Curve::P384, Curve::P521] {
            if ParsedPublicKey::new(curve.verification(), &der).is_ok() {
                return Ok(Self::Ec(curve, der));
            }
        }
        ed25519(der)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Rsa(bytes) | Self::Ec(_, bytes) | Self::Ed25519(bytes) => bytes,
        }
    }

    /// How a signature of `algorithm` is checked with this key; `None` where type or curve do not go together.
    fn verification(&self, algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
        match (self, algorithm) {
            (Self::Rsa(_), Algorithm::Rs256) => Some(&RSA_PKCS1_2048_8192_SHA256),
            (Self::Rsa(_), Algorithm::Rs384) => Some(&RSA_PKCS1_2048_8192_SHA384),
            (Self::Rsa(_), Algorithm::Rs512) => Some(&RSA_PKCS1_2048_8192_SHA512),
            (Self::Rsa(_), Algorithm::Ps256) => Some(&RSA_PSS_2048_8192_SHA256),
            (Self::Rsa(_), Algorithm::Ps384) => Some(&RSA_PSS_2048_8192_SHA384),
            (Self::Rsa(_), Algorithm::Ps512) => Some(&RSA_PSS_2048_8192_SHA512),
            (Self::Ec(Curve::P256, _), Algorithm::Es256) => Some(&ECDSA_P256_SHA256_FIXED),
            (Self::Ec(Curve::P384, _), Algorithm::Es384) => Some(&ECDSA_P384_SHA384_FIXED),
            (Self::Ec(Curve::P521, _), Algorithm::Es512) => Some(&ECDSA_P521_SHA512_FIXED),
            (Self::Ed25519(_), Algorithm::EdDsa) => Some(&ED25519),
            (Self::Rsa(_) | Self::Ec(..) | Self::Ed25519(_), _) => None,
        }
    }
}

impl Curve {
    /// The length of a coordinate (SEC 1 §2.3.5).
    fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
            Self::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }
}

fn member(text: Option<&str>) -> Result<Vec<u8>, KeyError> {
    // Some providers pad their numbers, against RFC 7515 §2.
    let text = text.ok_or(KeyError::Member)?.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Member)
}

fn rsa(n: &[u8], e: &[u8]) -> Result<Material, KeyError> {
    let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
    let [first, ..] = n else { return Err(KeyError::Weak) };
    let bits = n.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or_default();
    let odd = e.last().is_some_and(|byte| byte % 2 == 1);
    let one = e == [1];
    let large = e.len() > 5 || (e.len() == 5 && e.first().is_some_and(|byte| *byte > 1));
    if !RSA_BITS.contains(&bits) || !odd || one || large {
        return Err(KeyError::Weak);
    }
    let der = RsaPublicKeyComponents { n, e }.as_der().map_err(|_| KeyError::Invalid)?;
    Ok(Material::Rsa(der.as_ref().to_vec()))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn ec(curve: Curve, x: Option<&str>, y: Option<&str>) -> Result<Material, KeyError> {
    let length = curve.coordinate_bytes();
    let mut point = vec![4]; // the uncompressed form of SEC 1 §2.3.3
    for coordinate in [member(x)?, member(y)?] {
        if coordinate.len() != length {
            return Err(KeyError::Member); // RFC 7518 §6.2.1.2: always the full length
        }
        point.extend(coordinate);
    }
    ParsedPublicKey::new(curve.verification(), &point).map_err(|_| KeyError::Invalid)?;
    Ok(Material::Ec(curve, point))
}

fn ed25519(bytes: Vec<u8>) -> Result<Material, KeyError> {
    ParsedPublicKey::new(&ED25519, &bytes).map_err(|_| KeyError::Invalid)?;
    Ok(Material::Ed25519(bytes))
}

/// Whether a PEM file holds a public key that tokens can be checked with, for whoever names such files.
///
/// # Errors
/// [`KeyError`]
pub fn check_pem(pem: &str) -> Result<(), KeyError> {
    PublicKey::from_pem(pem).map(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jws::Jws;

    /// Keys and tokens made by node's cryptography, see `testdata/make_vectors.mjs`.
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../testdata/vectors.json")).unwrap()
    }

    fn vector(alg: &str) -> Value {
        vectors()["vectors"].as_array().unwrap().iter().find(|vector| vector["alg"] == alg).unwrap().clone()
    }

    fn signed(key: &PublicKey, token: &str) -> bool {
        let jws = Jws::parse(token, &Algorithm::ALL).unwrap();
        key.is_signature(jws.algorithm, jws.signing_input, &jws.signature)
    }

    #[test]
    fn tokens_signed_by_another_implementation_verify_with_its_key_in_either_form() {
        for vector in vectors()["vectors"].as_array().unwrap() {
            let (alg, token) = (vector["alg"].as_str().unwrap(), vector["token"].as_str().unwrap());
            let algorithm = Algorithm::from_name(alg).unwrap();
            let key = PublicKey::from_jwk(&vector["jwk"]).unwrap();
            assert!(key.fits(Some(alg), algorithm) && key.fits(None, algorithm) && !key.fits(Some("x"), algorithm));
            assert!(signed(&key, token), "{alg}");
            assert!(signed(&PublicKey::from_pem(vector["pem"].as_str().unwrap()).unwrap(), token), "{alg} PEM");
            let (input, signature) = token.rsplit_once('.').unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
            bytes[20] ^= 1;
            assert!(!signed(&key, &format!("{input}.{}", URL_SAFE_NO_PAD.encode(&bytes))), "{alg} flipped");
            bytes.fill(0);
            assert!(!signed(&key, &format!("{input}.{}", URL_SAFE_NO_PAD.encode(&bytes))), "{alg} zeros");
            let (header, _) = input.split_once('.').unwrap();
            assert!(!signed(&key, &format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode("{}"))), "{alg} payload");
        }
    }

    #[test]
    fn a_key_signs_only_with_the_algorithms_of_its_type_and_curve() {
        for vector in vectors()["vectors"].as_array().unwrap() {
            let key = PublicKey::from_jwk(&vector["jwk"]).unwrap();
            let kind = |alg: &str| match alg {
                "EdDSA" | "ES256" | "ES384" | "ES512" => alg.to_owned(),
                _ => "RSA".to_owned(),
            };
            for algorithm in Algorithm::ALL {
                let fits = kind(algorithm.as_str()) == kind(vector["alg"].as_str().unwrap());
                assert_eq!(key.verifies(algorithm), fits, "{} {algorithm}", vector["alg"]);
                assert_eq!(key.fits(None, algorithm), fits, "{} {algorithm}", vector["alg"]);
            }
        }
    }

    #[test]
    fn a_key_that_names_its_algorithm_signs_with_no_other() {
        let mut jwk = vector("RS256")["jwk"].clone();
        jwk["alg"] = json!("RS256");
        let key = PublicKey::from_jwk(&jwk).unwrap();
        assert!(key.verifies(Algorithm::Rs256));
        assert!(!key.verifies(Algorithm::Ps256) && !key.verifies(Algorithm::Rs512));
    }

    #[test]
    fn weak_odd_and_malformed_keys_are_refused_each_for_its_reason() {
        let odd = vectors()["odd"].clone();
        let with = |alg: &str, name: &str, value: Value| {
            let mut jwk = vector(alg)["jwk"].clone();
            jwk[name] = value;
            jwk
        };
        for (jwk, expected) in [
            (odd["rsa1024"]["jwk"].clone(), KeyError::Weak),
            (odd["secp256k1"]["jwk"].clone(), KeyError::Type),
            (odd["ed448"]["jwk"].clone(), KeyError::Type),
            (json!({"kty": "oct", "k": "c2VjcmV0"}), KeyError::Type),
            (json!({"kty": "AKP"}), KeyError::Type),
            (json!({}), KeyError::Type),
            (json!("key"), KeyError::Malformed),
            (with("RS256", "kid", json!(7)), KeyError::Malformed),
            (with("RS256", "use", json!("enc")), KeyError::Purpose),
            (with("RS256", "key_ops", json!(["sign"])), KeyError::Purpose),
            (with("RS256", "alg", json!("HS256")), KeyError::Type),
            (with("RS256", "alg", json!("RSA-OAEP")), KeyError::Type),
            (with("RS256", "n", Value::Null), KeyError::Member),
            (with("RS256", "n", json!("")), KeyError::Weak),
            (with("RS256", "n", json!("+/")), KeyError::Member),
            (with("RS256", "n", json!(URL_SAFE_NO_PAD.encode([0x7f; 256]))), KeyError::Weak),
            (with("RS256", "n", json!(URL_SAFE_NO_PAD.encode([0xff; 2048]))), KeyError::Weak),
            (with("RS256", "e", json!(URL_SAFE_NO_PAD.encode([2, 0, 0, 0, 1]))), KeyError::Weak),
            (with("RS256", "e", json!(URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0, 1]))), KeyError::Weak),
            (with("RS256", "e", json!("AQ")), KeyError::Weak),
            (with("RS256", "e", json!("AQAC")), KeyError::Weak),
            (with("RS256", "e", json!("")), KeyError::Weak),
            (with("ES256", "x", json!("AAAA")), KeyError::Member),
            (with("ES256", "y", json!(URL_SAFE_NO_PAD.encode([7; 32]))), KeyError::Invalid),
            (with("ES384", "crv", json!("P-256")), KeyError::Member),
            (with("EdDSA", "x", json!("AAAA")), KeyError::Invalid),
        ] {
            assert_eq!(PublicKey::from_jwk(&jwk).err(), Some(expected), "{jwk}");
        }
        for (name, value) in [
            ("use", json!("sig")),
            ("key_ops", json!(["sign", "verify"])),
            ("e", json!(URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 1]))),
        ] {
            assert!(PublicKey::from_jwk(&with("RS256", name, value)).is_ok(), "{name}");
        }
        let weak = odd["rsa1024"]["pem"].as_str().unwrap();
        assert_eq!(PublicKey::from_pem(weak).err(), Some(KeyError::Weak));
        let empty = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        assert_eq!(PublicKey::from_pem(empty).err(), Some(KeyError::Invalid));
        assert_eq!(PublicKey::from_pem("").err(), Some(KeyError::Pem));
    }

    #[test]
    fn leading_zeros_and_padding_of_an_rsa_key_are_tolerated() {
        let vector = vector("RS256");
        let mut jwk = vector["jwk"].clone();
        let mut n = vec![0];
        n.extend(URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap());
        jwk["n"] = json!(base64::engine::general_purpose::URL_SAFE.encode(n));
        assert!(signed(&PublicKey::from_jwk(&jwk).unwrap(), vector["token"].as_str().unwrap()));
    }
}
