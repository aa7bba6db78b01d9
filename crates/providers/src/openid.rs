//! `oidc`: a provider that does what OpenID Connect says, and nothing else; and the same with a dialect.

use std::sync::Arc;
use std::time::SystemTime;

use sidecar_core::Session;
use sidecar_core::login::LoginAttempt;
use sidecar_oidc::{
    AuthorizationRequest, Background, BoxFuture, BuildError, ClaimsError, Client, Freshness, Provider, RedeemError,
    RefreshError, Refreshed, RelyingParty, Renewal, Settings, Unavailable, ValidateError, VerifiedCallback,
};

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
    relying_party: Arc<RelyingParty>,
    dialect: Dialect,
    background: Background,
}

impl OpenId {
    pub(crate) fn start(
        settings: Settings,
        dialect: Dialect,
        client: Client,
        background: Background,
    ) -> Result<Self, BuildError> {
        let relying_party = Arc::new(RelyingParty::start(settings, client, &background)?);
        Ok(Self { relying_party, dialect, background })
    }
}

impl Provider for OpenId {
    fn display_name(&self) -> &str {
        self.relying_party.settings().registration.display_name.as_deref().unwrap_or(self.dialect.name)
    }

    fn status(&self) -> Result<(), Unavailable> {
        self.relying_party.metadata().map(|_| ())
    }

    fn ready_once(&self) -> BoxFuture<Result<(), Unavailable>> {
        let relying_party = Arc::clone(&self.relying_party);
        self.background.run(async move { relying_party.ready_once().await })
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.relying_party.new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        self.relying_party.authorization_url(request, &[])
    }

    fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> BoxFuture<Result<Session, RedeemError>> {
        let relying_party = Arc::clone(&self.relying_party);
        let redirect_uri = redirect_uri.to_owned();
        let complete = self.dialect.complete;
        let work = async move {
            let (mut session, _) = relying_party.redeem(callback, &redirect_uri, now).await?;
            complete(&mut session)?;
            Ok(session)
        };
        self.background.run(work)
    }

    fn refresh(&self, session: &Session, now: SystemTime) -> BoxFuture<Result<Refreshed, RefreshError>> {
        let relying_party = Arc::clone(&self.relying_party);
        let session = session.clone();
        let complete = self.dialect.complete;
        let work = async move {
            let mut renewal = relying_party.refresh(&session, now).await?;
            if let Renewal::Renewed { session, .. } = &mut renewal {
                complete(session)?;
            }
            Ok(Refreshed::from(renewal))
        };
        self.background.run(work)
    }

    fn validate(
        &self,
        session: &Session,
        freshness: Freshness,
        now: SystemTime,
    ) -> BoxFuture<Result<(), ValidateError>> {
        let relying_party = Arc::clone(&self.relying_party);
        let session = session.clone();
        let work = async move { relying_party.validate(&session, freshness, now).await };
        self.background.run(work)
    }
}
