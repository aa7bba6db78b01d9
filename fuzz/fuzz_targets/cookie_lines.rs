//! `Cookie` and `Set-Cookie` lines: the app gets all cookies but ours, and can set all but ours.
#![no_main]

use std::sync::LazyLock;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use sidecar_core::cookie::RequestCookies;
use sidecar_session::CookieNames;
use sidecar_upstream::{OwnCookies, fuzzing};

static NAMES: LazyLock<CookieNames> = LazyLock::new(|| CookieNames::new("_oauth2_proxy"));
static OWN: LazyLock<OwnCookies> = LazyLock::new(|| OwnCookies::new(|name| NAMES.is_ours(name)));

/// Names as a reader sees them that trims whatever looks empty.
fn lenient_names(line: &[u8]) -> Vec<String> {
    let pairs = line.split(|byte| *byte == b';');
    let names = pairs.map(|pair| pair.split(|byte| *byte == b'=').next().unwrap_or_default());
    names.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = RequestCookies::new(headers).iter();
    let foreign = all.filter(|cookie| !NAMES.is_ours(cookie.name));
    foreign.map(|cookie| (cookie.name.to_owned(), cookie.value.to_owned())).collect()
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (mut request, mut answer) = (HeaderMap::new(), HeaderMap::new());
    for line in data.split(|byte| *byte == b'\n').take(32) {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        request.append(COOKIE, value.clone());
        answer.append(SET_COOKIE, value);
    }
    for cookie in RequestCookies::new(&request).iter() {
        assert!(!cookie.name.is_empty() && !cookie.name.contains(['=', ';', ' ', '"', ',']));
        assert!(!cookie.value.contains([';', '"', '\\']));
    }
    let before = cookies(&request);
    fuzzing::consume(&OWN, &mut request);
    assert!(request.get_all(COOKIE).iter().count() <= 1);
    assert_eq!(cookies(&request), before, "a cookie of the app is lost");
    for line in request.get_all(COOKIE) {
        for name in lenient_names(line.as_bytes()) {
            assert!(!NAMES.is_ours(&name), "the app gets {name}");
        }
    }
    fuzzing::guard(&OWN, &mut answer);
    for line in answer.get_all(SET_COOKIE) {
        let name = lenient_names(line.as_bytes()).swap_remove(0);
        assert!(!NAMES.is_ours(&name), "the app sets {name}");
    }
});
