//! What a failure looks like from outside: a status and words that hold nothing of the error, the query or the
//! provider.

use http::StatusCode;
use sidecar_core::code::Code;
use sidecar_core::metric::{LoginOutcome, UpstreamFault};
use sidecar_core::policy::{Refusal, Requirement};
use sidecar_upstream::Fault;

/// Everything that can end a request with an error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The query or form does not parse; `status` is what the endpoint answers then.
    BadForm(StatusCode),
    /// The login's state was lost, expired or overwritten, and restarting did not help.
    LoginState(LostState),
    /// The `state` parameter cannot be taken apart.
    StateParameter,
    /// The provider answered the login with an error.
    RefusedByProvider,
    /// The callback has no code.
    NoCode,
    /// The ID token or the account is not accepted, by this code.
    TokenRefused(Code),
    /// The login could not be completed for another reason, by this code.
    LoginFailed(Code),
    /// Another site sent the form with the name and the password.
    CrossSiteForm,
    /// Too many passwords are being looked at.
    Busy,
    /// What the request brought in `Authorization` is no token that counts.
    BearerToken,
    /// The provider cannot be reached.
    ProviderDown,
    /// The account may not enter.
    NotAllowed,
    /// The account does not meet what the query of the request asks for.
    Constraint,
    /// A restriction of the provider keeps the account out.
    KeptOut(Requirement),
    /// Whether it does cannot be found out now.
    Unanswered,
    /// The app cannot be reached or gave no valid answer, by this code.
    UpstreamDown(Code),
    /// The app did not answer in time.
    UpstreamTimeout,
    /// The session has as many WebSockets as it may.
    WebSockets,
    /// A body of ours is too large.
    TooLarge,
    /// A fault of ours.
    Internal,
}

/// What became of the state of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LostState {
    /// The browser sent no cookie of this login.
    Missing,
    /// The login took too long.
    Expired,
    /// The cookie belongs to another login or was changed.
    Mismatch,
}

impl Failure {
    /// The status of the answer.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadForm(status) => status,
            Self::LoginState(_)
            | Self::RefusedByProvider
            | Self::TokenRefused(_)
            | Self::CrossSiteForm
            | Self::BearerToken
            | Self::NotAllowed
            | Self::Constraint
            | Self::KeptOut(_) => StatusCode::FORBIDDEN,
            Self::StateParameter | Self::NoCode | Self::LoginFailed(_) | Self::Internal => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Busy | Self::ProviderDown | Self::Unanswered => StatusCode::SERVICE_UNAVAILABLE,
            // compat: v7 answers 502 for a timeout too.
            Self::UpstreamDown(_) | Self::UpstreamTimeout => StatusCode::BAD_GATEWAY,
            Self::WebSockets => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    /// Its code, for the page and the log.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::BadForm(StatusCode::REQUEST_TIMEOUT) => Code::RequestTimeout,
            Self::BadForm(_) => Code::RequestQuery,
            Self::LoginState(LostState::Missing) => Code::LoginCookie,
            Self::LoginState(LostState::Expired) => Code::LoginExpired,
            Self::LoginState(LostState::Mismatch) => Code::LoginMismatch,
            Self::StateParameter => Code::LoginState,
            Self::RefusedByProvider => Code::LoginRefused,
            Self::NoCode => Code::LoginCode,
            Self::TokenRefused(code) | Self::LoginFailed(code) | Self::UpstreamDown(code) => code,
            Self::CrossSiteForm => Code::LoginCrossSite,
            Self::Busy => Code::LoginBusy,
            Self::BearerToken => Code::AccessToken,
            Self::ProviderDown => Code::ProviderDown,
            Self::NotAllowed => Code::AccessAccount,
            Self::Constraint => Code::AccessConstraint,
            Self::KeptOut(requirement) => requirement.code(),
            Self::Unanswered => Code::AccessUnknown,
            Self::UpstreamTimeout => Code::AppTimeout,
            Self::WebSockets => Code::RequestWebSockets,
            Self::TooLarge => Code::RequestSize,
            Self::Internal => Code::Internal,
        }
    }

    /// What the visitor is told.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::BadForm(StatusCode::REQUEST_TIMEOUT) => "What was sent did not arrive in time. Please try again.",
            Self::BadForm(_) => "This address has a part that cannot be read. Please check the link.",
            Self::LoginState(LostState::Missing) => {
                "The sign-in could not be matched to this browser: its cookie is missing. \
                 Please allow cookies and try again."
            }
            Self::LoginState(LostState::Expired) => "The sign-in took too long and has expired. Please try again.",
            Self::LoginState(LostState::Mismatch) => {
                "The sign-in does not belong to the one that this browser began. Please try again."
            }
            Self::StateParameter => "The answer of the sign-in service is incomplete. Please try again.",
            Self::RefusedByProvider => "The sign-in service refused the sign-in.",
            Self::NoCode => "The sign-in service sent no code. Please try again.",
            Self::TokenRefused(_) => "The sign-in service's answer about your account was not accepted.",
            Self::LoginFailed(_) => "The sign-in could not be completed. Please try again.",
            Self::CrossSiteForm => "This sign-in was begun on another site. Please sign in here.",
            Self::Busy => "Too many people are signing in at the moment. Please try again shortly.",
            Self::BearerToken => "What was sent along is no token that is valid here.",
            Self::ProviderDown => "The sign-in service cannot be reached at the moment. Please try again shortly.",
            Self::NotAllowed | Self::Constraint => "Your account is signed in, but it may not use this application.",
            Self::KeptOut(Requirement::User) => {
                "Your account is signed in, but this application is for certain users, and it is not one of them."
            }
            Self::KeptOut(Requirement::Organization) => {
                "Your account is signed in, but it is not a member of the organization that this application is for."
            }
            Self::KeptOut(Requirement::Team) => {
                "Your account is signed in, but it is not a member of a team that this application is for."
            }
            Self::KeptOut(Requirement::Repository) => {
                "Your account is signed in, but it has no access to the repository that this application belongs to."
            }
            Self::KeptOut(Requirement::Tenant) => {
                "Your account is signed in, but it belongs to an organization that may not use this application."
            }
            Self::Unanswered => {
                "Whether your account may use this application cannot be found out at the moment. \
                 Please try again shortly."
            }
            Self::UpstreamDown(_) => "The application cannot be reached at the moment.",
            Self::UpstreamTimeout => "The application did not answer in time.",
            Self::WebSockets => "Too many connections are open. Please close some of this application's tabs.",
            Self::TooLarge => "What was sent is too large.",
            Self::Internal => "Something went wrong on our side.",
        }
    }

    /// The same with the internal text that `show-debug-on-error` shows. Our errors hold no secrets.
    pub(crate) fn because(self, cause: impl std::fmt::Display) -> Report {
        Report { failure: self, cause: Some(cause.to_string()) }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Email | Refusal::Group => Self::NotAllowed,
            Refusal::Constraint => Self::Constraint,
            Refusal::Standing(requirement) => Self::KeptOut(requirement),
            Refusal::Unanswered => Self::Unanswered,
        }
    }
}

