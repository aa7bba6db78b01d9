//! The app: does each upstream answer?

use http::Uri;
use sidecar_core::report::chain;
use sidecar_net::{Dialer, Proxies, Tls};
use sidecar_upstream::{HttpSettings, Kind, Settings, UpstreamSettings};

use super::finding::Finding;
use super::probe::Prober;

const SUBJECT: &str = "app";

/// Asks every upstream for `/`.
pub(super) async fn findings(settings: &Settings, proxies: &Proxies) -> Vec<Finding> {
    let mut findings = Vec::new();
    for upstream in &settings.upstreams {
        findings.push(match &upstream.kind {
            Kind::Http(http) => answered(upstream, http, proxies).await,
            Kind::Files { dir } => match std::fs::read_dir(dir) {
                Ok(_) => Finding::good(SUBJECT, format!("{} can be read", dir.display())),
                Err(error) => {
                    let seen = format!("cannot read {}: {error}", dir.display());
                    Finding::bad(SUBJECT, seen, "name a directory that this user may read")
                }
            },
            Kind::Static { status } => Finding::good(SUBJECT, format!("{} answers {status} by itself", upstream.path)),
        });
    }
    findings
}

async fn answered(upstream: &UpstreamSettings, http: &HttpSettings, proxies: &Proxies) -> Finding {
    let tls = match Tls::new(&http.tls) {
        Ok(tls) => tls,
        Err(error) => return Finding::bad(SUBJECT, chain(&error), "name a PEM file with certificates"),
    };
    let prober = Prober::of(Dialer::new(tls, proxies.clone()), http.endpoint.clone(), http.protocols);
    let place = format!("{} (for {})", http.endpoint, upstream.path);
    match prober.get(&Uri::from_static("http://localhost/")).await {
        Ok(answer) if answer.status.is_server_error() => {
            Finding::doubtful(SUBJECT, format!("GET / at {place} → {answer}")).with_remedy("look at the app's own log")
        }
        Ok(answer) => Finding::good(SUBJECT, format!("GET / at {place} → {answer}")),
        Err(silence) => Finding::bad(
            SUBJECT,
            format!("GET / at {place} → {}", silence.reason),
            "start the app, or correct upstream: its port is the one that the app's container listens on",
        ),
    }
}
