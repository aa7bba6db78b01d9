//! `PREFIX/sign_in`: the page with the provider's button.

use http::StatusCode;
use sidecar_core::code::Code;

use crate::answer::{self, Answer};
use crate::endpoint::start::{self, Beginning};
use crate::inbound::Inbound;
use crate::page::SignInPage;
use crate::rescue::Failure;
use crate::return_target::{for_page, requested_target, shown_host};
use crate::shared::Shared;

/// Shows the page, or starts the login at once if there is no button to press.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound) -> Answer {
    // compat: v7 answers a form that does not parse with 500 here.
    let bad_form = StatusCode::INTERNAL_SERVER_ERROR;
    let target = match requested_target(&mut inbound, &shared.settings, bad_form).await {
        Ok(target) => target,
        Err(report) => return shared.failure_page(&inbound, report),
    };
    if shared.settings.login.skip_button {
        return start::begin_as_asked(shared, &inbound, &Beginning::of(&target));
    }
    page(shared, &inbound, target, StatusCode::OK)
}

/// The page itself. Showing it ends the session that the browser still has.
pub(crate) fn page(
    shared: &Shared,
    inbound: &Inbound,
    target: sidecar_core::return_to::ReturnTo,
    status: StatusCode,
) -> Answer {
    let target = for_page(target, &shared.settings);
    let page = SignInPage { status, host: shown_host(inbound, &shared.settings), return_to: target.as_str() };
    let mut answer = match shared.renderer.sign_in(&page) {
        Ok(page) => answer::page(status, page),
        Err(error) => {
            tracing::error!(request_id = %inbound.id, code = %Code::Internal, %error, "Error rendering sign-in template");
            shared.login_failure_page(inbound, Failure::Internal.because(error), &target)
        }
    };
    answer::set_cookies(&mut answer, &shared.sessions.clear(inbound.presented()));
    answer
}