/// A failure and, where there is one, its internal text.
pub(crate) struct Report {
    pub(crate) failure: Failure,
    pub(crate) cause: Option<String>,
}

impl From<Failure> for Report {
    fn from(failure: Failure) -> Self {
        Self { failure, cause: None }
    }
}

/// How the fault of a forwarded request is counted.
pub(crate) fn counted(fault: Fault) -> UpstreamFault {
    match fault {
        Fault::Unreachable => UpstreamFault::Unreachable,
        Fault::Timeout => UpstreamFault::Timeout,
        Fault::Closed => UpstreamFault::Closed,
        Fault::Malformed => UpstreamFault::Malformed,
        Fault::Visitor | Fault::TooLarge => UpstreamFault::Visitor,
        Fault::Internal => UpstreamFault::Internal,
    }
}

impl From<Failure> for LoginOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::BadForm(_) | Failure::StateParameter | Failure::NoCode | Failure::TooLarge => Self::Malformed,
            Failure::LoginState(_) => Self::StateLost,
            Failure::RefusedByProvider => Self::ProviderRefused,
            Failure::TokenRefused(_) => Self::TokenRefused,
            Failure::ProviderDown | Failure::Unanswered => Self::ProviderDown,
            Failure::NotAllowed
            | Failure::KeptOut(_)
            | Failure::Constraint
            | Failure::CrossSiteForm
            | Failure::BearerToken => Self::NotAllowed,
            Failure::LoginFailed(_)
            | Failure::Busy
            | Failure::UpstreamDown(_)
            | Failure::UpstreamTimeout
            | Failure::WebSockets
            | Failure::Internal => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_have_a_code_of_their_own_share_it_with_no_other() {
        let failures = [
            Failure::BadForm(StatusCode::BAD_REQUEST),
            Failure::BadForm(StatusCode::REQUEST_TIMEOUT),
            Failure::TooLarge,
            Failure::LoginState(LostState::Missing),
            Failure::LoginState(LostState::Expired),
            Failure::LoginState(LostState::Mismatch),
            Failure::StateParameter,
            Failure::RefusedByProvider,
            Failure::NoCode,
            Failure::CrossSiteForm,
            Failure::Busy,
            Failure::BearerToken,
            Failure::ProviderDown,
            Failure::NotAllowed,
            Failure::Constraint,
            Failure::KeptOut(Requirement::User),
            Failure::KeptOut(Requirement::Organization),
            Failure::KeptOut(Requirement::Team),
            Failure::KeptOut(Requirement::Repository),
            Failure::KeptOut(Requirement::Tenant),
            Failure::Unanswered,
            Failure::UpstreamTimeout,
            Failure::WebSockets,
            Failure::Internal,
        ];
        let mut codes: Vec<&str> = failures.iter().map(|failure| failure.code().as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), failures.len(), "{codes:?}");
    }
}
