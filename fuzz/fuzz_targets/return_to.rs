//! Where a visitor may land: what we accept, a browser resolves to this site or to an allowed one.
#![no_main]

use std::sync::LazyLock;

use sidecar_core::domain::DomainRule;
use sidecar_core::return_to::{ReturnTo, ReturnToError};
use url::{Origin, Url};

static ALLOWED: LazyLock<Vec<DomainRule>> = LazyLock::new(|| {
    let rules = ["app.test", ".deep.test", "ported.test:8443", "any.test:*", "[::1]:80"];
    rules.iter().filter_map(|rule| DomainRule::parse(rule)).collect()
});

/// Whether `url` is on an allowed site, in words of its own.
fn is_allowed(url: &Url) -> bool {
    let Origin::Tuple(scheme, _, _) = url.origin() else { return false };
    let Some(host) = url.host_str() else { return false };
    let port = url.port();
    matches!(scheme.as_str(), "http" | "https")
        && match host {
            "app.test" | "deep.test" => port.is_none(),
            // The scheme's own port is the same place, written or not.
            "ported.test" => port == Some(8443),
            "any.test" => true,
            "[::1]" => port.is_none_or(|port| port == 80),
            below => below.ends_with(".deep.test") && port.is_none(),
        }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(target) = ReturnTo::parse(text, &ALLOWED) else { return };
    let location = target.location();
    assert!(location.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{location:?} is no header value");
    match ReturnTo::parse(&location, &ALLOWED) {
        Ok(_) => {}
        Err(ReturnToError::Length) => assert!(location.len() > text.len(), "it only grew by its escapes"),
        Err(error) => panic!("{location:?} would not be accepted again: {error}"),
    }
    for base in ["https://site.test/a/b?c", "http://site.test/", "https://site.test/oauth2/callback?code=x&state=y"] {
        let base = Url::parse(base).expect("a URL");
        for written in [target.as_str(), &location] {
            // A browser that cannot read it goes nowhere.
            let Ok(resolved) = base.join(written) else { continue };
            let stays = text.starts_with('/');
            assert!(
                if stays { resolved.origin() == base.origin() } else { is_allowed(&resolved) },
                "{written:?} leads to {resolved}"
            );
        }
    }
});
