//! What the rest of the program asks of an identity provider, whoever it is.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use sidecar_core::Session;
use sidecar_core::login::LoginAttempt;

use crate::background::Interrupted;
use crate::callback::VerifiedCallback;
use crate::client::CallError;
use crate::id_token::IdTokenError;
use crate::jwks::KeysError;
use crate::token::TokenError;

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
}

/// The provider cannot be asked now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider is not available: {reason}")]
pub struct Unavailable {
    /// For the log: names hosts and faults, never secrets.
    pub reason: String,
    /// When a try may succeed; at least a second.
    pub retry_after: Duration,
}

/// When nobody knows better, a visitor may try again after this.
const RETRY_AFTER: Duration = Duration::from_secs(10);

impl Unavailable {
    /// [`Unavailable::retry_after`] in the whole seconds that the header `Retry-After` takes, rounded up, at least 1.
    #[must_use]
    pub fn retry_after_seconds(&self) -> u64 {
        seconds_up(self.retry_after)
    }
}

impl From<Interrupted> for Unavailable {
    fn from(interrupted: Interrupted) -> Self {
        Self { reason: interrupted.to_string(), retry_after: RETRY_AFTER }
    }
}

fn seconds_up(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
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

/// How a failed login is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 403: this visitor may not in, or not with this token.
    Forbidden,
    /// 500: something is broken between us and the provider.
    Failed,
    /// 503 with `Retry-After`: the provider is away.
    Unavailable {
        /// Whole seconds, at least 1.
        retry_after: u64,
    },
}

/// Why a code did not become a session.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedeemError {
    /// Nothing is known about the provider yet.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The response's `iss` is not the configured issuer, or is missing although the provider promises it (RFC 9207 §2.4).
    #[error("the authorization response came from another issuer")]
    Issuer,
    /// The client secret's file cannot be read.
    #[error("could not read client secret file")]
    ClientSecret,
    /// The token endpoint gave no tokens.
    #[error("token exchange failed")]
    Token(#[from] TokenError),
    /// The answer has no `id_token`.
    #[error("token response did not contain an id_token")]
    NoIdToken,
    /// The ID token did not pass.
    #[error("could not verify id_token")]
    IdToken(#[from] IdTokenError),
    /// The claims make no identity.
    #[error("could not get the visitor's claims")]
    Claims(#[from] ClaimsError),
    /// No e-mail address in the claims.
    #[error("neither the id_token nor the profileURL set an email")]
    NoEmail,
    /// The task that did it ended before it was done.
    #[error("the exchange was interrupted")]
    Interrupted(#[from] Interrupted),
}

/// Why verified claims make no identity.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The ID token lacks a claim, and the userinfo endpoint could not be asked for it.
    #[error("failed to fetch claims from profile URL")]
    UserInfo(#[from] CallError),
    /// `email_verified` says no.
    #[error("email not verified")]
    EmailNotVerified,
}

impl RedeemError {
    /// How the visitor is answered (providers.md 2.1; D18, D55).
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let away = |is_outage| {
            let retry_after = seconds_up(RETRY_AFTER);
            if is_outage { Verdict::Unavailable { retry_after } } else { Verdict::Failed }
        };
        match self {
            Self::Unavailable(unavailable) => Verdict::Unavailable { retry_after: unavailable.retry_after_seconds() },
            Self::Issuer | Self::Claims(ClaimsError::EmailNotVerified) => Verdict::Forbidden,
            Self::IdToken(error) if error.is_refusal() => Verdict::Forbidden,
            Self::IdToken(IdTokenError::Keys(error)) => away(error.is_outage()),
            Self::Token(TokenError::Call(error)) | Self::Claims(ClaimsError::UserInfo(error)) => {
                away(error.fault.is_outage())
            }
            Self::ClientSecret
            | Self::Token(_)
            | Self::NoIdToken
            | Self::IdToken(_)
            | Self::NoEmail
            | Self::Interrupted(_) => Verdict::Failed,
        }
    }
}

impl KeysError {
    /// Whether a later try may find the keys.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Call(error) => error.fault.is_outage(),
            Self::CoolingDown | Self::NotDiscovered => true,
        }
    }
}

/// Why a session was not refreshed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// Nothing is known about the provider yet.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The client secret's file cannot be read.
    #[error("could not read client secret file")]
    ClientSecret,
    /// The token endpoint gave no tokens.
    #[error("unable to redeem refresh token")]
    Token(#[from] TokenError),
    /// The new ID token did not pass.
    #[error("could not verify id_token")]
    IdToken(#[from] IdTokenError),
    /// The new ID token is of somebody else (OIDC Core §12.2; D56).
    #[error("the refreshed id_token has another sub")]
    SubjectChanged,
    /// The new claims make no identity.
    #[error("could not get the visitor's claims")]
    Claims(#[from] ClaimsError),
    /// The task that did it ended before it was done.
    #[error("the refresh was interrupted")]
    Interrupted(#[from] Interrupted),
}

impl RefreshError {
    /// Whether the session is over, rather than its refresh put off: the provider says so (`invalid_grant`,
    /// `invalid_client`), or it came back as somebody else.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        match self {
            Self::Token(error) => error.ends_session(),
            Self::SubjectChanged => true,
            Self::Unavailable(_) | Self::ClientSecret | Self::IdToken(_) | Self::Claims(_) | Self::Interrupted(_) => {
                false
            }
        }
    }
}

/// Why a session does not hold.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// There is no ID token to verify.
    #[error("the session has no id_token")]
    NoIdToken,
    /// The ID token does not pass any more; it may just have expired.
    #[error("could not verify id_token")]
    IdToken(#[from] IdTokenError),
    /// There is no access token to ask the `validate-url` with.
    #[error("the session has no access token")]
    NoAccessToken,
    /// The `validate-url` did not say yes.
    #[error("the validate URL did not confirm the session")]
    Validate(#[from] CallError),
    /// Nothing is known about the provider yet.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The task that did it ended before it was done.
    #[error("the validation was interrupted")]
    Interrupted(#[from] Interrupted),
}

impl ValidateError {
    /// Whether the provider was away, so that nothing was learned about the session.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::IdToken(IdTokenError::Keys(error)) => error.is_outage(),
            Self::Validate(error) => error.fault.is_outage(),
            Self::Unavailable(_) | Self::Interrupted(_) => true,
            Self::NoIdToken | Self::IdToken(_) | Self::NoAccessToken => false,
        }
    }
}
