//! Answers that need no upstream.

use http::{HeaderValue, Response, StatusCode, header};
use sidecar_core::html;
pub(crate) use sidecar_core::path::escape as escape_path;

use crate::Body;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A short text, which no browser may take for anything else.
pub(crate) fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = plain(status, text);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    response
}

pub(crate) fn not_found() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

pub(crate) fn html(html: String) -> Response<Body> {
    let mut response = Response::new(Body::from(html));
    response.headers_mut().insert(header::CONTENT_TYPE, HTML);
    response
}

/// 301 to a place that the request itself named. Without a body.
pub(crate) fn moved(location: &str) -> Response<Body> {
    // Locations are made of escaped paths and of targets that were received as such.
    let Ok(location) = HeaderValue::from_str(location) else { return not_found() };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// The same with a short page for people.
pub(crate) fn moved_with_page(location: &str) -> Response<Body> {
    let mut response = moved(location);
    if response.status() == StatusCode::MOVED_PERMANENTLY {
        *response.body_mut() = Body::from(format!("<a href=\"{}\">Moved Permanently</a>.\n\n", html::escape(location)));
        response.headers_mut().insert(header::CONTENT_TYPE, HTML);
    }
    response
}
