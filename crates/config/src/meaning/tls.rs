//! Where requests come in by TLS: the address, and whose certificate is shown there.

use std::path::PathBuf;

use sidecar_core::report::chain;
use sidecar_gateway::ForceHttps;
use sidecar_net::{Inside, MinVersion, NamedSuite, ServerTls, ServerTlsSettings, Tls12Suite};

use super::judge::{Judge, given};
use super::process::{self, Listen};
use super::secret_source;
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::options::Options;
use crate::structured::{SecretSource, Server, Structured, Tls};
use crate::written::Written;

/// Where requests come in by TLS.
#[derive(Clone, Debug)]
pub struct SecureListen {
    /// A TCP address.
    pub address: Listen,
    /// The certificate and the limits.
    pub tls: ServerTls,
}

impl SecureListen {
    /// The port of its address; 0 takes a free one.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self.address {
            Listen::Tcp { port, .. } => port,
            Listen::Unix { .. } | Listen::Descriptor(_) => 0,
        }
    }
}

/// The TLS listener of a server (`https-address`, `metrics-secure-address`); the inner `None` is none. `inside` is what
/// its clients may speak.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a listener")]
pub(super) fn listen(
    server: &Server,
    inside: Inside,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<Option<SecureListen>> {
    let written = &server.secure_bind_address;
    if process::is_off(written) {
        if let Some(tls) = &server.tls {
            judge.warn(&tls.at, "it is not used without an address to listen on with TLS");
        }
        return Some(None);
    }
    let address = address(written, judge);
    let Some(tls) = &server.tls else {
        judge.refuse(written, "needs a certificate and its key", "set them, or leave the address out");
        return None;
    };
    let tls = ready(tls, inside, surroundings, judge);
    Some(Some(SecureListen { address: address?, tls: tls? }))
}

/// `[https://]HOST:PORT`
fn read_address(text: &str) -> Result<Listen, process::Refusal> {
    match text.split_once("://") {
        Some(("https" | "http" | "tcp", address)) => process::tcp(address),
        Some(_) => Err(("is no place for a TLS listener", "write HOST:PORT")),
        None => process::tcp(text),
    }
}

fn address(written: &Written<String>, judge: &mut Judge) -> Option<Listen> {
    match read_address(&written.value) {
        Ok(address) => Some(address),
        Err((reason, instead)) => {
            judge.refuse(written, format!("{} {reason}", quote(&written.value)), instead);
            None
        }
    }
}

fn ready(tls: &Tls, inside: Inside, surroundings: Surroundings<'_>, judge: &mut Judge) -> Option<ServerTls> {
    let certificate = pem(tls.cert.as_ref(), tls, "certificate", surroundings, judge);
    let key = pem(tls.key.as_ref(), tls, "private key", surroundings, judge);
    let versions = [("", MinVersion::Tls12), ("TLS1.2", MinVersion::Tls12), ("TLS1.3", MinVersion::Tls13)];
    let min_version = judge.word(&tls.min_version, &versions);
    let suites = suites(&tls.cipher_suites, judge);
    let ((certificate, cert_leaf), (key, key_leaf)) = (certificate?, key?);
    let settings = ServerTlsSettings {
        certificate: certificate.expose(),
        key: key.expose(),
        min_version: min_version?,
        suites: suites?,
        inside,
    };
    match ServerTls::new(&settings) {
        Ok(ready) => Some(ready),
        Err(error) => {
            let (leaf, instead) = if error.concerns_key() {
                (&key_leaf, "name the key that the certificate was made for")
            } else {
                (&cert_leaf, "name a PEM file with the certificate, and behind it those that lead to its authority")
            };
            judge.refuse_file(leaf, chain(&error), instead);
            None
        }
    }
}

/// What one of the two sources holds, and the leaf that names it.
fn pem(
    source: Option<&SecretSource>,
    tls: &Tls,
    what: &str,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<(sidecar_core::Secret<Vec<u8>>, Written<()>)> {
    let instead = "name both, the certificate and its key";
    let Some(source) = source else {
        judge.refuse(&tls.at, format!("has no {what}"), instead);
        return None;
    };
    if source.value.value.expose().is_empty() && source.from_env.value.is_empty() && source.from_file.value.is_empty() {
        judge.refuse(&source.at, format!("names no {what}, and a TLS listener has one"), instead);
        return None;
    }
    secret_source::bytes(source, surroundings, judge)
}

/// The suites of TLS 1.2; the inner `None` offers all. Those that are not spoken here are left out, as long as others are
/// there: with none of those that were asked for, whom the list was made for could not connect.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a list")]
fn suites(written: &Written<Vec<String>>, judge: &mut Judge) -> Option<Option<Vec<Tls12Suite>>> {
    if written.value.is_empty() {
        return Some(None);
    }
    let instead = "write names such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    let (mut offered, mut not_spoken, mut all_known) = (Vec::new(), Vec::new(), true);
    let mut tls13 = false;
    for element in written.elements() {
        let name = element.value;
        match NamedSuite::of(name) {
            Some(NamedSuite::Tls12(suite)) => offered.push(suite),
            Some(NamedSuite::Tls13) => tls13 = true,
            Some(NamedSuite::NotSpoken) => not_spoken.push(quote(name)),
            None => {
                judge.refuse(&element, format!("no suite is called {}", quote(name)), instead);
                all_known = false;
            }
        }
    }
    if !all_known {
        return None;
    }
    if !not_spoken.is_empty() && offered.is_empty() && !tls13 {
        judge.refuse(written, format!("{} cannot be offered", not_spoken.join(" and ")), instead);
        return None;
    }
    if !not_spoken.is_empty() {
        let those = not_spoken.join(" and ");
        judge.warn(written, format!("{those} cannot be offered: this program has no CBC, RC4 or 3DES, and only ECDHE"));
    }
    Some(Some(offered))
}

/// Where requests that did not come by `https` are sent; the inner `None` serves them.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether they are sent anywhere")]
pub(super) fn force_https(options: &Options, structured: &Structured, judge: &mut Judge) -> Option<Option<ForceHttps>> {
    let switch = &options.force_https;
    if !switch.value {
        return Some(None);
    }
    let secure = &structured.server.secure_bind_address;
    let has_listener = !process::is_off(secure);
    if !has_listener && !options.reverse_proxy.value {
        let reason = "no request could come by https: there is no TLS listener, and no proxy is believed";
        judge.conflict(switch, reason, "set https-address with its certificate, or reverse-proxy");
        return None;
    }
    // Without a listener of our own the option still names the port of whoever ends TLS before us.
    let address = if has_listener { read_address(&secure.value).ok() } else { address(&options.https_address, judge) };
    match address? {
        Listen::Tcp { port, .. } => Some(Some(ForceHttps { port })),
        Listen::Unix { .. } | Listen::Descriptor(_) => None,
    }
}

/// The files that a server's certificate and key are in.
pub(super) fn files(server: &Server) -> impl Iterator<Item = PathBuf> {
    let sources = server.tls.iter().flat_map(|tls| [&tls.cert, &tls.key]).flatten();
    sources.filter_map(|source| given(&source.from_file)).map(PathBuf::from)
}
