//! The signature algorithms an ID token may have ([RFC 7518 §3.1], [RFC 8037 §3.1]).
//!
//! There is no `none` and no MAC here: the one proves nothing, and for the other the only shared key would be the
//! client secret or a public document, which is how key confusion starts.
//!
//! [RFC 7518 §3.1]: https://www.rfc-editor.org/rfc/rfc7518#section-3.1
//! [RFC 8037 §3.1]: https://www.rfc-editor.org/rfc/rfc8037#section-3.1

use std::fmt;

/// A digital signature algorithm, by its JWA name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256; what a provider must know (OIDC Core §15.1).
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The value of a token's `alg`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with exactly this name; `None` for every other text, `none` and `HS256` among them.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// What an ID token may be signed with: what is `configured` and `discovered`, in configured order; the one list
    /// that says something when only one does; RS256 when neither does (OIDC Core §3.1.3.7 item 7).
    ///
    /// `discovered` is the metadata's `id_token_signing_alg_values_supported`. The result is empty when both speak
    /// and have nothing in common: then no token can be accepted.
    #[must_use]
    pub fn allowed(configured: &[Self], discovered: &[String]) -> Vec<Self> {
        match (configured, discovered) {
            ([], []) => vec![Self::Rs256],
            ([], discovered) => discovered.iter().filter_map(|name| Self::from_name(name)).collect(),
            (configured, []) => configured.to_vec(),
            (configured, discovered) => configured
                .iter()
                .copied()
                .filter(|algorithm| discovered.iter().any(|name| name == algorithm.as_str()))
                .collect(),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Algorithm::{Es256, Ps256, Rs256};
    use super::*;

    #[test]
    fn only_the_exact_name_of_a_signature_algorithm_is_known() {
        assert_eq!(Algorithm::from_name("ES512"), Some(Algorithm::Es512));
        for name in ["none", "None", "", "HS256", "rs256", "RS256 ", "ES256K"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn the_allowed_set_is_the_intersection_in_configured_order() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (configured, discovered, allowed) in [
            (vec![], names(&[]), vec![Rs256]),
            (vec![], names(&["none", "HS256", "ES256", "RS256"]), vec![Es256, Rs256]),
            (vec![Ps256], names(&[]), vec![Ps256]),
            (vec![Ps256, Rs256, Es256], names(&["ES256", "PS256"]), vec![Ps256, Es256]),
            (vec![Ps256], names(&["RS256"]), vec![]),
        ] {
            assert_eq!(Algorithm::allowed(&configured, &discovered), allowed);
        }
    }
}
