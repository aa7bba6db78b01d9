//! Tokens that requests bring (RFC 6750): whose they are, and the issuers beside the provider whose tokens count.
//!
//! ```text
//! token ─► id_token::verify ─► IdToken ─► RelyingParty::bearer_session   the provider's own: claims as at a login
//!                                    └──► plain_session                  others: the names of OpenID Connect Core alone
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sidecar_core::claims::ClaimValue;
use sidecar_core::{Secret, Session};

use crate::algorithm::Algorithm;
use crate::background::{Background, Interrupted};
use crate::claims::Claims;
use crate::client::Client;
use crate::discovery::{Discovery, DiscoveryError};
use crate::endpoint_url::{EndpointUrl, EndpointUrlError};
use crate::error::{ClaimsError, Unavailable};
use crate::id_token::{self, IdToken, IdTokenError, IssuerRule, NonceRule, PartyRule, Policy};
use crate::jwks::{Keys, KeysError};
use crate::metadata::{KeyMetadata, MetadataError};
use crate::provider::BoxFuture;
use crate::settings::IssuerCheck;

/// How long a request waits for an issuer of which nothing is known yet.
const FIRST_CONTACT: Duration = Duration::from_secs(3);

/// Why a token that a request brought is nobody's. Never quotes it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BearerError {
    /// The provider issues no tokens that could be verified.
    #[error("the provider has no tokens that can be verified")]
    NotSupported,
    /// Nothing is known about the provider yet.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The token did not pass.
    #[error("failed to verify token")]
    Token(#[from] IdTokenError),
    /// Its claims make no identity.
    #[error("the claims make no session")]
    Claims(#[from] ClaimsError),
    /// A claim has another type than it must have.
    #[error("failed to parse bearer token claim {0:?}")]
    ClaimType(String),
    /// The task that looked at it ended before it was done.
    #[error("the look at the token was interrupted")]
    Interrupted(#[from] Interrupted),
}

impl BearerError {
    /// Whether the token was not looked at, because the issuer or its keys are out of reach.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Interrupted(_) | Self::Token(IdTokenError::Keys(_)) => true,
            Self::NotSupported | Self::Token(_) | Self::Claims(_) | Self::ClaimType(_) => false,
        }
    }
}

/// An issuer beside the provider whose tokens count (`extra-jwt-issuers`).
#[derive(Clone, Debug)]
pub struct ExtraIssuerSettings {
    /// The issuer identifier, compared byte by byte.
    pub issuer: String,
    /// The audience that its tokens must have.
    pub audience: String,
    /// Further audiences that count as us.
    pub extra_audiences: Vec<String>,
    /// The claims that may name the audience, in order.
    pub audience_claims: Vec<String>,
    /// The claim that holds the groups: a name, and no path.
    pub groups_claim: String,
}

/// Where the keys of such an issuer were found.
#[derive(Debug)]
pub enum KeysFound {
    /// Where its metadata says.
    AsAnnounced(EndpointUrl),
    /// Where issuers without metadata have them; why there is none.
    AtTheUsualPlace(EndpointUrl, DiscoveryError),
}

/// Why no token of such an issuer can be verified.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Its metadata, and so its tokens, name another issuer (OIDC Discovery §4.3).
    #[error(transparent)]
    Named(MetadataError),
    /// Its keys cannot be had.
    #[error("the keys at {place}")]
    Keys {
        /// Where they were looked for.
        place: EndpointUrl,
        /// Why.
        source: KeysError,
    },
}

/// Verifies the tokens of one such issuer. What it must know of it is looked for in the background (I-28).
pub struct ExtraIssuer {
    issuer: Arc<Issuer>,
    background: Background,
}

struct Issuer {
    settings: ExtraIssuerSettings,
    discovery: Discovery<KeyMetadata>,
    keys: Keys,
    /// Where the keys are if the issuer has no metadata.
    usual_keys: EndpointUrl,
}

impl ExtraIssuer {
    /// Begins to look for the issuer's keys; waits for nothing.
    ///
    /// # Errors
    /// [`EndpointUrlError`] when the issuer is no URL to ask at.
    pub fn start(
        settings: ExtraIssuerSettings,
        client: &Client,
        background: Background,
    ) -> Result<Self, EndpointUrlError> {
        let base = settings.issuer.strip_suffix('/').unwrap_or(&settings.issuer);
        let usual_keys = EndpointUrl::parse(&format!("{base}/.well-known/jwks.json"))?;
        let discovery = Discovery::start(client.clone(), &settings.issuer, IssuerCheck::Required, background.handle())?;
        let keys = Keys::remote(client.clone(), background.handle());
        Ok(Self { issuer: Arc::new(Issuer { settings, discovery, keys, usual_keys }), background })
    }

    /// Looks once for the issuer's metadata and its keys, as the first token would.
    ///
    /// # Errors
    /// [`IssuerError`]
    pub async fn ready_once(&self) -> Result<KeysFound, IssuerError> {
        let Issuer { discovery, keys, usual_keys, .. } = &*self.issuer;
        let found = match discovery.first_attempt().await {
            Err(DiscoveryError::Metadata(other @ MetadataError::Issuer { .. })) => {
                return Err(IssuerError::Named(other));
            }
            Err(error) => KeysFound::AtTheUsualPlace(usual_keys.clone(), error),
            Ok(()) => {
                let announced = discovery.metadata().map(|metadata| metadata.jwks_uri.clone());
                KeysFound::AsAnnounced(announced.unwrap_or_else(|_| usual_keys.clone()))
            }
        };
        self.issuer.find();
        keys.reach().await.map_err(|source| IssuerError::Keys { place: found.place().clone(), source })?;
        Ok(found)
    }

