//! `PREFIX/sign_in`: the page with the provider's button, and the form for users of a file.

use http::{Method, StatusCode};
use sidecar_core::Secret;
use sidecar_core::code::Code;
use sidecar_core::return_to::ReturnTo;

use crate::answer::{self, Answer};
use crate::credentials::Local;
use crate::cross_site::is_cross_site;
use crate::endpoint::start::{self, Beginning};
use crate::form_body::RequestForm;
use crate::htpasswd::Verdict;
use crate::inbound::Inbound;
use crate::journal::AuthStatus;
use crate::observe::Record;
use crate::page::SignInPage;
use crate::rescue::Failure;
use crate::return_target::{for_page, return_target, shown_host};
use crate::settings::UserEmail;
use crate::shared::Shared;

/// What a visitor wrote into the form.
struct Entered {
    user: String,
    password: Secret<Vec<u8>>,
}

/// Signs in whoever sent a name with its password. Else shows the page, or starts the login at once if there is no button to
/// press.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound, record: &Record) -> Answer {
    let form = match RequestForm::read(&mut inbound).await {
        Ok(form) => form,
        Err(failure) => return shared.failure_page(&inbound, failure),
    };
    let (target, entered) = match form.parse(shared.settings.semicolons) {
        Ok(form) => {
            let text = |name| form.get(name).unwrap_or_default().to_owned();
            let password = Secret::new(text("password").into_bytes());
            (return_target(&inbound, &form, &shared.settings), Entered { user: text("username"), password })
        }
        Err(error) => {
            // compat: v7 answers a form that does not parse with 500 here.
            let failure = Failure::BadForm(StatusCode::INTERNAL_SERVER_ERROR);
            return shared.failure_page(&inbound, failure.because(error));
        }
    };
    let status = match shared.local().filter(|_| inbound.method() == Method::POST) {
        Some(local) => match sign_in(shared, local, &inbound, &target, entered, record).await {
            Outcome::Answered(answer) => return answer,
            Outcome::Shown(status) => status,
        },
        None => StatusCode::OK,
    };
    if shared.settings.login.skip_button {
        return start::begin_as_asked(shared, &inbound, &Beginning::of(&target));
    }
    page(shared, &inbound, target, status)
}

/// What came of a form.
enum Outcome {
    Answered(Answer),
    /// The page again, with this status.
    Shown(StatusCode),
}

async fn sign_in(
    shared: &Shared,
    local: &Local,
    inbound: &Inbound,
    target: &ReturnTo,
    entered: Entered,
    record: &Record,
) -> Outcome {
    if is_cross_site(inbound, &shared.settings.login) {
        return Outcome::Answered(shared.login_failure_page(inbound, Failure::CrossSiteForm.into(), target));
    }
    let Entered { user, password } = entered;
    if user.is_empty() {
        return Outcome::Shown(StatusCode::BAD_REQUEST);
    }
    match local.verifier.verify(&user, &password).await {
        Verdict::Right => record.auth(AuthStatus::Success, Some(&user), "Authenticated via HtpasswdFile"),
        Verdict::Wrong => {
            record.auth(AuthStatus::Failure, Some(&user), "Invalid authentication via HtpasswdFile");
            return Outcome::Shown(StatusCode::UNAUTHORIZED);
        }
        Verdict::Busy => {
            let report = Failure::Busy.into();
            return Outcome::Answered(shared.retry_page(inbound, report, target, answer::RETRY_AFTER_SECONDS));
        }
    }
    // compat: the address is set for who sends the password with each request alone.
    let mut session = local.session(&user, UserEmail::Absent);
    session.created_at = Some(shared.clock.now());
    Outcome::Answered(match shared.sessions.save(&session, inbound.presented()) {
        Ok(cookies) => {
            let mut answer = answer::redirect(StatusCode::FOUND, inbound.method(), &target.location());
            answer::no_store(&mut answer);
            answer::secure(&mut answer, shared.renderer.policy());
            answer::set_cookies(&mut answer, &cookies);
            answer
        }
        Err(error) => {
            record.auth(AuthStatus::Error, Some(&user), &format!("error saving session: {error}"));
            shared.login_failure_page(inbound, Failure::Internal.because(error), target)
        }
    })
}

/// The page itself. Showing it ends the session that the browser still has, also for answers that are under way.
pub(crate) fn page(shared: &Shared, inbound: &Inbound, target: ReturnTo, status: StatusCode) -> Answer {
    let target = for_page(target, &shared.settings);
    let page = SignInPage { status, host: shown_host(inbound, &shared.settings), return_to: target.as_str() };
    let mut answer = match shared.renderer.sign_in(&page) {
        Ok(page) => answer::page(status, page),
        Err(error) => {
            tracing::error!(request_id = %inbound.id, code = %Code::Internal, %error, "Error rendering sign-in template");
            shared.login_failure_page(inbound, Failure::Internal.because(error), &target)
        }
    };
    answer::set_cookies(&mut answer, &shared.sessions.end(inbound.presented()));
    answer
}
