//! `PREFIX/callback`: the authorization response (RFC 6749 §4.1.2).
//!
//! ```text
//! form ─► Callback ─ take the login's cookie ─ verify state ─► VerifiedCallback ─ redeem ─► Session ─ admit ─► cookie
//! ```
//!
//! The code is redeemed only after `state` was compared (D15). A login whose state was lost begins anew
//! by itself, twice at most (D14).

use std::sync::Arc;

use http::{Method, StatusCode};
use sidecar_core::Session;
use sidecar_core::code::Code;
use sidecar_core::cookie::RequestCookies;
use sidecar_core::login::StateParameter;
use sidecar_core::metric::LoginOutcome;
use sidecar_core::policy::Standing;
use sidecar_core::report::chain;
use sidecar_core::return_to::ReturnTo;
use sidecar_oidc::{Callback, CallbackError, CallbackParseError, RedeemError, Verdict, VerifiedCallback};
use sidecar_session::{LoginStateError, TakenLogin};

use crate::answer::{self, Answer};
use crate::endpoint::start::{self, Beginning};
use crate::form_body::RequestForm;
use crate::inbound::Inbound;
use crate::journal::AuthStatus;
use crate::observe::{Record, session_summary};
use crate::rescue::{Failure, LostState, Report};
use crate::return_target::redirect_uri;
use crate::shared::Shared;

/// Completes a login, or says why not.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound, record: &Record) -> Answer {
    let form = match RequestForm::read(&mut inbound).await {
        Ok(form) => form,
        Err(failure) => {
            shared.login(failure.into());
            return shared.failure_page(&inbound, failure);
        }
    };
    let callback = match Callback::parse(&form.plain_query(shared.settings.semicolons), &form.body) {
        Ok(callback) => callback,
        Err(error) => return malformed(shared, &inbound, &form, error),
    };
    let state = callback.state(shared.settings.login.state_encoding);
    if let Some(error) = callback.error() {
        tracing::warn!(request_id = %inbound.id, code = %Code::LoginRefused, error = error.code.as_str(), "the provider refused the login");
        let target = state.map_or_else(|_| ReturnTo::root(), |state| target(shared, &state.return_to));
        shared.login(LoginOutcome::ProviderRefused);
        return shared.login_failure_page(&inbound, Failure::RefusedByProvider.because(error.code.as_str()), &target);
    }
    let state = match state {
        Ok(state) => state,
        Err(error) => {
            tracing::info!(request_id = %inbound.id, code = %Code::LoginState, %error, "Error while parsing OAuth2 state");
            return failed(shared, &inbound, &form, Failure::StateParameter.because(error));
        }
    };
    let mut login = Login { shared, inbound: &inbound, record, target: target(shared, &state.return_to) };
    let cookies = RequestCookies::new(inbound.headers());
    match shared.logins.take(&state.hash, cookies, inbound.host_name(), shared.clock.now()) {
        Ok(taken) => {
            // What is sealed in the browser outranks what came back by way of the provider.
            if let Some(return_to) = &taken.return_to {
                login.target = target(shared, return_to);
            }
            login.complete(callback, taken, &state).await
        }
        Err(error) => {
            login.log_cookies(&state.hash);
            login.lost(error.into(), &state)
        }
    }
}

