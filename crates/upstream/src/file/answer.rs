//! What is answered with a file or a directory.

use std::{
    fmt::Write as _,
    io::{Seek as _, SeekFrom},
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use sidecar_core::html;

use super::{
    FileBody, OpenFile,
    condition::{Condition, Range, is_unmodified, judge, range},
};
use crate::{Body, local};

impl OpenFile {
    pub(super) fn answer(self, method: &Method, headers: &HeaderMap) -> Response<Body> {
        let Self { mut file, length, modified, content_type } = self;
        match judge(method, headers, modified) {
            Condition::Holds => {}
            Condition::NotModified => return bare(StatusCode::NOT_MODIFIED, modified),
            Condition::Failed => return bare(StatusCode::PRECONDITION_FAILED, modified),
        }
        let (status, start, end) = match range(headers, length, modified) {
            Range::Whole => (StatusCode::OK, 0, length),
            Range::Part { start, end } => (StatusCode::PARTIAL_CONTENT, start, end),
            Range::Outside => return outside(length),
            Range::Malformed => return unsatisfiable("invalid range\n"),
        };
        if start > 0 && file.seek(SeekFrom::Start(start)).is_err() {
            return local::text(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error\n");
        }
        let mut response = Response::new(Body::file(FileBody::new(file, end - start)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
        set_last_modified(headers, modified);
        if status == StatusCode::PARTIAL_CONTENT {
            let text = format!("bytes {start}-{}/{length}", end - 1);
            set(headers, header::CONTENT_RANGE, &text);
        }
        response
    }
}

pub(super) fn listing(names: &[(String, bool)], modified: Option<SystemTime>, headers: &HeaderMap) -> Response<Body> {
    if is_unmodified(headers, modified) {
        return bare(StatusCode::NOT_MODIFIED, modified);
    }
    let mut page = String::from("<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
    for (name, is_directory) in names {
        let name = format!("{name}{}", if *is_directory { "/" } else { "" });
        // "./" keeps a name with a colon from being read as a scheme.
        let here = if name.contains(':') { "./" } else { "" };
        let link = html::escape(&local::escape_path(name.as_bytes()));
        let _ = writeln!(page, "<a href=\"{here}{link}\">{}</a>", html::escape(&name));
    }
    page.push_str("</pre>\n");
    let mut response = local::html(page);
    set_last_modified(response.headers_mut(), modified);
    response
}

fn bare(status: StatusCode, modified: Option<SystemTime>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    set_last_modified(response.headers_mut(), modified);
    response
}

fn unsatisfiable(text: &'static str) -> Response<Body> {
    local::text(StatusCode::RANGE_NOT_SATISFIABLE, text)
}

fn outside(length: u64) -> Response<Body> {
    let mut response = unsatisfiable("invalid range: failed to overlap\n");
    set(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{length}"));
    response
}

fn set_last_modified(headers: &mut HeaderMap, modified: Option<SystemTime>) {
    if let Some(modified) = modified.filter(|modified| *modified > UNIX_EPOCH) {
        set(headers, header::LAST_MODIFIED, &httpdate::fmt_http_date(modified));
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
