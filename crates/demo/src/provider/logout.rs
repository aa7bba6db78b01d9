//! The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use super::authorize::{SESSION_COOKIE, presented_cookie};
use super::parameters::Parameters;
use super::{Endpoint, Shared, pages};

/// Ends the session that the hint names, and the one of the browser that comes; then the browser goes where the
/// client registered it may.
pub(super) async fn end_session(
    State(provider): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(parameters) = Parameters::parse(query.as_deref().unwrap_or_default()) else {
        return pages::refused("a parameter is there twice");
    };
    provider.state().record(Endpoint::EndSession, &parameters);
    let hint = match parameters.get("id_token_hint").map(|token| claims_of_ours(&provider, token)) {
        Some(None) => return pages::refused("the id_token_hint is not from this provider"),
        hint => hint.flatten(),
    };
    let browsers = presented_cookie(&headers)
        .and_then(|cookie| provider.state().session(cookie).map(|session| session.sid.clone()));
    let hinted = hint.as_ref().and_then(|claims| claims["sid"].as_str()).map(str::to_owned);
    for sid in browsers.into_iter().chain(hinted) {
        provider.state().close_session(&sid);
    }
    let forget = (header::SET_COOKIE, format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
    match return_to(&provider, &parameters, hint.as_ref()) {
        Some(target) => (StatusCode::SEE_OTHER, [forget, (header::LOCATION, target)]).into_response(),
        None => ([forget], pages::signed_out()).into_response(),
    }
}

/// The claims of an ID token that this provider signed, however old (section 4).
fn claims_of_ours(provider: &Shared, token: &str) -> Option<Value> {
    let (message, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !provider.key.verifies(message.as_bytes(), &signature) {
        return None;
    }
    let (_, payload) = message.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// `post_logout_redirect_uri` with the `state`, if it is on the origin of a redirect URI of the client.
fn return_to(provider: &Shared, parameters: &Parameters, hint: Option<&Value>) -> Option<String> {
    let mut target = Url::parse(parameters.get("post_logout_redirect_uri")?).ok()?;
    let client_id = parameters.get("client_id").or_else(|| hint?["aud"].as_str())?;
    let known = provider.state().clients.get(client_id)?.redirect_uris.clone();
    let same_origin = |uri: &String| Url::parse(uri).is_ok_and(|uri| uri.origin() == target.origin());
    if !known.iter().any(same_origin) {
        return None;
    }
    if let Some(state) = parameters.get("state") {
        target.query_pairs_mut().append_pair("state", state);
    }
    Some(target.into())
}
