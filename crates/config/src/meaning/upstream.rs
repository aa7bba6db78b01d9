//! The settings of the upstream crate: where the app is, and what it is told.

use std::collections::HashSet;
use std::path::PathBuf;

use http::StatusCode;
use sidecar_core::Secret;
use sidecar_core::origin::{Host, Scheme};
use sidecar_net::{Endpoint, KeepAlive, TlsSettings, Verify};
use sidecar_upstream::{
    Algorithm, HostHeader, HttpSettings, Kind, PathForm, Protocols, SessionCookies, Settings, Signature,
    UpstreamSettings, WebSockets,
};

use super::injection;
use super::judge::{Judge, given};
use super::paths;
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::options::Options;
use crate::structured::{Refusal, Structured, Upstream, Uri, WRITE_URL};
use crate::written::Written;

/// Where granted requests go.
pub(super) fn settings(
    options: &Options,
    structured: &Structured,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<Settings> {
    let injection = injection::settings(structured, surroundings, judge);
    let message = "the app sees session cookies, and whoever has one is signed in";
    judge.warn_if(&options.pass_session_cookie, true, message);
    if structured.upstreams.value.is_empty() {
        judge.warn(&structured.upstreams, "there is no app: only our own endpoints are served");
    }
    let signature = signature(&options.signature_key, judge);
    let upstreams = upstreams(&structured.upstreams.value, judge);
    Some(Settings {
        upstreams,
        path_form: if structured.proxy_raw_path.value { PathForm::Raw } else { PathForm::Decoded },
        injection: injection?,
        session_cookies: if options.pass_session_cookie.value { SessionCookies::Pass } else { SessionCookies::Remove },
        signature,
    })
}

/// `signature-key=ALGORITHM:KEY`.
fn signature(written: &Written<Secret<String>>, judge: &mut Judge) -> Option<Signature> {
    let text = written.value.expose();
    if text.is_empty() {
        return None;
    }
    let instead = "write it as in sha256:KEY; md5, sha1, sha224, sha384 and sha512 are known too";
    let (name, key) = match text.split_once(':') {
        Some((name, key)) if !key.contains(':') => (name, key),
        Some(_) | None => {
            judge.refuse(written, "is no ALGORITHM:KEY with one colon", instead);
            return None;
        }
    };
    match Algorithm::named(name) {
        None => judge.refuse(written, "names no algorithm that is known", instead),
        // compat: v7 starts, and anybody can sign.
        Some(_) if key.is_empty() => judge.refuse(written, "has no key", instead),
        Some(algorithm) => return Some(Signature { algorithm, key: Secret::new(key.to_owned()) }),
    }
    None
}

fn upstreams(entries: &[Upstream], judge: &mut Judge) -> Vec<UpstreamSettings> {
    warn_of_switches(entries, judge);
    let (mut ids, mut paths) = (HashSet::new(), HashSet::new());
    let mut upstreams = Vec::new();
    for entry in entries {
        let (id, path) = (&entry.id, &entry.path);
        if !paths.insert(&path.value) {
            let reason = format!("{} serves {}, as another one does", label(entry), quote(&path.value));
            judge.conflict(path, reason, "give each upstream a path of its own");
        } else if !ids.insert(&id.value) {
            let reason = format!("{} is the id of another one too", quote(&id.value));
            judge.conflict(id, reason, "give each upstream an id of its own");
        }
        if id.value.is_empty() {
            judge.refuse(id, "is required", "write a name for the log");
        }
        if let (Some(serves), Some(kind)) = (paths::serves(entry, judge), kind(entry, judge)) {
            upstreams.push(UpstreamSettings { id: id.value.clone(), path: path.value.clone(), serves, kind });
        }
    }
    upstreams
}

/// An upstream as messages call it.
fn label(entry: &Upstream) -> String {
    quote(given(&entry.uri).unwrap_or(&entry.id.value))
}

/// Once for each place where it was said.
fn warn_of_switches(entries: &[Upstream], judge: &mut Judge) {
    let mut told = HashSet::new();
    for entry in entries.iter().filter(|entry| !entry.is_static.value) {
        let verify = &entry.insecure_skip_tls_verify;
        if verify.value && told.insert(&verify.option) {
            judge.warn(verify, "whoever can reach the wire to the app can read and change everything on it");
        }
    }
}

/// What is behind it; `None` after a fault.
fn kind(entry: &Upstream, judge: &mut Judge) -> Option<Kind> {
    if entry.is_static.value {
        if !entry.uri.value.is_empty() {
            judge.warn(&entry.uri, "it is not used, for the answer is static");
        }
        return constant(&entry.static_code, &label(entry), judge);
    }
    if entry.static_code.value.is_some() {
        judge.conflict(&entry.static_code, "is for static answers alone", "set static too, or leave it out");
    }
    let Some(uri) = given(&entry.uri) else {
        judge.refuse(&entry.uri, "is required", WRITE_URL);
        return None;
    };
    let kind = match Uri::parse(uri).and_then(|uri| uri.kind(entry)) {
        Ok(kind) => kind,
        Err(Refusal { reason, instead }) => {
            judge.refuse(&entry.uri, format!("{} {reason}", label(entry)), instead);
            return None;
        }
    };
    if let Kind::Files { dir } = &kind
        && !dir.is_dir()
    {
        judge.warn(&entry.uri, format!("{} is no directory", quote(&dir.to_string_lossy())));
    }
    Some(kind)
}

fn constant(code: &Written<Option<i64>>, label: &str, judge: &mut Judge) -> Option<Kind> {
    let status = u16::try_from(code.value.unwrap_or(200))
        .ok()
        .and_then(|number| StatusCode::from_u16(number).ok())
        .filter(|status| !status.is_informational());
    if status.is_none() {
        judge.refuse(code, format!("{label} names no status from 200 to 999"), "write one such as 200");
    }
    status.map(|status| Kind::Static { status })
}

impl Uri<'_> {
    /// What the URI of an upstream stands for.
    fn kind(self, entry: &Upstream) -> Result<Kind, Refusal> {
        match self.scheme.as_str() {
            "http" => self.http(Scheme::Http, entry).map(Kind::Http),
            "https" => self.http(Scheme::Https, entry).map(Kind::Http),
            // HTTP/2 without TLS, as gRPC has it; there are no WebSockets in it that an app understands.
            "h2c" => {
                let http = self.http(Scheme::Http, entry)?;
                Ok(Kind::Http(HttpSettings { protocols: Protocols::Http2, websockets: WebSockets::Drop, ..http }))
            }
            "unix" => {
                if self.path == "/" || !self.authority.is_empty() {
                    return Err(Refusal::new("names no socket", "write it as in unix:///run/app.sock"));
                }
                Ok(Kind::Http(http(Endpoint::Unix(PathBuf::from(self.path)), entry)))
            }
            "file" => Ok(Kind::Files { dir: PathBuf::from(self.path) }),
            // `localhost:8080` and the like.
            _ if self.is_opaque => Err(Refusal::new("is no URL", WRITE_URL)),
            _ => Err(Refusal::new(
                "has a scheme that no upstream has",
                "write http, https, h2c, unix, file or static before the ://",
            )),
        }
    }

    fn http(self, scheme: Scheme, entry: &Upstream) -> Result<HttpSettings, Refusal> {
        if self.authority.contains('@') {
            return Err(Refusal::new("has credentials, which are not sent anywhere", "remove them"));
        }
        let host = Host::parse(self.authority).ok_or_else(|| Refusal::new("has no good host or port", WRITE_URL))?;
        let name = host.name().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = host.port().filter(|port| !port.is_empty()).and_then(|port| port.parse().ok());
        let endpoint = match scheme {
            Scheme::Http => Endpoint::Http { host: name, port: port.unwrap_or(80) },
            Scheme::Https => Endpoint::Https { host: name, port: port.unwrap_or(443) },
        };
        Ok(http(endpoint, entry))
    }
}

fn http(endpoint: Endpoint, entry: &Upstream) -> HttpSettings {
    let skip = entry.insecure_skip_tls_verify.value;
    HttpSettings {
        protocols: HttpSettings::usual_protocols(&endpoint),
        endpoint,
        host: if entry.pass_host_header.value { HostHeader::OfClient } else { HostHeader::OfUpstream },
        websockets: if entry.proxy_web_sockets.value { WebSockets::Pass } else { WebSockets::Drop },
        // compat: zero and less wait for ever.
        timeout: entry.timeout.value.to_std().filter(|timeout| !timeout.is_zero()),
        keep_alive: if entry.disable_keep_alives.value { KeepAlive::Off } else { KeepAlive::On },
        tls: TlsSettings { verify: if skip { Verify::InsecureSkip } else { Verify::Full }, ..TlsSettings::default() },
    }
}

#[cfg(test)]
mod tests;
