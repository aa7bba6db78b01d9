//! Binding the listener.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rustix::net::sockopt;
use sidecar_config::Listen;
use tokio::net::{TcpListener, UnixListener};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// Between two questions to a machine that does not answer. Linux asks nine times.
const QUESTION_INTERVAL: Duration = Duration::from_secs(15);

/// A bound listener.
pub(crate) enum Listener {
    /// On a TCP address.
    Tcp(TcpListener),
    /// On a unix socket; its file goes with it.
    Unix(UnixListener, SocketFile),
}

/// The file of a unix socket that we made; removed on drop.
pub(crate) struct SocketFile(Option<PathBuf>);

/// Why nothing can be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {place}")]
pub(crate) struct ListenError {
    place: String,
    #[source]
    source: io::Error,
}

/// Binds; needs a runtime. A client's machine that is silent for as long as `silence` says is asked whether it is still
/// there.
///
/// # Errors
/// [`ListenError`]
pub(crate) fn bind(listen: &Listen, silence: Duration) -> Result<Listener, ListenError> {
    let bound = match listen {
        Listen::Tcp { host, port } => tcp(host.as_deref(), *port).map(Listener::Tcp),
        Listen::Unix { path, mode } => unix(path, *mode),
        Listen::Descriptor(number) => descriptor(*number),
    };
    let bound = bound.and_then(|listener| listener.keep_alive(silence).map(|()| listener));
    bound.map_err(|source| ListenError { place: place(listen), source })
}

impl Listener {
    /// What a TCP listener is told here, the connections that it accepts have from it.
    fn keep_alive(&self, silence: Duration) -> io::Result<()> {
        if let Self::Tcp(listener) = self {
            sockopt::set_socket_keepalive(listener, true)?;
            sockopt::set_tcp_keepidle(listener, silence)?;
            sockopt::set_tcp_keepintvl(listener, QUESTION_INTERVAL)?;
        }
        Ok(())
    }

    /// Where it listens, for the log.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| "tcp".to_owned(), |address| address.to_string())
            }
            Self::Unix(_, SocketFile(Some(path))) => format!("unix://{}", path.display()),
            Self::Unix(_, SocketFile(None)) => "a unix socket".to_owned(),
        }
    }
}

fn tcp(host: Option<&str>, port: u16) -> io::Result<TcpListener> {
    let addresses: Vec<SocketAddr> = match host {
        // All addresses of the machine, by either IP version where there are both.
        None => vec![SocketAddr::from(([0; 16], port)), SocketAddr::from(([0; 4], port))],
        Some("localhost") => vec![SocketAddr::from(([127, 0, 0, 1], port))],
        Some(host) => vec![SocketAddr::new(
            host.parse().map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the host is not an IP address"))?,
            port,
        )],
    };
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// compat: as with v7, a socket file that is there already is left alone, and the address is in use.
fn unix(path: &Path, mode: Option<u32>) -> io::Result<Listener> {
    let listener = UnixListener::bind(path)?;
    let file = SocketFile(Some(path.to_owned()));
    if let Some(mode) = mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(Listener::Unix(listener, file))
}

/// A descriptor of socket activation (`LISTEN_FDS`, `sd_listen_fds(3)`).
fn descriptor(number: u32) -> io::Result<Listener> {
    let mut passed = listenfd::ListenFd::from_env();
    let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(3);
    let missing = || io::Error::new(io::ErrorKind::NotFound, "no such descriptor was passed in");
    if let Ok(Some(listener)) = passed.take_tcp_listener(index) {
        listener.set_nonblocking(true)?;
        return TcpListener::from_std(listener).map(Listener::Tcp);
    }
    let listener = passed.take_unix_listener(index)?.ok_or_else(missing)?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener).map(|listener| Listener::Unix(listener, SocketFile(None)))
}

fn place(listen: &Listen) -> String {
    match listen {
        Listen::Tcp { host, port } => format!("{}:{port}", host.as_deref().unwrap_or("*")),
        Listen::Unix { path, .. } => format!("unix://{}", path.display()),
        Listen::Descriptor(number) => format!("fd:{number}"),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Gone already is as good.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{PLAIN_SILENCE, TLS_SILENCE};

    #[tokio::test]
    async fn accepted_connections_are_asked_for_signs_of_life() {
        for silence in [PLAIN_SILENCE, TLS_SILENCE] {
            let listen = Listen::Tcp { host: Some("127.0.0.1".to_owned()), port: 0 };
            let Listener::Tcp(listener) = bind(&listen, silence).unwrap() else { panic!("a TCP listener") };
            let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (accepted, _) = listener.accept().await.unwrap();
            assert!(sockopt::socket_keepalive(&accepted).unwrap());
            assert_eq!(sockopt::tcp_keepidle(&accepted).unwrap(), silence);
            assert_eq!(sockopt::tcp_keepintvl(&accepted).unwrap(), Duration::from_secs(15));
        }
    }
}
