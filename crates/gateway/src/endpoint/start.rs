//! `PREFIX/start`: the authorization request (RFC 6749 §4.1.1).

use http::StatusCode;
use sidecar_core::login::StateParameter;
use sidecar_core::return_to::ReturnTo;
use sidecar_oidc::AuthorizationRequest;
use sidecar_session::Destination;

use crate::answer::{self, Answer};
use crate::inbound::Inbound;
use crate::rescue::Failure;
use crate::return_target::{redirect_uri, requested_target};
use crate::shared::Shared;

/// Sends the visitor to the provider, to come back to the target that the request names.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound) -> Answer {
    match requested_target(&mut inbound, &shared.settings, StatusCode::BAD_REQUEST).await {
        Ok(target) => begin(shared, &inbound, &target, 0),
        Err(report) => shared.failure_page(&inbound, report),
    }
}

/// Begins a login: a fresh attempt, sealed into the browser's cookies, and the redirect to the provider.
///
/// `restarts` counts how often this login began anew by itself (differences.md D14).
pub(crate) fn begin(shared: &Shared, inbound: &Inbound, target: &ReturnTo, restarts: u8) -> Answer {
    let attempt = match shared.provider.new_attempt() {
        Ok(attempt) => attempt,
        Err(unavailable) => return shared.outage_page(inbound, &unavailable),
    };
    let state = StateParameter { hash: attempt.state.hash(), restarts, return_to: target.as_str().to_owned() };
    let request = AuthorizationRequest {
        redirect_uri: &redirect_uri(inbound, &shared.settings.login),
        state: &state.encode(shared.settings.login.state_encoding),
        attempt: &attempt,
    };
    let location = match shared.provider.authorization_url(&request) {
        Ok(url) => url,
        Err(unavailable) => return shared.outage_page(inbound, &unavailable),
    };
    let cookies = match shared.begin_login(inbound, &attempt, Destination { return_to: target.as_str(), restarts }) {
        Ok(cookies) => cookies,
        Err(error) => {
            tracing::error!(request_id = %inbound.id, %error, "a login cannot be sealed");
            return shared.failure_page(inbound, Failure::Internal.because(error));
        }
    };
    let mut answer = answer::redirect(StatusCode::FOUND, inbound.method(), &location);
    answer::no_store(&mut answer);
    answer::secure(&mut answer, shared.renderer.policy());
    answer::set_cookies(&mut answer, &cookies);
    answer
}
