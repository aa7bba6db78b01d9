//! Where the frames of a WebSocket end (RFC 6455 §5.2), seen from the bytes that pass.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A close frame of a server, code 1001: "an endpoint is 'going away', such as a server going down" (§7.4.1).
pub(super) const GOING_AWAY: [u8; 4] = [0x88, 0x02, 0x03, 0xe9];

/// How far into a frame the bytes so far lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// In its head, of which the first bytes are here: at most 2, 8 of a long length, 4 of a mask.
    Head { bytes: [u8; 14], have: usize },
    /// In its payload, of which this much is to come.
    Payload { left: u64 },
}

impl Position {
    const BOUNDARY: Self = Self::Head { bytes: [0; 14], have: 0 };

    fn after(self, passed: &[u8]) -> Self {
        let (mut position, mut passed) = (self, passed);
        while let Some(&first) = passed.first() {
            match position {
                Self::Head { mut bytes, have } => {
                    bytes[have] = first;
                    passed = &passed[1..];
                    position = Self::in_head(bytes, have + 1);
                }
                Self::Payload { left } => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(passed.len());
                    passed = &passed[taken..];
                    position = Self::in_payload(left - taken as u64);
                }
            }
        }
        position
    }

    fn in_head(bytes: [u8; 14], have: usize) -> Self {
        let more = Self::Head { bytes, have };
        if have < 2 {
            return more;
        }
        let long = match bytes[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if bytes[1] & 0x80 == 0 { 0 } else { 4 };
        if have < 2 + long + mask {
            return more;
        }
        let short = u64::from(bytes[1] & 0x7f);
        let length = bytes[2..2 + long].iter().fold(0, |length: u64, byte| length << 8 | u64::from(*byte));
        Self::in_payload(if long == 0 { short } else { length })
    }

    fn in_payload(left: u64) -> Self {
        if left == 0 { Self::BOUNDARY } else { Self::Payload { left } }
    }
}

/// The visitor's side of a tunnel, which knows whether what was written to it ends with a frame.
#[derive(Debug)]
pub(super) struct Framed<S> {
    inner: S,
    position: Position,
}

impl<S> Framed<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, position: Position::BOUNDARY }
    }

    /// Whether a frame of our own may follow.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.position == Position::BOUNDARY
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.position = self.position.after(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(payload: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut frame = vec![0x82];
        match u16::try_from(payload) {
            Ok(short) if short < 126 => frame.push(mask | u8::try_from(short).unwrap()),
            Ok(long) => {
                frame.push(mask | 0x7e);
                frame.extend(long.to_be_bytes());
            }
            Err(_) => {
                frame.push(mask | 0x7f);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.resize(frame.len() + payload + if masked { 4 } else { 0 }, 0xff);
        frame
    }

    proptest! {
        #[test]
        fn whole_frames_end_at_a_boundary_however_they_are_cut(
            frames in prop::collection::vec((0_usize..70_000, any::<bool>()), 1..4),
            piece in 1_usize..5_000,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|(payload, masked)| frame(*payload, *masked)).collect();
            let mut position = Position::BOUNDARY;
            for piece in bytes[..bytes.len() - 1].chunks(piece) {
                position = position.after(piece);
            }
            prop_assert_ne!(position, Position::BOUNDARY, "the last byte is still to come");
            prop_assert_eq!(position.after(&bytes[bytes.len() - 1..]), Position::BOUNDARY);
        }

        #[test]
        fn any_bytes_lead_somewhere(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Position::BOUNDARY.after(&bytes);
        }
    }
}
