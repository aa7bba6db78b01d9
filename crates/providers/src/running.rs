//! What all kinds of providers have in common: their calls run in tasks of their own, on the runtime for them.
//!
//! ```text
//! GitHub, Google, OpenId, … : Kind ─► run ─► Arc<dyn Provider>
//! ```

use std::sync::Arc;
use std::time::SystemTime;

use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::Standing;
use sidecar_core::{Secret, Session};
use sidecar_oidc::id_token::IdToken;
use sidecar_oidc::{
    AuthorizationRequest, Background, BearerError, BoxFuture, Freshness, Provider, RedeemError, RefreshError,
    Refreshed, Registration, RelyingParty, StandingError, Unavailable, ValidateError, VerifiedCallback,
};

/// What one kind of provider does, with the methods of [`Provider`]; [`run`] makes one of it.
pub(crate) trait Kind: Send + Sync + 'static {
    /// The text of the sign-in button unless one is configured.
    fn name(&self) -> &'static str;

    fn registration(&self) -> &Registration;

    /// The client of OpenID Connect beneath, which learns about the provider and verifies the tokens that requests bring.
    /// Without one there is nothing to be learned, and they are nobody's.
    fn relying_party(&self) -> Option<&RelyingParty> {
        None
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable>;

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable>;

    fn has_account_chooser(&self) -> bool {
        false
    }

    fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> impl Future<Output = Result<Session, RedeemError>> + Send;

    fn refresh(
        &self,
        session: &Session,
        now: SystemTime,
    ) -> impl Future<Output = Result<Refreshed, RefreshError>> + Send;

    fn validate(
        &self,
        session: &Session,
        freshness: Freshness,
        now: SystemTime,
    ) -> impl Future<Output = Result<(), ValidateError>> + Send;

    /// The session of whoever presents a token that [`Kind::relying_party`] verified.
    fn bearer_session(
        &self,
        _id_token: &IdToken,
        _token: &Secret<String>,
        _now: SystemTime,
    ) -> Result<Session, BearerError> {
        Err(BearerError::NotSupported)
    }

    fn standing(&self, _session: &Session) -> Standing {
        Standing::Met
    }

    /// Asked only about a session of which [`Kind::standing`] does not tell.
    fn ask_standing(&self, _session: &Session) -> impl Future<Output = Result<Standing, StandingError>> + Send {
        std::future::ready(Ok(Standing::Unanswered))
    }
}

struct Running<K> {
    kind: Arc<K>,
    background: Background,
}

/// Lets a kind of provider do its work on the runtime of `background`.
pub(crate) fn run(kind: impl Kind, background: Background) -> Arc<dyn Provider> {
    Arc::new(Running { kind: Arc::new(kind), background })
}

impl<K: Kind> Provider for Running<K> {
    fn display_name(&self) -> &str {
        self.kind.registration().display_name.as_deref().unwrap_or(self.kind.name())
    }

    fn status(&self) -> Result<(), Unavailable> {
        self.kind.relying_party().map_or(Ok(()), |relying_party| relying_party.metadata().map(|_| ()))
    }

    fn ready_once(&self) -> BoxFuture<Result<(), Unavailable>> {
        let kind = Arc::clone(&self.kind);
        self.background.run(async move {
            match kind.relying_party() {
                Some(relying_party) => relying_party.ready_once().await,
                None => Ok(()),
            }
        })
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.kind.new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        self.kind.authorization_url(request)
    }

    fn has_account_chooser(&self) -> bool {
        self.kind.has_account_chooser()
    }

    fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> BoxFuture<Result<Session, RedeemError>> {
        let (kind, redirect_uri) = (Arc::clone(&self.kind), redirect_uri.to_owned());
        self.background.run(async move { kind.redeem(callback, &redirect_uri, now).await })
    }

    fn refresh(&self, session: &Session, now: SystemTime) -> BoxFuture<Result<Refreshed, RefreshError>> {
        let (kind, session) = (Arc::clone(&self.kind), session.clone());
        self.background.run(async move { kind.refresh(&session, now).await })
    }

    fn validate(
        &self,
        session: &Session,
        freshness: Freshness,
        now: SystemTime,
    ) -> BoxFuture<Result<(), ValidateError>> {
        let (kind, session) = (Arc::clone(&self.kind), session.clone());
        self.background.run(async move { kind.validate(&session, freshness, now).await })
    }

    fn bearer(&self, token: &Secret<String>, now: SystemTime) -> BoxFuture<Result<Session, BearerError>> {
        let Some(verifier) = self.kind.relying_party() else {
            return Box::pin(std::future::ready(Err(BearerError::NotSupported)));
        };
        if let Some(verified) = verifier.verify_bearer_at_once(token, now) {
            let session = verified.and_then(|id_token| self.kind.bearer_session(&id_token, token, now));
            return Box::pin(std::future::ready(session));
        }
        let (kind, token) = (Arc::clone(&self.kind), token.clone());
        self.background.run(async move {
            let verifier = kind.relying_party().ok_or(BearerError::NotSupported)?;
            let id_token = verifier.verify_bearer(&token, now).await?;
            kind.bearer_session(&id_token, &token, now)
        })
    }

    fn standing(&self, session: &Session) -> Standing {
        self.kind.standing(session)
    }

    fn ask_standing(&self, session: &Session, _now: SystemTime) -> BoxFuture<Result<Standing, StandingError>> {
        match self.kind.standing(session) {
            Standing::Unasked => {
                let (kind, session) = (Arc::clone(&self.kind), session.clone());
                self.background.run(async move { kind.ask_standing(&session).await })
            }
            told @ (Standing::Met | Standing::Unmet(_) | Standing::Unanswered) => {
                Box::pin(std::future::ready(Ok(told)))
            }
        }
    }
}
