//! Tokens that the provider signed, verified by the policy that the settings make.

use std::time::SystemTime;

use sidecar_core::{Secret, Session};

use super::RelyingParty;
use crate::algorithm::Algorithm;
use crate::bearer::{self, BearerError};
use crate::error::ValidateError;
use crate::id_token::{self, IdToken, IdTokenError, IssuerRule, NonceRule, PartyRule, PastIdToken, Policy, recall};
use crate::identity::Identity;
use crate::metadata::Metadata;
use crate::settings::{IssuerCheck, NonceCheck};

impl RelyingParty {
    /// Verifies a token that the provider signed for us: [`id_token::verify`] with the policy of the settings.
    ///
    /// # Errors
    /// [`IdTokenError`] names the check that failed.
    pub async fn verify(
        &self,
        raw: &Secret<String>,
        nonce: NonceRule<'_>,
        metadata: &Metadata,
        now: SystemTime,
    ) -> Result<IdToken, IdTokenError> {
        let algorithms = self.algorithms(metadata);
        let policy = self.policy(&algorithms, nonce, PartyRule::Us, now);
        id_token::verify(raw.expose(), &policy, &self.keys).await
    }

    /// Verifies a token that a request brought, as far as that can be done at once; `None` leaves it to
    /// [`RelyingParty::verify_bearer`].
    #[must_use]
    pub fn verify_bearer_at_once(
        &self,
        token: &Secret<String>,
        now: SystemTime,
    ) -> Option<Result<IdToken, BearerError>> {
        let algorithms = match self.metadata() {
            Ok(metadata) => self.algorithms(&metadata),
            Err(unavailable) => return Some(Err(unavailable.into())),
        };
        let policy = self.policy(&algorithms, NonceRule::Unchecked, PartyRule::Any, now);
        let verified = id_token::verify_at_once(token.expose(), &policy, &self.keys);
        verified.map(|verified| verified.map_err(BearerError::from))
    }

    /// Verifies a token that a request brought: the policy of a login, but that no `nonce` was sent and that another client
    /// may have asked for the token.
    ///
    /// # Errors
    /// [`BearerError`]
    pub async fn verify_bearer(&self, token: &Secret<String>, now: SystemTime) -> Result<IdToken, BearerError> {
        let algorithms = self.algorithms(&*self.metadata()?);
        let policy = self.policy(&algorithms, NonceRule::Unchecked, PartyRule::Any, now);
        Ok(id_token::verify(token.expose(), &policy, &self.keys).await?)
    }

    /// The session of whoever presents this token: no userinfo endpoint is asked, and without an e-mail address the subject
    /// stands for it.
    ///
    /// # Errors
    /// [`BearerError::Claims`]
    pub fn bearer_session(
        &self,
        id_token: &IdToken,
        token: &Secret<String>,
        now: SystemTime,
    ) -> Result<Session, BearerError> {
        let mut session = Session { created_at: Some(now), ..bearer::session_of(id_token, token) };
        Identity::read(&self.settings, id_token, None)?.write_to(&mut session);
        session.email = session.email.or_else(|| session.user.clone());
        Ok(session)
    }

    /// Reads the ID token of a session that was let in somewhere, whatever has become of it since: see [`recall`].
    ///
    /// # Errors
    /// [`ValidateError`]; [`ValidateError::is_outage`] says whether the token was looked at.
    pub async fn recall(&self, session: &Session) -> Result<PastIdToken, ValidateError> {
        let raw = session.id_token.as_ref().ok_or(ValidateError::NoIdToken)?;
        let metadata = self.metadata()?;
        Ok(recall(raw.expose(), self.issuer_rule(), &self.algorithms(&metadata), &self.keys).await?)
    }

    /// The rule for the token of a login.
    pub(super) fn login_nonce<'a>(&self, sent: &'a str) -> NonceRule<'a> {
        match self.settings.nonce {
            NonceCheck::Required => NonceRule::Equals(sent),
            NonceCheck::InsecureSkipped => NonceRule::Unchecked,
        }
    }

    /// The rule for tokens after the login, where the nonce was demanded. OIDC Core §12.2: a refreshed token need not have
    /// one, "however, if it is present, its value MUST be the same". A session of the original may have none at all.
    pub(super) fn later_nonce<'a>(&self, sent: &'a str) -> NonceRule<'a> {
        match self.settings.nonce {
            NonceCheck::Required => NonceRule::EqualsIfPresent(sent),
            NonceCheck::InsecureSkipped => NonceRule::Unchecked,
        }
    }

    fn policy<'a>(
        &'a self,
        algorithms: &'a [Algorithm],
        nonce: NonceRule<'a>,
        authorized_party: PartyRule,
        now: SystemTime,
    ) -> Policy<'a> {
        Policy {
            issuer: self.issuer_rule(),
            client_id: &self.settings.registration.client_id,
            extra_audiences: &self.settings.extra_audiences,
            audience_claims: &self.settings.audience_claims,
            algorithms,
            nonce,
            authorized_party,
            now,
        }
    }

    fn issuer_rule(&self) -> IssuerRule<'_> {
        match self.settings.issuer_check {
            IssuerCheck::Required => IssuerRule::Exactly(&self.settings.issuer),
            IssuerCheck::InsecureSkipped => IssuerRule::Any,
        }
    }

    pub(super) fn algorithms(&self, metadata: &Metadata) -> Vec<Algorithm> {
        Algorithm::allowed(&self.settings.signing_algorithms, &metadata.id_token_signing_algorithms)
    }
}
