//! The settings of the upstream crate: where the app is, and what it is told.

use std::collections::HashSet;
use std::path::PathBuf;

use http::StatusCode;
use sidecar_core::form::percent_decode;
use sidecar_core::origin::{Host, Scheme};
use sidecar_net::{Endpoint, KeepAlive, TlsSettings, Verify};
use sidecar_upstream::{HostHeader, HttpSettings, Kind, SessionCookies, Settings, UpstreamSettings, WebSockets};

use super::injection;
use super::judge::Judge;
use crate::fault::quote;
use crate::options::Options;

/// Where granted requests go.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> Option<Settings> {
    let injection = injection::settings(options, judge);
    warn_of_switches(options, judge);
    let upstreams = upstreams(options, judge);
    Some(Settings {
        upstreams,
        injection: injection?,
        session_cookies: if options.pass_session_cookie.value { SessionCookies::Pass } else { SessionCookies::Remove },
    })
}

fn warn_of_switches(options: &Options, judge: &mut Judge) {
    let verify = &options.ssl_upstream_insecure_skip_verify;
    judge.warn_if(verify, true, "whoever can reach the wire to the app can read and change everything on it");
    let message = "the app sees session cookies, and whoever has one is signed in";
    judge.warn_if(&options.pass_session_cookie, true, message);
    if options.upstreams.value.is_empty() {
        judge.warn(&options.upstreams, "there is no app: only our own endpoints are served");
    }
}

fn upstreams(options: &Options, judge: &mut Judge) -> Vec<UpstreamSettings> {
    let written = &options.upstreams;
    let mut upstreams: Vec<UpstreamSettings> = Vec::new();
    let mut paths = HashSet::new();
    for text in &written.value {
        let upstream = match Uri::parse(text).and_then(|uri| uri.upstream(text, options)) {
            Ok(upstream) => upstream,
            Err(Refusal { reason, instead }) => {
                judge.refuse(written, format!("{} {reason}", quote(text)), instead);
                continue;
            }
        };
        match &upstream.kind {
            Kind::Files { dir } if !dir.is_dir() => {
                judge.warn(written, format!("{} is no directory", quote(&dir.to_string_lossy())));
            }
            Kind::Static { .. } if !text.ends_with(|c: char| c.is_ascii_digit()) => {
                judge.warn(written, format!("{} names no status; 200 is answered", quote(text)));
            }
            Kind::Files { .. } | Kind::Static { .. } | Kind::Http(_) => {}
        }
        if !paths.insert(upstream.path.clone()) {
            let reason = format!("{} serves {}, as another one does", quote(text), quote(&upstream.path));
            judge.refuse(written, reason, "give each upstream a path of its own");
        }
        upstreams.push(upstream);
    }
    upstreams
}

/// What is wrong with an upstream, and what to write instead.
#[derive(Debug, PartialEq)]
struct Refusal {
    reason: String,
    instead: &'static str,
}

impl Refusal {
    fn new(reason: impl Into<String>, instead: &'static str) -> Self {
        Self { reason: reason.into(), instead }
    }
}

/// A URI taken apart as [RFC 3986] does, not as browsers do: nothing is lower-cased but the scheme.
///
/// [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986
#[derive(Debug, PartialEq)]
struct Uri<'a> {
    scheme: String,
    authority: &'a str,
    /// Percent-decoded; `/` when it was empty.
    path: String,
    /// Percent-decoded; `None` without one or with an empty one.
    fragment: Option<String>,
}

const WRITE_URL: &str = "write it as in http://127.0.0.1:8080";

