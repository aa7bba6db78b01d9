//! What the process itself is told: where to listen, how to stop.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::judge::Judge;
use crate::fault::quote;
use crate::options::Options;
use crate::structured::{Server, Structured};
use crate::written::Written;

/// The smallest head of a request that the server can hold.
const MIN_HEADER_BYTES: usize = 8 * 1024;
/// The largest: every connection may hold one.
const MAX_HEADER_BYTES: usize = 16 * 1024 * 1024;

/// Where requests come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A TCP address.
    Tcp {
        /// `localhost` or an address without brackets; `None` is every address of the machine.
        host: Option<String>,
        /// The port; 0 takes a free one.
        port: u16,
    },
    /// A unix socket.
    Unix {
        /// Its path.
        path: PathBuf,
        /// The file mode it gets; `None` leaves it to the umask.
        mode: Option<u32>,
    },
    /// A descriptor that was passed in at start, 3 or above.
    Descriptor(u32),
}

/// How the process stops after a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long it goes on serving, not ready.
    pub delay: Duration,
    /// How long requests in flight may take after that.
    pub timeout: Duration,
}

/// Where to listen; the inner `None` does not.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a listener")]
pub(super) fn listen(structured: &Structured, judge: &mut Judge) -> Option<Option<Listen>> {
    let Server { bind_address: written, secure_bind_address, .. } = &structured.server;
    if is_off(written) && is_off(secure_bind_address) {
        judge.warn(written, "nothing is listened on, so nothing is served; write an address, such as 127.0.0.1:4180");
    }
    plain(written, judge)
}

/// Where metrics are served; the inner `None` nowhere.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a listener")]
pub(super) fn metrics(structured: &Structured, judge: &mut Judge) -> Option<Option<Listen>> {
    plain(&structured.metrics_server.bind_address, judge)
}

#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a listener")]
fn plain(written: &Written<String>, judge: &mut Judge) -> Option<Option<Listen>> {
    if is_off(written) {
        return Some(None);
    }
    match listener(&written.value) {
        Ok(listen) => Some(Some(listen)),
        Err((reason, instead)) => {
            judge.refuse(written, format!("{} {reason}", quote(&written.value)), instead);
            None
        }
    }
}

/// Whether an address says that there is no such listener.
pub(super) fn is_off(address: &Written<String>) -> bool {
    matches!(address.value.as_str(), "" | "-")
}

/// What is wrong, and what to write instead.
pub(super) type Refusal = (&'static str, &'static str);

pub(super) fn listener(text: &str) -> Result<Listen, Refusal> {
    if let Some((prefix, number)) = text.split_at_checked(3)
        && prefix.eq_ignore_ascii_case("fd:")
    {
        return match number.parse() {
            Ok(number @ 3..) => Ok(Listen::Descriptor(number)),
            Ok(_) | Err(_) => Err(("names no descriptor", "write fd: and a number from 3 up")),
        };
    }
    match text.split_once("://") {
        Some(("unix", path)) => unix(path),
        Some(("http" | "tcp", address)) => tcp(address),
        None => tcp(text),
        Some(("https", _)) => Err(("is for TLS, and this is the plain listener", "write HOST:PORT, or https-address")),
        Some(_) => Err(("has a scheme that cannot be listened on", "write HOST:PORT or unix://SOCKET")),
    }
}

/// `HOST:PORT`
pub(super) fn tcp(address: &str) -> Result<Listen, Refusal> {
    let (host, port) = address.rsplit_once(':').ok_or(("has no port", "write HOST:PORT"))?;
    let port = match port.parse() {
        Ok(port) if port_is_digits(address) => port,
        Ok(_) | Err(_) => return Err(("has no port between 0 and 65535", "write HOST:PORT")),
    };
    let host = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']').ok_or(("has an open bracket", "write [ADDRESS]:PORT"))?,
        None if host.contains(':') => return Err(("has an IPv6 address without brackets", "write [ADDRESS]:PORT")),
        None => host,
    };
    if !matches!(host, "" | "localhost") && host.parse::<IpAddr>().is_err() {
        return Err(("names no IP address to listen on", "write ADDRESS:PORT, or :PORT for every address"));
    }
    Ok(Listen::Tcp { host: Some(host.to_owned()).filter(|host| !host.is_empty()), port })
}

