//! What the rest of the program asks of an identity provider, whoever it is.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::Standing;
use sidecar_core::{Secret, Session};

use crate::background::Interrupted;
use crate::bearer::BearerError;
use crate::callback::VerifiedCallback;
use crate::client::CallError;
use crate::error::{RedeemError, RefreshError, Unavailable, ValidateError};
use crate::limits::LONGEST_ASKED;

/// A future that needs nothing of the one who asked: what it does runs in a task of its own, so it is finished even when
/// the visitor hangs up and the future is dropped (a rotated refresh token is not lost half-way).
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One identity provider. Callable from any thread and any runtime.
pub trait Provider: Send + Sync {
    /// The text of the sign-in button.
    fn display_name(&self) -> &str;

    /// Whether a login can begin now. Looks at what is known and asks nobody.
    ///
    /// # Errors
    /// [`Unavailable`] says why not, and when to try again.
    fn status(&self) -> Result<(), Unavailable>;

    /// Waits for the first attempt to learn about the provider to end (`oidc-discovery-required`).
    fn ready_once(&self) -> BoxFuture<Result<(), Unavailable>>;

    /// The secrets of a new login, with a PKCE verifier where the provider takes it.
    ///
    /// # Errors
    /// [`Unavailable`], also in the case that the system has no random bytes.
    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable>;

    /// Where the browser is sent to log in.
    ///
    /// # Errors
    /// [`Unavailable`] while nobody knows where that is.
    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable>;

    /// Whether a login can be for [`Account::Chosen`]. Without it a visitor who is logged in there with one account comes
    /// back with the same one.
    fn has_account_chooser(&self) -> bool {
        false
    }

    /// Turns the code of a verified callback into a session: token exchange, ID token, claims.
    ///
    /// `redirect_uri` is the one the login began with. The session has no expiry when the provider named none.
    fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> BoxFuture<Result<Session, RedeemError>>;

    /// Gets new tokens for `session`, and the identity that comes with them.
    fn refresh(&self, session: &Session, now: SystemTime) -> BoxFuture<Result<Refreshed, RefreshError>>;

    /// Asks whether `session` still holds.
    fn validate(
        &self,
        session: &Session,
        freshness: Freshness,
        now: SystemTime,
    ) -> BoxFuture<Result<(), ValidateError>>;

    /// The session that a token is which a request brought (`skip-jwt-bearer-tokens`): this provider signed it for us. Ready
    /// at once unless keys have to be fetched.
    fn bearer(&self, _token: &Secret<String>, _now: SystemTime) -> BoxFuture<Result<Session, BearerError>> {
        Box::pin(std::future::ready(Err(BearerError::NotSupported)))
    }

    /// What the provider's own restrictions (an organization, a team, a repository, a tenant) make of a session, whoever
    /// made it (D41). Looks at the session alone; runs on every request, so it is quick.
    ///
    /// [`Standing::Unasked`] when the session does not tell: then [`Provider::ask_standing`] does.
    fn standing(&self, _session: &Session) -> Standing {
        Standing::Met
    }

    /// Finds out what [`Provider::standing`] could not tell. The answer is never [`Standing::Unasked`]; whoever asks keeps
    /// it for a while.
    fn ask_standing(&self, session: &Session, _now: SystemTime) -> BoxFuture<Result<Standing, StandingError>> {
        let standing = self.standing(session);
        Box::pin(std::future::ready(Ok(standing)))
    }
}

/// Why it is not known whether a session meets the provider's restrictions.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandingError {
    /// The provider gave no usable answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Nothing is known about the provider yet.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The task that asked ended before it was done.
    #[error("the question was interrupted")]
    Interrupted(#[from] Interrupted),
}

impl StandingError {
    /// How long the provider wants to be left alone, five minutes at most; `None` when it did not say.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let asked = match self {
            Self::Call(error) => error.retry_after,
            Self::Unavailable(unavailable) => Some(unavailable.retry_after),
            Self::Interrupted(_) => None,
        };
        asked.map(|asked| asked.min(LONGEST_ASKED))
    }
}

/// What an authorization request needs from us.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Where the provider returns the browser (RFC 6749 §3.1.2).
    pub redirect_uri: &'a str,
    /// The value of `state`, not yet URL-encoded.
    pub state: &'a str,
    /// The attempt that [`Provider::new_attempt`] made for this login.
    pub attempt: &'a LoginAttempt,
    /// Which of the accounts that the visitor has at the provider.
    pub account: Account,
    /// What the visitor asks for, by name and value: the query of a request that begins a login on purpose. Only what
    /// [`LoginParameter::allow`](crate::LoginParameter) admits is heard.
    pub wishes: &'a [(&'a str, &'a str)],
}

/// Which account a login is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Account {
    /// The one that the provider takes by itself.
    #[default]
    Any,
    /// The one that the visitor chooses there: the provider is asked to show its accounts (`prompt=select_account`, OIDC
    /// Core §3.1.2.1).
    Chosen,
}

/// What came of a refresh.
#[derive(Debug)]
pub enum Refreshed {
    /// The session with its new tokens; `created_at` is now.
    Renewed(Box<Session>),
    /// There is no refresh token, so nothing was asked.
    NothingToDo,
    /// The provider knows no refreshing at all.
    NotSupported,
}

/// Whether a session comes from its store or from a refresh in this very request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// From the store: its ID token is verified again.
    Stored,
    /// Just refreshed: its ID token was verified if there was a new one, so only the `validate-url` is asked, if any.
    JustRefreshed,
}
