//! Whether a browser would keep our cookies and send them back where they are needed.

use sidecar_config::Config;
use sidecar_core::domain::DomainRule;
use sidecar_core::origin::Host;
use sidecar_gateway::RedirectUri;

use super::finding::Finding;

const SUBJECT: &str = "cookies";

/// Compares the domains of the cookies with the host that the browser comes back to.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let cookie = &config.sessions.cookie;
    let mut findings: Vec<Finding> = cookie.domains.iter().filter_map(|domain| without_a_dot(domain)).collect();
    if let RedirectUri::Fixed { uri, host: Some(host) } = &config.gateway.login.redirect_uri {
        let name = Host::parse(host).map_or(host.as_str(), Host::name);
        findings.push(domains(&cookie.domains, name));
        findings.extend(scheme(uri, cookie.secure));
    }
    let landing = &config.gateway.login.allowed_domains;
    findings.extend(landing.iter().filter_map(|rule| landed(&cookie.domains, rule)));
    findings
}

/// Browsers keep no cookie for a whole top-level domain.
fn without_a_dot(domain: &str) -> Option<Finding> {
    let name = domain.trim_start_matches('.');
    (!name.is_empty() && !name.contains('.') && name != "localhost").then(|| {
        let seen = format!("cookie-domain {domain} has no dot inside: browsers drop the cookies");
        Finding::bad(SUBJECT, seen, "write the domain that your apps have in common, as in .example.com")
    })
}

fn domains(domains: &[String], host: &str) -> Finding {
    if domains.is_empty() {
        let seen = format!("no cookie-domain, so a login can only begin at {host}, which redirect-url names");
        return Finding::doubtful(SUBJECT, seen)
            .with_remedy("set cookie-domain to the domain that your apps have in common");
    }
    if let Some(domain) = domains.iter().find(|domain| covers(domain, host)) {
        return Finding::good(SUBJECT, format!("{domain} covers {host}, which redirect-url names"));
    }
    let seen = format!("{} does not cover {host}, which redirect-url names", domains.join(", "));
    let remedy = "make redirect-url a host below cookie-domain: without its cookie no login can end";
    Finding::bad(SUBJECT, seen, remedy)
}

/// Domain matching of RFC 6265 §5.1.3, with or without the dot in front.
fn covers(domain: &str, host: &str) -> bool {
    let domain = domain.trim_start_matches('.');
    let (domain, host) = (domain.to_ascii_lowercase(), host.to_ascii_lowercase());
    host == domain || host.strip_suffix(&domain).is_some_and(|sub| sub.ends_with('.'))
}

/// Whether a visitor who lands on a host of `whitelist-domain` after the login brings the session along.
fn landed(domains: &[String], rule: &DomainRule) -> Option<Finding> {
    let host = rule.host();
    let of = if rule.covers_subdomains() { format!("the hosts below {host}") } else { host.to_owned() };
    let (named, remedy) = ("which whitelist-domain names", "let cookie-domain cover it, or take it out");
    let domain = domains.iter().find(|domain| covers(domain, host));
    match domain {
        Some(domain) => Some(Finding::good(SUBJECT, format!("{domain} covers {of}, {named}"))),
        // What has no domain is said of redirect-url.
        None if domains.is_empty() => None,
        None => {
            let seen =
                format!("{} does not cover {of}, {named}: whoever lands there has no session", domains.join(", "));
            Some(Finding::doubtful(SUBJECT, seen).with_remedy(remedy))
        }
    }
}

fn scheme(redirect: &str, secure: bool) -> Option<Finding> {
    match (redirect.starts_with("https:"), secure) {
        (false, true) => {
            let seen =
                format!("cookie-secure is on, and the browser comes back to {redirect}, where it sends no such cookie");
            Some(
                Finding::doubtful(SUBJECT, seen)
                    .with_remedy("write redirect-url with https; only localhost works without"),
            )
        }
        (true, false) => {
            let seen = "cookie-secure is off although redirect-url is https";
            Some(Finding::doubtful(SUBJECT, seen).with_remedy("switch cookie-secure on"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_domain_covers_itself_and_what_is_below() {
        assert!(covers(".example.com", "auth.example.com") && covers("Example.com", "EXAMPLE.com"));
        assert!(!covers("example.com", "badexample.com") && !covers("a.example.com", "example.com"));
    }

    #[test]
    fn a_redirect_host_outside_every_domain_is_bad() {
        let of = |list: &[&str]| {
            domains(&list.iter().map(|&domain| domain.to_owned()).collect::<Vec<_>>(), "auth.example.com")
        };
        assert_eq!(of(&[".example.com"]).verdict, Verdict::Good);
        assert_eq!(of(&[".example.org"]).verdict, Verdict::Bad);
        assert_eq!(of(&[]).verdict, Verdict::Doubtful);
    }

    #[test]
    fn a_host_to_land_on_outside_every_domain_is_told() {
        let of = |list: &[&str], rule: &str| {
            let list: Vec<String> = list.iter().map(|&domain| domain.to_owned()).collect();
            landed(&list, &DomainRule::parse(rule).expect("a rule")).map(|finding| finding.verdict)
        };
        assert_eq!(of(&[".example.com"], ".example.com"), Some(Verdict::Good));
        assert_eq!(of(&[".example.com", ".example.org"], "app.example.org:8443"), Some(Verdict::Good));
        assert_eq!(of(&["app.example.com"], ".example.com"), Some(Verdict::Doubtful), "those beside it are not");
        assert_eq!(of(&[".example.com"], "elsewhere.test"), Some(Verdict::Doubtful));
        assert_eq!(of(&[], "elsewhere.test"), None);
    }

    #[test]
    fn a_domain_that_no_browser_takes_is_bad() {
        assert!(without_a_dot(".com").is_some() && without_a_dot("corp").is_some());
        assert!(without_a_dot("localhost").is_none() && without_a_dot(".a.b").is_none());
    }
}
