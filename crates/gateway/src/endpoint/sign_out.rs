//! `PREFIX/sign_out`: ends the session here and, if so configured, at the provider.

use http::StatusCode;
use sidecar_core::Session;
use sidecar_core::code::Code;
use sidecar_core::report::chain;

use crate::answer::{self, Answer};
use crate::inbound::Inbound;
use crate::return_target::requested_target;
use crate::shared::Shared;

/// What stands for the ID token in a target.
const ID_TOKEN: &str = "{id_token}";

/// Clears the session, tells the provider, and sends the visitor on.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound, session: Option<&Session>) -> Answer {
    // compat: v7 answers a form that does not parse with 500 here.
    let bad_form = StatusCode::INTERNAL_SERVER_ERROR;
    let target = match requested_target(&mut inbound, &shared.settings, bad_form).await {
        Ok(target) => target,
        Err(report) => return shared.failure_page(&inbound, report),
    };
    let mut location = target.location();
    if let Some(session) = session {
        let id_token = session.id_token.as_ref().map_or("", |token| token.expose());
        location = location.replace(ID_TOKEN, id_token);
        if let Some(logout) = &shared.backend_logout
            && let Err(error) = logout.call(id_token).await
        {
            // What comes of it changes nothing: the visitor is signed out here.
            tracing::warn!(request_id = %inbound.id, code = %Code::ProviderLogout, error = %chain(&error), "the backend logout call failed");
        }
    }
    let mut answer = answer::redirect(StatusCode::FOUND, inbound.method(), &location);
    answer::no_store(&mut answer);
    answer::secure(&mut answer, shared.renderer.policy());
    answer::set_cookies(&mut answer, &shared.sessions.clear(inbound.presented()));
    answer
}
