//! The authorization endpoint and the two pages behind it (RFC 6749, section 4.1; OpenID Connect Core 1.0,
//! section 3.1.2).
//!
//! `begin` finds the request sound and suspends it; `login` says who; `consent` resumes it and sends the browser
//! back with a code or an error.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::parameters::Parameters;
use super::state::{AuthorizationRequest, Grant, ProviderSession};
use super::{Client, Endpoint, Interaction, Shared, pages};

/// How long a code may be redeemed; RFC 6749, section 4.1.2 recommends ten minutes at most.
const CODE_LIFETIME: Duration = Duration::from_mins(1);

/// The provider's own session cookie, on the provider's host alone.
pub(super) const SESSION_COOKIE: &str = "demo_provider_session";

/// Why an authorization request ends, as its client is told (RFC 6749, section 4.1.2.1).
struct Refusal {
    error: &'static str,
    description: &'static str,
}

pub(super) async fn begin(
    State(provider): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let parameters = match Parameters::parse(query.as_deref().unwrap_or_default()) {
        Ok(parameters) => parameters,
        Err(name) => return pages::refused(&format!("the parameter {name} is there twice")),
    };
    provider.state().record(Endpoint::Authorization, &parameters);
    let (client, redirect_uri) = match addressee(&provider, &parameters) {
        Ok(addressee) => addressee,
        Err(reason) => return pages::refused(reason),
    };
    match sound(&client, &redirect_uri, &parameters) {
        Ok(request) => interact(&provider, request, parameters.get("prompt"), &headers),
        Err(refusal) => refuse(&provider.issuer, &redirect_uri, parameters.get("state"), &refusal),
    }
}

/// Where answers may be sent. What fails here is never answered by a redirect (RFC 6749, section 4.1.2.1).
fn addressee(provider: &Shared, parameters: &Parameters) -> Result<(Client, String), &'static str> {
    let id = parameters.get("client_id").ok_or("there is no client_id")?;
    let client = provider.state().clients.get(id).cloned().ok_or("no client has this client_id")?;
    let redirect_uri = parameters.get("redirect_uri").ok_or("there is no redirect_uri")?;
    if !client.redirect_uris.iter().any(|known| known == redirect_uri) {
        return Err("this redirect_uri is not registered for the client");
    }
    Ok((client, redirect_uri.to_owned()))
}

fn sound(client: &Client, redirect_uri: &str, parameters: &Parameters) -> Result<AuthorizationRequest, Refusal> {
    if parameters.get("response_type") != Some("code") {
        return Err(Refusal { error: "unsupported_response_type", description: "only response_type=code" });
    }
    let scope = parameters.get("scope").unwrap_or_default();
    if !scope.split(' ').any(|item| item == "openid") {
        return Err(Refusal { error: "invalid_scope", description: "the scope lacks openid" });
    }
    // The one method this provider takes; "plain" protects nothing (RFC 7636, section 7.2).
    let challenge = parameters.get("code_challenge").filter(|challenge| challenge.len() == 43);
    let (Some(challenge), Some("S256")) = (challenge, parameters.get("code_challenge_method")) else {
        return Err(Refusal { error: "invalid_request", description: "PKCE with S256 is required" });
    };
    Ok(AuthorizationRequest {
        client_id: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scope: scope.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        nonce: parameters.get("nonce").map(str::to_owned),
        code_challenge: challenge.to_owned(),
    })
}

/// Shows the page that is due, or none.
fn interact(provider: &Shared, request: AuthorizationRequest, prompt: Option<&str>, headers: &HeaderMap) -> Response {
    if let Interaction::SignsIn(user) = &provider.settings.interaction {
        let cookie = provider.state().open_session(user, provider.now());
        return match session_of(provider, Some(&cookie)) {
            Some(session) => grant(provider, request, session),
            None => pages::refused("the provider was told to sign in a user it does not have"),
        };
    }
    let session = session_of(provider, presented_cookie(headers));
    match (prompt, session) {
        (Some("none"), Some(session)) => grant(provider, request, session),
        (Some("none"), None) => {
            let refusal = Refusal { error: "login_required", description: "nobody is signed in" };
            refuse(&provider.issuer, &request.redirect_uri, request.state.as_deref(), &refusal)
        }
        (None | Some("consent"), Some(session)) => {
            let id = provider.state().suspend(request.clone());
            pages::consent(provider, &id, &request, &session)
        }
        (_, _) => {
            let id = provider.state().suspend(request);
            pages::login(&provider.settings.users, &id)
        }
    }
}