fn malformed(shared: &Shared, inbound: &Inbound, form: &RequestForm, error: CallbackParseError) -> Answer {
    tracing::info!(request_id = %inbound.id, code = %Code::RequestQuery, %error, "Error while parsing OAuth2 callback");
    let status = match error {
        CallbackParseError::Repeated(_) => StatusCode::BAD_REQUEST,
        CallbackParseError::Form(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    failed(shared, inbound, form, Failure::BadForm(status).because(error))
}

/// The page for a callback of which no login is known: its links lead where the request itself says.
fn failed(shared: &Shared, inbound: &Inbound, form: &RequestForm, report: Report) -> Answer {
    shared.login(report.failure.into());
    let target = shared.page_target_of(inbound, &form.readable(shared.settings.semicolons));
    shared.login_failure_page(inbound, report, &target)
}

/// Where the login is to end: the target that was kept if it is still allowed, else `/`.
fn target(shared: &Shared, return_to: &str) -> ReturnTo {
    ReturnTo::parse(return_to, &shared.settings.login.allowed_domains).unwrap_or_else(|_| ReturnTo::root())
}

/// A login that is about to end.
struct Login<'a> {
    shared: &'a Shared,
    inbound: &'a Inbound,
    record: &'a Record,
    target: ReturnTo,
}

impl Login<'_> {
    async fn complete(&self, callback: Callback, taken: TakenLogin, state: &StateParameter) -> Answer {
        let mut answer = match callback.verify(taken.attempt, self.shared.settings.login.state_encoding) {
            Ok(verified) => self.redeem(verified).await,
            Err(error @ CallbackError::MissingCode) => self.failed(Failure::NoCode.because(error)),
            Err(CallbackError::StateMismatch | CallbackError::Refused) => {
                self.failure("Invalid authentication via OAuth2: CSRF token mismatch, potential attack", None);
                return self.lost(LostState::Mismatch, state);
            }
        };
        answer::set_cookies_first(&mut answer, &taken.clear);
        answer
    }

    async fn redeem(&self, verified: VerifiedCallback) -> Answer {
        let now = self.shared.clock.now();
        let redirect_uri = redirect_uri(self.inbound, &self.shared.settings.login);
        match self.shared.provider.redeem(verified, &redirect_uri, now).await {
            Ok(session) => {
                let session = Session { created_at: session.created_at.or(Some(now)), ..session };
                self.admit(&Arc::new(session)).await
            }
            Err(error) => self.not_redeemed(&error),
        }
    }

    async fn admit(&self, session: &Arc<Session>) -> Answer {
        if let Err(refusal) = self.shared.settings.policy.allow.at_login(session) {
            self.failure("Invalid authentication via OAuth2: unauthorized", session.log_name());
            tracing::info!(request_id = %self.inbound.id, code = %Code::AccessAccount, %refusal, "the account may not enter");
            return self.kept_out(Failure::NotAllowed.because(refusal), session);
        }
        match self.shared.standings.of_new(session).await {
            Standing::Met => {}
            Standing::Unmet(requirement) => {
                self.failure(&format!("Invalid authentication via OAuth2: {requirement}"), session.log_name());
                return self.kept_out(Failure::KeptOut(requirement).because(requirement), session);
            }
            Standing::Unasked | Standing::Unanswered => {
                self.shared.login(Failure::Unanswered.into());
                return self.shared.unanswered(self.inbound, &self.target);
            }
        }
        let cookies = match self.shared.sessions.save(session, self.inbound.presented()) {
            Ok(cookies) => cookies,
            Err(error) => {
                tracing::error!(request_id = %self.inbound.id, code = %Code::Internal, %error, "Error saving session state");
                return self.failed(Failure::Internal.because(error));
            }
        };
        self.shared.login(LoginOutcome::Completed);
        let message = format!("Authenticated via OAuth2: {}", session_summary(session));
        self.record.auth(AuthStatus::Success, session.log_name(), &message);
        let mut answer = answer::redirect(StatusCode::FOUND, self.inbound.method(), &self.target.location());
        answer::no_store(&mut answer);
        answer::secure(&mut answer, self.shared.renderer.policy());
        answer::set_cookies(&mut answer, &cookies);
        answer
    }

    fn not_redeemed(&self, error: &RedeemError) -> Answer {
        let code = error.code();
        tracing::warn!(request_id = %self.inbound.id, %code, error = %chain(error), "Error redeeming code during OAuth2 callback");
        match error.verdict() {
            Verdict::Forbidden => {
                self.failure(&format!("Invalid authentication via OAuth2: {}", chain(error)), None);
                self.failed(Failure::TokenRefused(code).because(chain(error)))
            }
            Verdict::Failed => self.failed(Failure::LoginFailed(code).because(chain(error))),
            Verdict::Unavailable { retry_after } => {
                self.shared.login(LoginOutcome::ProviderDown);
                let report = Failure::ProviderDown.because(chain(error));
                self.shared.retry_page(self.inbound, report, &self.target, retry_after)
            }
        }
    }

    /// The login's state is not to be had: begins anew, unless that was tried often enough.
    fn lost(&self, what: LostState, state: &StateParameter) -> Answer {
        let may_restart = *self.inbound.method() == Method::GET;
        if may_restart && state.restarts < self.shared.settings.login.max_restarts {
            tracing::info!(request_id = %self.inbound.id, restarts = state.restarts, ?what, "the login begins anew");
            let again = Beginning { restarts: state.restarts + 1, ..Beginning::of(&self.target) };
            self.shared.login(LoginOutcome::Restarted);
            return start::begin(self.shared, self.inbound, &again);
        }
        self.failed(Failure::LoginState(what).into())
    }

    fn kept_out(&self, report: Report, session: &Session) -> Answer {
        self.shared.login(report.failure.into());
        self.shared.refusal_page(self.inbound, report, Some(session), &self.target)
    }

    fn failed(&self, report: Report) -> Answer {
        self.shared.login(report.failure.into());
        self.shared.login_failure_page(self.inbound, report, &self.target)
    }

    fn failure(&self, message: &str, username: Option<&str>) {
        self.record.auth(AuthStatus::Failure, username, message);
    }

    /// Says which cookies the callback brought, by name; values are never told.
    fn log_cookies(&self, state_hash: &str) {
        let expected = self.shared.logins.csrf_name(state_hash);
        let cookies = RequestCookies::new(self.inbound.headers());
        let csrf = cookies.iter().find(|cookie| cookie.name == expected || cookie.name.ends_with("_csrf"));
        let message = match csrf {
            Some(cookie) if cookie.name == expected => {
                format!("CSRF cookie {expected} was found in OAuth callback.")
            }
            Some(cookie) => format!(
                "CSRF cookie {} was found in OAuth callback, but it is not the expected one ({expected}).",
                cookie.name
            ),
            None if cookies.iter().next().is_some() => {
                "Cookies were found in OAuth callback, but none was a CSRF cookie.".to_owned()
            }
            None => "No cookies were found in OAuth callback.".to_owned(),
        };
        self.failure(&message, None);
        self.failure("Invalid authentication via OAuth2: unable to obtain CSRF cookie", None);
    }
}

impl From<LoginStateError> for LostState {
    fn from(error: LoginStateError) -> Self {
        match error {
            LoginStateError::Expired => Self::Expired,
            LoginStateError::Tampered => Self::Mismatch,
            LoginStateError::Missing => Self::Missing,
        }
    }
}
