//! `oidc`: a provider that does what OpenID Connect says, and nothing else; and the same with a dialect.

use std::time::SystemTime;

use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::id_token::IdToken;
use sidecar_oidc::{
    AuthorizationRequest, Background, BearerError, BuildError, ClaimsError, Client, Freshness, RedeemError,
    RefreshError, Refreshed, Registration, RelyingParty, Renewal, Settings, Unavailable, ValidateError,
    VerifiedCallback,
};

use crate::running::Kind;

/// What a provider of the family does beyond the protocol.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// The text of the sign-in button unless one is configured.
    pub(crate) name: &'static str,
    /// Adds to a session that was just made or refreshed what only this provider tells.
    pub(crate) complete: fn(&mut Session) -> Result<(), ClaimsError>,
}

/// None.
pub(crate) const PLAIN: Dialect = Dialect { name: "OpenID Connect", complete: |_| Ok(()) };

/// A provider of the family.
pub(crate) struct OpenId {
    relying_party: RelyingParty,
    dialect: Dialect,
}

impl OpenId {
    pub(crate) fn start(
        settings: Settings,
        dialect: Dialect,
        client: Client,
        background: &Background,
    ) -> Result<Self, BuildError> {
        Ok(Self { relying_party: RelyingParty::start(settings, client, background)?, dialect })
    }
}

impl Kind for OpenId {
    fn name(&self) -> &'static str {
        self.dialect.name
    }

    fn registration(&self) -> &Registration {
        &self.relying_party.settings().registration
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.relying_party.new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        self.relying_party.authorization_url(request, &[])
    }

    async fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<Session, RedeemError> {
        let (mut session, _) = self.relying_party.redeem(callback, redirect_uri, now).await?;
        (self.dialect.complete)(&mut session)?;
        Ok(session)
    }

    async fn refresh(&self, session: &Session, now: SystemTime) -> Result<Refreshed, RefreshError> {
        let mut renewal = self.relying_party.refresh(session, now).await?;
        if let Renewal::Renewed { session, .. } = &mut renewal {
            (self.dialect.complete)(session)?;
        }
        Ok(renewal.into())
    }

    async fn validate(&self, session: &Session, freshness: Freshness, now: SystemTime) -> Result<(), ValidateError> {
        self.relying_party.validate(session, freshness, now).await
    }

    fn relying_party(&self) -> Option<&RelyingParty> {
        Some(&self.relying_party)
    }

    fn bearer_session(
        &self,
        id_token: &IdToken,
        token: &Secret<String>,
        now: SystemTime,
    ) -> Result<Session, BearerError> {
        let mut session = self.relying_party.bearer_session(id_token, token, now)?;
        (self.dialect.complete)(&mut session)?;
        Ok(session)
    }
}
