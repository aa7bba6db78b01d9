//! The variables of formats of the operator's own, escaped as the usual lines escape them.

use std::fmt::Write as _;
use std::time::SystemTime;

use sidecar_gateway::{AuthLine, RequestLine};

use super::line::{Line, protocol};
use super::stamp::Stamp;

/// A variable and its value.
type Field = (&'static str, String);

fn written(write: impl FnOnce(&mut Line<'_>)) -> String {
    let mut buffer = Vec::new();
    write(&mut Line::new(&mut buffer));
    String::from_utf8(buffer).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn timestamp(time: SystemTime, stamp: &Stamp) -> Field {
    let mut text = String::new();
    stamp.with(time, |time| text.push_str(time));
    ("Timestamp", text)
}

/// Of a request's line.
pub(super) fn of_request(request: &RequestLine<'_>, stamp: &Stamp) -> [Field; 13] {
    let mut duration = String::new();
    let _ = write!(duration, "{:.3}", request.duration.as_secs_f64());
    [
        ("Client", written(|line| line.client(request.client))),
        ("Host", written(|line| line.plain(request.host))),
        ("Protocol", protocol(request.version).to_owned()),
        ("RequestID", request.request_id.to_string()),
        ("RequestDuration", duration),
        ("RequestMethod", written(|line| line.plain(request.method.as_str()))),
        ("RequestURI", written(|line| line.quoted(request.uri.as_bytes()))),
        ("ResponseSize", request.size.to_string()),
        ("StatusCode", request.status.to_string()),
        timestamp(request.started, stamp),
        ("Upstream", written(|line| line.plain(request.upstream.unwrap_or("-")))),
        ("UserAgent", written(|line| line.quoted(request.user_agent))),
        ("Username", written(|line| line.plain(request.username.unwrap_or("-")))),
    ]
}

/// Of a login's line.
pub(super) fn of_auth(auth: &AuthLine<'_>, now: SystemTime, stamp: &Stamp) -> [Field; 10] {
    [
        ("Client", written(|line| line.client(auth.client))),
        ("Host", written(|line| line.plain(auth.host))),
        ("Protocol", protocol(auth.version).to_owned()),
        ("RequestID", auth.request_id.to_string()),
        ("RequestMethod", written(|line| line.plain(auth.method.as_str()))),
        timestamp(now, stamp),
        ("UserAgent", written(|line| line.quoted(auth.user_agent))),
        ("Username", written(|line| line.plain(auth.username.unwrap_or("-")))),
        ("Status", auth.status.as_str().to_owned()),
        ("Message", written(|line| line.plain(auth.message))),
    ]
}

/// Of a line of the program's own.
pub(super) fn of_event(place: (&str, u32), message: &str, now: SystemTime, stamp: &Stamp) -> [Field; 3] {
    [
        timestamp(now, stamp),
        ("File", format!("{}:{}", place.0, place.1)),
        ("Message", written(|line| line.plain(message))),
    ]
}