    /// The session of whoever presents this token. Ready at once unless keys have to be fetched.
    #[must_use]
    pub fn bearer(&self, token: &Secret<String>, now: SystemTime) -> BoxFuture<Result<Session, BearerError>> {
        if let Some(session) = self.issuer.bearer_at_once(token, now) {
            return Box::pin(std::future::ready(session));
        }
        let (issuer, token) = (Arc::clone(&self.issuer), token.clone());
        self.background.run(async move { issuer.bearer(&token, now).await })
    }
}

impl KeysFound {
    fn place(&self) -> &EndpointUrl {
        match self {
            Self::AsAnnounced(place) | Self::AtTheUsualPlace(place, _) => place,
        }
    }
}

impl Issuer {
    fn bearer_at_once(&self, token: &Secret<String>, now: SystemTime) -> Option<Result<Session, BearerError>> {
        // Before anything is known the token is held against what any issuer may sign with, and goes no further than that.
        let known = self.discovery.has_tried();
        let algorithms = if known { self.find() } else { Algorithm::ALL.to_vec() };
        let verified = id_token::verify_at_once(token.expose(), &self.policy(&algorithms, now), &self.keys)?;
        Some(verified.map_err(BearerError::from).and_then(|id_token| self.session(&id_token, token)))
    }

    async fn bearer(&self, token: &Secret<String>, now: SystemTime) -> Result<Session, BearerError> {
        if tokio::time::timeout(FIRST_CONTACT, self.discovery.first_attempt()).await.is_err() {
            return Err(IdTokenError::from(KeysError::NotDiscovered).into());
        }
        let algorithms = self.find();
        let id_token = id_token::verify(token.expose(), &self.policy(&algorithms, now), &self.keys).await?;
        self.session(&id_token, token)
    }

    /// Says where the keys are by now, and what the issuer signs with.
    fn find(&self) -> Vec<Algorithm> {
        if let Ok(metadata) = self.discovery.metadata() {
            self.keys.move_to(&metadata.jwks_uri);
            Algorithm::allowed(&[], &metadata.signing_algorithms)
        } else {
            self.keys.move_to(&self.usual_keys);
            Algorithm::allowed(&[], &[])
        }
    }

    fn policy<'a>(&'a self, algorithms: &'a [Algorithm], now: SystemTime) -> Policy<'a> {
        Policy {
            issuer: IssuerRule::Exactly(&self.settings.issuer),
            client_id: &self.settings.audience,
            extra_audiences: &self.settings.extra_audiences,
            audience_claims: &self.settings.audience_claims,
            algorithms,
            nonce: NonceRule::Unchecked,
            authorized_party: PartyRule::Any,
            now,
        }
    }

    fn session(&self, id_token: &IdToken, token: &Secret<String>) -> Result<Session, BearerError> {
        plain_session(id_token, token, &self.settings.groups_claim)
    }
}

/// A session with the token as all its tokens, until the token expires, and of nobody yet.
pub(crate) fn session_of(id_token: &IdToken, token: &Secret<String>) -> Session {
    Session {
        expires_at: id_token.expires_at(),
        access_token: Some(token.clone()),
        id_token: Some(token.clone()),
        ..Session::default()
    }
}

/// The session of whoever presents a token, by claims of fixed names and types. Without an e-mail address
/// the subject stands for it.
///
/// # Errors
/// [`BearerError::ClaimType`], and [`BearerError::Claims`] when the address is not verified.
pub fn plain_session(id_token: &IdToken, token: &Secret<String>, groups_claim: &str) -> Result<Session, BearerError> {
    let claims = id_token.claims();
    let email = text(claims, "email")?;
    match claims.member("email_verified") {
        None | Some(ClaimValue::Null | ClaimValue::Bool(true)) => {}
        Some(ClaimValue::Bool(false)) => return Err(ClaimsError::EmailNotVerified.into()),
        Some(_) => return Err(BearerError::ClaimType("email_verified".to_owned())),
    }
    Ok(Session {
        email: Some(email.unwrap_or(id_token.subject()).to_owned()),
        user: Some(id_token.subject().to_owned()),
        groups: groups(claims, groups_claim)?,
        preferred_username: text(claims, "preferred_username")?.map(str::to_owned),
        ..session_of(id_token, token)
    })
}

/// A text that is there and not empty.
fn text<'a>(claims: &'a Claims, name: &str) -> Result<Option<&'a str>, BearerError> {
    match claims.member(name) {
        None | Some(ClaimValue::Null) => Ok(None),
        Some(ClaimValue::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(BearerError::ClaimType(name.to_owned())),
    }
}

/// A list of texts, or one text.
fn groups(claims: &Claims, name: &str) -> Result<Vec<String>, BearerError> {
    let wrong = || BearerError::ClaimType(name.to_owned());
    match claims.member(name) {
        None | Some(ClaimValue::Null) => Ok(Vec::new()),
        Some(ClaimValue::String(group)) => Ok(vec![group.clone()]),
        Some(ClaimValue::List(groups)) => groups
            .iter()
            .map(|group| if let ClaimValue::String(group) = group { Ok(group.clone()) } else { Err(wrong()) })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
#[path = "bearer_tests.rs"]
mod tests;
