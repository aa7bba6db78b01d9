//! The `redirect_uri`, and what it means when its host is not that of the request.

use http::Uri;
use sidecar_core::domain::DomainRule;
use sidecar_core::form::percent_decode;
use sidecar_core::origin::Host;
use sidecar_gateway::RedirectUri;

use super::judge::Judge;
use super::session::is_domain;
use crate::fault::quote;
use crate::options::Options;

/// Where the provider sends the browser back to.
///
/// An empty path becomes the callback below the prefix. With a host, or with `relative-redirect-url`, the URI is used
/// as it is; otherwise the host is that of each request.
pub(super) fn uri(options: &Options, judge: &mut Judge) -> Option<RedirectUri> {
    let written = &options.redirect_url;
    let callback = format!("{}/callback", options.proxy_prefix.value);
    let relative = options.relative_redirect_url.value;
    if written.value.is_empty() {
        if !options.cookie_secure.value && !options.reverse_proxy.value {
            judge.warn(written, "with cookie-secure and reverse-proxy off, the provider sends visitors back over http");
        }
        return Some(of_path(callback, relative));
    }
    if written.value.starts_with('/') && !written.value.starts_with("//") && is_uri(&written.value) {
        warn_of_another_path(options, &written.value, &callback, judge);
        return Some(of_path(written.value.clone(), relative));
    }
    let Some((uri, host)) = absolute(&written.value, &callback) else {
        let instead = format!("write https://HOST{callback}");
        judge.refuse(written, format!("{} is neither an http(s) URL nor a path", quote(&written.value)), instead);
        return None;
    };
    if uri.starts_with("http:") && !is_this_machine(&host) {
        judge.warn(written, over_plain_http(options));
    }
    warn_of_another_path(options, &uri, &callback, judge);
    warn_of_cookies_elsewhere(options, &host, judge);
    warn_of_other_hosts(options, &host, judge);
    Some(RedirectUri::Fixed { uri, host: Some(host) })
}

fn over_plain_http(options: &Options) -> &'static str {
    if options.cookie_secure.value {
        "over plain HTTP a browser keeps no cookie of cookie-secure, so no login ends; write https"
    } else {
        "the code and the cookies of a login travel over plain HTTP; write https"
    }
}

/// The callback has one path here, and only a gateway can give it another one.
fn warn_of_another_path(options: &Options, uri: &str, callback: &str, judge: &mut Judge) {
    let path = uri.parse::<Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default();
    if path != callback {
        let message = format!(
            "{} is not the path of the callback, {callback}: a login ends there if a gateway rewrites it, and otherwise never",
            quote(&path)
        );
        judge.warn(&options.redirect_url, message);
    }
}

/// Where no cookie of ours is sent, no login ends. One whose domain is none is a cookie of its host.
fn warn_of_cookies_elsewhere(options: &Options, host: &str, judge: &mut Judge) {
    let name = Host::parse(host).map_or(host, Host::name);
    let domains = &options.cookie_domains;
    if !domains.value.is_empty() && !domains.value.iter().any(|domain| !is_domain(domain) || is_within(name, domain)) {
        let message = format!(
            "browsers bring no such cookie to {name}, the host of redirect-url, so no login ends; write a domain that covers it"
        );
        judge.warn(domains, message);
    }
}

/// Domain matching of [RFC 6265 §5.1.3](https://www.rfc-editor.org/rfc/rfc6265#section-5.1.3), with or without the dot in
/// front.
fn is_within(host: &str, domain: &str) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    host == domain || host.strip_suffix(&domain).is_some_and(|sub| sub.ends_with('.'))
}

/// What browsers take for a secure place without TLS.
fn is_this_machine(host: &str) -> bool {
    let name = Host::parse(host).map_or(host, Host::name);
    name == "localhost" || name.ends_with(".localhost") || name == "[::1]" || name.starts_with("127.")
}

fn of_path(path: String, relative: bool) -> RedirectUri {
    if relative { RedirectUri::Fixed { uri: path, host: None } } else { RedirectUri::OfRequest { path } }
}

/// The URL with the callback in place of an empty path, and its host with port.
fn absolute(text: &str, callback: &str) -> Option<(String, String)> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https") || rest.contains('#') || !is_uri(text) {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = Host::parse(authority)?.as_str().to_owned();
    let callback = if path.starts_with('/') { "" } else { callback };
    Some((format!("{scheme}://{authority}{callback}{path}"), host))
}

fn is_uri(text: &str) -> bool {
    text.parse::<Uri>().is_ok() && percent_decode(text).is_some()
}

/// A login that begins on another host can only lead back there when that host may be landed on (D40).
fn warn_of_other_hosts(options: &Options, host: &str, judge: &mut Judge) {
    let name = Host::parse(host).map_or(host, Host::name);
    let rules: Vec<DomainRule> =
        options.whitelist_domains.value.iter().filter_map(|rule| DomainRule::parse(rule)).collect();
    for domain in &options.cookie_domains.value {
        let parent = domain.strip_prefix('.').unwrap_or(domain);
        let covers_more = !parent.is_empty() && name.strip_suffix(parent).is_some_and(|sub| sub.ends_with('.'));
        let sibling = format!("another-app.{parent}");
        let may_land =
            [None, Some("443"), Some("8443")].into_iter().any(|port| rules.iter().any(|r| r.matches(&sibling, port)));
        if covers_more && !may_land {
            let message = format!(
                "a login that begins on another host below {parent} ends on {name}: no whitelist-domain covers it; add .{parent}"
            );
            judge.warn(&options.redirect_url, message);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "/oauth2/callback";

    #[test]
    fn an_empty_path_becomes_the_callback() {
        for (text, uri, host) in [
            ("https://auth.example.com", "https://auth.example.com/oauth2/callback", "auth.example.com"),
            ("https://auth.example.com/", "https://auth.example.com/", "auth.example.com"),
            ("https://a.b:8443/x/cb?k=v", "https://a.b:8443/x/cb?k=v", "a.b:8443"),
            ("http://[::1]:80?k=v", "http://[::1]:80/oauth2/callback?k=v", "[::1]:80"),
        ] {
            assert_eq!(absolute(text, CALLBACK), Some((uri.to_owned(), host.to_owned())), "{text}");
        }
    }

    #[test]
    fn this_machine_needs_no_tls() {
        for (host, is) in [
            ("localhost:4180", true),
            ("a.localhost", true),
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("a.b", false),
        ] {
            assert_eq!(is_this_machine(host), is, "{host}");
        }
    }

    #[test]
    fn what_no_browser_can_be_sent_to_is_refused() {
        for text in [
            "auth.example.com/cb",
            "https://",
            "https:///cb",
            "ftp://a/cb",
            "https://a b/cb",
            "https://u:p@a/cb",
            "https://a/cb#f",
            "https://a/c b",
        ] {
            assert_eq!(absolute(text, CALLBACK), None, "{text}");
        }
    }
}
