//! The token endpoint ([RFC 6749 §3.2]): a code or a refresh token goes in, tokens or an error come out.
//!
//! [RFC 6749 §3.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.2

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use sidecar_core::Secret;
use sidecar_core::form;

use crate::client::{Call, CallError, Client, Fault};
use crate::endpoint_url::EndpointUrl;
use crate::settings::{ClientCredential, Registration, SecretSource};
pub use crate::token_response::TokenResponse;
use crate::token_response::{read, read_blindly};

/// Why the token endpoint gave no tokens.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// No usable answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The endpoint refused, with an `error` member (RFC 6749 §5.2).
    #[error("the token endpoint refused: {}", .code.as_str())]
    Endpoint {
        /// What it said.
        code: TokenErrorCode,
        /// With which status; some providers say it with 200.
        status: u16,
    },
    /// A successful answer without `access_token`.
    #[error("the token response has no access token")]
    NoAccessToken,
    /// A member of the answer has another type than RFC 6749 says.
    #[error("the member {0} of the token response has the wrong type")]
    MemberType(&'static str),
}

/// The value of `error` in a token response (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the specification, which says what they mean")]
pub enum TokenErrorCode {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    /// GitHub's own: the client id or secret is wrong.
    IncorrectClientCredentials,
    /// GitHub's own: the redirect URI is not the registered one.
    RedirectUriMismatch,
    /// GitHub's own: the code is wrong, used or too old.
    BadVerificationCode,
    /// GitHub's own: the primary e-mail address of the account is not verified.
    UnverifiedUserEmail,
    /// None of the above.
    Other,
}

impl TokenErrorCode {
    const NAMES: [(Self, &'static str); 10] = [
        (Self::InvalidRequest, "invalid_request"),
        (Self::InvalidClient, "invalid_client"),
        (Self::InvalidGrant, "invalid_grant"),
        (Self::UnauthorizedClient, "unauthorized_client"),
        (Self::UnsupportedGrantType, "unsupported_grant_type"),
        (Self::InvalidScope, "invalid_scope"),
        (Self::IncorrectClientCredentials, "incorrect_client_credentials"),
        (Self::RedirectUriMismatch, "redirect_uri_mismatch"),
        (Self::BadVerificationCode, "bad_verification_code"),
        (Self::UnverifiedUserEmail, "unverified_user_email"),
    ];

    pub(crate) fn from_name(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(code, _)| *code)
    }

    /// The name in the specification, or GitHub's; `other` for any other. Constant text, fit for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(code, _)| *code == self).map_or("other", |(_, name)| name)
    }
}

impl TokenError {
    /// Whether the grant is dead, rather than the network slow (RFC 6749 §5.2).
    #[must_use]
    pub fn ends_session(&self) -> bool {
        matches!(self, Self::Endpoint { code: TokenErrorCode::InvalidGrant | TokenErrorCode::InvalidClient, .. })
    }

    /// Whether the endpoint answered for itself: then it has not used the grant up, and asking in another way does no harm.
    /// One that is overloaded, or a gateway before it, is not asked twice.
    fn was_answered(&self) -> bool {
        match self {
            Self::Endpoint { .. } | Self::NoAccessToken => true,
            Self::Call(error) => matches!(error.fault, Fault::Status(_)) && !error.fault.is_outage(),
            Self::MemberType(_) => false,
        }
    }
}

/// How we say who we are (OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientAuthentication {
    /// `client_secret_basic`
    Basic,
    /// `client_secret_post`
    Form,
}

/// Who we are at the provider.
pub(crate) struct ClientCredentials<'a> {
    client_id: &'a str,
    proof: Proof,
}

/// What shows it.
enum Proof {
    /// `client_secret` (RFC 6749 §2.3.1).
    Secret(Secret<String>),
    /// `client_assertion` (RFC 7523 §2.2).
    Assertion(Secret<String>),
}

/// `client_assertion_type` of a JSON Web Token (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl<'a> ClientCredentials<'a> {
    /// Reads what proves it, as it is now.
    ///
    /// # Errors
    /// What reading the file met.
    pub(crate) fn read(registration: &'a Registration) -> std::io::Result<Self> {
        let proof = match &registration.credential {
            ClientCredential::Secret(source) => Proof::Secret(source.read()?),
            ClientCredential::AssertionFile(path) => Proof::Assertion(SecretSource::File(path.clone()).read()?),
        };
        Ok(Self { client_id: &registration.client_id, proof })
    }

    /// The pairs that say it in a form.
    fn pairs(&self) -> Vec<(&str, &str)> {
        match &self.proof {
            Proof::Secret(secret) => vec![("client_id", self.client_id), ("client_secret", secret.expose())],
            Proof::Assertion(assertion) => vec![
                ("client_id", self.client_id),
                ("client_assertion_type", JWT_BEARER),
                ("client_assertion", assertion.expose()),
            ],
        }
    }
}

