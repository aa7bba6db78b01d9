//! The host that the provider sends browsers back to: does it exist, and do we serve it?

use http::{StatusCode, Uri};
use sidecar_config::Config;
use sidecar_gateway::RedirectUri;
use sidecar_net::Stage;

use super::finding::Finding;
use super::probe::{Answer, Prober, Silence};

const SUBJECT: &str = "redirect host";

/// Asks `PREFIX/auth` at the host of `redirect-url`, as a browser would reach it. A sidecar answers 401 there.
pub(super) async fn served(config: &Config, prober: &Prober) -> Finding {
    let RedirectUri::Fixed { uri, host: Some(_) } = &config.gateway.login.redirect_uri else {
        let seen = "redirect-url names no host: the provider sends browsers back to the host of each request";
        return Finding::good(SUBJECT, seen);
    };
    let Some(asked) = endpoint(uri, &config.gateway.prefix) else {
        return Finding::bad(SUBJECT, format!("{uri} is no address"), "check redirect-url");
    };
    match prober.get(&asked).await {
        Ok(answer) => judged(&asked, &answer, &config.gateway.prefix),
        Err(silence) => unreachable(&asked, &silence),
    }
}

/// Asks the same at each single host that `whitelist-domain` names: visitors land there, so a sidecar should be there.
pub(super) async fn landing(config: &Config, prober: &Prober) -> Vec<Finding> {
    let login = &config.gateway.login;
    let own = match &login.redirect_uri {
        RedirectUri::Fixed { host: Some(host), .. } => host.as_str(),
        RedirectUri::Fixed { host: None, .. } | RedirectUri::OfRequest { .. } => "",
    };
    let scheme = if config.sessions.cookie.secure { "https" } else { "http" };
    let mut findings = Vec::new();
    for rule in login.allowed_domains.iter().filter(|rule| !rule.covers_subdomains() && rule.authority() != own) {
        let Some(asked) = endpoint(&format!("{scheme}://{}/", rule.authority()), &config.gateway.prefix) else {
            continue;
        };
        findings.push(match prober.get(&asked).await {
            Ok(answer) => judged(&asked, &answer, &config.gateway.prefix),
            Err(silence) => unreachable(&asked, &silence),
        });
    }
    findings
}

/// `PREFIX/auth` at the origin of `redirect`.
fn endpoint(redirect: &str, prefix: &str) -> Option<Uri> {
    let uri: Uri = redirect.parse().ok()?;
    Uri::builder()
        .scheme(uri.scheme()?.clone())
        .authority(uri.authority()?.clone())
        .path_and_query(format!("{prefix}/auth"))
        .build()
        .ok()
}

fn judged(asked: &Uri, answer: &Answer, prefix: &str) -> Finding {
    let seen = format!("GET {asked} → {answer}");
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::ACCEPTED => Finding::good(SUBJECT, seen),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => Finding::bad(
            SUBJECT,
            seen,
            "the gateway finds no sidecar behind this host: start one there, then try again",
        ),
        _ => Finding::bad(
            SUBJECT,
            format!("{seen}, where a sidecar answers 401"),
            format!("route {prefix}/ of this host to a sidecar that has the same cookie-secret"),
        ),
    }
}

fn unreachable(asked: &Uri, silence: &Silence) -> Finding {
    let seen = format!("GET {asked} → {}", silence.reason);
    match silence.stage {
        Some(Stage::Resolve) => {
            Finding::bad(SUBJECT, seen, "give the host of redirect-url an address in DNS, or correct redirect-url")
        }
        Some(Stage::Tls) => Finding::bad(
            SUBJECT,
            seen,
            "give the gateway a certificate for this host; if only this pod does not know its authority, browsers may",
        ),
        // Many networks have no way from a pod back to the address of their own gateway.
        Some(Stage::Connect | Stage::Proxy) | None => {
            Finding::doubtful(SUBJECT, seen).with_remedy("this pod has no way there; open the address in a browser")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_at_the_origin_of_the_redirect_url() {
        for (redirect, asked) in [
            ("https://auth.example.com/oauth2/callback", "https://auth.example.com/oauth2/auth"),
            ("http://127.0.0.1:4180/x?y", "http://127.0.0.1:4180/oauth2/auth"),
        ] {
            assert_eq!(endpoint(redirect, "/oauth2").map(|uri| uri.to_string()).as_deref(), Some(asked));
        }
        assert_eq!(endpoint("/only/a/path", "/oauth2"), None);
    }
}