/// `u16` also parses a sign.
fn port_is_digits(address: &str) -> bool {
    address.rsplit(':').next().is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `PATH[,mode=OCTAL]`
fn unix(text: &str) -> Result<Listen, Refusal> {
    let mut parts = text.split(',');
    let path = parts.next().unwrap_or_default();
    if path.is_empty() {
        return Err(("names no socket", "write unix://PATH"));
    }
    let mut mode = None;
    for part in parts {
        mode = match part.split_once('=') {
            Some(("mode", octal)) => match u32::from_str_radix(octal, 8) {
                Ok(bits @ 0..=0o7777) if octal.bytes().all(|byte| byte.is_ascii_digit()) => Some(bits),
                Ok(_) | Err(_) => return Err(("has a mode that is not octal", "write mode=0660")),
            },
            _ => return Err(("has an option other than mode", "write unix://PATH,mode=0660")),
        };
    }
    Ok(Listen::Unix { path: PathBuf::from(path), mode })
}

/// The size of the largest head of a request.
pub(super) fn max_header_bytes(written: &Written<i64>, judge: &mut Judge) -> Option<usize> {
    let bytes =
        usize::try_from(written.value).ok().filter(|bytes| (MIN_HEADER_BYTES..=MAX_HEADER_BYTES).contains(bytes));
    if bytes.is_none() {
        let instead = format!("write a number of bytes from {MIN_HEADER_BYTES} to {MAX_HEADER_BYTES}");
        judge.refuse(written, format!("{} is out of range", written.value), instead);
    }
    bytes
}

/// How the process stops.
pub(super) fn shutdown(options: &Options, judge: &mut Judge) -> Option<Shutdown> {
    let delay = judge.duration(&options.shutdown_delay);
    let timeout = judge.duration(&options.shutdown_timeout);
    Some(Shutdown { delay: delay?, timeout: timeout? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(host: &str, port: u16) -> Listen {
        Listen::Tcp { host: Some(host.to_owned()).filter(|host| !host.is_empty()), port }
    }

    #[test]
    fn every_form_of_a_listener_is_read() {
        for (text, listen) in [
            ("127.0.0.1:4180", at("127.0.0.1", 4180)),
            ("http://0.0.0.0:80", at("0.0.0.0", 80)),
            ("tcp://localhost:0", at("localhost", 0)),
            (":4180", at("", 4180)),
            ("[::1]:4180", at("::1", 4180)),
            ("unix:///run/x.sock", Listen::Unix { path: "/run/x.sock".into(), mode: None }),
            ("unix://x.sock,mode=0660", Listen::Unix { path: "x.sock".into(), mode: Some(0o660) }),
            ("fd:3", Listen::Descriptor(3)),
            ("FD:12", Listen::Descriptor(12)),
        ] {
            assert_eq!(listener(text), Ok(listen), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_listened_on_is_refused() {
        for text in [
            "localhost",
            "app.example.com:80",
            "[fe80::1%eth0]:80",
            "4180",
            "localhost:",
            "localhost:http",
            "localhost:65536",
            "localhost:+80",
            "localhost:-1",
            "::1:80",
            "[::1:80",
            "a b:80",
            "a/b:80",
            "https://localhost:443",
            "ftp://x:1",
            "unix://",
            "unix://x,mode=0999",
            "unix://x,mode=",
            "unix://x,mode=+7",
            "unix://x,mode",
            "unix://x,owner=me",
            "unix://x,mode=77777",
            "fd:",
            "fd:2",
            "fd:x",
            "fd:-1",
            "http://",
        ] {
            assert!(listener(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_listener_or_a_refusal(text in "(fd:|unix://|\\PC{0,4}://)?\\PC{0,16}") {
            drop(listener(&text));
        }
    }
}
