//! What a connection begins with tells what it speaks: HTTP/2 with prior knowledge (RFC 9113 §3.3) has a preface that no
//! HTTP/1 request can be.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sidecar_net::Agreed;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// The client's connection preface (RFC 9113 §3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose first bytes may have been looked at: whoever reads it gets them first.
pub(super) struct Opened<S> {
    socket: S,
    early: [u8; PREFACE.len()],
    /// How many of `early` have come.
    came: usize,
    /// How many of those have been read.
    read: usize,
}

impl<S> Opened<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket, early: [0; PREFACE.len()], came: 0, read: 0 }
    }
}

impl<S: AsyncRead + Unpin> Opened<S> {
    /// Looks at the first bytes, no further than it takes to know: mostly one read, of what is there.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) async fn speaks(&mut self) -> io::Result<Agreed> {
        while self.came < PREFACE.len() {
            let came = self.socket.read(&mut self.early[self.came..]).await?;
            self.came += came;
            if came == 0 || self.early[..self.came] != PREFACE[..self.came] {
                return Ok(Agreed::Http1);
            }
        }
        Ok(Agreed::Http2)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Opened<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read == self.came {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let until = self.came.min(self.read + buf.remaining());
        buf.put_slice(&self.early[self.read..until]);
        self.read = until;
        if buf.remaining() > 0 {
            // What has come behind them comes along, as if nobody had looked. If nothing has, or the socket is broken, the
            // next read says so.
            let _ = Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Opened<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
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
        let mut opened = Opened::new(server);
        let agreed = opened.speaks().await.unwrap();
        writing.await.unwrap();
        let mut read = Vec::new();
        opened.read_to_end(&mut read).await.unwrap();
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
