//! The userinfo endpoint (OpenID Connect Core 1.0, section 5.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::parameters::Parameters;
use super::{Endpoint, Fault, Shared, id_token};

pub(super) async fn claims(State(provider): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    provider.state().record(Endpoint::UserInfo, &Parameters::default());
    if provider.has_fault(Fault::UserInfoDown) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let now = provider.now();
    let grant = bearer(&headers).and_then(|token| provider.state().access_token(token, now).cloned());
    let faults = provider.faults();
    let Some((user, scope)) = grant.and_then(|grant| Some((provider.user(&grant.session.user)?, grant.request.scope)))
    else {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    };
    Json(id_token::user_claims(user, &scope, &faults)).into_response()
}

/// The token of an `Authorization: Bearer` line (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
