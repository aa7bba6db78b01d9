//! What a provider says about itself ([OIDC Discovery §3], [RFC 8414 §2]).
//!
//! [OIDC Discovery §3]: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//! [RFC 8414 §2]: https://www.rfc-editor.org/rfc/rfc8414#section-2

use std::sync::Arc;

use serde::Deserialize;
use tokio::time::Instant;

use crate::api::Object;
use crate::discovery::Document as Discovered;
use crate::endpoint_url::EndpointUrl;
use crate::memory::Memory;
use crate::settings::IssuerCheck;

/// The metadata that is used here.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// `authorization_endpoint`
    pub authorization_endpoint: EndpointUrl,
    /// `token_endpoint`
    pub token_endpoint: EndpointUrl,
    /// `userinfo_endpoint`
    pub userinfo_endpoint: Option<EndpointUrl>,
    /// `jwks_uri`; `None` where the keys are in files.
    pub jwks_uri: Option<EndpointUrl>,
    /// `code_challenge_methods_supported`
    pub code_challenge_methods: Vec<String>,
    /// `id_token_signing_alg_values_supported`
    pub id_token_signing_algorithms: Vec<String>,
    /// `authorization_response_iss_parameter_supported` (RFC 9207 §3).
    pub names_issuer_in_response: bool,
}

/// Why a metadata document is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not a JSON object with members of the right types.
    #[error("the metadata is not the JSON document that OpenID Connect Discovery describes")]
    Malformed,
    /// `issuer` is not, byte for byte, the configured one (OIDC Discovery §4.3).
    #[error("issuer did not match the issuer returned by provider, expected {expected:?} got {got:?}")]
    Issuer {
        /// The configured issuer.
        expected: String,
        /// What the document says, cut to 256 bytes.
        got: String,
    },
    /// A member is missing, or not an http or https URL.
    #[error("the metadata's {0} is missing or not a usable URL")]
    Endpoint(&'static str),
}

/// What is needed of an issuer that only signs tokens for us: it may have no other endpoint.
#[derive(Clone, Debug)]
pub(crate) struct KeyMetadata {
    /// `jwks_uri`
    pub(crate) jwks_uri: EndpointUrl,
    /// `id_token_signing_alg_values_supported`
    pub(crate) signing_algorithms: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    jwks_uri: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

impl Metadata {
    /// Reads a document and holds it against the configured issuer.
    ///
    /// # Errors
    /// [`MetadataError`]; such a document is never used in part.
    pub fn parse(json: &[u8], issuer: &str, check: IssuerCheck) -> Result<Self, MetadataError> {
        let document = Document::read(json, issuer, check)?;
        Ok(Self {
            authorization_endpoint: needed("authorization_endpoint", document.authorization_endpoint)?,
            token_endpoint: needed("token_endpoint", document.token_endpoint)?,
            userinfo_endpoint: endpoint("userinfo_endpoint", document.userinfo_endpoint)?,
            jwks_uri: Some(needed("jwks_uri", document.jwks_uri)?),
            code_challenge_methods: document.code_challenge_methods_supported.unwrap_or_default(),
            id_token_signing_algorithms: document.id_token_signing_alg_values_supported.unwrap_or_default(),
            names_issuer_in_response: document.authorization_response_iss_parameter_supported.unwrap_or_default(),
        })
    }
}

impl Discovered for Metadata {
    fn parse(json: &[u8], issuer: &str, check: IssuerCheck) -> Result<Self, MetadataError> {
        Self::parse(json, issuer, check)
    }

    fn recalled(memory: &Memory, issuer: &str, check: IssuerCheck) -> Option<(Arc<Self>, Instant)> {
        memory.metadata(issuer, check)
    }

    fn remember(self: &Arc<Self>, memory: &Memory, issuer: &str, check: IssuerCheck) {
        memory.keep_metadata(issuer, check, self);
    }
}

impl Discovered for KeyMetadata {
    fn parse(json: &[u8], issuer: &str, check: IssuerCheck) -> Result<Self, MetadataError> {
        let document = Document::read(json, issuer, check)?;
        Ok(Self {
            jwks_uri: needed("jwks_uri", document.jwks_uri)?,
            signing_algorithms: document.id_token_signing_alg_values_supported.unwrap_or_default(),
        })
    }
}

impl Document {
    fn read(json: &[u8], issuer: &str, check: IssuerCheck) -> Result<Self, MetadataError> {
        let Object(document): Object<Self> = serde_json::from_slice(json).map_err(|_| MetadataError::Malformed)?;
        let got = document.issuer.as_deref().unwrap_or_default();
        if check == IssuerCheck::Required && got != issuer {
            let (got, _) = got.split_at(got.floor_char_boundary(256));
            return Err(MetadataError::Issuer { expected: issuer.to_owned(), got: got.to_owned() });
        }
        Ok(document)
    }
}

fn endpoint(name: &'static str, text: Option<String>) -> Result<Option<EndpointUrl>, MetadataError> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => EndpointUrl::parse(&text).map(Some).map_err(|_| MetadataError::Endpoint(name)),
        None => Ok(None),
    }
}

fn needed(name: &'static str, text: Option<String>) -> Result<EndpointUrl, MetadataError> {
    endpoint(name, text)?.ok_or(MetadataError::Endpoint(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://idp.example/realm";

    fn parse(json: &str, check: IssuerCheck) -> Result<Metadata, MetadataError> {
        Metadata::parse(json.as_bytes(), ISSUER, check)
    }

    fn document(issuer: &str) -> String {
        format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t",
            "jwks_uri":"https://keys.example/k","code_challenge_methods_supported":["S256"],"x":1.5}}"#
        )
    }

    #[test]
    fn the_issuer_is_compared_byte_by_byte() {
        assert!(parse(&document(ISSUER), IssuerCheck::Required).is_ok());
        for other in ["https://idp.example/realm/", "https://IDP.example/realm", "http://idp.example/realm", ""] {
            let error = parse(&document(other), IssuerCheck::Required).unwrap_err();
            assert_eq!(error, MetadataError::Issuer { expected: ISSUER.to_owned(), got: other.to_owned() });
            assert!(parse(&document(other), IssuerCheck::InsecureSkipped).is_ok());
        }
    }

    #[test]
    fn endpoints_must_be_there_and_speak_http() {
        let without = document(ISSUER).replace("token_endpoint", "other");
        assert_eq!(parse(&without, IssuerCheck::Required).unwrap_err(), MetadataError::Endpoint("token_endpoint"));
        let file = document(ISSUER).replace("https://keys.example/k", "file:///etc/passwd");
        assert_eq!(parse(&file, IssuerCheck::Required).unwrap_err(), MetadataError::Endpoint("jwks_uri"));
        let empty = document(ISSUER).replace("\"x\":1.5", "\"userinfo_endpoint\":\"\"");
        assert!(parse(&empty, IssuerCheck::Required).unwrap().userinfo_endpoint.is_none());
    }

    #[test]
    fn what_is_not_the_document_is_refused() {
        let list = format!("[\"{ISSUER}\", \"https://idp.example/a\", \"https://idp.example/t\"]");
        for json in ["", "<html>", "[]", &list, "{\"issuer\":7}", "{\"code_challenge_methods_supported\":\"S256\"}"] {
            assert_eq!(parse(json, IssuerCheck::Required).unwrap_err(), MetadataError::Malformed, "{json}");
        }
    }
}
