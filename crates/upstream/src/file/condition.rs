//! Conditions and ranges of requests for files (RFC 9110 13 and 14).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

pub(super) enum Condition {
    Holds,
    NotModified,
    Failed,
}

/// The files have no entity tags, so that of `If-Match` and `If-None-Match` only `*` can hold.
pub(super) fn judge(method: &Method, headers: &HeaderMap, modified: Option<SystemTime>) -> Condition {
    let is_any = |value: &HeaderValue| value.as_bytes().trim_ascii() == b"*";
    match headers.get(header::IF_MATCH) {
        Some(tags) if !is_any(tags) => return Condition::Failed,
        Some(_) => {}
        None => {
            let unless = date(headers, header::IF_UNMODIFIED_SINCE);
            if let (Some(unless), Some(modified)) = (unless, modified.map(whole_seconds))
                && modified > unless
            {
                return Condition::Failed;
            }
        }
    }
    let reads = [Method::GET, Method::HEAD].contains(method);
    match headers.get(header::IF_NONE_MATCH) {
        Some(tags) if is_any(tags) && reads => Condition::NotModified,
        Some(tags) if is_any(tags) => Condition::Failed,
        None if reads && is_unmodified(headers, modified) => Condition::NotModified,
        Some(_) | None => Condition::Holds,
    }
}

pub(super) fn is_unmodified(headers: &HeaderMap, modified: Option<SystemTime>) -> bool {
    let since = date(headers, header::IF_MODIFIED_SINCE);
    matches!((since, modified.map(whole_seconds)), (Some(since), Some(modified)) if modified <= since)
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

fn whole_seconds(at: SystemTime) -> SystemTime {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Range {
    Whole,
    /// From `start` up to, not including, `end`.
    Part {
        start: u64,
        end: u64,
    },
    Outside,
    Malformed,
}

/// One range is served. Several are answered with the whole file, which RFC 9110 14.2 leaves to the server: a request
/// for a thousand ranges then costs what one for the file costs. Those outside the file do not count.
pub(super) fn range(headers: &HeaderMap, length: u64, modified: Option<SystemTime>) -> Range {
    let Some(text) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else { return Range::Whole };
    if let Some(condition) = headers.get(header::IF_RANGE) {
        let date = condition.to_str().ok().and_then(|text| httpdate::parse_http_date(text).ok());
        if date.is_none() || date != modified.map(whole_seconds) {
            return Range::Whole;
        }
    }
    let Some(specs) = text.strip_prefix("bytes=") else { return Range::Malformed };
    let mut found = None;
    for spec in specs.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        found = match (found, one_range(spec, length)) {
            (_, Range::Malformed) => return Range::Malformed,
            (None | Some(Range::Outside), one) => Some(one),
            (part, Range::Outside) => part,
            (Some(_), _) => Some(Range::Whole),
        };
    }
    match found {
        Some(Range::Outside) if length == 0 => Range::Whole,
        Some(range) => range,
        None => Range::Whole,
    }
}

/// What one specification says of a file; it never asks for the whole by itself.
fn one_range(spec: &str, length: u64) -> Range {
    let Some((first, last)) = spec.split_once('-') else { return Range::Malformed };
    let (first, last) = (first.trim(), last.trim());
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok());
    let (start, end) = match (first, number(first).flatten()) {
        ("", _) => match number(last).flatten() {
            Some(suffix) => (length.saturating_sub(suffix), length),
            None => return Range::Malformed,
        },
        (_, None) => return Range::Malformed,
        // compat: what is behind the dash is not looked at then.
        (_, Some(start)) if start >= length => return Range::Outside,
        (_, Some(start)) if last.is_empty() => (start, length),
        (_, Some(start)) => match number(last).flatten() {
            Some(last) if start <= last => (start, last.saturating_add(1).min(length)),
            Some(_) | None => return Range::Malformed,
        },
    };
    if start < end { Range::Part { start, end } } else { Range::Outside }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranged(text: &str) -> Range {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(text).unwrap());
        range(&headers, 10, None)
    }

    #[test]
    fn a_range_is_a_part_the_whole_or_outside() {
        for (text, found) in [
            ("bytes=0-0", Range::Part { start: 0, end: 1 }),
            ("bytes=3-", Range::Part { start: 3, end: 10 }),
            ("bytes=-4", Range::Part { start: 6, end: 10 }),
            ("bytes=-99", Range::Part { start: 0, end: 10 }),
            ("bytes=5-99999999999", Range::Part { start: 5, end: 10 }),
            ("bytes=10-", Range::Outside),
            ("bytes=10-x", Range::Outside),
            ("bytes=5-4", Range::Malformed),
            ("bytes=-0", Range::Outside),
            ("bytes=+1-2", Range::Malformed),
            ("bytes=-", Range::Malformed),
            ("bytes=x", Range::Malformed),
            ("bytes=0-0,x", Range::Malformed),
            ("bytes=5-99999999999999999999999", Range::Malformed),
            ("lines=1-2", Range::Malformed),
            ("bytes=", Range::Whole),
            ("bytes=0-,0-,0-", Range::Whole),
            ("bytes=0-0,2-2", Range::Whole),
            ("bytes=0-0,99-", Range::Part { start: 0, end: 1 }),
            ("bytes=99-, 0-0", Range::Part { start: 0, end: 1 }),
            ("bytes=99-,98-", Range::Outside),
        ] {
            assert_eq!(ranged(text), found, "{text}");
        }
    }

    #[test]
    fn conditions_look_at_the_date_alone() {
        let modified = UNIX_EPOCH + Duration::from_millis(1_000_000_500);
        let judged = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            match judge(&Method::GET, &headers, Some(modified)) {
                Condition::Holds => 200,
                Condition::NotModified => 304,
                Condition::Failed => 412,
            }
        };
        let (at, before) = ("Mon, 12 Jan 1970 13:46:40 GMT", "Mon, 12 Jan 1970 13:46:39 GMT");
        for (name, value, status) in [
            ("if-modified-since", at, 304),
            ("if-modified-since", before, 200),
            ("if-modified-since", "soon", 200),
            ("if-unmodified-since", at, 200),
            ("if-unmodified-since", before, 412),
            ("if-none-match", "*", 304),
            ("if-none-match", "\"a\"", 200),
            ("if-match", "*", 200),
            ("if-match", "\"a\"", 412),
        ] {
            assert_eq!(judged(name, value), status, "{name}: {value}");
        }
    }

    proptest! {
        #[test]
        fn any_range_stays_inside_the_file(text in "[ -~]{0,30}", length in 0u64..100) {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_str(&format!("bytes={text}")).unwrap());
            if let Range::Part { start, end } = range(&headers, length, None) {
                prop_assert!(start < end && end <= length);
            }
        }
    }
}
