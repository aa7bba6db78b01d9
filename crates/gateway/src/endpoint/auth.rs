//! `PREFIX/auth`: the answer to a front proxy that asks whether a request may pass.

use http::StatusCode;
use sidecar_core::policy::{Decision, Refusal};
use sidecar_core::request_id::RequestId;

use crate::answer::{self, Answer};
use crate::shared::Shared;

/// 202 with the identity headers, 401, 403 when the query or the provider's restrictions demand what the session does not
/// have, or 503 when the provider cannot be asked about them.
pub(crate) fn answer(shared: &Shared, decision: &Decision, id: &RequestId) -> Answer {
    let refusal = match decision {
        Decision::Allow(grant) => {
            let mut answer = answer::empty(StatusCode::ACCEPTED);
            shared.table.injector().write_response(grant.session(), answer.headers_mut());
            return answer;
        }
        Decision::Login => return answer::text_error(StatusCode::UNAUTHORIZED),
        Decision::Refuse(refusal) => *refusal,
    };
    let answer = match refusal {
        Refusal::Email | Refusal::Group => answer::text_error(StatusCode::UNAUTHORIZED),
        Refusal::Constraint | Refusal::Standing(_) => answer::text_error(StatusCode::FORBIDDEN),
        Refusal::Unanswered => answer::retry_text_error(),
    };
    Shared::refused(id, refusal.into(), answer)
}
