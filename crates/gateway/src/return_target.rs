//! Where a visitor goes after logging in or out, as a request asks for it.

use std::borrow::Cow;

use http::header::HOST;
use http::{HeaderName, StatusCode};
use sidecar_core::form::{Form, Semicolons};
use sidecar_core::origin::Scheme;
use sidecar_core::path;
use sidecar_core::return_to::ReturnTo;

use crate::form_body::RequestForm;
use crate::inbound::Inbound;
use crate::rescue::{Failure, Report};
use crate::settings::{Login, RedirectUri, Settings};

const X_AUTH_REQUEST_REDIRECT: HeaderName = HeaderName::from_static("x-auth-request-redirect");

/// The target that a request to one of our endpoints asks for, in its query or its form.
///
/// # Errors
/// What is wrong with the form; one that does not parse is answered with `bad_form`.
pub(crate) async fn requested_target(
    inbound: &mut Inbound,
    settings: &Settings,
    bad_form: StatusCode,
) -> Result<ReturnTo, Report> {
    let form = RequestForm::read(inbound).await?;
    let form = form.parse(settings.semicolons).map_err(|error| Failure::BadForm(bad_form).because(error))?;
    Ok(return_target(inbound, &form, settings))
}

/// The first valid candidate: `rd`, `X-Auth-Request-Redirect`, the URL that a front proxy tells, the request's own
/// URI, `/`. Our own endpoints are no place to land.
pub(crate) fn return_target(inbound: &Inbound, form: &Form<'_>, settings: &Settings) -> ReturnTo {
    let login = &settings.login;
    let accept = |text: &str| {
        if text.is_empty() {
            return None;
        }
        ReturnTo::parse(text, &login.allowed_domains)
            .inspect_err(|why| tracing::info!(request_id = %inbound.id, %why, "redirect target is not allowed"))
            .ok()
    };
    form.get("rd")
        .and_then(accept)
        .or_else(|| accept(std::str::from_utf8(inbound.headers().get(X_AUTH_REQUEST_REDIRECT)?.as_bytes()).ok()?))
        .or_else(|| accept(&forwarded_url(inbound, settings)?))
        .or_else(|| accept(&own_url(inbound, settings)?))
        .or_else(|| accept(app_uri(&external_uri(inbound, settings), settings)))
        .or_else(|| accept(app_uri(&own_uri(inbound, settings), settings)))
        .unwrap_or_else(ReturnTo::root)
}

/// The URL that a trusted peer tells, when it names another host than the request itself.
fn forwarded_url(inbound: &Inbound, settings: &Settings) -> Option<String> {
    let scheme = inbound.scheme.filter(|_| inbound.is_forwarded)?;
    url_at_host(inbound, scheme, settings)
}

/// The URI as the visitor's browser sees it, at the host that it sees; `None` when it is no path.
fn url_at_host(inbound: &Inbound, scheme: Scheme, settings: &Settings) -> Option<String> {
    let uri = external_uri(inbound, settings);
    let uri = app_uri(&uri, settings);
    uri.starts_with('/').then(|| format!("{scheme}://{}{uri}", inbound.host()))
}

/// The request's own URL in full, when the callback is on another host, so that the path alone would lead there (D40).
fn own_url(inbound: &Inbound, settings: &Settings) -> Option<String> {
    match &settings.login.redirect_uri {
        RedirectUri::Fixed { host: Some(host), .. } if host != inbound.host() && !inbound.host().is_empty() => {
            let scheme = external_scheme(inbound, &settings.login);
            let url = url_at_host(inbound, scheme, settings)?;
            ReturnTo::parse(&url, &settings.login.allowed_domains).is_ok().then_some(url)
        }
        RedirectUri::Fixed { .. } | RedirectUri::OfRequest { .. } => None,
    }
}

/// The host that a page names as the one to sign in to. Where logins of many hosts come back to one, those hosts are listed:
/// what a forwarded header names beside them is not repeated, but the request's own `Host`.
pub(crate) fn shown_host<'a>(inbound: &'a Inbound, settings: &Settings) -> &'a str {
    match &settings.login.redirect_uri {
        RedirectUri::Fixed { host: Some(host), .. }
            if inbound.is_forwarded && host != inbound.host() && own_url(inbound, settings).is_none() =>
        {
            inbound.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
        }
        RedirectUri::Fixed { .. } | RedirectUri::OfRequest { .. } => inbound.host(),
    }
}

/// The scheme that visitors come by: `https` if cookies are secure, else what a front proxy tells, else `http`.
pub(crate) fn external_scheme(inbound: &Inbound, login: &Login) -> Scheme {
    if login.cookie_secure { Scheme::Https } else { inbound.scheme.unwrap_or(Scheme::Http) }
}

/// The URI as the visitor's browser sees it: the front proxy's word, else the request's own.
fn external_uri<'a>(inbound: &'a Inbound, settings: &Settings) -> Cow<'a, str> {
    match inbound.told_uri() {
        Some(uri) => Cow::Borrowed(uri),
        None => own_uri(inbound, settings),
    }
}

/// Path and query of the request.
///
/// compat: where `;` separates, v7 writes `&` for it, and only the app sees it as it came.
fn own_uri<'a>(inbound: &'a Inbound, settings: &Settings) -> Cow<'a, str> {
    match (path::escaped(inbound.path()), settings.semicolons, inbound.query()) {
        (path, Semicolons::Separate, Some(query)) if query.contains(';') => {
            Cow::Owned(format!("{path}?{}", query.replace(';', "&")))
        }
        (Cow::Owned(path), _, Some(query)) => Cow::Owned(format!("{path}?{query}")),
        (Cow::Owned(path), _, None) => Cow::Owned(path),
        (Cow::Borrowed(_), Semicolons::Separate | Semicolons::Refused, _) => Cow::Borrowed(inbound.target()),
    }
}

/// A URI of the app; one of our own endpoints becomes `/`.
fn app_uri<'a>(uri: &'a str, settings: &Settings) -> &'a str {
    let is_ours = uri.strip_prefix(settings.prefix.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if is_ours { "/" } else { uri }
}

/// The same target for a page that a visitor signs in from: the sign-in page itself becomes `/`.
pub(crate) fn for_page(target: ReturnTo, settings: &Settings) -> ReturnTo {
    let is_sign_in = target.as_str().strip_prefix(settings.prefix.as_str()) == Some("/sign_in");
    if is_sign_in { ReturnTo::root() } else { target }
}

/// The `redirect_uri` of a login that this request begins or ends (RFC 6749 §3.1.2).
pub(crate) fn redirect_uri(inbound: &Inbound, login: &Login) -> String {
    match &login.redirect_uri {
        RedirectUri::Fixed { uri, .. } => uri.clone(),
        RedirectUri::OfRequest { path } => {
            format!("{}://{}{path}", external_scheme(inbound, login), inbound.host())
        }
    }
}
