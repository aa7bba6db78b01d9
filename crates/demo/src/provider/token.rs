//! The token endpoint (RFC 6749, sections 4.1.3 and 6; OpenID Connect Core 1.0, section 3.1.3).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::client_auth::authenticate;
use super::id_token::{self, Occasion};
use super::parameters::Parameters;
use super::state::{Grant, GrantId};
use super::{Client, Endpoint, Fault, Shared};

/// An error code of RFC 6749, section 5.2.
type ErrorCode = &'static str;

pub(super) async fn exchange(State(provider): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let Ok(form) = Parameters::parse(&body) else {
        return refused("invalid_request");
    };
    provider.state().record(Endpoint::Token, &form);
    if provider.has_fault(Fault::TokenDown) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if provider.has_fault(Fault::TokenSilent) {
        std::future::pending::<()>().await;
    }
    match redeem(&provider, &headers, &form) {
        Ok((id, grant, occasion)) => answer(&provider, id, &grant, occasion),
        Err(code) => refused(code),
    }
}

fn redeem(provider: &Shared, headers: &HeaderMap, form: &Parameters) -> Result<(GrantId, Grant, Occasion), ErrorCode> {
    let client = authenticate(provider, headers, form)?;
    match form.get("grant_type") {
        Some("authorization_code") => {
            let (id, grant) = redeem_code(provider, &client, form)?;
            Ok((id, grant, Occasion::Login))
        }
        Some("refresh_token") if provider.has_fault(Fault::RefreshRefused) => Err("invalid_grant"),
        Some("refresh_token") => {
            let token = form.get("refresh_token").ok_or("invalid_request")?;
            let (id, grant) = provider.state().spend_refresh_token(token, &client.id).ok_or("invalid_grant")?;
            Ok((id, grant, Occasion::Refresh))
        }
        Some(_) => Err("unsupported_grant_type"),
        None => Err("invalid_request"),
    }
}

/// The checks of RFC 6749, section 4.1.3 and RFC 7636, section 4.6.
fn redeem_code(provider: &Shared, client: &Client, form: &Parameters) -> Result<(GrantId, Grant), ErrorCode> {
    let presented = form.get("code").ok_or("invalid_request")?;
    let (code, grant) = provider.state().code(presented).ok_or("invalid_grant")?;
    // 1. "If an authorization code is used more than once, the authorization server MUST deny the request and
    //    SHOULD revoke (when possible) all tokens previously issued based on that authorization code."
    if code.spent {
        provider.state().revoke(code.grant);
        return Err("invalid_grant");
    }
    provider.state().spend_code(presented);
    // 2. The code is fresh.
    if provider.now() >= code.expires_at {
        return Err("invalid_grant");
    }
    // 3. It was issued to this client, for this redirect_uri.
    if grant.request.client_id != client.id || form.get("redirect_uri") != Some(&grant.request.redirect_uri) {
        return Err("invalid_grant");
    }
    // 4. The verifier hashes to the challenge.
    let verifier = form.get("code_verifier").ok_or("invalid_grant")?;
    let hashed = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    if hashed != grant.request.code_challenge {
        return Err("invalid_grant");
    }
    Ok((code.grant, grant))
}

/// The token answer (RFC 6749, section 5.1; OpenID Connect Core 1.0, section 3.1.3.3).
fn answer(provider: &Shared, id: GrantId, grant: &Grant, occasion: Occasion) -> Response {
    let Some(user) = provider.user(&grant.session.user) else {
        return refused("invalid_grant");
    };
    let lifetime = provider.settings.access_token_lifetime;
    let (access_token, refresh_token) = {
        let expires_at = provider.now() + lifetime;
        let mut state = provider.state();
        (state.issue_access_token(id, expires_at), state.issue_refresh_token(id))
    };
    let mut answer = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime.as_secs(),
        "refresh_token": refresh_token,
        "scope": grant.request.scope,
    });
    if !provider.has_fault(Fault::NoIdToken) {
        answer["id_token"] = json!(id_token::issue(provider, grant, user, occasion, &access_token));
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

fn refused(code: ErrorCode) -> Response {
    let no_store = (header::CACHE_CONTROL, "no-store");
    let body = Json(json!({ "error": code }));
    if code == "invalid_client" {
        let challenge = (header::WWW_AUTHENTICATE, "Basic realm=\"demo provider\"");
        return (StatusCode::UNAUTHORIZED, [no_store, challenge], body).into_response();
    }
    (StatusCode::BAD_REQUEST, [no_store], body).into_response()
}
