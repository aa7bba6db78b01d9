//! Hosts, as `Host` and `X-Forwarded-Host` bring them: what we accept is the host of a URL that is made of it.
#![no_main]

use sidecar_core::domain::DomainRule;
use sidecar_core::origin::Host;
use url::Url;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Some(rule) = DomainRule::parse(text) {
        let _ = rule.matches("app.test", Some("80"));
    }
    let Some(host) = Host::parse(text) else { return };
    let port = host.port();
    assert_eq!(port.map_or(host.name().to_owned(), |port| format!("{}:{port}", host.name())), text);
    // With debug assertions the parser of URLs ends at encoded names that decode to marks of direction. We decode none.
    if text.to_ascii_lowercase().contains("xn--") {
        return;
    }
    // A URL may be refused where we take a host: numbers that are no address, for instance.
    let Ok(url) = Url::parse(&format!("http://{text}/path")) else { return };
    assert_eq!((url.path(), url.username(), url.password(), url.query()), ("/path", "", None, None));
    let port = port.filter(|port| !port.is_empty()).map_or(80, |port| port.parse().expect("a number"));
    assert_eq!(url.port_or_known_default(), Some(port));
    let name = url.host_str().expect("a host");
    let is_address = matches!(url.host(), Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)));
    assert!(is_address || name.eq_ignore_ascii_case(host.name()), "{name} for {text}");
});
