//! The code flow of an OpenID Connect client, put together from the pieces of this crate ([OIDC Core §3.1]).
//!
//! ```text
//! VerifiedCallback ─► token endpoint ─► TokenResponse ─► id_token::verify ─► IdToken ─► identity ─► Session
//! Session ──────────► refresh ─────────────┘
//! ```
//!
//! Providers of the family wrap it and add what they do differently.
//!
//! [OIDC Core §3.1]: https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth

mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sidecar_core::code::Code;
use sidecar_core::login::LoginAttempt;
use sidecar_core::report::chain;
use sidecar_core::{Secret, Session, login};

use crate::api::{ApiHeaders, Presented};
use crate::authorize::{Asked, new_attempt};
use crate::background::Background;
use crate::callback::VerifiedCallback;
use crate::client::Client;
use crate::discovery::Discovery;
use crate::endpoint_url::EndpointUrlError;
use crate::error::{ClaimsError, RedeemError, RefreshError, Unavailable, ValidateError};
use crate::id_token::IdToken;
use crate::identity::{self, Identity, Lack};
use crate::jwks::Keys;
use crate::key::{KeyError, PublicKey};
use crate::key_set::KeySet;
use crate::metadata::Metadata;
use crate::provider::{AuthorizationRequest, Freshness, Refreshed};
use crate::settings::{
    ClientCredential, Endpoints, GroupRestriction, IssuerCheck, KeySource, NonceCheck, Settings, UserInfoClaims,
};
use crate::token::{ClientCredentials, TokenCaller, TokenResponse};
use crate::userinfo;

/// A client registered at one OpenID provider.
pub struct RelyingParty {
    settings: Settings,
    client: Client,
    source: Source,
    keys: Keys,
    tokens: TokenCaller,
}

/// What came of a refresh.
#[derive(Debug)]
pub enum Renewal {
    /// There is no refresh token, so nothing was asked.
    NothingToDo,
    /// New tokens came.
    Renewed {
        /// The session with them; `created_at` is now.
        session: Box<Session>,
        /// The new ID token, if one came. Without it the identity is the old one.
        id_token: Option<IdToken>,
    },
}

impl From<Renewal> for Refreshed {
    fn from(renewal: Renewal) -> Self {
        match renewal {
            Renewal::NothingToDo => Self::NothingToDo,
            Renewal::Renewed { session, .. } => Self::Renewed(session),
        }
    }
}

enum Source {
    Discovered(Discovery),
    Configured(Arc<Metadata>),
}

/// Why a relying party cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Discovery is on, and the issuer is no URL to ask at.
    #[error("the issuer {issuer:?} is not a URL")]
    Issuer {
        /// The configured issuer.
        issuer: String,
        /// What is wrong with it.
        source: EndpointUrlError,
    },
    /// A file with a public key cannot be read.
    #[error("failed to read the public key file {}", path.display())]
    ReadKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds no public key that can be used.
    #[error("the public key file {} holds no usable key", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

impl RelyingParty {
    /// Begins to look for the metadata, unless it is configured; waits for nothing.
    ///
    /// # Errors
    /// [`BuildError`]
    pub fn start(settings: Settings, client: Client, background: &Background) -> Result<Self, BuildError> {
        let (source, keys) = match &settings.endpoints {
            Endpoints::Discovered => {
                let discovery =
                    Discovery::start(client.clone(), &settings.issuer, settings.issuer_check, background.handle())
                        .map_err(|source| BuildError::Issuer { issuer: settings.issuer.clone(), source })?;
                (Source::Discovered(discovery), Keys::remote(client.clone(), background.handle()))
            }
            Endpoints::Configured { authorization_endpoint, token_endpoint, userinfo_endpoint, keys } => {
                let jwks_uri = match keys {
                    KeySource::Remote(jwks_uri) => Some(jwks_uri.clone()),
                    KeySource::PemFiles(_) => None,
                };
                let metadata = Metadata {
                    authorization_endpoint: authorization_endpoint.clone(),
                    token_endpoint: token_endpoint.clone(),
                    userinfo_endpoint: userinfo_endpoint.clone(),
                    jwks_uri,
                    code_challenge_methods: Vec::new(),
                    id_token_signing_algorithms: Vec::new(),
                    names_issuer_in_response: false,
                };
                (Source::Configured(Arc::new(metadata)), read_keys(keys, &client, background)?)
            }
        };
        Ok(Self { settings, client, source, keys, tokens: TokenCaller::default() })
    }

    /// The settings it was built from.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is known about the provider, if logins are possible with it.
    ///
    /// # Errors
    /// [`Unavailable`], also when metadata and configuration agree on no signature algorithm.
    pub fn metadata(&self) -> Result<Arc<Metadata>, Unavailable> {
        let metadata = match &self.source {
            Source::Discovered(discovery) => discovery.metadata()?,
            Source::Configured(metadata) => Arc::clone(metadata),
        };
        if self.algorithms(&metadata).is_empty() {
            return Err(Unavailable {
                reason: "no supported signing algorithms in common between provider and configuration".to_owned(),
                retry_after: Duration::from_mins(1),
            });
        }
        if let Some(jwks_uri) = &metadata.jwks_uri {
            self.keys.move_to(jwks_uri);
        }
        Ok(metadata)
    }

