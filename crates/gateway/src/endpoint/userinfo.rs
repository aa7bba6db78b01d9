//! `PREFIX/userinfo`: who is logged in, as JSON.

use std::fmt::Write as _;

use http::StatusCode;
use sidecar_core::Session;
use sidecar_core::claims::{ClaimValue, write_json_string};
use sidecar_core::policy::{Decision, Refusal};
use sidecar_core::request_id::RequestId;

use crate::answer::{self, Answer};
use crate::shared::Shared;

/// The session's claims, `{}` for an exempt request without a session, 403 for one that the provider's restrictions keep
/// out, else 401.
pub(crate) fn answer(decision: &Decision, id: &RequestId) -> Answer {
    let mut answer = match decision {
        Decision::Allow(grant) => match grant.session() {
            Some(session) => answer::json(StatusCode::OK, to_json(session)),
            None => answer::json(StatusCode::OK, "{}"),
        },
        Decision::Login => answer::text_error(StatusCode::UNAUTHORIZED),
        Decision::Refuse(refusal) => {
            let answer = match refusal {
                Refusal::Standing(_) => answer::text_error(StatusCode::FORBIDDEN),
                Refusal::Unanswered => answer::retry_text_error(),
                Refusal::Email | Refusal::Group | Refusal::Constraint => answer::text_error(StatusCode::UNAUTHORIZED),
            };
            Shared::refused(id, (*refusal).into(), answer)
        }
    };
    answer::no_store(&mut answer);
    answer
}

fn to_json(session: &Session) -> String {
    let mut json = String::from("{\"user\":");
    write_json_string(session.user.as_deref().unwrap_or_default(), &mut json);
    json.push_str(",\"email\":");
    write_json_string(session.email.as_deref().unwrap_or_default(), &mut json);
    if !session.groups.is_empty() {
        let groups = session.groups.iter().cloned().map(ClaimValue::String).collect();
        let _ = write!(json, ",\"groups\":{}", ClaimValue::List(groups).to_json());
    }
    if let Some(name) = &session.preferred_username {
        json.push_str(",\"preferredUsername\":");
        write_json_string(name, &mut json);
    }
    if !session.additional_claims.is_empty() {
        let claims = ClaimValue::Map(session.additional_claims.clone());
        let _ = write!(json, ",\"additionalClaims\":{}", claims.to_json());
    }
    json.push_str("}\n");
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_are_left_out_but_user_and_email_never_are() {
        assert_eq!(to_json(&Session::default()), "{\"user\":\"\",\"email\":\"\"}\n");
    }

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        let session = Session {
            user: Some("u<1>".into()),
            email: Some("a@b.c".into()),
            groups: vec!["g&h".into()],
            preferred_username: Some("p".into()),
            additional_claims: [("n".to_owned(), ClaimValue::Number("1.50".into()))].into(),
            ..Session::default()
        };
        assert_eq!(
            to_json(&session),
            "{\"user\":\"u\\u003c1\\u003e\",\"email\":\"a@b.c\",\"groups\":[\"g\\u0026h\"],\
             \"preferredUsername\":\"p\",\"additionalClaims\":{\"n\":1.50}}\n"
        );
    }
}
