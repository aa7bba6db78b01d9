//! Why a provider did not do what it was asked, as far as somebody can act on it: how the visitor is answered, whether a
//! session is over, when to try again.

use std::time::Duration;

use sidecar_core::code::Code;
use sidecar_core::policy::Requirement;

use crate::background::Interrupted;
use crate::client::{CallError, Fault};
use crate::id_token::IdTokenError;
use crate::jwks::KeysError;
use crate::limits::LONGEST_ASKED;
use crate::token::TokenError;

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
    /// The file with the client's assertion cannot be read.
    #[error("could not read the file with the client's assertion")]
    ClientAssertion,
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
    /// The provider did not tell who the visitor is.
    #[error("could not get the visitor's data")]
    UserData(#[source] CallError),
    /// The `validate-url` did not confirm the new session.
    #[error("the validate URL did not confirm the login")]
    NotConfirmed(#[source] CallError),
    /// A restriction that holds for every login is not met.
    #[error(transparent)]
    Unmet(Requirement),
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
    /// The access token is no JWT, though its claims are needed.
    #[error("malformed access token, expected a JWT")]
    AccessToken,
}

impl RedeemError {
    /// The code of what happened.
    #[must_use]
    pub fn code(&self) -> Code {
        if let Verdict::Unavailable { .. } = self.verdict() {
            return Code::ProviderDown;
        }
        match self {
            Self::Unavailable(_) => Code::ProviderDown,
            Self::Issuer => Code::LoginIssuer,
            Self::ClientSecret | Self::ClientAssertion => Code::LoginCredential,
            Self::Token(_) => Code::LoginExchange,
            Self::NoIdToken => Code::LoginToken,
            Self::IdToken(IdTokenError::Keys(_)) => Code::ProviderKeys,
            Self::IdToken(error) if error.is_refusal() => Code::LoginToken,
            Self::IdToken(_) => Code::LoginUnverified,
            Self::Claims(ClaimsError::EmailNotVerified) | Self::NoEmail => Code::LoginEmail,
            Self::Claims(ClaimsError::UserInfo(_) | ClaimsError::AccessToken) | Self::UserData(_) => Code::LoginClaims,
            Self::NotConfirmed(_) => Code::LoginValidate,
            Self::Unmet(requirement) => requirement.code(),
            Self::Interrupted(_) => Code::Internal,
        }
    }

    /// How the visitor is answered (D18, D55): a session that the `validate-url` does not confirm is refused,
    /// as the original does.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Unavailable(unavailable) => Verdict::Unavailable { retry_after: unavailable.retry_after_seconds() },
            Self::Issuer | Self::Unmet(_) | Self::Claims(ClaimsError::EmailNotVerified) => Verdict::Forbidden,
            Self::IdToken(error) if error.is_refusal() => Verdict::Forbidden,
            Self::IdToken(IdTokenError::Keys(error)) => error.verdict(),
            Self::Token(TokenError::Call(error))
            | Self::Claims(ClaimsError::UserInfo(error))
            | Self::UserData(error) => error.verdict(),
            Self::NotConfirmed(error) => match error.verdict() {
                away @ Verdict::Unavailable { .. } => away,
                Verdict::Failed | Verdict::Forbidden => Verdict::Forbidden,
            },
            Self::ClientSecret
            | Self::ClientAssertion
            | Self::Token(_)
            | Self::NoIdToken
            | Self::IdToken(_)
            | Self::Claims(ClaimsError::AccessToken)
            | Self::NoEmail
            | Self::Interrupted(_) => Verdict::Failed,
        }
    }
}

impl CallError {
    /// How the visitor whose login needed the call is answered.
    fn verdict(&self) -> Verdict {
        if !self.fault.is_outage() {
            return Verdict::Failed;
        }
        let asked = self.retry_after.map(|asked| asked.min(LONGEST_ASKED));
        Verdict::Unavailable { retry_after: seconds_up(asked.unwrap_or(RETRY_AFTER)) }
    }
}

impl KeysError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Call(error) => error.verdict(),
            Self::CoolingDown | Self::NotDiscovered => Verdict::Unavailable { retry_after: seconds_up(RETRY_AFTER) },
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
    /// The file with the client's assertion cannot be read.
    #[error("could not read the file with the client's assertion")]
    ClientAssertion,
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
    /// The provider did not tell what the visitor is now.
    #[error("could not get the visitor's data")]
    UserData(#[source] CallError),
    /// The task that did it ended before it was done.
    #[error("the refresh was interrupted")]
    Interrupted(#[from] Interrupted),
}

impl RefreshError {
    /// The code of what happened.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::SubjectChanged => Code::SessionSubject,
            Self::Token(error) if error.ends_session() => Code::SessionEnded,
            Self::Unavailable(_)
            | Self::ClientSecret
            | Self::ClientAssertion
            | Self::Token(_)
            | Self::IdToken(_)
            | Self::Claims(_)
            | Self::UserData(_)
            | Self::Interrupted(_) => Code::SessionRefresh,
        }
    }

    /// Whether the session is over, rather than its refresh put off: the provider says so (`invalid_grant`,
    /// `invalid_client`), or it came back as somebody else.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        match self {
            Self::Token(error) => error.ends_session(),
            Self::SubjectChanged => true,
            Self::Unavailable(_)
            | Self::ClientSecret
            | Self::ClientAssertion
            | Self::IdToken(_)
            | Self::Claims(_)
            | Self::UserData(_)
            | Self::Interrupted(_) => false,
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
    /// A restriction that holds for every session is not met.
    #[error(transparent)]
    Unmet(Requirement),
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
    /// Whether the provider was away or broken, so that nothing was learned about the session: without keys nobody looked at
    /// it, and a status of 500 and more is about the provider itself (RFC 9110 §15.6).
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Validate(error) => error.fault.is_outage() || matches!(error.fault, Fault::Status(500..)),
            Self::IdToken(IdTokenError::Keys(_)) | Self::Unavailable(_) | Self::Interrupted(_) => true,
            Self::NoIdToken | Self::IdToken(_) | Self::Unmet(_) | Self::NoAccessToken => false,
        }
    }
}
