//! What people see of the provider.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::state::{AuthorizationRequest, ProviderSession};
use super::{Shared, User};
use crate::html::{Document, Escaped, Tone};

fn page(title: &str, body: String) -> Document<'_> {
    Document { title, owner: "Demo Identity · the OpenID provider of this demo", tone: Tone::Amber, body }
}

/// Who comes here by hand is told what this is.
pub(super) async fn front(State(provider): State<Arc<Shared>>) -> Response {
    let issuer = Escaped(&provider.issuer);
    let body = format!(
        "<div class=\"narrow\"><h1>An OpenID provider in memory</h1>\n<p>Apps send people here to sign in. \
         Nothing is kept when the demo ends.</p>\n\
         <p><a href=\"/.well-known/openid-configuration\">Metadata of {issuer}</a></p></div>"
    );
    page("Demo Identity", body).answer(StatusCode::OK)
}

/// The choice between the users.
pub(super) fn login(users: &[User], request: &str) -> Response {
    let mut body = format!(
        "<div class=\"narrow\">\n<h1>Who are you?</h1>\n<p class=\"quiet\">This is a demo: no password needed.</p>\n\
         <form class=\"choices\" method=\"post\" action=\"/login\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\n",
        Escaped(request)
    );
    for user in users {
        let _ = writeln!(
            body,
            "<button class=\"button plain wide\" name=\"user\" value=\"{name}\"><span class=\"face\" \
             aria-hidden=\"true\">{initial}</span><span>{full_name}<small>{email}</small></span></button>",
            name = Escaped(&user.name),
            initial = Escaped(&initial(&user.full_name)),
            full_name = Escaped(&user.full_name),
            email = Escaped(&user.email),
        );
    }
    body.push_str("</form>\n</div>");
    page("Sign in · Demo Identity", body).answer(StatusCode::OK)
}

/// May the client know who this is?
pub(super) fn consent(
    provider: &Shared,
    id: &str,
    request: &AuthorizationRequest,
    session: &ProviderSession,
) -> Response {
    let Some(user) = provider.user(&session.user) else {
        return login(&provider.settings.users, id);
    };
    let mut items = String::new();
    for scope in request.scope.split(' ').filter_map(meaning) {
        let _ = writeln!(items, "<li>{scope}</li>");
    }
    let body = format!(
        "<div class=\"narrow\">\n<h1>Sign in to {client}?</h1>\n<p class=\"quiet\">You are {full_name} ({email}).</p>\n\
         <div class=\"card\">\n<h2>It will learn</h2>\n<ul>\n{items}</ul>\n</div>\n\
         <form class=\"choices\" method=\"post\" action=\"/consent\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{id}\">\n\
         <button class=\"button\" name=\"decision\" value=\"allow\">Allow</button>\n\
         <button class=\"button plain\" name=\"decision\" value=\"deny\">Deny</button>\n\
         <button class=\"button plain\" name=\"decision\" value=\"other\">Use another account</button>\n\
         </form>\n</div>",
        client = Escaped(&request.client_id),
        full_name = Escaped(&user.full_name),
        email = Escaped(&user.email),
        id = Escaped(id),
    );
    page("Allow access · Demo Identity", body).answer(StatusCode::OK)
}

/// A request that cannot be answered to the client.
pub(super) fn refused(reason: &str) -> Response {
    let body = format!(
        "<div class=\"narrow\"><h1>This request makes no sense here</h1>\n<p>The provider refused it: {}.</p>\n\
         <p class=\"quiet\">Go back to the app and begin again.</p></div>",
        Escaped(reason)
    );
    page("Refused · Demo Identity", body).answer(StatusCode::BAD_REQUEST)
}

/// After a logout without a place to return to.
pub(super) fn signed_out() -> Response {
    let body = "<div class=\"narrow\"><h1>You are signed out</h1>\n<p>Demo Identity has forgotten you.</p></div>";
    page("Signed out · Demo Identity", body.to_owned()).answer(StatusCode::OK)
}

/// What a scope gives away, in words.
fn meaning(scope: &str) -> Option<&'static str> {
    match scope {
        "openid" => Some("that it is you again when you come back"),
        "email" => Some("your e-mail address"),
        "profile" => Some("your name and your groups"),
        "groups" => Some("your groups"),
        "offline_access" => Some("all this while you are away"),
        _ => None,
    }
}

fn initial(name: &str) -> String {
    name.chars().take(1).collect()
}
