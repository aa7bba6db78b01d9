//! `PREFIX/static/…`: the files that custom templates in the field link to (D52).

use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use sidecar_upstream::Body;

use crate::answer::{self, Answer};
use crate::route::Asset;

/// A small stylesheet for the class names that the default templates use.
const STYLESHEET: &str = include_str!("asset.css");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");

/// The file, or that there is none.
pub(crate) fn answer(asset: Asset) -> Answer {
    let text = match asset {
        Asset::Stylesheet => STYLESHEET,
        Asset::Icons => "",
        Asset::Missing => return not_found(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_is_small_and_loads_nothing() {
        assert!(STYLESHEET.len() < 6_000, "{} bytes", STYLESHEET.len());
        assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
        assert_eq!(STYLESHEET.matches('{').count(), STYLESHEET.matches('}').count());
    }

    #[test]
    fn the_style_sheet_knows_the_classes_of_the_default_templates() {
        for class in [
            "section",
            "hero",
            "hero-body",
            "container",
            "box",
            "block",
            "card",
            "card-header",
            "card-header-title",
            "card-header-icon",
            "card-content",
            "title",
            "subtitle",
            "is-1",
            "is-size-7",
            "content",
            "columns",
            "column",
            "button",
            "is-primary",
            "is-danger",
            "is-fullwidth",
            "field",
            "control",
            "label",
            "input",
            "notification",
            "footer",
            "has-text-centered",
            "has-text-left",
            "has-text-grey",
            "has-background-light",
            "is-shadowless",
            "is-hidden",
            "fa-angle-down",
        ] {
            assert!(STYLESHEET.contains(&format!(".{class}")), "{class}");
        }
    }
}
