//! Whether a form was sent from a page of ours. Another site could sign its visitors in as somebody of its own choice, who
//! then reads what they do (D59).

use http::header::{HOST, HeaderMap, HeaderName, ORIGIN};

use crate::inbound::Inbound;
use crate::settings::{Login, RedirectUri};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether another site than ours sent this form, as far as the browser tells. Programs tell nothing and are no browser that
/// somebody else could make use of.
pub(crate) fn is_cross_site(inbound: &Inbound, login: &Login) -> bool {
    let own_host = inbound.headers().get(HOST).and_then(|host| host.to_str().ok());
    let callback_host = match &login.redirect_uri {
        RedirectUri::Fixed { host, .. } => host.as_deref(),
        RedirectUri::OfRequest { .. } => None,
    };
    let hosts = [Some(inbound.host()), own_host, callback_host];
    let hosts: Vec<&str> = hosts.into_iter().flatten().filter(|host| !host.is_empty()).collect();
    came_from_elsewhere(inbound.headers(), &hosts)
}

/// `hosts` are ours, each as a browser writes it, with a port unless it is the usual one.
fn came_from_elsewhere(headers: &HeaderMap, hosts: &[&str]) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match text(SEC_FETCH_SITE) {
        // The browser's own word (Fetch Metadata §2.3), which no page can change; `none` is the visitor's own doing.
        Some("same-origin" | "none") => false,
        Some("cross-site") => true,
        // Of another host of the same site, or of a browser that says no more; the origin of a page without one is `null`.
        Some(_) | None => text(ORIGIN).is_some_and(|origin| !hosts.iter().any(|host| is_of(origin, host))),
    }
}

/// Whether an origin (RFC 6454 §7) is of this host. Its scheme may be another than the one we see, behind a gateway.
fn is_of(origin: &str, host: &str) -> bool {
    let schemes = [("https://", ":443"), ("http://", ":80")];
    schemes.into_iter().any(|(scheme, port)| {
        let usual = |host| -> &str { str::strip_suffix(host, port).unwrap_or(host) };
        origin.strip_prefix(scheme).is_some_and(|authority| usual(authority).eq_ignore_ascii_case(usual(host)))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn elsewhere(site: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [(SEC_FETCH_SITE, site), (ORIGIN, origin)] {
            headers.extend(value.map(|value| (name, HeaderValue::from_str(value).unwrap())));
        }
        came_from_elsewhere(&headers, &["app.example.com", "other.example.com:8443"])
    }

    #[test]
    fn a_form_of_another_site_is_told_by_what_the_browser_says() {
        for (site, origin, expected) in [
            (None, None, false),
            (Some("same-origin"), None, false),
            (Some("same-origin"), Some("null"), false),
            (Some("none"), None, false),
            (Some("cross-site"), None, true),
            (Some("cross-site"), Some("https://app.example.com"), true),
            (Some("same-site"), Some("https://evil.example.com"), true),
            (Some("same-site"), Some("https://app.example.com"), false),
            (Some("same-site"), None, false),
            (Some("other"), Some("https://evil.test"), true),
            (None, Some("https://app.example.com"), false),
            (None, Some("http://app.example.com"), false),
            (None, Some("https://APP.example.com:443"), false),
            (None, Some("https://other.example.com:8443"), false),
            (None, Some("https://app.example.com:8443"), true),
            (None, Some("http://app.example.com:443"), true),
            (None, Some("https://app.example.com.evil.test"), true),
            (None, Some("https://evil.test/app.example.com"), true),
            (None, Some("https://evil.test"), true),
            (None, Some("ftp://app.example.com"), true),
            (None, Some("app.example.com"), true),
            (None, Some("null"), true),
            (None, Some(""), true),
            (None, Some("\u{e9}"), true),
        ] {
            assert_eq!(elsewhere(site, origin), expected, "{site:?} {origin:?}");
        }
    }
}
