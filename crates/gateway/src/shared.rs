//! What all requests share, on every thread.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use sidecar_core::Session;
use sidecar_core::clock::Clock;
use sidecar_core::code::Code;
use sidecar_core::cookie::{RequestCookies, SetCookie};
use sidecar_core::form::Form;
use sidecar_core::login::{LoginAttempt, RandomError};
use sidecar_core::metric::LoginOutcome;
use sidecar_core::policy::Account;
use sidecar_core::request_id::RequestId;
use sidecar_core::return_to::ReturnTo;
use sidecar_oidc::{BackendLogout, Provider, Unavailable};
use sidecar_session::{Destination, LoginCookies};
use sidecar_upstream::Table;

use crate::answer::{self, Answer};
use crate::credentials::{Credentials, Local};
use crate::inbound::Inbound;
use crate::journal::Journal;
use crate::page::{ChosenAt, ErrorPage, Renderer, Ways};
use crate::readiness::Readiness;
use crate::rescue::{Failure, Report};
use crate::return_target::{for_page, return_target};
use crate::sessions::{Resolved, Sessions};
use crate::settings::Settings;
use crate::sockets::Sockets;
use crate::standing::Standings;
use crate::tally::Tallies;

/// How long a login waits for the very first answer of the provider. An attempt that has failed is not waited for.
const FIRST_CONTACT: Duration = Duration::from_secs(3);

/// Everything that a request needs beside itself.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) renderer: Renderer,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) sessions: Sessions,
    pub(crate) sockets: Sockets,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) standings: Standings,
    pub(crate) logins: LoginCookies,
    pub(crate) table: Arc<Table>,
    pub(crate) backend_logout: Option<BackendLogout>,
    pub(crate) readiness: Readiness,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) tallies: Tallies,
    pub(crate) clock: Clock,
}

impl Shared {
    /// A login came to an end.
    pub(crate) fn login(&self, outcome: LoginOutcome) {
        self.tallies.rare().logins.count(outcome);
    }

    /// The page for a failure.
    pub(crate) fn failure_page(&self, inbound: &Inbound, report: impl Into<Report>) -> Answer {
        let target = self.page_target(inbound);
        self.error_page(&inbound.id, report, Ways::To(target.as_str()))
    }

    /// The page for a failure of a login that was to end at `target`.
    pub(crate) fn login_failure_page(&self, inbound: &Inbound, report: Report, target: &ReturnTo) -> Answer {
        self.error_page(&inbound.id, report, Ways::To(target.as_str()))
    }

    /// The page for a visitor whose account may not enter, on the way to `target`.
    pub(crate) fn refusal_page(
        &self,
        inbound: &Inbound,
        report: impl Into<Report>,
        session: Option<&Session>,
        target: &ReturnTo,
    ) -> Answer {
        let account = session.and_then(Session::log_name);
        let chosen_at = if self.provider.has_account_chooser() { ChosenAt::Provider } else { ChosenAt::SignInPage };
        let ways = Ways::OtherAccount { target: target.as_str(), chosen_at };
        self.report_page(&inbound.id, report.into(), account, ways)
    }

    /// The users of a file, if there are any.
    pub(crate) fn local(&self) -> Option<&Local> {
        self.credentials.as_ref().and_then(|credentials| credentials.local.as_ref())
    }

    /// Who vouches for the account: of the operator's own, the provider's restrictions say nothing.
    pub(crate) fn account_of(&self, resolved: &Resolved) -> Account {
        let made_here = |session: &Session| self.local().is_some_and(|local| local.made(session));
        if resolved.session.as_deref().is_some_and(made_here) { Account::Operator } else { resolved.account }
    }

    /// Waits for the first answer of a provider that nobody has reached yet, but no longer than a visitor would: whoever
    /// comes in the first moments of the program is not sent away for that.
    pub(crate) async fn first_contact(&self) {
        if self.provider.status().is_err() {
            // Whether it came, and in time, shows when the provider is asked for something.
            let _ = tokio::time::timeout(FIRST_CONTACT, self.provider.ready_once()).await;
        }
    }

    /// The page for a provider that cannot be asked now; the reason goes to the log alone.
    pub(crate) fn outage_page(&self, inbound: &Inbound, unavailable: &Unavailable) -> Answer {
        tracing::warn!(request_id = %inbound.id, code = %Code::ProviderDown, error = %unavailable, "a login cannot begin");
        self.login(LoginOutcome::ProviderDown);
        let target = self.page_target(inbound);
        self.retry_page(inbound, Failure::ProviderDown.because(unavailable), &target, unavailable.retry_after_seconds())
    }

    /// The page for a visitor of whom the provider cannot be asked whether they may enter.
    pub(crate) fn unanswered(&self, inbound: &Inbound, target: &ReturnTo) -> Answer {
        self.retry_page(inbound, Failure::Unanswered.into(), target, answer::RETRY_AFTER_SECONDS)
    }

    /// The page for a failure that will pass; `seconds` from now a visitor may try again.
    pub(crate) fn retry_page(&self, inbound: &Inbound, report: Report, target: &ReturnTo, seconds: u64) -> Answer {
        answer::again_in(seconds, self.error_page(&inbound.id, report, Ways::To(target.as_str())))
    }

    /// The page for a failure, with these ways on.
    pub(crate) fn error_page(&self, id: &RequestId, report: impl Into<Report>, ways: Ways<'_>) -> Answer {
        self.report_page(id, report.into(), None, ways)
    }

    fn report_page(&self, id: &RequestId, report: Report, account: Option<&str>, ways: Ways<'_>) -> Answer {
        let Report { failure, cause } = report;
        let message = cause.as_deref().filter(|_| self.settings.pages.debug).unwrap_or(failure.message());
        let request_id = id.to_string();
        let (status, code) = (failure.status(), failure.code());
        tracing::info!(request_id, %code, status = status.as_u16(), "a visitor sees an error page");
        let page = ErrorPage { status, message, code, request_id: &request_id, account, ways };
        match self.renderer.error(&page) {
            Ok(page) => answer::coded(answer::page(status, page), code),
            Err(error) => {
                tracing::error!(request_id, code = %Code::Internal, %error, "Error rendering error template");
                let mut answer = answer::text_error(StatusCode::INTERNAL_SERVER_ERROR);
                answer::no_store(&mut answer);
                answer::coded(answer, Code::Internal)
            }
        }
    }

    /// The answer to a program whose request is refused: it shows no page, so a header says the code.
    pub(crate) fn refused(id: &RequestId, failure: Failure, answer: Answer) -> Answer {
        let code = failure.code();
        tracing::info!(request_id = %id, %code, status = answer.status().as_u16(), "a request is refused");
        answer::coded(answer, code)
    }

    /// Where a page's links lead, as far as the request says in what can be read of its query.
    pub(crate) fn page_target(&self, inbound: &Inbound) -> ReturnTo {
        let query = inbound.query().unwrap_or_default();
        self.page_target_of(inbound, &Form::readable(query, self.settings.semicolons))
    }

    /// The same as this form says.
    pub(crate) fn page_target_of(&self, inbound: &Inbound, form: &Form<'_>) -> ReturnTo {
        for_page(return_target(inbound, form, &self.settings), &self.settings)
    }

    /// The cookies of a login that begins with this request.
    pub(crate) fn begin_login(
        &self,
        inbound: &Inbound,
        attempt: &LoginAttempt,
        destination: Destination<'_>,
    ) -> Result<Vec<SetCookie>, RandomError> {
        let presented = RequestCookies::new(inbound.headers());
        self.logins.begin(attempt, destination, presented, inbound.host_name(), self.clock.now())
    }
}
