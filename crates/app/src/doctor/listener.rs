//! Our own addresses: free to listen on, or taken, and by whom.

use std::io::ErrorKind;

use http::{StatusCode, Uri};
use sidecar_config::{Config, Listen};
use sidecar_core::origin::Scheme;

use super::finding::Finding;
use super::probe::Prober;

const SUBJECT: &str = "listener";

/// Takes each address for a moment. Where somebody has it already, asks whether it is a sidecar.
pub(super) async fn free(config: &Config, prober: &Prober) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(listen) = &config.listen {
        findings.push(one(config, listen, Scheme::Http, prober).await);
    }
    if let Some(listen) = &config.secure_listen {
        findings.push(one(config, &listen.address, Scheme::Https, prober).await);
    }
    if findings.is_empty() {
        findings.push(Finding::bad(SUBJECT, "there is none", "set http-address"));
    }
    findings
}

async fn one(config: &Config, listen: &Listen, scheme: Scheme, prober: &Prober) -> Finding {
    let (host, port) = match listen {
        Listen::Tcp { host, port } => (host.as_deref(), *port),
        Listen::Unix { path, .. } => {
            return Finding::good(SUBJECT, format!("unix socket {}: not tried", path.display()));
        }
        Listen::Descriptor(number) => return Finding::good(SUBJECT, format!("descriptor {number}: not tried")),
    };
    let option = match scheme {
        Scheme::Http => "http-address",
        Scheme::Https => "https-address",
    };
    let place = format!("{}:{port}", host.unwrap_or_default());
    match tokio::net::TcpListener::bind((host.unwrap_or("::"), port)).await {
        Ok(_) if scheme == Scheme::Https => {
            Finding::good(SUBJECT, format!("{place} is free, and its certificate and key fit"))
        }
        Ok(_) => Finding::good(SUBJECT, format!("{place} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let host = match host {
                None | Some("0.0.0.0" | "::") => "127.0.0.1".to_owned(),
                Some(address) if address.contains(':') => format!("[{address}]"),
                Some(name) => name.to_owned(),
            };
            let remedy = format!("stop what listens there, or choose another {option}");
            taken(&format!("{host}:{port}"), scheme, &config.gateway.prefix, &remedy, prober).await
        }
        Err(error) => Finding::bad(SUBJECT, format!("cannot listen on {place}: {error}"), format!("correct {option}")),
    }
}

async fn taken(place: &str, scheme: Scheme, prefix: &str, remedy: &str, prober: &Prober) -> Finding {
    let asked: Result<Uri, _> = format!("{}://{place}{prefix}/auth", scheme.as_str()).parse();
    let Ok(asked) = asked else { return Finding::bad(SUBJECT, format!("{place} is taken"), remedy) };
    match prober.get(&asked).await {
        Ok(answer) if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::ACCEPTED) => {
            Finding::good(SUBJECT, format!("{place} is served already: GET {asked} → {answer}"))
        }
        Ok(answer) => Finding::bad(SUBJECT, format!("{place} is taken: GET {asked} → {answer}"), remedy),
        Err(silence) => Finding::bad(SUBJECT, format!("{place} is taken: {}", silence.reason), remedy),
    }
}