impl<'a> Uri<'a> {
    fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::new("is an empty element", "remove it; a comma too many makes one"));
        }
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Refusal::new("has white space or a control character", WRITE_URL));
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| Refusal::new("is no URL", WRITE_URL))?;
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (rest, None),
        };
        let rest = rest.split('?').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = decoded(path)?;
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            path: if path.is_empty() { "/".to_owned() } else { path },
            fragment: fragment.map(decoded).transpose()?.filter(|fragment| !fragment.is_empty()),
        })
    }

    /// What the URI stands for (config-loading 7.1). `text` is the whole of it.
    fn upstream(self, text: &str, options: &Options) -> Result<UpstreamSettings, Refusal> {
        match self.scheme.as_str() {
            "http" => self.http(Scheme::Http, options),
            "https" => self.http(Scheme::Https, options),
            "unix" => {
                if self.path == "/" || !self.authority.is_empty() {
                    return Err(Refusal::new("names no socket", "write it as in unix:///run/app.sock"));
                }
                let kind = Kind::Http(http(Endpoint::Unix(PathBuf::from(&self.path)), options));
                Ok(UpstreamSettings { id: self.path, path: "/".to_owned(), kind })
            }
            "file" => self.files(),
            "static" => self.constant(text),
            _ => Err(Refusal::new(
                "has a scheme that no upstream has",
                "write http, https, unix, file or static before the ://",
            )),
        }
    }

    fn http(self, scheme: Scheme, options: &Options) -> Result<UpstreamSettings, Refusal> {
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
        Ok(UpstreamSettings { id: self.path.clone(), path: self.path, kind: Kind::Http(http(endpoint, options)) })
    }

    fn files(self) -> Result<UpstreamSettings, Refusal> {
        let path = self.fragment.unwrap_or_else(|| self.path.clone());
        if !path.starts_with('/') {
            return Err(Refusal::new("has a fragment that is no path", "write it as in file:///var/www#/files/"));
        }
        Ok(UpstreamSettings { id: path.clone(), path, kind: Kind::Files { dir: PathBuf::from(self.path) } })
    }

    fn constant(self, text: &str) -> Result<UpstreamSettings, Refusal> {
        // compat: what is no number is 200.
        let number: i64 = self.authority.parse().unwrap_or(200);
        let status = u16::try_from(number)
            .ok()
            .and_then(|number| StatusCode::from_u16(number).ok())
            .filter(|status| !status.is_informational())
            .ok_or_else(|| Refusal::new("names no status from 200 to 999", "write it as in static://200"))?;
        Ok(UpstreamSettings { id: text.to_owned(), path: "/".to_owned(), kind: Kind::Static { status } })
    }
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let bytes = percent_decode(text).ok_or_else(|| Refusal::new("has a bad escape", "write % as %25"))?;
    String::from_utf8(bytes).map_err(|_| Refusal::new("has an escape that is not UTF-8", "write it in UTF-8"))
}

fn http(endpoint: Endpoint, options: &Options) -> HttpSettings {
    let skip = options.ssl_upstream_insecure_skip_verify.value;
    HttpSettings {
        endpoint,
        host: if options.pass_host_header.value { HostHeader::OfClient } else { HostHeader::OfUpstream },
        websockets: if options.proxy_websockets.value { WebSockets::Pass } else { WebSockets::Drop },
        // compat: zero and less wait for ever.
        timeout: options.upstream_timeout.value.to_std().filter(|timeout| !timeout.is_zero()),
        keep_alive: if options.disable_keep_alives.value { KeepAlive::Off } else { KeepAlive::On },
        tls: TlsSettings { verify: if skip { Verify::InsecureSkip } else { Verify::Full }, ..TlsSettings::default() },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<UpstreamSettings, Refusal> {
        Uri::parse(text)?.upstream(text, &Options::default())
    }

    #[test]
    fn every_kind_of_upstream_is_read() {
        for (text, id, path, kind) in [
            ("http://127.0.0.1:8080", "/", "/", "http 127.0.0.1:8080"),
            ("HTTP://App:80/", "/", "/", "http App:80"),
            ("http://app/api/?q#f", "/api/", "/api/", "http app:80"),
            ("https://app/a%20b", "/a b", "/a b", "https app:443"),
            ("https://[::1]:9/x", "/x", "/x", "https [::1]:9"),
            ("unix:///run/app.sock", "/run/app.sock", "/", "unix /run/app.sock"),
            ("file:///var/www/", "/var/www/", "/var/www/", "files /var/www/"),
            ("file:///var/www#/files/", "/files/", "/files/", "files /var/www"),
            ("static://204", "static://204", "/", "static 204 No Content"),
            ("static://ok", "static://ok", "/", "static 200 OK"),
        ] {
            let upstream = read(text).expect(text);
            let found = match &upstream.kind {
                Kind::Http(http) => match &http.endpoint {
                    Endpoint::Unix(path) => format!("unix {}", path.display()),
                    endpoint @ Endpoint::Http { .. } => format!("http {endpoint}"),
                    endpoint @ Endpoint::Https { .. } => format!("https {endpoint}"),
                },
                Kind::Static { status } => format!("static {status}"),
                Kind::Files { dir } => format!("files {}", dir.display()),
            };
            assert_eq!((upstream.id.as_str(), upstream.path.as_str(), found.as_str()), (id, path, kind), "{text}");
        }
    }

    #[test]
    fn what_is_no_upstream_is_refused() {
        for text in [
            "",
            "localhost:8080",
            "127.0.0.1:8080",
            ":foo",
            "http:/x",
            "http://",
            "http:///x",
            "http://a b/",
            "http://a:b/",
            "http://a:99999",
            "http://user:pass@a/",
            "http://a/%zz",
            "ftp://a/",
            "unix://",
            "unix:///",
            "unix://host/x",
            "file:///w#x",
            "static://20",
            "static://100",
            "static://1000",
            "static://-1",
            "http://a\n/",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_upstream_or_a_refusal(text in "(http|file|unix|static|\\PC{0,4})?(://)?\\PC{0,16}") {
            drop(read(&text));
        }
    }
}
