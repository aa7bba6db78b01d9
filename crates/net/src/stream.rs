//! A connection that was made.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::client::TlsStream;

use crate::server_tls::Agreed;

/// A connected byte stream: TCP (with `TCP_NODELAY`), TLS, or a unix socket.
#[derive(Debug)]
pub struct Stream {
    io: Io,
    ends_at_proxy: bool,
    traffic: Traffic,
}

#[derive(Debug)]
enum Io {
    Tcp(TcpStream),
    Unix(UnixStream),
    // Boxed: a TLS session is a hundred times the size of a socket. It may itself run inside a proxy's TLS.
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    pub(crate) fn tcp(socket: TcpStream) -> Self {
        Self { io: Io::Tcp(socket), ends_at_proxy: false, traffic: Traffic::default() }
    }

    pub(crate) fn unix(socket: UnixStream) -> Self {
        Self { io: Io::Unix(socket), ends_at_proxy: false, traffic: Traffic::default() }
    }

    pub(crate) fn tls(session: TlsStream<Stream>) -> Self {
        Self { io: Io::Tls(Box::new(session)), ends_at_proxy: false, traffic: Traffic::default() }
    }

    pub(crate) fn at_proxy(self) -> Self {
        Self { ends_at_proxy: true, ..self }
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    /// What the two ends agreed on in the TLS handshake; HTTP/1 where there was none.
    pub(crate) fn agreed(&self) -> Agreed {
        match &self.io {
            Io::Tls(session) if session.get_ref().1.alpn_protocol() == Some(b"h2") => Agreed::Http2,
            Io::Tls(_) | Io::Tcp(_) | Io::Unix(_) => Agreed::Http1,
        }
    }

    /// Whether the other end is an HTTP proxy that was not asked for a tunnel, so that it expects request targets in
    /// absolute-form (RFC 9112 3.2.2).
    #[must_use]
    pub fn ends_at_proxy(&self) -> bool {
        self.ends_at_proxy
    }
}

/// Which way bytes went last: what tells a kept connection that died idle from one that died over our request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic(Arc<AtomicU8>);

impl Traffic {
    const UNUSED: u8 = 0;
    const ASKED_FIRST: u8 = 1;
    const ANSWERED: u8 = 2;
    const ASKED_AGAIN: u8 = 3;

    fn read(&self) {
        self.0.store(Self::ANSWERED, Ordering::Relaxed);
    }

    fn write(&self) {
        let next = match self.0.load(Ordering::Relaxed) {
            Self::UNUSED | Self::ASKED_FIRST => Self::ASKED_FIRST,
            _ => Self::ASKED_AGAIN,
        };
        self.0.store(next, Ordering::Relaxed);
    }

    /// Whether something was read once, and nothing since the last write.
    pub(crate) fn is_unanswered_reuse(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::ASKED_AGAIN
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let done = match &mut self.io {
            Io::Tcp(io) => Pin::new(io).poll_read(cx, buf),
            Io::Unix(io) => Pin::new(io).poll_read(cx, buf),
            Io::Tls(io) => Pin::new(io).poll_read(cx, buf),
        };
        if buf.filled().len() > before {
            self.traffic.read();
        }
        done
    }
}

/// Takes bytes for a peer that has gone as if they were sent: only reading tells that it has.
///
/// A server that refuses an upload answers, closes, and resets what still comes. Its answer is there to be read then,
/// and hyper would not: it gives up at the first write that fails. After a reset, reading yields what had arrived and
/// then the end, so that nobody waits for more.
fn taken(done: Poll<io::Result<usize>>, length: impl FnOnce() -> usize) -> Poll<io::Result<usize>> {
    let is_gone =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset);
    match done {
        Poll::Ready(Err(error)) if is_gone(&error) => Poll::Ready(Ok(length())),
        done @ (Poll::Ready(_) | Poll::Pending) => done,
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.traffic.write();
        match &mut self.io {
            Io::Tcp(io) => taken(Pin::new(io).poll_write(cx, buf), || buf.len()),
            Io::Unix(io) => taken(Pin::new(io).poll_write(cx, buf), || buf.len()),
            Io::Tls(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp(io) => Pin::new(io).poll_flush(cx),
            Io::Unix(io) => Pin::new(io).poll_flush(cx),
            Io::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            Io::Unix(io) => Pin::new(io).poll_shutdown(cx),
            Io::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.traffic.write();
        let length = || bufs.iter().map(|buf| buf.len()).sum();
        match &mut self.io {
            Io::Tcp(io) => taken(Pin::new(io).poll_write_vectored(cx, bufs), length),
            Io::Unix(io) => taken(Pin::new(io).poll_write_vectored(cx, bufs), length),
            Io::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Tcp(io) => io.is_write_vectored(),
            Io::Unix(io) => io.is_write_vectored(),
            Io::Tls(io) => io.is_write_vectored(),
        }
    }
}