    /// Waits until the first attempt to find the metadata came to an end.
    ///
    /// # Errors
    /// [`Unavailable`] when it brought nothing usable.
    pub async fn ready_once(&self) -> Result<(), Unavailable> {
        if let Source::Discovered(discovery) = &self.source {
            let first = discovery.first_attempt().await;
            first.map_err(|error| Unavailable { reason: chain(&error), retry_after: Duration::from_secs(1) })?;
        }
        self.metadata().map(|_| ())
    }

    /// The secrets of a new login.
    ///
    /// # Errors
    /// [`Unavailable`]
    pub fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        let metadata = self.metadata()?;
        new_attempt(self.settings.registration.pkce, &metadata.code_challenge_methods)
    }

    /// Where the browser is sent to log in, with `more` parameters after the configured ones.
    ///
    /// # Errors
    /// [`Unavailable`]
    pub fn authorization_url(
        &self,
        request: &AuthorizationRequest<'_>,
        more: &[(&str, &str)],
    ) -> Result<String, Unavailable> {
        let metadata = self.metadata()?;
        let nonce = (self.settings.nonce == NonceCheck::Required).then(|| request.attempt.nonce.hash());
        let asked = Asked {
            registration: &self.settings.registration,
            request,
            scope: self.scope(),
            code_challenge_methods: &metadata.code_challenge_methods,
            nonce: nonce.as_deref(),
            more,
        };
        Ok(asked.url(&metadata.authorization_endpoint))
    }

    /// Turns a code into a session, and the ID token that it is made of.
    ///
    /// # Errors
    /// [`RedeemError`]
    pub async fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<(Session, IdToken), RedeemError> {
        let metadata = self.metadata()?;
        self.check_response_issuer(callback.issuer.as_deref(), &metadata)?;
        let grant = callback.grant(redirect_uri);
        let credentials = self.credentials().map_err(|_| match self.settings.registration.credential {
            ClientCredential::Secret(_) => RedeemError::ClientSecret,
            ClientCredential::AssertionFile(_) => RedeemError::ClientAssertion,
        })?;
        let response = self.tokens.exchange(&self.client, &metadata.token_endpoint, &credentials, &grant).await?;
        let raw = response.id_token.as_ref().ok_or(RedeemError::NoIdToken)?;
        let nonce = callback.attempt.nonce.hash();
        let id_token = self.verify(raw, self.login_nonce(&nonce), &metadata, now).await?;
        let identity = self.identify(&id_token, &response.access_token, &metadata).await?;
        if identity.email.is_none() {
            return Err(RedeemError::NoEmail);
        }
        let mut session = Session { nonce: callback.attempt.nonce.expose().to_vec(), ..Session::default() };
        identity.write_to(&mut session);
        take_tokens(&mut session, response, now);
        Ok((session, id_token))
    }

    /// Gets new tokens for a session, and its claims with them; while the userinfo endpoint is away those stay what they were.
    ///
    /// # Errors
    /// [`RefreshError`]
    pub async fn refresh(&self, session: &Session, now: SystemTime) -> Result<Renewal, RefreshError> {
        let Some(refresh_token) = &session.refresh_token else { return Ok(Renewal::NothingToDo) };
        let metadata = self.metadata()?;
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose().as_str())];
        let credentials = self.credentials().map_err(|_| match self.settings.registration.credential {
            ClientCredential::Secret(_) => RefreshError::ClientSecret,
            ClientCredential::AssertionFile(_) => RefreshError::ClientAssertion,
        })?;
        let response = self.tokens.exchange(&self.client, &metadata.token_endpoint, &credentials, &grant).await?;
        let mut renewed = session.clone();
        let mut id_token = None;
        if let Some(raw) = &response.id_token {
            let nonce = login::nonce_hash(&session.nonce);
            let verified = self.verify(raw, self.later_nonce(&nonce), &metadata, now).await?;
            // OIDC Core §12.2: `sub` is that of the login.
            if session.user.as_deref().is_some_and(|user| user != verified.subject()) {
                return Err(RefreshError::SubjectChanged);
            }
            match self.identify(&verified, &response.access_token, &metadata).await {
                Ok(mut identity) => {
                    // The rules for addresses were asked about the one of before (P63).
                    identity.email = identity.email.or_else(|| session.email.clone());
                    identity.write_to(&mut renewed);
                }
                // The old refresh token may be used up, so the new one must not be lost for a question that can wait.
                Err(ClaimsError::UserInfo(error)) if error.fault.is_outage() => {
                    tracing::warn!(code = %Code::ProviderClaims, error = %chain(&error), "the claims of a refreshed session stay what they were");
                }
                Err(error) => return Err(error.into()),
            }
            id_token = Some(verified);
        }
        take_tokens(&mut renewed, response, now);
        Ok(Renewal::Renewed { session: Box::new(renewed), id_token })
    }

    /// Asks whether a session still holds.
    ///
    /// # Errors
    /// [`ValidateError`]
    pub async fn validate(
        &self,
        session: &Session,
        freshness: Freshness,
        now: SystemTime,
    ) -> Result<(), ValidateError> {
        match (freshness, &self.settings.validate_endpoint) {
            (Freshness::JustRefreshed, None) => Ok(()),
            (Freshness::JustRefreshed, Some(endpoint)) => {
                let access_token = session.access_token.as_ref().ok_or(ValidateError::NoAccessToken)?;
                let presented = Presented::Headers(ApiHeaders::openid(access_token));
                Ok(self.client.validate(endpoint, presented).await?)
            }
            (Freshness::Stored, _) => {
                let raw = session.id_token.as_ref().ok_or(ValidateError::NoIdToken)?;
                let metadata = self.metadata()?;
                let nonce = login::nonce_hash(&session.nonce);
                self.verify(raw, self.later_nonce(&nonce), &metadata, now).await?;
                Ok(())
            }
        }
    }

    /// RFC 9207 §2.4: `iss` in the response is our provider; and it is there if the provider says it always is.
    fn check_response_issuer(&self, issuer: Option<&str>, metadata: &Metadata) -> Result<(), RedeemError> {
        let is_ours = match (self.settings.issuer_check, issuer) {
            (IssuerCheck::InsecureSkipped, _) => true,
            (IssuerCheck::Required, Some(issuer)) => issuer == self.settings.issuer,
            (IssuerCheck::Required, None) => !metadata.names_issuer_in_response,
        };
        if is_ours { Ok(()) } else { Err(RedeemError::Issuer) }
    }

    /// Whose token this is: a session that holds the identity and nothing else. The access token is for the userinfo
    /// endpoint, if a claim is absent.
    ///
    /// # Errors
    /// [`ClaimsError`]
    pub async fn identity(
        &self,
        id_token: &IdToken,
        access_token: &Secret<String>,
        metadata: &Metadata,
    ) -> Result<Session, ClaimsError> {
        let mut session = Session::default();
        self.identify(id_token, access_token, metadata).await?.write_to(&mut session);
        Ok(session)
    }

    async fn identify(
        &self,
        id_token: &IdToken,
        access_token: &Secret<String>,
        metadata: &Metadata,
    ) -> Result<Identity, ClaimsError> {
        let lack = identity::lack(&self.settings, id_token);
        let endpoint = metadata.userinfo_endpoint.as_ref().filter(|_| lack != Lack::Nothing);
        let userinfo = match (endpoint, self.settings.userinfo_claims) {
            (Some(endpoint), UserInfoClaims::Used) => {
                match userinfo::fetch(&self.client, endpoint, access_token, id_token.subject()).await {
                    Ok(claims) => Some(claims),
                    Err(error) if lack == Lack::Extras => {
                        tracing::warn!(code = %Code::ProviderClaims, %error, fault = %error.fault, "additional claims are missing from the session");
                        None
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            (None, _) | (Some(_), UserInfoClaims::Skipped) => None,
        };
        Identity::read(&self.settings, id_token, userinfo.as_ref())
    }

    fn credentials(&self) -> std::io::Result<ClientCredentials<'_>> {
        ClientCredentials::read(&self.settings.registration)
    }

    fn scope(&self) -> &str {
        match (&self.settings.registration.scope, self.settings.group_restriction) {
            (Some(scope), _) => scope,
            (None, GroupRestriction::None) => "openid email profile",
            (None, GroupRestriction::Some) => "openid email profile groups",
        }
    }
}

/// The tokens of a response become those of the session: an ID token or refresh token that did not
/// come stays, access token and times are always the new ones.
fn take_tokens(session: &mut Session, response: TokenResponse, now: SystemTime) {
    session.access_token = Some(response.access_token);
    if response.id_token.is_some() {
        session.id_token = response.id_token;
    }
    if response.refresh_token.is_some() {
        session.refresh_token = response.refresh_token;
    }
    session.created_at = Some(now);
    session.expires_at = response.expires_in.and_then(|expires_in| now.checked_add(expires_in));
}

fn read_keys(keys: &KeySource, client: &Client, background: &Background) -> Result<Keys, BuildError> {
    let paths = match keys {
        KeySource::Remote(_) => return Ok(Keys::remote(client.clone(), background.handle())),
        KeySource::PemFiles(paths) => paths,
    };
    let read = |path: &PathBuf| {
        let pem = std::fs::read_to_string(path).map_err(|source| BuildError::ReadKey { path: path.clone(), source })?;
        PublicKey::from_pem(&pem).map_err(|source| BuildError::Key { path: path.clone(), source })
    };
    Ok(Keys::fixed(paths.iter().map(read).collect::<Result<KeySet, _>>()?))
}
