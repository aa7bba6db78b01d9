//! The only writer of answers: pages, JSON, text and redirects.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, EXPIRES, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};
use sidecar_core::code::{self, Code};
use sidecar_core::cookie::SetCookie;
use sidecar_core::html::escape;
use sidecar_upstream::Body;

use crate::limits::MAX_LINK;
use crate::page::Page;

/// What a request is answered with.
pub(crate) type Answer = Response<Body>;

const X_ACCEL_EXPIRES: HeaderName = HeaderName::from_static("x-accel-expires");
const ERROR: HeaderName = HeaderName::from_static(code::HEADER);
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// When a question to the provider is worth another try.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;

/// An answer with no body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    with_status(status, Body::empty())
}

/// The reason phrase as plain text: `Unauthorized` and a newline.
pub(crate) fn text_error(status: StatusCode) -> Answer {
    let mut answer = text(status, format!("{}\n", status.canonical_reason().unwrap_or_default()));
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    answer
}

/// 503 as plain text: whoever asks may do so again in a moment.
pub(crate) fn retry_text_error() -> Answer {
    again_in(RETRY_AFTER_SECONDS, text_error(StatusCode::SERVICE_UNAVAILABLE))
}

/// The same answer, which says that whoever asks may do so again in as many seconds.
pub(crate) fn again_in(seconds: u64, mut answer: Answer) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// Plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    typed(status, TEXT, text)
}

/// JSON.
pub(crate) fn json(status: StatusCode, json: impl Into<Bytes>) -> Answer {
    typed(status, JSON, json)
}

/// A page, which is for this visitor alone.
pub(crate) fn page(status: StatusCode, page: Page) -> Answer {
    let mut answer = typed(status, HTML, page.html);
    if let Some(policy) = page.policy {
        secure(&mut answer, policy);
    }
    no_store(&mut answer);
    answer
}

/// A redirect. For GET and HEAD it has a body with the link, as Go writes it.
pub(crate) fn redirect(status: StatusCode, method: &Method, location: &str) -> Answer {
    let has_link = matches!(*method, Method::GET | Method::HEAD) && location.len() <= MAX_LINK;
    let mut answer = if has_link {
        let reason = status.canonical_reason().unwrap_or_default();
        typed(status, HTML, format!("<a href=\"{}\">{reason}</a>.\n\n", escape(location)))
    } else {
        empty(status)
    };
    self::location(&mut answer, location);
    answer
}

/// Says where to go on.
pub(crate) fn location(answer: &mut Answer, location: &str) {
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
}

fn typed(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut answer = with_status(status, Body::from(body.into()));
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

fn with_status(status: StatusCode, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

/// The same answer, which says its code to programs.
pub(crate) fn coded(mut answer: Answer, code: Code) -> Answer {
    answer.headers_mut().insert(ERROR, HeaderValue::from_static(code.as_str()));
    answer
}

/// The headers of an answer that only this visitor may see, and only now.
pub(crate) fn no_store(answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate, max-age=0"));
    headers.insert(EXPIRES, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 UTC"));
    headers.insert(X_ACCEL_EXPIRES, HeaderValue::from_static("0"));
}

/// The headers that keep a page or redirect of ours to itself (D61).
pub(crate) fn secure(answer: &mut Answer, policy: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}

/// Ends the connection after this answer.
pub(crate) fn close(answer: &mut Answer) {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}

/// Puts `Set-Cookie` lines before those that are there: what came of the request's session before what the endpoint or
/// the app says, and the end of a login before the session that comes of it.
pub(crate) fn set_cookies_first(answer: &mut Answer, cookies: &[SetCookie]) {
    if cookies.is_empty() {
        return;
    }
    let later: Vec<HeaderValue> = answer.headers().get_all(SET_COOKIE).iter().cloned().collect();
    answer.headers_mut().remove(SET_COOKIE);
    set_cookies(answer, cookies);
    for line in later {
        answer.headers_mut().append(SET_COOKIE, line);
    }
}

/// Lets no cache keep the answer, whatever the app or a header for one sort of caches (RFC 9213) says: a session is in it.
pub(crate) fn keep_out_of_caches(answer: &mut Answer) {
    const FOR_SOME_CACHES: [HeaderName; 3] =
        [X_ACCEL_EXPIRES, HeaderName::from_static("cdn-cache-control"), HeaderName::from_static("surrogate-control")];
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.remove(EXPIRES);
    for name in &FOR_SOME_CACHES {
        headers.remove(name);
    }
}

/// Appends `Set-Cookie` lines in order.
pub(crate) fn set_cookies(answer: &mut Answer, cookies: &[SetCookie]) {
    for cookie in cookies {
        if let Some(value) = cookie.to_header_value() {
            answer.headers_mut().append(SET_COOKIE, value);
        } else {
            tracing::error!(code = %Code::Internal, ?cookie, "a cookie has bytes that no header may carry");
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    #[test]
    fn a_redirect_has_a_link_unless_its_address_is_very_long() {
        let address = format!("/{:&<1$}", "", MAX_LINK - 1);
        for (address, method, has_link) in [
            (address.clone(), Method::GET, true),
            (address.clone() + "&", Method::GET, false),
            (address, Method::POST, false),
        ] {
            let answer = redirect(StatusCode::FOUND, &method, &address);
            assert_eq!(answer.headers()[LOCATION], *address, "{method}");
            assert_eq!(!answer.body().is_end_stream(), has_link, "{method} {}", address.len());
        }
    }
}
