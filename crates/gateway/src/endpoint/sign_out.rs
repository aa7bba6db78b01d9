//! `PREFIX/sign_out`: ends the session here and, if so configured, at the provider.

use http::StatusCode;
use sidecar_core::Session;
use sidecar_core::code::Code;
use sidecar_core::report::chain;

use crate::answer::{self, Answer};
use crate::inbound::Inbound;
use crate::rescue::Report;
use crate::return_target::requested_target;
use crate::sessions::Resolved;
use crate::shared::Shared;

/// What stands for the ID token in a target.
const ID_TOKEN: &str = "{id_token}";

/// Clears the session, tells the provider of one that is `let_in`, and sends the visitor on.
///
/// # Errors
/// What is wrong with the form; nobody is signed out then.
pub(crate) async fn answer(
    shared: &Shared,
    inbound: &mut Inbound,
    resolved: &Resolved,
    let_in: Option<&Session>,
) -> Result<Answer, Report> {
    // compat: v7 answers a form that does not parse with 500 here.
    let bad_form = StatusCode::INTERNAL_SERVER_ERROR;
    let target = requested_target(inbound, &shared.settings, bad_form).await?;
    shared.sessions.sign_out(resolved.sessions());
    let mut location = target.location();
    if let Some(session) = let_in {
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
    Ok(answer)
}
