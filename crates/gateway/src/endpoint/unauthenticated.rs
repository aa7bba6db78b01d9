//! What a request for the app gets when nobody is logged in.

use http::StatusCode;
use http::header::{ACCEPT, HeaderName};
use sidecar_core::form::Form;

use crate::answer::{self, Answer};
use crate::endpoint::sign_in;
use crate::endpoint::start::{self, Beginning};
use crate::inbound::Inbound;
use crate::rescue::Failure;
use crate::return_target::return_target;
use crate::settings::PasswordForm;
use crate::shared::Shared;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// JSON for programs, the login for browsers.
pub(crate) async fn answer(shared: &Shared, inbound: &Inbound) -> Answer {
    if wants_json(shared, inbound) {
        return answer::json(StatusCode::UNAUTHORIZED, "{}");
    }
    let target = match Form::parse(inbound.query().unwrap_or_default(), shared.settings.semicolons) {
        Ok(form) => return_target(inbound, &form, &shared.settings),
        Err(error) => return shared.failure_page(inbound, Failure::BadForm(StatusCode::BAD_REQUEST).because(error)),
    };
    shared.first_contact().await;
    if shared.settings.login.skip_button {
        return start::begin(shared, inbound, &Beginning::of(&target));
    }
    let has_form = shared.settings.pages.password_form == PasswordForm::Shown;
    if let Err(unavailable) = shared.provider.status()
        && !has_form
    {
        return shared.outage_page(inbound, &unavailable);
    }
    sign_in::page(shared, inbound, target, shared.settings.pages.sign_in_status)
}

/// Whether no login page and no redirect can help whoever asks: a program that says so, an API by its URI, or a part of
/// a page, for which a browser would not show a login (D48).
fn wants_json(shared: &Shared, inbound: &Inbound) -> bool {
    let api = &shared.settings.api;
    api.force_json
        || accepts_json(inbound)
        || api.routes.iter().any(|route| route.is_match(inbound.external_uri()))
        || (!api.login_for_subresources && is_subresource(inbound))
}

fn accepts_json(inbound: &Inbound) -> bool {
    let lines = inbound.headers().get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|media_type| media_type.trim() == "application/json")
}

fn is_subresource(inbound: &Inbound) -> bool {
    inbound.headers().get(SEC_FETCH_MODE).is_some_and(|mode| mode != "navigate")
}
