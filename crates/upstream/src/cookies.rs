//! Our own cookies: the app neither sees nor sets them.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, header};
use sidecar_core::cookie::is_token;

use crate::SessionCookies;

/// Tells which cookie names are ours: session, its pieces, ticket, login state.
#[derive(Clone)]
pub struct OwnCookies {
    is_own: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl OwnCookies {
    /// By a predicate over the exact cookie name.
    pub fn new(is_own: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { is_own: Arc::new(is_own) }
    }

    fn owns(&self, name: &[u8]) -> bool {
        std::str::from_utf8(name).is_ok_and(|name| (self.is_own)(name))
    }

    /// Removes our cookies from a request, unless the settings pass them, and makes one line of several (differences
    /// D06, D07; RFC 6265 5.4 has one line with `; `).
    pub(crate) fn consume(&self, headers: &mut HeaderMap, session_cookies: SessionCookies) {
        let mut lines = headers.get_all(header::COOKIE).iter();
        let (Some(first), more) = (lines.next(), lines.next().is_some()) else { return };
        let removes = |pair: &[u8]| session_cookies == SessionCookies::Remove && self.owns(request_name(pair));
        if !more && !pairs(first).any(removes) {
            return; // one line without any of ours stays byte for byte
        }
        let lines = headers.get_all(header::COOKIE).iter();
        let kept = lines.flat_map(pairs).filter(|pair| !pair.is_empty() && !removes(pair));
        let mut joined = Vec::new();
        for pair in kept {
            if !joined.is_empty() {
                joined.extend_from_slice(b"; ");
            }
            joined.extend_from_slice(pair);
        }
        headers.remove(header::COOKIE);
        // What is left are bytes of valid values.
        if let (false, Ok(value)) = (joined.is_empty(), HeaderValue::from_maybe_shared(bytes::Bytes::from(joined))) {
            headers.insert(header::COOKIE, value);
        }
    }

    /// Drops the `Set-Cookie` lines of an answer that set one of our cookies (D08).
    pub(crate) fn guard(&self, headers: &mut HeaderMap) {
        if !headers.get_all(header::SET_COOKIE).iter().any(|line| self.sets_ours(line)) {
            return;
        }
        let kept: Vec<HeaderValue> =
            headers.get_all(header::SET_COOKIE).iter().filter(|line| !self.sets_ours(line)).cloned().collect();
        headers.remove(header::SET_COOKIE);
        for line in kept {
            headers.append(header::SET_COOKIE, line);
        }
    }

    /// Browsers take `=name=value` and `name=value` for the same once they send it back (RFC 6265bis 8.8: a nameless
    /// cookie is its value), so the name behind an empty one counts as well.
    fn sets_ours(&self, line: &HeaderValue) -> bool {
        let pair = line.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        match split_name(pair) {
            (b"", value) => self.owns(request_name(value)),
            (name, _) => self.owns(name),
        }
    }
}

impl fmt::Debug for OwnCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnCookies")
    }
}

/// The pairs of a line. Session cookies have thousands of bytes, so the search for their end is not done one by one.
fn pairs(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let line = line.as_bytes();
    let ends = memchr::memchr_iter(b';', line).chain(std::iter::once(line.len()));
    ends.scan(0, |start, end| line.get(std::mem::replace(start, end + 1)..end)).map(<[u8]>::trim_ascii)
}

fn split_name(pair: &[u8]) -> (&[u8], &[u8]) {
    let mut sides = pair.splitn(2, |byte| *byte == b'=');
    match (sides.next(), sides.next()) {
        (Some(name), Some(value)) => (bare(name), value),
        _ => (b"", pair),
    }
}

/// A name without what stands around it and is no part of any. Python and others trim more than blanks: every byte that
/// Unicode or Latin-1 takes for white space.
fn bare(mut name: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = name
        && !is_token(*first)
    {
        name = rest;
    }
    while let [rest @ .., last] = name
        && !is_token(*last)
    {
        name = rest;
    }
    name
}

/// The name by which a request's pair goes: what stands before `=`, or all of it.
fn request_name(pair: &[u8]) -> &[u8] {
    bare(pair.split(|byte| *byte == b'=').next().unwrap_or(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnCookies {
        OwnCookies::new(|name| name == "_oauth2_proxy" || name.starts_with("_oauth2_proxy_"))
    }

    fn after(lines: &[&'static str], session_cookies: SessionCookies) -> Vec<String> {
        let line = |text: &&'static str| (header::COOKIE, HeaderValue::from_static(text));
        let mut headers: HeaderMap = lines.iter().map(line).collect();
        own().consume(&mut headers, session_cookies);
        headers.get_all(header::COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_app_gets_its_own_cookies_only() {
        let removed = |lines: &[&'static str]| after(lines, SessionCookies::Remove);
        assert_eq!(removed(&["a=1; _oauth2_proxy=x|y; _oauth2_proxy_0=z; _oauth2_proxy_csrf=c; b=2"]), ["a=1; b=2"]);
        assert_eq!(removed(&["_oauth2_proxy=x"]), Vec::<String>::new());
        assert_eq!(removed(&["a=1;b=2"]), ["a=1;b=2"], "a line without ours is not touched");
        assert_eq!(removed(&["a=1", "_oauth2_proxy =x", "b=2; c"]), ["a=1; b=2; c"]);
        assert_eq!(removed(&["a=1;; b=2;", "; c"]), ["a=1; b=2; c"]);
        assert_eq!(removed(&["_OAUTH2_PROXY=x; x_oauth2_proxy=1"]), ["_OAUTH2_PROXY=x; x_oauth2_proxy=1"]);
        assert_eq!(removed(&["_oauth2_proxy; a=\"_oauth2_proxy=1\""]), ["a=\"_oauth2_proxy=1\""]);
    }

    #[test]
    fn a_name_that_lenient_readers_trim_to_one_of_ours_is_ours() {
        // Found by fuzzing: Python trims a no-break space off a name, in Latin-1 and in UTF-8.
        for around in [&b"\xa0"[..], b"\xc2\xa0", b"\xe2\x80\x83", b"\t", b"\x85 "] {
            let line = [b"a=1; ", around, b"_oauth2_proxy_0", around, b"=x"].concat();
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
            own().consume(&mut headers, SessionCookies::Remove);
            assert_eq!(headers.get(header::COOKIE).unwrap(), "a=1", "{around:?}");
        }
    }

    #[test]
    fn passed_cookies_are_only_joined() {
        assert_eq!(after(&["_oauth2_proxy=x;a=1", "b=2"], SessionCookies::Pass), ["_oauth2_proxy=x; a=1; b=2"]);
    }

    #[test]
    fn an_app_cannot_set_our_cookies() {
        let lines = [
            "_oauth2_proxy=evil; Path=/",
            " _oauth2_proxy_0 = evil",
            "=_oauth2_proxy=evil",
            "_oauth2_proxy",
            "_oauth2_proxy_csrf; Path=/",
            "app=_oauth2_proxy; Path=/",
            "other=1",
        ];
        let mut headers: HeaderMap =
            lines.iter().map(|text| (header::SET_COOKIE, HeaderValue::from_static(text))).collect();
        own().guard(&mut headers);
        let left: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(left, ["app=_oauth2_proxy; Path=/", "other=1"]);
    }
}