/// The answer to the login page: a session at the provider, then the consent page.
pub(super) async fn login(State(provider): State<Arc<Shared>>, body: String) -> Response {
    let form = Parameters::parse(&body).unwrap_or_default();
    let (Some(id), Some(user)) = (form.get("request"), form.get("user").and_then(|name| provider.user(name))) else {
        return pages::refused("the form is incomplete");
    };
    if provider.state().pending(id).is_none() {
        return pages::refused("this login was completed or never begun");
    }
    let cookie = provider.state().open_session(&user.name, provider.now());
    let headers = [
        (header::SET_COOKIE, format!("{SESSION_COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax")),
        (header::LOCATION, format!("/consent?request={id}")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

pub(super) async fn consent_page(
    State(provider): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let parameters = Parameters::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let id = parameters.get("request").unwrap_or_default();
    let request = provider.state().pending(id).cloned();
    match (request, session_of(&provider, presented_cookie(&headers))) {
        (Some(request), Some(session)) => pages::consent(&provider, id, &request, &session),
        (Some(_), None) => pages::login(&provider.settings.users, id),
        (None, _) => pages::refused("this login was completed or never begun"),
    }
}

/// The answer to the consent page: back to the client, or to the login page for somebody else.
pub(super) async fn consent(State(provider): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let form = Parameters::parse(&body).unwrap_or_default();
    let (Some(id), Some(session)) = (form.get("request"), session_of(&provider, presented_cookie(&headers))) else {
        return pages::refused("the form is incomplete, or nobody is signed in any more");
    };
    if form.get("decision") == Some("other") && provider.state().pending(id).is_some() {
        return pages::login(&provider.settings.users, id);
    }
    let Some(request) = provider.state().resume(id) else {
        return pages::refused("this login was completed or never begun");
    };
    if form.get("decision") == Some("allow") {
        return grant(&provider, request, session);
    }
    let refusal = Refusal { error: "access_denied", description: "the user said no" };
    refuse(&provider.issuer, &request.redirect_uri, request.state.as_deref(), &refusal)
}

/// Sends the browser back with a code (RFC 6749, section 4.1.2).
fn grant(provider: &Shared, request: AuthorizationRequest, session: ProviderSession) -> Response {
    let (redirect_uri, state) = (request.redirect_uri.clone(), request.state.clone());
    let code = provider.state().issue_code(Grant { request, session }, provider.now() + CODE_LIFETIME);
    send_back(&provider.issuer, &redirect_uri, state.as_deref(), &[("code", &code)])
}

/// Sends the browser back with an error (RFC 6749, section 4.1.2.1).
fn refuse(issuer: &str, redirect_uri: &str, state: Option<&str>, refusal: &Refusal) -> Response {
    let error = [("error", refusal.error), ("error_description", refusal.description)];
    send_back(issuer, redirect_uri, state, &error)
}

fn send_back(issuer: &str, redirect_uri: &str, state: Option<&str>, answer: &[(&str, &str)]) -> Response {
    let Ok(mut target) = Url::parse(redirect_uri) else {
        return pages::refused("the registered redirect_uri is not a URL");
    };
    // `iss` tells the client whose answer this is (RFC 9207).
    target.query_pairs_mut().extend_pairs(answer).extend_pairs(state.map(|state| ("state", state)));
    target.query_pairs_mut().append_pair("iss", issuer);
    let headers = [(header::LOCATION, target.as_str()), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

pub(super) fn presented_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value).next()
}

/// The session behind a cookie, if its user still exists.
fn session_of(provider: &Shared, cookie: Option<&str>) -> Option<ProviderSession> {
    let session = provider.state().session(cookie?).cloned()?;
    provider.user(&session.user).is_some().then_some(session)
}
