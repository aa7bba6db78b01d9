//! `PREFIX/start`: the authorization request (RFC 6749 §4.1.1).

use std::sync::atomic::Ordering::Relaxed;

use http::StatusCode;
use sidecar_core::code::Code;
use sidecar_core::form::Form;
use sidecar_core::login::StateParameter;
use sidecar_core::return_to::ReturnTo;
use sidecar_oidc::{Account, AuthorizationRequest};
use sidecar_session::Destination;

use crate::answer::{self, Answer};
use crate::inbound::Inbound;
use crate::rescue::Failure;
use crate::return_target::{redirect_uri, requested_target};
use crate::shared::Shared;

/// A login that is to begin.
pub(crate) struct Beginning<'a> {
    /// Where it ends.
    pub(crate) target: &'a ReturnTo,
    /// How often it began anew by itself (D14).
    pub(crate) restarts: u8,
    /// Who is to log in.
    pub(crate) account: Account,
    /// What the visitor asks for, who begins it on purpose.
    pub(crate) wishes: &'a [(&'a str, &'a str)],
}

impl<'a> Beginning<'a> {
    /// A first login, of whoever the provider says.
    pub(crate) fn of(target: &'a ReturnTo) -> Self {
        Self { target, restarts: 0, account: Account::Any, wishes: &[] }
    }
}

/// Sends the visitor to the provider, to come back to the target that the request names.
pub(crate) async fn answer(shared: &Shared, mut inbound: Inbound) -> Answer {
    let account = account(shared, &inbound);
    match requested_target(&mut inbound, &shared.settings, StatusCode::BAD_REQUEST).await {
        Ok(target) => begin_as_asked(shared, &inbound, &Beginning { account, ..Beginning::of(&target) }),
        Err(report) => shared.failure_page(&inbound, report),
    }
}

/// Begins a login that the visitor asked for, with what its query asks of the provider.
pub(crate) fn begin_as_asked(shared: &Shared, inbound: &Inbound, beginning: &Beginning<'_>) -> Answer {
    let query = Form::parse(inbound.query().unwrap_or_default(), shared.settings.semicolons).unwrap_or_default();
    let wishes: Vec<_> = query.pairs().collect();
    begin(shared, inbound, &Beginning { wishes: &wishes, ..*beginning })
}

/// What `prompt=select_account` in the query asks for, as our own pages have it in a link.
fn account(shared: &Shared, inbound: &Inbound) -> Account {
    let query = Form::parse(inbound.query().unwrap_or_default(), shared.settings.semicolons).unwrap_or_default();
    match query.get("prompt") {
        Some("select_account") if shared.provider.has_account_chooser() => Account::Chosen,
        Some(_) | None => Account::Any,
    }
}

/// Begins a login: a fresh attempt, sealed into the browser's cookies, and the redirect to the provider.
pub(crate) fn begin(shared: &Shared, inbound: &Inbound, beginning: &Beginning<'_>) -> Answer {
    let &Beginning { target, restarts, account, wishes } = beginning;
    let attempt = match shared.provider.new_attempt() {
        Ok(attempt) => attempt,
        Err(unavailable) => return shared.outage_page(inbound, &unavailable),
    };
    let state = StateParameter { hash: attempt.state.hash(), restarts, return_to: target.as_str().to_owned() };
    let request = AuthorizationRequest {
        redirect_uri: &redirect_uri(inbound, &shared.settings.login),
        state: &state.encode(shared.settings.login.state_encoding),
        attempt: &attempt,
        account,
        wishes,
    };
    let location = match shared.provider.authorization_url(&request) {
        Ok(url) => url,
        Err(unavailable) => return shared.outage_page(inbound, &unavailable),
    };
    let cookies = match shared.begin_login(inbound, &attempt, Destination { return_to: target.as_str(), restarts }) {
        Ok(cookies) => cookies,
        Err(error) => {
            tracing::error!(request_id = %inbound.id, code = %Code::Internal, %error, "a login cannot be sealed");
            return shared.failure_page(inbound, Failure::Internal.because(error));
        }
    };
    shared.tallies.rare().logins_begun.fetch_add(1, Relaxed);
    let mut answer = answer::redirect(StatusCode::FOUND, inbound.method(), &location);
    answer::no_store(&mut answer);
    answer::secure(&mut answer, shared.renderer.policy());
    answer::set_cookies(&mut answer, &cookies);
    answer
}
