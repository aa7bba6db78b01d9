//! The sockets of visitors.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sidecar_net::{Agreed, Handshake, ServerTls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time;
use tokio_rustls::server::TlsStream;

use crate::limits::HANDSHAKE_TIME;

/// How much is read of what a client sends that speaks plain HTTP to the TLS listener.
const MOST_UNREAD: u64 = 64 * 1024;
/// What such a client gets; Go's server says as much.
const NOT_TLS: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis port speaks HTTPS.\n";

/// An accepted connection, not yet on any runtime.
pub(crate) enum Accepted {
    Tcp(std::net::TcpStream),
    Tls(std::net::TcpStream, ServerTls),
    Unix(std::os::unix::net::UnixStream),
}

/// A connection on its worker's runtime. One type for all, so that the server is compiled once.
pub(crate) enum Socket {
    Tcp(TcpStream),
    // A TLS session is a hundred times the size of a socket.
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
}

/// Whether it is settled what will be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// TLS has agreed on it.
    Agreed(Agreed),
    /// The first bytes will tell.
    Unsaid,
}

impl Accepted {
    /// Puts it on this runtime, and shakes hands where there is TLS. `None` when nothing comes of it, which is the
    /// client's affair.
    pub(crate) async fn open(self) -> Option<(Socket, Opening)> {
        let plain = |socket: io::Result<Socket>| match socket {
            Ok(socket) => Some((socket, Opening::Unsaid)),
            Err(error) => {
                tracing::error!(%error, "a connection cannot be served");
                None
            }
        };
        match self {
            Self::Tcp(socket) => plain(TcpStream::from_std(socket).map(Socket::Tcp)),
            Self::Unix(socket) => plain(UnixStream::from_std(socket).map(Socket::Unix)),
            Self::Tls(socket, tls) => {
                let handshake = Box::pin(shake_hands(socket, &tls)).await;
                match handshake {
                    Ok(Handshake { stream, agreed }) => Some((Socket::Tls(Box::new(stream)), Opening::Agreed(agreed))),
                    Err(error) => {
                        tracing::debug!(%error, "no TLS handshake");
                        None
                    }
                }
            }
        }
    }
}

async fn shake_hands(socket: std::net::TcpStream, tls: &ServerTls) -> io::Result<Handshake<TcpStream>> {
    let begun = time::Instant::now();
    let mut socket = TcpStream::from_std(socket)?;
    let mut first = [0];
    let seen = time::timeout(HANDSHAKE_TIME, socket.peek(&mut first)).await;
    seen.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    // No record of TLS begins with a letter, and every HTTP method does.
    if first[0].is_ascii_uppercase() {
        let telling = async {
            socket.write_all(NOT_TLS).await?;
            socket.shutdown().await?;
            // A socket that is closed with something unread takes the answer back.
            tokio::io::copy(&mut socket.take(MOST_UNREAD), &mut tokio::io::sink()).await
        };
        let _ = time::timeout(HANDSHAKE_TIME, telling).await;
        return Err(io::Error::new(io::ErrorKind::InvalidData, "plain HTTP on the TLS listener"));
    }
    tls.accept(socket, HANDSHAKE_TIME.saturating_sub(begun.elapsed())).await
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Unix(socket) => Pin::new(socket).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Self::Tls(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Self::Unix(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(socket) => socket.is_write_vectored(),
            Self::Tls(socket) => socket.is_write_vectored(),
            Self::Unix(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(socket) => Pin::new(socket).poll_flush(cx),
            Self::Unix(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
