//! The code flow of a plain OAuth 2.0 client ([RFC 6749 §4.1]): there is an access token at its end, and nothing that says
//! whose it is. Providers of this kind wrap it and ask for the visitor themselves.
//!
//! ```text
//! VerifiedCallback ─► token endpoint ─► TokenResponse ─► (the provider's own calls) ─► Session
//! ```
//!
//! [RFC 6749 §4.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1

use std::time::SystemTime;

use sidecar_core::Session;
use sidecar_core::login::LoginAttempt;

use crate::authorize::{Asked, new_attempt};
use crate::callback::VerifiedCallback;
use crate::client::Client;
use crate::endpoint_url::EndpointUrl;
use crate::error::{RedeemError, RefreshError, Unavailable};
use crate::provider::AuthorizationRequest;
use crate::settings::Registration;
use crate::token::{ClientCredentials, TokenResponse, exchange_in_form};

/// A client registered at one provider of OAuth 2.0.
pub struct OAuthClient {
    settings: OAuthSettings,
    client: Client,
}

/// What it must be told. Endpoints and scope are those that count: the configured ones, else the provider's own.
#[derive(Clone, Debug)]
pub struct OAuthSettings {
    /// What we are registered as.
    pub registration: Registration,
    /// `authorization_endpoint` (RFC 8414 §2).
    pub authorization_endpoint: EndpointUrl,
    /// `token_endpoint`.
    pub token_endpoint: EndpointUrl,
    /// `scope`, sent even when empty.
    pub scope: String,
    /// The methods of PKCE that the provider is known to take (D12), as its metadata would list them.
    pub code_challenge_methods: Vec<String>,
    /// `resource`, sent with the code where there is one.
    pub resource: Option<String>,
}

/// What a code was worth.
#[derive(Debug)]
pub struct Redeemed {
    /// What the token endpoint gave.
    pub tokens: TokenResponse,
    /// The raw bytes of the attempt's nonce, which the session keeps.
    pub nonce: Vec<u8>,
}

impl OAuthClient {
    /// A client that makes its calls with `client`. Nothing is asked yet.
    #[must_use]
    pub fn new(settings: OAuthSettings, client: Client) -> Self {
        Self { settings, client }
    }

    /// The settings it was built from.
    #[must_use]
    pub fn settings(&self) -> &OAuthSettings {
        &self.settings
    }

    /// What calls to the provider are made with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The secrets of a new login.
    ///
    /// # Errors
    /// [`Unavailable`] when the system has no random bytes.
    pub fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        new_attempt(self.settings.registration.pkce, &self.settings.code_challenge_methods)
    }

    /// Where the browser is sent to log in, with `more` parameters after the configured ones. No `nonce` is sent: nothing
    /// would bring it back.
    #[must_use]
    pub fn authorization_url(&self, request: &AuthorizationRequest<'_>, more: &[(&str, &str)]) -> String {
        let asked = Asked {
            registration: &self.settings.registration,
            request,
            scope: &self.settings.scope,
            code_challenge_methods: &self.settings.code_challenge_methods,
            nonce: None,
            more,
        };
        asked.url(&self.settings.authorization_endpoint)
    }

    /// Turns a code into tokens (RFC 6749 §4.1.3).
    ///
    /// # Errors
    /// [`RedeemError::ClientSecret`] and [`RedeemError::Token`]
    pub async fn redeem(&self, callback: VerifiedCallback, redirect_uri: &str) -> Result<Redeemed, RedeemError> {
        let mut grant = callback.grant(redirect_uri);
        grant.extend(self.settings.resource.as_deref().map(|resource| ("resource", resource)));
        let credentials =
            ClientCredentials::read(&self.settings.registration).map_err(|_| RedeemError::ClientSecret)?;
        let tokens = exchange_in_form(&self.client, &self.settings.token_endpoint, &credentials, &grant).await?;
        Ok(Redeemed { tokens, nonce: callback.attempt.nonce.expose().to_vec() })
    }

    /// Turns the refresh token of a session into new tokens (RFC 6749 §6); `None` when it has none.
    ///
    /// # Errors
    /// [`RefreshError::ClientSecret`] and [`RefreshError::Token`]
    pub async fn refresh(&self, session: &Session) -> Result<Option<TokenResponse>, RefreshError> {
        let Some(refresh_token) = &session.refresh_token else { return Ok(None) };
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose().as_str())];
        let credentials =
            ClientCredentials::read(&self.settings.registration).map_err(|_| RefreshError::ClientSecret)?;
        let tokens = exchange_in_form(&self.client, &self.settings.token_endpoint, &credentials, &grant).await?;
        Ok(Some(tokens))
    }
}

impl Redeemed {
    /// The session of a provider that says no more than the access token: no expiry, no other token.
    #[must_use]
    pub fn into_session(self, now: SystemTime) -> Session {
        Session {
            created_at: Some(now),
            access_token: Some(self.tokens.access_token),
            nonce: self.nonce,
            ..Session::default()
        }
    }
}
