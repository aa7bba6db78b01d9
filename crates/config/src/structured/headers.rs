//! Headers that are written on requests and answers.

use std::borrow::Cow;

use sidecar_core::Secret;

use super::unset;
use crate::written::{Source, Written};

/// A header: `injectRequestHeaders[N]` or `injectResponseHeaders[N]`.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// `name`; empty when nobody wrote it.
    pub(crate) name: Written<String>,
    /// `preserveRequestValue`
    pub(crate) preserve_request_value: Written<bool>,
    /// `InsecureSkipHeaderNormalization`
    pub(crate) insecure_skip_header_normalization: Written<bool>,
    /// `values`
    pub(crate) values: Vec<HeaderValue>,
}

impl Header {
    /// The entry at `path` (`injectRequestHeaders[0]`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            name: unset(path, "name", String::new()),
            preserve_request_value: unset(path, "preserveRequestValue", false),
            insecure_skip_header_normalization: unset(path, "InsecureSkipHeaderNormalization", false),
            values: Vec::new(),
        }
    }
}

/// One value: `values[N]`, which must have exactly one of the two.
#[derive(Clone, Debug)]
pub(crate) struct HeaderValue {
    /// The entry as such.
    pub(crate) at: Written<()>,
    /// `secretSource`
    pub(crate) secret_source: Option<SecretSource>,
    /// `claimSource`
    pub(crate) claim_source: Option<ClaimSource>,
}

impl HeaderValue {
    /// The entry at `path` (`injectRequestHeaders[0].values[0]`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self { at: place(path), secret_source: None, claim_source: None }
    }
}

/// A fixed text, of which exactly one source must not be empty.
#[derive(Clone, Debug)]
pub(crate) struct SecretSource {
    /// The mapping as such.
    pub(crate) at: Written<()>,
    /// `value`, byte for byte.
    pub(crate) value: Written<Secret<Vec<u8>>>,
    /// `fromEnv`: the name of a variable.
    pub(crate) from_env: Written<String>,
    /// `fromFile`: a path.
    pub(crate) from_file: Written<String>,
}

impl SecretSource {
    /// The mapping at `path` (`server.tls.key`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            at: place(path),
            value: unset(path, "value", Secret::new(Vec::new())),
            from_env: unset(path, "fromEnv", String::new()),
            from_file: unset(path, "fromFile", String::new()),
        }
    }
}

/// Something about the user.
#[derive(Clone, Debug)]
pub(crate) struct ClaimSource {
    /// `claim`; empty when nobody wrote it.
    pub(crate) claim: Written<String>,
    /// `prefix`; without effect beside a password.
    pub(crate) prefix: Written<String>,
    /// `basicAuthPassword`
    pub(crate) basic_auth_password: Option<SecretSource>,
}

impl ClaimSource {
    /// The mapping at `path` (`injectRequestHeaders[0].values[0].claimSource`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            claim: unset(path, "claim", String::new()),
            prefix: unset(path, "prefix", String::new()),
            basic_auth_password: None,
        }
    }
}

/// A mapping or an entry that nobody wrote.
pub(super) fn place(path: &str) -> Written<()> {
    Written { option: Cow::Owned(path.to_owned()), value: (), source: Source::Default, element: None }
}
