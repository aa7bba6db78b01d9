//! `PREFIX/static/…`: the files that custom templates in the field link to (differences.md D52).

use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use sidecar_upstream::Body;

use crate::answer::{self, Answer};

/// A small stylesheet for the class names that the default templates use.
const STYLESHEET: &str = include_str!("asset.css");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");

/// The file behind `path`, which starts after `PREFIX/static/`.
pub(crate) fn answer(path: &str) -> Answer {
    let text = match path {
        "css/bulma.min.css" => STYLESHEET,
        "css/all.min.css" => "",
        _ => return not_found(),
    };
    let mut answer = Response::new(Body::from(bytes::Bytes::from_static(text.as_bytes())));
    answer::no_store(&mut answer);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, CSS);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    answer
}

fn not_found() -> Answer {
    let mut answer = answer::text(StatusCode::NOT_FOUND, "404 page not found\n");
    answer::no_store(&mut answer);
    answer.headers_mut().remove(CACHE_CONTROL);
    answer.headers_mut().insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
