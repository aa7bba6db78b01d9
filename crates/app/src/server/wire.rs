//! The bytes of a visitor's connection on their way between its socket and hyper.
//!
//! What it begins with tells what it speaks: HTTP/2 with prior knowledge (RFC 9113 §3.3) has a preface that no HTTP/1
//! request can be. What passes afterwards is shown to a [`Watch`], and what is there for a client that takes nothing of it
//! waits for [`STALL_TIME`] at most.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use sidecar_net::Agreed;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{self, Sleep};

use super::phase::Phase;
use crate::limits::STALL_TIME;

/// The client's connection preface (RFC 9113 §3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Looks at what passes.
pub(super) trait Watch {
    /// The client sent this.
    ///
    /// # Errors
    /// Whatever ends the connection.
    fn came(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The client was sent so many bytes.
    fn left(&mut self, bytes: usize);
}

/// A connection. A tunnel takes it over, and is bound by its patience too.
pub(super) struct Wire<S, W = ()> {
    socket: S,
    watch: W,
    /// The first bytes, which may have been looked at: whoever reads gets them first.
    early: [u8; PREFACE.len()],
    /// How many of `early` have come.
    came: usize,
    /// How many of those have been read.
    read: usize,
    phase: Phase,
    /// Runs while the client takes nothing of what is there for it.
    stall: Option<Pin<Box<Sleep>>>,
}

impl<S> Wire<S> {
    pub(super) fn new(socket: S, phase: Phase) -> Self {
        Self { socket, watch: (), early: [0; PREFACE.len()], came: 0, read: 0, phase, stall: None }
    }

    /// The same, watched from its first byte.
    pub(super) fn watched<W: Watch>(self, watch: W) -> Wire<S, W> {
        let Self { socket, watch: (), early, came, read, phase, stall } = self;
        Wire { socket, watch, early, came, read, phase, stall }
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    /// Looks at the first bytes, no further than it takes to know: mostly one read, of what is there.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) async fn speaks(&mut self) -> io::Result<Agreed> {
        while self.came < PREFACE.len() {
            let (_, free) = self.early.split_at_mut(self.came);
            let came = self.socket.read(free).await?;
            self.came += came;
            let (begin, _) = self.early.split_at(self.came);
            if came == 0 || !PREFACE.starts_with(begin) {
                return Ok(Agreed::Http1);
            }
        }
        Ok(Agreed::Http2)
    }
}

impl<S: AsyncRead + Unpin, W: Unpin> Wire<S, W> {
    fn poll_bytes(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read == self.came {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let unread = self.early.get(self.read..self.came).unwrap_or_default();
        let (fit, _) = unread.split_at(unread.len().min(buf.remaining()));
        buf.put_slice(fit);
        self.read += fit.len();
        if buf.remaining() > 0 {
            // What has come behind them comes along, as if nobody had looked. If nothing has, or the socket is broken, the
            // next read says so.
            let _ = Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S, W: Watch> Wire<S, W> {
    /// What came of a write, unless the last that did anything was too long ago.
    fn unless_stalled(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.phase.wrote(&written);
        if let Poll::Ready(written) = written {
            self.stall = None;
            self.watch.left(*written.as_ref().unwrap_or(&0));
            return Poll::Ready(written);
        }
        let stall = self.stall.get_or_insert_with(|| Box::pin(time::sleep(STALL_TIME)));
        stall.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin, W: Watch + Unpin> AsyncRead for Wire<S, W> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.poll_bytes(cx, buf))?;
        let (_, came) = buf.filled().split_at(before);
        Poll::Ready(self.watch.came(came))
    }
}

impl<S: AsyncWrite + Unpin, W: Watch + Unpin> AsyncWrite for Wire<S, W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.unless_stalled(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.unless_stalled(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::server::slots::Slot;

    /// What is made of a connection on which these pieces come, and what is read from it afterwards.
    async fn opened(pieces: &[&[u8]]) -> (Agreed, Vec<u8>) {
        let (mut client, server) = tokio::io::duplex(1024);
        let whole = pieces.concat();
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
        let writing = tokio::spawn(async move {
            for piece in pieces {
                client.write_all(&piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let phase = Phase::new(Slot::for_tests());
        let mut wire = Wire::new(server, phase.clone());
        let agreed = wire.speaks().await.unwrap();
        writing.await.unwrap();
        let mut read = Vec::new();
        wire.watched(phase).read_to_end(&mut read).await.unwrap();
        assert_eq!(read, whole);
        (agreed, read)
    }

    #[tokio::test]
    async fn the_preface_is_known_in_whatever_pieces_it_comes_and_nothing_is_lost() {
        for at in 0..=PREFACE.len() {
            let (one, other) = PREFACE.split_at(at);
            assert_eq!(opened(&[one, other, b"and frames"]).await.0, Agreed::Http2, "{at}");
        }
    }

    #[tokio::test]
    async fn everything_else_is_http_1_from_its_first_byte() {
        for first in ["GET / HTTP/1.1\r\n\r\n", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "PRI * HTTP/1.1\r\n\r\n", ""] {
            assert_eq!(opened(&[first.as_bytes()]).await.0, Agreed::Http1, "{first:?}");
        }
        assert_eq!(opened(&[b"PO", b"ST / HTTP/1.1\r\n\r\n"]).await.0, Agreed::Http1);
    }
}
