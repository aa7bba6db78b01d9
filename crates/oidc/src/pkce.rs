//! Proof key for code exchange ([RFC 7636]).
//!
//! [RFC 7636]: https://www.rfc-editor.org/rfc/rfc7636

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How the `code_challenge` is made from the `code_verifier` (RFC 7636 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeChallengeMethod {
    /// The base64url text of the verifier's SHA-256.
    S256,
    /// The verifier itself: only for servers that know nothing better, and only when written down.
    Plain,
}

/// When a login uses PKCE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PkcePolicy {
    /// S256 when the provider's metadata lists it, or the provider is known to take it; else none.
    #[default]
    Automatic,
    /// Always, with this method.
    Always(CodeChallengeMethod),
    /// Never.
    Never,
}

impl CodeChallengeMethod {
    /// The value of `code_challenge_method`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }

    /// The value of `code_challenge` for `code_verifier`.
    #[must_use]
    pub fn code_challenge(self, code_verifier: &str) -> String {
        match self {
            Self::S256 => URL_SAFE_NO_PAD.encode(digest(&SHA256, code_verifier.as_bytes())),
            Self::Plain => code_verifier.to_owned(),
        }
    }
}

impl PkcePolicy {
    /// The method of a login at a provider whose metadata lists `supported`
    /// (`code_challenge_methods_supported`, RFC 8414 §2).
    #[must_use]
    pub fn method(self, supported: &[String]) -> Option<CodeChallengeMethod> {
        match self {
            // Never plain because the metadata says so: that would let the network choose the weaker one.
            Self::Automatic => supported.iter().any(|method| method == "S256").then_some(CodeChallengeMethod::S256),
            Self::Always(method) => Some(method),
            Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b_is_reproduced() {
        let code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let code_challenge = CodeChallengeMethod::S256.code_challenge(code_verifier);
        assert_eq!(code_challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(CodeChallengeMethod::Plain.code_challenge(code_verifier), code_verifier);
    }

    #[test]
    fn s256_is_used_by_itself_only_where_the_metadata_lists_it() {
        let lists = |methods: &[&str]| methods.iter().map(|method| (*method).to_owned()).collect::<Vec<_>>();
        assert_eq!(PkcePolicy::Automatic.method(&lists(&["plain", "S256"])), Some(CodeChallengeMethod::S256));
        assert_eq!(PkcePolicy::Automatic.method(&lists(&["plain"])), None);
        assert_eq!(PkcePolicy::Automatic.method(&[]), None);
        assert_eq!(PkcePolicy::Never.method(&lists(&["S256"])), None);
        assert_eq!(PkcePolicy::Always(CodeChallengeMethod::Plain).method(&[]), Some(CodeChallengeMethod::Plain));
    }
}