/// Sends a grant to a provider of plain OAuth 2.0, which takes the client's secret in the form alone.
pub(crate) async fn exchange_in_form(
    client: &Client,
    url: &EndpointUrl,
    credentials: &ClientCredentials<'_>,
    grant: &[(&str, &str)],
) -> Result<TokenResponse, TokenError> {
    let pairs = grant.iter().copied().chain(credentials.pairs()).collect();
    let answer = client.post_form(Call::Token, url, HeaderMap::new(), &encode(pairs)).await?;
    read_blindly(&answer, url)
}

/// Asks the token endpoint, and remembers in which way it wants to be asked.
#[derive(Default)]
pub(crate) struct TokenCaller {
    /// What worked, and where. Forgotten when the endpoint moves or refuses us.
    known: Mutex<Option<(EndpointUrl, ClientAuthentication)>>,
}

impl TokenCaller {
    /// Sends a grant: the form's pairs without those that say who we are.
    ///
    /// Until one way is known to work, Basic is tried first and the form second (the original does so at every call).
    /// The second try is made only when the first was *answered*: after a broken connection nobody knows whether a code or
    /// a rotating refresh token was used up.
    pub(crate) async fn exchange(
        &self,
        client: &Client,
        url: &EndpointUrl,
        credentials: &ClientCredentials<'_>,
        grant: &[(&str, &str)],
    ) -> Result<TokenResponse, TokenError> {
        let secret = match &credentials.proof {
            Proof::Secret(secret) => secret,
            Proof::Assertion(_) => {
                let pairs = grant.iter().copied().chain(credentials.pairs()).collect();
                return post(client, url, HeaderMap::new(), pairs).await;
            }
        };
        let client_id = credentials.client_id;
        let known = self.known_at(url);
        let first = known.unwrap_or(ClientAuthentication::Basic);
        let error = match ask(client, url, (client_id, secret), grant, first).await {
            Ok(response) => {
                self.remember(url, first);
                return Ok(response);
            }
            Err(error) => error,
        };
        let refused_us = matches!(error, TokenError::Endpoint { code: TokenErrorCode::InvalidClient, .. });
        if !error.was_answered() || (known.is_some() && !refused_us) {
            return Err(error);
        }
        let second = match first {
            ClientAuthentication::Basic => ClientAuthentication::Form,
            ClientAuthentication::Form => ClientAuthentication::Basic,
        };
        let response = ask(client, url, (client_id, secret), grant, second).await?;
        self.remember(url, second);
        Ok(response)
    }

    fn known_at(&self, url: &EndpointUrl) -> Option<ClientAuthentication> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(known_url, _)| known_url == url).map(|(_, way)| *way)
    }

    fn remember(&self, url: &EndpointUrl, way: ClientAuthentication) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((url.clone(), way));
    }
}

async fn ask(
    client: &Client,
    url: &EndpointUrl,
    (client_id, secret): (&str, &Secret<String>),
    grant: &[(&str, &str)],
    way: ClientAuthentication,
) -> Result<TokenResponse, TokenError> {
    let mut headers = HeaderMap::new();
    let mut pairs = grant.to_vec();
    match way {
        ClientAuthentication::Basic => {
            headers.insert(AUTHORIZATION, basic(client_id, secret));
        }
        ClientAuthentication::Form => {
            pairs.push(("client_id", client_id));
            if !secret.expose().is_empty() {
                pairs.push(("client_secret", secret.expose()));
            }
        }
    }
    post(client, url, headers, pairs).await
}

async fn post(
    client: &Client,
    url: &EndpointUrl,
    headers: HeaderMap,
    pairs: Vec<(&str, &str)>,
) -> Result<TokenResponse, TokenError> {
    let answer = client.post_form(Call::Token, url, headers, &encode(pairs)).await?;
    read(&answer, url)
}

/// The pairs as a form, sorted by key as the original sends them.
fn encode(mut pairs: Vec<(&str, &str)>) -> Secret<String> {
    pairs.sort_by_key(|(key, _)| *key);
    let mut text = String::new();
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        form::encode_into(key, &mut text);
        text.push('=');
        form::encode_into(value, &mut text);
    }
    Secret::new(text)
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they become a Basic credential.
#[expect(clippy::expect_used, reason = "base64 is visible ASCII")]
fn basic(client_id: &str, secret: &Secret<String>) -> HeaderValue {
    let pair = Secret::new(format!("{}:{}", form::encode(client_id), form::encode(secret.expose())));
    let text = Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())));
    let mut value = HeaderValue::from_str(text.expose()).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}
