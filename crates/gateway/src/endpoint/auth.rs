//! `PREFIX/auth`: the answer to a front proxy that asks whether a request may pass.

use http::StatusCode;
use sidecar_core::policy::{Decision, Refusal};

use crate::answer::{self, Answer};
use crate::shared::Shared;

/// 202 with the identity headers, 401, or 403 when the query demands what the session does not have.
pub(crate) fn answer(shared: &Shared, decision: &Decision) -> Answer {
    match decision {
        Decision::Allow(grant) => {
            let mut answer = answer::empty(StatusCode::ACCEPTED);
            shared.table.injector().write_response(grant.session(), answer.headers_mut());
            answer
        }
        Decision::Login | Decision::Refuse(Refusal::Email | Refusal::Group) => {
            answer::text_error(StatusCode::UNAUTHORIZED)
        }
        Decision::Refuse(Refusal::Constraint) => answer::text_error(StatusCode::FORBIDDEN),
    }
}
