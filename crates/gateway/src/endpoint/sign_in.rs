//! `PREFIX/sign_in`: the page with the provider's button.

use http::StatusCode;

use crate::answer::{self, Answer};
use crate::endpoint::start;
use crate::form_body::RequestForm;
use crate::inbound::Inbound;
use crate::page::SignInPage;
use crate::rescue::Failure;
use crate::return_target::{for_page, return_target};
use crate::shared::Shared;

/// Shows the page, or starts the login at once if there is no button to press.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound) -> Answer {
    let form = match RequestForm::read(&mut inbound).await {
        Ok(form) => form,
        Err(failure) => return shared.failure_page(&inbound, failure),
    };
    let target = match form.parse(shared.settings.semicolons) {
        Ok(form) => return_target(&inbound, &form, &shared.settings),
        Err(error) => {
            return shared.failure_page(&inbound, Failure::BadForm(StatusCode::INTERNAL_SERVER_ERROR).because(error));
        }
    };
    if shared.settings.login.skip_button {
        return start::begin(shared, &inbound, &target, 0);
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
    let html = shared.renderer.sign_in(&SignInPage { host: inbound.host(), return_to: target.as_str() });
    let mut answer = answer::page(status, html, shared.renderer.policy());
    answer::no_store(&mut answer);
    answer::set_cookies(&mut answer, &shared.sessions.clear(inbound.presented()));
    answer
}
