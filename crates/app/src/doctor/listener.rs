//! Our own address: free to listen on, or taken, and by whom.

use std::io::ErrorKind;

use http::{StatusCode, Uri};
use sidecar_config::{Config, Listen};

use super::finding::Finding;
use super::probe::Prober;

const SUBJECT: &str = "listener";

/// Takes the address for a moment. Where somebody has it already, asks whether it is a sidecar.
pub(super) async fn free(config: &Config, prober: &Prober) -> Finding {
    let (host, port) = match &config.listen {
        Some(Listen::Tcp { host, port }) => (host.as_deref(), *port),
        Some(Listen::Unix { path, .. }) => {
            return Finding::good(SUBJECT, format!("unix socket {}: not tried", path.display()));
        }
        Some(Listen::Descriptor(number)) => return Finding::good(SUBJECT, format!("descriptor {number}: not tried")),
        None => return Finding::bad(SUBJECT, "there is none", "set http-address"),
    };
    let place = format!("{}:{port}", host.unwrap_or_default());
    match tokio::net::TcpListener::bind((host.unwrap_or("::"), port)).await {
        Ok(_) => Finding::good(SUBJECT, format!("{place} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(config, host, port, prober).await,
        Err(error) => Finding::bad(SUBJECT, format!("cannot listen on {place}: {error}"), "correct http-address"),
    }
}

async fn taken(config: &Config, host: Option<&str>, port: u16, prober: &Prober) -> Finding {
    let host = match host {
        None | Some("0.0.0.0" | "::") => "127.0.0.1".to_owned(),
        Some(address) if address.contains(':') => format!("[{address}]"),
        Some(name) => name.to_owned(),
    };
    let place = format!("{host}:{port}");
    let remedy = "stop what listens there, or choose another http-address";
    let asked: Result<Uri, _> = format!("http://{place}{}/auth", config.gateway.prefix).parse();
    let Ok(asked) = asked else { return Finding::bad(SUBJECT, format!("{place} is taken"), remedy) };
    match prober.get(&asked).await {
        Ok(answer) if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::ACCEPTED) => {
            Finding::good(SUBJECT, format!("{place} is served already: GET {asked} → {answer}"))
        }
        Ok(answer) => Finding::bad(SUBJECT, format!("{place} is taken: GET {asked} → {answer}"), remedy),
        Err(silence) => Finding::bad(SUBJECT, format!("{place} is taken: {}", silence.reason), remedy),
    }
}
